package main

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/go-git/go-git/v5"
	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/cache"
	"github.com/go-git/go-git/v5/plumbing/object"
	"github.com/go-git/go-git/v5/storage/filesystem"

	"github.com/qdeploy/qdeploy/pkg/qvf"
)

// openApp reads an app: of a file, or as REV:PATH of a revision of the repository
// at hand. A Git LFS pointer is followed into the repository's own store.
func openApp(name string) (*qvf.App, error) {
	text, err := appBytes(name)
	if err != nil {
		return nil, err
	}
	app, err := qvf.DecodeBytes(text)
	if err != nil {
		return nil, undecoded(name, text, err)
	}
	return app, nil
}

// undecoded says what is known of a file that is no app qdeploy can read.
func undecoded(name string, text []byte, err error) error {
	sum := sha256.Sum256(text)
	return fail("", "%s cannot be decoded: %w (%d bytes, sha256:%x)", name, err, len(text), sum)
}

// appBytes returns the bytes of an app. The error hints at what else a name may be.
func appBytes(name string) ([]byte, error) {
	text, near, err := fileOrBlob(name)
	if err != nil {
		return nil, err
	}
	_, err = qvf.DecodeBytes(text[:min(len(text), 1024)]) // a pointer is shorter
	var pointer *qvf.LFSError
	if !errors.As(err, &pointer) {
		return text, nil
	}
	return fetched(name, near, pointer)
}

// fileOrBlob reads a file, or else REV:PATH, and says in which folder its
// repository is.
func fileOrBlob(name string) (text []byte, near string, err error) {
	if info, err := os.Stat(name); err == nil {
		if info.IsDir() {
			return nil, "", fail("name the QVF file in it", "%s is a folder", name)
		}
		text, err = os.ReadFile(name)
		return text, filepath.Dir(name), err
	}
	rev, file, ok := strings.Cut(name, ":")
	if !ok || rev == "" {
		return nil, "", fail("name a file, or one of a revision as REV:PATH: HEAD~1:apps/Sales.qvf", "%s does not exist", name)
	}
	text, err = blobOf(rev, file)
	return text, ".", err
}

// repositoryAt opens the repository that a folder lies in, and reads large files
// of it piece by piece: go-git would hold some six copies of each otherwise.
func repositoryAt(dir string) (*git.Repository, *filesystem.Storage, error) {
	repo, err := git.PlainOpenWithOptions(dir, &git.PlainOpenOptions{DetectDotGit: true, EnableDotGitCommonDir: true})
	if err != nil {
		return nil, nil, fmt.Errorf("no git repository here: %w", err)
	}
	small, ok := repo.Storer.(*filesystem.Storage)
	if !ok {
		return nil, nil, errors.New("the git repository is not on this disk")
	}
	large := filesystem.NewStorageWithOptions(small.Filesystem(), cache.NewObjectLRUDefault(), filesystem.Options{LargeObjectThreshold: 1 << 20})
	tree, err := repo.Worktree()
	if err != nil { // a bare repository
		repo, err = git.Open(large, nil)
		return repo, large, err
	}
	repo, err = git.Open(large, tree.Filesystem)
	return repo, large, err
}

// blobOf reads a file of a revision. Paths begin at the top of the repository;
// those that begin with ./ or ../ begin here, as git has it.
func blobOf(rev, file string) ([]byte, error) {
	repo, _, err := repositoryAt(".")
	if err != nil {
		return nil, err
	}
	hash, err := repo.ResolveRevision(plumbing.Revision(rev))
	if err != nil {
		return nil, fail("it may have to be fetched: git fetch origin "+rev, "there is no revision %q: %w", rev, err)
	}
	commit, err := repo.CommitObject(*hash)
	if err != nil {
		return nil, fmt.Errorf("%s is not a commit: %w", rev, err)
	}
	if file, err = fromTop(repo, file); err != nil {
		return nil, err
	}
	f, err := commit.File(file)
	if errors.Is(err, object.ErrFileNotFound) {
		return nil, fail("paths begin at the top of the repository; ./ begins one that is seen from here", "%s has no file %s", rev, file)
	}
	if err != nil {
		return nil, fmt.Errorf("%s:%s: %w", rev, file, err)
	}
	r, err := f.Reader()
	if err != nil {
		return nil, fmt.Errorf("%s:%s: %w", rev, file, err)
	}
	defer r.Close()
	text := make([]byte, f.Size)
	if _, err := io.ReadFull(r, text); err != nil {
		return nil, fmt.Errorf("%s:%s: %w", rev, file, err)
	}
	return text, nil
}

// fromTop returns a path as seen from the top of the repository.
func fromTop(repo *git.Repository, file string) (string, error) {
	if !strings.HasPrefix(file, "./") && !strings.HasPrefix(file, "../") {
		return path.Clean(file), nil
	}
	return insideOf(repo, file)
}

// insideOf returns where in a repository a file or folder of this machine lies:
// "." is its top.
func insideOf(repo *git.Repository, file string) (string, error) {
	tree, err := repo.Worktree()
	if err != nil {
		return "", fmt.Errorf("%s: %w", file, err)
	}
	here, err := filepath.Abs(file)
	if err != nil {
		return "", err
	}
	top, err := filepath.EvalSymlinks(tree.Filesystem.Root())
	if err != nil {
		return "", err
	}
	if dir, err := filepath.EvalSymlinks(filepath.Dir(here)); err == nil {
		here = filepath.Join(dir, filepath.Base(here))
	}
	inside, err := filepath.Rel(top, here)
	return filepath.ToSlash(inside), err
}

// fetched reads what a Git LFS pointer points to from the store that git lfs
// keeps in the repository: .git/lfs/objects.
// Source: https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md
func fetched(name, near string, p *qvf.LFSError) ([]byte, error) {
	id, ok := strings.CutPrefix(p.OID, "sha256:")
	if _, err := hex.DecodeString(id); !ok || err != nil || len(id) != 64 {
		return nil, fail("", "%s is a Git LFS pointer that makes no sense", name)
	}
	for _, dir := range []string{near, "."} {
		_, store, err := repositoryAt(dir)
		if err != nil {
			continue
		}
		text, err := os.ReadFile(filepath.Join(commonDir(store.Filesystem().Root()), "lfs", "objects", id[:2], id[2:4], id))
		if err != nil {
			continue
		}
		if sum := sha256.Sum256(text); hex.EncodeToString(sum[:]) != id {
			return nil, fail("fetch it again: git lfs fsck, then git lfs fetch", "%s: the copy in .git/lfs is damaged", name)
		}
		return text, nil
	}
	rev, _, _ := strings.Cut(name, ":")
	hint := "git lfs pull"
	if _, err := os.Stat(name); err != nil {
		hint = "git lfs fetch origin " + cmp.Or(rev, "HEAD")
	}
	return nil, fail("fetch it: "+hint, "%s is a Git LFS pointer, and the app has not been fetched", name)
}

// commonDir is what the worktrees of a repository share.
func commonDir(gitDir string) string {
	text, err := os.ReadFile(filepath.Join(gitDir, "commondir"))
	if err != nil {
		return gitDir
	}
	if dir := strings.TrimSpace(string(text)); filepath.IsAbs(dir) {
		return dir
	}
	return filepath.Join(gitDir, strings.TrimSpace(string(text)))
}
