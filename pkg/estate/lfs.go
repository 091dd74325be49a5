package estate

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/go-git/go-git/v5"
	"github.com/go-git/go-git/v5/storage/filesystem"

	"github.com/qdeploy/qdeploy/pkg/qvf"
)

// LFSObject reads what a Git LFS pointer points to from the store that git lfs
// keeps in the repository, or else by git lfs from the remote. It fails with [fs.ErrNotExist] if neither has it.
// Source: https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md
func LFSObject(repo *git.Repository, p *qvf.LFSError, env GitEnv) ([]byte, error) {
	file, id, err := lfsFile(repo, p.OID)
	if err != nil {
		return nil, err
	}
	text, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		text, err = smudge(repo, p, env)
	} else if err == nil && hashOf(text) != id {
		err = errors.New("the copy in .git/lfs is damaged: git lfs fsck, then git lfs fetch")
	}
	return text, err
}

// lfsFile is where the store has an object, and its hash.
func lfsFile(repo *git.Repository, oid string) (file, id string, err error) {
	id, ok := strings.CutPrefix(oid, "sha256:")
	if _, err := hex.DecodeString(id); !ok || err != nil || len(id) != 64 {
		return "", "", errors.New("a Git LFS pointer that makes no sense")
	}
	return filepath.Join(gitFolder(repo), "lfs", "objects", id[:2], id[2:4], id), id, nil
}

func hashOf(text []byte) string {
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// lfsPatience is how long git lfs may take for one file.
const lfsPatience = 5 * time.Minute

// smudge has git lfs fetch an object, and keep it in its store.
func smudge(repo *git.Repository, p *qvf.LFSError, env GitEnv) ([]byte, error) {
	text, _, err := gitLFS(repo, env, lfsPointer(p.OID, p.Size), "smudge")
	if err == nil && "sha256:"+hashOf(text) == p.OID {
		return text, nil
	}
	return nil, fs.ErrNotExist // with no git lfs, no remote, or none that has it
}

// lfsPointer is the file that stands for an object.
func lfsPointer(oid string, size int64) []byte {
	return fmt.Appendf(nil, "version https://git-lfs.github.com/spec/v1\noid %s\nsize %d\n", oid, size)
}

// GitEnv is the variables that a git program needs beside those of this process, to
// speak with the remote of a repository. They hold secrets. nil is none.
type GitEnv func() ([]string, error)

func (e GitEnv) get() ([]string, error) {
	if e == nil {
		return nil, nil
	}
	return e()
}

// gitLFS runs git lfs in a repository. Its answers are its outputs.
func gitLFS(repo *git.Repository, env GitEnv, input []byte, args ...string) (out, said []byte, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), lfsPatience)
	defer cancel()
	more, err := env.get()
	if err != nil {
		return nil, nil, err
	}
	var stdout, stderr bytes.Buffer
	c := exec.CommandContext(ctx, "git", append([]string{"--git-dir", gitFolder(repo), "lfs"}, args...)...)
	c.Env = append(os.Environ(), append([]string{"GIT_TERMINAL_PROMPT=0", "GIT_LFS_SKIP_SMUDGE=0"}, more...)...)
	c.Stdin, c.Stdout, c.Stderr = bytes.NewReader(input), &stdout, &stderr
	err = c.Run()
	return stdout.Bytes(), stderr.Bytes(), err
}

// gitFolder returns the folder of git's own files, the one that all worktrees of a
// repository share.
func gitFolder(repo *git.Repository) string {
	store, ok := repo.Storer.(*filesystem.Storage)
	if !ok {
		return ""
	}
	dir := store.Filesystem().Root()
	text, err := os.ReadFile(filepath.Join(dir, "commondir"))
	if err != nil {
		return dir
	}
	if common := strings.TrimSpace(string(text)); filepath.IsAbs(common) {
		return common
	}
	return filepath.Join(dir, strings.TrimSpace(string(text)))
}
