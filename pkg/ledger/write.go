package ledger

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/go-git/go-git/v5/plumbing"
)

// tries is how often a write begins anew because somebody else wrote first.
const tries = 50

// Write is [Ledger.WriteContext] with no end but its own bounds.
func (l *Ledger) Write(message string, entries ...Entry) error {
	return l.WriteContext(context.Background(), message, entries...)
}

// WriteContext adds one commit that replaces the entries of the tenants named,
// with message as its subject. Entries of other tenants stay as they are, also
// those that somebody else writes at the same time. When somebody else wrote one
// of the same tenants meanwhile, the entry that is newer by its time stays.
//
// With a remote it pushes. When that fails for good the error is [ErrNotPushed],
// and the entries are in the local ref: the next write pushes them too. When a
// lease was acquired and is no longer ours the error is [ErrFenced], and nothing
// is written.
func (l *Ledger) WriteContext(ctx context.Context, message string, entries ...Entry) error {
	if len(entries) == 0 {
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	w := &written{ledger: l, entries: map[string]Entry{}, seen: map[string]plumbing.Hash{}}
	here, err := l.ref(Ref)
	if err != nil {
		return err
	}
	root, err := l.rootOf(hashOf(here))
	if err != nil {
		return err
	}
	in, err := l.inside(root)
	if err != nil {
		return err
	}
	for _, e := range entries {
		file := fileOf(e.Tenant)
		w.entries[file] = e
		if w.seen[file], err = in.find(file); err != nil {
			return err
		}
	}
	return l.commit(ctx, &change{message: message, files: w.files, keep: true})
}

// written are the entries of one write.
type written struct {
	ledger  *Ledger
	entries map[string]Entry         // by file
	seen    map[string]plumbing.Hash // what the files held when the write began
}

// files returns the files to put into the tree at root, and which tenants keep
// a newer entry that somebody else wrote after this write began.
func (w *written) files(root plumbing.Hash) (files map[string][]byte, details string, err error) {
	if err := w.ledger.fenced(root); err != nil {
		return nil, "", err
	}
	in, err := w.ledger.inside(root)
	if err != nil {
		return nil, "", err
	}
	files = map[string][]byte{}
	var newer []string
	for _, file := range slices.Sorted(maps.Keys(w.entries)) {
		e := w.entries[file]
		now, err := in.find(file)
		if err != nil {
			return nil, "", err
		}
		// Only a race goes by time: a run that undoes its own "applying" writes
		// an entry with an older time on purpose.
		if now != w.seen[file] && !now.IsZero() {
			at, err := w.ledger.timeOf(file, now)
			if err != nil {
				return nil, "", err
			}
			if at.After(e.Time) {
				newer = append(newer, oneLine(e.Tenant))
				continue
			}
		}
		b, err := json.MarshalIndent(e, "", " ")
		if err != nil {
			return nil, "", fmt.Errorf("ledger: %s: %w", e.Tenant, err)
		}
		files[file] = append(b, '\n')
	}
	if len(newer) > 0 { // the commit is made all the same: the history tells of both
		details = "Newer entries stay: " + strings.Join(newer, ", ") + "\n"
	}
	return files, details, nil
}

// timeOf returns when the entry in a blob was written.
func (l *Ledger) timeOf(file string, blob plumbing.Hash) (time.Time, error) {
	b, err := l.bytes(blob)
	if err != nil {
		return time.Time{}, fmt.Errorf("ledger: %s: %w", file, err)
	}
	var e struct{ Time time.Time }
	if err := json.Unmarshal(b, &e); err != nil {
		return time.Time{}, fmt.Errorf("ledger: %s: not a ledger entry: %v", file, err)
	}
	return e.Time, nil
}

// change is one commit to be: what it puts into the ledger, whatever the ledger
// is at when it gets through.
type change struct {
	message string
	// files returns what to put into the tree at root, nil for a file to remove, and
	// a body for the commit. It is asked anew whenever the ledger moved, and may refuse.
	// nil: there is nothing to put, only to push.
	files func(root plumbing.Hash) (files map[string][]byte, details string, err error)
	keep  bool // what cannot be pushed stays in the local ref
	fresh bool // look at the remote before asking files

	done bool            // it is in the ledger
	sent []plumbing.Hash // commits of it that were sent; one may have arrived without a reply
}

// commit gets a change into the ledger.
func (l *Ledger) commit(ctx context.Context, c *change) error {
	if l.remote != nil {
		return l.commitThere(ctx, c)
	}
	return l.commitHere(c)
}

// commitHere puts a change on top of the local ref.
func (l *Ledger) commitHere(c *change) error {
	for range tries {
		here, err := l.ref(Ref)
		if err != nil {
			return err
		}
		next, err := l.build(hashOf(here), c)
		if err != nil || next == hashOf(here) {
			return err
		}
		if err := l.move(Ref, next, here); !errors.Is(err, errMoved) {
			return err
		}
	}
	return fmt.Errorf("ledger: other processes kept writing to %s", Ref)
}

// build returns the commit of a change on top of start, which may be none.
func (l *Ledger) build(start plumbing.Hash, c *change) (plumbing.Hash, error) {
	if c.done || c.files == nil {
		return start, nil
	}
	root, err := l.rootOf(start)
	if err != nil {
		return start, err
	}
	files, details, err := c.files(root)
	if err != nil {
		return start, err
	}
	switch graft := func() (plumbing.Hash, error) { return l.graft(root, files) }; {
	case len(files) >= bulk:
		root, err = l.inBulk(graft)
	case len(files) > 0:
		root, err = graft()
	}
	if err != nil {
		return start, fmt.Errorf("ledger: %w", err)
	}
	var parents []plumbing.Hash
	if !start.IsZero() {
		parents = append(parents, start)
	}
	next, err := l.record(root, parents, c.message, details)
	if err != nil {
		return start, fmt.Errorf("ledger: %w", err)
	}
	return next, nil
}

func hashOf(ref *plumbing.Reference) plumbing.Hash {
	if ref == nil {
		return plumbing.ZeroHash
	}
	return ref.Hash()
}
