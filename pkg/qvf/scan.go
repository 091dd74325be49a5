package qvf

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/bits"
	"unicode/utf8"
)

// maxDepth is how deep JSON may nest. Sheets seen nest below 40.
const maxDepth = 512

// scanner walks JSON text once, checking it against RFC 8259 and for valid UTF-8, and hands out slices
// of it. It allocates nothing that grows with the text.
type scanner struct {
	b     []byte
	i     int
	depth int
}

func (s *scanner) errorf(format string, args ...any) error {
	return fmt.Errorf("json at byte %d: %s", s.i, fmt.Sprintf(format, args...))
}

// scanAll returns the one JSON value that b holds, without white space around it.
func scanAll(b []byte) ([]byte, error) {
	s := scanner{b: b}
	v, err := s.raw()
	if err != nil {
		return nil, err
	}
	return v, s.end()
}

// scanObject is scanAll for a value that must be an object.
func scanObject(b []byte) ([]byte, error) {
	v, err := scanAll(b)
	if err == nil && v[0] != '{' {
		err = errors.New("json is no object")
	}
	return v, err
}

// end reports whatever follows the value.
func (s *scanner) end() error {
	if s.space(); s.i < len(s.b) {
		return s.errorf("text after the value")
	}
	return nil
}

func (s *scanner) space() {
	for s.i < len(s.b) {
		switch s.b[s.i] {
		case ' ', '\t', '\n', '\r':
			s.i++
		default:
			return
		}
	}
}

// peek skips white space and returns the next byte, 0 at the end.
func (s *scanner) peek() byte {
	if s.i < len(s.b) && s.b[s.i] > ' ' { // as nearly always: the engine writes none
		return s.b[s.i]
	}
	if s.space(); s.i < len(s.b) {
		return s.b[s.i]
	}
	return 0
}

// raw consumes a value of any kind and returns its text.
func (s *scanner) raw() ([]byte, error) {
	s.space()
	start := s.i
	if err := s.skip(); err != nil {
		return nil, err
	}
	return s.b[start:s.i:s.i], nil
}

// skip consumes a value of any kind.
func (s *scanner) skip() error {
	switch c := s.peek(); {
	case c == '{':
		return s.skipList('{', '}')
	case c == '[':
		return s.skipList('[', ']')
	case c == '"':
		_, err := s.quoted()
		return err
	case c == '-' || '0' <= c && c <= '9':
		return s.number()
	default:
		return s.literal()
	}
}

func (s *scanner) skipList(first, last byte) error {
	more, err := s.open(first, last)
	for ; more && err == nil; more, err = s.more(last) {
		if first == '{' {
			if _, err := s.key(); err != nil {
				return err
			}
		}
		if err := s.skip(); err != nil {
			return err
		}
	}
	return err
}

func (s *scanner) literal() error {
	for _, word := range [...]string{"true", "false", "null"} {
		if len(s.b)-s.i >= len(word) && string(s.b[s.i:s.i+len(word)]) == word {
			s.i += len(word)
			return nil
		}
	}
	return s.errorf("no value")
}

// members consumes an object, calling f with each decoded key. f consumes the value, or leaves it to
// members.
func (s *scanner) members(f func(key []byte) error) error {
	more, err := s.open('{', '}')
	for ; more && err == nil; more, err = s.more('}') {
		key, err := s.key()
		if err != nil {
			return err
		}
		if key, err = unescape(key); err != nil {
			return s.errorf("%v in a key", err)
		}
		s.space()
		at := s.i
		if err := f(key); err != nil {
			return err
		}
		if s.i > at {
			continue
		}
		if err := s.skip(); err != nil {
			return err
		}
	}
	return err
}

// elements consumes an array, calling f, which consumes one element, for each.
func (s *scanner) elements(f func() error) error {
	more, err := s.open('[', ']')
	for ; more && err == nil; more, err = s.more(']') {
		if err := f(); err != nil {
			return err
		}
	}
	return err
}

// open consumes the beginning of a list and says whether it has an element. more does the same between
// two elements, and consumes the list's end.
func (s *scanner) open(first, last byte) (bool, error) {
	if s.peek() != first {
		return false, s.errorf("no %q", first)
	}
	if s.depth++; s.depth > maxDepth {
		return false, s.errorf("nested deeper than %d", maxDepth)
	}
	s.i++
	if s.peek() == last {
		s.i++
		s.depth--
		return false, nil
	}
	return true, nil
}

func (s *scanner) more(last byte) (bool, error) {
	switch s.peek() {
	case ',':
		s.i++
		return true, nil
	case last:
		s.i++
		s.depth--
		return false, nil
	}
	return false, s.errorf("no comma and no %q", last)
}

// key consumes a key and its colon, and returns the key with its escapes.
func (s *scanner) key() ([]byte, error) {
	if s.peek() != '"' {
		return nil, s.errorf("no key")
	}
	key, err := s.quoted()
	if err != nil {
		return nil, err
	}
	if s.peek() != ':' {
		return nil, s.errorf("no colon")
	}
	s.i++
	return key, nil
}

// quoted consumes a string and returns what is between the quotes, escapes checked but not decoded.
func (s *scanner) quoted() ([]byte, error) {
	s.i++
	start, ascii := s.i, true
	for s.i < len(s.b) {
		if len(s.b)-s.i >= 8 {
			if n := plain8(binary.LittleEndian.Uint64(s.b[s.i:])); n > 0 {
				s.i += n
				continue
			}
		}
		switch c := s.b[s.i]; {
		case c == '"':
			q := s.b[start:s.i]
			if !ascii && !utf8.Valid(q) {
				return nil, s.errorf("invalid UTF-8")
			}
			s.i++
			return q, nil
		case c == '\\':
			if err := s.escape(); err != nil {
				return nil, err
			}
		case c < ' ':
			return nil, s.errorf("control character in a string")
		default:
			ascii = ascii && c < utf8.RuneSelf
			s.i++
		}
	}
	return nil, s.errorf("string without end")
}

// plain8 says how many of eight bytes, before one that is not, are ASCII and neither end a string nor are
// special in one. Subtracting borrows from the next byte only, so the first such byte is exact.
func plain8(x uint64) int {
	const ones = 0x0101010101010101
	control := x - ones*' '
	quote := (x ^ ones*'"') - ones
	escape := (x ^ ones*'\\') - ones
	return bits.TrailingZeros64((x|control|quote|escape)&(ones<<7)) / 8
}

func (s *scanner) escape() error {
	if s.i+1 >= len(s.b) {
		return s.errorf("string without end")
	}
	switch s.b[s.i+1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		s.i += 2
		return nil
	case 'u':
		if _, ok := hex4(s.b[s.i+2:]); ok {
			s.i += 6
			return nil
		}
	}
	return s.errorf("invalid escape")
}
