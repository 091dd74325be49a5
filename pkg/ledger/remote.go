package ledger

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/go-git/go-git/v5/plumbing"

	"github.com/qdeploy/qdeploy/pkg/gitwire"
)

// ErrNotPushed says that entries are in the local ref and did not reach the
// remote.
var ErrNotPushed = errors.New("the ledger is not pushed")

// ErrRefused says that the remote does not let us in, or not write.
var ErrRefused = gitwire.ErrRefused

// Remote is where the ledger is shared. The proxy and the authorities of the
// environment are obeyed (HTTPS_PROXY, SSL_CERT_FILE).
type Remote struct {
	URL string

	// Auth returns user and password, anew for each exchange, as tokens expire.
	// GitHub takes "x-access-token" and a token. nil: those in the URL, if any.
	// What actions/checkout leaves in git's configuration is not read.
	Auth func(ctx context.Context) (user, password string, err error)

	// Pause waits between attempts, as in [Ledger.SetPause]. nil: it takes the time.
	Pause func(context.Context, time.Duration) error
}

// remote is an opened Remote.
type remote struct {
	wire     *gitwire.Remote
	tracking plumbing.ReferenceName // the head that the local ref was last joined with
	head     plumbing.Hash          // as last seen; its objects are in the repository
}

// trouble is what went wrong between here and the remote.
type trouble = gitwire.Error

// OpenRemote opens the ledger of the repository that dir lies in, and joins what
// it holds with what the remote holds, in the local ref only: nothing is pushed
// before the first write, or [Ledger.Push]. A remote without the ref has an empty
// ledger. Of a shallow clone only the newest commit is fetched.
func OpenRemote(ctx context.Context, dir string, r Remote) (*Ledger, error) {
	l, err := Open(dir)
	if err != nil {
		return nil, err
	}
	return l.with(ctx, r)
}

func (l *Ledger) with(ctx context.Context, r Remote) (*Ledger, error) {
	if r.Pause != nil {
		l.pause = r.Pause
	}
	var err error
	if l.remote, err = newRemote(r); err == nil {
		err = l.pull(ctx)
	}
	if err != nil {
		_ = l.Close() // nothing was written
		return nil, err
	}
	return l, nil
}

func newRemote(r Remote) (*remote, error) {
	wire, err := gitwire.New("ledger", r.URL, r.Auth)
	if err != nil {
		return nil, err
	}
	h := sha256.Sum256([]byte(wire.Name()))
	return &remote{wire: wire, tracking: plumbing.ReferenceName("refs/qdeploy/remote/" + hex.EncodeToString(h[:6]))}, nil
}

// Push sends what the local ref holds and the remote does not, if anything.
func (l *Ledger) Push(ctx context.Context) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.remote == nil {
		return nil
	}
	return l.commit(ctx, &change{fresh: true, keep: true})
}

// pull fetches the remote's head and joins it into the local ref.
func (l *Ledger) pull(ctx context.Context) error {
	return l.insist(ctx, func() error {
		if err := l.fetch(ctx); err != nil {
			return err
		}
		here, err := l.ref(Ref)
		if err != nil {
			return err
		}
		next, err := l.join(hashOf(here), l.remote.head)
		if err != nil {
			return err
		}
		return l.settle(here, next)
	})
}

// settle moves the local ref to a commit that holds the remote's head, and then
// remembers that head. In this order: were the process killed in between, the two
// would only be thought to have met earlier than they did.
func (l *Ledger) settle(here *plumbing.Reference, next plumbing.Hash) error {
	if next != hashOf(here) {
		if err := l.move(Ref, next, here); err != nil {
			return err
		}
	}
	old, err := l.ref(l.remote.tracking)
	if err != nil || l.remote.head.IsZero() || hashOf(old) == l.remote.head {
		return err
	}
	err = l.move(l.remote.tracking, l.remote.head, old)
	if errors.Is(err, errMoved) {
		return nil // another process did, and its local ref holds ours
	}
	return err
}

// commitThere gets a change onto the remote and then into the local ref.
func (l *Ledger) commitThere(ctx context.Context, c *change) error {
	err := l.insist(ctx, func() error { return l.exchange(ctx, c) })
	var t *trouble
	if !errors.As(err, &t) || !c.keep || c.done {
		return err
	}
	if err := l.commitHere(c); err != nil {
		return errors.Join(t, err)
	}
	return fmt.Errorf("%w: %w; its entries stay in the local ref %s", ErrNotPushed, t, Ref)
}

// exchange is one attempt. It fails with errMoved when somebody else wrote first,
// and with a trouble when the remote could not be reached.
func (l *Ledger) exchange(ctx context.Context, c *change) error {
	if c.fresh {
		if err := l.fetch(ctx); err != nil {
			return err
		}
	}
	here, err := l.ref(Ref)
	if err != nil {
		return err
	}
	next, err := l.join(hashOf(here), l.remote.head)
	if err != nil {
		return err
	}
	if next, err = l.build(next, c); err != nil {
		return err
	}
	if next != l.remote.head {
		if err := l.push(ctx, next, c); err != nil {
			return err
		}
	}
	c.done = true
	return l.settle(here, l.remote.head)
}

// How often an exchange that fails is tried, and how long the pauses are, in
// between: they double, and are spread so that two do not meet again.
const (
	failures     = 6
	firstPause   = 250 * time.Millisecond
	longestPause = 8 * time.Second
)

// insist repeats an exchange while repeating can help.
func (l *Ledger) insist(ctx context.Context, do func() error) error {
	var err error
	for lost, failed := 0, 0; ; {
		err = do()
		var t *trouble
		switch {
		case errors.Is(err, errMoved):
			lost++
		case errors.As(err, &t) && !t.Final:
			failed++
		default:
			return err
		}
		if lost >= tries {
			return &trouble{Text: fmt.Sprintf("ledger: %s: others kept writing to %s", l.remote.wire.Name(), Ref)}
		}
		if failed >= failures {
			return err
		}
		pause := min(firstPause<<min(lost+failed-1, 10), longestPause)
		pause = pause/2 + rand.N(pause/2)
		if perr := l.pause(ctx, pause); perr != nil {
			return &trouble{Err: perr, Text: fmt.Sprintf("ledger: %s: %v", l.remote.wire.Name(), perr), Final: true}
		}
	}
}
