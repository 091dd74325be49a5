package plan

import "strings"

// follow finds what was renamed and gives the live and applied resources, and
// whatever refers to them or lives in them, their new keys: from here on only
// [Change.From] and object.found remember the old ones. Each round may free a
// name for the next, or bring what is inside a renamed resource to the key under
// which it is looked for.
func (b *builder) follow() {
	for moved := b.renames(); len(moved) > 0; moved = b.renames() {
		for old, k := range moved {
			b.from[k] = b.live[old].found
		}
		b.live = b.rekey(b.live, moved)
		b.applied = b.rekey(b.applied, moved)
	}
	if moved := b.renamedAlready(); len(moved) > 0 {
		b.applied = b.rekey(b.applied, moved)
	}
}

// renames returns the live resources that "previously:" gives another key.
func (b *builder) renames() map[Key]Key {
	moved := map[Key]Key{}
	for _, k := range sortedKeys(b.desired) {
		if b.live[k] != nil {
			continue
		}
		for _, was := range b.desired[k].Was {
			old := Key{k.Kind, was}
			if live := b.live[old]; live != nil && !live.renamed && b.gaveUp(old, k) {
				moved[old] = k
				break
			}
		}
	}
	return moved
}

// gaveUp reports whether what had the key old is what is declared as k. A name
// that is declared again is the new owner's only if what was applied under it
// has not had its new name yet.
func (b *builder) gaveUp(old, k Key) bool {
	return b.desired[old] == nil || b.applied[old] != nil && b.applied[k] == nil
}

// renamedAlready returns the former names under which nothing is in the tenant
// any more: somebody, or an earlier run, renamed it. What was applied under such
// a name, or in what had it, was applied to what has the new one.
func (b *builder) renamedAlready() map[Key]Key {
	moved := map[Key]Key{}
	for k, d := range b.desired {
		for _, was := range d.Was {
			if old := (Key{k.Kind, was}); b.live[old] == nil && b.desired[old] == nil {
				moved[old] = k
			}
		}
	}
	return moved
}

// rekey gives the objects of m their new keys and rewrites their references.
func (b *builder) rekey(m map[Key]*object, moved map[Key]Key) map[Key]*object {
	now := newNames(m, b.Traits, moved)
	out := make(map[Key]*object, len(m))
	for _, k := range sortedKeys(m) {
		o := m[k]
		o.spec = clone(o.spec).(map[string]any)
		for _, ref := range b.Traits[k.Kind].Refs {
			at(o.spec, ref.Path, func(s string) string {
				if old := ref.key(s); !old.IsZero() {
					return ref.text(now(old))
				}
				return s
			})
		}
		_, named := moved[k]
		o.Key, o.renamed = now(k), o.renamed || named
		if tail, was := tailOf(o.Key), tailOf(k); tail != was && !named {
			for field, v := range o.spec { // and the field that says it
				if v == was {
					o.spec[field] = tail
				}
			}
		}
		if out[o.Key] == nil || k == o.Key { // what has the name already keeps it
			out[o.Key] = o
		}
	}
	return out
}

// tailOf returns what the name of a resource says after that of its parent.
func tailOf(k Key) string {
	_, tail, _ := strings.Cut(k.Name, "/")
	return tail
}

// endsWith returns which of the targets that move k is named after: like
// "assignment/Finance/group:Auditors", it ends with a colon and that name.
func endsWith(k, parent Key, targets map[Key]bool, moved map[Key]Key) (target Key, ok bool) {
	for target := range targets {
		if _, moves := moved[target]; moves && target != parent && strings.HasSuffix(k.Name, ":"+target.Name) {
			return target, true
		}
	}
	return Key{}, false
}

// newNames returns what each key becomes: as moved says; for what lives in
// something that moves, with the new name of that in front; and for what is
// named after something that moves, with the new name of that at the end.
func newNames(m map[Key]*object, traits map[Kind]Traits, moved map[Key]Key) func(Key) Key {
	names, parents, ends := map[Key]Key{}, map[Key]Key{}, map[Key]Key{}
	for k, o := range m {
		t := traits[k.Kind]
		parents[k] = t.homeOf(k, o.spec)
		if target, ok := endsWith(k, parents[k], t.targets(o.spec), moved); ok {
			ends[k] = target
		}
	}
	var now func(Key) Key
	now = func(k Key) Key {
		if to, known := names[k]; known {
			return to
		}
		names[k] = k // a circle of parents ends here
		parent, known := parents[k]
		if !known { // it is referred to, and that is all that is known of it
			parent = traits[k.Kind].ParentOf(k)
		}
		to, named := moved[k]
		switch {
		case named:
			names[k] = to
		case !parent.IsZero() && now(parent) != parent:
			names[k] = Key{k.Kind, now(parent).Name + strings.TrimPrefix(k.Name, parent.Name)}
		}
		if target, ok := ends[k]; ok && !named {
			names[k] = Key{k.Kind, strings.TrimSuffix(names[k].Name, target.Name) + moved[target].Name}
		}
		return names[k]
	}
	return now
}
