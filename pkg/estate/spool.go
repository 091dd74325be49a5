package estate

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
)

const (
	shortContent  = 1 << 20  // bytes: what is not longer is kept in memory,
	shortContents = 16 << 20 // as long as all of it together is not longer
)

// spool keeps the contents that cannot be read in any order where they are. Each is made
// once, and never changed. Large ones are files of the system's folder for such (TMPDIR),
// see nameless.
type spool struct {
	mu    sync.Mutex
	made  map[string]func() (spooled, error)
	short int64 // bytes in memory
	files []*localFile
}

// spooled is a content that is kept.
type spooled struct {
	content *io.SectionReader
	folder  bool
}

// known returns how to read what was kept under a name, if anything was.
func (s *spool) known(name string) (func() (spooled, error), bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	read, ok := s.made[name]
	return read, ok
}

// keep returns how to read what is kept under a name, which write makes if nobody has.
func (s *spool) keep(name string, folder bool, write func(io.Writer) error) func() (spooled, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if read, ok := s.made[name]; ok {
		return read
	}
	if s.made == nil {
		s.made = map[string]func() (spooled, error){}
	}
	read := sync.OnceValues(func() (spooled, error) {
		w := &spill{s: s}
		if err := write(w); err != nil {
			return spooled{}, err
		}
		content, err := w.finish()
		return spooled{content, folder}, err
	})
	s.made[name] = read
	return read
}

// close removes what is kept in files. What is kept is lost.
func (s *spool) close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var errs []error
	for _, f := range s.files {
		errs = append(errs, f.Close())
	}
	s.files, s.made, s.short = nil, nil, 0
	return errors.Join(errs...)
}

// hold reports whether there is room in memory for a content.
func (s *spool) hold(n int) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n > shortContent || s.short+int64(n) > shortContents {
		return false
	}
	s.short += int64(n)
	return true
}

// localFile is a file of this machine that is open.
type localFile struct {
	*os.File
	temp bool // it goes when it is closed
}

// Close closes the file, and removes it if it is for a time only.
func (f *localFile) Close() error {
	err := f.File.Close()
	if f.temp {
		err = errors.Join(err, os.Remove(f.Name()))
	}
	return err
}

// nameless makes a file that goes when it is closed, or with the program; where the
// system does not remove a file that is open, not with the program.
func nameless() (*localFile, error) {
	f, err := os.CreateTemp("", "qdeploy-*")
	if err != nil {
		return nil, fmt.Errorf("there is no room for a large file, see TMPDIR: %w", err)
	}
	return &localFile{f, os.Remove(f.Name()) != nil}, nil
}

// spill is a content in the making.
type spill struct {
	s    *spool
	text bytes.Buffer
	file *localFile // once it is too long
	size int64
}

func (w *spill) Write(b []byte) (n int, err error) {
	if w.file == nil && w.text.Len()+len(b) > shortContent {
		if err := w.toFile(); err != nil {
			return 0, err
		}
	}
	if w.file != nil {
		n, err = w.file.Write(b)
	} else {
		n, err = w.text.Write(b)
	}
	w.size += int64(n)
	return n, err
}

func (w *spill) toFile() (err error) {
	if w.file, err = nameless(); err != nil {
		return err
	}
	w.s.mu.Lock()
	w.s.files = append(w.s.files, w.file)
	w.s.mu.Unlock()
	_, err = w.file.Write(w.text.Bytes())
	w.text = bytes.Buffer{}
	return err
}

// finish returns what was written.
func (w *spill) finish() (*io.SectionReader, error) {
	if w.file == nil && !w.s.hold(w.text.Len()) {
		if err := w.toFile(); err != nil {
			return nil, err
		}
	}
	if w.file == nil {
		return io.NewSectionReader(bytes.NewReader(w.text.Bytes()), 0, w.size), nil
	}
	return io.NewSectionReader(w.file, 0, w.size), nil
}
