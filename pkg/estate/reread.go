package estate

import (
	"crypto/sha256"
	"fmt"
	"io/fs"
	"sync"

	"cuelang.org/go/cue/ast"
)

// reread is the tenant file that was read last to find out what it has of a tenant besides
// its declaration, and where: to keep that of every tenant would take the most memory.
type reread struct {
	mu   sync.Mutex
	file *tenantFile
	data []*ast.StructLit // of its tenants: with YAML's aliases, several are at one position
}

// dataOf returns the data of a tenant as its file has it. It fails if the file was changed
// since the estate was loaded.
func (e *Estate) dataOf(t *tenant) (*ast.StructLit, error) {
	r := &e.reread
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.file != t.file {
		text, err := fs.ReadFile(e.src.fsys, t.file.name)
		if err != nil {
			return nil, err
		}
		if sha256.Sum256(text) != t.file.sum {
			return nil, fmt.Errorf("%s was changed while the estate was read", t.file.name)
		}
		r.file, r.data = t.file, nil
		entries, _ := decodeTenants(t.file.name, text)
		for _, en := range entries {
			r.data = append(r.data, en.data)
		}
	}
	return r.data[t.nth], nil
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
