package estate

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/qdeploy/qdeploy/pkg/plan"
)

// Subscription is what its tenants share: how many seats of each type the estate may
// assign. A type that is not in it has no limit.
type Subscription struct {
	Seats map[string]int `json:"seats"`
}

// subscription returns the subscription of a tenant, and reports one that is not
// declared.
func (l *load) subscription(d declaration, at func(path ...string) string) string {
	names := sorted(l.declared["subscriptions"])
	switch {
	case d.Subscription != "" && !slices.Contains(names, d.Subscription):
		l.report(Problem{
			Pos: at("subscription"), Tenant: d.Name,
			Message: fmt.Sprintf("subscription %q is not declared", d.Subscription), Hint: hintFrom(d.Subscription, names),
		})
	case d.Subscription == "" && len(names) == 1:
		return names[0]
	}
	return d.Subscription
}

// claim is one tenant's declaring that somebody has a seat.
type claim struct {
	subscription, subject, kind, tenant, pos string
}

// claims are all of an estate.
type claims struct {
	mu  sync.Mutex
	all []claim
}

// add keeps what a tenant claims. One that is deactivated gives its seats back.
func (c *claims) add(t Tenant, rs []plan.Resource) {
	if t.State == Deactivated && t.Deactivate != nil {
		return
	}
	for _, r := range rs {
		if r.Key.Kind != "license-assignment" {
			continue
		}
		var spec struct{ Type string }
		if err := decode(r.Spec, &spec); err != nil {
			panic(err) // it was just encoded
		}
		c.mu.Lock()
		c.all = append(c.all, claim{t.Subscription, r.Key.Name, spec.Type, t.Name, r.Pos})
		c.mu.Unlock()
	}
}

// budget keeps the claims, and says what is wrong with all of them together: whoever has
// a seat in several tenants of a subscription has one of it, and of one type.
func (e *Estate) budget(found *claims) (ps []Problem) {
	slices.SortFunc(found.all, func(a, b claim) int {
		return cmp.Or(cmp.Compare(a.subscription, b.subscription), cmp.Compare(a.subject, b.subject), cmp.Compare(a.tenant, b.tenant))
	})
	e.claims.mu.Lock()
	e.claims.all = found.all
	e.claims.mu.Unlock()
	silent := map[string]bool{}              // tenants that do not say of which subscription they are
	taken := map[string]map[string][]claim{} // by subscription and type: the first claim of each person
	var last claim
	for _, c := range found.all {
		if c.subscription == "" && len(e.subscriptions) > 1 {
			silent[c.tenant] = true
			continue
		}
		if c.subscription != last.subscription || c.subject != last.subject {
			if taken[c.subscription] == nil {
				taken[c.subscription] = map[string][]claim{}
			}
			taken[c.subscription][c.kind] = append(taken[c.subscription][c.kind], c)
			last = c
			continue
		}
		if c.kind != last.kind {
			ps = append(ps, Problem{
				Pos: c.pos, Tenant: c.tenant, Tenants: 1, Key: plan.Key{Kind: "license-assignment", Name: c.subject},
				Message: fmt.Sprintf("is %s here, and %s in %s: a person has one seat in all tenants of a subscription", c.kind, last.kind, last.tenant),
				Hint:    "the other is at " + last.pos,
			})
		}
	}
	for _, name := range sorted(silent) {
		ps = append(ps, Problem{
			Pos: e.byName[name].Pos, Tenant: name, Tenants: 1,
			Message: "the tenant assigns seats, and does not say of which subscription it is",
			Hint:    "write its subscription: " + oneOf(sorted(e.subscriptions)),
		})
	}
	for _, name := range sorted(e.subscriptions) {
		for _, kind := range slices.Sorted(maps.Keys(e.subscriptions[name].Seats)) {
			ps = append(ps, e.overrun(name, kind, taken[name][kind])...)
		}
	}
	return ps
}

// overrun compares the seats of one type with those that are assigned.
func (e *Estate) overrun(subscription, kind string, taken []claim) []Problem {
	units := e.subscriptions[subscription].Seats[kind]
	if len(taken) <= units {
		return nil
	}
	perTenant := map[string]int{}
	for _, c := range taken {
		perTenant[c.tenant]++
	}
	tenants := slices.SortedFunc(maps.Keys(perTenant), func(a, b string) int {
		return cmp.Or(cmp.Compare(perTenant[b], perTenant[a]), cmp.Compare(a, b))
	})
	const shown = 5
	where := make([]string, 0, shown)
	for _, t := range tenants[:min(len(tenants), shown)] {
		where = append(where, fmt.Sprintf("%d by %s", perTenant[t], t))
	}
	if n := len(tenants) - shown; n > 0 {
		where = append(where, fmt.Sprintf("the rest by %d more", n))
	}
	at, _ := e.text.find("subscriptions", subscription, "seats", kind)
	return []Problem{{
		Pos:     at,
		Message: fmt.Sprintf("subscription %q has %d %s %s, and the estate assigns %d", subscription, units, kind, seats(units), len(taken)),
		Hint:    "assigned: " + strings.Join(where, ", "),
	}}
}

func seats(n int) string {
	if n == 1 {
		return "seat"
	}
	return "seats"
}

// Claims returns the tenants, but for this one, that declare a seat for somebody in the
// subscription of this tenant, sorted. It is known once all tenants were evaluated.
func (e *Estate) Claims(tenant, subject string) (others []string) {
	t, ok := e.Tenant(tenant)
	if !ok {
		return nil
	}
	e.claims.mu.Lock()
	defer e.claims.mu.Unlock()
	from, _ := slices.BinarySearchFunc(e.claims.all, claim{subscription: t.Subscription, subject: subject}, func(a, b claim) int {
		return cmp.Or(cmp.Compare(a.subscription, b.subscription), cmp.Compare(a.subject, b.subject))
	})
	for _, c := range e.claims.all[from:] {
		if c.subscription != t.Subscription || c.subject != subject {
			break
		}
		if c.tenant != tenant {
			others = append(others, c.tenant)
		}
	}
	return others
}
