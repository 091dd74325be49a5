package estate

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"unicode"

	"github.com/go-git/go-git/v5"
	"github.com/go-git/go-git/v5/plumbing/format/gitattributes"
)

// KeepLFS puts a file into the store of git lfs, and returns the pointer that a commit
// holds in its place, and the name of the object.
func KeepLFS(repo *git.Repository, text []byte) (pointer []byte, oid string, err error) {
	oid = "sha256:" + hashOf(text)
	file, _, err := lfsFile(repo, oid)
	if err != nil {
		return nil, "", err
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return nil, "", err
	}
	temp, err := os.CreateTemp(filepath.Dir(file), ".new-*")
	if err != nil {
		return nil, "", err
	}
	_, err = temp.Write(text)
	if err = errors.Join(err, temp.Close()); err == nil {
		err = os.Rename(temp.Name(), file)
	}
	if err != nil {
		return nil, "", errors.Join(err, os.Remove(temp.Name()))
	}
	return lfsPointer(oid, int64(len(text))), oid, nil
}

// PushLFS has git lfs push an object from its store to a remote.
func PushLFS(repo *git.Repository, remote, oid string, env GitEnv) error {
	if _, err := exec.LookPath("git-lfs"); err != nil {
		return errors.New("the file is in Git LFS, and git lfs is not installed here")
	}
	said, err := gitLFS(repo, env, nil, nil, "push", "--object-id", remote, strings.TrimPrefix(oid, "sha256:"))
	if err != nil {
		secret, _ := env.get() // they were had just now
		return fmt.Errorf("git lfs push: %w: %s", err, lastLine(said, secret))
	}
	return nil
}

// lastLine is the last line of an output that says something, without what the
// variables hold.
func lastLine(said []byte, env []string) string {
	lines := strings.Split(strings.TrimSpace(string(said)), "\n")
	line := strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return -1
	}, lines[len(lines)-1])
	for _, v := range env {
		_, value, _ := strings.Cut(v, "=")
		for _, word := range strings.Fields(value) {
			if len(word) > 8 {
				line = strings.ReplaceAll(line, word, "***")
			}
		}
	}
	return line
}

// InLFS reports whether the attributes of a repository put a file into Git LFS. read
// reads a file as the revision has it.
// https://git-scm.com/docs/gitattributes
func InLFS(file string, read func(name string) ([]byte, error)) (bool, error) {
	var stack []gitattributes.MatchAttribute
	parts := strings.Split(file, "/")
	for i := range parts {
		domain := parts[:i]
		text, err := read(path.Join(append(slices.Clone(domain), ".gitattributes")...))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return false, err
		}
		more, err := gitattributes.ReadAttributes(bytes.NewReader(text), domain, i == 0)
		if err != nil {
			return false, fmt.Errorf("%s: %w", path.Join(append(slices.Clone(domain), ".gitattributes")...), err)
		}
		stack = append(stack, more...)
	}
	found, _ := gitattributes.NewMatcher(stack).Match(parts, []string{"filter"})
	filter := found["filter"]
	return filter != nil && filter.Value() == "lfs", nil
}
