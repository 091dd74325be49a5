package plan

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// tenantOf is what a customer tenant has: 8 spaces, 64 memberships, 8 apps.
func tenantOf(name, region, release string) (desired, lives []Resource) {
	add := func(key, spec string) {
		desired = append(desired, Resource{Key: keyOf(key), Spec: []byte(spec), Pos: "estate/tenants.cue:12:3"})
	}
	for i := range 8 {
		space := fmt.Sprintf("%s Sales %d", name, i)
		add("space/"+space, fmt.Sprintf(`{"name":%q,"type":"managed","description":"Sales of %s in %s"}`, space, name, region))
		add("app/"+space+"/Overview", fmt.Sprintf(`{"name":"Overview","space":"space/%s","release":%q,"file":"apps/overview.qvf","description":"What was sold"}`, space, release))
		for j := range 8 {
			add(fmt.Sprintf("assignment/%s/group:G%d", space, j), fmt.Sprintf(`{"space":"space/%s","assignee":"group:G%d","roles":["consumer","dataconsumer"]}`, space, j))
		}
	}
	for i, r := range desired {
		r.ID = fmt.Sprint(i)
		lives = append(lives, r)
	}
	return desired, lives
}

func planOf(b *testing.B, i int, release string) *Plan {
	name, region := fmt.Sprintf("customer-%04d", i), []string{"eu", "us", "ap"}[i%3]
	desired, _ := tenantOf(name, region, release)
	p, err := Build(Input{
		Tenant: Tenant{Name: name, Host: name + ".qlikcloud.com", Region: region, Values: map[string]string{
			"name": name, "region": region, "host": name + ".qlikcloud.com", "alias": name, "variables.currency": "EUR",
			"variables.tier": "gold", "variables.seats": fmt.Sprint(100 + i%7),
		}},
		Desired: desired, Remembered: true, Covers: all, Traits: kinds,
	})
	require.NoError(b, err)
	return p
}

// fleetOf is tenants that all have the same 80 changes, but for every 1,000th.
func fleetOf(b *testing.B, tenants int) *Fleet {
	plans := make([]*Plan, tenants)
	for i := range plans {
		release := "2.1.0"
		if i%1000 == 999 {
			release = "2.0.9"
		}
		plans[i] = planOf(b, i, release)
	}
	return NewFleet("77b12fa", "all", plans)
}

func BenchmarkBuild(b *testing.B) {
	desired, lives := tenantOf("acme", "eu", "2.1.0")
	_, old := tenantOf("acme", "eu", "2.0.9")
	for _, bench := range []struct {
		name  string
		lives []Resource
	}{{"nothing", lives}, {"update", old}, {"create", nil}} {
		b.Run(bench.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_, err := Build(input(desired, bench.lives, desired))
				require.NoError(b, err)
			}
		})
	}
}

// BenchmarkClasses puts 8,500 plans of 80 changes into classes, and holds that against
// the least that reading them takes: writing each as JSON, over which a hash goes, on as
// many cores.
func BenchmarkClasses(b *testing.B) {
	f := fleetOf(b, 8500)
	b.ReportAllocs()
	var ours, bare time.Duration
	for b.Loop() {
		start := time.Now()
		require.Len(b, f.Classes(), 2)
		ours += time.Since(start)
		start = time.Now()
		readAll(f)
		bare += time.Since(start)
	}
	b.ReportMetric(ours.Seconds()/float64(b.N), "s/8500-plans")
	b.ReportMetric(bare.Seconds()/float64(b.N), "s/bare")
	b.ReportMetric(ours.Seconds()/bare.Seconds(), "x-bare")
	b.ReportMetric(0, "ns/op")
}

// readAll hashes the JSON of each plan's changes.
func readAll(f *Fleet) {
	var next atomic.Int64
	var wg sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for i := int(next.Add(1)) - 1; i < len(f.Plans); i = int(next.Add(1)) - 1 {
				text, err := json.Marshal(f.Plans[i].Changes)
				if err != nil {
					panic(err) // plain data
				}
				sha256.Sum256(text)
			}
		})
	}
	wg.Wait()
}

func BenchmarkWriteText(b *testing.B) {
	f := fleetOf(b, 8500)
	b.ReportAllocs()
	for b.Loop() {
		require.NoError(b, f.WriteText(io.Discard, TextOptions{Traits: kinds}))
	}
}

func BenchmarkWriteJSON(b *testing.B) {
	f := fleetOf(b, 500)
	b.ReportAllocs()
	for b.Loop() {
		require.NoError(b, f.WriteJSON(io.Discard))
	}
}
