package qlik

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"

	"github.com/qdeploy/qdeploy/pkg/plan"
)

// Seats is how many more seats of one type are in use after a plan, and how many the
// subscription had left when its tenant was asked.
type Seats struct {
	Type              string
	More, Free, Units int
}

// Seats returns what the last [Tenant.Review] found of seats that the plan takes, by
// type; nil if it takes none.
func (t *Tenant) Seats() []Seats {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.taken
}

// reviewSeats leaves the seats of those who are no users of the tenant, for they are
// another tenant's to take away, and blocks what takes more than the subscription has.
//
// https://qlik.dev/apis/rest/licenses
func reviewSeats(ctx context.Context, t *Tenant, p *plan.Plan) error {
	if err := t.leaveStrangers(ctx, p); err != nil {
		return err
	}
	back := map[string]int{}
	takers := map[string][]*plan.Change{}
	for _, c := range of(p, "license-assignment") {
		var live, desired LicenseAssignment
		if c.Live != nil && json.Unmarshal(c.Live.Spec, &live) != nil || c.Desired != nil && json.Unmarshal(c.Desired.Spec, &desired) != nil {
			continue
		}
		switch {
		case c.Action == plan.Delete:
			back[live.Type]++
		case live.Type != desired.Type:
			takers[desired.Type] = append(takers[desired.Type], c)
		}
	}
	if len(takers) == 0 {
		return nil
	}
	has, err := t.allotments(ctx)
	if err != nil {
		return err
	}
	var taken []Seats
	for _, kind := range slices.Sorted(maps.Keys(takers)) {
		s := has[kind]
		s.Type, s.More = kind, len(takers[kind])-back[kind]
		taken = append(taken, s)
		for _, c := range takers[kind] {
			switch {
			case s.Units == 0:
				block(c, "the subscription has no "+kind+" seats", "with a subscription by capacity people need none: their roles decide")
			case s.More > s.Free:
				block(c, fmt.Sprintf("%s needed, and the subscription has %d of %d free", seats(s.More, "more "+kind), s.Free, s.Units), "take some away, or buy more")
			}
		}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.taken = taken
	return nil
}

// seats returns "1 more analyzer seat is", "2 more analyzer seats are".
func seats(n int, what string) string {
	if n == 1 {
		return fmt.Sprintf("1 %s seat is", what)
	}
	return fmt.Sprintf("%d %s seats are", n, what)
}

// allotments returns how many seats of each type the subscription has. The answer holds
// the licence's key too, which is a secret, and is not read.
func (t *Tenant) allotments(ctx context.Context) (map[string]Seats, error) {
	var overview struct {
		Allotments []struct {
			Name             string
			Units, UnitsUsed int
		}
	}
	if err := t.call(ctx, http.MethodGet, "/api/v1/licenses/overview", nil, nil, &overview); err != nil {
		return nil, err
	}
	out := map[string]Seats{}
	for _, a := range overview.Allotments {
		s := out[a.Name]
		s.Units += a.Units
		s.Free += max(0, a.Units-a.UnitsUsed)
		out[a.Name] = s
	}
	return out, nil
}

// leaveStrangers takes out of a plan the deletion of seats of those who are no users of
// this tenant.
func (t *Tenant) leaveStrangers(ctx context.Context, p *plan.Plan) error {
	var assignees []string
	for _, c := range of(p, "license-assignment") {
		if c.Action == plan.Delete {
			assignees = append(assignees, "user:"+c.Key.Name)
		}
	}
	users := map[string]bool{}
	for batch := range slices.Chunk(assignees, usersAtOnce) {
		for u, err := range list[userBody](ctx, t.Client, usersPath, everything("filter", whoAre(batch))) {
			if err != nil {
				return err
			}
			users["user:"+u.Subject] = true
		}
	}
	for _, a := range assignees {
		if !users[a] {
			key := plan.Key{Kind: "license-assignment", Name: a[len("user:"):]}
			p.Leave(key, "is no longer declared; nobody of that subject is a user of this tenant, and another may need it, so it stays")
		}
	}
	return nil
}
