package plan

import (
	"cmp"
	"encoding/json"
	"reflect"
	"slices"
)

// diff returns the fields of desired whose value in live is another, by path. A
// field that desired does not mention is not managed. Missing, null and "" are
// the same: Qlik answers any of them for an unset text; so are missing and an
// empty array or object. Arrays are compared whole, and so are the objects that t says. Secrets and inputs are not
// in what it is given.
func diff(live, desired map[string]any, t Traits) []Field {
	d := differ{traits: t}
	d.object("", live, desired)
	slices.SortFunc(d.out, func(a, b Field) int { return cmp.Compare(a.Path, b.Path) })
	return d.out
}

type differ struct {
	traits Traits
	out    []Field
}

func (d *differ) object(path string, live, desired map[string]any) {
	for k, want := range desired {
		d.value(join(path, k), live[k], want)
	}
}

func (d *differ) value(path string, live, desired any) {
	l, lok := live.(map[string]any)
	w, wok := desired.(map[string]any)
	if wok && (lok || blank(live)) && !matchesAny(d.traits.Whole, path) {
		d.object(path, l, w)
		return
	}
	if !d.same(path, live, desired) {
		d.out = append(d.out, Field{Path: path, Live: rawOrNil(live), Desired: rawOrNil(desired)})
	}
}

func (d *differ) same(path string, live, desired any) bool {
	if empty(live) && empty(desired) && (blank(live) || blank(desired)) {
		return true
	}
	l, lok := live.([]any)
	w, wok := desired.([]any)
	if (lok || blank(live)) && wok && matchesAny(d.traits.Include, path) {
		return subset(elements(w), elements(l))
	}
	if lok && wok && matchesAny(d.traits.Set, path) {
		return reflect.DeepEqual(l, w) || slices.Equal(elements(l), elements(w))
	}
	return reflect.DeepEqual(live, desired)
}

// blank reports whether v is an unset text.
func blank(v any) bool { return v == nil || v == "" }

// empty reports whether v is blank or holds nothing.
func empty(v any) bool {
	switch v := v.(type) {
	case []any:
		return len(v) == 0
	case map[string]any:
		return len(v) == 0
	}
	return blank(v)
}

// elements returns the members of a set in canonical form, sorted, once each.
func elements(a []any) []string {
	out := make([]string, len(a))
	for i, e := range a {
		out[i] = string(encode(e))
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func subset(a, b []string) bool {
	for _, e := range a {
		if _, ok := slices.BinarySearch(b, e); !ok {
			return false
		}
	}
	return true
}

func rawOrNil(v any) json.RawMessage {
	if v == nil {
		return nil
	}
	return encode(v)
}

// causer finds out why fields differ, from the spec that was applied last.
type causer struct {
	live, desired, applied map[string]any

	now, then Traits // of what is desired, and of what was applied
}

// all says of each field why it differs, and returns the cause of them all. With no
// applied spec nothing is known.
func (c causer) all(fields []Field) Cause {
	if c.applied == nil {
		return Unknown
	}
	all := Unknown
	for i := range fields {
		fields[i].Cause = c.of(fields[i].Path)
		all = both(all, fields[i].Cause)
	}
	return all
}

func (c causer) of(path string) Cause {
	was, managed := lookup(c.applied, path)
	if !managed {
		return Changed // whatever live holds, nobody had asked for anything else
	}
	is, _ := lookup(c.live, path)
	wanted, _ := lookup(c.desired, path)
	mine, theirs := differs(path, was, wanted, c.now), differs(path, is, was, c.then)
	switch {
	case mine && theirs:
		return Both
	case theirs:
		return Drift
	default:
		return Changed
	}
}

func differs(path string, live, desired any, t Traits) bool {
	d := differ{traits: t}
	d.value(path, live, desired)
	return len(d.out) > 0
}

func both(a, b Cause) Cause {
	switch {
	case a == Unknown || a == b:
		return b
	case b == Unknown:
		return a
	default:
		return Both
	}
}

// dropped returns the elements of an Include set that were applied, are live and
// are no longer desired. Such a set may hold more than is declared, so they stay.
func dropped(path string, live, desired, applied map[string]any) []string {
	list := func(m map[string]any) []string {
		v, _ := lookup(m, path)
		a, _ := v.([]any)
		return elements(a)
	}
	is, wanted, was := list(live), list(desired), list(applied)
	return slices.DeleteFunc(was, func(e string) bool {
		return !slices.Contains(is, e) || slices.Contains(wanted, e)
	})
}
