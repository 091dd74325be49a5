package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/qdeploy/qdeploy/pkg/estate"
	"github.com/qdeploy/qdeploy/pkg/plan"
	"github.com/qdeploy/qdeploy/pkg/qlik"
)

// leaveShared takes out of a plan what is done to seats that the estate declares in other
// tenants of the same subscription too: a person has one seat in all of them. What is
// declared elsewhere is not taken away; and of several tenants of a run, the first sees
// to it.
func (e *engine) leaveShared(s *study) {
	leave := map[plan.Key]string{}
	for _, c := range s.plan.Changes {
		if c.Key.Kind != "license-assignment" {
			continue
		}
		others := e.est.Claims(s.tenant.Name, c.Key.Name)
		first := slices.IndexFunc(others, func(name string) bool { return name < s.tenant.Name && e.hasChosen(name) })
		switch {
		case c.Action == plan.Delete && len(others) > 0:
			leave[c.Key] = "is no longer declared here, but by " + someNames(others, 3) + " too, so it stays"
		case c.Action != plan.Delete && first >= 0:
			leave[c.Key] = "is declared by " + others[first] + " too, whose plan sees to it"
		}
	}
	for k, why := range leave {
		s.plan.Leave(k, why)
	}
}

func (e *engine) hasChosen(tenant string) bool {
	return slices.ContainsFunc(e.chosen, func(t estate.Tenant) bool { return t.Name == tenant })
}

// need is what the tenants of a subscription take of one type of seat together.
type need struct {
	subscription, kind   string
	more, free, units, n int
}

// seatsNeeded adds up what the plans of all tenants take of seats, sorted. What is free
// is the least that a tenant was told.
func (e *engine) seatsNeeded() []need {
	byKey := map[[2]string]need{}
	e.taken.Range(func(tenant, seats any) bool {
		t, _ := e.est.Tenant(tenant.(string))
		for _, s := range seats.([]qlik.Seats) {
			k := [2]string{t.Subscription, s.Type}
			n, seen := byKey[k]
			if !seen || s.Free < n.free {
				n.subscription, n.kind, n.free, n.units = t.Subscription, s.Type, s.Free, s.Units
			}
			if s.More > 0 {
				n.more, n.n = n.more+s.More, n.n+1
			}
			byKey[k] = n
		}
		return true
	})
	out := make([]need, 0, len(byKey))
	for _, n := range byKey {
		out = append(out, n)
	}
	slices.SortFunc(out, func(a, b need) int {
		return cmp.Or(strings.Compare(a.subscription, b.subscription), strings.Compare(a.kind, b.kind))
	})
	return out
}

// budget refuses a fleet whose plans, each of which may be applied alone, take more
// seats together than a subscription has.
func (e *engine) budget(f *plan.Fleet) {
	for _, n := range e.seatsNeeded() {
		if n.n < 2 || n.more <= n.free {
			continue
		}
		of := ""
		if n.subscription != "" {
			of = fmt.Sprintf(" of subscription %q", n.subscription)
		}
		f.Refused = append(f.Refused, fmt.Sprintf("%d %s seats%s to assign in %d tenants, and %d of %d free; take some away, or buy more",
			n.more, n.kind, of, n.n, n.free, n.units))
	}
}
