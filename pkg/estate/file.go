package estate

import (
	"crypto/md5"
	"encoding/hex"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/qdeploy/qdeploy/pkg/qvf"
)

// File is a file of the estate, or a folder of it packed into an archive, that is open: it
// is read in any order and by several goroutines, and never held whole in memory. Close it.
type File struct {
	io.ReaderAt
	io.Closer
	e      *Estate
	name   string
	size   int64
	folder bool
	mark   func() (mark, error)
}

// mark tells whether a file was changed since it was looked at. What is kept is never
// changed, and has the same mark at all times.
//
// assumed: who changes a file changes its size or its time, as git assumes too.
type mark struct {
	size int64
	when time.Time
}

// Open opens a file that the spec of a resource names: a path seen from the estate's
// directory, or COMMIT:PATH of git's objects. A file is read where it lies. What cannot be
// read in any order there, because git has compressed it or because it is a folder, is
// taken from there once, and kept for all who ask.
func (e *Estate) Open(name string) (*File, error) {
	if r, known := e.spool.known(name); known {
		return e.kept(name, r)
	}
	fsys, inner, err := e.files(name)
	if err != nil {
		return nil, err
	}
	clean, err := inside(inner)
	if err != nil {
		return nil, err
	}
	f, err := fsys.Open(clean)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err != nil {
		_ = f.Close() // it was only looked at
		return nil, err
	}
	at, anywhere := f.(io.ReaderAt)
	if anywhere && !info.IsDir() {
		return &File{ReaderAt: at, Closer: f, e: e, name: name, size: info.Size(), mark: func() (mark, error) {
			now, err := f.Stat()
			if err != nil {
				return mark{}, err
			}
			return mark{now.Size(), now.ModTime()}, nil
		}}, nil
	}
	_ = f.Close() // it is opened again, by who is the first to keep it
	return e.kept(name, e.spool.keep(name, info.IsDir(), func(w io.Writer) error {
		if info.IsDir() {
			return pack(w, fsys, clean)
		}
		_, _, err := copySummed(w, fsys, clean)
		return err
	}))
}

// kept is a file that is in the spool.
func (e *Estate) kept(name string, read func() (spooled, error)) (*File, error) {
	s, err := read()
	if err != nil {
		return nil, err
	}
	m := mark{size: s.content.Size()}
	return &File{ReaderAt: s.content, Closer: io.NopCloser(nil), e: e, name: name, size: m.size, folder: s.folder, mark: func() (mark, error) { return m, nil }}, nil
}

// Size is how long the file is, in bytes.
func (f *File) Size() int64 { return f.size }

// Is reports whether the file has a sum: an MD5 in hexadecimal digits or, of an app, the
// digest that specs have. It is computed once for all who ask, and again if the file was
// changed meanwhile.
func (f *File) Is(sum string) (bool, error) {
	read := (*File).md5
	if strings.HasPrefix(sum, "sha256:") {
		read = (*File).digest
	}
	got, err := read(f)
	return err == nil && got == sum, err
}

// fileSum is what a sum of a file is remembered by.
type fileSum struct {
	name, sort string
	mark
}

// once computes a sum of the file as it is.
func (f *File) once(sort string, read func() (string, error)) (string, error) {
	m, err := f.mark()
	if err != nil {
		return "", err
	}
	got, _ := f.e.sums.LoadOrStore(fileSum{f.name, sort, m}, sync.OnceValues(read))
	return got.(func() (string, error))()
}

func (f *File) md5() (string, error) {
	return f.once("md5", func() (string, error) {
		h := md5.New()
		if _, err := io.Copy(h, f.reader()); err != nil {
			return "", err
		}
		return hex.EncodeToString(h.Sum(nil)), nil
	})
}

// digest is that of an app, "" if the file is none.
func (f *File) digest() (string, error) {
	return f.once("digest", func() (string, error) {
		a, err := qvf.Decode(f, f.size)
		if err != nil {
			return "", nil // which no app has
		}
		return qvf.Digest(a), nil
	})
}

// reader reads all of the file.
func (f *File) reader() io.Reader { return io.NewSectionReader(f, 0, f.size) }

// head returns how the file begins: n bytes, or all.
func (f *File) head(n int64) ([]byte, error) {
	b, err := io.ReadAll(io.NewSectionReader(f, 0, n))
	if err != nil {
		err = fmt.Errorf("%s: %w", f.name, err)
	}
	return b, err
}
