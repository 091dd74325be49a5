package estate

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"cuelang.org/go/cue/ast"
	"cuelang.org/go/cue/format"
	"cuelang.org/go/cue/literal"
	"cuelang.org/go/cue/parser"
	"cuelang.org/go/cue/token"
	cuejson "cuelang.org/go/encoding/json"

	"github.com/qdeploy/qdeploy/pkg/plan"
	"github.com/qdeploy/qdeploy/schema"
)

// Adoption is what is written into an estate of what tenants hold already.
type Adoption struct {
	Template string          // declared here, or used by the tenant; "" for none
	Tenant   string          // whose resources they are; "" for those of the template
	Holds    []plan.Resource // sorted by key
}

// File is a CUE file that declares it, as people write such files: fields in the order
// of the schema, without what is computed, secret, or so anyway.
func (a Adoption) File() ([]byte, error) {
	body, err := a.body()
	if err != nil {
		return nil, err
	}
	path, note := []string{"tenants", a.Tenant}, "What "+a.Tenant+" held when it was adopted."
	if a.Tenant == "" {
		path, note = []string{"templates", a.Template}, "What the tenants that were adopted together had in common."
	}
	text := fmt.Sprintf("package %s\n\n// %s\n%s: %s: {\n}\n", packageName, note, path[0], literal.String.Quote(path[1]))
	f, err := parser.ParseFile("", text, parser.ParseComments)
	if err != nil {
		return nil, err
	}
	find(f.Decls, path).Value.(*ast.StructLit).Elts = body.Elts
	out, err := format.Node(f, format.Simplify())
	if err != nil {
		return nil, err
	}
	return format.Source(out, format.Simplify()) // what was computed has no places yet
}

// declared is the struct of a tenant, or of a template, that declares resources.
func declared(rs []plan.Resource) (*ast.StructLit, error) {
	members := map[string]*ast.StructLit{} // by space
	byKind := map[plan.Kind]*ast.StructLit{}
	out := &ast.StructLit{}
	for _, r := range rs {
		k := schema.Of(r.Key.Kind)
		if k.Name == "assignment" {
			space, assignee, _ := strings.Cut(r.Key.Name, "/")
			var spec struct{ Roles json.RawMessage }
			if err := json.Unmarshal(r.Spec, &spec); err != nil {
				return nil, err
			}
			roles, err := cuejson.Extract("", spec.Roles)
			if err != nil {
				return nil, err
			}
			if members[space] == nil {
				members[space] = &ast.StructLit{}
			}
			add(members[space], assignee, roles)
			continue
		}
		spec, err := written(k, r.Spec)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", r.Key, err)
		}
		if k.Traits.Singleton {
			if len(spec.Elts) == 0 {
				continue
			}
			add(out, string(k.Name), spec)
			continue
		}
		if byKind[k.Name] == nil {
			byKind[k.Name] = &ast.StructLit{}
			add(out, string(k.Name), byKind[k.Name])
		}
		add(byKind[k.Name], r.Key.Name, spec)
	}
	for _, space := range sorted(members) {
		s := structOf(byKind["space"], space)
		if s == nil { // it is declared already, or elsewhere
			if byKind["space"] == nil {
				byKind["space"] = &ast.StructLit{}
				add(out, "space", byKind["space"])
			}
			s = &ast.StructLit{}
			add(byKind["space"], space, s)
		}
		add(s, "members", members[space])
	}
	return out, nil
}

func add(s *ast.StructLit, name string, v ast.Expr) {
	f := &ast.Field{Label: ast.NewStringLabel(name), Value: v}
	ast.SetRelPos(f, token.Newline)
	s.Elts = append(s.Elts, f)
	s.Lbrace, s.Rbrace = token.Blank.Pos(), token.Newline.Pos()
}

func structOf(s *ast.StructLit, name string) *ast.StructLit {
	if s == nil {
		return nil
	}
	for _, d := range s.Elts {
		if f := named(d, name); f != nil {
			in, _ := f.Value.(*ast.StructLit)
			return in
		}
	}
	return nil
}

// written is the spec of a resource as it is written: what the schema knows by itself
// left out.
func written(k schema.Kind, spec json.RawMessage) (*ast.StructLit, error) {
	var fields map[string]json.RawMessage
	if err := decode(spec, &fields); err != nil {
		return nil, err
	}
	out := &ast.StructLit{}
	for _, e := range schema.PageOf(k.Name).Fields {
		raw, ok := fields[e.Name]
		if !ok || !writes(k, e, raw) {
			continue
		}
		v, err := cuejson.Extract("", raw)
		if err != nil {
			return nil, err
		}
		add(out, e.Name, v)
	}
	return out, nil
}

// writes reports whether a field is written with a value.
func writes(k schema.Kind, e schema.Entry, raw json.RawMessage) bool {
	path := "/" + e.Name
	t := k.Traits
	switch {
	case slices.Contains(slices.Collect(maps.Values(k.MD5)), e.Name), slices.Contains(slices.Collect(maps.Values(k.Definitions)), e.Name):
		return len(raw) > len(`""`) // what a resource consists of was put into a file
	case e.Name == k.KeyField, slices.Contains(k.KeyWithin, e.Name), path == t.Parent, slices.Contains(t.Input, path), slices.Contains(t.Issued, path):
		return false
	case slices.ContainsFunc(t.Secret, func(p string) bool { return p == path || strings.HasPrefix(p, path+"/") }):
		return false
	case k.MD5[e.Name]+k.Definitions[e.Name]+k.Shapes[e.Name]+k.Sizes[e.Name] != "":
		return false
	}
	var tidy bytes.Buffer
	if json.Compact(&tidy, raw) != nil {
		return false
	}
	text := tidy.String()
	if e.Optional && e.Type == "true" && text == "false" { // it is so where nothing is written
		return false
	}
	return text != "null" && text != e.Default && (!e.Optional || text != `""` && text != "[]" && text != "{}")
}

// Says reports whether an adoption would say anything of a resource.
func Says(r plan.Resource) bool {
	k := schema.Of(r.Key.Kind)
	if !k.Traits.Singleton {
		return true
	}
	s, err := written(k, r.Spec)
	return err != nil || len(s.Elts) > 0
}

// Written is the data file that a tenant is written in, "" if it is written in CUE; and
// the templates that it has.
func (e *Estate) Written(tenant string) (file string, templates []string) {
	t := e.byName[tenant]
	if t == nil {
		return "", nil
	}
	if t.file == nil {
		return "", t.templates
	}
	return t.file.name, t.templates
}
