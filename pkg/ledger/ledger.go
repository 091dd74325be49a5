// Package ledger remembers what was applied to each tenant: a git ref of the
// estate's repository, refs/qdeploy/ledger, whose commits hold one small JSON
// file per tenant. The ref's history is the audit trail. It knows git and
// nothing else; what a resource is, is its caller's business.
//
// Losing the ledger loses no tenant: what exists is adopted by name, and nothing
// is pruned.
//
// Start with [Open], or with [OpenRemote] where several machines apply. It is a package of the qdeploy program, not a stable API.
package ledger

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"path"
	"strings"
	"sync"
	"time"

	"github.com/go-git/go-billy/v5"
	"github.com/go-git/go-billy/v5/osfs"
	"github.com/go-git/go-git/v5"
	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/cache"
	"github.com/go-git/go-git/v5/plumbing/object"
	"github.com/go-git/go-git/v5/storage"
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
	Revision string    `json:"revision"` // of the estate, when all of it was applied; "" before that
	Digest   string    `json:"digest"`   // of the desired state that was applied
	Time     time.Time `json:"time"`
	Outcome  string    `json:"outcome"`         // "applied", "partly applied" or "applying"
	Run      string    `json:"run"`             // names the run that wrote it
	Error    string    `json:"error,omitempty"` // of the first change that failed
	Class    string    `json:"class,omitempty"` // whose trouble that is: "change", "tenant" or "platform"

	// Signature is by what Qlik refused that change, in words that name nobody; "" if
	// it was not Qlik's refusal.
	Signature string `json:"signature,omitempty"`

	// Stale says that the last run left the tenant alone: it had moved since it was
	// planned.
	Stale bool `json:"stale,omitempty"`

	// Waits are deletes that a later run is to make, where the outcome is "partly
	// applied" and nothing else is left to be done. Nil if there are none.
	Waits *Waits `json:"waits,omitempty"`

	// Reached is when all of the desired state with this digest was in place, whatever
	// Waits to be deleted. Unlike Time it stays when the same is applied again. Zero while
	// some of it is not.
	Reached time.Time `json:"reached,omitzero"`

	// Resources are the specs that are applied here, by key.
	Resources Specs `json:"resources,omitzero"`

	// Secrets are keyed hashes of the secrets that were written here, by the key of
	// the resource and the path in its spec: KEYID:HASH. Without the key nobody can
	// try values against them.
	Secrets map[string]map[string]string `json:"secrets,omitempty"`

	// Since is when what an app has inside came to be as it is, by key. Unlike Time
	// it stays when the tenant is applied again.
	Since map[string]time.Time `json:"since,omitempty"`

	// Past are the releases that an app had before, by key, the newest first.
	Past map[string][]Past `json:"past,omitempty"`

	// Pending are the keys that a run which has not ended may have created.
	Pending []string `json:"pending,omitempty"`
}

// Waits are the deletes in a tenant that wait for a later run.
type Waits struct {
	Until   time.Time `json:"until,omitzero"` // from when on all may be made; zero: the next run may
	Deletes []string  `json:"deletes"`        // keys
}

// Past is a release that an app had, and since when.
type Past struct {
	Release string    `json:"release"`
	Since   time.Time `json:"since"`
}

// Ledger reads and writes entries. Other processes, and with [OpenRemote] other
// machines, may write the same ref meanwhile.
type Ledger struct {
	mu     sync.Mutex // held while the ref is read or written: [Lease.Keep] writes beside the caller
	store  storage.Storer
	now    func() time.Time
	pause  func(context.Context, time.Duration) error
	who    Identity
	remote *remote // nil: the repository's own ref is all there is
	lease  *Lease  // nil: nothing was acquired, or it was released
}

func over(store storage.Storer) *Ledger {
	return &Ledger{store: store, now: time.Now, pause: wait}
}

// SetClock replaces the clock that commits, leases and their expiry go by.
func (l *Ledger) SetClock(now func() time.Time) { l.now = now }

// SetPause replaces how the ledger waits, between attempts and between renewals
// of a lease. It returns the context's error when that ends first.
func (l *Ledger) SetPause(pause func(context.Context, time.Duration) error) { l.pause = pause }

func wait(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
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
	store, ok := repo.Storer.(*filesystem.Storage)
	if !ok {
		return nil, errors.New("ledger: the git repository is not on this disk")
	}
	return over(stored(store.Filesystem())), nil
}

// cached is how much of what was read of a repository is kept: each entry is read once, and
// go-git would keep a hundred megabytes of them.
const cached = 8 * cache.MiByte

// stored is a repository at the folder that git keeps it in.
func stored(at billy.Filesystem) *filesystem.Storage {
	return filesystem.NewStorage(at, cache.NewObjectLRU(cached))
}

// OpenBare opens, or makes, a ledger in a bare repository at dir.
func OpenBare(dir string) (*Ledger, error) {
	store := stored(osfs.New(dir))
	if _, err := git.Init(store, nil); err != nil && !errors.Is(err, git.ErrRepositoryAlreadyExists) {
		return nil, fmt.Errorf("ledger: %w", err)
	}
	return over(store), nil
}

// InMemory returns an empty ledger that ends with the process.
func InMemory() *Ledger { return over(memory.NewStorage()) }

// Head returns the commit that the ledger is at, or "" when it is empty.
func (l *Ledger) Head() (string, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	ref, err := l.ref(Ref)
	if err != nil || ref == nil {
		return "", err
	}
	return ref.Hash().String(), nil
}

// ref returns a ref of the repository, or nil when there is none.
func (l *Ledger) ref(name plumbing.ReferenceName) (*plumbing.Reference, error) {
	ref, err := l.store.Reference(name)
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
	l.mu.Lock()
	defer l.mu.Unlock()
	out := map[string]Entry{}
	tree, err := l.top()
	if err != nil || tree == nil {
		return out, err
	}
	err = tree.Files().ForEach(func(f *object.File) error {
		if !strings.HasPrefix(f.Name, folder+"/") {
			return nil // the lease, and what newer versions of qdeploy keep here
		}
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

// folder holds the entries.
const folder = "tenants"

// fileOf returns where a tenant's entry lies: spread over 256 folders, so that
// writing one rewrites small trees only.
func fileOf(tenant string) string {
	h := sha256.Sum256([]byte(tenant))
	return path.Join(folder, hex.EncodeToString(h[:1]), url.PathEscape(tenant)+".json")
}

var _ io.Closer = (*Ledger)(nil)

// Close releases what the repository holds open.
func (l *Ledger) Close() error {
	if c, ok := l.store.(io.Closer); ok {
		return c.Close()
	}
	return nil
}
