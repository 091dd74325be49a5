package estate

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"time"
)

// Content returns the bytes of a file that the spec of a resource names. Of a
// folder it returns a zip archive, always the same one for the same files: so
// what was planned is what is applied, whoever packs it. Hidden files stay out.
// What may be large is better opened, see [Estate.Open].
func Content(dir, name string) ([]byte, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	return content(root.FS(), name)
}

// Content is the function [Content] for the files of this estate, and for those
// that pins keep in git's objects: COMMIT:PATH.
func (e *Estate) Content(name string) ([]byte, error) {
	files, name, err := e.files(name)
	if err != nil {
		return nil, err
	}
	return content(files, name)
}

func content(fsys fs.FS, name string) ([]byte, error) {
	clean, err := inside(name)
	if err != nil {
		return nil, err
	}
	info, err := fs.Stat(fsys, clean)
	if err != nil {
		return nil, err
	}
	if !info.IsDir() {
		return fs.ReadFile(fsys, clean)
	}
	var b bytes.Buffer
	err = pack(&b, fsys, clean)
	return b.Bytes(), err
}

var (
	errOutside = errors.New("outside of the estate")
	errFolder  = errors.New("a folder")
)

// inside returns the name of a file as [fs.FS] wants it.
func inside(name string) (string, error) {
	clean := path.Clean(name)
	if !fs.ValidPath(clean) {
		return "", fmt.Errorf("%s: %w", name, errOutside)
	}
	return clean, nil
}

// fileProblem explains why a file cannot be read.
func fileProblem(name string, err error) Problem {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return Problem{Message: name + " does not exist", Hint: "paths are seen from the estate's directory"}
	case errors.Is(err, errFolder):
		return Problem{Message: name + " is a folder, not a file"}
	case errors.Is(err, errOutside):
		return Problem{Message: name + " is outside of the estate", Hint: "paths are seen from the estate's directory, and stay below it"}
	}
	return Problem{Message: fmt.Sprintf("%s cannot be read: %v", name, err)}
}

// packed is the time of every file in an archive: the first that zip knows.
var packed = time.Date(1980, time.January, 1, 0, 0, 0, 0, time.UTC)

// pack puts a folder into a zip archive. Its bytes depend on nothing but names
// and contents: files are sorted and stored, not compressed, for compressors
// change from release to release.
func pack(w io.Writer, fsys fs.FS, dir string) error {
	var names []string
	err := fs.WalkDir(fsys, dir, func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case name != dir && strings.HasPrefix(d.Name(), ".") && d.IsDir():
			return fs.SkipDir
		case name != dir && strings.HasPrefix(d.Name(), "."), d.IsDir():
			return nil
		}
		names = append(names, name)
		return nil
	})
	if err != nil {
		return err
	}
	slices.Sort(names)
	z := zip.NewWriter(w)
	for _, name := range names {
		if err := packFile(z, fsys, name, strings.TrimPrefix(name, dir+"/")); err != nil {
			return err
		}
	}
	return z.Close()
}

// packFile adds a file to an archive. It is read twice: sizes and sums go before the
// content, as every reader understands.
func packFile(z *zip.Writer, fsys fs.FS, name, as string) error {
	size, sum, err := copySummed(io.Discard, fsys, name)
	if err != nil {
		return err
	}
	w, err := z.CreateRaw(&zip.FileHeader{
		Name: as, Method: zip.Store, Modified: packed, CRC32: sum, CompressedSize64: uint64(size), UncompressedSize64: uint64(size),
	})
	if err != nil {
		return err
	}
	again, now, err := copySummed(w, fsys, name)
	if err == nil && (again != size || now != sum) {
		err = fmt.Errorf("%s: it was changed while it was read", name)
	}
	return err
}

// copySummed copies a file, and returns its length and its sum.
func copySummed(w io.Writer, fsys fs.FS, name string) (int64, uint32, error) {
	f, err := fsys.Open(name)
	if err != nil {
		return 0, 0, err
	}
	defer f.Close()
	h := crc32.NewIEEE()
	n, err := io.Copy(io.MultiWriter(w, h), f)
	return n, h.Sum32(), err
}
