package estate

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
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
	f, err := openLFS(repo, p, env)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if err := sound(f, p.OID); err != nil {
		return nil, err
	}
	return io.ReadAll(f)
}

// openLFS opens what a Git LFS pointer points to, see [LFSObject]. Whether it is sound
// is not known yet.
func openLFS(repo *git.Repository, p *qvf.LFSError, env GitEnv) (*localFile, error) {
	name, _, err := lfsFile(repo, p.OID)
	if err != nil {
		return nil, err
	}
	f, err := os.Open(name)
	if !errors.Is(err, fs.ErrNotExist) {
		return &localFile{File: f}, err
	}
	out, err := nameless()
	if err != nil {
		return nil, err
	}
	if _, err := gitLFS(repo, env, lfsPointer(p.OID, p.Size), out, "smudge"); err != nil || sound(out, p.OID) != nil {
		return nil, errors.Join(fs.ErrNotExist, out.Close()) // with no git lfs, no remote, or none that has it
	}
	return out, nil
}

// sound says that an object is not what its name says, and leaves it at its beginning.
func sound(f *localFile, oid string) error {
	h := sha256.New()
	if _, err := io.Copy(h, io.NewSectionReader(f, 0, math.MaxInt64)); err != nil {
		return err
	}
	if "sha256:"+hex.EncodeToString(h.Sum(nil)) != oid {
		return errors.New("the copy in .git/lfs is damaged: git lfs fsck, then git lfs fetch")
	}
	_, err := f.Seek(0, io.SeekStart)
	return err
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

// gitLFS runs git lfs in a repository. It returns what it said beside its output.
func gitLFS(repo *git.Repository, env GitEnv, input []byte, out io.Writer, args ...string) (said []byte, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), lfsPatience)
	defer cancel()
	more, err := env.get()
	if err != nil {
		return nil, err
	}
	var stderr bytes.Buffer
	c := exec.CommandContext(ctx, "git", append([]string{"--git-dir", gitFolder(repo), "lfs"}, args...)...)
	c.Env = append(os.Environ(), append([]string{"GIT_TERMINAL_PROMPT=0", "GIT_LFS_SKIP_SMUDGE=0"}, more...)...)
	c.Stdin, c.Stdout, c.Stderr = bytes.NewReader(input), out, &stderr
	err = c.Run()
	return stderr.Bytes(), err
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
