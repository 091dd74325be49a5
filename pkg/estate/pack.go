package estate

import (
	"bytes"
	"encoding/binary"
	"errors"
	"sync"

	"github.com/qdeploy/qdeploy/pkg/compact"
	"github.com/qdeploy/qdeploy/pkg/plan"
)

// kept is what a tenant comes to, and the files that this follows from.
type kept struct {
	resources []plan.Resource
	files     []keptFile
}

// keptFile is a file of the estate that was looked into, and what was found.
type keptFile struct {
	as   string // "sum", "definition" or "shape"
	file string
	name string // of the archive, for a sum; of the kind, for a shape
	sort string // of file, for a sum
	sum  string
}

// pack makes it small: what resources of one tenant say is much the same.
func (k *kept) pack() []byte { return compact.Pack(k.plain()) }

// plain writes of each resource what evaluation sets.
func (k *kept) plain() []byte {
	var w packer
	w.number(len(k.resources))
	for _, r := range k.resources {
		w.texts(string(r.Key.Kind), r.Key.Name, string(r.Spec), r.Pos, string(r.Adopt))
		w.list(r.Was)
		w.list(r.Ignore)
	}
	w.number(len(k.files))
	for _, f := range k.files {
		w.texts(f.as, f.file, f.name, f.sort, f.sum)
	}
	return w.out
}

// unpack is the reverse of pack.
func unpack(b []byte) (*kept, error) {
	plain, err := compact.Unpack(b)
	if err != nil {
		return nil, err
	}
	known := someWords.Get().(words)
	defer someWords.Put(known)
	r := unpacker{left: plain, words: known}
	k := &kept{}
	if n := r.number(); n > 0 {
		k.resources = make([]plan.Resource, n)
	}
	for i := range k.resources {
		to := &k.resources[i]
		to.Key = plan.Key{Kind: plan.Kind(r.text()), Name: r.text()}
		to.Spec = bytes.Clone(r.bytes())
		to.Pos, to.Adopt = r.text(), plan.Adopt(r.text())
		to.Was, to.Ignore = r.list(), r.list()
	}
	for range r.number() {
		k.files = append(k.files, keptFile{r.text(), r.text(), r.text(), r.text(), r.text()})
	}
	if r.bad || len(r.left) > 0 {
		return nil, errors.New("damaged")
	}
	return k, nil
}

// packer writes numbers and texts one after the other.
type packer struct{ out []byte }

func (w *packer) number(n int) { w.out = binary.AppendUvarint(w.out, uint64(n)) }

func (w *packer) texts(all ...string) {
	for _, s := range all {
		w.number(len(s))
		w.out = append(w.out, s...)
	}
}

func (w *packer) list(all []string) {
	w.number(len(all))
	w.texts(all...)
}

// unpacker reads what a packer wrote. What is damaged reads as nothing, and is bad.
type unpacker struct {
	left  []byte
	bad   bool
	words words
}

// words are texts that were read: most of what one tenant has is what the last one had, and
// plans keep them.
type words map[string]string

var someWords = sync.Pool{New: func() any { return words{} }}

const maxWords = 4096

func (w words) of(b []byte) string {
	if s, ok := w[string(b)]; ok {
		return s
	}
	if len(w) >= maxWords {
		clear(w)
	}
	s := string(b)
	w[s] = s
	return s
}

// number is never more than the bytes that are left: everything takes one at least.
func (r *unpacker) number() int {
	n, size := binary.Uvarint(r.left)
	if size <= 0 || n > uint64(len(r.left)-size) {
		r.left, r.bad = nil, true
		return 0
	}
	r.left = r.left[size:]
	return int(n)
}

func (r *unpacker) bytes() []byte {
	n := r.number()
	b := r.left[:n]
	r.left = r.left[n:]
	return b
}

// text returns the same string for the same text, mostly, whichever tenant has it.
func (r *unpacker) text() string {
	b := r.bytes()
	if len(b) == 0 {
		return ""
	}
	return r.words.of(b)
}

func (r *unpacker) list() (out []string) {
	for range r.number() {
		out = append(out, r.text())
	}
	return out
}
