package plan

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Class is tenants whose changes are the same but for their own names and
// values.
type Class struct {
	Plans   []*Plan  // sorted by tenant
	Changes []Change // with {name}s in place of values when there are two tenants or more
}

// Classes groups the plans that have changes, largest class first; classes of
// one size come in the order of their first tenants.
func (f *Fleet) Classes() []Class {
	byShape := map[string]int{}
	var out []Class
	for _, p := range f.Plans {
		if len(p.Changes) == 0 {
			continue
		}
		general := generalise(p)
		shape := sum(encode(general))
		i, ok := byShape[shape]
		if !ok {
			i = len(out)
			byShape[shape] = i
			out = append(out, Class{Changes: general})
		}
		out[i].Plans = append(out[i].Plans, p)
	}
	for i := range out {
		if len(out[i].Plans) == 1 {
			out[i].Changes = out[i].Plans[0].Changes
		}
	}
	slices.SortStableFunc(out, func(a, b Class) int { return cmp.Compare(len(b.Plans), len(a.Plans)) })
	return out
}

// generalise returns the changes of p with the names of the tenant's own values
// in place of the values, and without positions.
func generalise(p *Plan) []Change {
	g := generaliser(p.Tenant)
	out := make([]Change, len(p.Changes))
	for i, c := range p.Changes {
		c.Key, c.From = g.key(c.Key), g.key(c.From)
		c.Reason, c.Blocked, c.Hint = g.text(c.Reason), g.text(c.Blocked), g.text(c.Hint)
		c.Desired, c.Live = g.resource(c.Desired), nil
		c.Fields = slices.Clone(c.Fields)
		for j := range c.Fields {
			f := &c.Fields[j]
			f.Path = g.text(f.Path)
			f.Live, f.Desired = g.json(f.Live), g.json(f.Desired)
		}
		c.After = slices.Clone(c.After)
		for j := range c.After {
			c.After[j] = g.key(c.After[j])
		}
		out[i] = c
	}
	return out
}

// general is the values of a tenant, longest first, with their names.
type general []struct{ value, name string }

// always lists the values that are put in place of whatever their length: a
// region is two letters, but it is the tenant's own.
var always = map[string]bool{"name": true, "title": true, "host": true, "alias": true, "region": true}

func generaliser(t Tenant) general {
	var g general
	for name, v := range t.Values {
		if v != "" && (always[name] || utf8.RuneCountInString(v) > 2) {
			g = append(g, struct{ value, name string }{v, "{" + name + "}"})
		}
	}
	slices.SortFunc(g, func(a, b struct{ value, name string }) int {
		return cmp.Or(cmp.Compare(len(b.value), len(a.value)), cmp.Compare(a.name, b.name))
	})
	return g
}

func (g general) key(k Key) Key { return Key{k.Kind, g.text(k.Name)} }

func (g general) resource(r *Resource) *Resource {
	if r == nil {
		return nil
	}
	return &Resource{Key: g.key(r.Key), Spec: g.json(r.Spec), Needed: r.Needed}
}

func (g general) json(raw json.RawMessage) json.RawMessage {
	if len(raw) == 0 || !g.occurs(string(raw)) {
		return raw
	}
	v, err := decodeAny(raw)
	if err != nil {
		return raw
	}
	return encode(g.value(v))
}

func (g general) occurs(s string) bool {
	return slices.ContainsFunc(g, func(e struct{ value, name string }) bool {
		return strings.Contains(s, e.value) || strings.ContainsAny(e.value, `"\`+"\n")
	})
}

func (g general) value(v any) any {
	switch v := v.(type) {
	case string:
		return g.text(v)
	case []any:
		for i := range v {
			v[i] = g.value(v[i])
		}
	case map[string]any:
		for k := range v {
			v[k] = g.value(v[k])
		}
	}
	return v
}

// text puts names in place of the values that stand in s as words of their own.
func (g general) text(s string) string {
	if s == "" || !g.occurs(s) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		if e := g.match(s, i); e >= 0 {
			b.WriteString(g[e].name)
			i += len(g[e].value)
			continue
		}
		_, n := utf8.DecodeRuneInString(s[i:])
		b.WriteString(s[i : i+n])
		i += n
	}
	return b.String()
}

// match returns the index of the value that begins at s[i:] as a word, or -1.
func (g general) match(s string, i int) int {
	if before, _ := utf8.DecodeLastRuneInString(s[:i]); i > 0 && inWord(before) {
		return -1
	}
	for e := range g {
		rest, ok := strings.CutPrefix(s[i:], g[e].value)
		if !ok {
			continue
		}
		if after, _ := utf8.DecodeRuneInString(rest); rest == "" || !inWord(after) {
			return e
		}
	}
	return -1
}

func inWord(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }
