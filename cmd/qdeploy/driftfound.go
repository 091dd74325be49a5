package main

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/qdeploy/qdeploy/pkg/estate"
	"github.com/qdeploy/qdeploy/pkg/plan"
	"github.com/qdeploy/qdeploy/pkg/qlik"
)

// driftFound collects what is found of drift, while tenants are read at once.
type driftFound struct {
	mu     sync.Mutex
	list   []finding
	silent map[string]string // by tenant: why nobody is named
}

// finding is a resource that a tenant changed.
type finding struct {
	Tenant string     `json:"tenant"`
	Key    plan.Key   `json:"key"`
	By     *qlik.Deed `json:"by,omitempty"` // who, as far as the audit events tell
	estate.Answer

	// Settled says that the estate at hand says what is live already.
	Settled bool `json:"settled,omitempty"`
}

// ahead is how far the clock of a tenant may be ahead of ours.
const ahead = 5 * time.Minute

// examine says of what a tenant changed who did it, and what may be written into the
// estate. now is the plan that the estate at hand makes. That nobody can be named is no
// error: it is said once, for all tenants.
func (e *engine) examine(ctx context.Context, s *study, now *plan.Plan) error {
	drifted := slices.DeleteFunc(slices.Clone(s.plan.Changes), func(c plan.Change) bool { return c.Cause != plan.Drift })
	last, _ := e.memory.last(s.tenant.Name)
	deeds, silent := s.live.Deeds(ctx, drifted, last.Time, e.now().Add(ahead))
	if err := ctx.Err(); err != nil {
		return err
	}
	var found []finding
	for _, c := range drifted {
		f := finding{Tenant: s.tenant.Name, Key: c.Key}
		if d, ok := deeds[c.Key]; ok {
			f.By = &d
		}
		if c, f.Settled = unsettled(c, now); !f.Settled {
			var err error
			if f.Answer, err = e.est.Answer(s.tenant.Name, c); err != nil {
				return err
			}
		}
		found = append(found, f)
	}
	e.drift.add(s.tenant.Name, found, silent)
	return nil
}

// unsettled leaves of a change the fields in which the estate at hand is another than the
// tenant, and reports whether it agrees with the tenant altogether.
func unsettled(c plan.Change, now *plan.Plan) (plan.Change, bool) {
	i := slices.IndexFunc(now.Changes, func(n plan.Change) bool { return n.Key == c.Key })
	if i < 0 {
		return c, true
	}
	still := now.Changes[i]
	if still.Desired != nil && c.Live != nil {
		c.Fields = slices.DeleteFunc(slices.Clone(c.Fields), func(f plan.Field) bool {
			return !slices.ContainsFunc(still.Fields, func(n plan.Field) bool { return n.Path == f.Path })
		})
		return c, len(c.Fields) == 0
	}
	return c, false
}

func (d *driftFound) add(tenant string, found []finding, silent error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.list = append(d.list, found...)
	if silent != nil {
		if d.silent == nil {
			d.silent = map[string]string{}
		}
		d.silent[tenant] = firstLine(silent.Error())
	}
}

// findings returns what was found, by key and then by tenant.
func (d *driftFound) findings() []finding {
	slices.SortFunc(d.list, func(a, b finding) int { return cmp.Or(a.Key.Compare(b.Key), cmp.Compare(a.Tenant, b.Tenant)) })
	return d.list
}

// complaint says once in which tenants nobody can be named, and why; "" if in none.
func (d *driftFound) complaint() string {
	names := slices.Sorted(maps.Keys(d.silent))
	if len(names) == 0 {
		return ""
	}
	return fmt.Sprintf("who changed it is not known in %s: %s", someNames(names, 3), d.silent[names[0]])
}
