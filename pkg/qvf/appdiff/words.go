package appdiff

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// count writes a number with a comma before every three digits.
func count(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	if stem, ok := strings.CutSuffix(what, "y"); ok {
		return count(n) + " " + stem + "ies"
	}
	return count(n) + " " + what + "s"
}

// tally is "1 added, 2 changed"; empty if there is nothing to count.
func tally(added, changed, removed int) string {
	var parts []string
	for _, p := range []struct {
		n    int
		what Action
	}{{added, Added}, {changed, Changed}, {removed, Removed}} {
		if p.n > 0 {
			parts = append(parts, count(p.n)+" "+string(p.what))
		}
	}
	return strings.Join(parts, ", ")
}

// clip cuts a text to at most n runes.
func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	i := 0
	for at := range s {
		if i == n-1 {
			if utf8.RuneCountInString(s[at:]) <= 1 {
				return s
			}
			return s[:at] + "…"
		}
		i++
	}
	return s
}

// plain escapes what could move the cursor, end the line, hide or reorder text. Tabs stay, they indent
// scripts.
func plain(s string) string {
	if utf8.ValidString(s) && !strings.ContainsFunc(s, odd) {
		return s
	}
	var b strings.Builder
	for len(s) > 0 {
		r, size := utf8.DecodeRuneInString(s)
		switch {
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&b, `\x%02x`, s[0])
		case !odd(r):
			b.WriteRune(r)
		case r > 0xffff:
			fmt.Fprintf(&b, `\U%08x`, r)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
		s = s[size:]
	}
	return b.String()
}

func odd(r rune) bool { return r != ' ' && r != '\t' && !unicode.IsPrint(r) }
