package main

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/qdeploy/qdeploy/pkg/estate"
)

const fileMode = 0o644

// draft is a file that an adoption writes.
type draft struct {
	name   string // seen from the estate's folder, with slashes
	text   []byte
	before []byte // what a data file that is added to has; nil for a new file
}

// here reports whether what is adopted is written into the estate itself.
func (a *adopting) here() bool {
	one, err := os.Stat(a.dir)
	other, err2 := os.Stat(a.p.dir)
	return err == nil && err2 == nil && os.SameFile(one, other)
}

// draft makes the files that declare what is adopted: of tenants in CUE a new one for each,
// of those in data files these with what is added.
func (a *adopting) draft() error {
	a.drafts = nil
	put := func(name string, d estate.Adoption) error {
		text, err := d.File()
		if err == nil {
			a.drafts = append(a.drafts, draft{name: name, text: text})
		}
		return err
	}
	if len(a.shared) > 0 {
		if err := put("adopted.cue", estate.Adoption{Template: a.template, Holds: a.shared}); err != nil {
			return err
		}
	}
	inData := map[string][]estate.Adoption{}
	for _, t := range a.tenants {
		if t.File = ""; len(t.holds) == 0 && len(a.shared) == 0 {
			continue
		}
		d := estate.Adoption{Tenant: t.Tenant, Holds: t.holds}
		if len(a.shared) > 0 {
			d.Template = a.template
		}
		name := t.data
		if name == "" {
			name = "adopted-" + slug(t.Tenant) + ".cue"
			if err := put(name, d); err != nil {
				return err
			}
		} else {
			inData[name] = append(inData[name], d)
		}
		t.File = filepath.Join(a.dir, name)
	}
	for _, name := range sortedKeys(inData) {
		before, err := os.ReadFile(filepath.Join(a.p.dir, name))
		if err != nil {
			return err
		}
		text, err := estate.InData(name, before, inData[name])
		var problems estate.Problems
		if errors.As(err, &problems) {
			p := problems[0]
			return fail(p.Hint, "%s: %s: %s", p.Pos, p.Tenant, p.Message)
		}
		if err != nil {
			return err
		}
		a.drafts = append(a.drafts, draft{name, text, before})
	}
	a.drafts = append(a.drafts, a.contents()...)
	return a.free()
}

// free says which of the new files is there already.
func (a *adopting) free() error {
	for _, d := range a.drafts {
		if d.before != nil && a.here() {
			continue
		}
		name := filepath.Join(a.dir, d.name)
		if _, err := os.Lstat(name); !errors.Is(err, fs.ErrNotExist) {
			if err != nil {
				return err
			}
			return fail("move it away, or merge what it says into a file of another name", "%s is there already", name)
		}
	}
	return nil
}

// over is what is put over the estate to try the drafts. CUE files have names that nobody
// has there, for those of an adoption into another folder may be there already.
func (a *adopting) over() map[string][]byte {
	out := map[string][]byte{}
	for _, d := range a.drafts {
		if filepath.Ext(d.name) == ".cue" {
			d.name = "qdeploy-tries-" + d.name
		}
		out[d.name] = d.text
	}
	return out
}

// write writes the drafts: all of them, or none. A file that was not there is not written
// over, and neither is a data file that somebody has changed meanwhile.
func (a *adopting) write() (err error) {
	var made []string
	var changed []draft
	defer func() {
		if err == nil {
			return
		}
		a.remove(&made)
		for _, d := range changed {
			err = errors.Join(err, os.WriteFile(filepath.Join(a.dir, d.name), d.before, fileMode))
		}
	}()
	for _, d := range a.drafts {
		name := filepath.Join(a.dir, d.name)
		if d.before != nil && a.here() {
			now, err := os.ReadFile(name)
			if err != nil {
				return err
			}
			if !bytes.Equal(now, d.before) {
				return fail("run it again", "%s was changed meanwhile", name)
			}
			changed = append(changed, d)
			if err := os.WriteFile(name, d.text, fileMode); err != nil {
				return err
			}
			continue
		}
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			return err
		}
		f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, fileMode)
		if err != nil {
			return err
		}
		made = append(made, name)
		_, err = f.Write(d.text)
		if err = errors.Join(err, f.Close()); err != nil {
			return err
		}
	}
	return nil
}

// contents are the files that what is adopted consists of, each once.
func (a *adopting) contents() (out []draft) {
	for _, name := range sortedKeys(a.content) {
		used := slices.ContainsFunc(a.shared, uses(name))
		for _, t := range a.tenants {
			used = used || slices.ContainsFunc(t.holds, uses(name))
		}
		if used {
			out = append(out, draft{name: name, text: a.content[name]})
		}
	}
	return out
}
