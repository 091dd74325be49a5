package qlik

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/qdeploy/qdeploy/pkg/plan"
)

// use is a space in which the engine works, and what it must be there: one role
// of each group. The first of a group is what it asks for.
type use struct {
	space string
	roles [][]string
}

// blind are the roles whose holders see no apps.
//
// https://help.qlik.com/en-US/cloud-services/Subsystems/Hub/Content/Sense_Hub/Spaces/permissions-managed-space-prof-full.htm
var blind = []string{"publisher", "dataconsumer", "datapreview"}

// looksInto reports whether the engine sees what is in a space, to holders of the
// roles that see it; nil stands for all the world.
func (t *Tenant) looksInto(spaceID string, sees func(role string) bool) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	f := t.spaces[spaceID]
	return sees == nil || t.bot != "" && f.owner == t.bot || slices.ContainsFunc(f.roles, sees)
}

// needs adds the memberships that the engine lacks. TenantAdmin sees and
// manages spaces but not what is in them; owners need no membership.
//
// https://qlik.dev/manage/platform-operations
func (t *Tenant) needs(ctx context.Context, s *Snapshot, want []plan.Resource) error {
	var asked []string
	lacking := map[string][]string{} // by space name: roles to ask for
	for _, r := range want {
		k, ok := kinds[r.Key.Kind]
		if !ok || k.traits().uses == nil {
			continue
		}
		for _, u := range k.traits().uses(r) {
			roles, err := t.lacking(ctx, u, want)
			if err != nil {
				return fmt.Errorf("space/%s: %w", u.space, err)
			}
			if len(roles) > 0 {
				asked = append(asked, u.space)
				lacking[u.space] = append(lacking[u.space], roles...)
			}
		}
	}
	slices.Sort(asked)
	for _, space := range slices.Compact(asked) {
		if err := t.need(ctx, s, space, lacking[space], want); err != nil {
			return fmt.Errorf("assignment/%s: %w", space, err)
		}
	}
	return nil
}

// lacking returns the roles that the engine lacks for a use.
func (t *Tenant) lacking(ctx context.Context, u use, want []plan.Resource) ([]string, error) {
	id, there := t.known(plan.Key{Kind: "space", Name: u.space})
	if !there { // ours when we make it, unless it is given away at once
		if givenAway(u.space, want) {
			return u.missing(nil), nil
		}
		return nil, nil
	}
	t.mu.Lock()
	f := t.spaces[id]
	t.mu.Unlock()
	roles := u.missing(f.roles)
	if len(roles) == 0 {
		return nil, nil
	}
	bot, err := t.self(ctx)
	if err != nil || bot == f.owner {
		return nil, err
	}
	return roles, nil
}

func (u use) missing(have []string) (roles []string) {
	for _, group := range u.roles {
		if !slices.ContainsFunc(group, func(r string) bool { return slices.Contains(have, r) }) {
			roles = append(roles, group[0])
		}
	}
	return roles
}

func givenAway(space string, want []plan.Resource) bool {
	return slices.ContainsFunc(want, func(r plan.Resource) bool {
		var s Space
		return r.Key == plan.Key{Kind: "space", Name: space} && json.Unmarshal(r.Spec, &s) == nil && s.Owner != ""
	})
}

// need adds one membership, and the row that the engine has in that space
// already, unless the estate declares it.
func (t *Tenant) need(ctx context.Context, s *Snapshot, space string, roles []string, want []plan.Resource) error {
	key := plan.Key{Kind: "assignment", Name: space + "/bot"}
	if slices.ContainsFunc(want, func(r plan.Resource) bool { return r.Key == key }) {
		return nil
	}
	if _, there := t.known(plan.Key{Kind: "space", Name: space}); there {
		row, err := t.ownRow(ctx, space)
		if err != nil {
			return err
		}
		if row != nil {
			roles = append(roles, row.Spec.Roles...)
			spec, err := encoded(row.Spec)
			if err != nil {
				return err
			}
			s.Resources = append(s.Resources, plan.Resource{Key: key, ID: row.ID, Spec: spec})
		}
	}
	slices.Sort(roles)
	spec, err := encoded(Assignment{Space: Ref("space/" + space), Assignee: "bot", Roles: slices.Compact(roles)})
	s.Needs = append(s.Needs, plan.Resource{Key: key, Spec: spec, Needed: true})
	return err
}

// ownRow returns the engine's own membership of a space, nil if there is none.
func (t *Tenant) ownRow(ctx context.Context, space string) (*Item[Assignment], error) {
	bot, err := t.self(ctx)
	if err != nil {
		return nil, err
	}
	for row, err := range t.assignments(ctx, space, everything("assigneeId", bot)) {
		if err != nil {
			return nil, err
		}
		if assigneeOf(plan.Key{Name: row.Name}) == "bot" {
			return &row, nil
		}
	}
	return nil, nil
}
