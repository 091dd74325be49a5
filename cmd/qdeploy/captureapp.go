package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"path"
	"slices"

	"github.com/qdeploy/qdeploy/pkg/proposal"
	"github.com/qdeploy/qdeploy/pkg/qlik"
	"github.com/qdeploy/qdeploy/pkg/qvf"
	"github.com/qdeploy/qdeploy/pkg/qvf/lint"
)

// one captures an app. It may die at any line: until its branch is pushed nothing
// has happened; from then on the next run finds what is there, by its trailers, and
// does the rest. The copy in the space is removed last.
func (r *capturing) one(ctx context.Context, c *captured) error {
	live, err := c.tenant.PublishedNow(ctx, c.live.ID) // the index may not have heard of the last edition
	if errors.Is(err, qlik.ErrNotFound) {
		c.State = captureGone
		return nil
	}
	if err != nil {
		return err
	}
	if live.Name != c.live.Name {
		return fmt.Errorf("it is called %q now; the next run takes it by that name", clean(live.Name))
	}
	c.live, c.Published = live, live.PublishedAt.UTC()
	if c.Published.IsZero() {
		c.Published = live.Edition.UTC()
	}
	c.To = printable(live.Version)
	at, merged, err := r.taken(ctx, c)
	if err != nil {
		return err
	}
	if at != nil {
		c.File, c.Digest = at.file, at.digest
	}
	if merged {
		c.State = captureThere
		return r.clear(ctx, c, at.commit)
	}
	if r.f.dryRun {
		return r.foretell(ctx, c, at)
	}
	return r.take(ctx, c, at)
}

// take proposes an app, whose content is in a commit of its branch already or is
// exported, and then removes it from the space.
func (r *capturing) take(ctx context.Context, c *captured, at *trailer) (err error) {
	var text []byte
	if at != nil {
		text, err = r.content(at.commit, at.file)
	} else {
		text, err = c.tenant.Export(ctx, c.live.ID)
	}
	if err != nil {
		return err
	}
	app, err := qvf.DecodeBytes(text)
	if err != nil {
		return undecoded("what Qlik exported", text, err)
	}
	c.Digest = qvf.Digest(app)
	if c.edit, err = r.edit(c, text); err != nil {
		return err
	}
	e := c.edit
	c.From, c.File = e.current, path.Join(r.at, e.file)
	if at == nil && !e.same {
		if err := r.reuse(ctx, c); err != nil {
			return err
		}
	}
	if e.same && len(e.raised) == 0 {
		c.State, c.edit = captureThere, nil
		return r.clear(ctx, c, r.head)
	}
	if at == nil && (e.version == "" || !newer(e.version, e.current)) { // it may be older than what the base has
		commit, err := r.earlier(c.File, c.Digest)
		if err != nil {
			return err
		}
		if commit != "" {
			c.State, c.edit = captureThere, nil
			return r.clear(ctx, c, commit)
		}
	}
	c.Findings = r.findings(e, app)
	c.By, c.summary = r.person(ctx, c), e.summary(app)
	c.State = captureProposed
	if err := r.put(ctx, c, at, app); err != nil {
		return err
	}
	e.files, e.before = nil, nil // there may be many apps
	return r.clear(ctx, c, c.Proposed.Commit)
}

// reuse takes the bytes that the branch has of the same content: no two exports are
// equal bytes, and what is proposed already is not to be pushed again.
func (r *capturing) reuse(ctx context.Context, c *captured) error {
	head, err := r.repo.Head(ctx, captureBranch(c.App))
	if err != nil || head == "" || r.holds(head, c.File, c.Digest) != nil {
		return err
	}
	c.edit.files[c.File], err = r.repo.Read(head, c.File)
	return err
}

// put makes the branch, and on GitHub its pull request. What the branch holds
// already is not pushed again: somebody may have added to it, or approved it.
func (r *capturing) put(ctx context.Context, c *captured, at *trailer, app *qvf.App) error {
	c.Proposed = &proposed{Branch: captureBranch(c.App), Base: r.base}
	if at != nil {
		c.Proposed.Commit, c.File = at.commit, at.file
	} else if err := r.upload(c.edit); err != nil {
		return err
	} else if err := r.commit(ctx, c.Proposed, proposal.Change{Files: c.edit.files, Message: c.message()}); err != nil {
		return err
	}
	if r.job == nil {
		return nil
	}
	return r.request(ctx, c.Proposed, c.title(), c.body(app))
}

// clear removes the copy in the space, if that can do no harm: a commit that a
// remote has holds it, Qlik could restore it, and it is what was captured, for
// somebody may have published again since. Else it says why not.
func (r *capturing) clear(ctx context.Context, c *captured, commit string) error {
	left := func(format string, args ...any) error {
		c.Copy, c.Why = copyLeft, fmt.Sprintf(format, args...)
		return nil
	}
	var err error
	if c.pushed, err = r.onRemote(commit); err != nil {
		return err
	}
	if c.place.Keep {
		c.Copy = copyKept
		return nil
	}
	if !c.pushed {
		return left("it is removed once a remote has commit %.8s", commit)
	}
	c.Removable = c.live.CreatedAt.Add(qlik.SafeAge).UTC()
	if c.live.CreatedAt.IsZero() || c.live.Edition.IsZero() {
		return left("the tenant does not say how old it is; remove it by hand")
	}
	if now := r.p.now(); !now.After(c.Removable) {
		return left("too young to be restored; removed by the next run after %s", stampText(c.Removable))
	}
	if err := r.holds(commit, c.File, c.Digest); err != nil {
		return fmt.Errorf("it is not removed from the space: %w", err)
	}
	now, err := c.tenant.PublishedNow(ctx, c.live.ID)
	switch {
	case errors.Is(err, qlik.ErrNotFound):
		c.Copy = copyRemoved
		return nil
	case err != nil:
		return err
	case editionText(now) != editionText(c.live):
		return left("somebody has published it again; captured by the next run")
	case r.f.dryRun:
		return left("it would be removed")
	}
	if err := c.tenant.Remove(ctx, c.live.ID); err != nil {
		return fmt.Errorf("it is captured, but not removed from the space: %w", err)
	}
	c.Copy = copyRemoved
	return nil
}

// foretell says what would be done of which nothing is in the base yet.
func (r *capturing) foretell(ctx context.Context, c *captured, at *trailer) error {
	c.By = r.person(ctx, c)
	c.State = captureWaiting
	c.Proposed = &proposed{Branch: captureBranch(c.App), Base: r.base}
	if at == nil {
		return nil
	}
	c.State, c.Proposed.Commit = captureProposed, at.commit
	return r.clear(ctx, c, at.commit)
}

// person is the name of who published an app, or the ID where it is not told.
func (r *capturing) person(ctx context.Context, c *captured) string {
	name, err := c.tenant.Person(ctx, c.live.Owner)
	if err != nil || name == "" {
		return c.live.Owner
	}
	return printable(name)
}

// findings are what the lints find in an app, as qdeploy validate does, and what is
// wrong with its version, which validate cannot know.
func (r *capturing) findings(e *captureEdit, app *qvf.App) []lint.Finding {
	ctx := lint.Context{
		Name: e.app.Name, Hydrated: e.app.Hydrated, Previous: e.before, Words: r.est.Words(), Severities: map[lint.Code]lint.Severity{},
	}
	maps.Copy(ctx.Severities, e.app.Lints)
	ctx.Severities[lint.L4], ctx.Severities[lint.L5] = lint.Off, lint.Off // of each tenant; below
	found := lint.Check(app, ctx)
	found = slices.DeleteFunc(found, func(f lint.Finding) bool { return f.Severity != lint.Error && f.Severity != lint.Warning })
	if f := e.unraised(); f != nil && f.Severity != lint.Off {
		found = append(found, *f)
	}
	slices.SortStableFunc(found, func(a, b lint.Finding) int { // L2 before L10
		return cmp.Or(cmp.Compare(len(a.Code), len(b.Code)), cmp.Compare(a.Code, b.Code))
	})
	return found
}

// unraised is what L5 has against the version that was published, nil if nothing.
func (e *captureEdit) unraised() *lint.Finding {
	f := &lint.Finding{Code: lint.L5, Severity: lint.Rated(lint.L5, e.app.Lints)}
	f.Hint = fmt.Sprintf("in Qlik, write the next version into the app's description, in braces, and publish it again: {v%s}", versionAfter(e.current))
	switch {
	case e.version == "" && e.published == "":
		f.Message = "the description notes no version"
	case e.version == "":
		f.Message = fmt.Sprintf("version %q in the description is not a semantic version", clean(e.published))
	case !newer(e.version, e.current) && !e.same:
		f.Message = fmt.Sprintf("the content changed, but the version went from %q to %q", e.current, e.version)
	default:
		return nil
	}
	return f
}

// versionAfter is the version after one, by its second number.
func versionAfter(v string) string {
	if v == "" {
		return "1.0.0"
	}
	var major, minor int
	_, _ = fmt.Sscanf(v, "%d.%d", &major, &minor) // it is a version
	return fmt.Sprintf("%d.%d.0", major, minor+1)
}
