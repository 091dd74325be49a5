package plan

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Input is what [Build] compares.
type Input struct {
	Tenant  Tenant
	Desired []Resource
	Live    []Resource
	Applied []Resource // what the estate said when it was last applied here

	// Remembered tells an empty Applied of a tenant that was never applied from
	// one whose ledger entry is lost or absent: then nothing is pruned and no
	// cause is known.
	Remembered bool
	Revision   string // the applied revision, for reasons; optional

	// Covers tells whether the listing that a key belongs to was read completely
	// in this run. Unknown is not empty: nil covers nothing.
	Covers func(Key) bool

	Owned   map[Key]bool    // keys an interrupted run may have created: ours, not adopted
	Blocked map[Key]string  // desired resources that cannot be applied, and why
	Notes   []string        // carried over to the plan
	Traits  map[Kind]Traits // what the schema says of each kind
}

// Build returns the plan that turns live into desired. The same sets in any
// order give the same plan, byte for byte. It fails when two desired resources
// have one key or a reference points at nothing, with one error for each.
func Build(in Input) (*Plan, error) {
	if err := Check(in.Desired, in.Traits); err != nil {
		return nil, err
	}
	b := builder{Input: in, plan: &Plan{Tenant: in.Tenant, Notes: slices.Clone(in.Notes)}}
	if err := b.index(); err != nil {
		return nil, err
	}
	b.follow()
	b.wantAll()
	b.prune()
	b.leftovers()
	slices.Sort(b.plan.Notes)
	b.plan.Notes = slices.Compact(b.plan.Notes)
	if err := b.order(); err != nil {
		return nil, err
	}
	b.plan.Digest = b.plan.Sum()
	return b.plan, nil
}

// object is a resource with its spec decoded.
type object struct {
	Resource
	spec map[string]any
}

type builder struct {
	Input
	desired, live, applied map[Key]*object
	moved, from            map[Key]Key // old key → new key, and back
	gone, replaced         map[Key]bool
	plan                   *Plan
}

func (b *builder) index() (err error) {
	if b.desired, err = index(b.Desired, "desired"); err != nil {
		return err
	}
	if b.live, err = index(b.Live, "live"); err != nil {
		return err
	}
	b.applied, err = index(b.Applied, "applied")
	b.moved, b.from, b.gone, b.replaced = map[Key]Key{}, map[Key]Key{}, map[Key]bool{}, map[Key]bool{}
	return err
}

func index(rs []Resource, what string) (map[Key]*object, error) {
	m := make(map[Key]*object, len(rs))
	for _, r := range rs {
		spec, err := decode(r.Spec)
		if err != nil {
			return nil, fmt.Errorf("%s: %s: %v", r.Key, what, err)
		}
		if m[r.Key] == nil { // the caller says of two live ones that they are ambiguous
			m[r.Key] = &object{r, spec}
		}
	}
	return m, nil
}

// follow finds what was renamed and gives the live and applied resources, and
// whatever refers to them, their new keys: from here on only [Change.From]
// remembers the old ones.
func (b *builder) follow() {
	for _, k := range sortedKeys(b.desired) {
		if b.live[k] != nil {
			continue
		}
		for _, was := range b.desired[k].Was {
			old := Key{k.Kind, was}
			if b.live[old] != nil && b.desired[old] == nil {
				b.moved[old], b.from[k] = k, old
				break
			}
		}
	}
	if len(b.moved) == 0 {
		return
	}
	b.live = b.rekey(b.live)
	b.applied = b.rekey(b.applied)
}

func (b *builder) rekey(m map[Key]*object) map[Key]*object {
	out := make(map[Key]*object, len(m))
	for _, k := range sortedKeys(m) {
		o := m[k]
		t := b.Traits[k.Kind]
		changed := false
		for _, ref := range t.Refs {
			at(o.spec, ref.Path, func(s string) string {
				to, ok := b.moved[keyOf(s)]
				if !ok {
					return s
				}
				changed = true
				if ref.Path == t.Parent {
					o.Key.Name = to.Name + strings.TrimPrefix(o.Key.Name, keyOf(s).Name)
				}
				return to.String()
			})
		}
		if to, ok := b.moved[k]; ok {
			o.Key = to
		}
		if changed {
			o.Spec = encode(o.spec)
		}
		out[o.Key] = o
	}
	return out
}

// wantAll plans the desired resources: first those that live in nothing, so
// that the others know whether what they live in is replaced.
func (b *builder) wantAll() {
	keys := sortedKeys(b.desired)
	for _, inner := range []bool{false, true} {
		for _, k := range keys {
			if (b.Traits[k.Kind].Parent != "") == inner {
				b.want(b.desired[k])
			}
		}
	}
}

// want plans one desired resource.
func (b *builder) want(d *object) {
	live, was := b.live[d.Key], b.applied[d.Key]
	c := Change{Key: d.Key, Desired: &d.Resource, Blocked: b.Blocked[d.Key]}
	t := b.Traits[d.Key.Kind]
	parent := t.ParentOf(d.Key)
	switch {
	case live == nil:
		b.create(&c, was, t)
	case t.Cascade && b.replaced[parent]:
		b.create(&c, nil, t)
		c.Reason = "goes with " + parent.String() + ", which is replaced"
	default:
		c.Live = &live.Resource
		if !b.update(&c, d, live, was, t) {
			b.plan.Unchanged++
			return
		}
	}
	b.add(c)
}

func (b *builder) create(c *Change, was *object, t Traits) {
	c.Action = cmp.Or(t.Create, Create)
	c.Writes = max(t.Writes, 1)
	switch {
	case was != nil:
		c.Cause, c.Reason = Drift, "was applied before, and is gone from the tenant"
	case b.Remembered:
		c.Cause = Changed
	}
}

// update plans a resource that exists, and reports whether there is anything to do.
func (b *builder) update(c *Change, d, live, was *object, t Traits) bool {
	c.Fields = diff(live.spec, d.spec, t)
	var applied map[string]any
	if was != nil {
		applied = was.spec
	}
	c.Cause = causes(c.Fields, live.spec, d.spec, applied, t)
	c.From = b.from[d.Key]
	owned := was != nil || d.Needed || b.Owned[d.Key] || !c.From.IsZero()
	fixed := firstFixed(c.Fields, t)
	c.Writes = max(t.Writes, 1)
	switch {
	case fixed != nil:
		c.Action = Replace
		c.Reason = fmt.Sprintf("%s cannot be changed after creation", strings.TrimPrefix(fixed.Path, "/"))
		c.Writes++
		b.replaced[d.Key] = true
	case !c.From.IsZero():
		c.Action, c.Cause = Move, both(c.Cause, Changed)
	case !owned:
		c.Action = Adopted
		if len(c.Fields) == 0 {
			c.Writes = 0
		}
	case len(c.Fields) == 0:
		return false
	default:
		c.Action = cmp.Or(t.Update, Update)
	}
	if !owned {
		b.adoption(c, d)
	}
	return true
}

func (b *builder) adoption(c *Change, d *object) {
	c.Cause = Unknown
	if c.Reason == "" {
		c.Reason = "exists and was not applied by qdeploy"
	}
	if d.Adopt == Refuse && c.Blocked == "" {
		c.Blocked = "exists in the tenant and is not managed by qdeploy"
		c.Hint = `write adopt: "take" in the estate to manage it, or give yours another name`
	}
}

func firstFixed(fields []Field, t Traits) *Field {
	for i := range fields {
		if matchesAny(t.Immutable, fields[i].Path) {
			return &fields[i]
		}
	}
	return nil
}

// prune plans the deletion of what was applied and is no longer declared. A
// listing that was not read completely prunes nothing.
func (b *builder) prune() {
	for _, k := range sortedKeys(b.applied) {
		if b.desired[k] != nil {
			continue
		}
		switch covered := b.Covers != nil && b.Covers(k); {
		case covered && b.live[k] != nil:
			b.gone[k] = true
		case !covered && !b.parentGone(k):
			b.note("%s is no longer declared; what is there could not be read completely, so it stays", k)
			b.plan.Held = append(b.plan.Held, k)
		}
	}
	for _, k := range sortedKeys(b.gone) {
		if b.parentGone(k) && b.Traits[k.Kind].Cascade {
			continue // it goes with its parent
		}
		live := b.live[k]
		b.add(Change{
			Action: Delete, Key: k, Live: &live.Resource, Cause: Changed, Writes: 1,
			Reason: "no longer declared; was applied" + atRevision(b.Revision),
		})
	}
}

func atRevision(rev string) string {
	if rev == "" {
		return " by qdeploy"
	}
	return " at " + rev
}

// parentGone reports whether the resource that k lives in is being deleted.
func (b *builder) parentGone(k Key) bool {
	parent := b.Traits[k.Kind].ParentOf(k)
	return !parent.IsZero() && (b.gone[parent] || b.desired[parent] == nil && b.applied[parent] != nil)
}

// ParentOf returns the key of the resource that k lives in, read from k itself.
func (t Traits) ParentOf(k Key) Key {
	for _, r := range t.Refs {
		if t.Parent != "" && r.Path == t.Parent {
			name, _, _ := strings.Cut(k.Name, "/")
			return Key{r.Kind, name}
		}
	}
	return Key{}
}

// leftovers lists what lives in the tenant and is not ours.
func (b *builder) leftovers() {
	for _, k := range sortedKeys(b.live) {
		if b.desired[k] != nil || b.gone[k] {
			continue
		}
		if b.plan.Unmanaged == nil {
			b.plan.Unmanaged = map[Kind][]string{}
		}
		b.plan.Unmanaged[k.Kind] = append(b.plan.Unmanaged[k.Kind], k.Name)
	}
}

func (b *builder) add(c Change) { b.plan.Changes = append(b.plan.Changes, c) }

func (b *builder) note(format string, args ...any) {
	b.plan.Notes = append(b.plan.Notes, fmt.Sprintf(format, args...))
}

func sortedKeys[V any](m map[Key]V) []Key {
	return slices.SortedFunc(maps.Keys(m), Key.Compare)
}

func keyOf(s string) Key {
	k, _ := ParseKey(s) // the zero Key is in no map
	return k
}
