package qlik

import (
	"fmt"
	"io"
	"strings"
)

// File is a file that a spec names, open to be sent. It is read in any order, and by
// several at once.
type File interface {
	io.ReaderAt
	io.Closer
	Size() int64 // bytes

	// Is reports whether the content has a sum: an MD5 in hexadecimal digits or, of an
	// app, a digest. It is cheap to ask again, and knows whether the content was changed.
	Is(sum string) (bool, error)
}

// planned is a file of the estate that is the one that was planned.
type planned struct {
	File
	path, sum string
}

// planned opens a file of the estate, if it is the one that was planned; one without a
// sum is trusted.
func (t *Tenant) planned(path, sum string) (*planned, error) {
	if t.options.Files == nil {
		return nil, fmt.Errorf("%s: no files are at hand", path)
	}
	f, err := t.options.Files(path)
	if err != nil {
		return nil, err
	}
	p := &planned{f, path, sum}
	if err := p.same(); err != nil {
		_ = f.Close() // it was only read
		return nil, err
	}
	return p, nil
}

// same fails if the file is not, or no longer, the one that was planned.
func (p *planned) same() error {
	if p.sum == "" {
		return nil
	}
	ok, err := p.Is(p.sum)
	if err == nil && !ok {
		err = errChanged
	}
	if err != nil {
		err = fmt.Errorf("%s: %w", p.path, err)
	}
	return err
}

// file reads a short file that a spec names.
func (t *Tenant) file(path string) ([]byte, error) {
	f, err := t.planned(path, "")
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.NewSectionReader(f, 0, f.Size()))
}

// section is a part of what is sent. It is read anew for each attempt, a little at a
// time, so that nothing is held in memory.
type section struct {
	io.ReaderAt
	from, size int64
	same       func() error // asked before its last bytes are sent; nil trusts them
}

// sections are what a request sends, one after the other.
type sections []section

// whole is all of a file, as far as it stays the one that was planned.
func (p *planned) whole() section { return section{p, 0, p.Size(), p.same} }

// text is a part that is in memory.
func text(s string) section { return section{strings.NewReader(s), 0, int64(len(s)), nil} }

func (s sections) size() (n int64) {
	for _, p := range s {
		n += p.size
	}
	return n
}

// open returns what reads all of it.
func (s sections) open() io.ReadCloser {
	rs := make([]io.Reader, len(s))
	for i, p := range s {
		rs[i] = &sectionReader{io.NewSectionReader(p, p.from, p.size), p.size, p.same}
	}
	return io.NopCloser(io.MultiReader(rs...))
}

// sectionReader reads a section. What ends it early ends the request, without its last
// bytes: Qlik does nothing with half a request.
type sectionReader struct {
	r    io.Reader
	left int64
	same func() error
}

func (s *sectionReader) Read(b []byte) (int, error) {
	n, err := s.r.Read(b)
	s.left -= int64(n)
	switch {
	case err == io.EOF && s.left > 0:
		err = errChanged // it is shorter now
	case s.left == 0 && n > 0 && s.same != nil:
		if gone := s.same(); gone != nil {
			err = gone
		}
	}
	if err != nil && err != io.EOF {
		return 0, fmt.Errorf("%w: %w", errRefused, err)
	}
	return n, err
}
