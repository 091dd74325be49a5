package estate

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"cuelang.org/go/cue"

	"github.com/qdeploy/qdeploy/pkg/plan"
	"github.com/qdeploy/qdeploy/schema"
)

// expansion is the resources of one tenant in the making.
type expansion struct {
	e     *Estate
	t     *tenant
	v     cue.Value
	out   []plan.Resource
	types map[string]string // of spaces, by name
	ps    []Problem
}

// resources evaluates a tenant and returns its resources, sorted by key, and
// what is wrong with them.
func (e *Estate) resources(w *worker, t *tenant) ([]plan.Resource, []Problem) {
	x := &expansion{e: e, t: t, v: w.evaluate(t), types: map[string]string{}}
	if !x.sound() {
		return nil, x.ps
	}
	for _, k := range e.kinds {
		x.kind(k)
	}
	for _, target := range t.targets {
		x.target(target)
	}
	slices.SortFunc(x.out, func(a, b plan.Resource) int {
		return cmp.Or(a.Key.Compare(b.Key), Problem{Pos: a.Pos}.compare(Problem{Pos: b.Pos}))
	})
	x.check()
	if len(Problems(x.ps).Errors()) > 0 {
		return nil, x.ps
	}
	return x.out, x.ps
}

// sound reports whether CUE has nothing against the tenant. The quick checks
// come first; when one fails, all problems are looked for.
func (x *expansion) sound() bool {
	facts := x.v.LookupPath(cue.ParsePath("tenant"))
	if x.v.Err() == nil && facts.Validate(cue.Concrete(true)) == nil {
		return true
	}
	ex := x.explainer()
	if err := facts.Validate(cue.Concrete(true)); err != nil {
		x.ps = ex.explain(err) // all else may follow from it
		return false
	}
	x.ps = ex.explain(x.v.Validate(cue.Concrete(true)))
	return len(x.ps) == 0
}

func (x *expansion) explainer() *explainer {
	return &explainer{text: x.e.text, prefix: []string{"templates", ""}, locate: x.locate}
}

// locate says where a path of the tenant is declared: in its own file, or in a
// template.
func (x *expansion) locate(path []string) pos {
	if len(path) > 0 && path[0] == "tenant" {
		return x.locateFact(path[1:])
	}
	var around string
	if at, exact := x.t.ownAt.find(path...); exact {
		return pos{at, true}
	} else if at != "" && len(path) > 2 {
		around = at
	}
	if x.t.inCUE != nil {
		at, exact := x.e.text.find(append([]string{"tenants", x.t.Name}, path...)...)
		if exact {
			return pos{at, true}
		}
	}
	for _, name := range x.t.templates {
		at, exact := x.e.text.find(append([]string{"templates", name}, path...)...)
		if exact {
			return pos{at, true}
		}
		around = cmp.Or(around, at)
	}
	return pos{cmp.Or(around, x.t.Pos), false}
}

// locateFact says where a field of the tenant itself is declared.
func (x *expansion) locateFact(path []string) pos {
	if x.t.entry.data == nil {
		at, exact := x.e.text.find(append([]string{"tenants", x.t.Name}, path...)...)
		return pos{at, exact}
	}
	at, exact := newIndexOf(x.t.entry.data).find(path...)
	return pos{cmp.Or(at, x.t.Pos), exact}
}

// kind adds the resources of one kind.
func (x *expansion) kind(k schema.Kind) {
	v := x.v.LookupPath(cue.MakePath(cue.Str(string(k.Name))))
	if !v.Exists() {
		return
	}
	raw, err := v.MarshalJSON()
	if err != nil {
		x.ps = append(x.ps, x.explainer().explain(v.Validate(cue.Concrete(true)))...)
		return
	}
	var specs map[string]map[string]any
	if err := decode(raw, &specs); err != nil {
		x.problem(Problem{Message: err.Error()})
		return
	}
	for _, name := range sorted(specs) {
		x.resource(k, name, specs[name])
	}
}

// resource adds one resource, and what follows from it.
func (x *expansion) resource(k schema.Kind, name string, spec map[string]any) {
	r := plan.Resource{Key: plan.Key{Kind: k.Name, Name: name}, Adopt: x.e.adopt}
	r.Pos = x.pos(string(k.Name), name)
	if adopt, ok := spec["adopt"].(string); ok {
		r.Adopt = plan.Adopt(adopt)
	}
	r.Was = texts(spec["previously"])
	members, _ := spec["members"].(map[string]any)
	for _, field := range k.Aside {
		delete(spec, field)
	}
	for field, file := range k.MD5 {
		if _, written := spec[field]; written {
			x.problem(Problem{Pos: x.pos(string(k.Name), name, field), Key: r.Key, Message: field + " is computed", Hint: "remove it"})
		}
		s := x.e.sum(fmt.Sprint(spec[file]), name)
		if s.problem.Message != "" {
			s.problem.Pos, s.problem.Key = x.pos(string(k.Name), name, file), r.Key
			x.problem(s.problem)
		}
		spec[field] = s.md5
	}
	r.Spec = encode(spec)
	x.out = append(x.out, r)
	if k.Name == "space" {
		x.types[name] = fmt.Sprint(spec["type"])
		x.members(name, members, r.Adopt)
	}
}

// members adds the assignments of a space.
func (x *expansion) members(space string, members map[string]any, adopt plan.Adopt) {
	allowed := schema.Roles(x.types[space])
	for _, assignee := range sorted(members) {
		r := plan.Resource{
			Key:   plan.Key{Kind: "assignment", Name: space + "/" + assignee},
			Pos:   x.pos("space", space, "members", assignee),
			Adopt: adopt,
		}
		roles := texts(members[assignee])
		for _, role := range roles {
			if !slices.Contains(allowed, role) {
				x.problem(Problem{
					Pos: r.Pos, Key: r.Key,
					Message: fmt.Sprintf("role %q does not exist in a %s space", role, x.types[space]),
					Hint:    "a " + x.types[space] + " space knows " + oneOf(allowed),
				})
			}
		}
		if len(roles) == 0 {
			x.problem(Problem{Pos: r.Pos, Key: r.Key, Message: "a member needs a role", Hint: "a " + x.types[space] + " space knows " + oneOf(allowed)})
		}
		slices.Sort(roles)
		spec := map[string]any{"space": "space/" + space, "assignee": assignee, "roles": slices.Compact(roles)}
		if group, ok := strings.CutPrefix(assignee, "group:"); ok {
			spec["group"] = "group/" + group
		}
		r.Spec = encode(spec)
		x.out = append(x.out, r)
	}
}

// target adds the apps that a target publishes.
func (x *expansion) target(t *target) {
	for _, s := range []struct {
		key        plan.Key
		want, what string
		pos        string
	}{
		{t.staging, "shared", "staging", t.stagingPos},
		{t.space, "managed", "space", t.spacePos},
	} {
		got, ok := x.types[s.key.Name]
		switch {
		case !ok:
			x.problem(Problem{Pos: s.pos, Message: fmt.Sprintf("%s is %q, which this tenant does not declare", s.what, s.key.Name),
				Hint: didYouMean(s.key.Name, sorted(x.types)), shape: s.what + " is not declared"})
		case got != s.want:
			x.problem(Problem{Pos: s.pos, Message: fmt.Sprintf("%s is %q, which is a %s space; it must be a %s one", s.what, s.key.Name, got, s.want),
				Hint: "apps are imported into a shared space and published to a managed one"})
		}
	}
	x.out = append(x.out, t.resources...)
}

// check finds what is wrong with the resources together. They are sorted.
func (x *expansion) check() {
	have := make(map[plan.Key]bool, len(x.out))
	folded := map[string]string{}
	for i, r := range x.out {
		if have[r.Key] {
			x.problem(Problem{Pos: r.Pos, Key: r.Key, Message: "is declared twice", Hint: "the other is at " + x.out[i-1].Pos})
		}
		have[r.Key] = true
		if r.Key.Kind == "space" {
			lower := strings.ToLower(r.Key.Name)
			if other, ok := folded[lower]; ok {
				x.problem(Problem{Severity: Warning, Pos: r.Pos, Key: r.Key, Message: fmt.Sprintf("differs from %q in capitals only", other)})
			}
			folded[lower] = r.Key.Name
		}
	}
	for _, r := range x.out {
		for _, was := range r.Was {
			if old := (plan.Key{Kind: r.Key.Kind, Name: was}); have[old] {
				x.problem(Problem{Pos: r.Pos, Key: r.Key, Message: fmt.Sprintf("was %q previously, but that is declared too", was)})
			}
		}
		for key, soft := range x.e.traits[r.Key.Kind].Targets(r.Spec) {
			if !soft && !have[key] && r.Key.Kind != "app" { // target said it of apps
				x.problem(Problem{Pos: r.Pos, Key: r.Key, Message: fmt.Sprintf("refers to %s, which is not declared", key)})
			}
		}
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
		out = append(out, fmt.Sprint(e))
	}
	return out
}
