package ledger

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// hands is a clock that only tests move.
type hands struct{ at atomic.Int64 }

func (h *hands) now() time.Time {
	return time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC).Add(time.Duration(h.at.Load()))
}

func (h *hands) forward(d time.Duration) { h.at.Add(int64(d)) }

const ttl = 10 * time.Minute

// places are the kinds of ledger that two runs may share.
func places(t *testing.T) map[string]func(t *testing.T) (first, second *Ledger) {
	return map[string]func(t *testing.T) (*Ledger, *Ledger){
		"in memory": func(*testing.T) (*Ledger, *Ledger) {
			l := InMemory()
			return l, over(l.store)
		},
		"one repository": func(t *testing.T) (*Ledger, *Ledger) {
			dir := repository(t)
			first, err := Open(dir)
			require.NoError(t, err)
			second, err := Open(dir)
			require.NoError(t, err)
			return first, second
		},
		"a remote": func(t *testing.T) (*Ledger, *Ledger) {
			s := remoteServer(t)
			return s.open(t, s.clone(t)), s.open(t, s.clone(t, "--depth", "1"))
		},
	}
}

func TestLeaseLife(t *testing.T) {
	for name, open := range places(t) {
		t.Run(name, func(t *testing.T) {
			first, second := open(t)
			var clock hands
			first.SetClock(clock.now)
			second.SetClock(clock.now)
			ctx, one, two := t.Context(), Holder{Run: "run 1", Who: "ada", URL: "https://ci/1"}, Holder{Run: "run 2"}
			held, err := first.Acquire(ctx, one, ttl, nil)
			require.NoError(t, err)
			require.NoError(t, first.Write("ours", at("acme", 1)))

			_, err = second.Acquire(ctx, two, ttl, nil)
			require.ErrorIs(t, err, ErrHeld)
			var who *HeldError
			require.True(t, errors.As(err, &who))
			require.Equal(t, HeldError{Holder: one, Since: clock.now(), Until: clock.now().Add(ttl)}, *who)
			require.EqualError(t, err, "ledger: held by run 1 of ada since 2026-11-25T12:00:00Z, until 2026-11-25T12:10:00Z unless it is renewed")

			clock.forward(ttl)
			require.NoError(t, held.Renew(ctx))
			clock.forward(ttl + Skew)
			_, err = second.Acquire(ctx, two, ttl, nil)
			require.ErrorIs(t, err, ErrHeld, "clocks may differ")
			clock.forward(time.Second)
			require.NoError(t, first.Write("late and still ours", at("acme", 2)))
			taken, err := second.Acquire(ctx, two, ttl, nil)
			require.NoError(t, err)
			require.Greater(t, taken.Fence(), held.Fence())

			before, err := first.Head()
			require.NoError(t, err)
			require.ErrorIs(t, first.Write("stale", at("acme", 99)), ErrFenced)
			require.ErrorContains(t, held.Renew(ctx), "run 2 took it over")
			require.ErrorIs(t, held.Release(ctx), ErrFenced)
			require.ErrorIs(t, first.Write("still stale", at("acme", 99)), ErrFenced)
			if name == "a remote" {
				after, err := first.Head()
				require.NoError(t, err)
				require.Equal(t, before, after, "nothing is written, also not here")
			}
			require.NoError(t, second.Write("theirs", at("bolt", 3)))
			entries, err := second.Entries()
			require.NoError(t, err)
			require.Equal(t, "run 2", entries["acme"].Run, "the stale write is nowhere; the entry is")
			require.Len(t, entries, 2, "the lease is no entry")

			require.NoError(t, taken.Release(ctx))
			require.ErrorIs(t, taken.Renew(ctx), ErrFenced)
			again, err := first.Acquire(ctx, one, ttl, nil)
			require.NoError(t, err)
			require.Greater(t, again.Fence(), taken.Fence(), "the fence outlives a release")
			require.NoError(t, first.Write("back", at("core", 4)))
		})
	}
}

func TestARunThatStartsAnewTakesItsOwnLease(t *testing.T) {
	killed, anew := places(t)["one repository"](t)
	old, err := killed.Acquire(t.Context(), Holder{Run: "run 1"}, ttl, nil)
	require.NoError(t, err)
	s, err := anew.Acquire(t.Context(), Holder{Run: "run 1"}, ttl, nil)
	require.NoError(t, err)
	require.Greater(t, s.Fence(), old.Fence())
	require.ErrorIs(t, killed.Write("a ghost", at("acme", 1)), ErrFenced)
	require.NoError(t, anew.Write("alive", at("acme", 1)))
	_, err = anew.Acquire(t.Context(), Holder{}, ttl, nil)
	require.ErrorContains(t, err, "needs a run")
}

func TestOneHolderAtATime(t *testing.T) {
	s := remoteServer(t)
	shared := repository(t)
	opens := map[string]func(i int) (*Ledger, error){
		"remote": func(int) (*Ledger, error) { return OpenRemote(t.Context(), s.clone(t, "--depth", "1"), s.remote()) },
		"local":  func(int) (*Ledger, error) { return Open(shared) },
	}
	for name, open := range opens {
		t.Run(name, func(t *testing.T) {
			const runs, turns = 3, 2
			var ledgers []*Ledger
			for i := range runs {
				l, err := open(i)
				require.NoError(t, err)
				ledgers = append(ledgers, l)
			}
			var inside, got atomic.Int32
			var wg sync.WaitGroup
			for i, l := range ledgers {
				wg.Go(func() {
					for turn := range turns {
						if err := holdOnce(t.Context(), l, fmt.Sprintf("%d.%d", i, turn), &inside); err != nil {
							t.Error(err)
							return
						}
						got.Add(1)
					}
				})
			}
			wg.Wait()
			require.EqualValues(t, runs*turns, got.Load())
			entries, err := ledgers[0].Entries()
			require.NoError(t, err)
			if name == "remote" {
				entries = s.entries(t)
			}
			require.Len(t, entries, runs*turns)
		})
	}
}

// holdOnce takes the lease, asking until it is free, writes, and gives it back.
func holdOnce(ctx context.Context, l *Ledger, run string, inside *atomic.Int32) error {
	for {
		s, err := l.Acquire(ctx, Holder{Run: run}, ttl, nil)
		if errors.Is(err, ErrHeld) {
			continue
		}
		if err != nil {
			return err
		}
		if n := inside.Add(1); n != 1 {
			return fmt.Errorf("%d holders at once", n)
		}
		err = l.Write(run, at("tenant "+run, 1))
		inside.Add(-1)
		return errors.Join(err, s.Release(ctx))
	}
}

func TestALeaseThatCannotBePushedIsNotHeld(t *testing.T) {
	s := remoteServer(t)
	dir := s.clone(t)
	l := s.open(t, dir)
	s.Be(down)
	_, err := l.Acquire(t.Context(), Holder{Run: "run 1"}, ttl, nil)
	require.Error(t, err)
	require.Empty(t, localHead(t, dir), "and nothing of it stays here")
	s.Be(nil)
	_, err = s.open(t, s.clone(t)).Acquire(t.Context(), Holder{Run: "run 2"}, ttl, nil)
	require.NoError(t, err)
}

func TestEntriesKeptHereDoNotBringALostLeaseBack(t *testing.T) {
	s := remoteServer(t)
	var clock hands
	dir := s.clone(t)
	l := s.open(t, dir)
	l.SetClock(clock.now)
	_, err := l.Acquire(t.Context(), Holder{Run: "run 1"}, ttl, nil)
	require.NoError(t, err)
	s.Be(down)
	require.ErrorIs(t, l.Write("offline", at("acme", 1)), ErrNotPushed)
	s.Be(nil)
	clock.forward(ttl + Skew + time.Second)
	other := s.open(t, s.clone(t))
	other.SetClock(clock.now)
	_, err = other.Acquire(t.Context(), Holder{Run: "run 2"}, ttl, nil)
	require.NoError(t, err)
	require.ErrorIs(t, l.Write("fenced", at("bolt", 2)), ErrFenced)
	require.NoError(t, s.open(t, dir).Push(t.Context()))
	require.Contains(t, s.entries(t), "acme", "what was kept while the lease was ours is not lost")
	require.NotContains(t, s.entries(t), "bolt")
	require.NoError(t, other.Write("still ours", at("core", 3)))
}

func TestKeepRenewsAtAThirdOfTheTime(t *testing.T) {
	l := InMemory()
	var clock hands
	l.SetClock(clock.now)
	ticks, asked := make(chan struct{}), make(chan time.Duration)
	l.SetPause(func(ctx context.Context, d time.Duration) error {
		select {
		case asked <- d:
		case <-ctx.Done():
			return ctx.Err()
		}
		select {
		case <-ticks:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	})
	s, err := l.Acquire(t.Context(), Holder{Run: "run 1"}, ttl, nil)
	require.NoError(t, err)
	stop := s.Keep(t.Context())
	for range 5 {
		require.Equal(t, ttl/3, <-asked)
		clock.forward(ttl / 3)
		ticks <- struct{}{}
	}
	<-asked // the fifth renewal is done
	stop()
	other := over(l.store)
	other.SetClock(clock.now)
	_, err = other.Acquire(t.Context(), Holder{Run: "run 2"}, ttl, nil)
	var held *HeldError
	require.True(t, errors.As(err, &held))
	require.Equal(t, clock.now().Add(ttl), held.Until)
	stop() // again does no harm
}

func TestKeepEndsWhenTheLeaseIsLost(t *testing.T) {
	l := InMemory()
	l.SetPause(func(ctx context.Context, _ time.Duration) error { return ctx.Err() })
	s, err := l.Acquire(t.Context(), Holder{Run: "run 1"}, ttl, nil)
	require.NoError(t, err)
	_, err = over(l.store).Acquire(t.Context(), Holder{Run: "run 1"}, ttl, nil)
	require.NoError(t, err)
	stop := s.Keep(t.Context())
	stop()
	require.ErrorIs(t, l.Write("lost", at("acme", 1)), ErrFenced)
}
