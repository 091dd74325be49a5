package apply

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestRingIsThroughWhenItProvesIt(t *testing.T) {
	now := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		name   string
		stands string // b behind, c current, l lingering, f fell, a set aside
		may    int
		soak   time.Duration
		want   RingState
	}{
		{"all have it", "cc", 0, 0, Through},
		{"one is behind", "cb", 0, 0, Rolling},
		{"one failed", "cf", 0, 0, Stopped},
		{"one may fail", "cf", 1, 0, Through},
		{"one may fail, and one is behind", "cfb", 1, 0, Rolling},
		{"one may fail and two did", "cff", 1, 0, Stopped},
		{"one cannot be reached", "ca", 0, 0, Through},
		{"none can be reached: nothing is proved", "aa", 0, 0, Rolling},
		{"all that could failed, as they may", "ff", 2, 0, Rolling},
		{"all have it, and from one something is to go", "lc", 0, 0, Through},
		{"from all something is to go", "ll", 0, 0, Through},
		{"one of them is behind", "lb", 0, 0, Rolling},
		{"they soak as others do", "ll", 0, 2 * time.Hour, Soaking},
		{"nobody is in it", "", 0, 0, Through},
		{"it has an hour to go", "cc", 0, 2 * time.Hour, Soaking},
		{"it has soaked", "cc", 0, time.Hour, Through},
	} {
		t.Run(c.name, func(t *testing.T) {
			var names []string
			for i := range c.stands {
				names = append(names, fmt.Sprint(i))
			}
			of := func(name string) (Stand, time.Time) {
				i := slices.Index(names, name)
				since := now.Add(-time.Hour - time.Duration(i)*time.Minute) // the first got it last
				return map[byte]Stand{'b': Behind, 'c': Current, 'l': Lingering, 'f': Fell, 'a': SetAside}[c.stands[i]], since
			}
			s := Ring{Name: "pilot", Tenants: names, Failures: c.may, Soak: c.soak}.Stand(now, of)
			require.Equal(t, c.want, s.State)
			require.Len(t, s.Have, strings.Count(c.stands, "c")+strings.Count(c.stands, "l"))
			if c.want == Soaking {
				require.Equal(t, now.Add(time.Hour), s.Until)
			}
		})
	}
}

// failing runs n, of which all fail, within a budget; it returns how many began and
// how many ran at a time at most.
func failing(n, limit int, b Budget) (began, most int) {
	var mu sync.Mutex
	running := 0
	_, started := Within(context.Background(), Stop{}, n, Limits{AtOnce: limit, Budget: b}, func(context.Context, int) (int, End) {
		mu.Lock()
		running++
		most = max(most, running)
		mu.Unlock()
		runtime.Gosched()
		mu.Lock()
		running--
		mu.Unlock()
		return 0, EndFell
	})
	for _, s := range started {
		if s {
			began++
		}
	}
	return began, most
}

func TestBudgetStopsWhatWouldBegin(t *testing.T) {
	for _, c := range []struct {
		b     Budget
		began int // at most
		most  int
	}{
		{Budget{Failures: 0, Strict: true}, 1, 1},
		{Budget{Failures: 3, Strict: true}, 4, 3}, // strict: never more than one beyond what may fail
		{Budget{Failures: 3, Strict: false}, 3 + 8, 8},
		{Budget{Failures: -1, Strict: false}, 40, 8},
		{Budget{Failures: 1000, Strict: true}, 40, 8},
	} {
		began, most := failing(40, 8, c.b)
		require.LessOrEqual(t, began, c.began, "%+v", c.b)
		require.LessOrEqual(t, most, c.most, "%v", c.b)
		require.Greater(t, began, min(39, c.b.Failures), "%v: what may fail does not stop it", c.b)
	}
}

func TestBudgetIsSharedByAsking(t *testing.T) {
	left := 3
	began, _ := failing(40, 1, Budget{Failures: -1, Spent: func() bool { left--; return left < 0 }})
	require.Equal(t, 3, began)
}

// Trouble of the platform burns no budget.
func TestBudgetIsBurnedByFailuresAlone(t *testing.T) {
	for _, end := range []End{EndWell, EndTroubled, EndUntouched} {
		_, started := Within(t.Context(), Stop{}, 20, Limits{AtOnce: 3, Budget: Budget{Failures: 0, Strict: true}}, func(context.Context, int) (int, End) { return 0, end })
		require.NotContains(t, started, false, "%v", end)
	}
}
