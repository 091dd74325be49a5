package main

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/qdeploy/qdeploy/pkg/apply"
	"github.com/qdeploy/qdeploy/pkg/ledger"
	"github.com/qdeploy/qdeploy/pkg/qlik"
)

// liveStatus is what tenants say, where it is not what the ledger does.
type liveStatus struct {
	Moved   []movedApp `json:"moved"`   // since qdeploy applied
	Near    []nearEnd  `json:"near"`    // quotas that are almost used up
	Unknown []unasked  `json:"unknown"` // tenants that could not be asked
}

// nearEnd is a quota of which nine tenths or more are used.
type nearEnd struct {
	Tenant string  `json:"tenant"`
	Quota  string  `json:"quota"`
	Usage  float64 `json:"usage"`
	Limit  float64 `json:"limit"`
	Unit   string  `json:"unit"`
}

// movedApp is an app that runs another release than the ledger knows.
type movedApp struct {
	Tenant string `json:"tenant"`
	Space  string `json:"space"`
	App    string `json:"app"`
	Ledger string `json:"ledger,omitempty"`
	Live   string `json:"live,omitempty"`
}

type unasked struct {
	Tenant string `json:"tenant"`
	Error  string `json:"error"`
}

// statusPatience is how long a tenant may fail before it is told as unknown.
const statusPatience = time.Minute

// asked asks each tenant that runs apps what it runs, and returns entries that say
// that instead of what the ledger does.
func (p *program) asked(ctx context.Context, est *declared, m *memory, environments []string) (map[string]ledger.Entry, *liveStatus, error) {
	f := planFlags{choice: choice{environments: environments}, parallelism: 32, refresh: "all", patience: statusPatience}
	e, err := p.newEngine(est, m, f)
	if err != nil {
		return nil, nil, err
	}
	defer e.conn.close()
	spaces := map[string][]string{}
	apps := map[string][]string{} // by tenant and space
	for _, env := range est.Environments() {
		for _, t := range env.Targets {
			for _, name := range t.Tenants {
				spaces[name] = append(spaces[name], t.Space)
				apps[name+"/"+t.Space] = append(apps[name+"/"+t.Space], t.Apps...)
			}
		}
	}
	var chosen []string
	for _, t := range e.chosen { // sorted
		if len(spaces[t.Name]) > 0 {
			chosen = append(chosen, t.Name)
		}
	}
	progress := p.start("asking", len(chosen))
	defer progress.end()
	out := map[string]ledger.Entry{}
	live := &liveStatus{Moved: []movedApp{}, Near: []nearEnd{}, Unknown: []unasked{}}
	for name, entry := range m.entries {
		out[name] = entry
	}
	var mu sync.Mutex
	apply.Each(ctx, apply.Stop{}, len(chosen), f.parallelism, func(ctx context.Context, i int) struct{} {
		defer progress.step()
		name := chosen[i]
		running, quotas, err := e.running(ctx, name, spaces[name])
		mu.Lock()
		defer mu.Unlock()
		if err != nil {
			live.Unknown = append(live.Unknown, unasked{name, firstLine(err.Error())})
		}
		if running == nil {
			return struct{}{}
		}
		for _, q := range quotas {
			if q.Near() {
				live.Near = append(live.Near, nearEnd{name, q.ID, q.Usage, q.Limit, q.Unit})
			}
		}
		entry := m.entries[name]
		out[name] = live.compare(entry, name, spaces[name], apps, running)
		return struct{}{}
	})
	live.sort()
	return out, live, ctx.Err()
}

// running returns what a tenant runs, and its quotas. What it runs is known even if its
// quotas are not.
func (e *engine) running(ctx context.Context, tenant string, spaces []string) (map[string]string, []qlik.Quota, error) {
	t, _ := e.est.Tenant(tenant)
	live, err := e.conn.tenant(t, true, &e.reads)
	if err != nil {
		return nil, nil, err
	}
	apps, err := live.Running(ctx, spaces)
	if err != nil {
		return nil, nil, err
	}
	quotas, err := live.Quotas(ctx)
	return apps, quotas, err
}

// compare notes where a tenant is not as the ledger has it, and returns its entry with
// what it runs.
func (l *liveStatus) compare(e ledger.Entry, tenant string, spaces []string, apps map[string][]string, running map[string]string) ledger.Entry {
	resources := e.Resources.All()
	for _, space := range slices.Compact(slices.Sorted(slices.Values(spaces))) {
		for _, app := range slices.Compact(slices.Sorted(slices.Values(apps[tenant+"/"+space]))) {
			key := "app/" + space + "/" + app
			was, is := releaseOf(resources[key]), running[space+"/"+app]
			if was == is {
				continue
			}
			l.Moved = append(l.Moved, movedApp{tenant, space, app, was, is})
			b, err := json.Marshal(release{Release: is})
			if err != nil {
				panic(err) // a text
			}
			resources[key] = b
		}
	}
	e.Resources = ledger.NewSpecs(resources)
	return e
}

func (l *liveStatus) sort() {
	slices.SortFunc(l.Moved, func(a, b movedApp) int {
		return slices.Compare([]string{a.Tenant, a.Space, a.App}, []string{b.Tenant, b.Space, b.App})
	})
	slices.SortFunc(l.Near, func(a, b nearEnd) int {
		return slices.Compare([]string{a.Tenant, a.Quota}, []string{b.Tenant, b.Quota})
	})
	slices.SortFunc(l.Unknown, func(a, b unasked) int { return slices.Compare([]string{a.Tenant}, []string{b.Tenant}) })
}

// lines tells it.
func (l *liveStatus) lines() (out []string) {
	if l == nil {
		return nil
	}
	none := func(release string) string {
		if release == "" {
			return "none of ours"
		}
		return version(release)
	}
	for _, m := range l.Moved {
		out = append(out, fmt.Sprintf("moved      %s: app/%s/%s is %s, and the ledger knows %s", m.Tenant, m.Space, m.App, none(m.Live), none(m.Ledger)))
	}
	for _, n := range l.Near {
		unit := " " + n.Unit
		if n.Unit == "count" {
			unit = ""
		}
		out = append(out, fmt.Sprintf("quota      %s: %s: %.0f of %.0f%s", n.Tenant, n.Quota, n.Usage, n.Limit, unit))
	}
	for _, u := range l.Unknown {
		out = append(out, fmt.Sprintf("unknown    %s: %s", u.Tenant, u.Error))
	}
	return out
}
