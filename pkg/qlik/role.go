package qlik

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/qdeploy/qdeploy/pkg/plan"
)

// Role is a custom role. What is nil is not managed.
type Role struct {
	Name           string    `json:"name"`
	Description    string    `json:"description"`
	AssignedScopes *[]string `json:"assignedScopes,omitempty"` // in any order
}

type roleBody struct {
	ID          string   `json:"id"`
	Name        string   `json:"name"`
	Description string   `json:"description"`
	Type        string   `json:"type"` // default or custom
	Scopes      []string `json:"assignedScopes"`
}

const rolesPath = "/api/v1/roles"

// https://qlik.dev/apis/rest/roles
var _ = register(Kind[Role]{
	Name: "role",
	Calls: calls("GET /api/v1/roles", "POST /api/v1/roles",
		"PATCH /api/v1/roles/{id}", "DELETE /api/v1/roles/{id}"),
	Declare: declareRole,
	Lacks: func(t *Tenant, r plan.Resource, _ func(plan.Key) bool) string {
		if t.isDefaultRole(r.Key.Name) {
			return "it is one of Qlik's own roles, which are as they are: name it in groups and users, and do not declare it"
		}
		return ""
	},
	List:   listRoles,
	Create: createRole,
	Update: updateRole,
	Delete: deleteRole,
})

func rolePath(id string) string { return rolesPath + "/" + url.PathEscape(id) }

// declareRole remembers the declared scopes of a role, by the names it has or had.
func declareRole(t *Tenant, r plan.Resource) {
	var role Role
	if json.Unmarshal(r.Spec, &role) != nil || role.AssignedScopes == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, name := range append([]string{r.Key.Name}, r.Was...) {
		t.scopes[name] = *role.AssignedScopes
	}
}

// listRoles lists custom roles, and remembers the names of the others.
func listRoles(ctx context.Context, t *Tenant, _ string) iter.Seq2[Item[Role], error] {
	return itemsOf(ctx, t, rolesPath, everything(), func(r roleBody) (Item[Role], bool) {
		t.mu.Lock()
		defer t.mu.Unlock()
		if r.Type != "custom" {
			t.defaults[r.Name] = true
			return Item[Role]{}, false
		}
		scopes := asDeclared(r.Scopes, t.scopes[r.Name])
		return Item[Role]{r.ID, r.Name, Role{r.Name, r.Description, &scopes}}, true
	})
}

func (t *Tenant) isDefaultRole(name string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.defaults[name]
}

// rolesIn returns the names of the roles that the spec of a group or a user gives.
func rolesIn(spec []byte) []string { return listIn(spec, "roles") }

// everywhere are roles that every tenant has, so that no list need be read to know.
//
// https://qlik.dev/apis/rest/roles
// assumed: their names, and that they are the same everywhere. Where one of them is not
// there, Qlik refuses what names it.
var everywhere = []string{
	"AnalyticsAdmin", "AutomationCreator", "DataAdmin", "DataServicesContributor", "DataSpaceCreator", "ManagedSpaceCreator",
	"PrivateAnalyticsContentCreator", "SharedSpaceCreator", "Steward", "TenantAdmin",
}

// needsRoles returns the kind of roles if it takes their list to know these.
func needsRoles(names []string) []plan.Kind {
	if slices.ContainsFunc(names, func(n string) bool { return !slices.Contains(everywhere, n) }) {
		return []plan.Kind{"role"}
	}
	return nil
}

// lacksRole says which of the roles there is not, "" if there are all.
func (t *Tenant) lacksRole(names []string, declared func(plan.Key) bool) string {
	for _, name := range names {
		key := plan.Key{Kind: "role", Name: name}
		if _, live := t.known(key); !live && !declared(key) && !t.isDefaultRole(name) && !slices.Contains(everywhere, name) {
			return fmt.Sprintf("no role %q in this tenant", name)
		}
	}
	return ""
}

// asDeclared returns live scopes, sorted, without those that another includes; but a
// declared one is there if it is live or included. So it makes no difference whether
// Qlik answers with what a scope includes.
//
// https://qlik.dev/manage/access-control/scopes
func asDeclared(live, declared []string) []string {
	within := func(s string) bool {
		return slices.ContainsFunc(live, func(parent string) bool { return includes(parent, s) })
	}
	out := slices.DeleteFunc(append([]string{}, live...), func(s string) bool {
		return within(s) && !slices.Contains(declared, s)
	})
	for _, s := range declared {
		if within(s) {
			out = append(out, s)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// includes reports whether a scope is below another: "admin.apps" includes
// "admin.apps.export" and "admin.apps:read".
//
// assumed: ":strict" and ":read" are a part of the scope that they are put after, and
// include nothing.
func includes(parent, scope string) bool {
	rest, below := strings.CutPrefix(scope, parent)
	return below && (strings.HasPrefix(rest, ".") || strings.HasPrefix(rest, ":")) && !strings.Contains(parent, ":")
}

func createRole(ctx context.Context, t *Tenant, desired Role) (string, error) {
	body := map[string]any{"name": desired.Name, "description": desired.Description}
	if desired.AssignedScopes != nil {
		body["assignedScopes"] = *desired.AssignedScopes
	}
	return t.post(ctx, rolesPath, body)
}

func updateRole(ctx context.Context, t *Tenant, id string, live, desired Role) error {
	var steps []patch
	if live.Name != desired.Name {
		steps = append(steps, replace("/name", desired.Name))
	}
	if live.Description != desired.Description {
		steps = append(steps, replace("/description", desired.Description))
	}
	if desired.AssignedScopes != nil && (live.AssignedScopes == nil || !sameSet(*live.AssignedScopes, *desired.AssignedScopes)) {
		steps = append(steps, replace("/assignedScopes", *desired.AssignedScopes))
	}
	if len(steps) == 0 {
		return nil
	}
	return t.call(ctx, http.MethodPatch, rolePath(id), nil, steps, nil)
}

func deleteRole(ctx context.Context, t *Tenant, id string) error {
	err := t.call(ctx, http.MethodDelete, rolePath(id), nil, nil, nil)
	var refused *Error
	if errors.As(err, &refused) && refused.Status == http.StatusBadRequest {
		return fmt.Errorf("%w; Qlik deletes no role that a user or a group has: take it from them first", err)
	}
	return err
}
