package appdiff

import (
	"strings"
)

// Bounds of what Markdown shows of one thing.
const (
	mostLines = 40  // of what is not the script
	mostRunes = 240 // of a line
	mostName  = 120 // runes of a name or an expression beside others; of text, too
)

// Markdown renders the changes for a pull request's comment: a line that sums them up, what touches
// security, then chapters to unfold. It has at most budget bytes, or no bound if budget is 0. What matters
// least is cut first (layout, properties, images, bookmarks, charts, variables, dimensions, measures, script, in
// this order) and the last line says what. The line that sums up, what touches security and that last line
// are never cut, even if they alone exceed the budget; they take less than 3 kB.
//
// All that comes from the app stands in code, so it can neither mention, link, format nor end anything, and
// "<!--" is written "<! --", so that it cannot be taken for a marker. Lines of tabs that were removed as a
// whole are counted, not quoted.
func (c *Changes) Markdown(budget int, o Options) string {
	sections := c.sections()
	var head strings.Builder
	words := c.summary(sections)
	head.WriteString("**" + wordsMarkdown(words[:len(words)-1]) + "**" + words[len(words)-1].text + "\n\n")
	if lines := c.securityLines(); len(lines) > 0 {
		head.WriteString("> [!CAUTION]\n")
		for _, line := range lines {
			head.WriteString("> - " + wordsMarkdown(line) + "\n")
		}
		head.WriteByte('\n')
	}
	list := make([]chapter, len(sections))
	for i, s := range sections {
		list[i] = chapterOf(s, o.Detail)
	}
	if all := join(list); budget <= 0 || head.Len()+len(all) <= budget {
		return head.String() + all
	}
	cut(list, budget-head.Len())
	return head.String() + join(list) + footer(list)
}

// chapter is a section in Markdown.
type chapter struct {
	section
	open   string
	pieces []string // of the blocks
	kept   int      // how many of the pieces are shown
}

const closing = "</details>\n\n"

func chapterOf(s section, d Detail) chapter {
	c := chapter{section: s}
	fold, count := "<details>", ""
	if s.count == "" {
		fold = "<details open>"
	} else {
		count = ": " + s.count
	}
	c.open = fold + "<summary>" + s.title + count + "</summary>\n\n"
	for _, b := range s.blocks {
		if d == Summary || b.gone {
			b.body = nil
		}
		if b.words == nil && b.body == nil {
			continue
		}
		c.pieces = append(c.pieces, pieces(b, s.unit == "part")...)
	}
	c.kept = len(c.pieces)
	return c
}

func join(list []chapter) string {
	var b strings.Builder
	for _, c := range list {
		if c.kept == 0 {
			continue
		}
		b.WriteString(c.open)
		for _, p := range c.pieces[:c.kept] {
			b.WriteString(p)
		}
		b.WriteString("\n" + closing)
	}
	return b.String()
}

// cut keeps the pieces that fit, in order: once one does not, none of those after it is kept.
func cut(list []chapter, budget int) {
	for i := range list {
		list[i].kept = 0
	}
	budget -= len(footer(list)) + len(list)*len("1,000,000 of ") // longer than it will be
	for i := range list {
		c := &list[i]
		budget -= len(c.open) + len("\n"+closing)
		for _, p := range c.pieces {
			if budget -= len(p); budget < 0 {
				return
			}
			c.kept++
		}
	}
}

// footer says what is not shown.
func footer(list []chapter) string {
	var parts []string
	for _, c := range list {
		n := len(c.pieces)
		switch gone := n - c.kept; {
		case gone == 0:
		case gone == n:
			parts = append(parts, strings.ToLower(c.title)+" (all of "+plural(n, c.unit)+")")
		default:
			parts = append(parts, strings.ToLower(c.title)+" ("+count(gone)+" of "+plural(n, c.unit)+")")
		}
	}
	return "Cut to fit: " + strings.Join(parts, ", ") + ".\n"
}

// pieces is a block as list item. One of the script is in as many pieces as it is long; another is in one,
// which leaves out what is too long.
func pieces(b block, script bool) []string {
	indent := strings.Repeat("  ", b.depth)
	var head string
	if b.words != nil {
		head = indent + "- "
		if a := actionWord(b.sign); a != "" {
			head += "**" + a + "** "
		}
		head += wordsMarkdown(b.words) + "\n"
	}
	body := b.body
	if !script && len(body) > mostLines {
		rest := len(body) - mostLines
		body = append(body[:mostLines:mostLines], bodyLine{'!', "… " + plural(rest, "more line")})
	}
	if len(body) == 0 {
		return []string{head}
	}
	var list []string
	for len(body) > 0 {
		n := min(len(body), partLines)
		list = append(list, head+fence(indent+"  ", body[:n]))
		head, body = "", body[n:]
	}
	return list
}

func actionWord(sign byte) string {
	switch sign {
	case '+':
		return string(Added)
	case '-':
		return string(Removed)
	case '~':
		return string(Changed)
	}
	return ""
}

// fence is a fenced block of code whose fence no line of it can be taken for.
func fence(indent string, body []bodyLine) string {
	list := make([]string, len(body))
	for i, line := range body {
		s := inert(clip(plain(clip(line.text, mostRunes)), mostRunes))
		switch line.kind {
		case '@', '#':
			s = "@@ " + s + " @@"
		case '!':
			s = "! " + s
		default:
			s = string(line.kind) + s
		}
		list[i] = indent + s + "\n"
	}
	text := strings.Join(list, "")
	ticks := strings.Repeat("`", max(3, 1+ticksIn(text)))
	return indent + ticks + "diff\n" + text + indent + ticks + "\n"
}

// code is a span of code that shows a text of the app.
func code(s string) string {
	s = inert(oneLine(s))
	ticks := strings.Repeat("`", 1+ticksIn(s))
	if s[0] == '`' || s[len(s)-1] == '`' {
		s = " " + s + " "
	}
	return ticks + s + ticks
}

// inert breaks what could be taken for the begin of a comment, even by a program that does not know code.
func inert(s string) string { return strings.ReplaceAll(s, "<!--", "<! --") }

// ticksIn is the length of the longest run of backticks.
func ticksIn(s string) int {
	longest, run := 0, 0
	for i := range len(s) {
		if s[i] != '`' {
			run = 0
			continue
		}
		run++
		longest = max(longest, run)
	}
	return longest
}

func wordsMarkdown(words []word) string {
	return joined(words, code)
}
