package plan

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
)

// Input is what [Build] compares.
type Input struct {
	Tenant  Tenant
	Desired []Resource
	Live    []Resource
	Applied []Resource // what the estate said when it was last applied here

	// Remembered tells an empty Applied of a tenant that was never applied from
	// one whose ledger entry is lost or absent: then Applied is not looked at,
	// nothing is pruned and no cause is known.
	Remembered bool
	Revision   string // the applied revision, for reasons; optional

	// Covers tells whether the listing that a key belongs to was read completely
	// in this run. Unknown is not empty: nil covers nothing, so nothing is pruned;
	// and where a Covers that is not nil says no, nothing is created in what
	// exists, since it may be there already. Of what is renamed, the old and the
	// new key are asked for.
	Covers func(Key) bool

	Twins   map[Key][]string // IDs of live resources that share a key, where Live has only one of them
	Owned   map[Key]bool     // keys an interrupted run may have created: ours, not adopted
	Blocked map[Key]string   // desired resources that cannot be applied, and why
	Rotate  func(Key) bool   // whose secrets are written again whatever is known of them; nil for none
	Notes   []string         // carried over to the plan
	Traits  map[Kind]Traits  // what the schema says of each kind
}

// Build returns the plan that turns live into desired. The same sets in any
// order give the same plan, byte for byte. It fails with what [Check] finds, and
// when changes wait for one another in a circle. It keeps nothing of the input
// and changes nothing in it.
func Build(in Input) (*Plan, error) {
	b := builder{Input: in, plan: &Plan{Tenant: in.Tenant, Notes: slices.Clone(in.Notes)}}
	if in.Remembered {
		b.plan.Since = in.Revision
	} else {
		b.Applied = nil
	}
	if err := b.index(); err != nil {
		return nil, err
	}
	b.follow()
	for _, m := range []map[Key]*object{b.desired, b.live, b.applied} {
		for _, o := range m {
			o.settle(b.Traits[o.Key.Kind])
		}
	}
	b.wantAll()
	b.prune()
	b.hold()
	b.leftovers()
	slices.Sort(b.plan.Notes)
	b.plan.Notes = slices.Compact(b.plan.Notes)
	if err := b.order(); err != nil {
		return nil, err
	}
	b.plan.stall()
	b.plan.Digest = b.plan.Sum()
	return b.plan, nil
}

// object is a resource with its spec decoded.
type object struct {
	Resource
	found   Key            // its key before what was renamed got its new one
	spec    map[string]any // with references as they are now; others may have the same
	bare    map[string]any // spec without secrets and inputs: what is compared
	secrets map[string]any // by path
	issued  map[string]any // by path: where what Qlik issues is put
	parent  Key            // what it lives in
	targets map[Key]bool   // what it refers to, see [Traits.Targets]
	renamed bool           // "previously:" names it
}

// settle fills in what follows from the spec, once that does not change any more.
func (o *object) settle(t Traits) {
	if len(o.Ignore) > 0 { // fields of it become others
		o.spec = clone(o.spec).(map[string]any)
	}
	t.arrange(o.spec)
	o.parent = t.parentOf(o.Key, o.spec)
	o.targets = t.targets(o.spec)
	o.bare = o.spec
	if len(t.Secret)+len(t.Issued)+len(t.Input) == 0 {
		return
	}
	o.bare = clone(o.spec).(map[string]any)
	o.secrets, o.issued = t.takeSecrets(o.bare), take(o.bare, t.Issued)
	for _, p := range t.Input {
		edit(o.bare, p, func(string, any) any { return removed{} })
	}
}

// sealed returns the resource as a plan shows it; the plan keeps nothing else.
func (o *object) sealed(t Traits) *Resource { return o.sealedFor(t, nil) }

// sealedFor is sealed for a change: of each secret that the change does not write
// it says so, see [Held].
func (o *object) sealedFor(t Traits, c *Change) *Resource {
	spec := o.spec
	if len(t.Secret) > 0 {
		spec = clone(spec).(map[string]any)
	}
	r := t.seal(o.Resource, spec)
	if c != nil && len(o.secrets)+len(o.issued) > 0 {
		whole := clone(o.spec).(map[string]any)
		t.hold(whole, c.Fields)
		r.Secrets.spec = encode(whole)
	}
	return &r
}

type builder struct {
	Input
	desired, live, applied map[Key]*object
	twins                  map[Key][]string // IDs of the live resources that share a key
	from                   map[Key]Key      // of what is renamed: new key → old key
	gone                   map[Key]bool     // to delete
	unread                 map[Key]Key      // parent → a child of which is not known whether it exists
	replaced               map[Key]Cause
	plan                   *Plan
}

func (b *builder) index() error {
	b.from, b.gone = map[Key]Key{}, map[Key]bool{}
	b.unread, b.replaced, b.twins = map[Key]Key{}, map[Key]Cause{}, map[Key][]string{}
	var declared problems
	b.desired = index(b.Desired, nil, declared.declared)
	declared.check(b.desired, b.Traits)
	errs := []error{declared.join()}
	b.live = index(b.Live, b.desired, func(first, r Resource, err error) {
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: live: %v", r.Key, err))
			return
		}
		if b.twins[r.Key] == nil {
			b.twins[r.Key] = []string{first.ID}
		}
		b.twins[r.Key] = append(b.twins[r.Key], r.ID)
	})
	maps.Copy(b.twins, b.Twins)
	b.applied = index(b.Applied, b.desired, func(_, r Resource, err error) {
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: applied: %v", r.Key, err))
		}
	})
	return errors.Join(errs...)
}

// index decodes resources by key, in an order of their own, and calls wrong for
// those whose spec cannot be read and those whose key another has already. What says
// the same as one of those that were read before has the same spec, and not another like it.
func index(rs []Resource, before map[Key]*object, wrong func(first, r Resource, err error)) map[Key]*object {
	rs = slices.Clone(rs)
	slices.SortFunc(rs, func(a, b Resource) int {
		if c := a.Key.Compare(b.Key); c != 0 {
			return c
		}
		return cmp.Or(comparePos(a.Pos, b.Pos), cmp.Compare(a.ID, b.ID), bytes.Compare(a.WithSecrets(), b.WithSecrets()))
	})
	m := make(map[Key]*object, len(rs))
	for _, r := range rs {
		spec, err := before[r.Key].decoded(r.WithSecrets())
		first := m[r.Key]
		switch {
		case err != nil:
			wrong(r, r, err)
		case first != nil:
			wrong(first.Resource, r, nil)
		default:
			m[r.Key] = &object{Resource: r, found: r.Key, spec: spec}
		}
	}
	return m
}

// decoded returns a spec: that of o, which may be nil, if it says the same.
func (o *object) decoded(spec json.RawMessage) (map[string]any, error) {
	if o != nil && bytes.Equal(o.WithSecrets(), spec) {
		return o.spec, nil
	}
	return decode(spec)
}

func (b *builder) add(c Change) { b.plan.Changes = append(b.plan.Changes, c) }

func (b *builder) note(format string, args ...any) {
	b.plan.Notes = append(b.plan.Notes, fmt.Sprintf(format, args...))
}
