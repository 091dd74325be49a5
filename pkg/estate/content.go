package estate

import (
	"archive/zip"
	"bytes"
	"crypto/md5"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"sync"
	"time"
)

// Content returns the bytes of a file that the spec of a resource names. Of a
// folder it returns a zip archive, always the same one for the same files: so
// what was planned is what is applied, whoever packs it. Hidden files stay out.
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
	return pack(fsys, clean)
}

func readFile(fsys fs.FS, name string) ([]byte, error) {
	clean, err := inside(name)
	if err != nil {
		return nil, err
	}
	if info, err := fs.Stat(fsys, clean); err == nil && info.IsDir() {
		return nil, errFolder
	}
	return fs.ReadFile(fsys, clean)
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
func pack(fsys fs.FS, dir string) ([]byte, error) {
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
		return nil, err
	}
	slices.Sort(names)
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, name := range names {
		text, err := fs.ReadFile(fsys, name)
		if err != nil {
			return nil, err
		}
		h := &zip.FileHeader{
			Name:               strings.TrimPrefix(name, dir+"/"),
			Method:             zip.Store,
			Modified:           packed,
			CRC32:              crc32.ChecksumIEEE(text),
			CompressedSize64:   uint64(len(text)),
			UncompressedSize64: uint64(len(text)),
		}
		w, err := z.CreateRaw(h) // sizes go before the content, as every reader understands
		if err != nil {
			return nil, err
		}
		if _, err := w.Write(text); err != nil {
			return nil, err
		}
	}
	if err := z.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// sum is the MD5 of a file or a packed folder, or the digest of a definition, or why
// there is none.
type sum struct {
	md5     string
	problem Problem
}

// sum returns the sum of an archive that must hold name.qext, made once.
func (e *Estate) sum(file, name string) sum {
	f, _ := e.sums.LoadOrStore(file+"\x00"+name, sync.OnceValue(func() sum {
		text, err := e.Content(file)
		if err != nil {
			return sum{problem: fileProblem(file, err)}
		}
		if p := checkArchive(text, file, name); p.Message != "" {
			return sum{problem: p}
		}
		h := md5.Sum(text)
		return sum{md5: hex.EncodeToString(h[:])}
	}))
	return f.(func() sum)()
}

// checkArchive says what is wrong with the archive of a theme or an extension.
func checkArchive(text []byte, file, name string) Problem {
	if bytes.HasPrefix(text, []byte("version https://git-lfs")) {
		return Problem{Message: file + " is a Git LFS pointer, not the archive", Hint: "fetch it: git lfs pull"}
	}
	z, err := zip.NewReader(bytes.NewReader(text), int64(len(text)))
	if err != nil {
		return Problem{Message: file + " is neither a folder nor a zip archive"}
	}
	var others []string
	for _, f := range z.File {
		base := path.Base(f.Name)
		if base == name+".qext" {
			return Problem{}
		}
		if path.Ext(base) == ".qext" {
			others = append(others, strings.TrimSuffix(base, ".qext"))
		}
	}
	p := Problem{Message: fmt.Sprintf("%s holds no %s.qext", file, name)}
	if len(others) > 0 {
		p.Hint = "by the file inside, its name is " + oneOf(others)
	}
	return p
}
