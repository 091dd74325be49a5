package ledger

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/go-git/go-git/v5/plumbing"

	"github.com/qdeploy/qdeploy/pkg/gitwire"
)

// fetch brings the remote's head and its objects.
func (l *Ledger) fetch(ctx context.Context) error {
	r, err := l.remote.wire.Read(ctx)
	if err != nil {
		return err
	}
	defer r.Close()
	head, _ := r.Ref(Ref)
	if !head.IsZero() {
		if err := l.fetchOver(ctx, r, head); err != nil {
			return err
		}
	}
	l.remote.head = head
	return nil
}

func (l *Ledger) fetchOver(ctx context.Context, r *gitwire.Reader, head plumbing.Hash) error {
	if _, err := l.load(head); err == nil {
		return nil
	}
	ask, err := l.ask(head)
	if err != nil {
		return err
	}
	if _, err := r.Fetch(ctx, l.store, ask); err != nil {
		return err
	}
	if _, err := l.load(head); err != nil {
		return &trouble{Text: err.Error()} // it was cut off, perhaps
	}
	return nil
}

// ask tells the server what we have, so that it sends the rest. A shallow clone
// that has nothing of the ledger asks for its newest commit alone; to ask so of a
// whole clone would make it a shallow one.
func (l *Ledger) ask(head plumbing.Hash) (gitwire.Ask, error) {
	ask := gitwire.Ask{Want: head}
	for _, name := range []plumbing.ReferenceName{l.remote.tracking, Ref} {
		ref, err := l.ref(name)
		if err != nil {
			return ask, err
		}
		if ref != nil {
			ask.Have = append(ask.Have, ref.Hash())
		}
	}
	if !l.remote.head.IsZero() {
		ask.Have = append(ask.Have, l.remote.head)
	}
	var err error
	if ask.Shallow, err = l.store.Shallow(); err != nil {
		return ask, fmt.Errorf("ledger: %w", err)
	}
	if len(ask.Shallow) > 0 && len(ask.Have) == 0 {
		ask.Depth = 1
	}
	return ask, nil
}

// push moves the remote's ref from the head last seen to next. Whatever the reply
// says, the ref is read back: a reply may be lost, and go-git takes an empty one
// for a good one. Afterwards the head last seen holds next; or the error is
// errMoved, and it is somebody else's; or it is a trouble.
func (l *Ledger) push(ctx context.Context, next plumbing.Hash, c *change) error {
	there := l.remote.head
	sent, err := l.send(ctx, next, c)
	var t *trouble
	if errors.As(err, &t) && t.Final || err != nil && !sent {
		return err
	}
	if ferr := l.fetch(ctx); ferr != nil {
		return errors.Join(ferr, err)
	}
	switch head := l.remote.head; {
	case head == there && err != nil:
		return err
	case head == there && sent:
		return &trouble{Text: fmt.Sprintf("ledger: %s: the remote took a push and %s did not move", l.remote.wire.Name(), Ref)}
	}
	for _, commit := range c.sent {
		arrived, err := l.contains(l.remote.head, commit, there)
		if err != nil {
			return err
		}
		if arrived {
			c.done = true
			break
		}
	}
	if c.done && l.remote.head == next {
		return nil
	}
	return errMoved
}

// send sends next, unless the remote moved meanwhile. It reports whether it
// began to: then next may be there also when an error is returned.
func (l *Ledger) send(ctx context.Context, next plumbing.Hash, c *change) (sent bool, err error) {
	objects, err := l.pack(next)
	if err != nil {
		return false, err
	}
	sent, err = l.remote.wire.Move(ctx, gitwire.Command{Name: Ref, Old: l.remote.head, New: next, Objects: objects, Store: l.store})
	if sent {
		c.sent = append(c.sent, next)
	}
	return sent, err
}

// pack returns the objects of next that the remote lacks.
func (l *Ledger) pack(next plumbing.Hash) ([]plumbing.Hash, error) {
	commits, whole, err := l.ahead(next, l.remote.head)
	if err != nil {
		return nil, err
	}
	if !whole {
		return nil, fmt.Errorf("ledger: the clone lacks commits below %s that the remote lacks too", next)
	}
	objects := map[plumbing.Hash]bool{}
	for _, c := range commits {
		objects[c.Hash] = true
		before := plumbing.ZeroHash
		if len(c.ParentHashes) > 0 {
			if before, err = l.rootOf(c.ParentHashes[0]); err != nil {
				return nil, err
			}
		}
		if err := l.fresh(before, c.TreeHash, objects); err != nil {
			return nil, err
		}
	}
	return slices.Collect(maps.Keys(objects)), nil
}
