package ledger

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func slotOf(request int, release string) Slot {
	return Slot{
		Environment: "test", App: "Sales/EU", Request: request, Commit: "c0ffee", Release: release,
		Since: time.Date(2026, 11, 25, 8, request, 0, 0, time.UTC), Places: []SlotPlace{{Tenant: "dev", Space: "Test"}},
	}
}

func TestSlot(t *testing.T) {
	l, ctx := InMemory(), context.Background()
	slots, err := l.Slots()
	require.NoError(t, err)
	require.Empty(t, slots)

	first, err := l.Take(ctx, slotOf(1, "1.1.0"))
	require.NoError(t, err)
	_, err = l.Take(ctx, slotOf(2, "1.2.0"))
	require.ErrorIs(t, err, ErrSlotHeld)
	require.EqualError(t, err, "ledger: Sales/EU in test is held by #1 since 2026-11-25T08:01:00Z")
	require.ErrorIs(t, l.Free(ctx, slotOf(2, "")), ErrSlotHeld)

	again := slotOf(1, "1.1.1")
	again.Since = again.Since.Add(time.Hour)
	again, err = l.Take(ctx, again)
	require.NoError(t, err)
	require.Equal(t, first.Since, again.Since)

	require.NoError(t, l.Write("tenants are kept beside slots", Entry{Tenant: "dev", Time: first.Since}))
	slots, err = l.Slots()
	require.NoError(t, err)
	require.Equal(t, []Slot{again}, slots)
	require.True(t, slots[0].In("dev"))
	require.False(t, slots[0].In("acme"))

	require.NoError(t, l.Free(ctx, again))
	require.NoError(t, l.Free(ctx, again)) // by a run that was killed after it
	slots, err = l.Slots()
	require.NoError(t, err)
	require.Empty(t, slots)
	_, err = l.Take(ctx, slotOf(2, "1.2.0"))
	require.NoError(t, err)
	entries, err := l.Entries()
	require.NoError(t, err)
	require.Contains(t, entries, "dev")
}

// TestSlotFenced: a run that lost its lease takes nothing.
func TestSlotFenced(t *testing.T) {
	l, ctx := InMemory(), context.Background()
	_, err := l.Acquire(ctx, Holder{Run: "one"}, time.Minute, nil)
	require.NoError(t, err)
	other := over(l.store)
	_, err = other.Acquire(ctx, Holder{Run: "two"}, time.Minute, func(Holder) bool { return true })
	require.NoError(t, err)
	_, err = l.Take(ctx, slotOf(1, "1.1.0"))
	require.ErrorIs(t, err, ErrFenced)
	_, err = other.Take(ctx, slotOf(1, "1.1.0"))
	require.NoError(t, err)
}

func TestSlotUnreadable(t *testing.T) {
	for _, text := range []string{"{", `{"environment":"test","app":"Stock"}`} {
		_, err := readSlot([]byte(text), slotOf(1, "").file())
		require.Error(t, err, text)
	}
}
