package plan

import (
	"fmt"
	"strings"
	"unicode"
)

type style string

const (
	bold    style = "1"
	red     style = "31"
	green   style = "32"
	yellow  style = "33"
	blue    style = "34"
	magenta style = "35"
	cyan    style = "36"
)

// painter returns what colours text with ANSI escapes, or leaves it as it is.
func painter(color bool) func(style, string) string {
	if !color {
		return func(_ style, s string) string { return s }
	}
	return func(st style, s string) string { return "\x1b[" + string(st) + "m" + s + "\x1b[0m" }
}

// plain escapes what could move the cursor, end the line or reorder it: names
// and values come from tenants, which anybody may have filled.
func plain(s string) string {
	if !strings.ContainsFunc(s, unprintable) {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		if unprintable(r) {
			fmt.Fprintf(&b, "\\u%04x", r)
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}

func unprintable(r rune) bool { return r != ' ' && !unicode.IsPrint(r) }
