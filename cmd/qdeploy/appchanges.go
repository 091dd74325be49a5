package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"github.com/go-git/go-git/v5"
	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/object"
	"github.com/go-git/go-git/v5/plumbing/storer"

	"github.com/qdeploy/qdeploy/pkg/plan"
	"github.com/qdeploy/qdeploy/pkg/qvf"
	"github.com/qdeploy/qdeploy/pkg/qvf/appdiff"
	"github.com/qdeploy/qdeploy/pkg/qvf/lint"
)

// appChange is an app whose content a plan changes in some tenants, and how.
type appChange struct {
	App     string           `json:"app"`
	From    string           `json:"from"` // the release that runs now
	To      string           `json:"to"`
	Tenants int              `json:"tenants"`
	Changes *appdiff.Changes `json:"changes,omitempty"`
	Unknown string           `json:"unknown,omitempty"` // why there are none to show
	Lints   []lint.Finding   `json:"lints,omitempty"`   // errors and warnings about the new app beside the old

	file   string // of the new release
	tenant string // one that runs the old release
	key    plan.Key
}

// release is what the spec of an app says of its content.
type release struct {
	Name    string `json:"name"`
	Release string `json:"release"`
	File    string `json:"file"`
}

// appChanges lists the apps that get another content, sorted, each pair of
// releases once however many tenants have it, and compares them. Nothing is
// asked of a tenant: the old app is in the estate, or in the repository.
func (e *engine) appChanges(f *plan.Fleet) []*appChange {
	if e.flags.apps == "none" {
		return nil
	}
	type pair struct{ app, from, to, file string }
	found := map[pair]*appChange{}
	for _, p := range f.Plans {
		seen := map[pair]bool{}
		for _, c := range p.Changes {
			if c.Key.Kind != "app" || c.Live == nil || c.Desired == nil {
				continue
			}
			var live, desired release
			if json.Unmarshal(c.Live.Spec, &live) != nil || json.Unmarshal(c.Desired.Spec, &desired) != nil || live.Release == desired.Release {
				continue
			}
			k := pair{desired.Name, live.Release, desired.Release, desired.File}
			if found[k] == nil {
				found[k] = &appChange{App: k.app, From: k.from, To: k.to, file: k.file, tenant: p.Tenant.Name, key: c.Key}
			}
			if !seen[k] {
				seen[k] = true
				found[k].Tenants++
			}
		}
	}
	var out []*appChange
	for _, a := range found {
		e.compare(a)
		out = append(out, a)
	}
	slices.SortFunc(out, func(a, b *appChange) int {
		return cmp.Or(cmp.Compare(a.App, b.App), cmp.Compare(a.From, b.From), cmp.Compare(a.To, b.To))
	})
	return out
}

// compare finds both apps and says what differs, or why that is unknown.
func (e *engine) compare(a *appChange) {
	b, err := e.est.Content(a.file)
	if err != nil {
		a.Unknown = err.Error()
		return
	}
	after, err := qvf.DecodeBytes(b)
	if err != nil {
		a.Unknown = fmt.Sprintf("%s: %v", a.file, err)
		return
	}
	before, why := e.before(a)
	if before == nil {
		a.Unknown = why
		return
	}
	a.Changes = appdiff.Diff(before, after)
	a.Lints = e.lints(a, before, after)
}

// lints looks at the new app beside the old one, which validate cannot do: was
// the version raised, is section access another? What validate has found in the
// new app alone it has said.
func (e *engine) lints(a *appChange, before, after *qvf.App) (found []lint.Finding) {
	version, _, _ := strings.Cut(a.To, "+q.")
	ctx := lint.Context{Name: a.App, Version: version, File: a.file}
	for _, app := range e.est.Apps() {
		if app.Name == a.App {
			ctx.Hydrated, ctx.Severities = app.Hydrated, app.Lints
		}
	}
	alone := lint.Check(after, ctx)
	ctx.Previous = before
	for _, f := range lint.Check(after, ctx) {
		if (f.Severity == lint.Error || f.Severity == lint.Warning) && !slices.Contains(alone, f) {
			found = append(found, f)
		}
	}
	return found
}

// before finds the app of the release that runs now: by its version among the
// files of the estate, in the revision that was applied, or in the history of
// those files. The digest in the release says whether it is the one.
func (e *engine) before(a *appChange) (*qvf.App, string) {
	version, digest, ok := strings.Cut(a.From, "+q.")
	if !ok || len(digest) < 8 {
		return nil, "what runs now was not published by qdeploy"
	}
	files := []string{a.file}
	for _, app := range e.est.Apps() {
		if app.Name == a.App {
			files = append(files, app.FileOf(version))
		}
	}
	fits := func(b []byte) *qvf.App {
		app, err := qvf.DecodeBytes(b)
		if err != nil || !strings.HasPrefix(strings.TrimPrefix(qvf.Digest(app), "sha256:"), digest) {
			return nil
		}
		return app
	}
	for _, file := range files {
		if b, err := e.est.Content(file); err == nil {
			if app := fits(b); app != nil {
				return app, ""
			}
		}
	}
	return e.inHistory(a, files, fits)
}

func (e *engine) inHistory(a *appChange, files []string, fits func([]byte) *qvf.App) (*qvf.App, string) {
	const unseen = "the release that runs now is neither in the estate nor in its history"
	repo, _, err := repositoryAt(e.p.dir)
	if err != nil {
		return nil, unseen
	}
	entry := e.memory.entries[a.tenant]
	var was release
	if json.Unmarshal(entry.Resources[a.key.String()], &was) == nil && was.File != "" {
		revision, _, _ := strings.Cut(entry.Revision, "+")
		if b, err := blobAt(repo, e.p.dir, plumbing.NewHash(revision), was.File); err == nil {
			if app := fits(b); app != nil {
				return app, ""
			}
		}
	}
	slices.Sort(files)
	for _, file := range slices.Compact(files) {
		if app := searchHistory(repo, e.p.dir, file, fits); app != nil {
			return app, ""
		}
	}
	return nil, unseen
}

// mostRevisions bounds how far back the history of a file is searched.
const mostRevisions = 200

func searchHistory(repo *git.Repository, dir, file string, fits func([]byte) *qvf.App) (found *qvf.App) {
	top, err := inRepository(repo, dir, file)
	if err != nil {
		return nil
	}
	log, err := repo.Log(&git.LogOptions{FileName: &top})
	if err != nil {
		return nil
	}
	defer log.Close()
	n := 0
	_ = log.ForEach(func(c *object.Commit) error { // what cannot be read ends the search
		if n++; n > mostRevisions {
			return storer.ErrStop
		}
		if b, err := blobAt(repo, dir, c.Hash, file); err == nil {
			if found = fits(b); found != nil {
				return storer.ErrStop
			}
		}
		return nil
	})
	return found
}

// blobAt reads a file of the estate at a commit.
func blobAt(repo *git.Repository, dir string, commit plumbing.Hash, file string) ([]byte, error) {
	top, err := inRepository(repo, dir, file)
	if err != nil {
		return nil, err
	}
	c, err := repo.CommitObject(commit)
	if err != nil {
		return nil, err
	}
	f, err := c.File(top)
	if err != nil {
		return nil, err
	}
	if f.Size > qvf.MaxDecoded {
		return nil, errors.New("too large")
	}
	r, err := f.Reader()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return io.ReadAll(r)
}

// inRepository returns a path of the estate as seen from the top of its repository.
func inRepository(repo *git.Repository, dir, file string) (string, error) {
	return insideOf(repo, filepath.Join(dir, filepath.FromSlash(file)))
}

// marshalApps writes what changes in apps for programs; nothing if none does.
func marshalApps(apps []*appChange) (json.RawMessage, error) {
	if len(apps) == 0 {
		return nil, nil
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	err := enc.Encode(apps)
	return b.Bytes(), err
}

// appDetails are how much can be shown of what changes inside apps.
var appDetails = []string{"summary", "full", "none"}

// writeApps prints what changes in apps: all of it, a line for each thing, or nothing.
func writeApps(apps []*appChange, how string, color bool) string {
	if how == "none" {
		return ""
	}
	detail := appdiff.Summary
	if how == "full" {
		detail = appdiff.Full
	}
	var b strings.Builder
	for i, a := range apps {
		if i > 0 {
			b.WriteByte('\n')
		}
		tenants := "1 tenant"
		if a.Tenants != 1 {
			tenants = fmt.Sprintf("%d tenants", a.Tenants)
		}
		fmt.Fprintf(&b, "app/%s: %s → %s in %s\n", a.App, cmp.Or(a.From, "(no release)"), a.To, tenants)
		if a.Changes == nil {
			fmt.Fprintf(&b, "    what changes in it is unknown: %s\n", a.Unknown)
			continue
		}
		var text bytes.Buffer
		if err := a.Changes.WriteText(&text, appdiff.Options{Color: color, Detail: detail}); err != nil {
			continue // a buffer takes everything
		}
		for line := range strings.Lines(text.String()) {
			if line != "\n" {
				b.WriteString("    " + line)
			}
		}
		for _, f := range a.Lints {
			fmt.Fprintf(&b, "    %s\n", f)
			if f.Hint != "" {
				fmt.Fprintf(&b, "        hint: %s\n", f.Hint)
			}
		}
	}
	return b.String()
}
