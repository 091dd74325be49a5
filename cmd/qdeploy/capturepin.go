package main

import (
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/qdeploy/qdeploy/pkg/estate"
)

// following returns the environments whose pin of an app follows the branch: the first,
// which a capture moves, and those that come after one that runs the app, which are
// promoted to.
func (r *capturing) following(app string) (first, later []string) {
	after := map[string]bool{}                 // comes after an environment that pins it
	for _, env := range r.est.Environments() { // each after those that it comes after
		pin, pins := env.Apps[app]
		for _, before := range env.After {
			_, there := r.est.Pin(before, app)
			after[env.Name] = after[env.Name] || after[before] || there
		}
		switch {
		case !pins || pin.Commit != "":
		case after[env.Name]:
			later = append(later, env.Name)
		default:
			first = append(first, env.Name)
		}
	}
	return first, later
}

// move moves the pins of the first environments to the version, if it is a newer one.
// Where all versions have one file, those of later environments name from then on the
// commit that has what they run: a capture must not reach them.
func (r *capturing) move(e *captureEdit, first, later []string) error {
	edited := &overlay{FS: r.est.at.Files, files: map[string][]byte{}}
	if !e.same && !strings.Contains(e.app.File, "{version}") {
		for _, env := range later {
			pin, _ := r.est.Pin(env, e.app.Name)
			var err error
			if pin.Commit, err = holding(r.git, r.head, path.Join(r.at, e.app.FileOf(pin.Version))); err != nil {
				return err
			}
			if err := edited.pin(env, e.app.Name, pin); err != nil {
				return err
			}
			e.kept = append(e.kept, env)
		}
	}
	if e.version != "" && newer(e.version, e.current) {
		for _, env := range first {
			if err := edited.pin(env, e.app.Name, estate.Pin{Version: e.version}); err != nil {
				return err
			}
			e.raised = append(e.raised, env)
		}
	}
	for name, text := range edited.files {
		e.files[path.Join(r.at, name)] = text
	}
	return nil
}

// overlay is files of which some were edited.
type overlay struct {
	fs.FS
	files map[string][]byte
}

// pin edits the pin of an app.
func (o *overlay) pin(environment, app string, pin estate.Pin) error {
	next, err := estate.EditPins(o, estate.PinChange{Environment: environment, Pins: map[string]estate.Pin{app: pin}})
	maps.Copy(o.files, next)
	return err
}

// ReadFile returns the edited file, if it was.
func (o *overlay) ReadFile(name string) ([]byte, error) {
	if text, ok := o.files[name]; ok {
		return text, nil
	}
	return fs.ReadFile(o.FS, name)
}

// Glob returns the names that fit, also of files that are new.
func (o *overlay) Glob(pattern string) ([]string, error) {
	names, err := fs.Glob(o.FS, pattern)
	for name := range o.files {
		if ok, _ := path.Match(pattern, name); ok {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return slices.Compact(names), err
}
