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
	require.ErrorIs(t, l.GiveBack(ctx, slotOf(2, "")), ErrSlotHeld)

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

	require.NoError(t, l.GiveBack(ctx, again))
	require.NoError(t, l.GiveBack(ctx, again)) // by a run that was killed after it
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

// TestSlotQueue: whoever asked first is first, however often the others ask.
func TestSlotQueue(t *testing.T) {
	l, ctx := InMemory(), context.Background()
	at := time.Date(2026, 11, 25, 9, 0, 0, 0, time.UTC)
	wait := func(request int) (Slot, error) {
		at = at.Add(time.Minute)
		return l.Wait(ctx, "test", "Sales/EU", Waiter{request, at})
	}
	queue := func() (out []int) {
		slots, err := l.Slots()
		require.NoError(t, err)
		for _, s := range slots {
			for _, w := range s.Waiting {
				out = append(out, w.Request)
			}
		}
		return out
	}
	_, err := wait(3)
	require.ErrorIs(t, err, ErrSlotFree, "there is nothing to wait for")
	_, err = l.Take(ctx, slotOf(1, "1.1.0"))
	require.NoError(t, err)
	for _, n := range []int{3, 2, 3} {
		s, err := wait(n)
		require.NoError(t, err)
		require.True(t, s.Waits(n))
		require.Equal(t, "#1", s.Holder())
	}
	require.Equal(t, []int{3, 2}, queue())
	_, err = l.Take(ctx, slotOf(1, "1.1.1"))
	require.NoError(t, err)
	require.Equal(t, []int{3, 2}, queue(), "what the holder tries is another matter")

	require.NoError(t, l.GiveBack(ctx, slotOf(1, "")))
	slots, err := l.Slots()
	require.NoError(t, err)
	require.True(t, slots[0].Free())
	require.Equal(t, []int{3, 2}, queue(), "they wait for a slot that is free")
	s, err := l.Take(ctx, slotOf(3, "1.3.0"))
	require.NoError(t, err)
	require.False(t, s.Waits(3))
	require.Equal(t, []int{2}, queue())
	s, err = l.Leave(ctx, "test", "Sales/EU", 2)
	require.NoError(t, err)
	require.Equal(t, 3, s.Request)
	require.Empty(t, queue())
	require.NoError(t, l.GiveBack(ctx, slotOf(3, "")))
	slots, err = l.Slots()
	require.NoError(t, err)
	require.Empty(t, slots)
}
