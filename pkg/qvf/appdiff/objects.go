package appdiff

import (
	"fmt"
	"strings"

	"github.com/qdeploy/qdeploy/pkg/qvf"
)

// shown says whether a root object is something people look at, rather than a setting.
func shown(o Object) bool { return precedence(o.Type) < 3 || o.Visualization != "" }

func (c *Changes) objectSection(title, unit string, of func(Object) bool, w *work) section {
	s := section{title: title, unit: unit}
	n := map[string]*[3]int{}
	for _, o := range c.Objects {
		if !of(o) || layoutOnly(o) {
			continue
		}
		tallyObjects(o, n, true)
		blocks, _ := objectBlocks(o, 0, w)
		s.blocks = append(s.blocks, blocks...)
	}
	var parts []string
	for _, kind := range []string{"sheet", "master visualisation", "story", "chart", "other object"} {
		if k := n[kind]; k != nil {
			parts = append(parts, kind+"s "+tally(k[0], k[1], k[2]))
		}
	}
	s.count = strings.ReplaceAll(strings.Join(parts, "; "), "storys", "stories")
	return s
}

// tallyObjects counts objects by kind and action. Of what is in an added or removed container, the
// container counts for all.
func tallyObjects(o Object, n map[string]*[3]int, root bool) {
	kind := "chart"
	if root {
		kind = rootKind(o)
	}
	if root || len(o.Fields) > 0 || o.From != "" || o.Action != Changed {
		if n[kind] == nil {
			n[kind] = &[3]int{}
		}
		n[kind][strings.IndexByte("+~-", sign(o.Action))]++
	}
	for _, c := range o.Children {
		if root || o.Action == Changed || c.Action != o.Action {
			tallyObjects(c, n, false)
		}
	}
}

func rootKind(o Object) string {
	switch o.Type {
	case "sheet", "story":
		return o.Type
	case "masterobject":
		return "master visualisation"
	}
	return "other object"
}

// settingWords name root objects of which an app has one and that have no title.
var settingWords = map[string]string{"appprops": "app settings", "LoadModel": "data manager's model"}

func layoutOnly(o Object) bool {
	return o.Action == Changed && len(o.Fields)+len(o.Children) == 0 && o.Layout != nil
}

// mostDepth is how deep objects are shown inside one another; what lies deeper stands beside.
const mostDepth = 6

// objectBlocks shows an object and what is in it; size is how many objects that are. All in a chart that
// was added or removed with it is merely counted.
func objectBlocks(o Object, depth int, w *work) (blocks []block, size int) {
	b := block{depth: min(depth, mostDepth), sign: sign(o.Action), words: objectWords(o, depth == 0)}
	if o.Action == Changed {
		b.body = fieldsBody(o.Fields, o.OldTitle, o.Title, w)
	}
	if o.Action == Added && len(o.Children) == 0 {
		b.words = append(b.words, columnsWords(o)...)
	}
	blocks, size = []block{b}, 1
	inside := 0
	for _, c := range o.Children {
		list, n := objectBlocks(c, depth+1, w)
		size += n
		if c.Action == o.Action && o.Action != Changed && depth > 0 && len(list) == 1 {
			inside += n
			continue
		}
		blocks = append(blocks, list...)
	}
	if inside > 0 {
		blocks[0].words = append(blocks[0].words, own("with %s inside", plural(inside, "object")))
	}
	return blocks, size
}

func objectWords(o Object, root bool) []word {
	var words []word
	kind := o.Visualization
	if kind == "" {
		kind = o.Type
	}
	if root {
		switch k := rootKind(o); {
		case settingWords[o.Type] != "":
			return []word{own("%s", settingWords[o.Type])}
		case k == "other object" && o.Visualization == "":
			words = append(words, foreign(o.Type))
		case k != "other object":
			words = append(words, own("%s", k))
		}
	}
	if known := qvf.VisualizationTitle(kind); known != "" {
		words = append(words, own("%s", known))
	} else if kind == "childObject" {
		words = append(words, own("object"))
	} else if !Native(kind) && (kind != o.Type || !root) {
		words = append(words, own("extension"), foreign(kind))
	} else if kind != o.Type || !root {
		words = append(words, foreign(kind))
	}
	switch {
	case o.Title != "" || o.OldTitle != "":
		words = append(words, named(o.ID, o.Title, o.OldTitle)...)
	case o.Master == "" || root:
		words = append(words, foreign(o.ID))
	}
	if o.Master != "" && o.Master != o.Title {
		words = append(words, own("of master"), foreign(o.Master))
	}
	if o.From != "" {
		words = append(words, own("moved here from"), foreign(o.From))
	}
	return words
}

func columnsWords(o Object) []word {
	var words []word
	for _, list := range []struct {
		what  string
		texts []string
	}{{"by", o.Dimensions}, {"showing", o.Measures}} {
		if len(list.texts) == 0 {
			continue
		}
		words = append(words, own("%s", list.what))
		for i, text := range list.texts {
			if i == fewNames {
				words = append(words, own(", and %s more", count(len(list.texts)-i)))
				break
			}
			if i > 0 {
				words = append(words, own(","))
			}
			words = append(words, foreign(text))
		}
	}
	return words
}

const settings = "App properties and settings"

func (c *Changes) propertySection(w *work) section {
	s := c.objectSection(settings, "entry", func(o Object) bool { return !shown(o) }, w)
	var list []block
	if len(c.Properties) > 0 {
		list = []block{{sign: '~', words: []word{own("app properties")}, body: fieldsBody(c.Properties, "", "", w)}}
		s.count = strings.TrimSuffix(fmt.Sprintf("app properties %d changed; %s", len(c.Properties), s.count), "; ")
	}
	s.blocks = append(list, s.blocks...)
	return s
}

func (c *Changes) layoutSection() section {
	s := section{title: "Layout", unit: "line"}
	for _, o := range c.Objects {
		if o.Layout == nil {
			continue
		}
		words := append(objectWords(Object{ID: o.ID, Type: o.Type, Title: o.Title, Visualization: o.Visualization}, true), own(": %s", layoutText(o.Layout)))
		s.blocks = append(s.blocks, block{sign: '~', words: words})
	}
	s.count = plural(len(s.blocks), "object")
	return s
}

// layoutText is one line: "3 objects moved; another place among the sheets".
func layoutText(l *Layout) string {
	var parts []string
	if n := len(l.Moved); n > 0 {
		parts = append(parts, plural(n, "object")+" moved")
	}
	if l.Reordered {
		parts = append(parts, "objects in another order")
	}
	rank, other := false, 0
	for _, f := range l.Fields {
		if f.Path == "/rank" {
			rank = true
			continue
		}
		other++
	}
	if rank {
		parts = append(parts, "another place in the order")
	}
	if other > 0 {
		parts = append(parts, "another grid")
	}
	return strings.Join(parts, ", ")
}
