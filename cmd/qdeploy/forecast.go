package main

import (
	"time"

	"github.com/qdeploy/qdeploy/pkg/plan"
	"github.com/qdeploy/qdeploy/pkg/qlik"
)

// speed is how fast a run may go.
type speed struct {
	tenants int // at a time
	within  int // changes at a time in one of them
	maxRPS  int // requests a second, to all of them; 0: any number
}

// speed is that of an engine's run.
func (e *engine) speed(within int) speed {
	return speed{e.flags.parallelism, within, e.flags.maxRPS}
}

// forecast is how long applying a fleet is expected to take, if reading each tenant
// again takes that many calls: as long as its longest tenant, or as all of them one
// after the other in as many rows as there are tenants at a time, whichever is more. What
// is asked of a region's register host, and what is sent at most, may take longer still.
func (s speed) forecast(f *plan.Fleet, reads int) time.Duration {
	var all, longest time.Duration
	calls := 0
	for _, p := range f.Plans {
		if len(p.Blocked()) > 0 {
			continue
		}
		c := costOf(p, reads)
		d := c.Time(s.within)
		all, longest = all+d, max(longest, d)
		calls += c.Reads + c.Writes
	}
	for _, n := range births(f) {
		longest = max(longest, qlik.WriteTime(n, 1))
	}
	return max(longest, all/time.Duration(max(s.tenants, 1)), s.sends(calls))
}

// births counts the tenants that are made, ended or brought back, by region: they go one
// after another, for all are asked of one host.
func births(f *plan.Fleet) map[string]int {
	out := map[string]int{}
	for _, p := range f.Plans {
		if lifeOf(p) != nil && len(p.Blocked()) == 0 {
			out[p.Tenant.Region]++
		}
	}
	return out
}

// sends is how long sending so many requests takes at least.
func (s speed) sends(calls int) time.Duration {
	if s.maxRPS == 0 {
		return 0
	}
	return time.Duration(float64(calls) / float64(s.maxRPS) * float64(time.Second))
}

// costOf is what applying a plan costs, if reading the tenant again takes that many
// calls. What has nothing to change, or is blocked, is not read again.
func costOf(p *plan.Plan, reads int) qlik.Cost {
	if len(p.Changes) == 0 || len(p.Blocked()) > 0 {
		return qlik.Cost{}
	}
	c := qlik.Cost{Reads: reads}
	for _, ch := range p.Changes {
		c.Writes += ch.Writes
		if imports(ch) {
			c.Imports++
		}
	}
	return c
}

// imports reports whether a change imports an app.
func imports(c plan.Change) bool {
	return c.Action == plan.Publish || c.Action == plan.Republish || c.Action == plan.Replace && c.Key.Kind == "app"
}
