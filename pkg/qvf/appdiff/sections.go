package appdiff

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// section is a chapter of what is shown, in the order in which chapters matter. Text and Markdown show the
// same sections.
type section struct {
	title  string
	count  string // "1 added, 2 changed"
	unit   string // what a block is
	blocks []block
}

// block is one thing that changed: a line, and what of it changed.
type block struct {
	depth int
	sign  byte // +, -, ~ or a space
	words []word
	body  []bodyLine
	// gone says that the body is merely what was there; Markdown leaves it out.
	gone bool
}

// word is a piece of a line: of this package, or foreign, from the app.
type word struct {
	text    string
	foreign bool
}

// bodyLine is a line below a block's own: of kind ' ', '-' or '+', as in a diff; '@' where a hunk begins;
// '#' the label of what follows; '!' label and both values.
type bodyLine struct {
	kind byte
	text string
}

func own(format string, args ...any) word { return word{text: fmt.Sprintf(format, args...)} }
func foreign(s string) word               { return word{s, true} }

// sections are all chapters that have something to say. w bounds the line diffs of expressions.
func (c *Changes) sections() []section {
	w := &work{left: budget}
	list := []section{
		{title: "Needs", unit: "requirement", blocks: c.requireBlocks()},
		{title: "Not in the digest", unit: "note", blocks: c.noteBlocks()},
		c.scriptSection(),
		itemSection("Measures", "measure", c.Measures, w),
		itemSection("Dimensions", "dimension", c.Dimensions, w),
		itemSection("Variables", "variable", c.Variables, w),
		c.objectSection("Sheets and charts", "object", shown, w),
		itemSection("Bookmarks", "bookmark", c.Bookmarks, w),
		c.imageSection(),
		c.propertySection(w),
		c.layoutSection(),
	}
	var full []section
	for _, s := range list {
		if len(s.blocks) > 0 {
			full = append(full, s)
		}
	}
	return full
}

func sign(a Action) byte {
	switch a {
	case Added:
		return '+'
	case Removed:
		return '-'
	}
	return '~'
}

// securityLines say in words what changed in section access.
func (c *Changes) securityLines() [][]word {
	var list [][]word
	for _, n := range c.Security {
		var line []word
		switch {
		case n.In == "properties" && n.Action == Added:
			line = []word{own("section access is on now, by the app's properties")}
		case n.In == "properties":
			line = []word{own("section access is off now, by the app's properties")}
		case n.Action == Added:
			line = []word{own("section access added to the script: it decides who sees which rows")}
		case n.Action == Removed:
			line = []word{own("section access removed from the script: whoever may open the app sees all rows")}
		default:
			line = []word{own("section access changed in the script: review who sees which rows")}
		}
		if n.Tab != "" {
			line = append(line, own("(tab"), foreign(n.Tab), own("line %s)", count(n.Line)))
		} else if n.Line > 0 {
			line = append(line, own("(line %s)", count(n.Line)))
		}
		list = append(list, line)
	}
	return list
}

// fewNames is how many extensions are named before the rest is counted.
const fewNames = 20

func (c *Changes) requireBlocks() []block {
	var list []block
	for i, r := range c.Requires {
		if rest := len(c.Requires) - i; i == fewNames && rest > 1 {
			return append(list, block{sign: ' ', words: []word{own("and %s", plural(rest, "more requirement"))}})
		}
		b := block{sign: sign(r.Action), words: []word{own("%s", r.Kind)}}
		switch {
		case r.Action == Changed:
			b.words = append(b.words, foreign(r.OldName), own("→"), foreign(r.Name))
		case r.Kind == "extension":
			b.words = append(b.words, foreign(r.Name), own("(%s)", plural(r.Charts, "chart")))
		default:
			b.words = append(b.words, foreign(r.Name))
		}
		list = append(list, b)
	}
	return list
}

func (c *Changes) noteBlocks() []block {
	var list []block
	for _, n := range c.Notes {
		list = append(list, block{sign: ' ', words: []word{own("%s", n.Text)}})
	}
	return list
}

// partLines is how long a part of a hunk is in Markdown, where a script can be cut only between parts.
const partLines = 80

func (c *Changes) scriptSection() section {
	s := section{title: "Script", unit: "part"}
	if c.Script == nil {
		return s
	}
	s.count = joined(append([]word{own("%s", plural(len(c.Script.Tabs), "tab")), own(",")}, lineCounts(c.Script.Inserted, c.Script.Deleted)...), nil)
	s.count = strings.TrimSuffix(s.count, ",")
	for _, t := range c.Script.Tabs {
		head := block{sign: sign(t.Action), words: tabWords(t), gone: t.Action == Removed && !c.secures(t.Name)}
		if len(t.Hunks) == 0 {
			s.blocks = append(s.blocks, head)
		}
		for _, h := range t.Hunks {
			head.body = hunkBody(h)
			s.blocks = append(s.blocks, head)
			head.words = nil // one head for all its hunks
		}
	}
	return s
}

// secures says whether section access changed in a tab.
func (c *Changes) secures(tab string) bool {
	return slices.ContainsFunc(c.Security, func(n Notice) bool { return n.In == "script" && n.Tab == tab })
}

func tabWords(t Tab) []word {
	words := []word{own("tab"), foreign(t.Name)}
	if t.Name == "" {
		words = []word{own("text before the first tab")}
	}
	if t.OldName != "" {
		words = []word{own("tab"), foreign(t.OldName), own("→"), foreign(t.Name)}
	}
	if t.Moved {
		words = append(words, own("moved"))
	}
	if t.TooDifferent {
		return append(words, own("too different: %s → %s", plural(t.OldLines, "line"), plural(t.NewLines, "line")))
	}
	return append(words, lineCounts(t.Inserted, t.Deleted)...)
}

func lineCounts(inserted, deleted int) []word {
	var words []word
	if inserted > 0 {
		words = append(words, own("+%s", count(inserted)))
	}
	if deleted > 0 {
		words = append(words, own("−%s", count(deleted)))
	}
	return words
}

func hunkBody(h Hunk) []bodyLine {
	body := []bodyLine{{'@', fmt.Sprintf("-%d,%d +%d,%d", h.OldStart, h.OldLines, h.NewStart, h.NewLines)}}
	for _, line := range h.Lines {
		text, ended := strings.CutSuffix(line[1:], "\n")
		body = append(body, bodyLine{line[0], text})
		if !ended && line[0] != ' ' {
			body = append(body, bodyLine{'!', "no line end at the end"})
		}
	}
	return body
}

func itemSection(title, unit string, items []Item, w *work) section {
	s := section{title: title, unit: unit}
	var n [3]int
	for _, i := range items {
		n[strings.IndexByte("+~-", sign(i.Action))]++
		b := block{sign: sign(i.Action), words: named(i.ID, i.Title, i.OldTitle)}
		if i.Type != "" && i.Type != "bookmark" {
			b.words = append([]word{foreign(i.Type)}, b.words...)
		}
		switch {
		case i.Action == Changed || i.Expression == "":
		case strings.Contains(i.Expression, "\n") || utf8.RuneCountInString(i.Expression) > mostName:
			b.body = textBody(sign(i.Action), i.Expression)
		default:
			b.words = append(b.words, own(":"), foreign(i.Expression))
		}
		if i.Action == Changed {
			b.body = fieldsBody(i.Fields, i.OldTitle, i.Title, w)
		}
		s.blocks = append(s.blocks, b)
	}
	s.count = tally(n[0], n[1], n[2])
	return s
}

// named is what a thing is called: its title, or else its id, and what it was called before.
func named(id, title, old string) []word {
	if title == "" {
		title = id
	}
	if old == "" || old == title {
		return []word{foreign(title)}
	}
	return []word{foreign(old), own("→"), foreign(title)}
}

func (c *Changes) imageSection() section {
	s := section{title: "Images", unit: "image"}
	var n [3]int
	for _, i := range c.Images {
		n[strings.IndexByte("+~-", sign(i.Action))]++
		b := block{sign: sign(i.Action), words: []word{foreign(i.Name)}}
		switch i.Action {
		case Added:
			b.words = append(b.words, own(": %s, sha256 %.8s", bytesText(i.NewSize), i.NewSHA256))
		case Removed:
			b.words = append(b.words, own(": %s", bytesText(i.OldSize)))
		default:
			b.words = append(b.words, own(": %s → %s, sha256 %.8s → %.8s", bytesText(i.OldSize), bytesText(i.NewSize), i.OldSHA256, i.NewSHA256))
		}
		s.blocks = append(s.blocks, b)
	}
	s.count = tally(n[0], n[1], n[2])
	return s
}

func bytesText(n int) string {
	if n < 10_000 {
		return plural(n, "byte")
	}
	return count((n+500)/1000) + " kB"
}
