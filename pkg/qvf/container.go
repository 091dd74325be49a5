package qvf

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
)

const (
	pageSize   = 0x200
	headerUsed = 0x30 // of a stream's header page; its extent list follows
	runCost    = 64   // allocated for a run, with what growing the list throws away
	listBit    = 1 << 63
	maxLists   = 8 // how deep extent lists may nest; seen: 1
)

var magic = []byte{0xff, 0xff, 1, 0, 0xc1, 6, 0, 0}

// container reads the pages of a file. It notes each page it is told to use, and lets none be used twice.
type container struct {
	r      io.ReaderAt
	size   int64
	used   []uint64 // a bit for each page
	budget int64    // bytes that may still be allocated
	page   [pageSize]byte
}

// run is a contiguous part of the file.
type run struct{ offset, length int64 }

// stream is the runs that make up one stream; size is cut to its used bytes.
type stream struct {
	header int64
	size   int64
	runs   []run
}

// take counts n bytes about to be allocated.
func (c *container) take(n int64) error {
	if n < 0 || n > c.budget {
		return ErrTooLarge
	}
	c.budget -= n
	return nil
}

// readAt fills b from offset on.
func (c *container) readAt(b []byte, offset int64) error {
	n, err := c.r.ReadAt(b, offset)
	if n == len(b) {
		return nil
	}
	if err == nil || errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return fail(offset, "", err)
}

// open checks the file's first page and returns the root stream.
func (c *container) open() (stream, error) {
	head := c.page[:min(c.size, pageSize)]
	if err := c.readAt(head, 0); err != nil {
		return stream{}, err
	}
	if err := lfsPointer(head); err != nil {
		return stream{}, err
	}
	if !bytes.HasPrefix(head, magic) {
		return stream{}, ErrNotQVF
	}
	if len(head) < pageSize {
		return stream{}, fail(0, "", io.ErrUnexpectedEOF)
	}
	if n := binary.LittleEndian.Uint32(head[0x0c:]); n != pageSize {
		return stream{}, failf(0x0c, "", "page size %d is not supported", n)
	}
	if err := c.take(c.size/pageSize/8 + 8); err != nil {
		return stream{}, fail(0, "", err)
	}
	c.used = make([]uint64, c.size/pageSize/64+1)
	root := binary.LittleEndian.Uint64(head[0x40:])
	if err := c.claim(0, pageSize); err != nil {
		return stream{}, err
	}
	return c.stream(root)
}

// claim marks the pages of a run as used.
func (c *container) claim(offset, length uint64) error {
	size := uint64(c.size)
	if offset > size || length > size-offset {
		return failf(int64(min(offset, size)), "", "run of %d bytes goes past the end of the file", length)
	}
	if offset%pageSize != 0 {
		return failf(int64(offset), "", "run does not begin at a page")
	}
	for p := offset / pageSize; p < (offset+length+pageSize-1)/pageSize; p++ {
		if c.used[p/64]&(1<<(p%64)) != 0 {
			return failf(int64(p*pageSize), "", "page is used twice")
		}
		c.used[p/64] |= 1 << (p % 64)
	}
	return nil
}

// stream reads the stream header at offset, and its extent lists.
func (c *container) stream(offset uint64) (stream, error) {
	if err := c.claim(offset, pageSize); err != nil {
		return stream{}, err
	}
	s := stream{header: int64(offset)}
	if err := c.readAt(c.page[:], s.header); err != nil {
		return s, err
	}
	used := binary.LittleEndian.Uint64(c.page[:])
	at := binary.LittleEndian.Uint64(c.page[0x20:])
	length := binary.LittleEndian.Uint64(c.page[0x28:]) &^ listBit
	var err error
	if inHeader := at - offset; inHeader >= headerUsed && inHeader <= pageSize && length <= pageSize-inHeader {
		_, err = c.extents(&s, c.page[inHeader:inHeader+length], 0)
	} else {
		err = c.list(&s, at, length, 0)
	}
	if err != nil {
		return s, err
	}
	var have int64
	for _, r := range s.runs {
		have += r.length
	}
	if used > uint64(have) {
		return s, failf(s.header, "", "stream of %d bytes has runs for %d", used, have)
	}
	s.size = int64(used)
	return s, nil
}

// list reads an extent list that lies outside the stream's header page.
func (c *container) list(s *stream, offset, length uint64, depth int) error {
	if err := c.claim(offset, length); err != nil {
		return err
	}
	if depth > maxLists {
		return failf(int64(offset), "", "extent lists nested too deep")
	}
	if err := c.take(pageSize); err != nil {
		return fail(int64(offset), "", err)
	}
	var page [pageSize]byte
	for ; length > 0; offset += pageSize {
		b := page[:min(length, pageSize)]
		length -= uint64(len(b))
		if err := c.readAt(b, int64(offset)); err != nil {
			return err
		}
		if done, err := c.extents(s, b, depth+1); done || err != nil {
			return err
		}
	}
	return nil
}

// extents adds the runs that part of an extent list names, and says whether the list ended there.
func (c *container) extents(s *stream, list []byte, depth int) (done bool, err error) {
	for ; len(list) >= 16; list = list[16:] {
		offset := binary.LittleEndian.Uint64(list)
		length := binary.LittleEndian.Uint64(list[8:])
		switch {
		case length&^listBit == 0:
			return true, nil
		case length&listBit != 0:
			err = c.list(s, offset, length&^listBit, depth)
		default:
			if err = c.claim(offset, length); err == nil {
				err = c.take(runCost)
			}
			s.runs = append(s.runs, run{int64(offset), int64(length)})
		}
		if err != nil {
			return true, err
		}
	}
	return false, nil
}

// read fills b with the stream's bytes from the given position on.
func (c *container) read(s stream, b []byte, from int64) error {
	for _, r := range s.runs {
		if from >= r.length {
			from -= r.length
			continue
		}
		n := min(int64(len(b)), r.length-from)
		if n == 0 {
			return nil
		}
		if err := c.readAt(b[:n], r.offset+from); err != nil {
			return err
		}
		b, from = b[n:], 0
	}
	if len(b) > 0 {
		return fail(s.header, "", io.ErrUnexpectedEOF)
	}
	return nil
}

// offset is where in the file the stream's byte at position lies.
func (s stream) offset(position int64) int64 {
	for _, r := range s.runs {
		if position < r.length {
			return r.offset + position
		}
		position -= r.length
	}
	return s.header
}
