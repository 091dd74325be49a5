package plan

import (
	"encoding/json"
	"slices"
	"strings"
)

// Resource is one object, either declared by the estate or found in a tenant.
type Resource struct {
	Key  Key             `json:"key"`
	ID   string          `json:"-"`              // Qlik's; empty when only declared
	Spec json.RawMessage `json:"spec,omitempty"` // a JSON object: the managed fields
	Pos  string          `json:"pos,omitempty"`  // file:line:column of the declaration

	Secrets Secrets        `json:"-"` // what [Traits.Seal] took out of Spec
	Sums    map[string]Sum `json:"-"` // by the path of each secret: what is known of its value
	Was     []string       `json:"-"` // key names it had before ("previously:"), newest first
	Adopt   Adopt          `json:"-"` // what to do when it exists and was never applied
	Ignore  []string       `json:"-"` // pointers of fields that are set when it is created, and not managed after

	// Needed marks what the engine itself needs and the estate did not write,
	// such as the bot's own membership of a space. It is created when absent,
	// never recorded as applied, and so never pruned.
	Needed bool `json:"needed,omitempty"`
}

// Adopt says what to do with a declared resource that exists already although
// qdeploy never applied it.
type Adopt string

const (
	Take   Adopt = "take"   // manage it from now on; the zero value means the same
	Refuse Adopt = "refuse" // block the change and say so
)

// Traits is what the planner knows of a kind. The schema says it, in attributes.
// Paths are JSON pointers into a spec, where the segment "*" stands for every
// element of an array or object; a path means what lies beneath it too. Arrays
// are compared whole, so an immutable field inside one makes the array immutable
// only if the array is named.
type Traits struct {
	Immutable []string // fixed at creation: a difference means replacement
	Secret    []string // written, never read back, never shown; compared with what was applied, see [Sum]
	Issued    []string // where to put a secret that Qlik makes; issued when created, and when asked for
	Refs      []Ref    // references to other resources
	Set       []string // arrays whose order means nothing
	Whole     []string // objects that are managed as a whole: what is not in them goes
	Include   []string // sets that may hold more than is declared
	Modes     []Mode   // sets of which each spec says whether they may
	Input     []string // how to apply, not what to compare: files, options
	Renewal   []string // inputs that count only where the resource is there already

	Parent  string   // path of the reference whose name begins the key; "" for none
	Within  []string // paths of references, each of which the key goes on with after the parent's name
	Cascade bool     // it ends with its parent: deleting the parent deletes it

	Create, Update Action // what creating and updating are called; "" for the plain words
	Writes         int    // write calls that creating or updating costs; 0 means 1
	Pool           bool   // they take from one pool: what gives back goes first
	Container      bool   // holds others: to replace or delete it can lose what is inside

	Singleton   bool // a tenant has exactly one, [TheOne], always: it is neither created nor deleted
	First, Last bool // its changes come before, or after, all others of the tenant
}

// ParentOf returns the key of the resource that k lives in, read from k itself:
// from the first part of its name. It is the zero Key of what lives in nothing.
func (t Traits) ParentOf(k Key) Key {
	i := slices.IndexFunc(t.Refs, func(r Ref) bool { return t.Parent != "" && r.Path == t.Parent })
	if i < 0 {
		return Key{}
	}
	name, _, _ := strings.Cut(k.Name, "/")
	return Key{t.Refs[i].Kind, name}
}

// parentOf is ParentOf for what has a spec, which says it better if what lives in
// something can have a slash in its name, and hold others.
func (t Traits) parentOf(k Key, spec map[string]any) Key {
	parent := t.ParentOf(k)
	if parent.IsZero() {
		return parent
	}
	at(spec, t.Parent, func(s string) string {
		if p := keyOf(s); !p.IsZero() && strings.HasPrefix(k.Name, p.Name+"/") {
			parent = p
		}
		return s
	})
	return parent
}

// Holds reports whether what has the key k is in what has the key home, as far as the two
// keys tell.
func (t Traits) Holds(home, k Key) bool {
	return strings.HasPrefix(k.Name, home.Name+"/") && slices.ContainsFunc(t.Refs, func(r Ref) bool {
		return r.Kind == home.Kind && (r.Path == t.Parent || slices.Contains(t.Within, r.Path))
	})
}

// homeOf returns what is nearest around what has the key k: of its parent and of what it
// is within, that of which the key says most.
func (t Traits) homeOf(k Key, spec map[string]any) Key {
	home := t.parentOf(k, spec)
	for _, path := range t.Within {
		at(spec, path, func(s string) string {
			if in := keyOf(s); len(in.Name) > len(home.Name) && strings.HasPrefix(k.Name, in.Name+"/") {
				home = in
			}
			return s
		})
	}
	return home
}

// Ref is a reference in a spec: the string at Path is the key of a resource, or,
// with Named, its name alone, after Prefix. Soft references may point at what the
// estate does not declare, because Qlik or an identity provider makes it.
type Ref struct {
	Path   string
	Kind   Kind
	Soft   bool
	Named  bool
	Prefix string // what stands before the name; what begins otherwise refers to nothing
}

// key returns the key that s stands for; the zero Key if it stands for none.
func (r Ref) key(s string) Key {
	if !r.Named {
		return keyOf(s)
	}
	if name, ok := strings.CutPrefix(s, r.Prefix); ok && name != "" {
		return Key{r.Kind, name}
	}
	return Key{}
}

// text writes k as the reference has it.
func (r Ref) text(k Key) string {
	if r.Named {
		return r.Prefix + k.Name
	}
	return k.String()
}

// Mode is a set that may hold more than is declared where the spec says "include"
// at Field. Nothing is taken out of it then. Where it says "exact" or nothing, the
// set is what is declared.
type Mode struct{ Set, Field string }

// of returns the traits as they are for one resource.
func (t Traits) of(spec map[string]any) Traits {
	for _, m := range t.Modes {
		if mode, _ := lookup(spec, m.Field); mode == "include" {
			t.Include = append(slices.Clip(t.Include), m.Set)
		}
	}
	return t
}

// Action is what happens to a resource.
type Action string

const (
	Create    Action = "create"
	Publish   Action = "publish" // an app, for the first time
	Adopted   Action = "adopt"   // exists already; managed from now on
	Update    Action = "update"
	Republish Action = "republish" // an app's content changes, its ID stays
	Move      Action = "move"      // renamed; the ID stays
	Replace   Action = "replace"   // deleted and created again: the ID is lost
	Delete    Action = "delete"
)

// Actions lists every action in the order in which plans count them.
var Actions = []Action{Create, Publish, Adopted, Update, Republish, Move, Replace, Delete}

// Cause says why live differs from desired.
type Cause string

const (
	Changed Cause = "change"       // the estate changed since it was applied
	Drift   Cause = "drift"        // the tenant changed, the estate did not
	Both    Cause = "change+drift" // both did
	Unknown Cause = ""             // nothing is remembered of this resource
)

// Field is a managed field whose value differs. A missing value is null bytes.
type Field struct {
	Path    string          `json:"path"`
	Live    json.RawMessage `json:"live,omitempty"`
	Desired json.RawMessage `json:"desired,omitempty"`
	Cause   Cause           `json:"cause,omitempty"`
	Hidden  bool            `json:"hidden,omitempty"` // a secret: known to differ, never shown
}

// Change is one step of a plan. Live is nil when creating, Desired when deleting.
// Fields are those that differ; when creating, the secrets that are written.
type Change struct {
	Action  Action    `json:"action"`
	Key     Key       `json:"key"`
	From    Key       `json:"from,omitzero"` // the key it had, when it moves
	Live    *Resource `json:"live,omitempty"`
	Desired *Resource `json:"desired,omitempty"`
	Fields  []Field   `json:"fields,omitempty"`
	Cause   Cause     `json:"cause,omitempty"`
	Reason  string    `json:"reason,omitempty"`  // why, for deletes, replacements and what surprises
	Blocked string    `json:"blocked,omitempty"` // why it may not be applied; empty when it may
	Hint    string    `json:"hint,omitempty"`    // what moves a blocked change on
	After   []Key     `json:"after,omitempty"`   // changes that must succeed first
	Writes  int       `json:"writes,omitempty"`  // write calls it is expected to cost
}
