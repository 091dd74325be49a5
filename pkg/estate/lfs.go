package estate

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"strings"

	"github.com/go-git/go-git/v5"
	"github.com/go-git/go-git/v5/storage/filesystem"

	"github.com/qdeploy/qdeploy/pkg/qvf"
)

// LFSObject reads what a Git LFS pointer points to from the store that git lfs
// keeps in the repository. It fails with [fs.ErrNotExist] if it was not fetched.
// Source: https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md
func LFSObject(repo *git.Repository, p *qvf.LFSError) ([]byte, error) {
	id, ok := strings.CutPrefix(p.OID, "sha256:")
	if _, err := hex.DecodeString(id); !ok || err != nil || len(id) != 64 {
		return nil, errors.New("a Git LFS pointer that makes no sense")
	}
	text, err := os.ReadFile(filepath.Join(gitFolder(repo), "lfs", "objects", id[:2], id[2:4], id))
	if err != nil {
		return nil, err
	}
	if sum := sha256.Sum256(text); hex.EncodeToString(sum[:]) != id {
		return nil, errors.New("the copy in .git/lfs is damaged: git lfs fsck, then git lfs fetch")
	}
	return text, nil
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
