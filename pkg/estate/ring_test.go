package estate

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/require"
)

// ringed loads an estate of n tenants with rings.
func ringed(t *testing.T, n int, rings string) []Ring {
	t.Helper()
	var b strings.Builder
	for i := range n {
		tier := "bronze"
		if i%4 == 0 {
			tier = "gold"
		}
		fmt.Fprintf(&b, "tenants: t%02d: {region: \"eu\", alias: \"t%02d\", labels: tier: %q}\n", i, i, tier)
	}
	files := fstest.MapFS{"base.cue": {Data: []byte(base)}, "a.cue": {Data: []byte(`package estate
templates: all: space: {S: type: "shared", P: type: "managed"}
tenants: [string]: template: "all"
environments: prod: {targets: [{select: {}, staging: "S", space: "P"}], rings: ` + rings + "}\n" + b.String())}}
	e, err := Load("", Options{Files: files})
	require.NoError(t, err)
	return e.Environments()[0].Rings
}

func TestRingsShareTheTenants(t *testing.T) {
	rings := ringed(t, 40, `[
		{name: "pilot", select: tier: "gold", size: 3, soak: "2h", concurrency: 1, gates: {reloads: "succeeded", probe: ["./probe", "x"], evaluation: {}}},
		{name: "limited", size: "20%", failures: "10%", strict: false, gates: evaluation: worse: "5%"},
		{name: "full", start: "manual"},
	]`)
	require.Len(t, rings, 3)
	require.Len(t, rings[0].Tenants, 3)
	require.Len(t, rings[1].Tenants, 8, "a fifth of all, not of those that are left")
	require.Len(t, rings[2].Tenants, 29)
	require.Len(t, slices.Compact(slices.Sorted(slices.Values(slices.Concat(rings[0].Tenants, rings[1].Tenants, rings[2].Tenants)))), 40, "each is in one")
	for _, name := range rings[0].Tenants {
		var i int
		_, err := fmt.Sscanf(name, "t%d", &i)
		require.NoError(t, err)
		require.Zero(t, i%4, "%s is not gold", name)
	}
	require.Equal(t, 2*time.Hour, rings[0].Soak)
	require.Equal(t, Gates{Reloads: "succeeded", Probe: []string{"./probe", "x"}, Evaluation: &Evaluation{Worse: Share{Percent: 20}}}, rings[0].Gates)
	require.Equal(t, "reloads succeeded, evaluation at most 20% worse, ./probe passed", rings[0].Gates.String())
	require.False(t, rings[1].Gates.None())
	require.Equal(t, "evaluation at most 5% worse", rings[1].Gates.String())
	require.True(t, rings[2].Gates.None())
	require.True(t, rings[0].Strict)
	require.False(t, rings[1].Strict)
	require.True(t, rings[2].Manual)
	require.False(t, rings[1].Manual)
}

// A tenant that comes changes no other tenant's ring but that of one which the new
// one has pushed out.
func TestRingsStayWhoeverComes(t *testing.T) {
	before := ringed(t, 40, `[{name: "pilot", size: 5}, {name: "full"}]`)[0].Tenants
	after := ringed(t, 41, `[{name: "pilot", size: 5}, {name: "full"}]`)[0].Tenants
	both := 0
	for _, name := range before {
		if slices.Contains(after, name) {
			both++
		}
	}
	require.GreaterOrEqual(t, both, 4)
}

func TestShare(t *testing.T) {
	for _, c := range []struct {
		share    Share
		of       int
		up, down int
	}{
		{Share{Count: 3}, 10, 3, 3},
		{Share{Percent: 5}, 15, 1, 0}, // what is rounded down may be none
		{Share{Percent: 20}, 40, 8, 8},
		{Share{Percent: 100}, 7, 7, 7},
		{Share{}, 7, 0, 0},
	} {
		require.Equal(t, c.up, c.share.Up(c.of), "%v of %d", c.share, c.of)
		require.Equal(t, c.down, c.share.Down(c.of), "%v of %d", c.share, c.of)
	}
}
