package main

import (
	"path"
	"slices"

	"github.com/go-git/go-git/v5"
	"github.com/go-git/go-git/v5/plumbing"
)

// sameCUE reports whether two commits have the same CUE files at the top of the
// estate's folder: pins are nowhere else.
func sameCUE(repo *git.Repository, a, b plumbing.Hash, dir string) bool {
	x, errX := cueFiles(repo, a, dir)
	y, errY := cueFiles(repo, b, dir)
	return errX == nil && errY == nil && slices.Equal(x, y)
}

func cueFiles(repo *git.Repository, commit plumbing.Hash, dir string) (out []string, err error) {
	c, err := repo.CommitObject(commit)
	if err != nil {
		return nil, err
	}
	tree, err := c.Tree()
	if err != nil {
		return nil, err
	}
	if dir != "." {
		if tree, err = tree.Tree(dir); err != nil {
			return nil, err
		}
	}
	for _, e := range tree.Entries {
		if path.Ext(e.Name) == ".cue" {
			out = append(out, e.Name+" "+e.Hash.String())
		}
	}
	return out, nil
}

func resolve(repo *git.Repository, revision string) (string, error) {
	hash, err := repo.ResolveRevision(plumbing.Revision(revision))
	if err != nil {
		return "", fail("--to names a tag, a branch or a commit that git has here", "there is no revision %s: %w", revision, err)
	}
	return hash.String(), nil
}
