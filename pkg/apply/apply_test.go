package apply

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/qdeploy/qdeploy/pkg/plan"
)

func key(i int) plan.Key { return plan.Key{Kind: "space", Name: fmt.Sprintf("s%03d", i)} }

// graph makes a plan in which a change comes after some of those before it.
func graph(rng *rand.Rand, n int) *plan.Plan {
	p := &plan.Plan{}
	for i := range n {
		c := plan.Change{Action: plan.Create, Key: key(i)}
		for j := range i {
			if rng.IntN(8) == 0 {
				c.After = append(c.After, key(j))
			}
		}
		p.Changes = append(p.Changes, c)
	}
	return p
}

func TestRunKeepsOrderAndLimitOnRandomGraphs(t *testing.T) {
	for seed := range uint64(200) {
		rng := rand.New(rand.NewPCG(seed, 1))
		p := graph(rng, 1+rng.IntN(40))
		limit := 1 + rng.IntN(6)
		bad := key(rng.IntN(len(p.Changes)))
		var mu sync.Mutex
		done := map[plan.Key]bool{}
		var running, most atomic.Int32
		out := Run(t.Context(), Stop{}, p, limit, func(_ context.Context, c plan.Change) error {
			if n := running.Add(1); n > most.Load() {
				most.Store(n)
			}
			defer running.Add(-1)
			mu.Lock()
			defer mu.Unlock()
			for _, k := range c.After {
				if !done[k] {
					return fmt.Errorf("%s ran before %s", c.Key, k)
				}
			}
			if c.Key == bad {
				return errors.New("bad")
			}
			done[c.Key] = true
			return nil
		}, nil)
		require.LessOrEqual(t, int(most.Load()), limit)
		requireClosed(t, p, out, bad)
	}
}

// requireClosed checks that exactly what comes after the bad change was skipped.
func requireClosed(t *testing.T, p *plan.Plan, out []Outcome, bad plan.Key) {
	t.Helper()
	lost := map[plan.Key]bool{}
	for i, o := range out {
		require.Equal(t, p.Changes[i].Key, o.Change.Key, "outcomes are in plan order")
		for _, k := range o.Change.After {
			if lost[k] {
				lost[o.Change.Key] = true
			}
		}
		switch {
		case o.Change.Key == bad && !lost[bad]:
			require.Equal(t, Failed, o.Status)
			require.EqualError(t, o.Err, "bad")
			lost[bad] = true
		case lost[o.Change.Key]:
			require.Equal(t, Skipped, o.Status)
			require.Error(t, o.Err)
		default:
			require.Equal(t, Done, o.Status, o.Err)
		}
	}
}

func TestRunDrainsWithoutBreakingOff(t *testing.T) {
	p := graph(rand.New(rand.NewPCG(1, 1)), 6)
	for i := range p.Changes {
		p.Changes[i].After = nil
	}
	drain := make(chan struct{})
	var once sync.Once
	out := Run(t.Context(), Stop{drain}, p, 2, func(ctx context.Context, _ plan.Change) error {
		once.Do(func() { close(drain) })
		return ctx.Err()
	}, nil)
	n := map[Status]int{}
	for _, o := range out {
		n[o.Status]++
	}
	require.Zero(t, n[Failed])
	require.LessOrEqual(t, n[Done], 2, "what ran ended, and nothing new began")
	require.Equal(t, 6, n[Done]+n[NotStarted])
}

func TestRunBreaksOffWhenCancelled(t *testing.T) {
	p := &plan.Plan{Changes: []plan.Change{{Key: key(1)}, {Key: key(2), After: []plan.Key{key(1)}}}}
	ctx, cancel := context.WithCancel(t.Context())
	out := Run(ctx, Stop{}, p, 2, func(ctx context.Context, _ plan.Change) error {
		cancel()
		<-ctx.Done()
		return ctx.Err()
	}, nil)
	require.Equal(t, Failed, out[0].Status)
	require.Equal(t, Skipped, out[1].Status)
}

func TestRunSurvivesAPanic(t *testing.T) {
	p := &plan.Plan{Changes: []plan.Change{{Key: key(1)}}}
	out := Run(t.Context(), Stop{}, p, 1, func(context.Context, plan.Change) error { panic("oh") }, nil)
	require.EqualError(t, out[0].Err, "space/s001: internal error: oh")
	require.Equal(t, Failed, out[0].Status)
}

func TestEachReturnsByIndexWithinTheLimit(t *testing.T) {
	var running, most atomic.Int32
	out, started := Each(t.Context(), Stop{}, 100, 7, func(_ context.Context, i int) int {
		if n := running.Add(1); n > most.Load() {
			most.Store(n)
		}
		defer running.Add(-1)
		return i * i
	})
	for i := range out {
		require.True(t, started[i])
		require.Equal(t, i*i, out[i])
	}
	require.LessOrEqual(t, int(most.Load()), 7)
}

func TestEachStartsNothingMoreWhenDrained(t *testing.T) {
	drain := make(chan struct{})
	_, started := Each(t.Context(), Stop{drain}, 10, 1, func(_ context.Context, i int) int {
		if i == 2 {
			close(drain)
		}
		return i
	})
	require.Equal(t, []bool{true, true, true}, started[:3])
	require.NotContains(t, started[4:], true)
}
