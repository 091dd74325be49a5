package plan

import (
	"slices"
	"strconv"
	"strings"
)

var escaper = strings.NewReplacer("~", "~0", "/", "~1")
var unescaper = strings.NewReplacer("~1", "/", "~0", "~")

// join appends one reference token to a JSON pointer (RFC 6901).
func join(path, token string) string {
	if strings.ContainsAny(token, "~/") {
		token = escaper.Replace(token)
	}
	return path + "/" + token
}

func unescape(token string) string {
	if strings.Contains(token, "~") {
		return unescaper.Replace(token)
	}
	return token
}

// matches reports whether a pattern, in which "*" stands for any one token,
// reaches a pointer or something that the pointer lies in.
func matches(pattern, path string) bool {
	for pattern != "" {
		var p, q string
		p, pattern = token(pattern)
		q, path = token(path)
		if q == "" || p != "/*" && p != q {
			return false
		}
	}
	return true
}

// token cuts the first token, with its slash, off a pointer.
func token(pointer string) (first, rest string) {
	if len(pointer) < 2 {
		return pointer, ""
	}
	if i := strings.IndexByte(pointer[1:], '/'); i >= 0 {
		return pointer[:i+1], pointer[i+1:]
	}
	return pointer, ""
}

func matchesAny(patterns []string, path string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool { return p != "" && matches(p, path) })
}

// lookup returns the value that a pointer reaches through objects.
func lookup(spec map[string]any, path string) (v any, ok bool) {
	v = spec
	for path != "" {
		var first string
		first, path = token(path)
		m, isObject := v.(map[string]any)
		if !isObject {
			return nil, false
		}
		if v, ok = m[unescape(first[1:])]; !ok {
			return nil, false
		}
	}
	return v, true
}

// removed is what the function given to edit returns to remove a value. In an
// array null takes its place, so that the others keep theirs.
type removed struct{}

// edit calls f with each value that a pattern reaches in v, and its pointer, and
// puts what f returns in its place.
func edit(v any, pattern string, f func(path string, v any) any) {
	if strings.HasPrefix(pattern, "/") {
		editAt(v, "", pattern, f)
	}
}

func editAt(v any, path, pattern string, f func(string, any) any) {
	first, rest := token(pattern)
	name := first[1:]
	switch v := v.(type) {
	case map[string]any:
		if name != "*" {
			name = unescape(name)
			if e, ok := v[name]; ok {
				put(v, name, step(e, path+first, rest, f))
			}
			return
		}
		for k, e := range v {
			put(v, k, step(e, join(path, k), rest, f))
		}
	case []any:
		if name != "*" {
			return
		}
		for i, e := range v {
			if v[i] = step(e, path+"/"+strconv.Itoa(i), rest, f); v[i] == (removed{}) {
				v[i] = nil
			}
		}
	}
}

func put(m map[string]any, k string, v any) {
	if v == (removed{}) {
		delete(m, k)
		return
	}
	m[k] = v
}

func step(e any, path, rest string, f func(string, any) any) any {
	if rest != "" {
		editAt(e, path, rest, f)
		return e
	}
	return f(path, e)
}

// at calls f with each string that a pattern reaches in v, and puts what f
// returns in its place.
func at(v any, pattern string, f func(string) string) {
	edit(v, pattern, func(_ string, e any) any {
		if s, ok := e.(string); ok {
			return f(s)
		}
		return e
	})
}
