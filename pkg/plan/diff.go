package plan

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"
)

// diff returns the managed fields of desired whose value in live is another, by
// path. A field that desired does not mention is not managed; nor are inputs.
// Missing, null and "" are the same: Qlik answers any of them for an unset text.
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
	for _, k := range slices.Sorted(maps.Keys(desired)) {
		p := join(path, k)
		if matchesAny(d.traits.Input, p) {
			continue
		}
		d.value(p, live[k], desired[k])
	}
}

func (d *differ) value(path string, live, desired any) {
	l, lok := live.(map[string]any)
	w, wok := desired.(map[string]any)
	if lok && wok {
		d.object(path, l, w)
		return
	}
	if d.same(path, live, desired) {
		return
	}
	f := Field{Path: path, Live: rawOrNil(live), Desired: rawOrNil(desired)}
	if matchesAny(d.traits.Secret, path) {
		f.Live, f.Desired, f.Hidden = nil, nil, true
	}
	d.out = append(d.out, f)
}

func (d *differ) same(path string, live, desired any) bool {
	if blank(live) && blank(desired) {
		return true
	}
	l, lok := live.([]any)
	w, wok := desired.([]any)
	if blank(live) && wok && len(w) == 0 || blank(desired) && lok && len(l) == 0 {
		return true
	}
	if lok && wok && matchesAny(d.traits.Include, path) {
		return subset(elements(w), elements(l))
	}
	if lok && wok && matchesAny(d.traits.Set, path) {
		return slices.Equal(elements(l), elements(w))
	}
	return string(encode(live)) == string(encode(desired))
}

func blank(v any) bool { return v == nil || v == "" }

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

// causes says of each field why it differs, from the spec that was applied
// last, and returns the cause of them all. With no applied spec nothing is known.
func causes(fields []Field, live, desired, applied map[string]any, t Traits) Cause {
	if applied == nil {
		return Unknown
	}
	mine := pathsOf(diff(applied, desired, t))
	theirs := pathsOf(diff(live, applied, t))
	all := Unknown
	for i := range fields {
		p := fields[i].Path
		// A field that was not managed before is a change, whatever live holds.
		fields[i].Cause = causeOf(mine[p], theirs[p])
		all = both(all, fields[i].Cause)
	}
	return all
}

func pathsOf(fields []Field) map[string]bool {
	m := make(map[string]bool, len(fields))
	for _, f := range fields {
		m[f.Path] = true
	}
	return m
}

func causeOf(mine, theirs bool) Cause {
	switch {
	case mine && theirs:
		return Both
	case theirs:
		return Drift
	default:
		return Changed
	}
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
