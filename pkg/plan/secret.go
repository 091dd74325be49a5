package plan

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// A secret of a spec is never the value: it is an object that says where the value
// is, {"env": "NAME"}, and in what is live any value that says that there is one.
// Whether the value changed is known by a keyed hash of it, see [Sum].

// Secrets are what was taken out of a resource's spec so that it can be printed,
// hashed and saved. They print as nothing, enter no JSON, and only
// [Resource.WithSecrets] gives them back.
type Secrets struct{ spec json.RawMessage }

// Format keeps secrets out of whatever a resource is printed with.
func (s Secrets) Format(w fmt.State, _ rune) {
	if s.spec != nil {
		_, _ = w.Write([]byte("(secrets)"))
	}
}

// WithSecrets returns the spec as it was before [Traits.Seal] took the secrets
// out: what an apply sends. A resource that was read from a saved plan has none.
func (r *Resource) WithSecrets() json.RawMessage {
	if r.Secrets.spec != nil {
		return r.Secrets.spec
	}
	return r.Spec
}

// Seal returns r in canonical form with its secrets set apart, see [Secrets].
// Sealing what is sealed changes nothing. [Build] seals whatever it returns.
func (t Traits) Seal(r Resource) (Resource, error) {
	spec, err := decode(r.WithSecrets())
	if err != nil {
		return r, fmt.Errorf("%s: %v", r.Key, err)
	}
	t.arrange(spec)
	return t.seal(r, spec), nil
}

// seal puts the canonical form of an arranged spec into r. It changes spec.
func (t Traits) seal(r Resource, spec map[string]any) Resource {
	r.Secrets = Secrets{}
	if len(t.Secret) > 0 {
		whole := encode(spec)
		if len(t.takeSecrets(spec)) > 0 {
			r.Secrets.spec = whole
		}
	}
	r.Spec = encode(spec)
	return r
}

// takeSecrets removes the secrets from spec and returns them by path.
func (t Traits) takeSecrets(spec map[string]any) map[string]any { return take(spec, t.Secret) }

// take removes what the patterns reach and is not blank, and returns it by path.
func take(spec map[string]any, patterns []string) map[string]any {
	var out map[string]any
	for _, p := range patterns {
		edit(spec, p, func(path string, v any) any {
			if blank(v) {
				return v
			}
			if out == nil {
				out = map[string]any{}
			}
			out[path] = v
			return removed{}
		})
	}
	return out
}

// arrange puts what has no order into one: the elements of sets, once each.
func (t Traits) arrange(spec map[string]any) {
	for _, patterns := range [][]string{t.Set, t.Include} {
		for _, p := range patterns {
			edit(spec, p, func(_ string, v any) any {
				if a, ok := v.([]any); ok {
					return sorted(a)
				}
				return v
			})
		}
	}
}

func sorted(a []any) []any {
	if strictlySorted(a) {
		return a
	}
	byText := make(map[string]any, len(a))
	for _, e := range a {
		byText[string(encode(e))] = e
	}
	out := make([]any, 0, len(byText))
	for _, k := range slices.Sorted(maps.Keys(byText)) {
		out = append(out, byText[k])
	}
	return out
}

// strictlySorted reports whether a is plain texts in order already.
func strictlySorted(a []any) bool {
	for i, e := range a {
		s, ok := e.(string)
		if !ok || strings.ContainsFunc(s, notLetter) || i > 0 && a[i-1].(string) >= s {
			return false
		}
	}
	return true
}

// notLetter reports whether r sorts otherwise within JSON, or may do.
func notLetter(r rune) bool { return r <= '"' || r == '\\' || r >= 0x7f }
