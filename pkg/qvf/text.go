package qvf

import (
	"bytes"
	"errors"
	"unicode/utf16"
	"unicode/utf8"
)

// hex4 reads four hexadecimal digits at the start of b.
func hex4(b []byte) (rune, bool) {
	if len(b) < 4 {
		return 0, false
	}
	var r rune
	for _, c := range b[:4] {
		switch {
		case '0' <= c && c <= '9':
			c -= '0'
		case 'a' <= c|0x20 && c|0x20 <= 'f':
			c = c | 0x20 - 'a' + 10
		default:
			return 0, false
		}
		r = r<<4 | rune(c)
	}
	return r, true
}

// errSurrogate marks half of a surrogate pair, which has no UTF-8.
var errSurrogate = errors.New("lone surrogate")

// unescape decodes the escapes of a checked JSON string without its quotes. Without escapes it returns
// q itself. With a lone surrogate it returns U+FFFD in its place, and errSurrogate.
func unescape(q []byte) ([]byte, error) {
	i := bytes.IndexByte(q, '\\')
	if i < 0 {
		return q, nil
	}
	out := make([]byte, 0, len(q))
	var lone error
	for ; i >= 0; i = bytes.IndexByte(q, '\\') {
		out = append(out, q[:i]...)
		c := q[i+1]
		q = q[i+2:]
		if c != 'u' {
			out = append(out, plainEscape(c))
			continue
		}
		r, _ := hex4(q)
		q = q[4:]
		if utf16.IsSurrogate(r) {
			r, q = surrogate(r, q)
			if r == utf8.RuneError {
				lone = errSurrogate
			}
		}
		out = utf8.AppendRune(out, r)
	}
	return append(out, q...), lone
}

// surrogate joins r with the escape at the start of q, and returns what follows it.
func surrogate(r rune, q []byte) (rune, []byte) {
	if len(q) >= 6 && q[0] == '\\' && q[1] == 'u' {
		if low, ok := hex4(q[2:]); ok {
			if r := utf16.DecodeRune(r, low); r != utf8.RuneError {
				return r, q[6:]
			}
		}
	}
	return utf8.RuneError, q
}

func plainEscape(c byte) byte {
	switch c {
	case 'b':
		return '\b'
	case 'f':
		return '\f'
	case 'n':
		return '\n'
	case 'r':
		return '\r'
	case 't':
		return '\t'
	}
	return c
}

// pick returns the values of an object's members by key, nil where there is none. A key asked for may
// stand there only once: Qlik's engine and a reviewer's tool could otherwise see different values.
func pick(object []byte, keys ...string) ([][]byte, error) {
	out := make([][]byte, len(keys))
	s := scanner{b: object}
	err := s.members(func(key []byte) error {
		for i, k := range keys {
			if string(key) != k {
				continue
			}
			if out[i] != nil {
				return s.errorf("second %q", k)
			}
			v, err := s.raw()
			out[i] = v
			return err
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, s.end()
}

// str decodes a JSON string; anything else is empty. A lone surrogate becomes U+FFFD.
func str(raw []byte) string {
	if len(raw) < 2 || raw[0] != '"' {
		return ""
	}
	b, _ := unescape(raw[1 : len(raw)-1])
	return string(b)
}

// text is the string member of an object, empty if there is none.
func text(object []byte, key string) string {
	v, err := pick(object, key)
	if err != nil {
		return ""
	}
	return str(v[0])
}

// truth is true for true and "true": Qlik writes both.
func truth(raw []byte) bool {
	return string(raw) == "true" || string(raw) == `"true"`
}
