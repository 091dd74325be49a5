package main

import (
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/qdeploy/qdeploy/pkg/estate"
	"github.com/qdeploy/qdeploy/pkg/plan"
)

// BenchmarkApply fills 200 empty tenants with 20 spaces and 60 members each, at 50 ms latency:
// planned, planned again before each is touched, applied, remembered. It does the same
// with nothing but net/http, without a plan and a ledger, as many requests at a time, on
// the same kind of server in the same run.
func BenchmarkApply(b *testing.B) {
	var ours, bare, ourCPU, bareCPU time.Duration
	var requests, least int64
	for b.Loop() {
		f := emptyFleetBench(b, benchTenants)
		f.mood(b, "latency="+benchLatency.String())
		f.calls.Store(0)
		start, cpu := time.Now(), cpuTime()
		f.apply(b)
		ours, ourCPU, requests = ours+time.Since(start), ourCPU+cpuTime()-cpu, f.calls.Load()
		f.mood(b, "latency=0s")
		f.plan(b)

		f = emptyFleetBench(b, benchTenants)
		f.mood(b, "latency="+benchLatency.String())
		f.calls.Store(0)
		start, cpu = time.Now(), cpuTime()
		f.bare(b, f.bareApply)
		bare, bareCPU, least = bare+time.Since(start), bareCPU+cpuTime()-cpu, f.calls.Load()
	}
	b.ReportMetric(ours.Seconds()/float64(b.N), "s/apply")
	besideBare(b, ours, bare, ourCPU, bareCPU, requests, least)
}

// bareApply makes the requests that fill a tenant, four at a time, as an apply does.
func (f *fleetBench) bareApply(client *http.Client, token string, t estate.Tenant) error {
	host, name := t.Host, t.Name
	var groups struct{ Data []struct{ ID, Name string } }
	if err := f.ask(client, http.MethodGet, host, "/api/v1/groups?limit=100", "", "", token, &groups); err != nil {
		return err
	}
	groupID := map[string]string{}
	for _, g := range groups.Data {
		groupID[g.Name] = g.ID
	}
	rs, err := f.est.Resources(name)
	if err != nil {
		return err
	}
	post := func(path string, body any) (string, error) {
		text, err := json.Marshal(body)
		if err != nil {
			return "", err
		}
		var made struct{ ID string }
		return made.ID, f.ask(client, http.MethodPost, host, path, "application/json", string(text), token, &made)
	}
	spaceID := map[string]string{}
	for _, kind := range []plan.Kind{"space", "assignment"} {
		var at errgroup.Group
		var mu sync.Mutex
		at.SetLimit(withinTenant)
		for _, r := range rs {
			if r.Key.Kind != kind {
				continue
			}
			at.Go(func() error {
				var s struct {
					Name, Type, Description, Space, Assignee string
					Roles                                    []string
				}
				if err := json.Unmarshal(r.Spec, &s); err != nil {
					return err
				}
				if kind == "space" {
					id, err := post("/api/v1/spaces", map[string]any{"name": s.Name, "type": s.Type, "description": s.Description})
					mu.Lock()
					defer mu.Unlock()
					spaceID[s.Name] = id
					return err
				}
				_, err := post("/api/v1/spaces/"+spaceID[strings.TrimPrefix(s.Space, "space/")]+"/assignments",
					map[string]any{"type": "group", "assigneeId": groupID[strings.TrimPrefix(s.Assignee, "group:")], "roles": s.Roles})
				return err
			})
		}
		if err := at.Wait(); err != nil {
			return err
		}
	}
	return nil
}
