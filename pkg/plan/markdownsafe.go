package plan

import (
	"html"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Texts in a plan come from tenants and pull requests: anybody may have written
// them. In Markdown each passes through one of two doors. prose is for everything
// outside of blocks of code: a plain word stands as it is, anything else, be it a
// name, a path, a mention, a link or a piece of markup, stands in code, where
// GitHub finds no mention, no issue and no markup. A backslash would not do: what
// looks for mentions and issues looks at the text after Markdown was read.
// fence is for blocks of code.
//
// https://github.github.com/gfm/

// prose writes s on one line in at most most bytes. code writes what is not a
// plain word: [codeSpan], [codeCell] or [codeTag].
func prose(s string, most int, code func(string) string) string {
	const more = " …"
	var b strings.Builder
	words := strings.Fields(plain(s))
	for i := 0; i < len(words); {
		n := 1
		odd := !harmless(words[i], i == 0)
		for odd && i+n < len(words) && !harmless(words[i+n], false) {
			n++
		}
		next := strings.Join(words[i:i+n], " ")
		if odd {
			next = coded(next, code)
		}
		if i > 0 {
			next = " " + next
		}
		if room := most - len(more) - b.Len(); len(next) > room {
			if some := clipped(words[i:i+n], room, odd, i > 0, code); some != "" {
				return b.String() + some
			}
			return strings.TrimSpace(b.String() + more)
		}
		b.WriteString(next)
		i += n
	}
	return b.String()
}

// coded puts s in code, but for the comma after it.
func coded(s string, code func(string) string) string {
	inner := strings.TrimRight(s, ",;:.")
	if inner == "" {
		inner = s
	}
	return code(inner) + s[len(inner):]
}

// clipped writes as much of odd words as is sure to fit into room bytes.
func clipped(words []string, room int, odd, after bool, code func(string) string) string {
	s := strings.Join(words, " ")
	if !odd {
		return ""
	}
	for room > 16 && s != "" {
		out := code(s)
		if after {
			out = " " + out
		}
		if len(out) <= room {
			return out
		}
		s = clip(s, min(len(s)-1, max(room-8, len(s)/2)))
	}
	return ""
}

// item is prose as an item of a list, which is never empty: under a line of text,
// a lone dash would make a headline of it.
func item(s string, most int) string {
	if s = prose(s, most, codeSpan); s == "" {
		s = codeSpan("")
	}
	return "- " + s
}

// harmless reports whether a word means nothing to Markdown and to GitHub.
func harmless(word string, first bool) bool {
	switch word {
	case "→", "·", "–", "—", "…":
		return true
	}
	core := strings.TrimLeft(word, `("'`)
	core = strings.TrimRight(core, `.,:;?)"'%`)
	if core == "" {
		return false
	}
	if core[0] >= '0' && core[0] <= '9' {
		return isCount(core) && !(first && strings.ContainsAny(word, ".)")) // else it begins a list
	}
	hex := len(core) >= 7 // GitHub links what looks like a commit
	inside := false
	for _, r := range core {
		hex = hex && strings.ContainsRune("abcdefABCDEF", r)
		switch {
		case unicode.IsLetter(r):
			inside = true
		case inside && (r == '-' || r == '\'' || r == '’'):
			inside = false
		default:
			return false
		}
	}
	return inside && !hex && len(core) <= 40
}

// isCount reports whether s is digits, in groups or not.
func isCount(s string) bool {
	for i := range len(s) {
		if inner := i > 0 && i < len(s)-1 && (s[i] == ',' || s[i] == '.'); !inner && (s[i] < '0' || s[i] > '9') {
			return false
		}
	}
	return len(s) < 16 && strings.Count(s, ".") <= 1
}

// codeSpan is a span of code in Markdown that shows s, which is on one line.
func codeSpan(s string) string {
	s = inert(s)
	if s == "" {
		s = `""`
	}
	ticks := strings.Repeat("`", 1+ticksIn(s))
	if strings.Trim(s, " `") != s {
		s = " " + s + " "
	}
	return ticks + s + ticks
}

// codeCell is codeSpan in a table, whose cells end at any bar that is not escaped.
func codeCell(s string) string { return strings.ReplaceAll(codeSpan(s), "|", `\|`) }

// codeTag is a piece of code in HTML.
func codeTag(s string) string {
	if s == "" {
		s = `""`
	}
	return "<code>" + html.EscapeString(s) + "</code>"
}

// nameIn writes a name in code, at most most bytes of it.
func nameIn(code func(string) string, name string, most int) string {
	return code(clip(quiet(name), most))
}

// inert breaks what could be taken for the beginning of a comment, even by a
// program that does not know code: our own marker is found by one.
func inert(s string) string { return strings.ReplaceAll(s, "<!--", "<! --") }

// ticksIn is the length of the longest run of backticks.
func ticksIn(s string) int {
	most, run := 0, 0
	for i := range len(s) {
		if s[i] != '`' {
			run = 0
			continue
		}
		run++
		most = max(most, run)
	}
	return most
}

// clip returns at most most bytes of s, whole characters, and shows that it did.
func clip(s string, most int) string {
	const more = "…"
	if len(s) <= most {
		return s
	}
	n := max(0, most-len(more))
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n] + more
}

const longestLine = 400 // bytes of a line in a block of code

// fence is a block of code whose end no line of it can be taken for. text ends
// with a newline and has no control characters but those.
func fence(language, text string) string {
	ticks := strings.Repeat("`", max(3, 1+ticksIn(text)))
	return ticks + language + "\n" + text + ticks + "\n"
}

// fenced makes a line fit to stand in a fence.
func fenced(line string) string { return clip(inert(line), longestLine) + "\n" }

const longestLink = 300

// link is a link to an address of the web, or just the words if it is none.
func link(words, address string) string {
	address = webAddress(address)
	if address == "" {
		return words
	}
	return "[" + words + "](<" + address + ">)"
}

// webAddress returns an address that can stand between < and >, or "".
func webAddress(s string) string {
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil {
		return ""
	}
	s = u.String()
	odd := func(r rune) bool { return r <= ' ' || r >= 0x7f || strings.ContainsRune("<>\\\"`|()[]", r) }
	if len(s) > longestLink || strings.ContainsFunc(s, odd) {
		return ""
	}
	return s
}
