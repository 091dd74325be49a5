package qvf

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"unicode/utf8"
)

// Canonical rewrites a JSON text by RFC 8785 (JCS): members sorted by the UTF-16 code units of their
// keys, numbers as ECMAScript prints them, only the escapes that must be, no white space.
//
// The error says why a text has no canonical form: it is not JSON, not UTF-8, names a key twice, holds
// half of a surrogate pair or a number beyond IEEE 754 doubles, or nests deeper than 512.
func Canonical(b []byte) ([]byte, error) { return canonical(b, false) }

// canonical is Canonical; with media, it also rewrites media URLs in string values.
func canonical(b []byte, media bool) ([]byte, error) {
	c := canon{scanner: scanner{b: b}, out: make([]byte, 0, len(b)), media: media}
	if err := c.value(); err != nil {
		return nil, err
	}
	if err := c.end(); err != nil {
		return nil, err
	}
	return c.out, nil
}

// canon writes the canonical form of what it scans. Members are written where they stand and put in
// order when their object ends.
type canon struct {
	scanner
	out     []byte
	media   bool
	members []canonMember // of all objects that are not yet at their end
	moved   []byte
}

// canonMember is a decoded key and where its member stands in the output.
type canonMember struct {
	key        []byte
	start, end int
}

func (c *canon) value() error {
	switch ch := c.peek(); {
	case ch == '{':
		return c.object()
	case ch == '[':
		return c.array()
	case ch == '"':
		return c.str()
	case ch == '-' || '0' <= ch && ch <= '9':
		return c.num()
	}
	start := c.i
	err := c.literal()
	c.out = append(c.out, c.b[start:c.i]...)
	return err
}

func (c *canon) array() error {
	c.out = append(c.out, '[')
	first := true
	more, err := c.open('[', ']')
	for ; more && err == nil; more, err = c.more(']') {
		if !first {
			c.out = append(c.out, ',')
		}
		first = false
		if err := c.value(); err != nil {
			return err
		}
	}
	c.out = append(c.out, ']')
	return err
}

func (c *canon) object() error {
	c.out = append(c.out, '{')
	base, body := len(c.members), len(c.out)
	more, err := c.open('{', '}')
	for ; more && err == nil; more, err = c.more('}') {
		if err := c.member(); err != nil {
			return err
		}
	}
	if err != nil {
		return err
	}
	err = c.sort(c.members[base:], body)
	c.members = c.members[:base]
	if last := len(c.out) - 1; c.out[last] == ',' {
		c.out = c.out[:last]
	}
	c.out = append(c.out, '}')
	return err
}

// member writes a member, with a comma after it.
func (c *canon) member() error {
	key, err := c.key()
	if err != nil {
		return err
	}
	m := canonMember{start: len(c.out)}
	if m.key, err = unescape(key); err != nil {
		return c.errorf("%v in a key", err)
	}
	c.out = append(appendString(c.out, m.key), ':')
	if err := c.value(); err != nil {
		return err
	}
	c.out = append(c.out, ',')
	m.end = len(c.out)
	c.members = append(c.members, m)
	return nil
}

// sort puts the members of one object, which fill the output from body on, in order.
func (c *canon) sort(members []canonMember, body int) error {
	byKey := func(a, b canonMember) int { return compareUTF16(a.key, b.key) }
	if !slices.IsSortedFunc(members, byKey) {
		slices.SortStableFunc(members, byKey)
		c.moved = append(c.moved[:0], c.out[body:]...)
		c.out = c.out[:body]
		for _, m := range members {
			c.out = append(c.out, c.moved[m.start-body:m.end-body]...)
		}
	}
	for i := 1; i < len(members); i++ {
		if bytes.Equal(members[i-1].key, members[i].key) {
			return c.errorf("second %q", members[i].key)
		}
	}
	return nil
}

// compareUTF16 orders UTF-8 text as its UTF-16 code units would be.
func compareUTF16(a, b []byte) int {
	i := 0
	for i < len(a) && i < len(b) && a[i] == b[i] {
		i++
	}
	if i == len(a) || i == len(b) {
		return len(a) - len(b)
	}
	for i > 0 && !utf8.RuneStart(a[i]) {
		i--
	}
	x, _ := utf8.DecodeRune(a[i:])
	y, _ := utf8.DecodeRune(b[i:])
	if (x > 0xffff) == (y > 0xffff) {
		return int(x - y)
	}
	// One is beyond the basic plane, so it begins with a unit from 0xD800 to 0xDBFF.
	if x > 0xffff {
		return 0xd800 - int(y)
	}
	return int(x) - 0xd800
}

// mediaURL is how the engine's API names a media file that the QVF names /media/x.
var mediaURL = regexp.MustCompile(`/api/v1/apps/[^/]+/media/files/`)

func (c *canon) str() error {
	q, err := c.quoted()
	if err != nil {
		return err
	}
	s, err := unescape(q)
	if err != nil {
		return c.errorf("%v", err)
	}
	if c.media && bytes.Contains(s, []byte("/media/files/")) {
		s = mediaURL.ReplaceAll(s, []byte("/media/"))
	}
	c.out = appendString(c.out, s)
	return nil
}

// appendString writes a string with the escapes of RFC 8785 section 3.2.2.2.
func appendString(out, s []byte) []byte {
	out = append(out, '"')
	start := 0
	for i, ch := range s {
		if ch >= ' ' && ch != '"' && ch != '\\' {
			continue
		}
		out = append(out, s[start:i]...)
		start = i + 1
		switch ch {
		case '"', '\\':
			out = append(out, '\\', ch)
		case '\b':
			out = append(out, `\b`...)
		case '\f':
			out = append(out, `\f`...)
		case '\n':
			out = append(out, `\n`...)
		case '\r':
			out = append(out, `\r`...)
		case '\t':
			out = append(out, `\t`...)
		default:
			out = fmt.Appendf(out, `\u%04x`, ch)
		}
	}
	return append(append(out, s[start:]...), '"')
}

func (c *canon) num() error {
	start := c.i
	if err := c.number(); err != nil {
		return err
	}
	f, err := strconv.ParseFloat(string(c.b[start:c.i]), 64)
	if errors.Is(err, strconv.ErrRange) {
		return c.errorf("number beyond IEEE 754 doubles")
	}
	c.out = appendNumber(c.out, f)
	return nil
}
