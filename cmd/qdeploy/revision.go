package main

import (
	"errors"
	"path"
	"slices"
	"strings"

	"github.com/go-git/go-git/v5"
	"github.com/spf13/cobra"

	"github.com/qdeploy/qdeploy/pkg/estate"
	"github.com/qdeploy/qdeploy/pkg/plan"
)

func addRevision(c *cobra.Command, revision *string) {
	c.Flags().StringVar(revision, "rev", "", "the estate of this `revision`, read from git; without it, of the folder as it is")
}

// at finds the estate's folder in a revision; nil where none is asked for.
func (p *program) at(dir, revision string) (*estate.Revision, error) {
	if revision == "" {
		return nil, nil
	}
	r, err := estate.At(dir, revision, p.gitEnv)
	if err != nil {
		return nil, fail("--rev names a branch, a tag or a commit that git has here", "%w", err)
	}
	return r, nil
}

// guardsOf returns the guards of a revision: those of an estate that says nothing
// where there is no estate yet, so that a first pull request cannot set its own.
func (p *program) guardsOf(dir, revision string) (plan.Guards, error) {
	r, err := estate.At(dir, revision, p.gitEnv)
	if errors.Is(err, estate.ErrNoEstate) {
		return estate.DefaultGuards(), nil
	}
	if err != nil {
		return plan.Guards{}, fail("guards are read from the protected branch, so it must be there", "guards: %w", err)
	}
	defer r.Close()
	if found, _ := r.HasEstate(); !found {
		return estate.DefaultGuards(), nil
	}
	e, err := estate.Load(dir, estate.Options{Files: r.Files, GitEnv: p.gitEnv, Cache: cacheDir()})
	if err != nil {
		return plan.Guards{}, fail("repair the estate there first", "guards: the estate of %s is not valid: %w", revision, err)
	}
	return e.Guards(), nil
}

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
	inside, err := estate.InRepository(repo, dir)
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
