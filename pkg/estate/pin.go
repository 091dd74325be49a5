package estate

import (
	"errors"
	"fmt"
	"io/fs"
	"math"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Pin is the version of an app that an environment runs. Without a commit it is
// the file of the estate at hand, and follows the branch.
type Pin struct {
	Version string `json:"version"`
	Digest  string `json:"digest,omitempty"` // of the content; "" is whatever the file has
	Commit  string `json:"commit,omitempty"` // that holds the file for good; it goes with Digest
}

// pinned returns the file of a pin, as specs and [Estate.Content] have it: a path
// seen from the estate's directory, or COMMIT:PATH of git's objects.
func (a App) pinned(p Pin) string {
	if p.Commit == "" {
		return a.FileOf(p.Version)
	}
	return p.Commit + ":" + a.FileOf(p.Version)
}

// InCommit reports whether the file of a spec is kept in git's objects: COMMIT:PATH.
func InCommit(file string) bool {
	commit, _, ok := strings.Cut(file, ":")
	return ok && len(commit) == hashLength
}

// commits are the revisions that pins name, each opened once.
type commits struct {
	dir  string
	env  GitEnv
	mu   sync.Mutex
	open map[string]fs.FS
}

const hashLength = 40 // of a commit, in hexadecimal digits

// files returns the files that a name is among, and its path there.
func (e *Estate) files(name string) (fs.FS, string, error) {
	commit, file, ok := strings.Cut(name, ":")
	if !ok || len(commit) != hashLength {
		return e.src.fsys, name, nil
	}
	e.commits.mu.Lock()
	defer e.commits.mu.Unlock()
	if files := e.commits.open[commit]; files != nil {
		return files, file, nil
	}
	r, err := At(e.commits.dir, commit, e.commits.env)
	if err != nil {
		return nil, file, err
	}
	if e.commits.open == nil {
		e.commits.open = map[string]fs.FS{}
	}
	e.commits.open[commit] = r.Files // its packs are opened for each object, so that nothing is left open
	return r.Files, file, nil
}

// pins checks the pins and the holds of an environment.
func (l *load) pins(name string, env *environment) {
	for _, app := range sorted(env.Holds) {
		if _, content := env.Content[app]; !content && !l.declared["apps"][app] {
			l.report(Problem{
				Pos:     l.at("environments", name, "holds", app),
				Message: fmt.Sprintf("%s holds app %q, which is not declared", name, app),
				Hint:    hintFrom(app, sorted(l.e.apps)),
			})
		}
	}
	for _, app := range sorted(env.Apps) {
		at := l.at("environments", name, "apps", app)
		if !l.declared["apps"][app] {
			l.report(Problem{
				Pos:     at,
				Message: fmt.Sprintf("%s pins app %q, which is not declared", name, app),
				Hint:    hintFrom(app, sorted(l.e.apps)),
			})
		}
		if p := env.Apps[app]; p.Commit != "" && p.Digest == "" {
			l.report(Problem{
				Pos:     at,
				Message: fmt.Sprintf("%s pins a commit of %s, but no digest", name, app),
				Hint:    "qdeploy promote writes both; by hand, take the digest from: qdeploy app show FILE",
			})
		}
	}
}

// notThere explains why a pinned file cannot be read.
func notThere(file string, err error) Problem {
	commit, name, _ := strings.Cut(file, ":")
	p := fileProblem(name, err)
	switch {
	case errors.Is(err, ErrShallow):
		return Problem{Message: fmt.Sprintf("commit %.12s, which is pinned, is not in this clone", commit), Hint: "clone all of the history: git fetch --unshallow, in GitHub Actions with fetch-depth: 0"}
	case errors.Is(err, fs.ErrNotExist):
		p.Hint = "a pin names the commit that holds the file: git log --all -- " + name
	}
	p.Message += fmt.Sprintf(", in commit %.12s", commit)
	return p
}

// settle holds an app that was read against its pin, and keeps the pin with the
// digest that was found; "" if the app could not be read, which is told already.
func (l *load) settle(env Environment, app, digest string) {
	pin := env.Apps[app]
	if digest == "" || pin.Digest == "" || pin.Digest == digest {
		pin.Digest = digest
		l.e.pins[[2]string{env.Name, app}] = pin
		return
	}
	p := Problem{
		Pos:     l.at("environments", env.Name, "apps", app, "digest"),
		Message: fmt.Sprintf("%s pins %s %s with another content than its file has: the digest of the file is %s", env.Name, app, pin.Version, digest),
		Hint:    "a version does not change once it is pinned: raise the version, or pin what the file has",
	}
	if pin.Commit != "" {
		p.Hint = "the pin was edited by hand; qdeploy promote writes it anew"
	}
	l.report(p)
	delete(env.Apps, app) // it is told of, once
}

// Pin returns the version of an app that an environment runs, with the digest of
// its content, and whether it pins the app.
func (e *Estate) Pin(environment, app string) (Pin, bool) {
	p, ok := e.pins[[2]string{environment, app}]
	return p, ok
}

// Release is a version with the first digits of its digest, as a description in
// Qlik carries it: 2.1.0+q.3fa4c2d1.
func (p Pin) Release() string {
	return p.Version + "+q." + p.Digest[strings.Index(p.Digest, ":")+1:][:8]
}

// length returns a duration as the schema has it: "30m", "48h", "7d"; 0 for none.
func length(text string) time.Duration {
	if text == "" {
		return 0
	}
	unit := map[byte]time.Duration{'m': time.Minute, 'h': time.Hour, 'd': 24 * time.Hour}[text[len(text)-1]]
	n, err := strconv.Atoi(text[:len(text)-1])
	if err != nil || n > int(math.MaxInt64/unit) {
		return math.MaxInt64 // longer than anybody waits
	}
	return time.Duration(n) * unit
}
