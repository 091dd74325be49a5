package estate

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// overlay is files with others over them: in place of what has their names, or besides.
type overlay struct {
	below fs.FS
	over  map[string][]byte // content by name
}

// Open implements [fs.FS].
func (o overlay) Open(name string) (fs.File, error) {
	if text, ok := o.over[name]; ok {
		return &file{io.NopCloser(bytes.NewReader(text)), o.stat(name)}, nil
	}
	added := o.in(name)
	f, err := o.below.Open(name)
	if len(added) == 0 || err != nil && !errors.Is(err, fs.ErrNotExist) {
		return f, err
	}
	if err == nil {
		defer f.Close()
		entries, err := fs.ReadDir(o.below, name)
		if err != nil {
			return nil, err
		}
		for _, e := range entries {
			if !slices.ContainsFunc(added, func(a fs.DirEntry) bool { return a.Name() == e.Name() }) {
				added = append(added, e)
			}
		}
	}
	slices.SortFunc(added, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	return &folder{stat{name: path.Base(name), mode: fs.ModeDir | 0o755}, added}, nil
}

func (o overlay) stat(name string) stat {
	return stat{name: path.Base(name), size: int64(len(o.over[name])), mode: 0o644}
}

// in returns what is over the files of a folder.
func (o overlay) in(dir string) (out []fs.DirEntry) {
	seen := map[string]bool{}
	for _, name := range sorted(o.over) {
		rest, ok := name, dir == "."
		if !ok {
			rest, ok = strings.CutPrefix(name, dir+"/")
		}
		first, _, deeper := strings.Cut(rest, "/")
		switch {
		case !ok || seen[first]:
			continue
		case deeper:
			out = append(out, fs.FileInfoToDirEntry(stat{name: first, mode: fs.ModeDir | 0o755}))
		default:
			out = append(out, fs.FileInfoToDirEntry(o.stat(name)))
		}
		seen[first] = true
	}
	return out
}
