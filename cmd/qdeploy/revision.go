package main

import (
	"path"
	"slices"
	"strings"

	"github.com/go-git/go-git/v5"
)

// revisionOf names the revision of the repository that dir lies in, with
// "+changes" behind it when dir holds changes that are not committed. It is
// empty outside a repository, and in one without commits.
func revisionOf(dir string) string {
	repo, err := git.PlainOpenWithOptions(dir, &git.PlainOpenOptions{DetectDotGit: true, EnableDotGitCommonDir: true})
	if err != nil {
		return ""
	}
	head, err := repo.Head()
	if err != nil {
		return ""
	}
	revision := head.Hash().String()
	tree, err := repo.Worktree()
	if err != nil {
		return revision
	}
	status, err := tree.Status()
	if err != nil {
		return revision
	}
	inside, err := insideOf(repo, dir)
	if err != nil {
		return revision
	}
	prefix := strings.TrimPrefix(inside+"/", "./")
	for name, s := range status {
		if strings.HasPrefix(name, prefix) && changes(name, s) {
			return revision + "+changes"
		}
	}
	return revision
}

// changes reports whether a file makes the estate another than that of its
// revision: it is tracked and differs, or it is new and of those that make up an
// estate. A saved plan or a log beside them does not.
func changes(name string, s *git.FileStatus) bool {
	if s.Worktree == git.Untracked {
		return slices.Contains([]string{".cue", ".yaml", ".yml", ".qvf"}, path.Ext(name))
	}
	return s.Worktree != git.Unmodified || s.Staging != git.Unmodified
}
