package main

import (
	"cmp"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/go-git/go-git/v5"
	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/object"

	"github.com/qdeploy/qdeploy/pkg/estate"
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

// blobOf reads a file of a revision. Paths begin at the top of the repository;
// those that begin with ./ or ../ begin here, as git has it.
func blobOf(rev, file string) ([]byte, error) {
	repo, err := estate.OpenRepository(".")
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
	return estate.InRepository(repo, file)
}

// fetched reads what a Git LFS pointer points to from the store that git lfs
// keeps in the repository: .git/lfs/objects.
// Source: https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md
func fetched(name, near string, p *qvf.LFSError) ([]byte, error) {
	for _, dir := range []string{near, "."} {
		repo, err := estate.OpenRepository(dir)
		if err != nil {
			continue
		}
		text, err := estate.LFSObject(repo, p, nil)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			err = fmt.Errorf("%s: %w", name, err)
		}
		return text, err
	}
	rev, _, _ := strings.Cut(name, ":")
	hint := "git lfs pull"
	if _, err := os.Stat(name); err != nil {
		hint = "git lfs fetch origin " + cmp.Or(rev, "HEAD")
	}
	return nil, fail("fetch it: "+hint, "%s is a Git LFS pointer, and the app has not been fetched", name)
}
