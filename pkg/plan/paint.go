package plan

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
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

// plain escapes what could move the cursor, end the line or reorder it: texts
// come from tenants, which anybody may have filled.
func plain(s string) string {
	s = strings.ToValidUTF8(s, "\ufffd")
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

// quiet is a name as it is printed: as it is, or in quotes if it could be taken
// for something else that plans print.
func quiet(name string) string {
	odd := name == "" || !utf8.ValidString(name) || strings.TrimSpace(name) != name ||
		strings.Contains(name, "  ") || strings.Contains(name, "→") ||
		strings.ContainsAny(name, `"\`) || strings.ContainsFunc(name, unprintable)
	if odd {
		return strconv.Quote(name)
	}
	return name
}

// quietKey prints the kind, which is a word of the schema, as it is.
func quietKey(k Key) string { return plain(string(k.Kind)) + "/" + quiet(k.Name) }

const wide = 100 // columns that lines are fitted into where they can be broken

// wrap breaks a list into lines of at most wide columns.
func wrap(indent string, items []string) string {
	var b strings.Builder
	column := wide
	for i, s := range items {
		if i < len(items)-1 {
			s += ","
		}
		n := utf8.RuneCountInString(s)
		switch {
		case column+1+n > wide:
			if i > 0 {
				b.WriteByte('\n')
			}
			b.WriteString(indent + s)
			column = len(indent) + n
		default:
			b.WriteString(" " + s)
			column += 1 + n
		}
	}
	return b.String()
}

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
	if stem, ok := strings.CutSuffix(what, "y"); ok && !strings.HasSuffix(stem, "e") {
		return count(n) + " " + stem + "ies"
	}
	return count(n) + " " + what + "s"
}

func short(hash string) string {
	hash, changes, _ := strings.Cut(hash, "+") // "+changes": what is not committed
	hash = hash[:min(len(hash), 8)]
	if changes != "" {
		hash += "+" + changes
	}
	return hash
}
