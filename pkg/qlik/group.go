package qlik

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"net/http"
	"net/url"
	"slices"

	"github.com/qdeploy/qdeploy/pkg/plan"
)

// Group is a set of users that an identity provider (idp) or this tenant
// (custom) names. What is nil is not managed.
type Group struct {
	Name         string    `json:"name"`
	ProviderType string    `json:"providerType"` // idp or custom; fixed at creation
	Description  *string   `json:"description,omitempty"`
	Roles        *[]string `json:"roles,omitempty"` // names, in any order
	RolesMode    Mode      `json:"rolesMode,omitempty"`
}

// Mode says what a list in a spec means: "include", at least these; otherwise just these.
type Mode string

// of returns what is to be there, given what is.
func (m Mode) of(desired, live []string) []string {
	if m != "include" {
		return desired
	}
	return slices.Compact(slices.Sorted(slices.Values(slices.Concat(desired, live))))
}

type named struct {
	Name string `json:"name"`
}

type groupBody struct {
	ID           string  `json:"id"`
	Name         string  `json:"name"`
	ProviderType string  `json:"providerType"`
	Description  string  `json:"description"`
	Roles        []named `json:"assignedRoles"`
}

// https://qlik.dev/apis/rest/groups
var _ = register(Kind[Group]{
	Name: "group",
	Calls: calls("GET /api/v1/groups", "GET /api/v1/groups/settings", "POST /api/v1/groups",
		"PATCH /api/v1/groups/{id}", "DELETE /api/v1/groups/{id}"),
	NeedsFor: func(r plan.Resource) []plan.Kind { return needsRoles(rolesIn(r.Spec)) },
	Lacks: func(t *Tenant, r plan.Resource, declared func(plan.Key) bool) string {
		return t.lacksRole(rolesIn(r.Spec), declared)
	},
	Review: reviewGroups,
	List:   listGroups,
	Create: createGroup,
	Update: updateGroup,
	Delete: func(ctx context.Context, t *Tenant, id string) error {
		return t.call(ctx, http.MethodDelete, groupPath(id), nil, nil, nil)
	},
})

func groupPath(id string) string { return "/api/v1/groups/" + url.PathEscape(id) }

// listGroups lists all groups but the system's, as Qlik does by default.
func listGroups(ctx context.Context, t *Tenant, _ string) iter.Seq2[Item[Group], error] {
	return itemsOf(ctx, t, "/api/v1/groups", everything(), func(g groupBody) (Item[Group], bool) {
		spec := g.spec()
		t.mu.Lock()
		t.foreign[g.Name] = spec.ProviderType == "idp"
		t.mu.Unlock()
		return Item[Group]{g.ID, g.Name, spec}, true
	})
}

func (g groupBody) spec() Group {
	roles := make([]string, len(g.Roles))
	for i, r := range g.Roles {
		roles[i] = r.Name
	}
	slices.Sort(roles)
	if g.ProviderType == "" { // the default when creating
		g.ProviderType = "idp"
	}
	return Group{Name: g.Name, ProviderType: g.ProviderType, Description: &g.Description, Roles: &roles}
}

// reviewGroups leaves groups of an identity provider that the next login makes again,
// without their roles and their places in spaces.
//
// https://qlik.dev/apis/rest/groups
func reviewGroups(ctx context.Context, t *Tenant, p *plan.Plan) error {
	var foreign []plan.Key
	for _, c := range of(p, "group") {
		var live Group
		if c.Action == plan.Delete && json.Unmarshal(c.Live.Spec, &live) == nil && live.ProviderType == "idp" {
			foreign = append(foreign, c.Key)
		}
	}
	if len(foreign) == 0 {
		return nil
	}
	var settings struct{ AutoCreateGroups bool }
	if err := t.call(ctx, http.MethodGet, "/api/v1/groups/settings", nil, nil, &settings); err != nil {
		return err
	}
	for _, k := range foreign {
		if settings.AutoCreateGroups {
			p.Leave(k, "is no longer declared; logins make the groups of the identity provider here, so it stays, with the roles that it has")
		}
	}
	return nil
}

func byName(names []string) []named {
	out := make([]named, len(names))
	for i, n := range names {
		out[i] = named{n}
	}
	return out
}

func createGroup(ctx context.Context, t *Tenant, desired Group) (string, error) {
	body := map[string]any{"name": desired.Name, "providerType": desired.ProviderType}
	if desired.Description != nil && *desired.Description != "" {
		body["description"] = *desired.Description
	}
	if desired.Roles != nil && len(*desired.Roles) > 0 {
		body["assignedRoles"] = byName(*desired.Roles)
	}
	return t.post(ctx, "/api/v1/groups", body)
}

// updateGroup patches what differs. Qlik's paths have no leading slash here,
// unlike everywhere else.
func updateGroup(ctx context.Context, t *Tenant, id string, live, desired Group) error {
	if live.ProviderType != desired.ProviderType {
		return fmt.Errorf("it is a group of type %s; that cannot be changed to %s", live.ProviderType, desired.ProviderType)
	}
	var steps []patch
	if live.Name != desired.Name {
		steps = append(steps, replace("name", desired.Name))
	}
	if desired.Description != nil && (live.Description == nil || *live.Description != *desired.Description) {
		steps = append(steps, replace("description", *desired.Description))
	}
	if len(steps) > 0 && desired.ProviderType != "custom" {
		return fmt.Errorf("name and description of an %s group come from the identity provider", desired.ProviderType)
	}
	if roles, change := becomes(live.Roles, desired.Roles, desired.RolesMode); change {
		steps = append(steps, replace("assignedRoles", byName(roles)))
	}
	if len(steps) == 0 {
		return nil
	}
	return t.call(ctx, http.MethodPatch, groupPath(id), nil, steps, nil)
}

// becomes returns what a list is to become, and whether that is anything else.
func becomes(live, desired *[]string, m Mode) ([]string, bool) {
	if desired == nil {
		return nil, false
	}
	if live == nil {
		return *desired, true
	}
	want := m.of(*desired, *live)
	return want, !sameSet(*live, want)
}

// sameSet compares without order.
func sameSet(a, b []string) bool {
	a, b = slices.Clone(a), slices.Clone(b)
	slices.Sort(a)
	slices.Sort(b)
	return slices.Equal(slices.Compact(a), slices.Compact(b))
}

// everyone is the one system group; listings leave it out.
//
// assumed: its ID, from the keys of the groups' settings, is the same in all
// tenants, and spaces take it as an assignee like any other.
var everyone = struct {
	key plan.Key
	id  string
}{plan.Key{Kind: "group", Name: "com.qlik.Everyone"}, "000000000000000000000001"}
