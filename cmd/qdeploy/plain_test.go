package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"

	"github.com/rogpeppe/go-internal/testscript"
)

// A program that watches for races takes four times as long, and a thousand are run.
// Tenants beside one another are where races are: a script about four or more runs such a
// program, the others, and those on GitHub, run the same without. The emulator, GitHub's double and all that
// runs in the test itself are watched in every script.

// several finds a cloud of four tenants or more.
var several = regexp.MustCompile(`(?m)^cloud(at \S+)?( \S+\.qlikcloud\.com){4}`)

// onGitHub finds a script whose jobs speak with GitHub, one call after the other: what
// they do to tenants others do too.
var onGitHub = regexp.MustCompile(`(?m)^hub `)

// watched reports whether a script's program watches for races.
func watched(name string) bool {
	text, err := os.ReadFile(filepath.Join("testdata", "script", name+".txtar"))
	return err == nil && several.Match(text) && !onGitHub.Match(text)
}

// plainProgram builds the program of the scripts once more, without watching for races,
// below the folder of the other one, which testscript removes.
var plainProgram = sync.OnceValues(func() (dir string, err error) {
	other, err := exec.LookPath("qdeploy")
	if err != nil {
		return "", err
	}
	if dir, err = os.MkdirTemp(filepath.Dir(other), "plain"); err != nil {
		return "", err
	}
	out, err := exec.Command("go", "test", "-c", "-o", filepath.Join(dir, "qdeploy"), ".").CombinedOutput()
	if err != nil {
		return dir, fmt.Errorf("go test -c: %w: %s", err, out)
	}
	return dir, nil
})

// choose puts the program that a script runs in front of its path.
func choose(e *testscript.Env) error {
	// A program that watches for races sleeps for a second before it ends, unless told otherwise.
	e.Setenv("GORACE", "atexit_sleep_ms=10")
	if !watchesRaces || watched(strings.TrimPrefix(filepath.Base(e.WorkDir), "script-")) {
		return nil
	}
	dir, err := plainProgram()
	if err != nil {
		return err
	}
	e.Setenv("PATH", dir+string(os.PathListSeparator)+e.Getenv("PATH"))
	return nil
}
