package estate

import (
	"slices"
	"strconv"
	"strings"

	"cuelang.org/go/cue/ast"
	"cuelang.org/go/cue/ast/astutil"
	"cuelang.org/go/cue/build"
	"cuelang.org/go/cue/token"

	"github.com/qdeploy/qdeploy/schema"
)

// index knows where things are declared in the text of an estate. Positions
// taken from evaluated values point into the schema, or at one of several
// places; those in the text are what people look for.
type index struct {
	top    place
	reads  map[string]string // position of a selector's last part → the whole of it
	embeds map[string]bool   // positions of what is embedded at the top of a file

	imports map[string]*place // by the name that the file being read gives them
}

// place is a field in the text, merged from all its declarations.
type place struct {
	pos  string // of the first declaration; "" at the top
	in   map[string]*place
	any  []computed // fields whose names are computed
	refs []ref      // what else is in it
}

// ref is another place that a place takes over: "_base", or "lib.customer".
type ref struct {
	top  *place // of this package or of an imported one
	path []string
}

func newIndex() *index { return &index{reads: map[string]string{}, embeds: map[string]bool{}} }

// indexOf reads the text of a package and of those that it imports.
func indexOf(inst *build.Instance) *index {
	x := newIndex()
	x.add(inst, map[string]*place{})
	return x
}

// add reads a package into the index; packages are those that it has. It
// returns the top of the package.
func (x *index) add(inst *build.Instance, packages map[string]*place) *place {
	top := &x.top
	if len(packages) > 0 {
		top = &place{}
	}
	packages[inst.ImportPath] = top
	for _, imported := range inst.Imports {
		if packages[imported.ImportPath] == nil && imported.ImportPath != schema.ImportPath {
			x.add(imported, packages)
		}
	}
	for _, f := range inst.Files {
		x.imports = map[string]*place{}
		for spec := range f.ImportSpecs() {
			info, err := astutil.ParseImportSpec(spec)
			if p := packages[info.ID]; err == nil && p != nil {
				x.imports[info.Ident] = p
			}
		}
		x.file(top, f)
	}
	return top
}

// file reads one file of the package with this top.
func (x *index) file(top *place, f *ast.File) {
	for _, d := range f.Decls {
		if e, ok := d.(*ast.EmbedDecl); ok && top == &x.top {
			x.embeds[position(e.Pos())] = true
		}
	}
	x.decls(top, top, f.Decls)
	ast.Walk(f, x.noteRead, nil)
}

// noteRead remembers "tenant.labels.tier" at the position of "tier".
func (x *index) noteRead(n ast.Node) bool {
	if s, ok := n.(*ast.SelectorExpr); ok {
		if path := chain(s); path != nil {
			x.reads[position(s.Sel.Pos())] = strings.Join(path, ".")
		}
	}
	return true
}

// chain returns the parts of a.b.c, or nil if x is something else.
func chain(x ast.Expr) []string {
	switch x := x.(type) {
	case *ast.Ident:
		return []string{x.Name}
	case *ast.SelectorExpr:
		if base := chain(x.X); base != nil {
			if name, _, err := ast.LabelName(x.Sel); err == nil {
				return append(base, name)
			}
		}
	}
	return nil
}

func (x *index) decls(top, p *place, decls []ast.Decl) {
	for _, d := range decls {
		switch d := d.(type) {
		case *ast.Field:
			x.expr(top, p.field(d.Label), d.Value)
		case *ast.EmbedDecl:
			x.expr(top, p, d.Expr)
		case *ast.Comprehension:
			x.expr(top, p, d.Value)
		}
	}
}

func (x *index) expr(top, p *place, e ast.Expr) {
	switch e := e.(type) {
	case *ast.StructLit:
		x.decls(top, p, e.Elts)
	case *ast.ListLit:
		for i, elem := range e.Elts {
			x.expr(top, p.child(strconv.Itoa(i), elem.Pos()), elem)
		}
	case *ast.BinaryExpr:
		if e.Op == token.AND {
			x.expr(top, p, e.X)
			x.expr(top, p, e.Y)
		}
	case *ast.ParenExpr:
		x.expr(top, p, e.X)
	case *ast.Alias:
		x.expr(top, p, e.Expr)
	case *ast.Comprehension:
		x.expr(top, p, e.Value)
	case *ast.Ident, *ast.SelectorExpr:
		path := chain(e)
		switch {
		case path == nil:
		case x.imports[path[0]] != nil:
			p.refs = append(p.refs, ref{x.imports[path[0]], path[1:]})
		default:
			p.refs = append(p.refs, ref{top, path})
		}
	}
}

// field returns the place of a field of p.
func (p *place) field(l ast.Label) *place {
	if a, ok := l.(*ast.Alias); ok {
		if inner, ok := a.Expr.(ast.Label); ok {
			l = inner
		}
	}
	if name, _, err := ast.LabelName(l); err == nil {
		return p.child(name, l.Pos())
	}
	c := computed{parts: partsOf(l), place: &place{pos: position(l.Pos())}}
	p.any = append(p.any, c)
	return c.place
}

func (p *place) child(name string, pos token.Pos) *place {
	c := p.in[name]
	if c == nil {
		if p.in == nil {
			p.in = map[string]*place{}
		}
		c = &place{pos: position(pos)}
		p.in[name] = c
	}
	return c
}

// find returns where the field at a path is declared. If the text does not say,
// it returns where the nearest field around it is, and false.
func (x *index) find(path ...string) (pos string, exact bool) { return x.findFor(nil, path...) }

// has reports whether the text declares the field at a path.
func (x *index) has(path []string) bool {
	_, exact := x.find(path...)
	return exact
}

// findFor is find for a tenant with these values, for labels that they are in.
func (x *index) findFor(values map[string]string, path ...string) (pos string, exact bool) {
	if x == nil {
		return "", false
	}
	p, rest := finder{x, values}.seek(&x.top, path, 0)
	return p.pos, rest == 0
}

type finder struct {
	*index
	values map[string]string
}

// seek returns the deepest place on a path below p, and how many names of the
// path remain.
func (x finder) seek(p *place, path []string, depth int) (*place, int) {
	if len(path) == 0 || depth > 8 { // definitions may refer to each other in a circle
		return p, len(path)
	}
	best, rest := p, len(path)
	try := func(q *place, path []string, depth int) {
		if q == nil {
			return
		}
		if r, n := x.seek(q, path, depth); n < rest {
			best, rest = r, n
		}
	}
	try(p.in[path[0]], path[1:], depth)
	for _, c := range p.computed(path[0], x.values) {
		try(c, path[1:], depth)
	}
	for _, ref := range p.refs {
		if rest > 0 {
			try(ref.top, slices.Concat(ref.path, path), depth+1)
		}
	}
	if best.pos == "" {
		best = p
	}
	return best, rest
}

// position returns file:line:column, or "" if p is nowhere, or in what qdeploy made
// itself of a tenant's facts.
func position(p token.Pos) string {
	if !p.IsValid() || p.Filename() == "" {
		return ""
	}
	return p.Filename() + ":" + strconv.Itoa(p.Line()) + ":" + strconv.Itoa(p.Column())
}
