package proposal

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/object"
	"github.com/go-git/go-git/v5/storage/filesystem"
	"github.com/go-git/go-git/v5/storage/memory"

	"github.com/qdeploy/qdeploy/pkg/gitwire"
)

// remote is a repository that the one here was cloned from. The refs here are
// left alone.
type remote struct {
	store *filesystem.Storage
	wire  *gitwire.Remote
}

func (m *remote) ref(ctx context.Context, name plumbing.ReferenceName) (at, commit plumbing.Hash, err error) {
	r, err := m.wire.Read(ctx)
	if err != nil {
		return at, commit, err
	}
	defer r.Close()
	at, commit = r.Ref(name)
	return at, commit, nil
}

func (m *remote) branches(ctx context.Context, prefix string) ([]string, error) {
	r, err := m.wire.Read(ctx)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return r.Branches(prefix), nil
}

func (m *remote) bring(ctx context.Context, name plumbing.ReferenceName) (plumbing.Hash, error) {
	r, err := m.wire.Read(ctx)
	if err != nil {
		return plumbing.ZeroHash, err
	}
	defer r.Close()
	_, commit := r.Ref(name)
	if commit.IsZero() {
		return commit, nil
	}
	if _, err := load(m.store, commit); err == nil {
		return commit, nil
	}
	return commit, m.fetch(ctx, r, commit)
}

func (m *remote) lack(ctx context.Context, commit plumbing.Hash) error {
	r, err := m.wire.Read(ctx)
	if err != nil {
		return err
	}
	defer r.Close()
	if err := m.fetch(ctx, r, commit); err != nil {
		return fmt.Errorf("%w; commit %.10s is not in the repository here: fetch it", err, commit)
	}
	return nil
}

// fetch brings a commit. A shallow clone asks for that one alone: the remote would
// send all of the history that was cut off otherwise. To ask so of a whole clone
// would make it a shallow one.
func (m *remote) fetch(ctx context.Context, r *gitwire.Reader, want plumbing.Hash) error {
	ask := gitwire.Ask{Want: want, Within: 15 * time.Minute} // it may bring apps
	var err error
	if ask.Have, err = m.have(); err != nil {
		return fmt.Errorf("proposal: %w", err)
	}
	if ask.Shallow, err = m.store.Shallow(); err != nil {
		return fmt.Errorf("proposal: %w", err)
	}
	if len(ask.Shallow) > 0 {
		ask.Depth = 1
	}
	_, err = r.Fetch(ctx, m.store, ask)
	return err
}

// have returns commits that are here with all that they reach.
func (m *remote) have() ([]plumbing.Hash, error) {
	const most = 256 // it only saves bytes
	refs, err := m.store.IterReferences()
	if err != nil {
		return nil, err
	}
	defer refs.Close()
	var have []plumbing.Hash
	for len(have) < most {
		ref, err := refs.Next()
		if err != nil {
			break // there are no more
		}
		if ref.Type() != plumbing.HashReference || slices.Contains(have, ref.Hash()) {
			continue
		}
		if _, err := load(m.store, ref.Hash()); err == nil {
			have = append(have, ref.Hash())
		}
	}
	return have, nil
}

// beyond asks the remote, which knows all of the history, and keeps what it says
// in memory: a shallow clone stays as it is. GitHub sends the commits alone; a
// remote that cannot filter sends their files too.
func (m *remote) beyond(ctx context.Context, name plumbing.ReferenceName, head, base plumbing.Hash) ([]*object.Commit, error) {
	r, err := m.wire.Read(ctx)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	if at, _ := r.Ref(name); at != head {
		return nil, m.moved(name)
	}
	store := memory.NewStorage()
	known, err := r.Fetch(ctx, store, gitwire.Ask{Want: head, Have: []plumbing.Hash{base}, Bare: true})
	if err != nil {
		return nil, err
	}
	if !slices.Contains(known, base) {
		return nil, fmt.Errorf("proposal: %s: it does not have commit %s; push that first", m.wire.Name(), base)
	}
	return walk(head, map[plumbing.Hash]bool{}, func(h plumbing.Hash) (*object.Commit, error) {
		return object.GetCommit(store, h)
	})
}

// move pushes, and whatever the reply says reads the ref back: a reply may be
// lost, and an empty one says nothing.
func (m *remote) move(ctx context.Context, name plumbing.ReferenceName, old, next plumbing.Hash, objects []plumbing.Hash) error {
	sent, err := m.wire.Move(ctx, gitwire.Command{Name: name, Old: old, New: next, Objects: objects, Store: m.store})
	var t *gitwire.Error
	if err != nil && (!sent || errors.As(err, &t) && t.Final) {
		return err
	}
	if !sent {
		return m.moved(name)
	}
	at, _, rerr := m.ref(ctx, name)
	switch {
	case rerr != nil:
		return errors.Join(err, rerr)
	case at == next:
		return nil
	case at != old:
		return m.moved(name)
	case err != nil:
		return err
	}
	return fmt.Errorf("proposal: %s: the remote took a push and %s did not move", m.wire.Name(), name)
}

func (m *remote) moved(name plumbing.ReferenceName) error {
	return fmt.Errorf("proposal: %s: %s: %w", m.wire.Name(), name, ErrMoved)
}
