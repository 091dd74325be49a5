package plan

import (
	"fmt"
	"html"
	"regexp"
	"strings"
	"unicode/utf8"
)

var (
	ourLinks = regexp.MustCompile(`\[(run|here)\]\(<https?://[!-;=?-~]+>\)`)
	ourTags  = regexp.MustCompile(`</?(details|summary|b|code)>|<details open>`)
	codeTags = regexp.MustCompile(`<code>[^<]*</code>`)
	alert    = regexp.MustCompile(`^> \[!(CAUTION|WARNING)\]$`)
	tableRow = regexp.MustCompile(`^\|.*\|$`)
)

// sound reads Markdown as GitHub does, as far as a plan uses it, and says what
// stands outside of code that no plan may say, or what is not closed.
func sound(text string) error {
	if !utf8.ValidString(text) {
		return fmt.Errorf("not UTF-8")
	}
	if strings.Contains(text, "<!--") {
		return fmt.Errorf("a comment begins")
	}
	fence, open := "", 0
	for i, line := range strings.Split(strings.TrimSuffix(text, "\n"), "\n") {
		wrong := func(what string) error { return fmt.Errorf("line %d: %s: %s", i+1, what, line) }
		if strings.ContainsFunc(line, unprintable) {
			return wrong("a character that does not show")
		}
		if fence != "" {
			if trimmed := strings.TrimSpace(line); strings.Trim(trimmed, "`") == "" && len(trimmed) >= len(fence) {
				fence = ""
			}
			continue
		}
		if ticks := line[:len(line)-len(strings.TrimLeft(line, "`"))]; len(ticks) >= 3 && !strings.Contains(line[len(ticks):], "`") {
			fence = ticks
			continue
		}
		line = outside(line)
		open += strings.Count(line, "<details") - strings.Count(line, "</details>")
		if open < 0 {
			return wrong("closes what is not open")
		}
		if alert.MatchString(line) {
			continue
		}
		if what := loud(line); what != "" {
			return wrong(what)
		}
	}
	if fence != "" || open != 0 {
		return fmt.Errorf("not closed: fence %q, %d details", fence, open)
	}
	return nil
}

// outside returns a line without what stands in code.
func outside(line string) string {
	if rest, ok := strings.CutPrefix(line, "<details"); ok && strings.Contains(rest, "<summary>") {
		return codeTags.ReplaceAllString(line, "x") // a block of HTML, in which backticks mean nothing
	}
	return bare(line)
}

// loud says what of a line without code is markup and not the plan's own.
func loud(line string) string {
	was := line
	line = ourTags.ReplaceAllString(ourLinks.ReplaceAllString(line, ""), "")
	if tableRow.MatchString(line) {
		line = strings.ReplaceAll(strings.ReplaceAll(line, "---:|", ""), "|", "")
	}
	line = strings.TrimPrefix(strings.TrimPrefix(line, "> "), "- ")
	if line == "" && strings.HasSuffix(was, "- ") || strings.HasPrefix(line, "- ") {
		return "an empty item, or one within another"
	}
	line = strings.ReplaceAll(strings.TrimPrefix(line, "### "), "**", "")
	if i := strings.IndexAny(html.UnescapeString(line), "@#<>[]`*_~|$\\&!{}=+/"); i >= 0 && line != "---" {
		return fmt.Sprintf("%q outside of code", line[i:i+1])
	}
	return ""
}

// bare puts an x in place of each span of code, which end at as many backticks
// as they begin with.
func bare(line string) string {
	var b strings.Builder
	for line != "" {
		start := strings.IndexByte(line, '`')
		if start < 0 {
			break
		}
		b.WriteString(line[:start])
		line = line[start:]
		n := len(line) - len(strings.TrimLeft(line, "`"))
		end := closer(line[n:], n)
		if end < 0 {
			b.WriteString(line[:n])
			line = line[n:]
			continue
		}
		b.WriteByte('x')
		line = line[n+end+n:]
	}
	return b.String() + line
}

func closer(s string, n int) int {
	for i := 0; i < len(s); {
		if s[i] != '`' {
			i++
			continue
		}
		run := len(s[i:]) - len(strings.TrimLeft(s[i:], "`"))
		if run == n {
			return i
		}
		i += run
	}
	return -1
}
