package estate

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"cuelang.org/go/cue/ast"
	"cuelang.org/go/cue/literal"

	"github.com/qdeploy/qdeploy/pkg/plan"
	"github.com/qdeploy/qdeploy/schema"
)

// Answer is what may be written into an estate about a resource that a tenant changed.
type Answer struct {
	Accept []Paste `json:"accept,omitempty"` // makes the estate say what is live, field by field
	Ignore *Paste  `json:"ignore,omitempty"` // leaves the fields to whoever changes them in the tenant
	Why    string  `json:"why,omitempty"`    // why there is no Accept, or no Ignore, for some or all of it
}

// Paste is a text for a place in an estate. It is CUE, and YAML and JSON where it is meant
// for a file of these.
type Paste struct {
	How  How    `json:"how"`
	At   string `json:"at"`             // file:line:column
	Text string `json:"text,omitempty"` // "" where something is to be deleted
}

// How says what to do with a text.
type How string

const (
	Replacing How = "replace" // the field that is declared at the place
	Anywhere  How = "add"     // a line of its own in any file of the package; the place is that of the resource
	Inside    How = "inside"  // a field more of the resource that is declared at the place
	Deleting  How = "delete"  // what is declared at the place
)

// Answer returns how to accept what a tenant has in place of what was applied, and how to
// ignore it. The change is one that undoes it; fields may be left out of it. It fails if
// the estate has no such tenant.
func (e *Estate) Answer(tenant string, c plan.Change) (Answer, error) {
	t := e.byName[tenant]
	if t == nil {
		return Answer{}, unknown("tenant", tenant, sorted(e.byName))
	}
	own, err := e.ownOf(t)
	if err != nil {
		return Answer{}, err
	}
	a := answer{e: e, t: t, ownAt: newIndexOf(own), kind: schema.Of(c.Key.Kind)}
	a.about(c)
	return a.Answer, nil
}

// answer is an Answer in the making.
type answer struct {
	Answer
	e     *Estate
	t     *tenant
	ownAt *index // where its file has resources of it
	kind  schema.Kind
	base  []string // of the resource, below a tenant or a template
	home  spot     // where it is declared
}

// spot is where something is declared.
type spot struct {
	at     string
	exact  bool
	within []string // the path of the tenant or template whose text has it; nil in a data file
}

func (a *answer) about(c plan.Change) {
	switch space, member, _ := strings.Cut(c.Key.Name, "/"); {
	case c.Key.Kind == "assignment":
		a.base = []string{"space", space, "members", member}
	case !a.kind.Declared:
		a.Why = "it follows from something else: qdeploy capture takes over what people publish"
		return
	case a.kind.Traits.Singleton:
		a.base = []string{string(c.Key.Kind)}
	default:
		a.base = []string{string(c.Key.Kind), c.Key.Name}
	}
	a.home = a.spot(a.base)
	switch {
	case !a.home.exact:
		a.Why = "the estate does not declare it any more"
	case c.Live == nil:
		a.Accept = []Paste{{How: Deleting, At: a.home.at}}
		a.Why = "what is gone cannot be ignored"
	case c.Key.Kind == "assignment":
		a.Accept = []Paste{{Replacing, a.home.at, field(a.base[3:], roles(c))}}
		a.Why = "a list of roles cannot be ignored"
	default:
		a.fields(c)
	}
}

// roles returns the roles that a member has.
func roles(c plan.Change) json.RawMessage {
	for _, f := range c.Fields {
		if f.Path == "/roles" {
			return f.Live
		}
	}
	return nil
}

func (a *answer) fields(c plan.Change) {
	whole, _ := schema.Describe(append([]string{"templates", "any"}, a.base...)...)
	var ignored []string
	for _, f := range c.Fields {
		path := pointer(f.Path)
		first := path[0]
		_, file := a.kind.MD5[first]
		_, definition := a.kind.Definitions[first]
		switch {
		case f.Hidden || a.kind.Traits.IsSecret(f.Path):
			a.Why = "a secret is neither shown nor ignored"
			continue
		case file || definition:
			a.Why = first + " is that of a file: to accept it, change the file"
			continue
		case !slices.Contains(whole.Fields, first) || first == a.kind.KeyField || slices.Contains(a.kind.Aside, first):
			a.Why = first + " is not declared by itself"
			continue
		}
		ignored = append(ignored, f.Path)
		a.accept(path, f)
	}
	switch {
	case len(ignored) == 0:
	case a.kind.Traits.Singleton:
		a.Why = "a setting is not ignored; a field that the estate does not mention is left alone"
	default:
		a.ignore(c, ignored)
	}
}

func (a *answer) accept(path []string, f plan.Field) {
	at := a.spot(slices.Concat(a.base, path))
	live := f.Live
	if len(live) == 0 {
		live = nothing(f.Desired)
	}
	switch {
	case live == nil && at.exact:
		a.Accept = append(a.Accept, Paste{How: Deleting, At: at.at})
	case live == nil:
		a.Why = strings.Join(path, ".") + " is not set in the tenant, and that cannot be declared"
	case at.exact:
		a.Accept = append(a.Accept, Paste{Replacing, at.at, field(path[len(path)-1:], live)})
	default:
		a.Accept = append(a.Accept, a.more(path, live))
	}
}

// nothing is what stands for a missing value of the sort of another; nil if nothing does.
func nothing(other json.RawMessage) json.RawMessage {
	switch {
	case bytes.HasPrefix(other, []byte(`"`)):
		return json.RawMessage(`""`)
	case bytes.HasPrefix(other, []byte("[")):
		return json.RawMessage("[]")
	}
	return nil
}

func (a *answer) ignore(c plan.Change, paths []string) {
	if c.Desired != nil {
		paths = append(slices.Clone(c.Desired.Ignore), paths...)
	}
	list, err := json.Marshal(paths)
	if err != nil {
		panic(err) // texts
	}
	p := a.more([]string{"ignore"}, list)
	if at := a.spot(append(slices.Clone(a.base), "ignore")); at.exact {
		p = Paste{Replacing, at.at, field([]string{"ignore"}, list)}
	}
	a.Ignore = &p
}

// more is a field that the resource does not have yet.
func (a *answer) more(path []string, value json.RawMessage) Paste {
	if a.home.within == nil {
		return Paste{Inside, a.home.at, field(path[:1], nested(path[1:], value))}
	}
	return Paste{Anywhere, a.home.at, field(slices.Concat(a.home.within, a.base, path), value)}
}

// nested is a value below names, in the form that all of CUE, YAML and JSON have.
func nested(path []string, value json.RawMessage) json.RawMessage {
	for _, name := range slices.Backward(path) {
		value = fmt.Appendf(nil, "{%s: %s}", text(name), value)
	}
	return value
}

func text(s string) []byte {
	b, err := json.Marshal(s)
	if err != nil {
		panic(err) // it is a text
	}
	return b
}

// field writes a field of CUE.
func field(path []string, value json.RawMessage) string {
	var b strings.Builder
	for _, name := range path {
		if ast.StringLabelNeedsQuoting(name) {
			name = literal.String.Quote(name)
		}
		b.WriteString(name + ": ")
	}
	b.Write(value)
	return b.String()
}

// pointer returns the names on a path into a spec.
func pointer(path string) []string {
	names := strings.Split(strings.TrimPrefix(path, "/"), "/")
	for i, name := range names {
		names[i] = strings.NewReplacer("~1", "/", "~0", "~").Replace(name)
	}
	return names
}

// spot says where a path of the tenant is declared, and what declares it.
func (a *answer) spot(path []string) spot {
	if at, exact := a.ownAt.find(path...); exact {
		return spot{at, true, nil}
	}
	var tops [][]string
	if a.t.inCUE != nil {
		tops = append(tops, []string{"tenants", a.t.Name})
	}
	for _, name := range a.t.templates {
		tops = append(tops, []string{"templates", name})
	}
	for _, top := range tops {
		if at, exact := a.e.text.findFor(a.t.Values, slices.Concat(top, path)...); exact {
			return spot{at, true, top}
		}
	}
	return spot{}
}
