package ledger

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/object"
)

// partFolder holds the leases of shards, a file each, beside that of all tenants.
const partFolder = "leases"

// file is where the lease of a holder is.
func (h Holder) file() string {
	if h.Part == "" {
		return leaseFile
	}
	return partFolder + "/" + strings.ReplaceAll(h.Part, "/", "-of-") + ".json"
}

// beside reports whether two may hold their leases at a time: other shards of as many, of
// one revision.
func (h Holder) beside(other Holder) bool {
	_, n, _ := strings.Cut(h.Part, "/")
	_, m, _ := strings.Cut(other.Part, "/")
	return h.Part != "" && other.Part != "" && h.Part != other.Part && n == m && h.Of == other.Of
}

// Held says who holds a lease, as a [*HeldError]; nil if nobody does. gone is as in
// [Ledger.Acquire].
func (l *Ledger) Held(gone func(Holder) bool) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	ref, err := l.ref(Ref)
	if err != nil || ref == nil {
		return err
	}
	root, err := l.rootOf(ref.Hash())
	if err != nil {
		return err
	}
	return l.free(root, Holder{}, l.now().UTC(), gone)
}

// free fails with a [*HeldError] if somebody holds a lease that who may not be beside.
func (l *Ledger) free(root plumbing.Hash, who Holder, now time.Time, gone func(Holder) bool) error {
	claims, err := l.claims(root)
	if err != nil {
		return err
	}
	for _, c := range claims {
		held := c.Holder != nil && *c.Holder != who && !now.After(c.Until.Add(Skew)) && !who.beside(*c.Holder)
		if held && (gone == nil || !gone(*c.Holder)) {
			return &HeldError{Holder: *c.Holder, Since: c.Since, Until: c.Until}
		}
	}
	return nil
}

// claims are all leases in the tree at root, that of all tenants first.
func (l *Ledger) claims(root plumbing.Hash) (out []claim, err error) {
	whole, err := l.claim(root, leaseFile)
	if err != nil || root.IsZero() {
		return []claim{whole}, err
	}
	out = []claim{whole}
	tree, err := object.GetTree(l.store, root)
	if err != nil {
		return nil, fmt.Errorf("ledger: %w", err)
	}
	parts, err := tree.Tree(partFolder)
	if errors.Is(err, object.ErrDirectoryNotFound) {
		return out, nil
	}
	if err != nil {
		return nil, fmt.Errorf("ledger: %w", err)
	}
	for _, e := range parts.Entries {
		b, err := l.bytes(e.Hash)
		var c claim
		if err == nil {
			err = json.Unmarshal(b, &c)
		}
		if err != nil {
			return nil, fmt.Errorf("ledger: %s/%s: %w", partFolder, e.Name, err)
		}
		out = append(out, c)
	}
	return out, nil
}
