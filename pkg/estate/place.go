package estate

import (
	"strconv"
	"strings"

	"cuelang.org/go/cue/ast"
	"cuelang.org/go/cue/token"
)

// index knows where things are declared in the text of an estate. Positions
// taken from evaluated values point into the schema, or at one of several
// places; those in the text are what people look for.
type index struct {
	top    place
	reads  map[string]string // position of a selector's last part → the whole of it
	embeds map[string]bool   // positions of what is embedded at the top of a file
}

// place is a field in the text, merged from all its declarations.
type place struct {
	pos  string // of the first declaration; "" at the top
	in   map[string]*place
	any  []computed // fields whose names are computed
	refs [][]string // what else is in it, by path from the top
}

// newIndex reads the text of CUE files.
func newIndex(files ...*ast.File) *index {
	x := &index{reads: map[string]string{}, embeds: map[string]bool{}}
	for _, f := range files {
		for _, d := range f.Decls {
			if e, ok := d.(*ast.EmbedDecl); ok {
				x.embeds[position(e.Pos())] = true
			}
		}
		x.decls(&x.top, f.Decls)
		ast.Walk(f, x.noteRead, nil)
	}
	return x
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

func (x *index) decls(p *place, decls []ast.Decl) {
	for _, d := range decls {
		switch d := d.(type) {
		case *ast.Field:
			x.expr(p.field(d.Label), d.Value)
		case *ast.EmbedDecl:
			x.expr(p, d.Expr)
		case *ast.Comprehension:
			x.expr(p, d.Value)
		}
	}
}

func (x *index) expr(p *place, e ast.Expr) {
	switch e := e.(type) {
	case *ast.StructLit:
		x.decls(p, e.Elts)
	case *ast.ListLit:
		for i, elem := range e.Elts {
			x.expr(p.child(strconv.Itoa(i), elem.Pos()), elem)
		}
	case *ast.BinaryExpr:
		if e.Op == token.AND {
			x.expr(p, e.X)
			x.expr(p, e.Y)
		}
	case *ast.ParenExpr:
		x.expr(p, e.X)
	case *ast.Alias:
		x.expr(p, e.Expr)
	case *ast.Comprehension:
		x.expr(p, e.Value)
	case *ast.Ident, *ast.SelectorExpr:
		if path := chain(e); path != nil {
			p.refs = append(p.refs, path)
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
			try(&x.top, append(ref[:len(ref):len(ref)], path...), depth+1)
		}
	}
	if best.pos == "" {
		best = p
	}
	return best, rest
}

// position returns file:line:column, or "" if p is nowhere.
func position(p token.Pos) string {
	if !p.IsValid() {
		return ""
	}
	return p.Filename() + ":" + strconv.Itoa(p.Line()) + ":" + strconv.Itoa(p.Column())
}
