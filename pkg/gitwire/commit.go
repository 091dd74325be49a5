package gitwire

import (
	"errors"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/object"
	"github.com/go-git/go-git/v5/plumbing/storer"
)

// looks is how often a commit is looked for.
const looks = 5

// Commit returns a commit that another process may have written a moment ago.
//
// go-git (v5.19) lists a repository's packs once. And it finds none at all when a
// file beside them vanishes while it lists, as the temporary ones do of whoever
// writes objects meanwhile: so one look more is not enough.
func Commit(store storer.EncodedObjectStorer, hash plumbing.Hash) (*object.Commit, error) {
	packs, listed := store.(interface{ Reindex() })
	for look := 1; ; look++ {
		c, err := object.GetCommit(store, hash)
		if !listed || look == looks || !errors.Is(err, plumbing.ErrObjectNotFound) {
			return c, err
		}
		packs.Reindex()
	}
}
