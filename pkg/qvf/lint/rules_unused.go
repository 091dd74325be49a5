package lint

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/qdeploy/qdeploy/pkg/qvf"
)

// texts is all that an app's properties say: its words for names, and its texts for ids and for names of
// several words.
type texts struct {
	words map[string]bool
	whole map[string]bool
	long  []string // in small letters, those that could name something: expressions
}

// unused is L10.
func (c *check) unused() {
	for _, o := range c.app.Objects {
		if fold(o.Type) == "sheet" && strings.TrimSpace(o.Title()) == "" {
			c.add(L10, Info, Place{Object: o.ID}, "the sheet has no title", "give it one")
		}
	}
	used := c.texts()
	for _, list := range []struct {
		what  string
		items []qvf.Item
	}{{"dimension", c.app.Dimensions}, {"measure", c.app.Measures}} {
		for _, i := range list.items {
			if !used.whole[i.ID] && !used.names(i.Title()) {
				c.add(L10, Info, Place{Object: i.Title()}, "nothing uses the master "+list.what, "delete it, unless people make charts with it")
			}
		}
	}
	for _, o := range c.app.Objects {
		if fold(o.Type) == "masterobject" && !used.whole[o.ID] {
			c.add(L10, Info, Place{Object: name(o)}, "nothing uses the master visualization", "delete it, unless people make sheets with it")
		}
	}
	for _, v := range c.app.Variables {
		if !used.names(v.Name) {
			c.add(L10, Info, Place{Object: v.Name}, fmt.Sprintf("nothing uses variable %q", v.Name), "delete it")
		}
	}
}

// texts reads the script and the properties of everything. What a thing says of itself is not a use: its id
// and its titles are left out.
func (c *check) texts() *texts {
	t := &texts{words: map[string]bool{}, whole: map[string]bool{}}
	for _, st := range c.statements {
		for _, tok := range st {
			t.add(tok.text)
		}
	}
	for _, list := range [][]qvf.Item{c.app.Dimensions, c.app.Measures} {
		for _, i := range list {
			t.json(i.Properties)
		}
	}
	for _, v := range c.app.Variables {
		t.json(v.Properties)
	}
	for _, o := range c.app.Objects {
		walk(o.Root, func(n qvf.Node, _ head, _ int) { t.json(n.Properties) })
	}
	for _, b := range c.app.Bookmarks {
		t.add(string(b.Body))
	}
	return t
}

// selves are members that say what a thing is called, rather than what it uses.
var selves = []string{"qInfo", "qMetaDef", "qName", "qLabel", "qFieldLabels", "qId"}

func (t *texts) json(raw json.RawMessage) {
	var v any
	if json.Unmarshal(raw, &v) == nil {
		t.value(v)
	}
}

func (t *texts) value(v any) {
	switch v := v.(type) {
	case string:
		t.add(v)
	case []any:
		for _, e := range v {
			t.value(e)
		}
	case map[string]any:
		for key, e := range v {
			if _, text := e.(string); !slices.Contains(selves, key) && !(key == "title" && text) {
				t.value(e)
			}
		}
	}
}

// add takes down a text.
func (t *texts) add(s string) {
	if t.whole[s] {
		return
	}
	t.whole[s] = true
	if strings.ContainsAny(s, " [\"'(") {
		t.long = append(t.long, fold(s))
	}
	for w := range strings.FieldsFuncSeq(s, func(r rune) bool { return !nameRune(r) }) {
		t.words[fold(w)] = true
	}
}

func nameRune(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) || r == '_' || r == '.' }

// names says whether something in the app names a variable or a master item.
func (t *texts) names(name string) bool {
	if name == "" {
		return true
	}
	if strings.IndexFunc(name, func(r rune) bool { return !nameRune(r) }) < 0 {
		return t.words[fold(name)]
	}
	return slices.ContainsFunc(t.long, func(s string) bool { return strings.Contains(s, fold(name)) })
}
