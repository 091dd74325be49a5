package estate

import (
	"errors"
	"io"
	"io/fs"
	"path"
	"time"

	"github.com/qdeploy/qdeploy/pkg/qvf"
)

// stat describes a file or folder of a revision.
type stat struct {
	name string
	size int64
	mode fs.FileMode
	when time.Time
}

func (s stat) Name() string       { return s.name }
func (s stat) Size() int64        { return s.size }
func (s stat) Mode() fs.FileMode  { return s.mode }
func (s stat) ModTime() time.Time { return s.when }
func (s stat) IsDir() bool        { return s.mode.IsDir() }
func (s stat) Sys() any           { return nil }

// file is an open file of a revision.
type file struct {
	io.ReadCloser
	at stat
}

func (f *file) Stat() (fs.FileInfo, error) { return f.at, nil }

// stored is an open object of Git LFS. It is a file of this machine, and read in any order.
type stored struct {
	*localFile
	name string // as the revision has it
}

func (f *stored) Stat() (fs.FileInfo, error) {
	info, err := f.File.Stat()
	if err != nil {
		return nil, err
	}
	return stat{name: f.name, size: info.Size(), mode: 0o644, when: info.ModTime()}, nil
}

// object opens what a Git LFS pointer points to, and checks once that it is sound.
func (t *treeFS) object(p *qvf.LFSError, at stat) (fs.File, error) {
	f, err := openLFS(t.repo, p, t.env)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	seen := fileSum{p.OID, "lfs", mark{info.Size(), info.ModTime()}}
	if _, known := t.sound.Load(seen); !known {
		if err := sound(f, p.OID); err != nil {
			return nil, errors.Join(err, f.Close())
		}
		t.sound.Store(seen, true)
	}
	return &stored{f, at.name}, nil
}

// folder is an open folder of a revision.
type folder struct {
	at      stat
	entries []fs.DirEntry
}

func (d *folder) Stat() (fs.FileInfo, error) { return d.at, nil }
func (d *folder) Close() error               { return nil }

func (d *folder) Read([]byte) (int, error) {
	return 0, &fs.PathError{Op: "read", Path: d.at.name, Err: fs.ErrInvalid}
}

// ReadDir implements [fs.ReadDirFile].
func (d *folder) ReadDir(n int) ([]fs.DirEntry, error) {
	rest := d.entries
	if n > 0 {
		if len(rest) == 0 {
			return nil, io.EOF
		}
		rest = rest[:min(n, len(rest))]
	}
	d.entries = d.entries[len(rest):]
	return rest, nil
}

// child is what a folder of a revision lists.
type child struct {
	t    *treeFS
	name string // as seen from the estate's folder
	dir  bool
}

func (e child) Name() string { return path.Base(e.name) }
func (e child) IsDir() bool  { return e.dir }

func (e child) Type() fs.FileMode {
	if e.dir {
		return fs.ModeDir
	}
	return 0
}

func (e child) Info() (fs.FileInfo, error) { return fs.Stat(e.t, e.name) }
