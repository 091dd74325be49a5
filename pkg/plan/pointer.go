package plan

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// decode reads a spec into maps, slices and json.Number, so that no number
// changes on the way.
func decode(spec json.RawMessage) (map[string]any, error) {
	if len(spec) == 0 {
		return map[string]any{}, nil
	}
	d := json.NewDecoder(bytes.NewReader(spec))
	d.UseNumber()
	var m map[string]any
	if err := d.Decode(&m); err != nil {
		return nil, fmt.Errorf("spec is not a JSON object: %v", err)
	}
	if m == nil {
		m = map[string]any{}
	}
	return m, nil
}

// encode writes v compactly with sorted keys and without escaping < > &.
func encode(v any) json.RawMessage {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		panic(err) // v came from json.Unmarshal
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

// Canonical returns spec with sorted keys and no spaces; it is how specs are
// compared and hashed. Numbers keep their spelling.
func Canonical(spec json.RawMessage) (json.RawMessage, error) {
	m, err := decode(spec)
	if err != nil {
		return nil, err
	}
	return encode(m), nil
}

var escaper = strings.NewReplacer("~", "~0", "/", "~1")
var unescaper = strings.NewReplacer("~1", "/", "~0", "~")

// join appends one reference token to a JSON pointer (RFC 6901).
func join(path, token string) string { return path + "/" + escaper.Replace(token) }

// matches reports whether a pointer fits a pattern, in which "*" stands for
// any one token.
func matches(pattern, path string) bool {
	p, q := strings.Split(pattern, "/"), strings.Split(path, "/")
	return slices.EqualFunc(p, q, func(a, b string) bool { return a == "*" || a == b })
}

func matchesAny(patterns []string, path string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool { return matches(p, path) })
}

// at calls f with each string that a pattern reaches in v, and puts what f
// returns in its place.
func at(v any, pattern string, f func(string) string) {
	tokens := strings.Split(pattern, "/")
	if len(tokens) < 2 {
		return
	}
	walkTo(v, tokens[1:], f)
}

func walkTo(v any, tokens []string, f func(string) string) {
	switch v := v.(type) {
	case map[string]any:
		for k, e := range v {
			if tokens[0] == "*" || unescaper.Replace(tokens[0]) == k {
				v[k] = step(e, tokens[1:], f)
			}
		}
	case []any:
		for i, e := range v {
			if tokens[0] == "*" {
				v[i] = step(e, tokens[1:], f)
			}
		}
	}
}

func step(e any, rest []string, f func(string) string) any {
	if len(rest) > 0 {
		walkTo(e, rest, f)
		return e
	}
	if s, ok := e.(string); ok {
		return f(s)
	}
	return e
}

func decodeAny(raw json.RawMessage) (v any, err error) {
	if len(raw) == 0 {
		return nil, nil
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	err = d.Decode(&v)
	return v, err
}
