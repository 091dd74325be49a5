package estate

import (
	"cmp"
	"fmt"
	"slices"

	"cuelang.org/go/cue"

	"github.com/qdeploy/qdeploy/pkg/plan"
	"github.com/qdeploy/qdeploy/schema"
)

// expansion is the resources of one tenant in the making.
type expansion struct {
	e     *Estate
	t     *tenant
	ownAt *index // where its file has resources of it
	v     cue.Value
	out   []plan.Resource
	types map[string]string // of spaces, by name
	ps    []Problem

	refs   map[plan.Key]map[plan.Key]bool // what resources refer to, and whether softly
	apps   map[plan.Key]string            // where the target is that publishes it
	broken map[plan.Key]bool              // resources that CUE has something against
	files  []keptFile                     // that resources name, and what was found in them
	lame   bool                           // facts are missing or wrong, and resources may be for that reason only
}

// expand evaluates a tenant: its resources, sorted by key, and what is wrong with them.
func (e *Estate) expand(w *worker, t *tenant) *expansion {
	own, err := e.ownOf(t)
	if err != nil {
		return &expansion{ps: []Problem{{Pos: t.Pos, Message: err.Error(), Hint: "run it again"}}}
	}
	x := &expansion{e: e, t: t, ownAt: newIndexOf(own), v: w.evaluate(t, own), types: map[string]string{}, broken: map[plan.Key]bool{}, apps: map[plan.Key]string{}, refs: map[plan.Key]map[plan.Key]bool{}}
	x.look()
	for _, k := range e.kinds {
		x.kind(k)
	}
	for _, target := range t.targets {
		x.target(target)
	}
	x.captures()
	slices.SortFunc(x.out, func(a, b plan.Resource) int {
		if c := a.Key.Compare(b.Key); c != 0 {
			return c
		}
		return Problem{Pos: a.Pos}.compare(Problem{Pos: b.Pos})
	})
	x.check()
	return x
}

// look says what CUE has against the tenant. The quick checks come first; when
// one fails, all problems are looked for.
func (x *expansion) look() {
	facts := x.v.LookupPath(cue.ParsePath("tenant"))
	if err := facts.Validate(cue.Concrete(true)); err != nil {
		x.ps = x.explainer().explain(err)
		x.lame = true
	} else if x.v.Err() != nil {
		x.ps = x.explainer().explain(x.v.Validate(cue.Concrete(true)))
	}
}

func (x *expansion) explainer() *explainer {
	return &explainer{text: x.e.text, prefix: []string{"templates", ""}, locate: x.locate, asks: x.asks}
}

// asks returns where a template of the tenant asks for a fact.
func (x *expansion) asks(path []string) string {
	for _, name := range x.t.templates {
		if at, exact := x.e.text.findFor(x.t.Values, append([]string{"templates", name}, path...)...); exact {
			return at
		}
	}
	return ""
}

// locate says where a path of the tenant is declared: in its own file, or in a
// template.
func (x *expansion) locate(path []string) pos {
	if len(path) > 0 && path[0] == "tenant" {
		return x.locateFact(path[1:])
	}
	var around string
	for _, own := range []struct {
		text *index
		top  []string
	}{{x.ownAt, nil}, {x.e.text, []string{"tenants", x.t.Name}}} {
		if own.top != nil && x.t.inCUE == nil {
			continue
		}
		at, exact := own.text.find(slices.Concat(own.top, path)...)
		if exact {
			return pos{cmp.Or(at, x.t.Pos), true} // CUE knows no place of some YAML
		}
		if n := resourceDepth(path); len(path) > n && own.text.has(slices.Concat(own.top, path[:n])) {
			around = cmp.Or(around, at)
		}
	}
	for _, name := range x.t.templates {
		at, exact := x.e.text.findFor(x.t.Values, append([]string{"templates", name}, path...)...)
		if exact {
			return pos{at, true}
		}
		around = cmp.Or(around, at)
	}
	return pos{cmp.Or(around, x.t.Pos), false}
}

// resourceDepth is how many names of a path lead to its resource.
func resourceDepth(path []string) int {
	if len(path) > 0 && schema.Of(plan.Kind(path[0])).Traits.Singleton {
		return 1
	}
	return 2
}

// locateFact says where a field of the tenant itself is declared.
func (x *expansion) locateFact(path []string) pos {
	if x.t.file == nil {
		at, exact := x.e.text.find(append([]string{"tenants", x.t.Name}, path...)...)
		return pos{at, exact}
	}
	data, err := x.e.dataOf(x.t)
	if err != nil {
		return pos{x.t.Pos, false}
	}
	at, exact := newIndexOf(data).find(path...)
	return pos{cmp.Or(at, x.t.Pos), exact}
}

// kind adds the resources of one kind.
func (x *expansion) kind(k schema.Kind) {
	v := x.v.LookupPath(cue.MakePath(cue.Str(string(k.Name))))
	if !v.Exists() {
		return
	}
	if k.Traits.Singleton {
		x.single(k, v)
		return
	}
	specs := map[string]map[string]any{}
	if raw, err := v.MarshalJSON(); err != nil {
		x.eachSound(k, v, specs)
	} else if err := decode(raw, &specs); err != nil {
		panic(err) // a kind is a struct of structs
	}
	for _, name := range sorted(specs) {
		x.resource(k, name, specs[name])
	}
}

// single adds the one resource of a kind of which a tenant has one: it has no name.
func (x *expansion) single(k schema.Kind, v cue.Value) {
	key := plan.Key{Kind: k.Name, Name: plan.TheOne}
	raw, err := v.MarshalJSON()
	if err != nil {
		if !x.lame {
			x.ps = append(x.ps, x.explainer().explain(v.Validate(cue.Concrete(true)))...)
		}
		x.broken[key] = true
		return
	}
	var spec map[string]any
	if err := decode(raw, &spec); err != nil {
		panic(err) // a kind is a struct
	}
	x.refersTo(key, spec)
	x.out = append(x.out, plan.Resource{Key: key, Pos: x.pos(string(k.Name)), Spec: encode(spec)})
}

// eachSound decodes the resources that are not wrong, so that everything else
// that is wrong with them can be said as well.
func (x *expansion) eachSound(k schema.Kind, v cue.Value, specs map[string]map[string]any) {
	it, err := v.Fields()
	if err != nil && !x.lame {
		x.ps = append(x.ps, x.explainer().explain(v.Validate(cue.Concrete(true)))...)
	}
	for err == nil && it.Next() {
		name := it.Selector().Unquoted()
		raw, err := it.Value().MarshalJSON()
		if err != nil {
			if !x.lame { // each by itself: what is wrong with one hides what another lacks
				x.ps = append(x.ps, x.explainer().explain(it.Value().Validate(cue.Concrete(true)))...)
			}
			x.broken[plan.Key{Kind: k.Name, Name: name}] = true
			continue
		}
		var spec map[string]any
		if err := decode(raw, &spec); err != nil {
			panic(err) // a resource is a struct
		}
		specs[name] = spec
	}
}

// resource adds one resource, and what follows from it.
func (x *expansion) resource(k schema.Kind, name string, spec map[string]any) {
	r := plan.Resource{Key: plan.Key{Kind: k.Name, Name: name}, Adopt: x.e.adopt}
	r.Pos = x.pos(string(k.Name), name)
	if adopt, ok := spec["adopt"].(string); ok {
		r.Adopt = plan.Adopt(adopt)
	}
	r.Was, r.Ignore = texts(spec["previously"]), texts(spec["ignore"])
	members, _ := spec["members"].(map[string]any)
	for _, field := range k.Aside {
		delete(spec, field)
	}
	for field, file := range k.MD5 {
		if _, written := spec[field]; written {
			x.problem(Problem{Pos: x.pos(string(k.Name), name, field), Key: r.Key, Message: field + " is computed", Hint: "remove it"})
			continue
		}
		if spec[file] == nil {
			continue // it is optional
		}
		pin, at := x.pinContent(r.Key, spec, file)
		s := x.e.sum(fmt.Sprint(spec[file]), name, k.Files[file])
		x.files = append(x.files, keptFile{"sum", fmt.Sprint(spec[file]), name, k.Files[file], s.sum})
		if p := pin.heldTo(s, at); p.Message != "" {
			p.Pos, p.Key = cmp.Or(p.Pos, x.pos(string(k.Name), name, file)), r.Key
			x.problem(p)
		}
		spec[field] = s.sum
	}
	x.means(k, r, spec)
	x.define(k, r, name, spec)
	x.shape(k, r, name, spec)
	x.refersTo(r.Key, spec)
	r.Spec = encode(spec)
	x.secrets(k, r)
	x.ignores(k, r)
	x.out = append(x.out, r)
	if k.Name == "space" {
		x.types[name] = fmt.Sprint(spec["type"])
		x.members(name, members, r.Adopt)
	}
}

// refersTo notes what a resource refers to.
func (x *expansion) refersTo(k plan.Key, spec map[string]any) {
	if to := x.e.traits[k.Kind].TargetsOf(spec); len(to) > 0 {
		x.refs[k] = to
	}
}

func (x *expansion) problem(p Problem) { x.ps = append(x.ps, p) }

// pos returns where a field of the tenant's resources is declared.
func (x *expansion) pos(path ...string) string {
	at := x.locate(path)
	if at.exact {
		return at.at
	}
	selectors := make([]cue.Selector, len(path))
	for i, name := range path {
		selectors[i] = cue.Str(name)
	}
	if p := x.v.LookupPath(cue.MakePath(selectors...)).Pos(); p.IsValid() && !inSchema(p) {
		return position(p)
	}
	return at.at
}

func texts(v any) (out []string) {
	list, _ := v.([]any)
	for _, e := range list {
		if s, ok := e.(string); ok {
			out = append(out, s)
			continue
		}
		out = append(out, fmt.Sprint(e))
	}
	return out
}
