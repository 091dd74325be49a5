package schema

import (
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"cuelang.org/go/cue/ast"
	"cuelang.org/go/cue/format"
	"cuelang.org/go/cue/literal"
	"cuelang.org/go/cue/parser"

	"github.com/qdeploy/qdeploy/pkg/plan"
)

// Page is what the file of a kind says to people.
type Page struct {
	Doc     string   // what it is, without its name in front
	Links   []string // Qlik's reference
	Fields  []Entry  // in their order; those that every kind has come last
	Example string   // as it is written in a tenant, or as a plan shows it if nobody writes it
}

// Entry is a field of a kind, as it is written. A field within another is named
// "outer.inner".
type Entry struct {
	Name    string
	Doc     string
	Type    string // a CUE expression, without the default
	Default string // a CUE expression; "" if there is none
	Marks   []string

	Optional bool // managed only when written
}

// PageOf reads the file of a kind; the zero Page if there is no such kind. It
// panics when the embedded files cannot be read: then the program is wrong.
func PageOf(k plan.Kind) Page {
	kind := Of(k)
	if kind.Name == "" {
		return Page{}
	}
	p, err := pageOf(kind)
	if err != nil {
		panic(fmt.Sprintf("schema: %s: %v", k, err))
	}
	return p
}

func pageOf(kind Kind) (p Page, err error) {
	def, err := definition(string(kind.Name)+".cue", kind.Definition)
	if err != nil {
		return p, err
	}
	for line := range strings.Lines(comment(def)) {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "https://") {
			p.Links = append(p.Links, line)
			continue
		}
		p.Doc += line + " "
	}
	p.Doc = strings.TrimSpace(strings.TrimPrefix(p.Doc, kind.Definition+" "))
	if p.Fields, err = entries("", def.Value.(*ast.StructLit)); err != nil {
		return p, err
	}
	if kind.Declared && !kind.Traits.Singleton {
		common, err := definition("estate.cue", "#Common")
		if err != nil {
			return p, err
		}
		more, err := entries("", common.Value.(*ast.StructLit))
		if err != nil {
			return p, err
		}
		p.Fields = append(p.Fields, more...)
	}
	p.Example, err = example(kind)
	return p, err
}

// definition finds a definition in a file.
func definition(file, name string) (*ast.Field, error) {
	f, err := parsed(file)
	if err != nil {
		return nil, err
	}
	for _, d := range f.Decls {
		if field, ok := d.(*ast.Field); ok && label(field) == name {
			return field, nil
		}
	}
	return nil, fmt.Errorf("%s has no %s", file, name)
}

func parsed(file string) (*ast.File, error) {
	text, err := fs.ReadFile(files, file)
	if err != nil {
		return nil, err
	}
	return parser.ParseFile(file, text, parser.ParseComments)
}

// label returns the name of a field, "" for a pattern.
func label(f *ast.Field) string {
	name, _, err := ast.LabelName(f.Label)
	if err != nil {
		return ""
	}
	return name
}

func comment(n ast.Node) string {
	var b strings.Builder
	for _, g := range ast.Comments(n) {
		if g.Doc {
			b.WriteString(g.Text())
		}
	}
	return b.String()
}

// entries lists the fields of a struct, and of the structs in it.
func entries(prefix string, s *ast.StructLit) (out []Entry, err error) {
	for _, d := range s.Elts {
		f, ok := d.(*ast.Field)
		if !ok {
			continue
		}
		name := label(f)
		e := Entry{Name: prefix + name, Optional: f.Constraint.String() == "?", Marks: marks(f)}
		e.Doc = strings.Join(strings.Fields(strings.TrimPrefix(comment(f), name+" ")), " ")
		inner, nested := f.Value.(*ast.StructLit)
		if nested && plainFields(inner) {
			e.Type = "{…}"
		} else if e.Type, e.Default, err = typeOf(f.Value); err != nil {
			return nil, err
		}
		out = append(out, e)
		if nested && plainFields(inner) {
			more, err := entries(e.Name+".", inner)
			if err != nil {
				return nil, err
			}
			out = append(out, more...)
		}
	}
	return out, nil
}

// plainFields reports whether a struct has fields with names.
func plainFields(s *ast.StructLit) bool {
	for _, d := range s.Elts {
		if f, ok := d.(*ast.Field); !ok || label(f) == "" {
			return false
		}
	}
	return len(s.Elts) > 0
}

// marks are the words of a field's @qlik attribute.
func marks(f *ast.Field) (out []string) {
	for _, a := range f.Attrs {
		if name, body := a.Split(); name == "qlik" {
			out = append(out, strings.Split(body, ",")...)
		}
	}
	return out
}

// typeOf takes the default out of an expression.
func typeOf(x ast.Expr) (typ, usual string, err error) {
	var alternatives []ast.Expr
	var walk func(ast.Expr) error
	walk = func(x ast.Expr) error {
		switch x := x.(type) {
		case *ast.BinaryExpr:
			if x.Op.String() == "|" {
				if err := walk(x.X); err != nil {
					return err
				}
				return walk(x.Y)
			}
		case *ast.UnaryExpr:
			if x.Op.String() == "*" {
				usual, err = text(x.X)
				if _, word := x.X.(*ast.BasicLit); word && !isWord(alternatives) {
					return err // any text, and this one if there is none
				}
				alternatives = append(alternatives, x.X)
				return err
			}
		}
		alternatives = append(alternatives, x)
		return nil
	}
	if err := walk(x); err != nil {
		return "", "", err
	}
	parts := make([]string, len(alternatives))
	for i, a := range alternatives {
		if parts[i], err = text(a); err != nil {
			return "", "", err
		}
	}
	return strings.Join(parts, " | "), usual, nil
}

// isWord reports whether alternatives are literals so far, so that a default is
// one more of them.
func isWord(alternatives []ast.Expr) bool {
	for _, a := range alternatives {
		if _, ok := a.(*ast.BasicLit); !ok {
			return false
		}
	}
	return true
}

func text(n ast.Node) (string, error) {
	b, err := format.Node(n, format.Simplify())
	return strings.Join(strings.Fields(string(b)), " "), err
}

// example writes the example of a kind as a tenant would: under its name, and
// without what qdeploy fills in.
func example(k Kind) (string, error) {
	f, err := parsed(string(k.Name) + ".cue")
	if err != nil {
		return "", err
	}
	var full *ast.StructLit
	ast.Walk(f, func(n ast.Node) bool {
		field, ok := n.(*ast.Field)
		if ok && label(field) == string(k.Name) {
			if and, ok := field.Value.(*ast.BinaryExpr); ok && full == nil {
				full, _ = and.Y.(*ast.StructLit)
			}
		}
		return true
	}, nil)
	if full == nil {
		return "", fmt.Errorf("no example")
	}
	parent := strings.TrimPrefix(k.Traits.Parent, "/")
	name, within, shown := "", "", &ast.StructLit{}
	for _, d := range full.Elts {
		field, ok := d.(*ast.Field)
		switch {
		case !ok:
		case k.Declared && label(field) == k.KeyField:
			lit, _ := field.Value.(*ast.BasicLit)
			if name, err = literal.Unquote(lit.Value); err != nil {
				return "", err
			}
			continue
		case k.Declared && (label(field) == parent || slices.Contains(k.KeyWithin, label(field))):
			lit, _ := field.Value.(*ast.BasicLit)
			if within, err = literal.Unquote(lit.Value); err != nil { // the last says most
				return "", err
			}
			_, within, _ = strings.Cut(within+"/", "/")
			continue
		case k.Declared && k.MD5[label(field)]+k.Definitions[label(field)]+k.Shapes[label(field)]+k.Sizes[label(field)] != "":
			continue
		}
		shown.Elts = append(shown.Elts, d)
	}
	var value ast.Expr = shown
	if name != "" {
		value = ast.NewStruct(&ast.Field{Label: ast.NewString(within + name), Value: shown})
	}
	b, err := format.Node(&ast.File{Decls: []ast.Decl{&ast.Field{Label: ast.NewStringLabel(string(k.Name)), Value: value}}}, format.Simplify())
	return string(b), err
}
