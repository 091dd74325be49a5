package appdiff

import (
	"fmt"
	"maps"
	"slices"
)

// node is an object of a tree, as qvf.Node.JSON writes it.
type node struct {
	key      string // the id, or something of its own if it has none or not for itself
	props    any
	extra    map[string]any
	children []*node
	parent   *node
	place    int // among the parent's children
}

// tree is a root object with all in it.
type tree struct {
	root *node
	all  map[string]*node
}

func plant(content []byte) (tree, bool) {
	v, ok := parse(content)
	if !ok {
		return tree{}, false
	}
	t := tree{all: map[string]*node{}}
	t.root = t.grow(nil, v)
	return t, true
}

// grow makes a node of {"qProperty":…,"qChildren":[…]} or of bare properties.
func (t tree) grow(parent *node, v any) *node {
	n := &node{props: v, parent: parent}
	m, _ := v.(map[string]any)
	children, isList := m["qChildren"].([]any)
	if props, ok := m["qProperty"]; ok && (isList || m["qChildren"] == nil) {
		n.props = props
		n.extra = maps.Clone(m)
		delete(n.extra, "qProperty")
		delete(n.extra, "qChildren")
	} else {
		children = nil
	}
	n.key = str(n.props, "qInfo", "qId")
	if _, taken := t.all[n.key]; taken || n.key == "" {
		n.key = fmt.Sprintf("#%d", len(t.all))
	}
	t.all[n.key] = n
	for i, c := range children {
		n.children = append(n.children, t.grow(n, c))
		n.children[i].place = i
	}
	return n
}

func (d *differ) object(p pair) Object {
	part := p.any()
	kinds := d.newTypes
	if p.new == nil {
		kinds = d.oldTypes
	}
	o := Object{ID: part.ID, Title: part.Title, Type: kinds[part.ID], Action: p.action()}
	var old, new tree
	okOld, okNew := true, true
	if p.old != nil {
		old, okOld = plant(p.old.Content)
	}
	if p.new != nil {
		new, okNew = plant(p.new.Content)
	}
	t := &forest{differ: d, old: old, new: new, layout: &Layout{}}
	id, title, kind := o.ID, o.Title, o.Type
	switch {
	case !okOld || !okNew:
		if o.Action == Changed {
			o.Fields = d.document(p.old.Content, p.new.Content, objectLabel)
		}
		return o
	case o.Action == Added:
		o = t.added(new.root)
	case o.Action == Removed:
		o = t.removed(old.root)
	default:
		o = t.changed(p)
	}
	o.ID, o.Title, o.Type = id, title, kind
	return o
}

// changed describes how the root object changed. It always says something.
func (t *forest) changed(p pair) Object {
	o := t.compare(t.old.root, t.new.root)
	o.OldTitle = ""
	if p.old.Title != p.new.Title {
		o.OldTitle = p.old.Title
	}
	slices.Sort(t.layout.Moved)
	t.layout.Moved = slices.Compact(t.layout.Moved)
	if len(t.layout.Moved)+len(t.layout.Fields) > 0 || t.layout.Reordered {
		o.Layout = t.layout
	}
	if o.Layout == nil && len(o.Fields)+len(o.Children) == 0 {
		o.Fields = (&gatherer{differ: t.differ}).done(p.old.Content, p.new.Content)
	}
	return o
}

// forest is a root object before and after.
type forest struct {
	*differ
	old, new tree
	layout   *Layout
	refs     map[string]string
}

// compare describes how a node changed. What did not change itself may have changed children.
func (t *forest) compare(old, new *node) Object {
	o := Object{ID: new.key, Action: Changed, Type: str(new.props, "qInfo", "qType")}
	t.describe(&o, new)
	was := Object{}
	t.describe(&was, old)
	if was.Title != o.Title {
		o.OldTitle = was.Title
	}
	if was.Visualization != o.Visualization {
		o.OldVisualization = was.Visualization
	}
	if old.parent != nil && new.parent != nil && old.parent.key != new.parent.key {
		o.From = name(t.differ, old.parent)
	}
	t.properties(&o, old, new)
	var stayed []int
	for _, c := range new.children {
		before := t.old.all[c.key]
		if before == nil {
			o.Children = append(o.Children, t.added(c))
			continue
		}
		if before.parent == old {
			stayed = append(stayed, before.place)
		}
		if changed := t.compare(before, c); changed.says() {
			o.Children = append(o.Children, changed)
		}
	}
	t.layout.Reordered = t.layout.Reordered || !slices.IsSorted(stayed)
	for _, c := range old.children {
		if t.new.all[c.key] == nil {
			o.Children = append(o.Children, t.removed(c))
		}
	}
	return o
}

// says tells whether there is anything to say of a changed object.
func (o *Object) says() bool {
	return len(o.Fields)+len(o.Children) > 0 || o.From != "" || o.OldTitle != o.Title && o.OldTitle != "" || o.OldVisualization != ""
}

// added describes an object that is new in a tree that is not. What is in it may have been elsewhere.
func (t *forest) added(n *node) Object {
	o := Object{ID: n.key, Action: Added, Type: str(n.props, "qInfo", "qType")}
	t.describe(&o, n)
	t.columns(&o, n.props, 0)
	for _, c := range n.children {
		if before := t.old.all[c.key]; before != nil {
			o.Children = append(o.Children, t.compare(before, c))
			continue
		}
		o.Children = append(o.Children, t.added(c))
	}
	return o
}

func (t *forest) removed(n *node) Object {
	o := Object{ID: n.key, Action: Removed, Type: str(n.props, "qInfo", "qType")}
	t.describe(&o, n)
	t.columns(&o, n.props, 0)
	for _, c := range n.children {
		if t.new.all[c.key] == nil {
			o.Children = append(o.Children, t.removed(c))
		}
	}
	return o
}

// describe fills in what an object is: its visualisation, title and master visualisation.
func (d *differ) describe(o *Object, n *node) {
	o.Visualization = str(n.props, "visualization")
	if o.Visualization == "" && n.parent != nil {
		o.Visualization = str(n.props, "qInfo", "qType")
	}
	o.Master = d.library[str(n.props, "qExtendsId")]
	for _, key := range []string{"title", "labelExpression"} {
		if text, ok := unwrap(dig(n.props, key)); ok && text != "" && n.parent != nil {
			o.Title = text
			break
		}
	}
	if s := str(n.props, "qMetaDef", "title"); s != "" {
		o.Title = s
	}
}

// columns fills in dimensions and measures, wherever a chart has a hypercube or a list.
func (d *differ) columns(o *Object, v any, depth int) {
	const enough = 6 // gaLayers/0/qHyperCubeDef of maps, boxplotDef/qHyperCubeDef of box plots
	switch v := v.(type) {
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(v)) {
			switch {
			case key == "qHyperCubeDef":
				o.Dimensions = append(o.Dimensions, d.texts(dig(v[key], "qDimensions"))...)
				o.Measures = append(o.Measures, d.texts(dig(v[key], "qMeasures"))...)
			case key == "qListObjectDef":
				o.Dimensions = append(o.Dimensions, d.texts([]any{v[key]})...)
			case depth < enough:
				d.columns(o, v[key], depth+1)
			}
		}
	case []any:
		for _, e := range v {
			if depth < enough {
				d.columns(o, e, depth+1)
			}
		}
	}
}

func (d *differ) texts(v any) []string {
	var texts []string
	list, _ := v.([]any)
	for _, column := range list {
		if s := columnText(d.library, column); s != "" {
			texts = append(texts, s)
		}
	}
	return texts
}

// name is what an object is called in the text about another one.
func name(d *differ, n *node) string {
	var o Object
	d.describe(&o, n)
	for _, s := range []string{o.Title, o.Master, n.key} {
		if s != "" {
			return s
		}
	}
	return ""
}

// precedence orders root objects.
func precedence(kind string) int {
	if i := slices.Index([]string{"sheet", "masterobject", "story"}, kind); i >= 0 {
		return i
	}
	return 3
}
