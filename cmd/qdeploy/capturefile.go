package main

import (
	"errors"
	"io/fs"
	"path"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/mod/semver"

	"github.com/qdeploy/qdeploy/pkg/estate"
	"github.com/qdeploy/qdeploy/pkg/qvf"
)

// capturePrefix begins the names of the branches that apps are proposed on.
const capturePrefix = "qdeploy/capture/"

// captureBranch is the branch that an app is proposed on.
func captureBranch(app string) string { return capturePrefix + slug(app) }

// fileName is an app's name where it can be a folder and a file on every system, and
// else its slug with a hash: people choose names, and none leads out of its folder.
func fileName(name string) string {
	odd := func(r rune) bool {
		return !unicode.IsPrint(r) || strings.ContainsRune(`/\:*?"<>|{}`, r)
	}
	if name == "" || len(name) > 100 || !utf8.ValidString(name) || strings.ContainsFunc(name, odd) || strings.HasPrefix(name, ".") ||
		strings.HasSuffix(name, ".") || strings.TrimSpace(name) != name || hashed.MatchString(name) || reserved.MatchString(name) {
		return hashedSlug(name)
	}
	return name
}

// reserved are names that Windows has no files of, whatever follows a dot.
// https://learn.microsoft.com/en-us/windows/win32/fileio/naming-a-file
var reserved = regexp.MustCompile(`(?i)^(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?$`)

// captureEdit is what a proposal writes, and what it is compared with.
type captureEdit struct {
	app       estate.App
	declared  bool
	file      string            // seen from the estate
	published string            // the version as it was published
	version   string            // that, or "" unless it is a semantic one
	current   string            // that the base has; "" if none
	raised    []string          // environments whose pin is raised
	kept      []string          // environments whose pin is tied to what the base has
	before    *qvf.App          // that the base has; nil if none
	same      bool              // the base has this file with this content
	object    string            // the name of the file in Git LFS; "" if it is not there
	files     map[string][]byte // by path from the top of the repository
}

// plainVersion returns what was published as a semantic version without what is built
// in, "" if it is none.
func plainVersion(text string) string {
	plain, _, _ := strings.Cut(text, "+")
	if v := "v" + plain; semver.IsValid(v) && semver.Canonical(v) == v {
		return plain
	}
	return ""
}

// edit compares a published app with what the base has.
func (r *capturing) edit(c *captured, text []byte) (*captureEdit, error) {
	e := &captureEdit{published: c.live.Version, version: plainVersion(c.live.Version), app: estate.App{Name: c.App}}
	if a, ok := r.est.App(c.App); ok {
		e.app, e.declared = a, true
	} else {
		name := fileName(c.App)
		e.app.Description = c.live.Description
		e.app.File = path.Join("apps", name, name+".qvf")
	}
	following, later := r.following(c.App)
	for _, env := range following {
		if pin, _ := r.est.Pin(env, c.App); e.current == "" || newer(pin.Version, e.current) {
			e.current = pin.Version
		}
	}
	if e.current == "" {
		e.current = r.newest(c.App)
	}
	at := e.version
	if at == "" {
		at = e.current
	}
	if at == "" {
		at = "unversioned"
	}
	e.file = e.app.FileOf(at)
	if err := r.compare(e, c.Digest); err != nil {
		return nil, err
	}
	e.files = map[string][]byte{}
	if !e.same {
		if err := r.store(e, path.Join(r.at, e.file), text); err != nil {
			return nil, err
		}
	}
	if !e.declared {
		if err := r.declare(e); err != nil {
			return nil, err
		}
	}
	return e, r.move(e, following, later)
}

// compare finds what the base has of the app: in the file that is to be written, or
// else in that of the version before.
func (r *capturing) compare(e *captureEdit, digest string) error {
	for _, file := range []string{e.file, e.app.FileOf(e.current)} {
		text, err := r.content(r.head, path.Join(r.at, file))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if errors.Is(err, qvf.ErrLFSPointer) {
			return nil // with what to compare is not at hand; it is proposed
		}
		if err != nil {
			return err
		}
		app, err := qvf.DecodeBytes(text)
		if err != nil {
			return nil // it is replaced by what can be read
		}
		e.before, e.same = app, file == e.file && qvf.Digest(app) == digest
		return nil
	}
	return nil
}

// declare adds the declaration of an app that the estate does not have yet, in a
// file of its own.
func (r *capturing) declare(e *captureEdit) error {
	if n := len([]rune(e.app.Name)); n > 256 || strings.Contains(e.app.Name, "\n") {
		return fail("rename the app in Qlik, and publish it again", "its name cannot be declared: it is of %d characters, or of several lines", n)
	}
	name := "app-" + slug(e.app.Name) + ".cue"
	if _, err := fs.Stat(r.est.at.Files, name); err == nil {
		return fail("declare it there, or remove the file", "%s is there already, and does not declare %q", name, e.app.Name)
	}
	e.files[path.Join(r.at, name)] = estate.DeclareApp(e.app)
	return nil
}
