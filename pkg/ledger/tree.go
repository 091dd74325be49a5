package ledger

import (
	"cmp"
	"slices"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/filemode"
	"github.com/go-git/go-git/v5/plumbing/object"
)

func (l *Ledger) commit(root plumbing.Hash, parents []plumbing.Hash, message string) (plumbing.Hash, error) {
	who := object.Signature{Name: "qdeploy", Email: "qdeploy@localhost", When: l.now().UTC()}
	c := &object.Commit{Author: who, Committer: who, Message: message + "\n", TreeHash: root, ParentHashes: parents}
	return l.put(c)
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

// graft returns the tree at root with files put in; only the trees on their
// paths are written.
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
	}
	return l.put(treeOf(entries))
}

// treeOf sorts entries as git does: a folder's name counts with a slash.
func treeOf(entries map[string]object.TreeEntry) *object.Tree {
	t := &object.Tree{}
	for _, e := range entries {
		t.Entries = append(t.Entries, e)
	}
	full := func(e object.TreeEntry) string {
		if e.Mode == filemode.Dir {
			return e.Name + "/"
		}
		return e.Name
	}
	slices.SortFunc(t.Entries, func(a, b object.TreeEntry) int { return cmp.Compare(full(a), full(b)) })
	return t
}
