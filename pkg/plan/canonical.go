package plan

import (
	"bytes"
	"unicode/utf8"
)

// canonical reports whether spec is as [Canonical] writes it, of what is easy to see
// without decoding it: that is most of what an estate declares. Of the rest it says no.
func canonical(spec []byte) bool {
	if len(spec) == 0 || spec[0] != '{' {
		return false
	}
	end := canonicalValue(spec, 0, 100)
	return end == len(spec)
}

// canonicalValue returns where the value at i ends, -1 if it is not seen to be canonical.
// It goes no deeper than depth.
func canonicalValue(b []byte, i, depth int) int {
	if i >= len(b) || depth == 0 {
		return -1
	}
	switch c := b[i]; {
	case c == '{':
		return canonicalObject(b, i+1, depth-1)
	case c == '[':
		return canonicalArray(b, i+1, depth-1)
	case c == '"':
		return canonicalString(b, i+1)
	case c == '-' || c >= '0' && c <= '9':
		return canonicalInteger(b, i)
	}
	for _, word := range []string{"true", "false", "null"} {
		if bytes.HasPrefix(b[i:], []byte(word)) {
			return i + len(word)
		}
	}
	return -1
}

func canonicalObject(b []byte, i, depth int) int {
	if i < len(b) && b[i] == '}' {
		return i + 1
	}
	var last []byte
	for first := true; i < len(b) && b[i] == '"'; first = false {
		end := canonicalString(b, i+1)
		if end < 0 {
			return -1
		}
		key := b[i+1 : end-1]
		if !first && bytes.Compare(last, key) >= 0 {
			return -1
		}
		last = key
		if end >= len(b) || b[end] != ':' {
			return -1
		}
		if i = canonicalValue(b, end+1, depth); i < 0 || i >= len(b) {
			return -1
		}
		switch b[i] {
		case '}':
			return i + 1
		case ',':
			i++
		default:
			return -1
		}
	}
	return -1
}

func canonicalArray(b []byte, i, depth int) int {
	if i < len(b) && b[i] == ']' {
		return i + 1
	}
	for {
		if i = canonicalValue(b, i, depth); i < 0 || i >= len(b) {
			return -1
		}
		switch b[i] {
		case ']':
			return i + 1
		case ',':
			i++
		default:
			return -1
		}
	}
}

// canonicalString returns where the string that begins before i ends. One with anything
// that is escaped, or may be, is not seen to be canonical.
func canonicalString(b []byte, i int) int {
	n := bytes.IndexByte(b[i:], '"')
	if n < 0 {
		return -1
	}
	text, plain := b[i:i+n], true
	for _, c := range text {
		if c < 0x20 || c == '\\' {
			return -1
		}
		plain = plain && c < utf8.RuneSelf
	}
	if !plain && (!utf8.Valid(text) || bytes.Contains(text, []byte("\u2028")) || bytes.Contains(text, []byte("\u2029"))) {
		return -1
	}
	return i + n + 1
}

// canonicalInteger returns where an integer of at most 15 digits ends.
func canonicalInteger(b []byte, i int) int {
	start := i
	if b[i] == '-' {
		i++
	}
	digits := i
	for i < len(b) && b[i] >= '0' && b[i] <= '9' {
		i++
	}
	switch n := i - digits; {
	case n == 0 || n > 15 || b[digits] == '0' && (n > 1 || digits > start):
		return -1
	case i < len(b) && (b[i] == '.' || b[i] == 'e' || b[i] == 'E'):
		return -1
	}
	return i
}
