package ledger

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/go-git/go-git/v5/plumbing"
)

// Skew is how far the clocks of two machines may differ: a lease is taken over
// only when it has been over for so long by the clock of who takes it.
const Skew = 30 * time.Second

// ErrHeld says that another run holds the lease. The error is a [*HeldError].
var ErrHeld = errors.New("another run holds the ledger")

// ErrFenced says that the lease was lost: another run took it over after it had
// expired. Whoever held it may write no more.
var ErrFenced = errors.New("the lease on the ledger is lost")

// Holder is who holds a lease.
type Holder struct {
	Run string `json:"run"` // names the attempt of a job: a re-run is another one
	Who string `json:"who,omitempty"`
	URL string `json:"url,omitempty"`

	// Host and PID are the process: another one on its machine can see that it is gone.
	Host string `json:"host,omitempty"`
	PID  int    `json:"pid,omitempty"`

	// Part is the shard that the holder applies, "2/4", "" for all; and Of is the
	// revision. Others of as many shards of that revision may hold theirs beside it.
	Part string `json:"part,omitempty"`
	Of   string `json:"of,omitempty"`
}

// HeldError is an [ErrHeld] with who holds the lease.
type HeldError struct {
	Holder       Holder
	Since, Until time.Time // by the clock of the holder
}

func (e *HeldError) Error() string {
	who := e.Holder.Run
	if e.Holder.Who != "" {
		who += " of " + e.Holder.Who
	}
	return fmt.Sprintf("ledger: held by %s since %s, until %s unless it is renewed",
		oneLine(who), e.Since.UTC().Format(time.RFC3339), e.Until.UTC().Format(time.RFC3339))
}

// Is makes errors.Is(err, ErrHeld) true.
func (e *HeldError) Is(target error) bool { return target == ErrHeld }

// leaseFile lies beside the entries. It stays when a lease is released, for the
// fence. A qdeploy that does not know of leases takes it for a broken entry and
// stops, as it must: it would write without looking at it.
const leaseFile = "lease.json"

// claim is what the file says.
type claim struct {
	Fence  int64     `json:"fence"`            // grows with each acquisition
	Holder *Holder   `json:"holder,omitempty"` // nil: released
	Since  time.Time `json:"since,omitzero"`
	Until  time.Time `json:"until,omitzero"`
}

// Lease is the right to write to the ledger, which one run has at a time. It does
// not end by itself for its holder: it can be lost only to another who finds it
// expired.
type Lease struct {
	ledger *Ledger
	holder Holder
	ttl    time.Duration
	fence  int64
}

// Fence returns the number of this acquisition; a later one has a greater one.
func (s *Lease) Fence() int64 { return s.fence }

// Acquire takes the lease for ttl. It fails with [ErrHeld] while another run has
// it; one that expired more than [Skew] ago is taken over, and one whose holder
// gone says is no more. The same holder may take its own again: what it held before
// is then fenced. gone may be nil.
//
// From then on each write of this Ledger checks, in the commit that it makes,
// that the lease is still ours, and fails with [ErrFenced] otherwise.
func (l *Ledger) Acquire(ctx context.Context, who Holder, ttl time.Duration, gone func(Holder) bool) (*Lease, error) {
	if who.Run == "" || ttl <= 0 {
		return nil, errors.New("ledger: a lease needs a run and a time to live")
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	s := &Lease{ledger: l, holder: who, ttl: ttl}
	take := func(root plumbing.Hash) (map[string][]byte, string, error) {
		now := l.now().UTC()
		c, err := l.claim(root, who.file())
		if err == nil {
			err = l.free(root, who, now, gone)
		}
		if err != nil {
			return nil, "", err
		}
		s.fence = c.Fence + 1
		return fileOfClaim(who.file(), claim{Fence: s.fence, Holder: &who, Since: now, Until: now.Add(ttl)})
	}
	if err := l.commit(ctx, &change{message: "lease taken by " + who.Run, files: take, fresh: true}); err != nil {
		return nil, err
	}
	l.lease = s
	return s, nil
}

// Renew makes the lease last its time to live from now. It fails with
// [ErrFenced] when it is lost.
func (s *Lease) Renew(ctx context.Context) error {
	s.ledger.mu.Lock()
	defer s.ledger.mu.Unlock()
	return s.amend(ctx, "lease renewed by "+s.holder.Run, func(c *claim) { c.Until = s.ledger.now().UTC().Add(s.ttl) })
}

// Release lets others have the lease at once. It fails with [ErrFenced] when
// another has it already.
func (s *Lease) Release(ctx context.Context) error {
	s.ledger.mu.Lock()
	defer s.ledger.mu.Unlock()
	err := s.amend(ctx, "lease released by "+s.holder.Run, func(c *claim) { *c = claim{Fence: c.Fence} })
	if err == nil && s.ledger.lease == s {
		s.ledger.lease = nil
	}
	return err
}

func (s *Lease) amend(ctx context.Context, message string, with func(*claim)) error {
	return s.ledger.commit(ctx, &change{message: message, files: func(root plumbing.Hash) (map[string][]byte, string, error) {
		c, err := s.check(root)
		if err != nil {
			return nil, "", err
		}
		with(&c)
		return fileOfClaim(s.holder.file(), c)
	}})
}

// check returns the claim in the tree at root, if it is ours.
func (s *Lease) check(root plumbing.Hash) (claim, error) {
	c, err := s.ledger.claim(root, s.holder.file())
	if err != nil {
		return c, err
	}
	if c.Holder == nil {
		return c, fmt.Errorf("ledger: %w: it was released", ErrFenced)
	}
	if c.Fence != s.fence || c.Holder.Run != s.holder.Run {
		return c, fmt.Errorf("ledger: %w: %s took it over", ErrFenced, oneLine(c.Holder.Run))
	}
	return c, nil
}

// fenced fails when a lease was acquired that the tree at root says is not ours.
func (l *Ledger) fenced(root plumbing.Hash) error {
	if l.lease == nil {
		return nil
	}
	_, err := l.lease.check(root)
	return err
}

// Keep renews the lease each third of its time to live until stop is called, ctx
// ends or the lease is lost. A renewal that fails otherwise is tried again at the
// next turn: what it means shows at the next write. stop waits for the end.
func (s *Lease) Keep(ctx context.Context) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for s.ledger.pause(ctx, s.ttl/3) == nil {
			if err := s.Renew(ctx); errors.Is(err, ErrFenced) {
				return
			}
		}
	}()
	return func() {
		cancel()
		<-ended
	}
}

// claim reads a lease in the tree at root; none is one that nobody ever held.
func (l *Ledger) claim(root plumbing.Hash, file string) (c claim, err error) {
	blob, err := l.find(root, file)
	if err != nil || blob.IsZero() {
		return c, err
	}
	b, err := l.bytes(blob)
	if err == nil {
		err = json.Unmarshal(b, &c)
	}
	if err != nil {
		return c, fmt.Errorf("ledger: %s: %w", file, err)
	}
	return c, nil
}

func fileOfClaim(file string, c claim) (map[string][]byte, string, error) {
	files, err := textOf(file, c)
	return files, "", err
}
