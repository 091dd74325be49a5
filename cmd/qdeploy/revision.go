package main

import (
	"path/filepath"
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
	inside, err := filepath.Rel(tree.Filesystem.Root(), dir)
	if err != nil {
		return revision
	}
	prefix := strings.TrimPrefix(filepath.ToSlash(inside)+"/", "./")
	for name, s := range status {
		if strings.HasPrefix(name, prefix) && (s.Worktree != git.Unmodified || s.Staging != git.Unmodified) {
			return revision + "+changes"
		}
	}
	return revision
}
