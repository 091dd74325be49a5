package appdiff

import (
	"maps"
	"slices"
)

// layoutFields of a root object say how it is laid out, or where it comes.
var layoutFields = []string{"rank", "rows", "columns", "height", "gridResolution", "gridMode", "customRowBase", "layoutOptions"}

// cellFields of a sheet's cell say where it is.
var cellFields = []string{"col", "row", "colspan", "rowspan", "bounds"}

// properties compares the properties of a node and tells layout from the rest.
func (t *forest) properties(o *Object, old, new *node) {
	g := &gatherer{differ: t.differ, label: objectLabel}
	w := g.walker()
	w.differs = func(w *walker, a, b any) {
		if !t.placed(g, new, w, a, b) {
			g.add(w, a, b)
		}
	}
	w.reordered = func(w *walker, a, b []any) {
		if path := w.path; len(path) == 1 && (path[0] == "cells" || path[0] == "objects") {
			t.layout.Reordered = true
			return
		}
		g.addOrder(w, a, b)
	}
	w.walk(old.props, new.props)
	beside := g.walker()
	beside.objects(notNil(old.extra), notNil(new.extra))
	o.Fields = g.done(nil, nil)
}

func notNil(m map[string]any) map[string]any {
	if m == nil {
		return map[string]any{}
	}
	return m
}

// placed takes note of a difference that is layout, or that follows from an object that was added, removed
// or given another type; it says whether it was one.
func (t *forest) placed(g *gatherer, n *node, w *walker, old, new any) bool {
	path := w.path
	switch {
	case len(path) == 0:
		return false
	case n.parent == nil && slices.Contains(layoutFields, path[0]):
		before := len(g.fields)
		g.add(w, old, new)
		t.layout.Fields = append(t.layout.Fields, g.fields[before:]...)
		g.fields = g.fields[:before]
		return true
	case path[0] == "position" && str(n.props, "qInfo", "qType") == "slideitem":
		t.moved(n.key)
		return true
	case path[0] == "rank" && str(n.props, "qInfo", "qType") == "slide":
		t.layout.Reordered = true
		return true
	case len(path) >= 2 && path[0] == "cells":
		return t.cell(w, str(w.at[1], "name"), cellFields)
	case len(path) >= 2 && path[0] == "objects":
		return t.cell(w, t.child(str(w.at[1], "childRefId")), []string{"bounds"})
	}
	return false
}

// cell is placed for an element that says where an object is.
func (t *forest) cell(w *walker, key string, fields []string) bool {
	old, new := t.old.all[key], t.new.all[key]
	if len(w.path) == 2 { // the whole of it came or went
		if old != nil && new != nil {
			t.moved(key)
		}
		return old != nil || new != nil
	}
	if slices.Contains(fields, w.path[2]) {
		t.moved(key)
		return true
	}
	return w.path[2] == "type" && old != nil && new != nil &&
		str(old.props, "qInfo", "qType") != str(new.props, "qInfo", "qType")
}

func (t *forest) moved(key string) { t.layout.Moved = append(t.layout.Moved, key) }

// child is the object that a container refers to by its childRefId, or else the childRefId.
func (t *forest) child(ref string) string {
	if t.refs == nil {
		t.refs = map[string]string{}
		for _, tree := range []tree{t.old, t.new} {
			for _, key := range slices.Sorted(maps.Keys(tree.all)) {
				if r := str(tree.all[key].props, "childRefId"); r != "" {
					t.refs[r] = key
				}
			}
		}
	}
	if key, ok := t.refs[ref]; ok {
		return key
	}
	return ref
}
