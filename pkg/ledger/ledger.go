// Package ledger remembers what was applied to each tenant: a git ref of the
// estate's repository, refs/qdeploy/ledger, whose commits hold one small JSON
// file per tenant. The ref's history is the audit trail. It knows git and
// nothing else; what a resource is, is its caller's business.
//
// Losing the ledger loses no tenant: what exists is adopted by name, and nothing
// is pruned.
//
// Start with [Open]. It is a package of the qdeploy program, not a stable API.
package ledger

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"path"
	"time"

	"github.com/go-git/go-billy/v5/osfs"
	"github.com/go-git/go-git/v5"
	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/cache"
	"github.com/go-git/go-git/v5/plumbing/object"
	"github.com/go-git/go-git/v5/plumbing/storer"
	"github.com/go-git/go-git/v5/storage/filesystem"
	"github.com/go-git/go-git/v5/storage/memory"
)

// Ref is where the ledger lives in the estate's repository.
const Ref plumbing.ReferenceName = "refs/qdeploy/ledger"

// ErrNoRepository says that the estate is not inside a git repository, so that
// nothing can be remembered.
var ErrNoRepository = errors.New("not inside a git repository")

// Entry is what is remembered of one tenant. Nothing in it is secret.
type Entry struct {
	Tenant   string    `json:"tenant"`
	Host     string    `json:"host"`
	Revision string    `json:"revision"` // of the estate, when it was applied
	Digest   string    `json:"digest"`   // of the desired state that was applied
	Time     time.Time `json:"time"`
	Outcome  string    `json:"outcome"` // "applied", "partly applied" or "applying"
	Run      string    `json:"run"`     // names the run that wrote it

	// Resources are the specs that are applied here, by key.
	Resources map[string]json.RawMessage `json:"resources,omitempty"`

	// Pending are the keys that a run which has not ended may have created.
	Pending []string `json:"pending,omitempty"`
}

// Ledger reads and writes entries. It is safe for use by one goroutine at a
// time; other processes may write the same ref meanwhile.
type Ledger struct {
	store storer.Storer
	now   func() time.Time
}

// Open opens the ledger of the repository that dir lies in. It fails with
// [ErrNoRepository] when there is none. A repository without the ref has an
// empty ledger.
func Open(dir string) (*Ledger, error) {
	repo, err := git.PlainOpenWithOptions(dir, &git.PlainOpenOptions{DetectDotGit: true, EnableDotGitCommonDir: true})
	if errors.Is(err, git.ErrRepositoryNotExists) {
		return nil, ErrNoRepository
	}
	if err != nil {
		return nil, fmt.Errorf("ledger: %w", err)
	}
	return &Ledger{store: repo.Storer, now: time.Now}, nil
}

// OpenBare opens, or makes, a ledger in a bare repository at dir.
func OpenBare(dir string) (*Ledger, error) {
	store := filesystem.NewStorage(osfs.New(dir), cache.NewObjectLRUDefault())
	if _, err := git.Init(store, nil); err != nil && !errors.Is(err, git.ErrRepositoryAlreadyExists) {
		return nil, fmt.Errorf("ledger: %w", err)
	}
	return &Ledger{store: store, now: time.Now}, nil
}

// InMemory returns an empty ledger that ends with the process.
func InMemory() *Ledger { return &Ledger{store: memory.NewStorage(), now: time.Now} }

// Head returns the commit that the ledger is at, or "" when it is empty.
func (l *Ledger) Head() (string, error) {
	ref, err := l.ref()
	if err != nil || ref == nil {
		return "", err
	}
	return ref.Hash().String(), nil
}

func (l *Ledger) ref() (*plumbing.Reference, error) {
	ref, err := l.store.Reference(Ref)
	if errors.Is(err, plumbing.ErrReferenceNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("ledger: %w", err)
	}
	return ref, nil
}

// Entries returns every entry by tenant. An entry that cannot be read is an
// error that names it: a guess here would prune.
func (l *Ledger) Entries() (map[string]Entry, error) {
	out := map[string]Entry{}
	ref, err := l.ref()
	if err != nil || ref == nil {
		return out, err
	}
	commit, err := object.GetCommit(l.store, ref.Hash())
	if err != nil {
		return nil, fmt.Errorf("ledger: commit %s: %w", ref.Hash(), err)
	}
	tree, err := commit.Tree()
	if err != nil {
		return nil, fmt.Errorf("ledger: %w", err)
	}
	err = tree.Files().ForEach(func(f *object.File) error {
		e, err := readEntry(f)
		if err != nil {
			return fmt.Errorf("%s: %w", f.Name, err)
		}
		out[e.Tenant] = e
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("ledger: %w", err)
	}
	return out, nil
}

const largestEntry = 32 << 20 // bytes; far beyond what a tenant's specs take

func readEntry(f *object.File) (e Entry, err error) {
	if f.Size > largestEntry {
		return e, fmt.Errorf("%d bytes are more than an entry can have", f.Size)
	}
	r, err := f.Reader()
	if err != nil {
		return e, err
	}
	defer r.Close()
	if err := json.NewDecoder(r).Decode(&e); err != nil {
		return e, fmt.Errorf("not a ledger entry: %v", err)
	}
	if f.Name != fileOf(e.Tenant) {
		return e, fmt.Errorf("is about tenant %q", e.Tenant)
	}
	return e, nil
}

// fileOf returns where a tenant's entry lies: spread over 256 folders, so that
// writing one rewrites small trees only.
func fileOf(tenant string) string {
	h := sha256.Sum256([]byte(tenant))
	return path.Join("tenants", hex.EncodeToString(h[:1]), url.PathEscape(tenant)+".json")
}

const tries = 20 // times a write begins anew because another process wrote first

// Write adds one commit that replaces the entries of the tenants named, with
// message as its subject. Entries of other tenants stay as they are, also those
// that another process writes at the same time.
func (l *Ledger) Write(message string, entries ...Entry) error {
	if len(entries) == 0 {
		return nil
	}
	for range tries {
		err := l.write(message, entries)
		if err == nil || !errors.Is(err, errMoved) {
			return err
		}
	}
	return fmt.Errorf("ledger: other processes kept writing to %s", Ref)
}

func (l *Ledger) write(message string, entries []Entry) error {
	old, err := l.ref()
	if err != nil {
		return err
	}
	root := plumbing.ZeroHash
	var parents []plumbing.Hash
	if old != nil {
		commit, err := object.GetCommit(l.store, old.Hash())
		if err != nil {
			return fmt.Errorf("ledger: commit %s: %w", old.Hash(), err)
		}
		root, parents = commit.TreeHash, []plumbing.Hash{old.Hash()}
	}
	files := map[string][]byte{}
	for _, e := range entries {
		b, err := json.MarshalIndent(e, "", " ")
		if err != nil {
			return fmt.Errorf("ledger: %s: %w", e.Tenant, err)
		}
		files[fileOf(e.Tenant)] = append(b, '\n')
	}
	if root, err = l.graft(root, files); err != nil {
		return fmt.Errorf("ledger: %w", err)
	}
	hash, err := l.commit(root, parents, message)
	if err != nil {
		return fmt.Errorf("ledger: %w", err)
	}
	return l.point(hash, old)
}

var _ io.Closer = (*Ledger)(nil)

// Close releases what the repository holds open.
func (l *Ledger) Close() error {
	if c, ok := l.store.(io.Closer); ok {
		return c.Close()
	}
	return nil
}
