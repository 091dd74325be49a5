package ledger

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestShardsHoldTheirLeasesBesideEachOther holds who may apply at a time: shards of one
// cut of one revision, and nobody else beside them.
func TestShardsHoldTheirLeasesBesideEachOther(t *testing.T) {
	for name, open := range places(t) {
		t.Run(name, func(t *testing.T) {
			first, second := open(t)
			var clock hands
			first.SetClock(clock.now)
			second.SetClock(clock.now)
			ctx := t.Context()
			shard := func(run, part, of string) Holder { return Holder{Run: run, Part: part, Of: of} }
			one, err := first.Acquire(ctx, shard("a", "1/2", "abc"), ttl, nil)
			require.NoError(t, err)
			for what, who := range map[string]Holder{
				"all":              {Run: "b"},
				"the same shard":   shard("b", "1/2", "abc"),
				"another cut":      shard("b", "2/3", "abc"),
				"another revision": shard("b", "2/2", "def"),
			} {
				_, err := second.Acquire(ctx, who, ttl, nil)
				require.ErrorIs(t, err, ErrHeld, what)
			}
			two, err := second.Acquire(ctx, shard("b", "2/2", "abc"), ttl, nil)
			require.NoError(t, err)
			require.NoError(t, first.Write("ours", at("acme", 1)))
			require.NoError(t, second.Write("ours too", at("bolt", 1)))
			require.ErrorIs(t, second.Held(nil), ErrHeld)
			require.NoError(t, second.Held(func(Holder) bool { return true }), "both are gone")
			require.NoError(t, one.Renew(ctx))
			require.NoError(t, one.Release(ctx))
			_, err = first.Acquire(ctx, Holder{Run: "c"}, ttl, nil)
			require.ErrorIs(t, err, ErrHeld, "the other shard still has its own")

			// One that dies is redone by another; what it does after that is refused.
			clock.forward(ttl + Skew + time.Second)
			again, err := first.Acquire(ctx, shard("d", "2/2", "abc"), ttl, nil)
			require.NoError(t, err)
			require.ErrorIs(t, two.Renew(ctx), ErrFenced)
			require.NoError(t, again.Release(ctx))
			_, err = second.Acquire(ctx, Holder{Run: "e"}, ttl, nil)
			require.NoError(t, err)
			_, err = first.Acquire(ctx, shard("f", "1/2", "abc"), ttl, nil)
			require.ErrorIs(t, err, ErrHeld, "all are being applied to")
		})
	}
}
