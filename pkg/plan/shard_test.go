package plan

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestParseShard(t *testing.T) {
	s, err := ParseShard("2/4")
	require.NoError(t, err)
	require.Equal(t, Shard{2, 4}, s)
	require.Equal(t, "2/4", s.String())
	require.Empty(t, Shard{}.String())
	for _, text := range []string{"", "1", "0/4", "5/4", "1/257", "a/b", "1/", "-1/4", "1/4/4"} {
		_, err := ParseShard(text)
		require.Error(t, err, text)
	}
}

func shardOf(tenant string, n int) (in []int) {
	for i := 1; i <= n; i++ {
		if (Shard{i, n}).Has(tenant) {
			in = append(in, i)
		}
	}
	return in
}

// TestShardsAreStable holds that a tenant is in one shard, that others do not matter, that
// shards are about as large as one another, and that one more takes its part and moves
// nothing else.
func TestShardsAreStable(t *testing.T) {
	const tenants, n = 8500, 16
	size := map[int]int{}
	moved := 0
	for i := range tenants {
		name := fmt.Sprintf("customer-%05d", i)
		in, then := shardOf(name, n), shardOf(name, n+1)
		require.Len(t, in, 1)
		require.Len(t, then, 1)
		size[in[0]]++
		if then[0] != in[0] {
			require.Equal(t, n+1, then[0], "it moves to the new one, or not at all")
			moved++
		}
	}
	for i, k := range size {
		require.InDelta(t, tenants/n, k, tenants/n/5, "shard %d", i)
	}
	require.InDelta(t, tenants/(n+1), moved, tenants/n/5)
	require.True(t, Shard{}.Has("any"), "the whole has all")
	for _, name := range []string{"a", "b", "c", "d"} {
		require.True(t, Shard{1, 4}.HasOf(name, 1))
		require.False(t, Shard{2, 4}.HasOf(name, 1))
	}
}

func TestSharesAddUp(t *testing.T) {
	for number := range 40 {
		for n := 1; n <= 9; n++ {
			for most := range n + 2 {
				sum := 0
				for i := 1; i <= n; i++ {
					sum += Shard{i, n}.Share(number, most)
				}
				require.Equal(t, number, sum, "%d over %d of %d", number, most, n)
			}
		}
	}
	require.Equal(t, 7, Shard{}.Share(7, 0))
	require.Equal(t, -1, Shard{1, 2}.Share(-1, 2), "no limit")
}

// TestMergeIsTheWhole cuts a fleet into shards, saves and reads them, and merges them: the
// bytes are those of the fleet.
func TestMergeIsTheWhole(t *testing.T) {
	var plans []*Plan
	for i := range 20 {
		p := &Plan{Tenant: Tenant{Name: fmt.Sprintf("t%02d", i)}}
		p.Digest = p.Sum()
		plans = append(plans, p)
	}
	whole := NewFleet("abc", "all", plans)
	cut := func(n int) (parts []*Fleet) {
		for i := n; i >= 1; i-- {
			s := Shard{i, n}
			var mine []*Plan
			for _, p := range plans {
				if s.Has(p.Tenant.Name) {
					mine = append(mine, p)
				}
			}
			f := NewFleet("abc", "all", mine)
			f.Shard = s.String()
			var b bytes.Buffer
			require.NoError(t, f.WriteJSON(&b))
			back, err := ReadFleet(&b)
			require.NoError(t, err)
			parts = append(parts, back)
		}
		return parts
	}
	for n := 1; n < 30; n += 7 {
		merged, err := Merge(cut(n))
		require.NoError(t, err)
		var got, want bytes.Buffer
		require.NoError(t, merged.WriteJSON(&got))
		require.NoError(t, whole.WriteJSON(&want))
		require.Equal(t, want.String(), got.String(), n)
	}
	for what, spoil := range map[string]func([]*Fleet) []*Fleet{
		"there is nothing to merge":   func([]*Fleet) []*Fleet { return nil },
		"shards are missing: 2/3":     func(p []*Fleet) []*Fleet { return append(p[:1], p[2]) },
		"shard 3/3 is there twice":    func(p []*Fleet) []*Fleet { return append(p, p[0]) },
		"of revision abc, and shard":  func(p []*Fleet) []*Fleet { p[1].Revision = "def"; return p },
		"it was planned without":      func(p []*Fleet) []*Fleet { p[2].Shard = ""; return p },
		"they are of 3 and of 4":      func(p []*Fleet) []*Fleet { p[1].Shard = "2/4"; return p },
		"which is in another":         func(p []*Fleet) []*Fleet { p[0].Shard, p[1].Shard = p[1].Shard, p[0].Shard; return p },
		"and shard 1/3 with changed":  func(p []*Fleet) []*Fleet { p[2].Refresh = "changed"; return p },
		`"x" is no shard: it is I/N,`: func(p []*Fleet) []*Fleet { p[1].Shard = "x"; return p },
	} {
		_, err := Merge(spoil(cut(3)))
		require.ErrorContains(t, err, what)
	}
}
