package qliktest

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
)

// A QVF is a paged file store: a root stream of 64-byte directory lines names
// the other streams, and every stream has a header page that lists its
// extents. Only what an import has to know is read here.

const (
	qvfPage   = 0x200
	qvfMagic  = "\xff\xff\x01\x00"
	qvfNoData = 35      // length of qvapp_data in an app without data
	qvfMost   = 1 << 26 // bound of a stream and of what it inflates to
)

var errNotQVF = errors.New("the body is not a QVF")

type qvfExtent struct{ offset, length int }

// A qvfStream is one stream and where its bytes are in the file.
type qvfStream struct {
	header  int
	used    int
	extents []qvfExtent
	bytes   []byte
}

// A qvfEntry is one file or directory of the root.
type qvfEntry struct {
	name   string
	header int   // of its stream
	lines  []int // where its directory lines are in the file
}

func u32(b []byte, at int) int { return int(binary.LittleEndian.Uint32(b[at:])) }

// u64 reads an offset or length; what a file cannot hold becomes -1.
func u64(b []byte, at int) int {
	v := binary.LittleEndian.Uint64(b[at:]) &^ (1 << 63)
	if v > 1<<40 {
		return -1
	}
	return int(v)
}

func within(b []byte, at, n int) bool { return at >= 0 && n >= 0 && at <= len(b)-n }

func readQVFStream(b []byte, header int) (s qvfStream, err error) {
	if !within(b, header, 0x30) {
		return s, errNotQVF
	}
	s = qvfStream{header: header, used: u64(b, header)}
	if s.used < 0 || s.used > qvfMost {
		return s, errNotQVF
	}
	if err := s.readExtents(b, u64(b, header+0x20), u64(b, header+0x28), 0); err != nil {
		return s, err
	}
	for _, e := range s.extents {
		s.bytes = append(s.bytes, b[e.offset:e.offset+e.length]...)
	}
	if len(s.bytes) < s.used {
		return s, errNotQVF
	}
	s.bytes = s.bytes[:s.used]
	return s, nil
}

// readExtents reads a list of extents. The top bit of a length says that the
// extent is itself such a list.
func (s *qvfStream) readExtents(b []byte, at, length, depth int) error {
	total := 0
	for end := at + length; at+16 <= end; at += 16 {
		if depth > 4 || !within(b, at, 16) {
			return errNotQVF
		}
		offset, n := u64(b, at), u64(b, at+8)
		nested := binary.LittleEndian.Uint64(b[at+8:])>>63 == 1
		if total += n; n == 0 && !nested {
			return nil
		}
		if !within(b, offset, n) || total > qvfMost {
			return errNotQVF
		}
		if nested {
			if err := s.readExtents(b, offset, n, depth+1); err != nil {
				return err
			}
			continue
		}
		s.extents = append(s.extents, qvfExtent{offset, n})
	}
	return nil
}

// fileOffset says where a byte of the stream is in the file.
func (s *qvfStream) fileOffset(at int) int {
	for _, e := range s.extents {
		if at < e.length {
			return e.offset + at
		}
		at -= e.length
	}
	return -1
}

// readQVFRoot lists the entries of the root directory.
func readQVFRoot(b []byte) (list []qvfEntry, err error) {
	if !bytes.HasPrefix(b, []byte(qvfMagic)) || len(b) < 2*qvfPage {
		return nil, errNotQVF
	}
	root, err := readQVFStream(b, u64(b, 0x40))
	if err != nil {
		return nil, err
	}
	for at := 0; at+64 <= len(root.bytes); {
		kind, more := u32(root.bytes, at), u32(root.bytes, at+4)
		if kind == 0 || more < 0 || more > 1<<16 || at+64*(more+1) > len(root.bytes) {
			at += 64
			continue
		}
		e := qvfEntry{lines: []int{root.fileOffset(at)}}
		body := slices.Clone(root.bytes[at+8 : at+64])
		for at += 64; more > 0; more-- {
			e.lines = append(e.lines, root.fileOffset(at))
			body = append(body, root.bytes[at+4:at+64]...)
			at += 64
		}
		if n := u32(body, 24); within(body, 28, n) {
			e.name, e.header = string(body[28:28+n]), u64(body, 8)
			list = append(list, e)
		}
	}
	return list, nil
}

func findQVF(list []qvfEntry, name string) (qvfEntry, bool) {
	i := slices.IndexFunc(list, func(e qvfEntry) bool { return e.name == name })
	if i < 0 {
		return qvfEntry{}, false
	}
	return list[i], true
}

// readQVFJSON reads a record that holds compressed JSON.
func readQVFJSON(b []byte, list []qvfEntry, name string, v any) error {
	e, found := findQVF(list, name)
	if !found {
		return fmt.Errorf("no %s", name)
	}
	s, err := readQVFStream(b, e.header)
	if err != nil {
		return err
	}
	if len(s.bytes) < 4 {
		return errNotQVF
	}
	at := 4 + u32(s.bytes, 0)
	if !within(s.bytes, at, 8) {
		return errNotQVF
	}
	z, err := zlib.NewReader(bytes.NewReader(s.bytes[at+8:]))
	if err != nil {
		return err
	}
	raw, err := io.ReadAll(io.LimitReader(z, qvfMost))
	if err != nil {
		return err
	}
	return json.Unmarshal(bytes.TrimRight(raw, "\x00"), v)
}
