package qlik

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/qdeploy/qdeploy/pkg/plan"
)

// Review blocks the changes of a plan that this tenant should not have made to it, as
// far as that takes more than the plan to know: those that would lock people out, or
// take more seats than there are. It asks only about what the plan changes. What waits
// for a change that it blocks is the caller's to block, see [plan.Guards.Apply].
func (t *Tenant) Review(ctx context.Context, p *plan.Plan) error {
	touched := map[plan.Kind]bool{}
	for _, c := range p.Changes {
		touched[c.Key.Kind] = true
	}
	for _, name := range slices.Sorted(maps.Keys(touched)) {
		k, ok := kinds[name]
		if !ok || k.traits().review == nil {
			continue
		}
		if err := k.traits().review(ctx, t, p); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	if err := t.keepAdmin(ctx, p); err != nil {
		return fmt.Errorf("user: %w", err)
	}
	return nil
}

// of returns the changes of a kind, to be changed in place.
func of(p *plan.Plan, k plan.Kind) (out []*plan.Change) {
	for i := range p.Changes {
		if p.Changes[i].Key.Kind == k {
			out = append(out, &p.Changes[i])
		}
	}
	return out
}

func block(c *plan.Change, why, hint string) {
	if c.Blocked == "" {
		c.Blocked, c.Hint = why, hint
	}
}

// reviewUsers leaves alone the user that the engine is, and who owns what would be
// lost.
func reviewUsers(ctx context.Context, t *Tenant, p *plan.Plan) error {
	for _, c := range of(p, "user") {
		if c.Live == nil || c.Action == plan.Adopted && len(c.Fields) == 0 {
			continue
		}
		self, err := t.self(ctx)
		if err != nil {
			return err
		}
		if c.Live.ID == self {
			block(c, "it is as whom qdeploy logs in", "whoever else may can change it by hand")
			continue
		}
		if c.Action != plan.Delete {
			continue
		}
		if isBot(c.Key.Name) {
			block(c, "it is the user of an OAuth client", "declare it again, or delete it by hand once the client is gone")
			continue
		}
		owned, err := t.ownedBy(ctx, c.Live.ID, p)
		if err != nil {
			return err
		}
		if owned != "" {
			block(c, "it owns "+owned, "give that to somebody else first, or disable the user instead: disabled: true")
		}
		c.Reason += "; what it has in its personal space is not seen"
	}
	return nil
}

// isBot reports whether a subject is that of an OAuth client.
//
// assumed: such subjects begin so.
func isBot(subject string) bool { return strings.HasPrefix(subject, `qlikbot\`) }

// ownedBy says what of a user's the engine can see, "" if nothing: that is not all,
// for lists show only what the caller may see. Spaces that the plan gives to others or
// deletes do not count; it does so first.
func (t *Tenant) ownedBy(ctx context.Context, id string, p *plan.Plan) (string, error) {
	var owned []string
	given := map[string]bool{}
	for _, c := range of(p, "space") {
		if c.Live != nil {
			given[c.Live.ID] = c.Action == plan.Delete || slices.ContainsFunc(c.Fields, func(f plan.Field) bool { return f.Path == "/owner" })
		}
	}
	for s, err := range list[spaceBody](ctx, t.Client, "/api/v1/spaces", everything("ownerId", id)) {
		if err != nil {
			return "", err
		}
		if !given[s.ID] {
			owned = append(owned, "space/"+s.Name)
		}
	}
	type item struct{ Name, ResourceType string }
	for i, err := range list[item](ctx, t.Client, "/api/v1/items", everything("ownerId", id)) {
		if err != nil {
			return "", err
		}
		owned = append(owned, i.ResourceType+" "+i.Name)
	}
	slices.Sort(owned)
	if n := len(owned) - 3; n > 0 {
		return fmt.Sprintf("%s and %d more", strings.Join(owned[:3], ", "), n), nil
	}
	return strings.Join(owned, ", "), nil
}

const admin = "TenantAdmin"

// fall is what a plan takes from administrators.
type fall struct {
	changes []*plan.Change
	users   map[string]bool            // IDs of those who are no users, or no administrators themselves, any more
	gone    map[string]bool            // IDs of those who cannot log in any more
	groups  map[string]bool            // names of groups that make nobody administrator any more
	left    map[string]map[string]bool // user ID → names of groups that it leaves
}

func fallOf(p *plan.Plan) fall {
	f := fall{users: map[string]bool{}, gone: map[string]bool{}, groups: map[string]bool{}, left: map[string]map[string]bool{}}
	for _, c := range of(p, "group") {
		var live, desired Group
		if c.Live == nil || json.Unmarshal(c.Live.Spec, &live) != nil || !has(live.Roles, admin) {
			continue
		}
		if c.Desired != nil && c.Action != plan.Replace {
			if json.Unmarshal(c.Desired.Spec, &desired) != nil || desired.Roles == nil || has(then(live.Roles, desired.Roles, desired.RolesMode), admin) {
				continue
			}
		}
		f.groups[live.Name] = true
		f.changes = append(f.changes, c)
	}
	for _, c := range of(p, "user") {
		var live, desired User
		if c.Live == nil || json.Unmarshal(c.Live.Spec, &live) != nil {
			continue
		}
		if c.Desired != nil && json.Unmarshal(c.Desired.Spec, &desired) != nil {
			continue
		}
		if f.user(c, live, desired) {
			f.changes = append(f.changes, c)
		}
	}
	return f
}

// user notes what a change takes from a user, and reports whether it may make the
// difference.
func (f *fall) user(c *plan.Change, live, desired User) bool {
	id := c.Live.ID
	if c.Action == plan.Delete || desired.Disabled != nil && *desired.Disabled {
		f.gone[id] = true
		return true
	}
	if desired.Roles != nil && has(live.Roles, admin) && !has(then(live.Roles, desired.Roles, desired.RolesMode), admin) {
		f.users[id] = true
	}
	if desired.Groups != nil && live.Groups != nil {
		stays := then(live.Groups, desired.Groups, desired.GroupsMode)
		f.left[id] = map[string]bool{}
		for _, g := range *live.Groups {
			if !has(stays, g) {
				f.left[id][g] = true
			}
		}
	}
	return f.users[id] || len(f.left[id]) > 0
}

func has(names *[]string, name string) bool { return names != nil && slices.Contains(*names, name) }

func then(live, desired *[]string, m Mode) *[]string {
	names, _ := becomes(live, desired, m)
	return &names
}

// stays reports whether an administrator is one still.
func (f fall) stays(u userBody) bool {
	if f.gone[u.ID] {
		return false
	}
	if !f.users[u.ID] && slices.Contains(u.Roles, named{admin}) {
		return true
	}
	return slices.ContainsFunc(u.Groups, func(g groupBody) bool {
		return slices.Contains(g.Roles, named{admin}) && !f.groups[g.Name] && !f.left[u.ID][g.Name]
	})
}

// keepAdmin blocks what would leave a tenant without a person who administers it. Who
// has not logged in yet counts; bots do not, nor does who is to become one in the same
// run.
func (t *Tenant) keepAdmin(ctx context.Context, p *plan.Plan) error {
	f := fallOf(p)
	if len(f.changes) == 0 {
		return nil
	}
	filter := `(assignedRoles.name eq "TenantAdmin" or assignedGroupsAssignedRoles.name eq "TenantAdmin") and ` +
		`(status eq "active" or status eq "invited" or status eq "provisioned")`
	people := 0
	for u, err := range list[userBody](ctx, t.Client, usersPath, everything("filter", filter)) {
		switch {
		case err != nil:
			return err
		case isBot(u.Subject):
		case f.stays(u):
			return nil
		default:
			people++
		}
	}
	if people == 0 { // there is none to lose
		return nil
	}
	for _, c := range f.changes {
		block(c, "then no person would be "+admin+" of this tenant", "make somebody else "+admin+" first, in a plan of its own")
	}
	return nil
}
