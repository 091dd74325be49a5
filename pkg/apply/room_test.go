package apply

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// heard is what a room of eight says when what is in the words happens: "bad a" and
// "good a" are calls to a host, "well", "fell", "troubled" and "untouched" are ends, and
// the rest is a time that passes.
func heard(t *testing.T, most int, words string) (said []string, limit int) {
	synctest.Test(t, func(t *testing.T) {
		r := NewRoom(most, time.Minute, func(s string) { said = append(said, s) })
		ends := map[string]End{"well": EndWell, "fell": EndFell, "troubled": EndTroubled, "untouched": EndUntouched}
		for _, w := range strings.Split(words, ", ") {
			kind, host, call := strings.Cut(w, " ")
			end, ended := ends[w]
			switch {
			case call:
				r.Heard(host, kind == "bad")
			case ended:
				r.held++ // as if it had begun
				r.leave(end, false)
			default:
				d, err := time.ParseDuration(w)
				require.NoError(t, err)
				time.Sleep(d)
			}
		}
		limit = r.limit
		time.Sleep(longestPause) // what was set ends before the bubble does
	})
	return said, limit
}

func TestRoomFollowsThePlatform(t *testing.T) {
	slow := func(from, to int) string {
		return fmt.Sprintf("the platform answers slowly or with errors: %d → %d tenants at a time", from, to)
	}
	for _, c := range []struct {
		name, words string
		most, limit int
		said        []string
	}{
		{"all is well", "good a, well, good b, well", 8, 8, nil},
		{"one tenant's trouble is its own", "bad a, bad a, bad a, bad a, bad b, bad b", 8, 8, nil},
		{"three tenants' is not", "bad a, bad b, bad c", 8, 4, []string{slow(8, 4)}},
		{"at once it is halved but once", "bad a, bad b, bad c, bad a, bad b, bad c", 8, 4, []string{slow(8, 4)}},
		{"and again later", "bad a, bad b, bad c, 6s, bad a, bad b, bad c", 8, 2, []string{slow(8, 4), slow(4, 2)}},
		{"trouble that is far apart", "bad a, 11s, bad b, 11s, bad c", 8, 8, nil},
		{"trouble that is rare", "good a, good a, good a, good a, good a, good b, good b, good b, good c, good c, bad a, bad b, bad c", 8, 8, nil},
		{"two that end in trouble", "untouched, untouched", 8, 8, nil},
		{"three do, but not in a row", "untouched, untouched, well, untouched", 8, 8, nil},
		{"a failure of a change is an answer", "troubled, troubled, fell, troubled", 8, 8, nil},
		{"three in a row", "troubled, untouched, troubled", 8, 4, []string{slow(8, 4)}},
		{"nobody ends well", "troubled, troubled, troubled, troubled, troubled", 8, 1, []string{slow(8, 4), slow(4, 2), slow(2, 1)}},
		{"so it is asked now and then", "troubled, troubled, troubled, troubled, troubled", 2, 1, []string{
			slow(2, 1), "the platform refuses everything: one tenant tries again in 5s",
		}},
		{"and less and less often", "troubled, troubled, troubled, 5s, troubled, 10s, troubled, 20s, troubled", 1, 1, []string{
			"the platform refuses everything: one tenant tries again in 5s",
			"the platform refuses everything: one tenant tries again in 10s",
			"the platform refuses everything: one tenant tries again in 20s",
			"the platform refuses everything: one tenant tries again in 25s", // and then the minute is over
		}},
		{"until nobody has patience", "troubled, troubled, 1m, troubled, troubled", 1, 1, []string{
			"the platform has refused everything for 1m0s: nothing more is begun",
		}},
		{"it comes back bit by bit", "bad a, bad b, bad c, well, well", 4, 3, []string{slow(4, 2)}},
		{"and then all of it", "bad a, bad b, bad c, well, well, well, well, well", 4, 4, []string{slow(4, 2), "the platform answers as before: 4 tenants at a time"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			said, limit := heard(t, c.most, c.words)
			require.Equal(t, c.said, said)
			require.Equal(t, c.limit, limit)
		})
	}
}

// Whatever happens, the limit stays from one to most, nobody gets in beyond it, and who
// waits is told.
func TestRoomHoldsItsLimit(t *testing.T) {
	for seed := range uint64(100) {
		synctest.Test(t, func(t *testing.T) {
			rng := rand.New(rand.NewPCG(seed, 7))
			most := 1 + rng.IntN(9)
			r := NewRoom(most, time.Hour, nil)
			for range 300 {
				switch rng.IntN(4) {
				case 0:
					r.Heard(fmt.Sprint(rng.IntN(5)), rng.IntN(2) == 0)
				case 1:
					if r.held > 0 {
						r.leave(End(rng.IntN(4)), rng.IntN(8) == 0)
					}
				case 2:
					time.Sleep(time.Duration(rng.IntN(8)) * time.Second)
				default:
					before := r.held
					if ok, _ := r.take(); ok {
						require.LessOrEqual(t, r.held, r.limit)
						require.Equal(t, before+1, r.held)
					}
				}
				require.GreaterOrEqual(t, r.limit, 1)
				require.LessOrEqual(t, r.limit, most)
			}
			time.Sleep(longestPause)
		})
	}
}

// outage is a platform that refuses everything until it is up.
type outage struct {
	up            time.Time
	calls, inside atomic.Int32
}

func (o *outage) work(r *Room) func(context.Context, int) (string, End) {
	return func(_ context.Context, i int) (string, End) {
		o.calls.Add(1)
		o.inside.Add(1)
		defer o.inside.Add(-1)
		time.Sleep(time.Second)
		if time.Now().Before(o.up) {
			return "refused", EndUntouched
		}
		return fmt.Sprint("done ", i), EndWell
	}
}

// An outage is waited for with few calls, and then everybody is seen to: nobody is lost.
func TestWithinOutlastsAnOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := &outage{up: time.Now().Add(3 * time.Minute)}
		r := NewRoom(16, 10*time.Minute, nil)
		out, started := Within(t.Context(), Stop{}, 40, Limits{AtOnce: 16, Budget: Budget{}, Room: r}, o.work(r))
		for i := range out {
			require.True(t, started[i])
			require.Equal(t, fmt.Sprint("done ", i), out[i])
		}
		require.LessOrEqual(t, int(o.calls.Load()), 16+8+40, "16 at first, a few while it was down")
		require.False(t, r.Over())
	})
}

// What an outage leaves is as if it had not been started, and nothing is called any more.
func TestWithinGivesUpAfterAWhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := &outage{up: time.Now().Add(24 * time.Hour)}
		r := NewRoom(4, 2*time.Minute, nil)
		begin := time.Now()
		_, started := Within(t.Context(), Stop{}, 9, Limits{AtOnce: 4, Budget: Budget{Failures: -1}, Room: r}, o.work(r))
		require.Equal(t, make([]bool, 9), started)
		require.True(t, r.Over())
		require.InDelta(t, 2*time.Minute, time.Since(begin), float64(10*time.Second))
		before := o.calls.Load()
		_, started = Within(t.Context(), Stop{}, 2, Limits{AtOnce: 4, Budget: Budget{Failures: -1}, Room: r}, o.work(r))
		require.Equal(t, []bool{false, false}, started)
		require.Equal(t, before, o.calls.Load())
	})
}

// Tenants whose trouble is their own are not begun again, and a drain ends a pause.
func TestWithinTellsOwnTroubleFromTheOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := NewRoom(2, time.Hour, nil)
		var mu sync.Mutex
		calls := map[int]int{}
		_, started := Within(t.Context(), Stop{}, 12, Limits{AtOnce: 2, Budget: Budget{Failures: -1}, Room: r}, func(_ context.Context, i int) (int, End) {
			mu.Lock()
			defer mu.Unlock()
			calls[i]++
			if i%3 == 0 {
				return i, EndUntouched
			}
			return i, EndWell
		})
		for i := range 12 {
			require.True(t, started[i])
			require.Equal(t, 1, calls[i])
		}

		drain := make(chan struct{})
		time.AfterFunc(time.Minute, func() { close(drain) })
		o := &outage{up: time.Now().Add(24 * time.Hour)}
		begin := time.Now()
		_, started = Within(t.Context(), Stop{drain}, 5, Limits{AtOnce: 1, Budget: Budget{Failures: -1}, Room: NewRoom(1, time.Hour, nil)}, o.work(r))
		require.Equal(t, make([]bool, 5), started)
		require.Equal(t, time.Minute, time.Since(begin))
		time.Sleep(longestPause)
	})
}

// Several share one room.
func TestWithinSharesItsRoom(t *testing.T) {
	r := NewRoom(3, 0, nil)
	var inside, most atomic.Int32
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			_, started := Within(context.Background(), Stop{}, 30, Limits{AtOnce: 8, Budget: Budget{Failures: -1}, Room: r}, func(context.Context, int) (int, End) {
				if n := inside.Add(1); n > most.Load() {
					most.Store(n)
				}
				defer inside.Add(-1)
				return 0, EndUntouched // with no patience nothing is made of it
			})
			for _, s := range started {
				if !s {
					t.Error("not started")
				}
			}
		})
	}
	all.Wait()
	require.LessOrEqual(t, int(most.Load()), 3)
}
