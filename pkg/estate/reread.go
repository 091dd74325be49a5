package estate

import (
	"crypto/sha256"
	"fmt"
	"io/fs"
	"sync"

	"cuelang.org/go/cue/ast"
)

// reread are tenant files that were read again to find out what they have of a tenant besides
// its declaration, and where: to keep that of every tenant would take the most memory. A file
// with one tenant goes when another is read. One with several stays: who goes through the
// tenants by their names comes back to each file as often as it has tenants.
type reread struct {
	mu   sync.Mutex
	last *tenantFile
	data map[*tenantFile][]*ast.StructLit // by place: with YAML's aliases, several are at one position
	read int                              // files
}

// dataOf returns the data of a tenant as its file has it. It fails if the file was changed
// since the estate was loaded.
func (e *Estate) dataOf(t *tenant) (*ast.StructLit, error) {
	r := &e.reread
	r.mu.Lock()
	defer r.mu.Unlock()
	if had := r.data[t.file]; had != nil {
		return had[t.nth], nil
	}
	text, err := fs.ReadFile(e.src.fsys, t.file.name)
	if err != nil {
		return nil, err
	}
	if sha256.Sum256(text) != t.file.sum {
		return nil, fmt.Errorf("%s was changed while the estate was read", t.file.name)
	}
	if r.data == nil {
		r.data = map[*tenantFile][]*ast.StructLit{}
	}
	if len(r.data[r.last]) == 1 {
		delete(r.data, r.last)
	}
	r.last = t.file
	r.read++
	entries, _ := decodeTenants(t.file.name, text)
	for _, en := range entries {
		r.data[t.file] = append(r.data[t.file], en.data)
	}
	return r.data[t.file][t.nth], nil
}

// ownOf returns the resources that a tenant declares in its file; nil for none.
func (e *Estate) ownOf(t *tenant) (*ast.StructLit, error) {
	if t.own == "" {
		return nil, nil
	}
	data, err := e.dataOf(t)
	if err != nil {
		return nil, err
	}
	_, own := entry{data: data}.apart()
	return own, nil
}

// newIndexOf tells where data is; nil data is nowhere.
func newIndexOf(data *ast.StructLit) *index {
	if data == nil {
		return nil
	}
	x := newIndex()
	x.file(&x.top, &ast.File{Decls: data.Elts})
	return x
}
