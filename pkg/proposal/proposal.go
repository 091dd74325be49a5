// Package proposal proposes a change of files: one commit on a branch, built from
// git's objects and pushed, for a pull request to be opened from. Nothing is
// checked out, and the worktree is not touched.
//
// Start with [Open], then [Repo.Head] and [Repo.Propose]. It is a package of the
// qdeploy program, not a stable API.
package proposal

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"

	"github.com/go-git/go-git/v5"
	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/cache"
	"github.com/go-git/go-git/v5/plumbing/filemode"
	"github.com/go-git/go-git/v5/plumbing/object"
	"github.com/go-git/go-git/v5/storage/filesystem"

	"github.com/qdeploy/qdeploy/pkg/gitwire"
)

// ErrTaken says that somebody else has added commits to a branch. The error is a
// [TakenError], which names them.
var ErrTaken = errors.New("somebody else's commits are on the branch")

// ErrMoved says that a branch or tag moved while we were about to. Nothing is
// lost: what was there stays there.
var ErrMoved = errors.New("it moved meanwhile")

// ErrTagTaken says that a tag names another commit.
var ErrTagTaken = errors.New("the tag names another commit")

// ErrRefused says that the remote does not let us in, or not write: a token that
// may not, a protected branch, a hook. The error tells what the remote said.
var ErrRefused = gitwire.ErrRefused

// TakenError is an [ErrTaken].
type TakenError struct {
	Branch string
	Commit string // of somebody else
	Who    string // its author, or its committer when the author is us
}

func (e *TakenError) Error() string {
	return fmt.Sprintf("proposal: branch %s: %s added commit %.10s, which is not overwritten; merge or delete the branch first", e.Branch, e.Who, e.Commit)
}

func (e *TakenError) Unwrap() error { return ErrTaken }

// Remote is where the branches are.
type Remote struct {
	URL string

	// Auth returns user and password, anew for each exchange, as tokens expire.
	// GitHub takes "x-access-token" and a token. nil: those in the URL, if any.
	Auth func(ctx context.Context) (user, password string, err error)
}

// Identity is who proposes: author and committer, and who signs off. Both fields
// are needed.
type Identity struct{ Name, Email string }

// Repo is the repository that an estate lies in. It is for one goroutine.
type Repo struct {
	store *filesystem.Storage
	place place
}

// place is where branches and tags are: a remote, or the repository itself.
type place interface {
	// ref returns what a ref is at, and the commit that it names; zero for none.
	ref(ctx context.Context, name plumbing.ReferenceName) (at, commit plumbing.Hash, err error)

	// branches returns the names that begin with prefix, sorted.
	branches(ctx context.Context, prefix string) ([]string, error)

	// bring returns the commit that a ref names, which is then in the repository.
	bring(ctx context.Context, name plumbing.ReferenceName) (plumbing.Hash, error)

	// lack returns the error of a commit that is not in the repository, or brings it.
	lack(ctx context.Context, commit plumbing.Hash) error

	// beyond returns the commits that the branch's head reaches and base does not,
	// newest first.
	beyond(ctx context.Context, name plumbing.ReferenceName, head, base plumbing.Hash) ([]*object.Commit, error)

	// move sets a ref from old to next, zero being none, or fails with ErrMoved.
	move(ctx context.Context, name plumbing.ReferenceName, old, next plumbing.Hash, objects []plumbing.Hash) error
}

// Open opens the repository that dir lies in. Without a remote branches and tags
// are those of the repository itself.
func Open(dir string, r *Remote) (*Repo, error) {
	found, err := git.PlainOpenWithOptions(dir, &git.PlainOpenOptions{DetectDotGit: true, EnableDotGitCommonDir: true})
	if err != nil {
		return nil, fmt.Errorf("proposal: %s: %w; a proposal needs the estate to be in a git repository", dir, err)
	}
	small, ok := found.Storer.(*filesystem.Storage)
	if !ok {
		return nil, fmt.Errorf("proposal: %s: the git repository is not on this disk", dir)
	}
	// Large files are read piece by piece: go-git would hold some six copies of each.
	repo := &Repo{store: filesystem.NewStorageWithOptions(small.Filesystem(), cache.NewObjectLRUDefault(), filesystem.Options{LargeObjectThreshold: 1 << 20})}
	if r == nil {
		repo.place = &local{store: repo.store}
		return repo, nil
	}
	wire, err := gitwire.New("proposal", r.URL, r.Auth)
	if err != nil {
		return nil, errors.Join(err, repo.Close())
	}
	repo.place = &remote{store: repo.store, wire: wire}
	return repo, nil
}

// Close releases what the repository holds open.
func (r *Repo) Close() error { return r.store.Close() }

// Head returns the commit that a branch is at, or "" when there is no such
// branch. The commit is in the repository then: it was fetched, if need be.
func (r *Repo) Head(ctx context.Context, branch string) (string, error) {
	name, err := branchRef(branch)
	if err != nil {
		return "", err
	}
	h, err := r.place.bring(ctx, name)
	if err != nil || h.IsZero() {
		return "", err
	}
	return h.String(), nil
}

// Branches returns the names of the branches that begin with prefix, sorted.
func (r *Repo) Branches(ctx context.Context, prefix string) ([]string, error) {
	return r.place.branches(ctx, prefix)
}

// Read returns a file as a commit has it; path begins at the repository's top. A
// file that the commit does not have is a fs.ErrNotExist.
func (r *Repo) Read(commit, path string) ([]byte, error) {
	if err := checkPath(path); err != nil {
		return nil, err
	}
	c, err := load(r.store, plumbing.NewHash(commit))
	if err != nil {
		return nil, fmt.Errorf("proposal: commit %s is not here: %w; fetch it", commit, err)
	}
	where := fmt.Sprintf("proposal: %.10s: %s", commit, path)
	e, err := find(r.store, c.TreeHash, path)
	switch {
	case err != nil:
		return nil, fmt.Errorf("%s: %w", where, err)
	case !e.Mode.IsFile() || e.Mode == filemode.Symlink:
		return nil, fmt.Errorf("%s: is a %s and not a file", where, kindOf(e.Mode))
	}
	blob, err := object.GetBlob(r.store, e.Hash)
	if err != nil {
		return nil, fmt.Errorf("%s: the clone lacks its bytes: %w; clone without a filter", where, err)
	}
	from, err := blob.Reader()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", where, err)
	}
	defer from.Close()
	b := make([]byte, blob.Size)
	if _, err := io.ReadFull(from, b); err != nil {
		return nil, fmt.Errorf("%s: %w", where, err)
	}
	return b, nil
}

// find returns a tree's entry, or fs.ErrNotExist. A tree that is not here is
// another error: a clone may lack some.
func find(store *filesystem.Storage, root plumbing.Hash, path string) (e object.TreeEntry, err error) {
	e = object.TreeEntry{Mode: filemode.Dir, Hash: root}
	for name := range strings.SplitSeq(path, "/") {
		if e.Mode != filemode.Dir {
			return e, fs.ErrNotExist
		}
		tree, err := object.GetTree(store, e.Hash)
		if err != nil {
			return e, fmt.Errorf("tree %s: %w", e.Hash, err)
		}
		i := slices.IndexFunc(tree.Entries, func(e object.TreeEntry) bool { return e.Name == name })
		if i < 0 {
			return e, fs.ErrNotExist
		}
		e = tree.Entries[i]
	}
	return e, nil
}

// load returns a commit whose tree is here too.
func load(store *filesystem.Storage, h plumbing.Hash) (*object.Commit, error) {
	c, err := gitwire.Commit(store, h)
	if err != nil {
		return nil, err
	}
	return c, store.HasEncodedObject(c.TreeHash)
}

func branchRef(branch string) (plumbing.ReferenceName, error) {
	return refName("branch", plumbing.NewBranchReferenceName(branch))
}

func refName(kind string, name plumbing.ReferenceName) (plumbing.ReferenceName, error) {
	short := strings.SplitN(name.String(), "/", 3)[2]
	if err := name.Validate(); err != nil || short == "" || short == "HEAD" || strings.HasPrefix(short, "-") {
		return "", fmt.Errorf("proposal: %q is not a name for a %s", short, kind)
	}
	return name, nil
}

// clean returns an identity that is safe in a commit's header.
func (who Identity) clean() (Identity, error) {
	who = Identity{Name: gitwire.SignatureLine(who.Name), Email: gitwire.SignatureLine(who.Email)}
	if who.Name == "" || who.Email == "" {
		return who, errors.New("proposal: who proposes needs a name and an e-mail address")
	}
	return who, nil
}
