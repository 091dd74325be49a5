package plan

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// wantAll plans the desired resources: each after what it lives in, so that it
// knows whether that is replaced.
func (b *builder) wantAll() {
	keys := sortedKeys(b.desired)
	slices.SortStableFunc(keys, func(x, y Key) int { return cmp.Compare(b.depth(x, 0), b.depth(y, 0)) })
	for _, k := range keys {
		b.want(b.desired[k])
	}
}

// deepest bounds how many resources lie within one another.
const deepest = 16

func (b *builder) depth(k Key, d int) int {
	o := b.desired[k]
	if o == nil || o.parent.IsZero() || d == deepest {
		return d
	}
	return b.depth(o.parent, d+1)
}

// want plans one desired resource.
func (b *builder) want(d *object) {
	live, was := b.live[d.Key], b.applied[d.Key]
	t := b.Traits[d.Key.Kind].of(d.spec)
	c := Change{Key: d.Key, Blocked: b.Blocked[d.Key]}
	if ids := b.twins[b.origin(d)]; c.Blocked == "" && len(ids) > 0 {
		c.Blocked = fmt.Sprintf("the tenant has %d of this name: IDs %s", len(ids), strings.Join(ids, ", "))
		c.Hint = "rename or delete all but one"
	}
	if live != nil {
		d.overlook(live)
	}
	if t.Singleton {
		b.single(&c, d, live, was, t)
		return
	}
	lost, replaced := b.replaced[d.parent]
	switch {
	case live == nil && c.Blocked == "" && b.hidden(d) && was != nil && !moved(d, was, t):
		b.plan.Unchanged++
		b.note("%s is taken to be as it was applied: it is seen again once qdeploy is a member there", d.Key)
		return
	case live == nil:
		b.create(&c, d, was, t)
	case t.Cascade && replaced:
		b.create(&c, d, nil, t)
		c.Cause, c.Reason = lost, "goes with "+d.parent.String()+", which is replaced"
		b.replaced[d.Key] = lost // and so does what lives in it
	default:
		if !b.update(&c, d, live, was, t) {
			b.unchanged(&c)
			return
		}
		c.Live = live.sealed(t)
	}
	c.Desired = d.sealedFor(t, &c)
	b.add(c)
}

func (b *builder) unchanged(c *Change) {
	b.plan.Unchanged++
	if c.Blocked != "" {
		why := c.Blocked
		if c.Hint != "" {
			why += "; " + c.Hint
		}
		b.note("%s is as declared, but could not be changed: %s", c.Key, why)
	}
}

// moved reports whether what is declared is not what was applied.
func moved(d, was *object, t Traits) bool {
	return len(diff(was.bare, d.bare, t))+len(secretsMoved(d, was)) > 0
}

func (b *builder) create(c *Change, d, was *object, t Traits) {
	c.Action = cmp.Or(t.Create, Create)
	c.Writes = max(t.Writes, 1)
	c.Fields = everySecret(d)
	switch {
	case d.Needed:
		c.Reason = needed
	case was != nil && b.unsure(d):
		c.Reason = "was applied before; whether it is still there is not known"
	case was != nil:
		c.Cause, c.Reason = Drift, "was applied before, and is gone from the tenant"
		if moved(d, was, t) {
			c.Cause = Both
		}
	case b.Remembered:
		c.Cause = Changed
	}
	switch {
	case c.Blocked != "" || !b.unsure(d):
	case b.hidden(d) && was != nil:
		c.Cause, c.Reason = Changed, "what is there is seen once qdeploy is a member; what was applied before is changed"
	case b.hidden(d) && (d.Adopt != Refuse || b.Owned[d.Key]):
		c.Reason = "what is there is seen once qdeploy is a member; if it exists already, it is taken over"
	case b.hidden(d):
		c.Blocked = "it may exist already: what is there is seen once qdeploy is a member"
		c.Hint = "apply with --kind assignment, which makes it a member, and plan again"
	default:
		c.Blocked = "it may exist already: what is there could not be read completely"
		c.Hint = "see the notes for what could not be read, and plan again"
	}
}

// hidden reports whether o is not seen only because the engine is no member of
// what it lives in, which this plan changes before anything else is done there.
func (b *builder) hidden(o *object) bool {
	if !b.unsure(o) {
		return false
	}
	for _, n := range b.desired {
		if n.Needed && n.parent == o.parent && n.parent != (Key{}) {
			return true
		}
	}
	return false
}

const needed = "qdeploy itself needs it to work there"

// unsure reports whether something that was not found may be there all the same.
// Whoever says what is needed has looked for just that.
func (b *builder) unsure(o *object) bool {
	if b.Covers == nil || o.Needed || b.covers(o) {
		return false
	}
	return o.parent.IsZero() || b.live[o.parent] != nil // what is in nothing is nowhere
}

func (b *builder) covers(o *object) bool {
	return b.Covers != nil && (b.Covers(o.Key) || b.Covers(b.origin(o)))
}

// origin returns the key that o has, or would have, in the tenant as it is now.
func (b *builder) origin(o *object) Key {
	if live := b.live[o.Key]; live != nil {
		return live.found
	}
	if o.found != o.Key {
		return o.found
	}
	parent := b.live[o.parent]
	if o.parent.IsZero() || parent == nil {
		return o.Key
	}
	return Key{o.Key.Kind, parent.found.Name + strings.TrimPrefix(o.Key.Name, o.parent.Name)}
}

// update plans a resource that exists, and reports whether there is anything to do.
func (b *builder) update(c *Change, d, live, was *object, t Traits) bool {
	b.differ(c, d, live, was, t)
	old, renamed := b.from[d.Key]
	owned := was != nil || d.Needed || b.Owned[d.Key] || renamed && b.Owned[old]
	fixed := firstFixed(c.Fields, t)
	c.Writes = max(t.Writes, 1)
	if renamed {
		c.From = old
		c.Cause = both(c.Cause, b.whoRenamed(d.Key, was))
	}
	switch {
	case fixed != nil:
		c.Action = Replace
		c.Reason = strings.TrimPrefix(fixed.Path, "/") + " cannot be changed after creation"
		c.Writes++
		b.replaced[d.Key] = c.Cause
	case renamed:
		c.Action = Move
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
	if d.Needed {
		c.Cause, c.Reason = Unknown, needed
	}
	if !owned {
		b.adoption(c, d)
	}
	return true
}

// differ fills in the fields of c and their causes.
func (b *builder) differ(c *Change, d, live, was *object, t Traits) {
	c.Fields = diff(live.bare, d.bare, t)
	if was != nil {
		c.Cause = causer{live.bare, d.bare, was.bare, t, b.Traits[d.Key.Kind].of(was.spec)}.all(c.Fields)
		b.stays(d, live, was, t)
	}
	if firstFixed(c.Fields, t) != nil { // it is made anew, and has none of them
		c.Fields = withSecrets(c.Fields, d)
		return
	}
	for _, f := range b.unwritten(d, live, was) {
		c.Fields, c.Cause = append(c.Fields, f), both(c.Cause, f.Cause)
	}
	slices.SortStableFunc(c.Fields, func(a, b Field) int { return cmp.Compare(a.Path, b.Path) })
}

// stays notes what was taken out of a set from which nothing is taken out.
func (b *builder) stays(d, live, was *object, t Traits) {
	for _, p := range t.Include {
		edit(was.bare, p, func(path string, v any) any {
			if gone := dropped(path, live.bare, d.bare, was.bare); len(gone) > 0 {
				b.note("%s: %s is no longer declared in %s, which may hold more than is declared, so it stays",
					d.Key, strings.Join(gone, ", "), strings.TrimPrefix(path, "/"))
			}
			return v
		})
	}
}

// whoRenamed tells a rename in the estate from one that undoes a rename in the
// tenant: then it was applied under its new name before.
func (b *builder) whoRenamed(k Key, was *object) Cause {
	if was != nil && was.found == k {
		return Drift
	}
	return Changed
}

const foreign = "exists and was not applied by qdeploy"

func (b *builder) adoption(c *Change, d *object) {
	c.Cause = Unknown
	if c.Reason == "" {
		c.Reason = foreign
	}
	switch {
	case c.Blocked != "":
	case d.Adopt == Refuse:
		c.Blocked = "exists in the tenant and is not managed by qdeploy"
		c.Hint = `write adopt: "take" in the estate to manage it, or give yours another name`
	case c.Action == Replace:
		c.Blocked = "to replace it would delete what qdeploy never applied"
		c.Hint = "declare it as it is, or give yours another name"
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
