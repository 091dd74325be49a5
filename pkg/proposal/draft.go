package proposal

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sort"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/filemode"
	"github.com/go-git/go-git/v5/plumbing/object"
	"github.com/go-git/go-git/v5/storage/filesystem"
)

// draft is objects that are not written yet. That a proposal is there already is
// known before anything is written.
type draft struct {
	store *filesystem.Storage
	files map[plumbing.Hash][]byte                 // the caller's bytes, not copied
	other map[plumbing.Hash]*plumbing.MemoryObject // trees, a commit, a tag
}

func newDraft(store *filesystem.Storage) *draft {
	return &draft{store: store, files: map[plumbing.Hash][]byte{}, other: map[plumbing.Hash]*plumbing.MemoryObject{}}
}

// add adds a tree, a commit or a tag.
func (d *draft) add(o interface {
	Encode(plumbing.EncodedObject) error
}) (plumbing.Hash, error) {
	m := &plumbing.MemoryObject{}
	if err := o.Encode(m); err != nil {
		return plumbing.ZeroHash, err
	}
	d.other[m.Hash()] = m
	return m.Hash(), nil
}

// addFile adds a file's bytes, unless it had them before.
func (d *draft) addFile(b []byte, before plumbing.Hash) plumbing.Hash {
	h := plumbing.ComputeHash(plumbing.BlobObject, b)
	if h != before {
		d.files[h] = b
	}
	return h
}

// folder is the changes below one folder.
type folder struct {
	files   map[string][]byte // nil deletes
	folders map[string]*folder
}

// sort puts files into the folders that they are in.
func sortFiles(files map[string][]byte) (*folder, error) {
	top := &folder{}
	for _, file := range slices.Sorted(maps.Keys(files)) {
		if err := checkPath(file); err != nil {
			return nil, err
		}
		in, name := top, file
		for {
			first, rest, deeper := strings.Cut(name, "/")
			if !deeper {
				break
			}
			if in.files[first] != nil {
				return nil, fmt.Errorf("proposal: %s: a folder on its path is to be a file as well", file)
			}
			if in.folders == nil {
				in.folders = map[string]*folder{}
			}
			if in.folders[first] == nil {
				in.folders[first] = &folder{}
			}
			in, name = in.folders[first], rest
		}
		if in.files == nil {
			in.files = map[string][]byte{}
		}
		in.files[name] = files[file]
	}
	return top, nil
}

// graft returns the tree at root with changes put in, or zero when nothing is
// left of it. Only the trees on the paths of what changed are new.
func (d *draft) graft(root plumbing.Hash, in *folder, at string) (plumbing.Hash, error) {
	tree := &object.Tree{}
	if !root.IsZero() {
		var err error
		if tree, err = object.GetTree(d.store, root); err != nil {
			return root, fmt.Errorf("proposal: %s: %w", cmp.Or(at, "the repository's top"), err)
		}
	}
	entries := map[string]object.TreeEntry{}
	for _, e := range tree.Entries {
		entries[e.Name] = e
	}
	for _, name := range slices.Sorted(maps.Keys(in.files)) {
		if err := d.graftFile(entries, name, in.files[name]); err != nil {
			return root, fmt.Errorf("proposal: %s%s: %w", at, name, err)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(in.folders)) {
		e, ok := entries[name]
		if ok && e.Mode != filemode.Dir {
			return root, fmt.Errorf("proposal: %s%s: is a %s and not a folder", at, name, kindOf(e.Mode))
		}
		h, err := d.graft(e.Hash, in.folders[name], at+name+"/")
		if err != nil {
			return root, err
		}
		if h.IsZero() {
			delete(entries, name) // git has no empty folders
			continue
		}
		entries[name] = object.TreeEntry{Name: name, Mode: filemode.Dir, Hash: h}
	}
	if len(entries) == 0 && at != "" {
		return plumbing.ZeroHash, nil
	}
	next := treeOf(entries)
	if slices.Equal(next.Entries, tree.Entries) && !root.IsZero() {
		return root, nil
	}
	return d.add(next)
}

func (d *draft) graftFile(entries map[string]object.TreeEntry, name string, b []byte) error {
	e, there := entries[name]
	switch {
	case !there && b == nil:
		return nil
	case there && !e.Mode.IsFile(), there && e.Mode == filemode.Symlink && b != nil:
		return fmt.Errorf("is a %s and not a file", kindOf(e.Mode))
	case b == nil:
		delete(entries, name)
		return nil
	case !there:
		e = object.TreeEntry{Name: name, Mode: filemode.Regular}
	}
	e.Hash = d.addFile(b, e.Hash)
	entries[name] = e
	return nil
}

func kindOf(mode filemode.FileMode) string {
	switch mode {
	case filemode.Dir:
		return "folder"
	case filemode.Submodule:
		return "submodule"
	case filemode.Symlink:
		return "symbolic link"
	}
	return "file"
}

// treeOf sorts entries as git does: a folder's name counts with a slash.
func treeOf(entries map[string]object.TreeEntry) *object.Tree {
	t := &object.Tree{Entries: slices.Collect(maps.Values(entries))}
	sort.Sort(object.TreeEntrySorter(t.Entries))
	return t
}

// objects returns what the draft holds.
func (d *draft) objects() []plumbing.Hash {
	all := append(slices.Collect(maps.Keys(d.files)), slices.Collect(maps.Keys(d.other))...)
	slices.SortFunc(all, func(a, b plumbing.Hash) int { return cmp.Compare(a.String(), b.String()) })
	return all
}

// write puts the draft into the repository: files first, so that no tree is there
// without them.
func (d *draft) write() error {
	for h, b := range d.files {
		if d.store.HasEncodedObject(h) == nil {
			continue
		}
		if err := d.writeFile(b); err != nil {
			return fmt.Errorf("proposal: %w", err)
		}
	}
	for h, m := range d.other {
		if d.store.HasEncodedObject(h) == nil {
			continue
		}
		if _, err := d.store.SetEncodedObject(m); err != nil {
			return fmt.Errorf("proposal: %w", err)
		}
	}
	return nil
}

// writeFile writes a file's bytes without a copy of them in memory.
func (d *draft) writeFile(b []byte) (err error) {
	w, head, err := d.store.LazyWriter()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.Close()) }()
	if err := head(plumbing.BlobObject, int64(len(b))); err != nil {
		return err
	}
	_, err = w.Write(b)
	return err
}
