package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/qdeploy/qdeploy/pkg/estate"
	"github.com/qdeploy/qdeploy/pkg/estate/estatetest"
	"github.com/qdeploy/qdeploy/pkg/ledger"
	"github.com/qdeploy/qdeploy/pkg/qlik/qliktest"
)

// The numbers of a fleet whose tenants have 20 spaces with 3 members each.
const (
	benchTenants = 200
	benchSpaces  = 20
	benchMembers = 3
	benchLatency = 50 * time.Millisecond
	benchWithin  = 6 // lists at a time in one tenant, as the client does
)

// fleetBench is an estate that was applied to an emulated cloud, so that a plan
// has nothing to do.
type fleetBench struct {
	p      *program
	est    *declared
	memory *memory
	cloud  *qliktest.Cloud
	calls  atomic.Int64
	url    string
}

func newFleetBench(b *testing.B, tenants int) *fleetBench {
	f := emptyFleetBench(b, tenants)
	f.apply(b)
	return f
}

// emptyFleetBench is an estate of which nothing was applied yet.
func emptyFleetBench(b *testing.B, tenants int) *fleetBench {
	tuneMemory()
	b.Setenv("QLIK_CLIENT_ID", "sandbox")
	b.Setenv("QLIK_CLIENT_SECRET", "sandbox-secret")
	dir := b.TempDir()
	require.NoError(b, estatetest.Fleet{Tenants: tenants, Spaces: benchSpaces, Members: benchMembers}.Write(dir))
	f := &fleetBench{p: &program{out: io.Discard, err: io.Discard, dir: dir, now: time.Now}}
	var err error
	f.est, err = f.p.load(b.Context(), "")
	require.NoError(b, err)
	f.cloud = qliktest.New(qliktest.Options{NoLimits: true, Calls: func(qliktest.Call) { f.calls.Add(1) }})
	f.cloud.AddRegionClient("us", "sandbox", "sandbox-secret")
	for _, t := range f.est.Tenants() {
		tenant := f.cloud.AddTenant(qliktest.TenantSpec{Host: t.Host, Region: "us"})
		tenant.AddGroup(t.Values["variables.readers"])
		for m := 1; m < benchMembers; m++ {
			tenant.AddGroup(fmt.Sprintf("Team %d", m))
		}
	}
	server := httptest.NewServer(f.cloud)
	b.Cleanup(server.Close)
	f.url = server.URL
	b.Setenv(endpointVar, server.URL)
	f.memory, err = remember(ledger.InMemory())
	require.NoError(b, err)
	return f
}

func (f *fleetBench) engine(b *testing.B) *engine {
	e, err := f.p.newEngine(f.est, f.memory, planFlags{parallelism: 32, refresh: "all"})
	require.NoError(b, err)
	return e
}

func (f *fleetBench) apply(b *testing.B) {
	e := f.engine(b)
	fleet, err := e.planAll(b.Context())
	require.NoError(b, err)
	require.NoError(b, e.applyFleet(b.Context(), applyFlags{planFlags: e.flags, yes: true, within: 4}, fleet))
}

func (f *fleetBench) mood(b *testing.B, words string) {
	m, err := qliktest.ParseMood(words)
	require.NoError(b, err)
	f.cloud.SetMood(m)
}

// plan plans from the files on, as the command does.
func (f *fleetBench) plan(b *testing.B) {
	est, err := f.p.load(b.Context(), "")
	require.NoError(b, err)
	e, err := f.p.newEngine(est, f.memory, planFlags{parallelism: 32, refresh: "all"})
	require.NoError(b, err)
	defer e.conn.close()
	fleet, err := e.planAll(b.Context())
	require.NoError(b, err)
	require.True(b, fleet.Empty(), "nothing is left to do")
}

// BenchmarkPlan plans 200 tenants × (20 spaces, 60 members) that need nothing,
// at 50 ms latency, and does the same requests with nothing but net/http, as
// many at a time, on the same server in the same run.
func BenchmarkPlan(b *testing.B) {
	f := newFleetBench(b, benchTenants)
	f.mood(b, "latency="+benchLatency.String())
	var ours, bare, ourCPU, bareCPU time.Duration
	var requests, least int64
	for b.Loop() {
		f.calls.Store(0)
		start, cpu := time.Now(), cpuTime()
		f.plan(b)
		ours += time.Since(start)
		ourCPU += cpuTime() - cpu
		requests = f.calls.Swap(0)
		b.StopTimer()
		start, cpu = time.Now(), cpuTime()
		f.bare(b, f.barePlan)
		bare += time.Since(start)
		bareCPU += cpuTime() - cpu
		least = f.calls.Load()
		b.StartTimer()
	}
	require.Equal(b, least, requests, "no request that a plan does not need")
	b.ReportMetric(ours.Seconds()/float64(b.N), "s/plan")
	besideBare(b, ours, bare, ourCPU, bareCPU, requests, least)
}

// besideBare reports what a run took beside the bare requests.
func besideBare(b *testing.B, ours, bare, ourCPU, bareCPU time.Duration, requests, least int64) {
	b.ReportMetric(bare.Seconds()/float64(b.N), "s/bare")
	b.ReportMetric(ours.Seconds()/bare.Seconds(), "x-bare")
	b.ReportMetric(ourCPU.Seconds()/bareCPU.Seconds(), "x-bare-cpu")
	b.ReportMetric(float64(requests)/benchTenants, "requests/tenant")
	b.ReportMetric(float64(least)/benchTenants, "least/tenant")
}

// bare makes requests of many tenants at a time, with a token for each.
func (f *fleetBench) bare(b *testing.B, of func(client *http.Client, token string, t estate.Tenant) error) {
	transport := &http.Transport{MaxIdleConnsPerHost: 256}
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport}
	var tenants errgroup.Group
	tenants.SetLimit(32)
	for _, t := range f.est.Tenants() {
		tenants.Go(func() error {
			form := url.Values{"grant_type": {"client_credentials"}, "client_id": {"sandbox"}, "client_secret": {"sandbox-secret"}}
			var token struct {
				AccessToken string `json:"access_token"`
			}
			err := f.ask(client, http.MethodPost, t.Host, "/oauth/token", "application/x-www-form-urlencoded", form.Encode(), "", &token)
			if err != nil {
				return err
			}
			return of(client, token.AccessToken, t)
		})
	}
	require.NoError(b, tenants.Wait())
}

// barePlan makes the requests that a plan of a tenant takes, and decodes the answers.
func (f *fleetBench) barePlan(client *http.Client, token string, t estate.Tenant) error {
	host := t.Host
	var spaces struct {
		Data []struct{ ID, Name, Type, Description string }
	}
	type list struct {
		Data []map[string]any
	}
	var groups list
	var lists errgroup.Group
	lists.Go(func() error {
		return f.ask(client, http.MethodGet, host, "/api/v1/spaces?limit=100", "", "", token, &spaces)
	})
	lists.Go(func() error {
		return f.ask(client, http.MethodGet, host, "/api/v1/groups?limit=100", "", "", token, &groups)
	})
	if err := lists.Wait(); err != nil {
		return err
	}
	lists.SetLimit(benchWithin)
	for _, s := range spaces.Data {
		lists.Go(func() error {
			var members list
			return f.ask(client, http.MethodGet, host, "/api/v1/spaces/"+s.ID+"/assignments?limit=100", "", "", token, &members)
		})
	}
	return lists.Wait()
}

func (f *fleetBench) ask(client *http.Client, method, host, path, kind, body, token string, out any) error {
	r, err := http.NewRequest(method, f.url+path, strings.NewReader(body))
	if err != nil {
		return err
	}
	r.Host = host
	if kind != "" {
		r.Header.Set("Content-Type", kind)
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	w, err := client.Do(r)
	if err != nil {
		return err
	}
	defer w.Body.Close()
	if w.StatusCode != http.StatusOK && w.StatusCode != http.StatusCreated {
		return fmt.Errorf("%s %s: %d", method, path, w.StatusCode)
	}
	return json.NewDecoder(w.Body).Decode(out)
}

// BenchmarkPlanMemory plans without latency and tells what a tenant costs.
func BenchmarkPlanMemory(b *testing.B) {
	f := newFleetBench(b, benchTenants)
	var before, after runtime.MemStats
	var peak uint64
	runtime.GC()
	runtime.ReadMemStats(&before)
	for b.Loop() {
		stop, done := make(chan struct{}), make(chan struct{})
		go func() { peak = max(peak, heapPeak(stop)); close(done) }()
		f.plan(b)
		close(stop)
		<-done
	}
	runtime.ReadMemStats(&after)
	n := float64(b.N) * benchTenants
	b.ReportMetric(float64(after.Mallocs-before.Mallocs)/n, "allocs/tenant")
	b.ReportMetric(float64(after.TotalAlloc-before.TotalAlloc)/n, "B/tenant")
	b.ReportMetric(float64(peak-min(peak, before.HeapAlloc))/benchTenants, "peak-B/tenant")
}

// BenchmarkValidate validates an estate of 1,000 tenants, from files to silence.
func BenchmarkValidate(b *testing.B) {
	dir := b.TempDir()
	require.NoError(b, estatetest.Fleet{Tenants: 1000, Spaces: benchSpaces, Members: benchMembers}.Write(dir))
	var out bytes.Buffer
	for b.Loop() {
		require.Zero(b, run(context.Background(), []string{"validate", "--dir", dir}, strings.NewReader(""), &out, &out), "%s", &out)
	}
	b.ReportMetric(b.Elapsed().Seconds()/float64(b.N), "s/1000-tenants")
}
