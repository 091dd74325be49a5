package main

import (
	"time"

	"github.com/qdeploy/qdeploy/pkg/plan"
	"github.com/qdeploy/qdeploy/pkg/qlik"
)

// forecast is how long applying a fleet is expected to take: as long as its
// longest tenant, or as all of them one after the other in as many rows as there
// are tenants at a time, whichever is more.
func forecast(f *plan.Fleet, parallelism int) time.Duration {
	var all, longest time.Duration
	for _, p := range f.Plans {
		if len(p.Blocked()) > 0 {
			continue
		}
		writes := 0
		for _, c := range p.Changes {
			writes += c.Writes
		}
		d := qlik.WriteTime(writes, withinTenant)
		all, longest = all+d, max(longest, d)
	}
	return max(longest, all/time.Duration(max(parallelism, 1)))
}
