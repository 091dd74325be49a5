package ledger

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestRolloutsAreKeptBesideTheEntries(t *testing.T) {
	l := InMemory()
	none, err := l.Rollouts()
	require.NoError(t, err)
	require.Empty(t, none)
	require.NoError(t, l.Write("applied", Entry{Tenant: "acme", Outcome: "applied"}))
	none, err = l.Rollouts()
	require.NoError(t, err)
	require.Empty(t, none)

	r := Rollout{Environment: "prod/eu", Declared: "d", Run: "r-1", Began: time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC), Rings: []RolloutRing{{"pilot", []string{"acme"}}}}
	require.True(t, r.Open())
	require.NoError(t, l.PutRollout(context.Background(), "a rollout begins", r))
	r.Ended = r.Began.Add(time.Hour)
	require.False(t, r.Open())
	require.NoError(t, l.PutRollout(context.Background(), "a rollout ends", r))
	got, err := l.Rollouts()
	require.NoError(t, err)
	require.Equal(t, map[string]Rollout{"prod/eu": r}, got)

	entries, err := l.Entries()
	require.NoError(t, err)
	require.Len(t, entries, 1, "a rollout is no entry")
}

func TestARolloutIsNotPutOverALeaseThatIsLost(t *testing.T) {
	l := InMemory()
	now := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	l.SetClock(func() time.Time { return now })
	_, err := l.Acquire(context.Background(), Holder{Run: "one"}, time.Minute, nil)
	require.NoError(t, err)
	other := over(l.store)
	other.SetClock(func() time.Time { return now.Add(time.Hour) })
	_, err = other.Acquire(context.Background(), Holder{Run: "two"}, time.Minute, nil)
	require.NoError(t, err)
	require.ErrorIs(t, l.PutRollout(context.Background(), "a rollout begins", Rollout{Environment: "prod"}), ErrFenced)
	require.NoError(t, other.PutRollout(context.Background(), "a rollout begins", Rollout{Environment: "prod"}))
}
