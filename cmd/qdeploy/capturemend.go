package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"

	"github.com/go-git/go-git/v5"
	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/format/diff"
	"github.com/go-git/go-git/v5/plumbing/object"

	"github.com/qdeploy/qdeploy/pkg/estate"
	"github.com/qdeploy/qdeploy/pkg/proposal"
	"github.com/qdeploy/qdeploy/pkg/qlik"
)

// mended is a proposal of an earlier run that was made anew on the base.
type mended struct {
	App string `json:"app"`
	proposed
}

// mend makes proposals anew that git cannot merge any longer: two captures raise pins
// that stand next to each other, and one was merged. What can be merged is left alone,
// for somebody may have approved it, and so is what somebody else has added to.
func (r *capturing) mend(ctx context.Context, names []string) (out []mended, errs []error) {
	if r.f.dryRun {
		return nil, nil
	}
	branches, err := r.repo.Branches(ctx, capturePrefix)
	if err != nil {
		return nil, []error{err}
	}
	for _, app := range r.est.Apps() {
		if !slices.Contains(branches, captureBranch(app.Name)) || len(names) > 0 && !slices.Contains(names, app.Name) {
			continue
		}
		o, err := r.mendOne(ctx, app)
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", captureBranch(app.Name), err))
		} else if o != nil {
			out = append(out, mended{App: app.Name, proposed: *o})
		}
	}
	return out, errs
}

// mendOne makes the proposal of an app anew, if it has to be; nil if not. Its file and
// its message stay: they are what was captured.
func (r *capturing) mendOne(ctx context.Context, app estate.App) (*proposed, error) {
	branch := captureBranch(app.Name)
	head, err := r.repo.Head(ctx, branch)
	if err != nil || head == "" {
		return nil, err
	}
	repo, err := estate.OpenRepository(r.p.dir) // anew: the branch may just have been fetched
	if err != nil {
		return nil, err
	}
	at, t, err := ours(repo, head)
	if err != nil || at == nil {
		return nil, err
	}
	if apart, err := apart(repo, at, r.head); err != nil || !apart {
		return nil, err
	}
	title, _, _ := strings.Cut(at.Message, "\n")
	c := &captured{App: app.Name, Digest: t.digest, live: qlik.PublishedApp{Version: versionOf(title)}}
	text, err := r.content(head, t.file)
	if err != nil {
		return nil, err
	}
	e, err := r.edit(c, text)
	if err != nil || e.same || !newer(e.version, e.current) {
		return nil, err // the base has it, or something newer
	}
	o := &proposed{Branch: branch, Base: r.base}
	return o, r.commit(ctx, o, proposal.Change{Files: e.files, Message: at.Message})
}

// versionOf is the version in the title of a capture, "" if there is none.
func versionOf(title string) string { return title[strings.LastIndex(title, " ")+1:] }

// ours returns a commit that is a capture of ours on top of one other, nil otherwise.
func ours(repo *git.Repository, head string) (*object.Commit, trailer, error) {
	at, err := commitOf(repo, plumbing.NewHash(head))
	if err != nil || at == nil || len(at.ParentHashes) != 1 || at.Author.Email != author.Email || at.Committer.Email != author.Email {
		return nil, trailer{}, err
	}
	said := readTrailers(at.Message)
	if len(said) != 1 {
		return nil, trailer{}, nil
	}
	return at, said[0], nil
}

// apart reports whether git could not merge a commit with a base that has moved on
// since: both have another file that is no text, or lines that touch each other.
func apart(repo *git.Repository, at *object.Commit, base string) (bool, error) {
	before, err := commitOf(repo, at.ParentHashes[0])
	if err != nil || before == nil {
		return false, err
	}
	now, err := repo.CommitObject(plumbing.NewHash(base))
	if err != nil {
		return false, err
	}
	mine, err := differing(before, at)
	if err != nil {
		return false, err
	}
	theirs, err := differing(before, now)
	if err != nil {
		return false, err
	}
	for name, a := range mine {
		b := theirs[name]
		if b == nil || a.To.TreeEntry.Hash == b.To.TreeEntry.Hash {
			continue
		}
		if path.Ext(name) != ".cue" {
			return true, nil
		}
		if met, err := meet(a, b); met || err != nil {
			return met, err
		}
	}
	return false, nil
}

// differing is what differs between two commits, by file.
func differing(from, to *object.Commit) (map[string]*object.Change, error) {
	a, err := from.Tree()
	if err != nil {
		return nil, err
	}
	b, err := to.Tree()
	if err != nil {
		return nil, err
	}
	list, err := object.DiffTree(a, b)
	out := map[string]*object.Change{}
	for _, c := range list {
		out[cmp.Or(c.To.Name, c.From.Name)] = c
	}
	return out, err
}

// span is lines of the file before a change, that it replaces: from a line, up to the
// one before another; none where it adds.
type span struct{ from, to int }

// meet reports whether two changes of one file touch the same lines, or lines that
// stand next to each other, as git's merge sees it.
func meet(a, b *object.Change) (bool, error) {
	mine, err := spans(a)
	if err != nil {
		return false, err
	}
	theirs, err := spans(b)
	for _, m := range mine {
		if slices.ContainsFunc(theirs, func(t span) bool { return m.from <= t.to && t.from <= m.to }) {
			return true, err
		}
	}
	return false, err
}

func spans(c *object.Change) (out []span, err error) {
	p, err := c.Patch()
	if err != nil {
		return nil, err
	}
	for _, f := range p.FilePatches() {
		line := 0
		for _, k := range f.Chunks() {
			n := strings.Count(k.Content(), "\n")
			switch k.Type() {
			case diff.Equal:
				line += n
			case diff.Delete:
				out, line = append(out, span{line, line + n}), line+n
			case diff.Add:
				out = append(out, span{line, line})
			}
		}
	}
	return out, nil
}

// print tells people of a proposal that was made anew.
func (m mended) print(w io.Writer, base string) {
	fmt.Fprintf(w, "%s: made anew on %s, with which it could not be merged: branch %s, %.8s\n", clean(m.App), base, m.Branch, m.Commit)
}
