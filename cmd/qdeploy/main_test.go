package main

import (
	"context"
	"flag"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/qdeploy/qdeploy/pkg/qlik/qliktest/contract"
)

var update = flag.Bool("update", false, "rewrite what scripts compare with")

// TestMain makes this test binary the program that the scripts run.
func TestMain(m *testing.M) {
	wrapCloud = checked
	testscript.Main(m, map[string]func(){
		"qdeploy": func() {
			tuneMemory()
			setClock()
			os.Exit(run(context.Background(), os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
		},
	})
}

// checked holds all traffic with an emulator against Qlik's API description,
// where there is one. What does not fit is written to a file beside the script,
// and fails it.
func checked(h http.Handler) http.Handler {
	return checkedTo(h, os.Getenv("QDEPLOY_BREACHES"))
}

var loadContract = sync.OnceValues(func() (*contract.Checker, error) {
	return contract.Load(os.Getenv("QDEPLOY_OPENAPI"))
})

func checkedTo(h http.Handler, to string) http.Handler {
	if os.Getenv("QDEPLOY_OPENAPI") == "" || to == "" {
		return h
	}
	k, err := loadContract()
	if err != nil {
		panic(err)
	}
	return k.Wrap(h, func(breach string) { noteBreach(to, breach) })
}

// noteBreach writes down what broke a contract, for the end of the script.
func noteBreach(to, breach string) {
	f, err := os.OpenFile(to, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		panic(err)
	}
	defer f.Close()
	if _, err := f.WriteString(breach + "\n"); err != nil {
		panic(err)
	}
}

func TestScript(t *testing.T) {
	if os.Getenv("QDEPLOY_OPENAPI") == "" {
		t.Log("QDEPLOY_OPENAPI is not set: the traffic is not held against Qlik's API description")
	}
	if os.Getenv("QDEPLOY_GITHUB_OPENAPI") == "" {
		t.Log("QDEPLOY_GITHUB_OPENAPI is not set: the traffic is not held against GitHub's API description")
	}
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		UpdateScripts:       *update,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup:               setup,
		Cmds:                commands,
		Condition:           condition,
	})
}

func setup(e *testscript.Env) error {
	breaches := filepath.Join(e.Cd, ".breaches")
	e.Setenv("QDEPLOY_OPENAPI", os.Getenv("QDEPLOY_OPENAPI"))
	e.Setenv("QDEPLOY_BREACHES", breaches)
	e.Setenv("NO_COLOR", "1")
	e.Setenv("TZ", "UTC")
	e.Setenv("HOME", e.Cd)
	e.Setenv("GORACE", "atexit_sleep_ms=0") // else each program that ends waits for a second
	if err := choose(e); err != nil {
		return err
	}
	l := newLab()
	e.Values[labKey{}] = l
	e.Defer(func() {
		l.close()
		if b, err := os.ReadFile(breaches); err == nil {
			e.T().Fatal("traffic that Qlik's API description does not allow:\n" + string(b))
		}
		holdCalls(e, &l.made)
	})
	return nil
}

// condition knows [env:NAME]: whether an environment variable of the test is set.
func condition(cond string) (bool, error) {
	name, ok := strings.CutPrefix(cond, "env:")
	return ok && os.Getenv(name) != "", nil
}

// setClock stops the clock of commands at NOW, if a script has set it.
func setClock() {
	text := os.Getenv("NOW")
	if text == "" {
		return
	}
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		panic(err)
	}
	clock = func() time.Time { return at }
}
