package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// BenchmarkPlanOfAChange plans what a pull request does as its job does, with --refresh
// changed: once a few of 200 tenants are others, and once only an environment is. It counts
// the requests, and holds them against those that these tenants take by themselves.
func BenchmarkPlanOfAChange(b *testing.B) {
	const changed = 10
	f := newFleetBench(b, benchTenants)
	edit := func(name, old, text string) {
		name = filepath.Join(f.p.dir, filepath.FromSlash(name))
		was, err := os.ReadFile(name)
		require.NoError(b, err)
		require.NoError(b, os.WriteFile(name, bytes.Replace(was, []byte(old), []byte(text), 1), 0o644))
	}
	var took [2]time.Duration
	requests := func() int64 { return f.calls.Swap(0) }
	for b.Loop() {
		b.StopTimer()
		edit("estate.cue", "schema.#Estate\n", "schema.#Estate\nenvironments: test: soak: \"1d\"\n")
		requests()
		b.StartTimer()
		start := time.Now()
		require.Zero(b, f.planChanged(b), "no tenant is another")
		took[0] += time.Since(start)
		require.Zero(b, requests(), "nothing is asked about tenants that nothing changes for")

		b.StopTimer()
		for i := range changed {
			edit(fmt.Sprintf("tenants/customer-%05d.yaml", i), "title: Customer", "title: Client")
		}
		b.StartTimer()
		start = time.Now()
		require.Equal(b, changed, f.planChanged(b))
		took[1] += time.Since(start)
		// Of each: a token, its spaces, its groups, and the members of each space.
		require.EqualValues(b, changed*(3+benchSpaces), requests(), "those that changed, and no other")

		b.StopTimer()
		edit("estate.cue", "environments: test: soak: \"1d\"\n", "")
		for i := range changed {
			edit(fmt.Sprintf("tenants/customer-%05d.yaml", i), "title: Client", "title: Customer")
		}
		b.StartTimer()
	}
	b.ReportMetric(3+benchSpaces, "requests/changed-tenant")
	b.ReportMetric(0, "requests/unchanged-tenant")
	b.ReportMetric(took[0].Seconds()/float64(b.N), "s/environment")
	b.ReportMetric(took[1].Seconds()/float64(b.N), "s/10-of-200-tenants")
	b.ReportMetric(0, "ns/op")
}

// planChanged plans from the files on, and returns how many tenants have something to do.
func (f *fleetBench) planChanged(b *testing.B) (n int) {
	est, err := f.p.load(b.Context(), "")
	require.NoError(b, err)
	e, err := f.p.newEngine(est, f.memory, planFlags{parallelism: 32, refresh: "changed"})
	require.NoError(b, err)
	defer e.conn.close()
	fleet, err := e.planAll(b.Context())
	require.NoError(b, err)
	for _, p := range fleet.Plans {
		if !p.Empty() {
			n++
		}
	}
	return n
}
