package ledger

import (
	"fmt"
	"slices"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/format/packfile"
	"github.com/go-git/go-git/v5/plumbing/storer"
	"github.com/go-git/go-git/v5/storage"
	"github.com/go-git/go-git/v5/storage/memory"
)

// bulk is how many files make it worth to write what is new as one pack: a file for each
// object takes longer than all else that is done with them.
const bulk = 64

// staged holds new objects in memory, above a repository.
type staged struct {
	storage.Storer
	fresh *memory.Storage
}

// NewEncodedObject makes an object that is stored nowhere yet.
func (s *staged) NewEncodedObject() plumbing.EncodedObject { return s.fresh.NewEncodedObject() }

// SetEncodedObject stores an object in memory, unless the repository has it.
func (s *staged) SetEncodedObject(o plumbing.EncodedObject) (plumbing.Hash, error) {
	if s.HasEncodedObject(o.Hash()) == nil {
		return o.Hash(), nil
	}
	return s.fresh.SetEncodedObject(o)
}

// EncodedObject finds an object in memory, or in the repository.
func (s *staged) EncodedObject(t plumbing.ObjectType, h plumbing.Hash) (plumbing.EncodedObject, error) {
	if o, err := s.fresh.EncodedObject(t, h); err == nil {
		return o, nil
	}
	return s.Storer.EncodedObject(t, h)
}

// flush writes what is new into the repository.
func (s *staged) flush() error {
	hashes := make([]plumbing.Hash, 0, len(s.fresh.Objects))
	for h := range s.fresh.Objects {
		hashes = append(hashes, h)
	}
	slices.SortFunc(hashes, func(a, b plumbing.Hash) int { return slices.Compare(a[:], b[:]) })
	packs, ok := s.Storer.(storer.PackfileWriter)
	if !ok || len(hashes) == 0 {
		for _, h := range hashes {
			if _, err := s.Storer.SetEncodedObject(s.fresh.Objects[h]); err != nil {
				return err
			}
		}
		return nil
	}
	w, err := packs.PackfileWriter()
	if err != nil {
		return err
	}
	_, err = packfile.NewEncoder(w, s.fresh, false).Encode(hashes, 0)
	if cerr := w.Close(); err == nil {
		err = cerr
	}
	return err
}

// inBulk lets write make many objects, and puts them into the repository together. l is
// locked.
func (l *Ledger) inBulk(write func() (plumbing.Hash, error)) (plumbing.Hash, error) {
	base := l.store
	s := &staged{base, memory.NewStorage()}
	l.store = s
	made, err := write()
	l.store = base
	if err == nil {
		err = s.flush()
	}
	if err != nil {
		return plumbing.ZeroHash, fmt.Errorf("many objects: %w", err)
	}
	return made, nil
}
