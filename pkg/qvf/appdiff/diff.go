package appdiff

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/qdeploy/qdeploy/pkg/qvf"
)

// Diff compares two revisions of an app. A nil app is one that is not there: all of the other is added, or
// removed. Diff keeps nothing of the apps but strings.
func Diff(old, new *qvf.App) *Changes {
	if old == nil {
		old = &qvf.App{}
	}
	if new == nil {
		new = &qvf.App{}
	}
	c := &Changes{Old: revision(old), New: revision(new), Notes: notes(old, new)}
	if c.Old.Digest == c.New.Digest {
		return c
	}
	d := &differ{changes: c, work: &work{left: budget}}
	oldParts, newParts := qvf.Parts(old), qvf.Parts(new)
	d.library = libraryOf(oldParts, libraryOf(newParts, library{}))
	d.oldTypes, d.newTypes = types(old), types(new)
	for _, p := range pairs(oldParts, newParts) {
		d.part(p)
	}
	c.Security = security(old, new)
	c.Requires = requirements(old, new)
	d.sort()
	if c.Empty() { // the digests tell apart what pairs cannot
		c.Properties = []Field{{OldText: c.Old.Digest, NewText: c.New.Digest, Label: "digest"}}
	}
	return c
}

func revision(a *qvf.App) Revision {
	return Revision{Title: a.Title(), Digest: qvf.Digest(a), Engine: a.Engine()}
}

// differ gathers the changes of one comparison.
type differ struct {
	changes            *Changes
	work               *work
	paths              int // bytes of paths so far
	library            library
	oldTypes, newTypes map[string]string
}

// library has the titles of master items by id. Two kinds may not share an id.
type library map[string]string

// libraryOf adds to l the titles of master items that l does not know.
func libraryOf(parts []qvf.Part, l library) library {
	for _, p := range parts {
		switch p.Kind {
		case "measure", "dimension", "object":
			if _, ok := l[p.ID]; !ok && p.Title != "" {
				l[p.ID] = p.Title
			}
		}
	}
	return l
}

func types(a *qvf.App) map[string]string {
	m := map[string]string{}
	for _, o := range a.Objects {
		m[o.ID] = o.Type
	}
	return m
}

// pair is a part before and after; one of them is nil if it was added or removed.
type pair struct{ old, new *qvf.Part }

func (p pair) any() *qvf.Part {
	if p.new != nil {
		return p.new
	}
	return p.old
}

func (p pair) action() Action {
	switch {
	case p.old == nil:
		return Added
	case p.new == nil:
		return Removed
	}
	return Changed
}

// pairs matches parts by kind and id and leaves out what is the same. Parts that share kind and id, which
// no file has but an App may, match by content and then in order.
func pairs(old, new []qvf.Part) []pair {
	var list []pair
	byKey := func(a, b qvf.Part) int {
		return cmp.Or(strings.Compare(a.Kind, b.Kind), strings.Compare(a.ID, b.ID))
	}
	for len(old) > 0 || len(new) > 0 {
		var first qvf.Part
		if len(new) == 0 || len(old) > 0 && byKey(old[0], new[0]) < 0 {
			first = old[0]
		} else {
			first = new[0]
		}
		var a, b []qvf.Part
		a, old = split(old, func(p qvf.Part) bool { return byKey(p, first) == 0 })
		b, new = split(new, func(p qvf.Part) bool { return byKey(p, first) == 0 })
		list = append(list, unequal(a, b)...)
	}
	return list
}

// split cuts off the parts at the beginning for which f holds.
func split(parts []qvf.Part, f func(qvf.Part) bool) (head, tail []qvf.Part) {
	n := slices.IndexFunc(parts, func(p qvf.Part) bool { return !f(p) })
	if n < 0 {
		n = len(parts)
	}
	return parts[:n], parts[n:]
}

// unequal pairs parts of one key, both lists in order of content, after equal ones are gone.
func unequal(a, b []qvf.Part) []pair {
	var olds, news []*qvf.Part
	for len(a) > 0 && len(b) > 0 {
		switch n := bytes.Compare(a[0].Content, b[0].Content); {
		case n == 0:
			a, b = a[1:], b[1:]
		case n < 0:
			olds, a = append(olds, &a[0]), a[1:]
		default:
			news, b = append(news, &b[0]), b[1:]
		}
	}
	for i := range a {
		olds = append(olds, &a[i])
	}
	for i := range b {
		news = append(news, &b[i])
	}
	list := make([]pair, max(len(olds), len(news)))
	for i := range list {
		if i < len(olds) {
			list[i].old = olds[i]
		}
		if i < len(news) {
			list[i].new = news[i]
		}
	}
	return list
}

func (d *differ) part(p pair) {
	c := d.changes
	switch p.any().Kind {
	case "script":
		c.Script = script(string(p.old.Content), string(p.new.Content), d.work)
	case "properties":
		c.Properties = d.document(p.old.Content, p.new.Content, appLabel)
	case "variable":
		c.Variables = append(c.Variables, d.item(p, variableText))
	case "dimension":
		c.Dimensions = append(c.Dimensions, d.item(p, dimensionText))
	case "measure":
		c.Measures = append(c.Measures, d.item(p, measureText))
	case "bookmark":
		c.Bookmarks = append(c.Bookmarks, d.item(p, nil))
	case "object":
		c.Objects = append(c.Objects, d.object(p))
	case "media":
		c.Images = append(c.Images, image(p))
	}
}

// item describes a pair of measures, dimensions, variables or bookmarks.
func (d *differ) item(p pair, expression func(v any) string) Item {
	i := Item{ID: p.any().ID, Title: p.any().Title, Action: p.action()}
	v, _ := parse(p.any().Content)
	if expression == nil {
		i.Type = str(v, "type")
	} else {
		i.Expression = expression(v)
	}
	if i.Action == Changed {
		if p.old.Title != p.new.Title {
			i.OldTitle = p.old.Title
		}
		i.Fields = d.document(p.old.Content, p.new.Content, itemLabel)
	}
	return i
}

func image(p pair) Image {
	i := Image{Name: p.any().ID, Action: p.action()}
	if p.old != nil {
		i.OldSize, i.OldSHA256 = len(p.old.Content), p.old.Sum()
	}
	if p.new != nil {
		i.NewSize, i.NewSHA256 = len(p.new.Content), p.new.Sum()
	}
	return i
}

// document compares two contents that differ: what is JSON on both sides value by value. It always says
// something, if only that the bytes differ.
func (d *differ) document(old, new []byte, label labeller) []Field {
	a, okA := parseOrNone(old)
	b, okB := parseOrNone(new)
	if !okA || !okB {
		return []Field{{Label: "content", Old: raw(string(old)), New: raw(string(new))}}
	}
	g := &gatherer{differ: d, label: label}
	g.walker().walk(a, b)
	return g.done(old, new)
}

// gatherer makes fields of what a walker finds.
type gatherer struct {
	*differ
	label  labeller
	fields []Field
	more   int
}

func (g *gatherer) walker() *walker {
	return &walker{
		differs:   func(w *walker, old, new any) { g.add(w, old, new) },
		reordered: func(w *walker, old, new []any) { g.addOrder(w, old, new) },
	}
}

func (g *gatherer) field(w *walker) (f Field, ok bool) {
	n := 0
	for _, token := range w.path {
		n += 1 + len(token)
	}
	if g.paths += n + 32; g.paths > mostPaths {
		g.more++
		return f, false
	}
	return Field{Path: pointer(w.path), Label: g.label(g.library, w)}, true
}

func (g *gatherer) add(w *walker, old, new any) {
	f, ok := g.field(w)
	if !ok {
		return
	}
	f.Old, f.New = raw(old), raw(new)
	f.OldText, f.NewText = g.words(w, old), g.words(w, new)
	g.fields = append(g.fields, f)
}

func (g *gatherer) addOrder(w *walker, old, new []any) {
	f, ok := g.field(w)
	if !ok {
		return
	}
	f.Label = strings.TrimSpace("order " + f.Label)
	f.OldText, f.NewText = g.names(old), g.names(new)
	g.fields = append(g.fields, f)
}

// done adds what must not go unsaid.
func (g *gatherer) done(old, new []byte) []Field {
	if g.more > 0 {
		g.fields = append(g.fields, Field{Label: "more", NewText: fmt.Sprintf("%d more values differ", g.more)})
	}
	if len(g.fields) == 0 && !bytes.Equal(old, new) { // two members of one name, halves of surrogate pairs
		g.fields = []Field{{Label: "content", Old: raw(string(old)), New: raw(string(new))}}
	}
	return g.fields
}

// sort puts items in the order of their titles, and sheets first.
func (d *differ) sort() {
	c := d.changes
	for _, list := range [][]Item{c.Measures, c.Dimensions, c.Variables, c.Bookmarks} {
		slices.SortStableFunc(list, func(a, b Item) int {
			return cmp.Or(strings.Compare(a.Title, b.Title), strings.Compare(a.ID, b.ID))
		})
	}
	slices.SortStableFunc(c.Objects, func(a, b Object) int {
		return cmp.Or(cmp.Compare(precedence(a.Type), precedence(b.Type)), strings.Compare(a.Title, b.Title),
			strings.Compare(a.ID, b.ID))
	})
}
