package main

import (
	"time"

	"github.com/qdeploy/qdeploy/pkg/plan"
	"github.com/qdeploy/qdeploy/pkg/qlik"
)

// forecast is how long applying a fleet is expected to take, if reading each tenant
// again takes that many calls: as long as its longest tenant, or as all of them one
// after the other in as many rows as there are tenants at a time, whichever is more.
func forecast(f *plan.Fleet, reads, parallelism, within int) time.Duration {
	var all, longest time.Duration
	for _, p := range f.Plans {
		if len(p.Blocked()) > 0 {
			continue
		}
		d := costOf(p, reads).Time(within)
		all, longest = all+d, max(longest, d)
	}
	return max(longest, all/time.Duration(max(parallelism, 1)))
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
