package estate

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/go-git/go-git/v5"
	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/cache"
	"github.com/go-git/go-git/v5/plumbing/filemode"
	"github.com/go-git/go-git/v5/plumbing/object"
	"github.com/go-git/go-git/v5/storage/filesystem"

	"github.com/qdeploy/qdeploy/pkg/qvf"
)

// Revision is an estate as a revision of its repository has it, read from git's
// objects: nothing is checked out, and no filter or line-ending setting of this
// machine touches it.
type Revision struct {
	Commit string // the full hash
	Files  fs.FS  // of the estate's folder, for [Options.Files]
	repo   *git.Repository
	env    GitEnv
}

// ErrShallow says that the repository does not have a revision because its
// history was cut off when it was cloned.
var ErrShallow = errors.New("the clone is shallow")

// ErrNoEstate says that the revision does not have the estate's folder.
var ErrNoEstate = errors.New("the revision has no estate")

// At finds the folder dir of the present checkout in another revision: a branch,
// a tag, a commit, HEAD~1. It fails with [ErrShallow] when the revision was left
// out of a shallow clone, and with [ErrNoEstate] when the folder is not in it. What
// lies in Git LFS and was not fetched is fetched with env.
// Close releases what it holds open.
func At(dir, revision string, env GitEnv) (*Revision, error) {
	repo, err := OpenRepository(dir)
	if err != nil {
		return nil, err
	}
	r := &Revision{repo: repo, env: env}
	if err := r.find(dir, revision); err != nil {
		return nil, errors.Join(err, r.Close())
	}
	return r, nil
}

// HasEstate reports whether there is a CUE file where the estate should be.
func (r *Revision) HasEstate() (bool, error) {
	names, err := fs.Glob(r.Files, "*.cue")
	return len(names) > 0, err
}

// Close releases the repository.
func (r *Revision) Close() error {
	if c, ok := r.repo.Storer.(io.Closer); ok {
		return c.Close()
	}
	return nil
}

func (r *Revision) find(dir, revision string) error {
	hash, err := r.repo.ResolveRevision(plumbing.Revision(revision))
	if err != nil {
		return r.missing(revision, err)
	}
	commit, err := r.repo.CommitObject(*hash)
	if err != nil {
		return r.missing(revision, err)
	}
	tree, err := commit.Tree()
	if err != nil {
		return r.missing(revision, err)
	}
	inside, err := InRepository(r.repo, dir)
	if err != nil {
		return err
	}
	if inside != "." {
		if tree, err = tree.Tree(inside); err != nil {
			return fmt.Errorf("%w: %s has no folder %s", ErrNoEstate, revision, inside)
		}
	}
	r.Commit = hash.String()
	r.Files = &treeFS{repo: r.repo, env: r.env, root: tree, when: commit.Committer.When, dirs: map[string]*object.Tree{".": tree}}
	return nil
}

func (r *Revision) missing(revision string, err error) error {
	if cut, serr := r.repo.Storer.Shallow(); serr == nil && len(cut) > 0 {
		return fmt.Errorf("%w: it lacks %s; clone all of the history, in GitHub Actions with fetch-depth: 0", ErrShallow, revision)
	}
	return fmt.Errorf("there is no revision %s here: %w; perhaps it has to be fetched", revision, err)
}

// OpenRepository opens the repository that a folder lies in, and reads large files
// of it piece by piece: go-git would hold some six copies of each otherwise.
func OpenRepository(dir string) (*git.Repository, error) {
	repo, err := git.PlainOpenWithOptions(dir, &git.PlainOpenOptions{DetectDotGit: true, EnableDotGitCommonDir: true})
	if err != nil {
		return nil, fmt.Errorf("no git repository here: %w", err)
	}
	small, ok := repo.Storer.(*filesystem.Storage)
	if !ok {
		return nil, errors.New("the git repository is not on this disk")
	}
	large := filesystem.NewStorageWithOptions(small.Filesystem(), cache.NewObjectLRUDefault(), filesystem.Options{LargeObjectThreshold: 1 << 20})
	tree, err := repo.Worktree()
	if err != nil { // a bare repository
		return git.Open(large, nil)
	}
	return git.Open(large, tree.Filesystem)
}

// InRepository returns where in a repository a file or folder of this machine
// lies, with slashes: "." is its top.
func InRepository(repo *git.Repository, file string) (string, error) {
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

// treeFS is the files of a git tree. It is safe for several goroutines.
type treeFS struct {
	repo *git.Repository
	env  GitEnv
	root *object.Tree
	when time.Time

	sound sync.Map // objects of Git LFS that were checked, by fileSum

	mu   sync.Mutex
	dirs map[string]*object.Tree
}

// tree returns a folder by its clean name.
func (t *treeFS) tree(name string) (*object.Tree, error) {
	if d := t.dirs[name]; d != nil {
		return d, nil
	}
	parent, err := t.tree(path.Dir(name))
	if err != nil {
		return nil, err
	}
	e, err := parent.FindEntry(path.Base(name))
	if err != nil || e.Mode != filemode.Dir {
		return nil, fs.ErrNotExist
	}
	d, err := t.repo.TreeObject(e.Hash)
	if err == nil {
		t.dirs[name] = d
	}
	return d, err
}

// Open implements [fs.FS]. Symbolic links and submodules are refused: they lead
// out of the revision.
func (t *treeFS) Open(name string) (fs.File, error) {
	f, err := t.open(name)
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: name, Err: err}
	}
	return f, nil
}

func (t *treeFS) open(name string) (fs.File, error) {
	if !fs.ValidPath(name) {
		return nil, fs.ErrInvalid
	}
	e, dir, err := t.find(name)
	switch {
	case err != nil:
		return nil, err
	case dir != nil:
		return t.folder(name, dir), nil
	case !e.Mode.IsFile() || e.Mode == filemode.Symlink:
		return nil, errors.New("a link, which leads out of the revision")
	}
	return t.file(e)
}

// find returns the entry of a name, and the folder if it is one.
func (t *treeFS) find(name string) (*object.TreeEntry, *object.Tree, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if name == "." {
		return nil, t.root, nil
	}
	parent, err := t.tree(path.Dir(name))
	if err != nil {
		return nil, nil, err
	}
	e, err := parent.FindEntry(path.Base(name))
	if err != nil {
		return nil, nil, fs.ErrNotExist
	}
	if e.Mode != filemode.Dir {
		return e, nil, nil
	}
	d, err := t.tree(name)
	return e, d, err
}

func (t *treeFS) folder(name string, d *object.Tree) *folder {
	f := &folder{at: stat{name: path.Base(name), mode: fs.ModeDir | 0o755, when: t.when}}
	for _, e := range d.Entries {
		f.entries = append(f.entries, child{t: t, name: path.Join(name, e.Name), dir: e.Mode == filemode.Dir})
	}
	slices.SortFunc(f.entries, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	return f
}

// file opens a blob. A Git LFS pointer is followed into the repository's own
// store; if what it points to was not fetched, the pointer itself is the file,
// and whoever reads it says so.
func (t *treeFS) file(e *object.TreeEntry) (fs.File, error) {
	blob, err := t.repo.BlobObject(e.Hash)
	if err != nil {
		return nil, err
	}
	r, err := blob.Reader()
	if err != nil {
		return nil, err
	}
	at := stat{name: e.Name, size: blob.Size, mode: 0o644, when: t.when}
	if blob.Size > longestPointer {
		return &file{ReadCloser: r, at: at}, nil
	}
	defer r.Close()
	text, err := io.ReadAll(r)
	if err != nil {
		return nil, err
	}
	if p := LFSPointer(text); p != nil {
		f, err := t.object(p, at)
		if !errors.Is(err, fs.ErrNotExist) {
			return f, err
		}
	}
	return &file{ReadCloser: io.NopCloser(bytes.NewReader(text)), at: at}, nil
}

const longestPointer = 1024 // bytes, by the specification of Git LFS

// LFSPointer returns what a file says as a Git LFS pointer, nil if it is none.
func LFSPointer(text []byte) *qvf.LFSError {
	if len(text) > longestPointer {
		return nil
	}
	_, err := qvf.DecodeBytes(text)
	var p *qvf.LFSError
	if !errors.As(err, &p) {
		return nil
	}
	return p
}
