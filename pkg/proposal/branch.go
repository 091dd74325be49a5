package proposal

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/object"
)

// Change is what a proposal does to files.
type Change struct {
	Files   map[string][]byte // by path from the repository's top; nil deletes
	Message string            // of the commit; it is signed off
}

// Propose makes a branch hold one commit on top of base, in which files are
// changed, and returns it. When the branch holds such a commit already, with the
// same parent and files, nothing is written and changed is false. When base has
// the files as they are to be, changed is false, the commit is base, and the
// branch is left alone.
//
// Commits that we made before are replaced. Those of somebody else are not: that
// is a [TakenError], and they are told by the e-mail address of author and
// committer. When the branch moves meanwhile the error is [ErrMoved].
//
// A file that exists keeps its mode. The bytes are not copied, and not to be
// changed before Propose returns.
func (r *Repo) Propose(ctx context.Context, base, branch string, c Change, who Identity, now time.Time) (commit string, changed bool, err error) {
	name, err := branchRef(branch)
	if err != nil {
		return "", false, err
	}
	if who, err = who.clean(); err != nil {
		return "", false, err
	}
	if strings.TrimSpace(c.Message) == "" {
		return "", false, fmt.Errorf("proposal: branch %s: a commit needs a message", branch)
	}
	changes, err := sortFiles(c.Files)
	if err != nil {
		return "", false, err
	}
	from, err := r.commit(ctx, base)
	if err != nil {
		return "", false, err
	}
	d := newDraft(r.store)
	root, err := d.graft(from.TreeHash, changes, "")
	if err != nil {
		return "", false, err
	}
	if root == from.TreeHash {
		return from.Hash.String(), false, nil
	}
	head, _, err := r.place.ref(ctx, name)
	if err != nil {
		return "", false, err
	}
	same, err := r.vet(ctx, name, head, from, root, who)
	if err != nil {
		return "", false, err
	}
	if same {
		return head.String(), false, nil
	}
	by := object.Signature{Name: who.Name, Email: who.Email, When: now.UTC()}
	next, err := d.add(&object.Commit{
		Author: by, Committer: by, Message: sign(c.Message, who),
		TreeHash: root, ParentHashes: []plumbing.Hash{from.Hash},
	})
	if err != nil {
		return "", false, fmt.Errorf("proposal: %w", err)
	}
	if err := d.write(); err != nil {
		return "", false, err
	}
	if err := r.place.move(ctx, name, head, next, d.objects()); err != nil {
		return "", false, err
	}
	return next.String(), true, nil
}

// vet reports whether a branch's head is the proposal already, or fails when the
// branch has commits of somebody else.
func (r *Repo) vet(ctx context.Context, name plumbing.ReferenceName, head plumbing.Hash, base *object.Commit, root plumbing.Hash, who Identity) (same bool, err error) {
	if head.IsZero() || head == base.Hash {
		return false, nil
	}
	is := func(c *object.Commit) bool {
		return c.TreeHash == root && len(c.ParentHashes) == 1 && c.ParentHashes[0] == base.Hash
	}
	if c, err := load(r.store, head); err == nil && is(c) {
		return true, nil
	}
	commits, err := r.place.beyond(ctx, name, head, base.Hash)
	if err != nil {
		return false, err
	}
	for _, c := range commits {
		if c.Hash == head && is(c) {
			return true, nil
		}
		for _, by := range []object.Signature{c.Author, c.Committer} {
			if !strings.EqualFold(by.Email, who.Email) {
				return false, &TakenError{Branch: name.Short(), Commit: c.Hash.String(), Who: printable(by)}
			}
		}
	}
	return false, nil
}

// DeleteBranch deletes a branch, if there is one. When it moves meanwhile the
// error is [ErrMoved].
func (r *Repo) DeleteBranch(ctx context.Context, branch string) error {
	name, err := branchRef(branch)
	if err != nil {
		return err
	}
	head, _, err := r.place.ref(ctx, name)
	if err != nil || head.IsZero() {
		return err
	}
	return r.place.move(ctx, name, head, plumbing.ZeroHash, nil)
}

// commit returns a commit, fetched if need be.
func (r *Repo) commit(ctx context.Context, hash string) (*object.Commit, error) {
	if !plumbing.IsHash(hash) {
		return nil, fmt.Errorf("proposal: %q is not the full hash of a commit", hash)
	}
	h := plumbing.NewHash(hash)
	if c, err := load(r.store, h); err == nil {
		return c, nil
	}
	if err := r.place.lack(ctx, h); err != nil {
		return nil, err
	}
	c, err := load(r.store, h)
	if err != nil {
		return nil, fmt.Errorf("proposal: commit %s: %w", hash, err)
	}
	return c, nil
}

// printable returns somebody's name for an error: others chose it.
func printable(by object.Signature) string {
	who, _ := Identity{Name: by.Name, Email: by.Email}.clean()
	return fmt.Sprintf("%s <%s>", who.Name, who.Email)
}
