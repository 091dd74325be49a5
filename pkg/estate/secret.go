package estate

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/qdeploy/qdeploy/pkg/plan"
	"github.com/qdeploy/qdeploy/schema"
)

// SecretRef names a secret: an environment variable, {"env": "NAME"}, or a file,
// {"file": "path"}, seen from the estate's directory. What sources there are the
// schema says.
type SecretRef struct {
	Source string // "env"; "env+file" for what names several, which is a mistake
	Name   string
}

// UnmarshalJSON reads {"env": "NAME"}. A name that is empty names nothing.
func (r *SecretRef) UnmarshalJSON(b []byte) error {
	var m map[string]string
	if err := json.Unmarshal(b, &m); err != nil {
		return err
	}
	maps.DeleteFunc(m, func(_, name string) bool { return name == "" })
	sources := slices.Sorted(maps.Keys(m))
	*r = SecretRef{Source: strings.Join(sources, "+")}
	if len(sources) == 1 {
		r.Name = m[r.Source]
	}
	return nil
}

// MarshalJSON writes what UnmarshalJSON reads.
func (r SecretRef) MarshalJSON() ([]byte, error) {
	return json.Marshal(map[string]string{r.Source: r.Name})
}

// IsZero reports whether r names nothing.
func (r SecretRef) IsZero() bool { return r == SecretRef{} }

// String says where the secret is.
func (r SecretRef) String() string {
	if r.Source == "env" {
		return "environment variable " + r.Name
	}
	return r.Source + " " + r.Name
}

// once reports whether r names a secret in exactly one way.
func (r SecretRef) once() bool { return r.Name != "" }

const secretHint = `write {env: "NAME"} or {file: "path"}`

// checkSecret says that a secret must be named in exactly one way.
func (l *load) checkSecret(r SecretRef, path ...string) {
	if !r.once() {
		l.report(Problem{Pos: l.at(path...), Message: last(path) + ` must say where the secret is, in one way`, Hint: secretHint})
	}
}

// secrets says the same of the secrets of a resource.
func (x *expansion) secrets(k schema.Kind, r plan.Resource) {
	refs := k.Traits.SecretRefs(r.Spec)
	for _, p := range slices.Sorted(maps.Keys(refs)) {
		var ref SecretRef
		if json.Unmarshal(refs[p], &ref) == nil && ref.once() {
			continue
		}
		path := []string{string(k.Name), r.Key.Name}
		for token := range strings.SplitSeq(p[1:], "/") {
			path = append(path, strings.NewReplacer("~1", "/", "~0", "~").Replace(token))
		}
		x.problem(Problem{Pos: x.pos(path...), Key: r.Key, Message: last(path) + ` must say where the secret is, in one way`, Hint: secretHint})
	}
}
