package qlik

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/qdeploy/qdeploy/pkg/plan"
)

// Ref is the key of a resource inside a spec: "space/Finance".
type Ref string

// Name returns the part after the kind.
func (r Ref) Name() string {
	_, name, _ := strings.Cut(string(r), "/")
	return name
}

// Kind is all this package knows of one kind of resource. T is its spec: it
// decodes what is declared and encodes what is live, by the same JSON names.
type Kind[T any] struct {
	Name plan.Kind

	// Calls are all operations of Qlik's API that the functions below use. A test
	// holds it against the traffic of the kind's script.
	Calls []Operation

	// Within says that a name begins with that of a space and a slash, and that
	// there is one listing in each space.
	Within bool

	// Single says that every tenant has exactly one.
	Single bool

	// Sees reports whether a holder of a role in a space, or its owner, sees what is
	// in it; nil says that one need not be a member.
	Sees func(role string) bool

	// Needs names the kinds whose IDs and names must be known to list this one.
	Needs []plan.Kind

	// NeedsFor names more such kinds, by what a declared resource says. Optional.
	NeedsFor func(plan.Resource) []plan.Kind

	// People returns the assignees, "user:…", "email:…" or "bot", that a
	// declared resource names and that must be looked up. Optional.
	People func(plan.Resource) []string

	// Declare remembers of a declared resource what reading it depends on. It is
	// called when the people are known and nothing is read. Optional.
	Declare func(t *Tenant, r plan.Resource)

	// Lacks says what a declared resource needs and the tenant does not have,
	// "" if nothing. It is called after reading. Optional.
	Lacks func(t *Tenant, r plan.Resource, declared func(plan.Key) bool) string

	// Review blocks what of a plan with changes of this kind should not be done, see
	// [Tenant.Review]. Optional.
	Review func(ctx context.Context, t *Tenant, p *plan.Plan) error

	// Stays returns the deletes of this kind in a plan that a later run is to make, see
	// [Tenant.Stays]. Optional.
	Stays func(t *Tenant, p *plan.Plan, now time.Time) map[plan.Key]Stay

	// Warns says what a reader of a plan should know of a declared resource, "" if
	// nothing. It is called after reading. Optional.
	Warns func(t *Tenant, r plan.Resource) string

	// Uses returns the spaces in which the engine itself must be a member for
	// the sake of a declared resource. Optional.
	Uses func(plan.Resource) []use

	// List yields what is live, in one space for a kind that is Within.
	List func(ctx context.Context, t *Tenant, space string) iter.Seq2[Item[T], error]

	// Create makes a resource and returns its ID. An error that leaves open
	// whether it did is answered by listing again, unless Careful says that
	// Create looks for itself. Finds says that it uses what is there already, in a
	// space too that could not be looked into; otherwise that is listed first.
	Create  func(ctx context.Context, t *Tenant, desired T) (id string, err error)
	Careful bool
	Finds   bool

	// Update makes live equal to desired; it makes no call if it is already.
	Update func(ctx context.Context, t *Tenant, id string, live, desired T) error
	Delete func(ctx context.Context, t *Tenant, id string) error
}

// Item is a live resource: Qlik's ID, the name in its key, and its spec.
type Item[T any] struct {
	ID, Name string
	Spec     T
}

// kind is a [Kind] with its T forgotten.
type kind interface {
	traits() traits
	list(ctx context.Context, t *Tenant, space string) iter.Seq2[plan.Resource, error]
	create(ctx context.Context, t *Tenant, key plan.Key, spec []byte) error
	update(ctx context.Context, t *Tenant, id string, live, desired *plan.Resource) error
	remove(ctx context.Context, t *Tenant, id string) error
	roundtrip(spec []byte) ([]byte, error)
}

// traits is what of a kind does not depend on T.
type traits struct {
	name    plan.Kind
	calls   []Operation
	within  bool
	late    bool // its list needs others to be known
	single  bool
	sees    func(role string) bool
	needs   func(plan.Resource) []plan.Kind
	people  func(plan.Resource) []string
	declare func(*Tenant, plan.Resource)
	lacks   func(*Tenant, plan.Resource, func(plan.Key) bool) string
	warns   func(*Tenant, plan.Resource) string
	review  func(context.Context, *Tenant, *plan.Plan) error
	stays   func(*Tenant, *plan.Plan, time.Time) map[plan.Key]Stay
	uses    func(plan.Resource) []use
}

var kinds = map[plan.Kind]kind{}

func register[T any](k Kind[T]) struct{} {
	if _, dup := kinds[k.Name]; dup {
		panic("qlik: kind " + k.Name + " registered twice")
	}
	kinds[k.Name] = k
	return struct{}{}
}

// Kinds returns the names of all kinds, sorted.
func Kinds() []plan.Kind { return slices.Sorted(maps.Keys(kinds)) }

// Roundtrip decodes a declared spec strictly, as applying it would, and encodes
// it again. The schema's examples come back unchanged, or schema and client do
// not agree.
func Roundtrip(k plan.Kind, spec []byte) ([]byte, error) {
	known, ok := kinds[k]
	if !ok {
		return nil, fmt.Errorf("%s: no such kind", k)
	}
	return known.roundtrip(spec)
}

func (k Kind[T]) roundtrip(spec []byte) ([]byte, error) {
	v, err := strict[T](spec)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", k.Name, err)
	}
	return encoded(v)
}

// encoded encodes a spec as people would write it, with < and & as they are.
func encoded(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), err
}

// strict decodes a declared spec: a field that T lacks would be lost silently.
func strict[T any](spec []byte) (v T, err error) {
	d := json.NewDecoder(bytes.NewReader(spec))
	d.DisallowUnknownFields()
	if err := d.Decode(&v); err != nil {
		return v, fmt.Errorf("spec: %w", err)
	}
	if _, err := d.Token(); err != io.EOF {
		return v, fmt.Errorf("spec: more than one value")
	}
	return v, nil
}

func (k Kind[T]) traits() traits {
	needs := func(r plan.Resource) []plan.Kind {
		if k.NeedsFor == nil {
			return k.Needs
		}
		return append(slices.Clone(k.Needs), k.NeedsFor(r)...)
	}
	return traits{k.Name, k.Calls, k.Within, len(k.Needs) > 0, k.Single, k.Sees, needs, k.People, k.Declare, k.Lacks, k.Warns, k.Review, k.Stays, k.Uses}
}

func (k Kind[T]) list(ctx context.Context, t *Tenant, space string) iter.Seq2[plan.Resource, error] {
	return func(yield func(plan.Resource, error) bool) {
		for item, err := range k.List(ctx, t, space) {
			if err != nil {
				yield(plan.Resource{}, err)
				return
			}
			spec, err := encoded(item.Spec)
			if !yield(plan.Resource{Key: plan.Key{Kind: k.Name, Name: item.Name}, ID: item.ID, Spec: spec}, err) || err != nil {
				return
			}
		}
	}
}

func (k Kind[T]) create(ctx context.Context, t *Tenant, key plan.Key, spec []byte) error {
	desired, err := strict[T](spec)
	if err != nil {
		return err
	}
	live, found, err := k.unseen(ctx, t, key)
	if err != nil {
		return err
	}
	if found {
		t.learn(key, live.ID)
		return k.Update(ctx, t, live.ID, live.Spec, desired)
	}
	id, err := k.Create(ctx, t, desired)
	if err == nil {
		t.learn(key, id)
		return nil
	}
	if k.Careful || !maybeMade(err) {
		return err
	}
	live, found, ferr := k.find(ctx, t, key)
	switch {
	case ferr != nil:
		return fmt.Errorf("%w; whether it exists now is not known: %w", err, ferr)
	case !found:
		return err
	}
	t.learn(key, live.ID)
	return k.Update(ctx, t, live.ID, live.Spec, desired)
}

// maybeMade reports whether what could not be created may exist all the same.
func maybeMade(err error) bool { return errors.Is(err, ErrConflict) || lost(err) }

// find looks for a live resource by its key, with a listing of its own.
func (k Kind[T]) find(ctx context.Context, t *Tenant, key plan.Key) (found Item[T], ok bool, err error) {
	space := ""
	if k.Within {
		space = spaceOf(key)
	}
	for item, err := range k.List(ctx, t, space) {
		if err != nil {
			return found, false, err
		}
		if item.Name == key.Name && (!ok || item.ID < found.ID) {
			found, ok = item, true
		}
	}
	return found, ok, nil
}

func (k Kind[T]) update(ctx context.Context, t *Tenant, id string, live, desired *plan.Resource) error {
	if k.Update == nil {
		return fmt.Errorf("a %s cannot be changed", k.Name)
	}
	want, err := strict[T](desired.WithSecrets())
	if err != nil {
		return err
	}
	var have T // as it was encoded here; a plan may be older than this program
	if err := json.Unmarshal(live.WithSecrets(), &have); err != nil {
		return fmt.Errorf("live spec: %w", err)
	}
	if err := k.Update(ctx, t, id, have, want); err != nil {
		return err
	}
	if live.Key != desired.Key {
		t.forget(live.Key)
	}
	t.learn(desired.Key, id)
	return nil
}

func (k Kind[T]) remove(ctx context.Context, t *Tenant, id string) error {
	if k.Delete == nil {
		return fmt.Errorf("a %s cannot be deleted", k.Name)
	}
	return k.Delete(ctx, t, id)
}

// spaceOf returns the name of the space that a key begins with. Qlik allows no
// slash in it.
func spaceOf(k plan.Key) string {
	space, _, _ := strings.Cut(k.Name, "/")
	return space
}
