package plan

import (
	"maps"
	"slices"
	"strings"
)

// TheOne is the name of what a tenant has exactly one of: "license-settings/tenant".
const TheOne = "tenant"

// nowhere says of a singleton why nothing can be planned.
const nowhere = "every tenant has it, but what it is now could not be read"

// single plans a declared singleton. It is there whatever was ever applied, so it is
// neither created nor adopted nor refused: what differs is updated. Where there is no
// tenant to ask, as between two revisions, every field differs.
func (b *builder) single(c *Change, d, live, was *object, t Traits) {
	c.Action, c.Writes = Update, max(t.Writes, 1)
	if live == nil && (c.Blocked != "" || !b.covers(d)) {
		if c.Blocked == "" {
			c.Blocked, c.Hint = nowhere, "see the notes for what could not be read, and plan again"
		}
		c.Desired = d.sealedFor(t, c)
		b.add(*c)
		return
	}
	if was == nil && b.Remembered { // nobody had asked for any of it
		was = nothing(d.Key, t)
	}
	if live != nil {
		c.Live = live.sealed(t)
	} else {
		live = nothing(d.Key, t)
	}
	b.differ(c, d, live, was, t)
	if was != nil {
		b.released(d, was)
	}
	if len(c.Fields) == 0 {
		b.unchanged(c)
		return
	}
	c.Desired = d.sealedFor(t, c)
	b.add(*c)
}

// nothing is a singleton of which nothing is said.
func nothing(k Key, t Traits) *object {
	o := &object{Resource: Resource{Key: k}, found: k, spec: map[string]any{}}
	o.settle(t)
	return o
}

// released notes the fields that were declared and are not any more. Nobody knows what
// they were before, so they stay.
func (b *builder) released(d, was *object) {
	if gone := undeclared("", was.bare, d.bare); len(gone) > 0 {
		b.note("%s: no longer managed, and left as it is: %s", d.Key, strings.Join(gone, ", "))
	}
}

// undeclared returns the paths, without the slash in front, of what is in was and not
// in is.
func undeclared(path string, was, is map[string]any) (gone []string) {
	for _, name := range slices.Sorted(maps.Keys(was)) {
		at := join(path, name)
		old, deep := was[name].(map[string]any)
		now, there := is[name]
		inner, isObject := now.(map[string]any)
		switch {
		case !there:
			gone = append(gone, strings.TrimPrefix(at, "/"))
		case deep && isObject:
			gone = append(gone, undeclared(at, old, inner)...)
		}
	}
	return gone
}

// leave notes of a singleton that is no longer declared at all that it stays.
func (b *builder) leave(k Key) { b.note("%s is no longer managed, and left as it is", k) }
