package main

import (
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

	"github.com/qdeploy/qdeploy/pkg/estate"
	"github.com/qdeploy/qdeploy/pkg/plan"
	"github.com/qdeploy/qdeploy/pkg/qvf"
	"github.com/qdeploy/qdeploy/pkg/qvf/appdiff"
	"github.com/qdeploy/qdeploy/pkg/qvf/lint"
)

// appChange is an app whose content a plan changes in some tenants, and how.
type appChange struct {
	App     string           `json:"app"`
	From    string           `json:"from"`            // the release that runs now
	First   bool             `json:"first,omitempty"` // there was none: the app is new in these tenants
	To      string           `json:"to"`
	Tenants int              `json:"tenants"`
	Changes *appdiff.Changes `json:"changes,omitempty"`
	Unknown string           `json:"unknown,omitempty"` // why there are none to show
	Lints   []lint.Finding   `json:"lints,omitempty"`   // errors and warnings about the new app beside the old
	Needs   []lint.Finding   `json:"needs,omitempty"`   // what tenants lack that the new app needs, or what could not be looked at

	file   string // of the new release
	pos    string // where it is pinned
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
	e.homesOf(f)
	found := map[pair]*appChange{}
	for _, p := range f.Plans {
		seen := map[pair]bool{}
		for _, c := range p.Changes {
			k, first, ok := newContent(c)
			if !ok {
				continue
			}
			if found[k] == nil {
				found[k] = &appChange{App: k.app, From: k.from, To: k.to, First: first, file: k.file, tenant: p.Tenant.Name, key: c.Key, pos: c.Desired.Pos}
			}
			if !seen[k] {
				seen[k] = true
				found[k].Tenants++
			}
		}
	}
	saved := savedNeeds(f)
	var out []*appChange
	for k, a := range found {
		if a.Needs = saved[[3]string{k.app, k.from, k.to}]; f.Apps == nil {
			a.Needs = e.lacking(k)
		}
		if a.First && len(a.Needs) == 0 {
			continue // the plan says all there is to say
		}
		if !a.First {
			e.compare(a)
		}
		out = append(out, a)
	}
	slices.SortFunc(out, func(a, b *appChange) int {
		return cmp.Or(cmp.Compare(a.App, b.App), cmp.Compare(a.From, b.From), cmp.Compare(a.To, b.To))
	})
	for _, a := range out {
		e.annotateApp(a)
	}
	return out
}

// savedNeeds returns what was found lacking when a saved plan was made; applying
// it looks at nothing anew.
func savedNeeds(f *plan.Fleet) map[[3]string][]lint.Finding {
	var apps []appChange
	if f.Apps == nil || json.Unmarshal(f.Apps, &apps) != nil {
		return nil
	}
	out := map[[3]string][]lint.Finding{}
	for _, a := range apps {
		out[[3]string{a.App, a.From, a.To}] = a.Needs
	}
	return out
}

// annotateApp shows what was found in an app where the estate pins it.
func (e *engine) annotateApp(a *appChange) {
	file, line, col := estate.Problem{Pos: a.pos}.Place()
	if file != "" {
		file = filepath.Join(e.p.dir, filepath.FromSlash(file))
	}
	for _, f := range slices.Concat(a.Lints, a.Needs) {
		text := a.App + ": " + f.Message
		if at := f.Place.String(); at != "" {
			text = a.App + ", " + at + ": " + f.Message
		}
		if f.Hint != "" {
			text += "\n" + f.Hint
		}
		e.p.annotate(string(f.Severity), file, line, col, string(f.Code), text)
	}
}

// compare finds both apps and says what differs, or why that is unknown.
func (e *engine) compare(a *appChange) {
	after, err := e.est.appOf(a.file)
	if err != nil {
		a.Unknown = err.Error()
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

// appOf reads an app of the estate.
func (d *declared) appOf(file string) (*qvf.App, error) {
	f, err := d.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	app, err := qvf.Decode(f, f.Size())
	if err != nil {
		err = fmt.Errorf("%s: %w", file, err)
	}
	return app, err
}

// lints looks at the new app beside the old one, which validate cannot do: was
// the version raised, is section access another? What validate has found in the
// new app alone it has said.
func (e *engine) lints(a *appChange, before, after *qvf.App) (found []lint.Finding) {
	version, _, _ := strings.Cut(a.To, "+q.")
	ctx := lint.Context{Name: a.App, Version: version, File: a.file}
	app := e.declaredApp(a.App)
	ctx.Hydrated, ctx.Severities = app.Hydrated, app.Lints
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
	if app, ok := e.est.App(a.App); ok {
		files = append(files, app.FileOf(version))
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
	repo, err := estate.OpenRepository(e.p.dir)
	if err != nil {
		return nil, unseen
	}
	entry := e.memory.entries[a.tenant]
	var was release
	if json.Unmarshal(entry.Resources.Get(a.key.String()), &was) == nil && was.File != "" {
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
	return estate.InRepository(repo, filepath.Join(dir, filepath.FromSlash(file)))
}
