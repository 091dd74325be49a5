package ledger

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"sort"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/filemode"
	"github.com/go-git/go-git/v5/plumbing/object"

	"github.com/qdeploy/qdeploy/pkg/gitwire"
)

func (l *Ledger) load(hash plumbing.Hash) (*object.Commit, error) {
	c, err := gitwire.Commit(l.store, hash)
	if err != nil {
		return nil, fmt.Errorf("ledger: commit %s: %w", hash, err)
	}
	return c, nil
}

// top returns the tree that the ledger is at, or nil when it is empty.
func (l *Ledger) top() (*object.Tree, error) {
	ref, err := l.ref(Ref)
	if err != nil || ref == nil {
		return nil, err
	}
	commit, err := l.load(ref.Hash())
	if err != nil {
		return nil, err
	}
	tree, err := commit.Tree()
	if err != nil {
		return nil, fmt.Errorf("ledger: %w", err)
	}
	return tree, nil
}

// each calls f with each file of a folder beside the entries, by its path. The ledger
// may have no such folder.
func (l *Ledger) each(folder string, f func(file string, text []byte) error) error {
	tree, err := l.top()
	if err != nil || tree == nil {
		return err
	}
	inside, err := tree.Tree(folder)
	if errors.Is(err, object.ErrDirectoryNotFound) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("ledger: %w", err)
	}
	for _, e := range inside.Entries {
		file := folder + "/" + e.Name
		text, err := l.bytes(e.Hash)
		if err != nil {
			return fmt.Errorf("ledger: %s: %w", file, err)
		}
		if err := f(file, text); err != nil {
			return err
		}
	}
	return nil
}

// textOf returns what a file of the ledger holds.
func textOf(file string, v any) (map[string][]byte, error) {
	b, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		return nil, fmt.Errorf("ledger: %s: %w", file, err)
	}
	return map[string][]byte{file: append(b, '\n')}, nil
}

// rootOf returns the tree of a commit, or none for none.
func (l *Ledger) rootOf(hash plumbing.Hash) (plumbing.Hash, error) {
	if hash.IsZero() {
		return hash, nil
	}
	c, err := l.load(hash)
	if err != nil {
		return hash, err
	}
	return c.TreeHash, nil
}

func (l *Ledger) put(o interface {
	Encode(plumbing.EncodedObject) error
}) (plumbing.Hash, error) {
	e := l.store.NewEncodedObject()
	if err := o.Encode(e); err != nil {
		return plumbing.ZeroHash, err
	}
	return l.store.SetEncodedObject(e)
}

func (l *Ledger) blob(b []byte) (plumbing.Hash, error) {
	e := l.store.NewEncodedObject()
	e.SetType(plumbing.BlobObject)
	w, err := e.Writer()
	if err != nil {
		return plumbing.ZeroHash, err
	}
	if _, err := w.Write(b); err != nil {
		return plumbing.ZeroHash, err
	}
	if err := w.Close(); err != nil {
		return plumbing.ZeroHash, err
	}
	return l.store.SetEncodedObject(e)
}

// emptyTree is the hash of a tree without entries.
var emptyTree = plumbing.NewHash("4b825dc642cb6eb9a060e54bf8d69288fbee4904")

// graft returns the tree at root with files put in, and without those that are nil;
// only the trees on their paths are written.
func (l *Ledger) graft(root plumbing.Hash, files map[string][]byte) (plumbing.Hash, error) {
	tree := &object.Tree{}
	if !root.IsZero() {
		var err error
		if tree, err = object.GetTree(l.store, root); err != nil {
			return root, err
		}
	}
	entries := map[string]object.TreeEntry{}
	for _, e := range tree.Entries {
		entries[e.Name] = e
	}
	deeper := map[string]map[string][]byte{}
	for name, b := range files {
		first, rest, inside := strings.Cut(name, "/")
		if inside {
			if deeper[first] == nil {
				deeper[first] = map[string][]byte{}
			}
			deeper[first][rest] = b
			continue
		}
		if b == nil {
			delete(entries, first)
			continue
		}
		h, err := l.blob(b)
		if err != nil {
			return root, err
		}
		entries[first] = object.TreeEntry{Name: first, Mode: filemode.Regular, Hash: h}
	}
	for name, files := range deeper {
		h, err := l.graft(entries[name].Hash, files)
		if err != nil {
			return root, err
		}
		entries[name] = object.TreeEntry{Name: name, Mode: filemode.Dir, Hash: h}
		if h == emptyTree { // git keeps no empty folders
			delete(entries, name)
		}
	}
	return l.put(treeOf(entries))
}

// treeOf sorts entries as git does: a folder's name counts with a slash.
func treeOf(entries map[string]object.TreeEntry) *object.Tree {
	t := &object.Tree{Entries: slices.Collect(maps.Values(entries))}
	sort.Sort(object.TreeEntrySorter(t.Entries))
	return t
}

// files returns the entries' files in the tree at root: hashes by path.
func (l *Ledger) files(root plumbing.Hash) (map[string]plumbing.Hash, error) {
	out := map[string]plumbing.Hash{}
	if root.IsZero() {
		return out, nil
	}
	tree, err := object.GetTree(l.store, root)
	if err != nil {
		return nil, fmt.Errorf("ledger: %w", err)
	}
	w := object.NewTreeWalker(tree, true, nil)
	defer w.Close()
	for {
		name, e, err := w.Next()
		if err == io.EOF {
			return out, nil
		}
		if err != nil {
			return nil, fmt.Errorf("ledger: %w", err)
		}
		if e.Mode != filemode.Dir && strings.HasPrefix(name, folder+"/") {
			out[name] = e.Hash
		}
	}
}

// find returns the hash of the file at path in the tree at root, or none.
func (l *Ledger) find(root plumbing.Hash, path string) (plumbing.Hash, error) {
	in, err := l.inside(root)
	if err != nil {
		return root, err
	}
	return in.find(path)
}

// inside is a tree in which files are found: each of its folders is read once. It may be
// none.
type inside struct{ tree *object.Tree }

func (l *Ledger) inside(root plumbing.Hash) (inside, error) {
	if root.IsZero() {
		return inside{}, nil
	}
	tree, err := object.GetTree(l.store, root)
	if err != nil {
		return inside{}, fmt.Errorf("ledger: %w", err)
	}
	return inside{tree}, nil
}

// find returns the hash of the file at path, or none.
func (in inside) find(path string) (plumbing.Hash, error) {
	if in.tree == nil {
		return plumbing.ZeroHash, nil
	}
	e, err := in.tree.FindEntry(path)
	if errors.Is(err, object.ErrEntryNotFound) || errors.Is(err, object.ErrDirectoryNotFound) {
		return plumbing.ZeroHash, nil
	}
	if err != nil {
		return plumbing.ZeroHash, fmt.Errorf("ledger: %s: %w", path, err)
	}
	return e.Hash, nil
}

// bytes returns what a blob holds.
func (l *Ledger) bytes(hash plumbing.Hash) ([]byte, error) {
	blob, err := object.GetBlob(l.store, hash)
	if err != nil {
		return nil, err
	}
	if blob.Size > largestEntry {
		return nil, fmt.Errorf("%d bytes are more than an entry can have", blob.Size)
	}
	r, err := blob.Reader()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return io.ReadAll(r)
}

// fresh adds the trees and blobs of the tree at now that the tree before, which
// may be none, does not have at the same place.
func (l *Ledger) fresh(before, now plumbing.Hash, objects map[plumbing.Hash]bool) error {
	if before == now || objects[now] {
		return nil
	}
	old := map[string]plumbing.Hash{}
	if !before.IsZero() {
		tree, err := object.GetTree(l.store, before)
		if err != nil {
			return fmt.Errorf("ledger: %w", err)
		}
		for _, e := range tree.Entries {
			if e.Mode == filemode.Dir {
				old[e.Name] = e.Hash
				continue
			}
			old[e.Name+"\x00"] = e.Hash
		}
	}
	tree, err := object.GetTree(l.store, now)
	if err != nil {
		return fmt.Errorf("ledger: %w", err)
	}
	objects[now] = true
	for _, e := range tree.Entries {
		if e.Mode == filemode.Dir {
			if err := l.fresh(old[e.Name], e.Hash, objects); err != nil {
				return err
			}
		} else if e.Mode != filemode.Submodule && old[e.Name+"\x00"] != e.Hash {
			objects[e.Hash] = true
		}
	}
	return nil
}
