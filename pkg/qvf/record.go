package qvf

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// inflater is what inflating one record leaves for the next.
type inflater struct {
	stored []byte // as it is in the file
	src    bytes.Reader
	zlib   io.ReadCloser
}

// maxRatio is how much deflate can shrink anything: 258 bytes to two bits, and some for the frame.
const maxRatio = 1032

// load reads a whole stream into memory that the next call reuses.
func (d *decoder) load(s stream) ([]byte, error) {
	if err := d.grow(&d.stored, s.size); err != nil {
		return nil, err
	}
	b := d.stored[:s.size]
	return b, d.read(s, b, 0)
}

// grow makes room for n bytes in memory that is used again and again.
func (d *decoder) grow(b *[]byte, n int64) error {
	if n <= int64(cap(*b)) {
		return nil
	}
	n += n / 4
	if err := d.take(n); err != nil {
		return err
	}
	*b = make([]byte, n)
	return nil
}

// json reads an entry that is a JSON document, in a record or plain, and checks it.
func (d *decoder) json(s stream) (json.RawMessage, error) {
	b, err := d.document(s)
	if err != nil {
		return nil, err
	}
	return scanObject(b)
}

// document is json for a caller who checks the document while decoding it.
func (d *decoder) document(s stream) ([]byte, error) {
	b, err := d.load(s)
	if err != nil {
		return nil, err
	}
	if len(b) > 0 && b[0] == '{' {
		if err := d.take(s.size); err != nil {
			return nil, err
		}
		b = bytes.Clone(b)
	} else if b, err = d.inflate(b); err != nil {
		return nil, err
	}
	return trimNUL(b), nil
}

// head reads at most n bytes of a stream into memory that the next call reuses.
func (d *decoder) head(s stream, n int64) ([]byte, error) {
	s.size = min(s.size, n)
	return d.load(s)
}

// record reads an entry that is a record.
func (d *decoder) record(s stream) ([]byte, error) {
	b, err := d.load(s)
	if err != nil {
		return nil, err
	}
	return d.inflate(b)
}

var errRecord = errors.New("record makes no sense")

// inflate returns the content of a record.
func (d *decoder) inflate(b []byte) ([]byte, error) {
	head, b, ok := counted(b)
	if !ok || len(b) < 8 {
		return nil, errRecord
	}
	if v, err := pick(trimNUL(head), "format"); err != nil || v[0] == nil {
		return nil, errRecord
	} else if f := str(v[0]); f != "gzjson" && f != "binary" {
		return nil, fmt.Errorf("unknown record format %q", f)
	}
	size := int64(binary.LittleEndian.Uint32(b))
	packed := int64(binary.LittleEndian.Uint32(b[4:]))
	if b = b[8:]; packed != int64(len(b)) {
		return nil, fmt.Errorf("record of %d bytes has %d", packed, len(b))
	}
	if size > packed*maxRatio {
		return nil, fmt.Errorf("%d bytes cannot inflate to %d", packed, size)
	}
	if err := d.take(size); err != nil {
		return nil, err
	}
	return d.unzip(b, make([]byte, size))
}

// unzip inflates b, which must fill out and nothing more.
func (d *decoder) unzip(b, out []byte) ([]byte, error) {
	d.src.Reset(b)
	var err error
	if d.zlib == nil {
		d.zlib, err = zlib.NewReader(&d.src)
	} else {
		err = d.zlib.(zlib.Resetter).Reset(&d.src, nil)
	}
	if err != nil {
		return nil, fmt.Errorf("zlib: %w", err)
	}
	if _, err := io.ReadFull(d.zlib, out); err != nil {
		return nil, fmt.Errorf("zlib: %w", err)
	}
	var more [1]byte
	if n, err := d.zlib.Read(more[:]); n > 0 || !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("zlib: more than the %d bytes announced (%w)", len(out), err)
	}
	if d.src.Len() > 0 {
		return nil, fmt.Errorf("zlib: %d bytes after the end", d.src.Len())
	}
	return out, nil
}
