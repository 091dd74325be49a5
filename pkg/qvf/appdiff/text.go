package appdiff

import (
	"encoding/json"
	"io"
	"strings"
)

// Detail says how much is shown.
type Detail int

const (
	// Full shows what changed of each thing.
	Full Detail = iota
	// Summary shows each thing that changed on a line of its own.
	Summary
)

// Options say how changes are shown. The zero value shows all, without colour.
type Options struct {
	Color  bool // of text; Markdown has its own
	Detail Detail
}

// Schema is the version of what [Changes.WriteJSON] writes.
const Schema = "qdeploy/appdiff/1"

// WriteJSON writes the changes as one JSON document with LF at its end.
func (c *Changes) WriteJSON(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(struct {
		Schema string `json:"schema"`
		Empty  bool   `json:"empty"`
		*Changes
	}{Schema, c.Empty(), c})
}

// WriteText prints the changes for people: a line that sums them up, what touches security, then chapter
// by chapter. The bytes depend on the changes and the options alone. No control character of an app gets
// through but the tab.
func (c *Changes) WriteText(w io.Writer, o Options) error {
	t := &text{color: o.Color}
	sections := c.sections()
	t.line(0, "1", wordsText(c.summary(sections)))
	for _, line := range c.securityLines() {
		t.line(0, "1;31", "! "+wordsText(line))
	}
	for _, s := range sections {
		title := s.title
		if s.count != "" {
			title += ": " + s.count
		}
		t.b.WriteByte('\n')
		t.line(0, "1", title)
		for _, b := range s.blocks {
			t.block(b, o.Detail)
		}
	}
	_, err := io.WriteString(w, t.b.String())
	return err
}

type text struct {
	b     strings.Builder
	color bool
}

// line writes a line, in a colour if that is wanted and it has one.
func (t *text) line(indent int, color, s string) {
	for range indent {
		t.b.WriteByte(' ')
	}
	if t.color && color != "" {
		s = "\x1b[" + color + "m" + s + "\x1b[0m"
	}
	t.b.WriteString(s)
	t.b.WriteByte('\n')
}

var colors = map[byte]string{'+': "32", '-': "31", '~': "33", '@': "36", '#': "36", '!': "33"}

func (t *text) block(b block, d Detail) {
	indent := 2 + 2*b.depth
	if b.words != nil {
		t.line(indent, colors[b.sign], strings.TrimSpace(string(b.sign)+" "+wordsText(b.words)))
	}
	if d == Summary {
		return
	}
	for _, line := range b.body {
		s := plain(line.text)
		switch line.kind {
		case '@':
			s = "@@ " + s + " @@"
		case ' ', '+', '-':
			s = strings.TrimRight(string(line.kind)+" "+s, " ")
		}
		t.line(indent+4, colors[line.kind], s)
	}
}

func wordsText(words []word) string {
	return joined(words, oneLine)
}

// joined puts words beside each other and marks up the foreign ones.
func joined(words []word, markup func(string) string) string {
	var b strings.Builder
	for i, w := range words {
		if i > 0 && (w.foreign || !strings.HasPrefix(w.text, ":") && !strings.HasPrefix(w.text, ",")) {
			b.WriteByte(' ')
		}
		if w.foreign {
			b.WriteString(markup(w.text))
			continue
		}
		b.WriteString(w.text)
	}
	return b.String()
}

// oneLine is a name or an expression on one line of bearable length.
func oneLine(s string) string {
	if s = clip(plain(strings.Join(strings.Fields(s), " ")), mostName); s == "" {
		return `""`
	}
	return s
}

// summary is all in one line.
func (c *Changes) summary(sections []section) []word {
	title := c.New.Title
	if title == "" {
		title = c.Old.Title
	}
	words := named("untitled app", title, "")
	if c.New.Title != c.Old.Title && c.Old.Title != "" {
		words = named("untitled app", title, c.Old.Title)
	}
	var parts []string
	for _, s := range sections {
		switch {
		case s.count == "":
		case s.title == "Sheets and charts" || s.title == settings:
			parts = append(parts, s.count)
		case s.title == "Layout":
			parts = append(parts, "layout of "+s.count)
		default:
			parts = append(parts, strings.ToLower(s.title)+" "+s.count)
		}
	}
	if len(parts) == 0 {
		parts = []string{"no changes"}
	}
	return append(words, own(": %s", strings.Join(parts, "; ")))
}
