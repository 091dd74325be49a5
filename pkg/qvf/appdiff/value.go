package appdiff

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Bounds on what a comparison of properties spells out. They are far beyond what people change between two
// revisions; a hostile app reaches them with long keys around many values.
const (
	deepest   = 64       // levels of a path; what lies deeper is compared as one value
	mostPaths = 16 << 20 // bytes of paths in one comparison
)

// absent is the value of what is not there.
type absent struct{}

// parse reads a JSON text, with its numbers as written; ok is false if it is none.
func parse(doc []byte) (v any, ok bool) {
	d := json.NewDecoder(bytes.NewReader(doc))
	d.UseNumber()
	if d.Decode(&v) != nil {
		return nil, false
	}
	_, err := d.Token()
	return v, err == io.EOF
}

// parseOrNone is parse for which no text at all is an object without members.
func parseOrNone(doc []byte) (v any, ok bool) {
	if len(doc) == 0 {
		return map[string]any{}, true
	}
	return parse(doc)
}

// raw writes a value as JSON, with < and > as they are; nil for what is absent.
func raw(v any) json.RawMessage {
	if v == (absent{}) {
		return nil
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if e.Encode(v) != nil { // nothing that was read as JSON
		return json.RawMessage("null")
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

// same compares two values.
func same(a, b any) bool {
	switch a := a.(type) {
	case map[string]any:
		b, ok := b.(map[string]any)
		return ok && maps.EqualFunc(a, b, same)
	case []any:
		b, ok := b.([]any)
		return ok && slices.EqualFunc(a, b, same)
	}
	switch b.(type) {
	case map[string]any, []any:
		return false
	}
	return a == b
}

// dig follows keys into objects and numbers into arrays; nil if that leads nowhere.
func dig(v any, path ...string) any {
	for _, key := range path {
		switch t := v.(type) {
		case map[string]any:
			v = t[key]
		case []any:
			i, err := strconv.Atoi(key)
			if err != nil || i < 0 || i >= len(t) {
				return nil
			}
			v = t[i]
		default:
			return nil
		}
	}
	return v
}

// str is the text at a path; empty if there is none.
func str(v any, path ...string) string {
	s, _ := dig(v, path...).(string)
	return s
}

// walker finds where two values differ.
type walker struct {
	path []string
	at   []any // the value that each token of path leads to, of the new side if it is there
	// differs gets what differs at the walker's path.
	differs func(w *walker, old, new any)
	// reordered gets two orders of the same elements.
	reordered func(w *walker, old, new []any)
}

func (w *walker) walk(old, new any) {
	if len(w.path) < deepest {
		switch o := old.(type) {
		case map[string]any:
			if n, ok := new.(map[string]any); ok {
				w.objects(o, n)
				return
			}
		case []any:
			if n, ok := new.([]any); ok && w.arrays(o, n) {
				return
			}
		}
	}
	if !same(old, new) {
		w.differs(w, old, new)
	}
}

func (w *walker) step(token string, old, new any) {
	there := new
	if new == (absent{}) {
		there = old
	}
	w.path, w.at = append(w.path, token), append(w.at, there)
	w.walk(old, new)
	w.path, w.at = w.path[:len(w.path)-1], w.at[:len(w.at)-1]
}

func (w *walker) objects(old, new map[string]any) {
	keys := slices.AppendSeq(make([]string, 0, len(new)), maps.Keys(new))
	for key := range old {
		if _, ok := new[key]; !ok {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	for _, key := range keys {
		o, inOld := old[key]
		n, inNew := new[key]
		switch {
		case !inOld:
			w.step(key, absent{}, n)
		case !inNew:
			w.step(key, o, absent{})
		default:
			w.step(key, o, n)
		}
	}
}

// arrays compares arrays of objects element by element: by identity if all have one, or else by index. It
// leaves alone arrays that hold anything else.
func (w *walker) arrays(old, new []any) bool {
	if !allObjects(old) || !allObjects(new) {
		return false
	}
	a, b := identities(old, new)
	if a == nil {
		for i := range max(len(old), len(new)) {
			w.step(strconv.Itoa(i), at(old, i), at(new, i))
		}
		return true
	}
	where := map[string]int{}
	for i, id := range a {
		where[id] = i
	}
	var order []int // of the elements that stay, where they were
	for j, id := range b {
		i, ok := where[id]
		if !ok {
			w.step(strconv.Itoa(j), absent{}, new[j])
			continue
		}
		order = append(order, i)
		delete(where, id)
		w.step(strconv.Itoa(j), old[i], new[j])
	}
	for _, i := range slices.Sorted(maps.Values(where)) {
		w.step(strconv.Itoa(i), old[i], absent{})
	}
	if !slices.IsSorted(order) {
		w.reordered(w, old, new)
	}
	return true
}

func at(list []any, i int) any {
	if i < len(list) {
		return list[i]
	}
	return absent{}
}

func allObjects(list []any) bool {
	return !slices.ContainsFunc(list, func(v any) bool {
		_, ok := v.(map[string]any)
		return !ok
	})
}

// identity lists what tells elements of an array apart, in order of preference. Source: observed; cId is of
// columns and actions, name of a sheet's cells, childRefId of a container's objects, key of components.
var identity = [][]string{{"qInfo", "qId"}, {"cId"}, {"qDef", "cId"}, {"childRefId"}, {"id"}, {"name"}, {"key"}}

// identities are the elements' identities, if one kind of it tells all elements of both arrays apart.
func identities(old, new []any) (a, b []string) {
	for _, path := range identity {
		if a, b := each(old, path), each(new, path); a != nil && b != nil {
			return a, b
		}
	}
	return nil, nil
}

func each(list []any, path []string) []string {
	ids := make([]string, len(list))
	seen := make(map[string]bool, len(list))
	for i, v := range list {
		ids[i] = str(v, path...)
		if ids[i] == "" || seen[ids[i]] {
			return nil
		}
		seen[ids[i]] = true
	}
	return ids
}

var escaper = strings.NewReplacer("~", "~0", "/", "~1")

// pointer is a path as a JSON Pointer (RFC 6901).
func pointer(path []string) string {
	var b strings.Builder
	for _, token := range path {
		b.WriteByte('/')
		_, _ = escaper.WriteString(&b, token) // a Builder does not fail
	}
	return b.String()
}

// unwrap is the text of a value that is a string, or an expression as Qlik wraps it; ok is false if it is
// anything else.
func unwrap(v any) (text string, ok bool) {
	for {
		switch t := v.(type) {
		case string:
			return t, true
		case map[string]any:
			if len(t) != 1 {
				return "", false
			}
			key := slices.Collect(maps.Keys(t))[0]
			switch key {
			case "qStringExpression", "qValueExpression", "qExpr", "qv":
				v = t[key]
			default:
				return "", false
			}
		default:
			return "", false
		}
	}
}
