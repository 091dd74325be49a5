package estate

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/qdeploy/qdeploy/pkg/compact"
)

// shelf keeps what the data files of an estate say of its tenants between runs and
// revisions, in one file: most of them are the same the next time, and CUE takes as long to
// read one as a hundred from here. What tenants come to is kept by the keeper.
type shelf struct {
	file string            // "" if nothing is kept
	had  map[string][]byte // by the digest of a data file: the records, as save writes them
	used int
}

// openShelf reads the shelf of the estate in a folder. One that is not there, or damaged, is
// empty.
func openShelf(dir, folder string) *shelf {
	s := &shelf{had: map[string][]byte{}}
	scope, err := filepath.Abs(folder)
	if dir == "" || err != nil {
		return s
	}
	h := sha256.Sum256([]byte(scope))
	s.file = filepath.Join(dir, "tenants-"+hex.EncodeToString(h[:16]))
	b, err := os.ReadFile(s.file)
	if err != nil || len(b) < sha256.Size {
		return s
	}
	if h := sha256.Sum256(b[sha256.Size:]); !bytes.Equal(h[:], b[:sha256.Size]) {
		return s
	}
	plain, err := compact.Unpack(b[sha256.Size:])
	if err != nil {
		return s
	}
	r := unpacker{left: plain}
	for range r.number() {
		key := string(r.bytes())
		s.had[key] = r.bytes()
	}
	return s
}

// key is over all that the records of a data file follow from.
func (s *shelf) key(f *tenantFile) string {
	h := sha256.Sum256(fmt.Appendf(nil, "%s\n%q %x", thisProgram(), f.name, f.sum))
	return string(h[:])
}

// get returns the records of a data file; nil if they are not here.
func (s *shelf) get(f *tenantFile) []record {
	if len(s.had) == 0 {
		return nil
	}
	b, ok := s.had[s.key(f)]
	if !ok {
		return nil
	}
	r := unpacker{left: b}
	out := make([]record, r.number())
	for i := range out {
		out[i] = record{at: string(r.bytes()), raw: r.bytes(), own: string(r.bytes()), file: f, nth: i}
	}
	if r.bad || len(r.left) > 0 {
		return nil
	}
	s.used++
	return out
}

// save writes the records of all files in which nothing is wrong, if they are worth
// it and not here already.
func (s *shelf) save(all [][]record) {
	var sound [][]record
	tenants := 0
	for _, rs := range all {
		if isSound(rs) {
			sound = append(sound, rs)
			tenants += len(rs)
		}
	}
	same := s.used == len(sound) && s.used == len(s.had)
	if s.file == "" || same || tenants < cacheFrom || thisProgram() == "" {
		return
	}
	var w packer
	w.number(len(sound))
	for _, rs := range sound {
		w.texts(s.key(rs[0].file), shelved(rs))
	}
	text := compact.Pack(w.out)
	sum := sha256.Sum256(text)
	replace(s.file, sum[:], text)
}

// isSound reports whether something is in a file, and nothing is wrong with it.
func isSound(rs []record) bool {
	return len(rs) > 0 && !rs[0].file.wrong && !slices.ContainsFunc(rs, func(r record) bool { return r.raw == nil })
}

// shelved is what is kept of a file.
func shelved(rs []record) string {
	var w packer
	w.number(len(rs))
	for _, r := range rs {
		w.texts(r.at, string(r.raw), r.own)
	}
	return string(w.out)
}
