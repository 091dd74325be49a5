package estate

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/qdeploy/qdeploy/pkg/plan"
	"github.com/qdeploy/qdeploy/schema"
)

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
		case x.broken[s.key], !ok && x.lame:
		case !ok:
			x.problem(Problem{Pos: s.pos, Message: fmt.Sprintf("%s is %q, which this tenant does not declare", s.what, s.key.Name),
				Hint: didYouMean(s.key.Name, sorted(x.types)), shape: s.what + " is not declared"})
		case got != s.want:
			x.problem(Problem{Pos: s.pos, Message: fmt.Sprintf("%s is %q, which is a %s space; it must be a %s one", s.what, s.key.Name, got, s.want),
				Hint: "apps are imported into a shared space and published to a managed one"})
		}
	}
	x.needs(t.needs)
	for _, r := range t.resources {
		if first, twice := x.apps[r.Key]; twice {
			x.problem(Problem{Pos: t.pos, Key: r.Key, Message: "two targets publish this app to this space", Hint: "the other is at " + first})
			continue
		}
		x.apps[r.Key] = t.pos
		x.out = append(x.out, r)
	}
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
	x.one()
	x.ipPolicies()
	for _, r := range x.out {
		for _, was := range r.Was {
			if old := (plan.Key{Kind: r.Key.Kind, Name: was}); have[old] {
				x.problem(Problem{Pos: r.Pos, Key: r.Key, Message: fmt.Sprintf("was %q previously, but that is declared too", was)})
			}
		}
		for key, soft := range x.refs[r.Key] { // none of assignments and apps, which are made with what they refer to
			switch {
			case key == r.Key:
				x.problem(Problem{Pos: x.selfAt(r), Key: r.Key, Message: "refers to itself", Hint: "name another " + string(key.Kind) + ", or leave it out"})
			case !soft && !have[key]:
				x.problem(Problem{Pos: r.Pos, Key: r.Key, Message: fmt.Sprintf("refers to %s, which is not declared", key)})
			}
		}
	}
}

// selfAt is where a resource refers to itself.
func (x *expansion) selfAt(r plan.Resource) string {
	var spec any
	if decode(r.Spec, &spec) != nil {
		return r.Pos
	}
	for _, ref := range x.e.traits[r.Key.Kind].Refs {
		path := strings.Split(strings.TrimPrefix(ref.Path, "/"), "/")
		if at := pathTo(spec, path, r.Key.String()); at != nil {
			return x.pos(slices.Concat([]string{string(r.Key.Kind), r.Key.Name}, at)...)
		}
	}
	return r.Pos
}

// pathTo follows a path, in which * is any element of a list, to a text; nil if it is not there.
func pathTo(v any, path []string, text string) []string {
	if len(path) == 0 {
		if v == text {
			return []string{}
		}
		return nil
	}
	try := func(name string, in any) []string {
		if rest := pathTo(in, path[1:], text); rest != nil {
			return append([]string{name}, rest...)
		}
		return nil
	}
	if list, ok := v.([]any); ok && path[0] == "*" {
		for i, in := range list {
			if found := try(strconv.Itoa(i), in); found != nil {
				return found
			}
		}
		return nil
	}
	fields, _ := v.(map[string]any)
	if in, ok := fields[path[0]]; ok {
		return try(path[0], in)
	}
	return nil
}

// one finds what a tenant can have only one of.
func (x *expansion) one() {
	first := map[plan.Kind]plan.Resource{}
	for _, r := range x.out {
		fields := schema.Of(r.Key.Kind).One
		var spec map[string]any
		if len(fields) == 0 || decode(r.Spec, &spec) != nil {
			continue
		}
		if slices.ContainsFunc(fields, func(f string) bool { return spec[f] != true }) {
			continue
		}
		if other, taken := first[r.Key.Kind]; taken {
			x.problem(Problem{
				Pos: r.Pos, Key: r.Key, Message: "is " + strings.Join(fields, " and ") + ", and so is " + other.Key.String() + ": a tenant has one at a time",
				Hint: "the other is at " + other.Pos,
			})
			continue
		}
		first[r.Key.Kind] = r
	}
}
