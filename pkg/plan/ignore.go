package plan

import "strings"

// overlook makes the fields that the estate only sets when it creates a resource what
// they are in the tenant: whoever changes them there may.
func (o *object) overlook(live *object) {
	for _, path := range o.Ignore {
		v, there := lookup(live.spec, path)
		place(o.spec, path, v, there)
		if len(o.bare) > 0 {
			place(o.bare, path, v, there)
		}
	}
}

// place puts a value where a pointer leads through objects that are there, or takes away
// what is there.
func place(spec map[string]any, path string, v any, there bool) {
	parent, name := path[:strings.LastIndexByte(path, '/')], path[strings.LastIndexByte(path, '/')+1:]
	in, ok := lookup(spec, parent)
	m, isObject := in.(map[string]any)
	if !ok || !isObject {
		return
	}
	if there {
		m[unescape(name)] = clone(v)
	} else {
		delete(m, unescape(name))
	}
}

// IsSecret reports whether a pointer leads to a secret, or to what has one in it.
func (t Traits) IsSecret(path string) bool {
	for _, p := range append(append([]string{}, t.Secret...), t.Issued...) {
		if matches(p, path) || matches(path, p) {
			return true
		}
	}
	return false
}
