package proposal

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/object"
)

// Tag makes an annotated tag that names a commit. It reports false when the tag
// does so already, and fails with [ErrTagTaken] when it names another commit.
func (r *Repo) Tag(ctx context.Context, name, commit, message string, who Identity, now time.Time) (created bool, err error) {
	ref, err := refName("tag", plumbing.NewTagReferenceName(name))
	if err != nil {
		return false, err
	}
	if who, err = who.clean(); err != nil {
		return false, err
	}
	c, err := r.commit(ctx, commit)
	if err != nil {
		return false, err
	}
	if there, err := r.tagged(ctx, ref, c.Hash); there || err != nil {
		return false, err
	}
	d := newDraft(r.store)
	h, err := d.add(&object.Tag{
		Name: name, Tagger: object.Signature{Name: who.Name, Email: who.Email, When: now.UTC()},
		Message: sign(message, who), TargetType: plumbing.CommitObject, Target: c.Hash,
	})
	if err != nil {
		return false, fmt.Errorf("proposal: %w", err)
	}
	if err := d.write(); err != nil {
		return false, err
	}
	err = r.place.move(ctx, ref, plumbing.ZeroHash, h, d.objects())
	if !errors.Is(err, ErrMoved) {
		return err == nil, err
	}
	if there, terr := r.tagged(ctx, ref, c.Hash); there || terr != nil {
		return false, terr // somebody else made it
	}
	return false, err
}

// tagged reports whether a tag names a commit, or fails when it names another.
func (r *Repo) tagged(ctx context.Context, ref plumbing.ReferenceName, commit plumbing.Hash) (bool, error) {
	_, names, err := r.place.ref(ctx, ref)
	switch {
	case err != nil:
		return false, err
	case !names.IsZero() && names != commit:
		return false, fmt.Errorf("proposal: tag %s: %w: it is at %.10s, and was to be at %.10s", ref.Short(), ErrTagTaken, names, commit)
	}
	return names == commit, nil
}
