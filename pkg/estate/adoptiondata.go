package estate

import (
	"cmp"
	"errors"
	"fmt"
	"path"
	"reflect"
	"strings"

	"cuelang.org/go/cue/ast"
	"cuelang.org/go/cue/literal"
)

// InData is [Adoption.File] for tenants of a data file: the file with what is declared added
// to its tenants. Nothing else of it is changed but this: a tenant, or a part of one, that
// is written {in: braces} in YAML is written in lines. What comes out is read again, and an
// error says where it would not say what it should.
func InData(file string, text []byte, all []Adoption) ([]byte, error) {
	before, ps := decodeTenants(file, text)
	if len(ps) > 0 {
		return nil, Problems(ps)
	}
	places := map[string]string{}
	for _, en := range before {
		places[en.called()] = en.at
	}
	bodies := map[string]*ast.StructLit{}
	for _, a := range all {
		var err error
		if bodies[a.Tenant], err = a.body(); err != nil {
			return nil, err
		}
		if places[a.Tenant] == "" {
			return nil, Problems{{Pos: file + ":1:1", Tenant: a.Tenant, Message: "the tenant is not in this file any more"}}
		}
	}
	add := addToYAML
	if path.Ext(file) == ".json" {
		add = addToJSON
	}
	out, wrong := add(file, text, bodies)
	if wrong == nil {
		wrong = arrived(file, before, out, bodies)
	}
	if wrong != nil {
		where := places[wrong.tenant]
		if wrong.line > 0 {
			where = fmt.Sprintf("%s:%d:1", file, wrong.line)
		}
		return nil, Problems{{Pos: cmp.Or(where, file+":1:1"), Tenant: wrong.tenant, Message: "nothing can be added here: " + wrong.why.Error(),
			Hint: "write it out in lines, without anchors, aliases and merges"}}
	}
	return out, nil
}

// unfit says why nothing can be added to a tenant: in a line, if that is not 0.
type unfit struct {
	tenant string
	line   int
	why    error
}

// body is all that an adoption says of its tenant or template.
func (a Adoption) body() (*ast.StructLit, error) {
	body, err := declared(a.Holds)
	if err == nil && a.Tenant != "" && a.Template != "" {
		body.Elts = append([]ast.Decl{&ast.Field{Label: ast.NewIdent("template"), Value: ast.NewString(a.Template)}}, body.Elts...)
	}
	return body, err
}

// called is the name of the tenant of an entry.
func (en entry) called() string {
	for _, d := range en.data.Elts {
		if f := named(d, "name"); f != nil {
			name, _ := plainData(f.Value).(string)
			return cmp.Or(name, en.name)
		}
	}
	return en.name
}

// arrived says what a file does not have that it had, or that was added.
func arrived(file string, before []entry, text []byte, bodies map[string]*ast.StructLit) *unfit {
	after, ps := decodeTenants(file, text)
	if len(ps) > 0 {
		return &unfit{ps[0].Tenant, 0, errors.New(ps[0].Message)}
	}
	if len(after) != len(before) {
		return &unfit{"", 0, fmt.Errorf("the file would have %d tenants", len(after))}
	}
	for i, en := range before {
		want, name := plainData(en.data), en.called()
		if body := bodies[name]; body != nil {
			var err error
			if want, err = united(want, plainData(body)); err != nil {
				return &unfit{name, 0, err}
			}
		}
		if name != after[i].called() || !reflect.DeepEqual(want, plainData(after[i].data)) {
			return &unfit{name, 0, errors.New("it would say something else than it should")}
		}
	}
	return nil
}

// united is data with more data in it; nothing of it is replaced.
func united(have, more any) (any, error) {
	a, inA := have.(map[string]any)
	b, inB := more.(map[string]any)
	if !inA || !inB {
		return nil, fmt.Errorf("it has a field already that is added")
	}
	for name, v := range b {
		old, there := a[name]
		if there {
			both, err := united(old, v)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", name, err)
			}
			v = both
		}
		a[name] = v
	}
	return a, nil
}

// plainData is data that CUE has read, to be compared: numbers by their texts.
func plainData(x ast.Node) any {
	switch x := x.(type) {
	case *ast.StructLit:
		out := map[string]any{}
		for _, d := range x.Elts {
			if f, ok := d.(*ast.Field); ok {
				out[label(f)] = plainData(f.Value)
			}
		}
		return out
	case *ast.ListLit:
		out := []any{}
		for _, e := range x.Elts {
			out = append(out, plainData(e))
		}
		return out
	case *ast.UnaryExpr:
		return [2]any{x.Op.String(), plainData(x.X)}
	case *ast.Ident:
		return [1]string{x.Name}
	case *ast.BasicLit:
		if strings.HasSuffix(x.Value, `"`) {
			if s, err := literal.Unquote(x.Value); err == nil {
				return s
			}
		}
		return [1]string{x.Value}
	}
	return x
}
