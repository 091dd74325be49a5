package plan

import (
	"bytes"
	"cmp"
	"encoding/json"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// general puts the names of a tenant's own values in the place of the values. It
// loses nothing: with the values back in place of the names, the text is what it
// was. That is why tenants whose texts become the same differ in nothing but
// their own values.
type general struct {
	values []named // longest first
	first  [256]bool
	whole  map[string]string // value → {name}, for numbers
}

type named struct{ value, name string }

// always lists the values that are put in place of whatever their length: a
// region is two letters, but it is the tenant's own.
var always = map[string]bool{"name": true, "title": true, "host": true, "alias": true, "region": true}

const shortest = 3 // letters of any other value: "1" and "eu" are too often something else

func generaliser(t Tenant) *general {
	g := &general{whole: map[string]string{}}
	for name, v := range t.Values {
		if v == "" || strings.ContainsAny(name, "{}") || !always[name] && utf8.RuneCountInString(v) < shortest {
			continue
		}
		g.values = append(g.values, named{v, "{" + name + "}"})
		g.first[v[0]] = true
	}
	slices.SortFunc(g.values, func(a, b named) int {
		return cmp.Or(cmp.Compare(len(b.value), len(a.value)), cmp.Compare(rank(a.name), rank(b.name)), cmp.Compare(a.name, b.name))
	})
	for _, v := range slices.Backward(g.values) {
		g.whole[v.value] = v.name
	}
	return g
}

// rank puts the tenant's name before other values that happen to be the same.
func rank(name string) int {
	if name == "{name}" {
		return 0
	}
	return 1
}

// words appends s with names in place of the values that stand in it as words of
// their own. A brace that was there before is doubled, so that it is no name.
func (g *general) words(buf []byte, s string) []byte {
	last := 0
	for i := 0; i < len(s); {
		if s[i] == '{' {
			buf = append(append(buf, s[last:i]...), "{{"...)
			i++
			last = i
			continue
		}
		if !g.first[s[i]] {
			i++
			continue
		}
		e := g.match(s, i)
		if e < 0 {
			i++
			continue
		}
		buf = append(append(buf, s[last:i]...), g.values[e].name...)
		i += len(g.values[e].value)
		last = i
	}
	return append(buf, s[last:]...)
}

// match returns the index of the value that begins at s[i:] as a word, or -1.
func (g *general) match(s string, i int) int {
	if before, _ := utf8.DecodeLastRuneInString(s[:i]); i > 0 && inWord(before) {
		return -1
	}
	for e := range g.values {
		rest, ok := strings.CutPrefix(s[i:], g.values[e].value)
		if !ok {
			continue
		}
		if after, _ := utf8.DecodeRuneInString(rest); rest == "" || !inWord(after) {
			return e
		}
	}
	return -1
}

func inWord(r rune) bool {
	if r < utf8.RuneSelf {
		return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9'
	}
	return unicode.IsLetter(r) || unicode.IsDigit(r)
}

// json appends canonical JSON with names in place of the values in its strings,
// and of the numbers that are a value.
func (g *general) json(buf []byte, raw json.RawMessage) []byte {
	for len(raw) > 0 {
		quote := bytes.IndexByte(raw, '"')
		if quote < 0 {
			return g.numbers(buf, raw)
		}
		buf = g.numbers(buf, raw[:quote])
		end, escaped := quoted(raw[quote:])
		token := string(raw[quote : quote+end])
		raw = raw[quote+end:]
		if !escaped {
			buf = g.words(buf, token)
			continue
		}
		var s string
		if json.Unmarshal([]byte(token), &s) != nil {
			buf = append(buf, token...) // not what Build makes
			continue
		}
		buf = append(buf, encode(string(g.words(nil, s)))...)
	}
	return buf
}

// quoted returns the length of the JSON string that raw begins with, and whether
// there is an escape in it.
func quoted(raw []byte) (n int, escaped bool) {
	for n = 1; n < len(raw); n++ {
		switch raw[n] {
		case '\\':
			escaped = true
			n++
		case '"':
			return n + 1, escaped
		}
	}
	return len(raw), escaped
}

// numbers appends JSON between strings.
func (g *general) numbers(buf, raw []byte) []byte {
	for i := 0; i < len(raw); {
		n := 0
		for i+n < len(raw) && inNumber(raw[i+n]) {
			n++
		}
		if n == 0 {
			buf = append(buf, raw[i])
			i++
			continue
		}
		if name := g.whole[string(raw[i:i+n])]; name != "" {
			buf = append(append(buf, '#'), name...)
		} else {
			buf = append(buf, raw[i:i+n]...)
		}
		i += n
	}
	return buf
}

func inNumber(c byte) bool {
	return '0' <= c && c <= '9' || c == '-' || c == '+' || c == '.' || c == 'e' || c == 'E'
}

func (g *general) key(k Key) Key { return Key{k.Kind, g.text(k.Name)} }

// text is what people see of words: braces are doubled only where they look like
// the name of a value.
func (g *general) text(s string) string {
	out := string(g.words(nil, s))
	if !strings.Contains(s, "{") {
		return out
	}
	like := slices.ContainsFunc(g.values, func(v named) bool { return strings.Contains(s, v.name) })
	if like {
		return out
	}
	return strings.ReplaceAll(out, "{{", "{")
}

// show is what people see of json: still JSON, with a string in place of a number.
func (g *general) show(raw json.RawMessage) json.RawMessage {
	if len(raw) == 0 {
		return raw
	}
	v, err := decodeAny(raw)
	if err != nil {
		return raw
	}
	return encode(g.value(v))
}

func (g *general) value(v any) any {
	switch v := v.(type) {
	case string:
		return g.text(v)
	case json.Number:
		if name := g.whole[string(v)]; name != "" {
			return name
		}
	case []any:
		for i := range v {
			v[i] = g.value(v[i])
		}
	case map[string]any:
		out := make(map[string]any, len(v))
		for k, e := range v {
			out[g.text(k)] = g.value(e)
		}
		return out
	}
	return v
}
