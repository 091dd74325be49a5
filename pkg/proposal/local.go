package proposal

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/object"
	"github.com/go-git/go-git/v5/storage/filesystem"

	"github.com/qdeploy/qdeploy/pkg/gitwire"
)

// local is the repository itself.
type local struct{ store *filesystem.Storage }

func (l *local) ref(_ context.Context, name plumbing.ReferenceName) (at, commit plumbing.Hash, err error) {
	ref, err := l.store.Reference(name)
	if errors.Is(err, plumbing.ErrReferenceNotFound) {
		return at, commit, nil
	}
	if err != nil {
		return at, commit, fmt.Errorf("proposal: %s: %w", name, err)
	}
	tag, err := object.GetTag(l.store, ref.Hash())
	if errors.Is(err, plumbing.ErrObjectNotFound) {
		return ref.Hash(), ref.Hash(), nil
	}
	if err != nil {
		return at, commit, fmt.Errorf("proposal: %s: %w", name, err)
	}
	return ref.Hash(), tag.Target, nil
}

func (l *local) branches(_ context.Context, prefix string) (names []string, err error) {
	refs, err := l.store.IterReferences()
	if err != nil {
		return nil, fmt.Errorf("proposal: branches: %w", err)
	}
	err = refs.ForEach(func(ref *plumbing.Reference) error {
		if ref.Name().IsBranch() && strings.HasPrefix(ref.Name().Short(), prefix) {
			names = append(names, ref.Name().Short())
		}
		return nil
	})
	slices.Sort(names)
	return names, err
}

func (l *local) bring(ctx context.Context, name plumbing.ReferenceName) (plumbing.Hash, error) {
	_, commit, err := l.ref(ctx, name)
	return commit, err
}

func (l *local) lack(_ context.Context, commit plumbing.Hash) error {
	return fmt.Errorf("proposal: commit %s is not in the repository; fetch it", commit)
}

// beyond goes by the history that is here: where a shallow clone cut it off, it
// may return commits that base reaches too.
func (l *local) beyond(_ context.Context, _ plumbing.ReferenceName, head, base plumbing.Hash) ([]*object.Commit, error) {
	not := map[plumbing.Hash]bool{}
	if _, err := walk(base, not, l.load); err != nil {
		return nil, err
	}
	return walk(head, not, l.load)
}

func (l *local) load(h plumbing.Hash) (*object.Commit, error) { return gitwire.Commit(l.store, h) }

// walk returns the commits that a head reaches, children before parents where
// there are no merges, but for those seen and what is not here.
func walk(head plumbing.Hash, seen map[plumbing.Hash]bool, load func(plumbing.Hash) (*object.Commit, error)) ([]*object.Commit, error) {
	var commits []*object.Commit
	for next := []plumbing.Hash{head}; len(next) > 0; {
		h := next[0]
		next = next[1:]
		if seen[h] {
			continue
		}
		seen[h] = true
		c, err := load(h)
		if errors.Is(err, plumbing.ErrObjectNotFound) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("proposal: commit %s: %w", h, err)
		}
		commits = append(commits, c)
		next = append(next, c.ParentHashes...)
	}
	return commits, nil
}

// move does as git does: a lock file that only one can create, and a rename.
// go-git (v5.19) writes refs in place instead, and whoever reads at that moment
// finds none.
func (l *local) move(ctx context.Context, name plumbing.ReferenceName, old, next plumbing.Hash, _ []plumbing.Hash) error {
	if at, err := l.store.Reference(plumbing.HEAD); err == nil && at.Target() == name {
		return fmt.Errorf("proposal: branch %s is checked out here; switch to another branch first", name.Short())
	}
	disk, lock := l.store.Filesystem(), name.String()+".lock"
	if err := disk.MkdirAll(path.Dir(lock), 0o755); err != nil {
		return fmt.Errorf("proposal: %s: %w", name, err)
	}
	f, err := disk.OpenFile(lock, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("proposal: %s: %w: it is locked; if no qdeploy or git is running, remove the file .git/%s", name, ErrMoved, lock)
	}
	if err != nil {
		return fmt.Errorf("proposal: %s: %w", name, err)
	}
	_, err = f.Write([]byte(next.String() + "\n"))
	if err = errors.Join(err, f.Close()); err == nil {
		err = l.replace(ctx, name, old, next, lock)
	}
	if err != nil || next.IsZero() {
		_ = disk.Remove(lock) // it is ours still: only success makes it the ref
	}
	return err
}

// replace makes the lock file the ref, or removes the ref, if it is still old.
func (l *local) replace(ctx context.Context, name plumbing.ReferenceName, old, next plumbing.Hash, lock string) error {
	now, _, err := l.ref(ctx, name)
	if err != nil {
		return err
	}
	if now != old {
		return fmt.Errorf("proposal: %s: %w", name, ErrMoved)
	}
	if next.IsZero() {
		err = l.store.RemoveReference(name)
	} else {
		err = l.store.Filesystem().Rename(lock, name.String())
	}
	if err != nil {
		return fmt.Errorf("proposal: %s: %w", name, err)
	}
	return nil
}
