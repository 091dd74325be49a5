package estate

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"cuelang.org/go/cue/ast"
	"cuelang.org/go/cue/parser"

	"github.com/qdeploy/qdeploy/pkg/plan"
)

// elsewhere are the fields at the top of an estate that its tenants do not follow from,
// but for what is looked up for each of them: unless something else in it refers to them.
var elsewhere = []string{"environments", "tenants"}

// newKeeper returns the keeper of an estate in a folder; nil if there is to be none.
func (e *Estate) newKeeper(dir, folder string) *keeper {
	if dir == "" || len(e.tenants) < cacheFrom || thisProgram() == "" {
		return nil
	}
	scope, err := filepath.Abs(folder)
	if err != nil {
		return nil
	}
	c := &keeper{dir: dir, scope: scope}
	common, inCUE := sha256.New(), sha256.New()
	fmt.Fprintf(common, "%s\n%q\n%t\n", thisProgram(), e.src.module, e.remarks)
	if !e.src.digest(common, inCUE) {
		return nil
	}
	c.common, c.inCUE = common.Sum(nil), inCUE.Sum(nil)
	return c
}

// thisProgram tells this build of the program from every other, wherever it lies; "" if it
// cannot. To read all of it takes less than a tenth of a second, once.
var thisProgram = sync.OnceValue(func() string {
	name, err := os.Executable()
	if err != nil {
		return ""
	}
	f, err := os.Open(name)
	if err != nil {
		return ""
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return ""
	}
	return hex.EncodeToString(h.Sum(nil))
})

// digest writes what the CUE files of an estate say, and where: to common what any tenant
// may follow from, to tenants what is declared at the top below that name.
func (s *source) digest(common, tenants hash.Hash) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	var files []*ast.File
	for _, dir := range sorted(s.texts) {
		for _, name := range sorted(s.texts[dir]) {
			if dir != "." {
				fmt.Fprintf(common, "%q %q\n", name, s.texts[dir][name])
				continue
			}
			f, err := parser.ParseFile(name, s.texts[dir][name])
			if err != nil {
				return false
			}
			if f.PackageName() == packageName {
				files = append(files, f)
			}
		}
	}
	apart := map[string]bool{}
	for _, name := range elsewhere {
		apart[name] = !refersTo(files, name)
	}
	for _, f := range files {
		for _, d := range f.Decls {
			if _, ok := d.(*ast.Package); ok {
				continue
			}
			from, to := d.Pos(), d.End()
			if !from.IsValid() || !to.IsValid() {
				return false
			}
			out := common
			switch name := topOf(d); {
			case name == "tenants" && apart[name]:
				out = tenants
			case apart[name]:
				continue
			}
			fmt.Fprintf(out, "%s:%d:%d %q\n", f.Filename, from.Line(), from.Column(), s.texts["."][f.Filename][from.Offset():to.Offset()])
		}
	}
	return true
}

// topOf is the name of a field with a plain label; "" for anything else.
func topOf(d ast.Decl) string {
	f, ok := d.(*ast.Field)
	if !ok {
		return ""
	}
	switch f.Label.(type) {
	case *ast.Ident, *ast.BasicLit:
		name, _, _ := ast.LabelName(f.Label)
		return name
	}
	return "" // an alias, or computed
}

// refersTo reports whether anything but the label of a field at the top has a name in it,
// or a text with that name. It is so rather too often than once too little.
func refersTo(files []*ast.File, name string) bool {
	found := false
	look := func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Ident:
			found = found || n.Name == name
		case *ast.BasicLit:
			found = found || strings.Contains(n.Value, name)
		}
		return !found
	}
	for _, f := range files {
		for _, d := range f.Decls {
			if field, ok := d.(*ast.Field); ok && topOf(d) == name {
				ast.Walk(field.Value, look, nil)
				continue
			}
			ast.Walk(d, look, nil)
		}
	}
	return found
}

// key is the digest of all that the resources of a tenant follow from, but for files that
// its resources name.
func (e *Estate) key(t *tenant) []byte {
	h := sha256.New()
	h.Write(e.keeper.common)
	if t.inCUE != nil {
		h.Write(e.keeper.inCUE)
	}
	fmt.Fprintf(h, "%q %q %q %s %x\n", t.Name, t.Pos, t.templates, t.facts, t.own)
	for _, target := range t.targets {
		h.Write(e.sumOf(target))
	}
	return h.Sum(nil)
}

// digestOf is over what a text of CUE says, and where; "" for none.
func digestOf(x *ast.StructLit) string {
	if x == nil {
		return ""
	}
	h := sha256.New()
	ast.Walk(x, func(n ast.Node) bool { writeNode(h, n); return true }, func(ast.Node) { h.Write([]byte{')'}) })
	return string(h.Sum(nil))
}

// writeNode writes what a node of the syntax says, and where.
func writeNode(h hash.Hash, n ast.Node) {
	fmt.Fprintf(h, "(%T", n)
	if p := n.Pos(); p.IsValid() {
		fmt.Fprintf(h, " %d:%d", p.Line(), p.Column())
	}
	switch n := n.(type) {
	case *ast.Ident:
		fmt.Fprintf(h, " %q", n.Name)
	case *ast.BasicLit:
		fmt.Fprintf(h, " %q", n.Value)
	case *ast.UnaryExpr:
		fmt.Fprintf(h, " %s", n.Op)
	case *ast.BinaryExpr:
		fmt.Fprintf(h, " %s", n.Op)
	}
}

// sumOf is over what a target gives its tenants, made once.
func (e *Estate) sumOf(t *target) []byte {
	t.once.Do(func() {
		h := sha256.New()
		fmt.Fprintf(h, "%q %q %q %s %s %q\n", t.environment, t.staging, t.space, t.pos, t.stagingPos, t.spacePos)
		h.Write((&kept{resources: t.resources}).plain())
		for _, n := range t.needs {
			facts, err := json.Marshal(n.facts)
			if err != nil {
				panic(err) // it is plain data
			}
			fmt.Fprintf(h, "%q %q %v %s\n", n.title, n.pos, n.severity, facts)
		}
		content := e.environmentOf(t.environment).Content
		for _, name := range sorted(content) {
			at, _ := e.text.find("environments", t.environment, "content", name)
			fmt.Fprintf(h, "%q %q %q\n", name, content[name], at)
		}
		t.sum = h.Sum(nil)
	})
	return t.sum
}

// known is what was found of a tenant in which nothing is wrong, kept until the estate
// goes: what is evaluated once is not evaluated again.
type known struct {
	packed   []byte // resources, see [kept]
	problems []Problem
}

// have returns the resources of a tenant, evaluated now or before, and what is wrong
// with them. It takes a worker only when it needs one. The caller owns what it gets.
func (e *Estate) have(worker func() (*worker, error), t *tenant) ([]plan.Resource, []Problem, error) {
	if was := t.known.Load(); was != nil {
		k, err := unpack(was.packed)
		if err != nil {
			return nil, nil, err // it is as pack made it
		}
		return k.resources, was.problems, nil
	}
	var key []byte
	if e.keeper != nil {
		key = e.key(t)
		if packed, k := e.cached(t, key); k != nil {
			e.know(t, known{packed: packed})
			return k.resources, nil, nil
		}
	}
	w, err := worker()
	if err != nil {
		return nil, nil, err
	}
	e.evaluated.Add(1)
	x := e.expand(w, t)
	if len(Problems(x.ps).Errors()) > 0 {
		return nil, x.ps, nil
	}
	onDisk := e.keeper != nil && len(x.ps) == 0
	if onDisk || !e.forgets {
		packed := (&kept{x.out, x.files}).pack()
		e.know(t, known{packed, x.ps})
		if onDisk {
			e.keep(t, key, packed)
		}
	}
	return x.out, x.ps, nil
}

func (e *Estate) know(t *tenant, k known) {
	if !e.forgets {
		t.known.Store(&k)
	}
}
