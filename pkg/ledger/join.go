package ledger

import (
	"errors"
	"fmt"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/object"
)

// join returns a commit that holds what the local head and the remote's head
// hold, either of which may be none. It is one of the two where that is enough.
//
// Entries are joined one by one: what only one side has stays, what only one
// side changed since they last met is that side's, and of what both changed, or
// where it is unknown when they met, the entry that is newer by its time stays.
// Everything else in the tree, the lease above all, is the remote's.
func (l *Ledger) join(here, there plumbing.Hash) (plumbing.Hash, error) {
	if here == there || here.IsZero() {
		return there, nil
	}
	met, err := l.met(here)
	if err != nil || met == here && !there.IsZero() {
		return there, err // nothing of our own
	}
	// The local commits are kept, for the audit trail. Where a shallow clone lacks
	// some, the remote would refuse them: the entries go alone.
	_, whole, err := l.ahead(here, there)
	if err != nil {
		return there, err
	}
	if there.IsZero() && whole {
		return here, nil
	}
	if !there.IsZero() {
		if ok, err := l.contains(there, here, met); ok || err != nil {
			return there, err
		}
		if ok, err := l.contains(here, there, met); err != nil || ok && whole {
			return here, err
		}
	}
	root, err := l.merge(here, there, met)
	if err != nil {
		return there, err
	}
	var parents []plumbing.Hash
	if !there.IsZero() {
		parents = append(parents, there)
	}
	if whole {
		parents = append(parents, here)
	}
	next, err := l.record(root, parents, "joined with entries written elsewhere", "")
	if err != nil {
		return there, fmt.Errorf("ledger: %w", err)
	}
	return next, nil
}

// merge returns the remote's tree with the local entries put in that win.
func (l *Ledger) merge(here, there, met plumbing.Hash) (plumbing.Hash, error) {
	var root [3]plumbing.Hash
	var files [3]map[string]plumbing.Hash
	for i, at := range []plumbing.Hash{here, there, met} {
		var err error
		if root[i], err = l.rootOf(at); err != nil {
			return root[i], err
		}
		if files[i], err = l.files(root[i]); err != nil {
			return root[i], err
		}
	}
	won := map[string][]byte{}
	for file, ours := range files[0] {
		wins, err := l.wins(file, ours, files[1][file], files[2][file])
		if err != nil {
			return root[1], err
		}
		if !wins {
			continue
		}
		if won[file], err = l.bytes(ours); err != nil {
			return root[1], fmt.Errorf("ledger: %s: %w", file, err)
		}
	}
	if len(won) == 0 {
		return root[1], nil
	}
	next, err := l.graft(root[1], won)
	if err != nil {
		return next, fmt.Errorf("ledger: %w", err)
	}
	return next, nil
}

// wins reports whether our entry replaces theirs. was is the entry when both
// sides last met, or none.
func (l *Ledger) wins(file string, ours, theirs, was plumbing.Hash) (bool, error) {
	switch {
	case theirs.IsZero():
		return true, nil // nobody removes entries
	case ours == theirs || ours == was:
		return false, nil
	case theirs == was:
		return true, nil
	}
	us, err := l.timeOf(file, ours)
	if err != nil {
		return false, err
	}
	them, err := l.timeOf(file, theirs)
	return us.After(them), err
}

// met returns the remote's head that the local head was last joined with, or
// none when that is unknown: somebody may have moved either ref by hand.
func (l *Ledger) met(here plumbing.Hash) (plumbing.Hash, error) {
	ref, err := l.ref(l.remote.tracking)
	if err != nil || ref == nil {
		return plumbing.ZeroHash, err
	}
	if ok, err := l.contains(here, ref.Hash(), plumbing.ZeroHash); !ok || err != nil {
		return plumbing.ZeroHash, err
	}
	return ref.Hash(), nil
}

// ahead returns the commits of next that the remote lacks when its head is
// there, and whether these are all that it lacks: a shallow clone may not have
// them.
func (l *Ledger) ahead(next, there plumbing.Hash) (commits []*object.Commit, whole bool, err error) {
	ref, err := l.ref(l.remote.tracking)
	if err != nil {
		return nil, false, err
	}
	var known []plumbing.Hash
	if !there.IsZero() {
		known = append(known, there)
		if ok, err := l.contains(there, hashOf(ref), plumbing.ZeroHash); err != nil {
			return nil, false, err
		} else if ok {
			known = append(known, hashOf(ref))
		}
	}
	commits, whole, err = l.list(next, known)
	if err != nil || whole || there.IsZero() {
		return commits, whole, err
	}
	// An earlier join may lead past those two: now all that the remote has counts.
	all, _, err := l.list(there, nil)
	if err != nil {
		return nil, false, err
	}
	for _, c := range all {
		known = append(known, c.Hash)
	}
	return l.list(next, known)
}

// list returns what [Ledger.walk] visits.
func (l *Ledger) list(from plumbing.Hash, stops []plumbing.Hash) (commits []*object.Commit, whole bool, err error) {
	whole, err = l.walk(from, stops, func(c *object.Commit) bool {
		commits = append(commits, c)
		return true
	})
	return commits, whole, err
}

// farthest is how many commits are looked through for one that is expected to be
// near. Not finding it costs nobody an entry: times decide then.
const farthest = 10_000

// contains reports whether a commit is in the history of another. It does not
// look behind stop.
func (l *Ledger) contains(from, commit, stop plumbing.Hash) (bool, error) {
	if from == commit {
		return true, nil
	}
	found, left := false, farthest
	_, err := l.walk(from, []plumbing.Hash{commit, stop}, func(c *object.Commit) bool {
		for _, p := range c.ParentHashes {
			found = found || p == commit
		}
		left--
		return !found && left > 0
	})
	return found, err
}

// walk visits the history of a commit, newest first, until visit returns false.
// It neither visits nor looks behind stops. It reports whether it saw everything:
// a shallow clone lacks commits.
func (l *Ledger) walk(from plumbing.Hash, stops []plumbing.Hash, visit func(*object.Commit) bool) (whole bool, err error) {
	seen := map[plumbing.Hash]bool{plumbing.ZeroHash: true, from: true}
	for _, s := range stops {
		if s == from {
			return true, nil
		}
		seen[s] = true
	}
	whole = true
	for queue := []plumbing.Hash{from}; len(queue) > 0; queue = queue[1:] {
		c, err := object.GetCommit(l.store, queue[0])
		if errors.Is(err, plumbing.ErrObjectNotFound) {
			whole = false
			continue
		}
		if err != nil {
			return false, fmt.Errorf("ledger: commit %s: %w", queue[0], err)
		}
		if !visit(c) {
			return false, nil
		}
		for _, p := range c.ParentHashes {
			if !seen[p] {
				seen[p] = true
				queue = append(queue, p)
			}
		}
	}
	return whole, nil
}
