package plan

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// prune plans the deletion of what was applied and is no longer declared. A
// listing that was not read completely prunes nothing, and what it may hold
// keeps the resource that it is in.
func (b *builder) prune() {
	for _, k := range sortedKeys(b.applied) {
		switch {
		case b.desired[k] != nil:
		case b.Traits[k.Kind].Singleton:
			b.leave(k)
		case b.live[k] != nil && b.covers(b.applied[k]):
			b.gone[k] = true
		}
	}
	for _, k := range sortedKeys(b.applied) {
		o := b.applied[k]
		if b.desired[k] != nil || b.Traits[k.Kind].Singleton || b.covers(o) || b.leaves(k) {
			continue
		}
		switch parent := o.parent; {
		case b.absent(parent):
			continue // and what was in it with it
		case b.gone[parent]:
			b.unread[parent] = k
		case parent.IsZero() || b.desired[parent] != nil || b.applied[parent] == nil:
			b.note("%s is no longer declared; what is there could not be read completely, so it stays", k)
		}
		b.plan.Held = append(b.plan.Held, o.found)
	}
	for _, k := range sortedKeys(b.gone) {
		if !b.leavesWithParent(k) {
			b.remove(k)
		}
	}
}

// absent reports whether k is known not to be in the tenant.
func (b *builder) absent(k Key) bool {
	for _, m := range []map[Key]*object{b.desired, b.applied} {
		if o := m[k]; o != nil && b.live[k] == nil && b.covers(o) {
			return true
		}
	}
	return false
}

// remove plans one deletion.
func (b *builder) remove(k Key) {
	c := Change{
		Action: Delete, Key: k, Live: b.live[k].sealed(b.Traits[k.Kind]), Cause: Changed, Writes: 1,
		Reason: "no longer declared; was applied" + atRevision(short(b.Revision)),
	}
	if ids := b.twins[b.live[k].found]; len(ids) > 0 {
		c.Blocked = fmt.Sprintf("the tenant has %d of this name: IDs %s", len(ids), strings.Join(ids, ", "))
		c.Hint = "delete by hand what is not wanted"
	}
	for _, d := range sortedKeys(b.desired) {
		if d.Kind == k.Kind && slices.Contains(b.desired[d].Was, k.Name) {
			c.Blocked = fmt.Sprintf("%s was this before, as the estate says, and both exist", d)
			c.Hint = "delete or rename the one that is not wanted in the tenant"
		}
	}
	b.add(c)
}

func atRevision(rev string) string {
	if rev == "" {
		return " by qdeploy"
	}
	return " at " + rev
}

// leaves reports whether what has the key k ceases to exist, by itself or with
// what it lives in. What is replaced ceases to exist too, though only its
// cascading children are asked about that here.
func (b *builder) leaves(k Key) bool { return b.gone[k] || b.leavesWithParent(k) }

// leavesWithParent reports whether k ends because what it lives in does.
func (b *builder) leavesWithParent(k Key) bool {
	for range deepest {
		if !b.Traits[k.Kind].Cascade {
			return false
		}
		k = b.parent(k)
		if _, replaced := b.replaced[k]; replaced || b.gone[k] {
			return true
		}
	}
	return false
}

// parent returns what k lives in, from whichever object is known.
func (b *builder) parent(k Key) Key {
	for _, m := range []map[Key]*object{b.live, b.applied, b.desired} {
		if o := m[k]; o != nil {
			return o.parent
		}
	}
	return Key{}
}

// hold blocks the deletion and the replacement of what others hold on to, and
// says what goes along.
func (b *builder) hold() {
	holders := map[Key][]Key{}
	for _, m := range []map[Key]*object{b.live, b.desired} {
		for _, k := range sortedKeys(m) {
			for target := range m[k].targets {
				holders[target] = append(holders[target], k)
			}
		}
	}
	for i := range b.plan.Changes {
		c := &b.plan.Changes[i]
		if c.Action != Delete && c.Action != Replace {
			continue
		}
		keys := holders[c.Key]
		slices.SortFunc(keys, Key.Compare)
		keys = slices.Compact(keys)
		c.Reason += b.company(keys, c.Key)
		if c.Blocked == "" {
			b.holdOne(c, keys)
		}
	}
}

func (b *builder) holdOne(c *Change, holders []Key) {
	keys := slices.DeleteFunc(slices.Clone(holders), func(h Key) bool { return !b.holds(h, *c) })
	child, unread := b.unread[c.Key]
	switch {
	case len(keys) > 0 && c.Action == Delete:
		c.Blocked = "held by " + few(keys)
		c.Hint = "delete or move what holds it first, or declare it again"
	case len(keys) > 0:
		c.Blocked = "held by " + few(keys) + ", which would lose it"
		c.Hint = "delete or move what holds it first, or declare this one under another name"
	case unread:
		c.Blocked = fmt.Sprintf("what it holds could not be read completely: it may hold %s", child)
		c.Hint = "plan again once that can be read"
	}
}

// holds reports whether h still holds on to what a change deletes or replaces:
// what is declared and goes on referring to it, and what is inside it and stays.
func (b *builder) holds(h Key, c Change) bool {
	if h == c.Key || b.leaves(h) {
		return false
	}
	d, live := b.desired[h], b.live[h]
	if d == nil {
		return live != nil && live.parent == c.Key
	}
	_, refers := d.targets[c.Key]
	if c.Action == Replace { // what is made later refers to the new one
		return refers && live != nil && hasTarget(live, c.Key)
	}
	return refers
}

func hasTarget(o *object, k Key) bool {
	_, ok := o.targets[k]
	return ok
}

// company says what ends with k and is not listed by itself.
func (b *builder) company(holders []Key, k Key) string {
	ours, others := map[Kind]int{}, 0
	for _, h := range holders {
		if live := b.live[h]; live == nil || live.parent != k || !b.leavesWithParent(h) || b.desired[h] != nil {
			continue
		}
		ours[h.Kind]++
		if !b.gone[h] {
			others++
		}
	}
	if len(ours) == 0 {
		return ""
	}
	var parts []string
	n := 0
	for _, kind := range slices.Sorted(maps.Keys(ours)) {
		parts = append(parts, plural(ours[kind], string(kind)))
		n += ours[kind]
	}
	s := "; with it " + goes(n) + " " + strings.Join(parts, " and ")
	switch others {
	case 0:
		return s
	case n:
		return s + ", not applied by qdeploy"
	}
	return s + fmt.Sprintf(", %d of them not applied by qdeploy", others)
}

func goes(n int) string {
	if n == 1 {
		return "goes"
	}
	return "go"
}

func few(keys []Key) string {
	const shown = 3
	s := make([]string, 0, shown)
	for _, k := range keys[:min(len(keys), shown)] {
		s = append(s, k.String())
	}
	if n := len(keys) - shown; n > 0 {
		return fmt.Sprintf("%s and %d more", strings.Join(s, ", "), n)
	}
	return strings.Join(s, ", ")
}

// leftovers lists what lives in the tenant, is not ours and stays.
func (b *builder) leftovers() {
	for _, k := range sortedKeys(b.live) {
		if b.desired[k] != nil || b.leaves(k) || b.Traits[k.Kind].Singleton {
			continue
		}
		if b.applied[k] == nil && b.Owned[k] {
			b.note("%s may be left from a run that was cut short; it is not declared, and stays", k)
		}
		if b.plan.Unmanaged == nil {
			b.plan.Unmanaged = map[Kind][]string{}
		}
		b.plan.Unmanaged[k.Kind] = append(b.plan.Unmanaged[k.Kind], k.Name)
	}
}

// stall blocks each change that waits for a blocked one: it would be skipped.
func (p *Plan) stall() {
	blocked := map[Key]bool{}
	for i := range p.Changes {
		c := &p.Changes[i]
		if j := slices.IndexFunc(c.After, func(k Key) bool { return blocked[k] }); j >= 0 && c.Blocked == "" {
			c.Blocked = fmt.Sprintf("waits for %s, which is blocked", c.After[j])
		}
		blocked[c.Key] = c.Blocked != ""
	}
}
