package qlik

import (
	"context"
	"fmt"
	"iter"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/qdeploy/qdeploy/pkg/plan"
)

// User is one who can log in. What is empty or nil is not managed.
type User struct {
	Subject string `json:"subject"`
	Email   string `json:"email,omitempty"`  // when it is created
	Invite  *bool  `json:"invite,omitempty"` // when it is created
	Name    string `json:"name,omitempty"`

	Disabled *bool `json:"disabled,omitempty"`

	Roles      *[]string `json:"roles,omitempty"` // names, in any order
	RolesMode  Mode      `json:"rolesMode,omitempty"`
	Groups     *[]string `json:"groups,omitempty"` // names of custom groups, in any order
	GroupsMode Mode      `json:"groupsMode,omitempty"`
}

type userBody struct {
	ID      string      `json:"id"`
	Subject string      `json:"subject"`
	Name    string      `json:"name"`
	Email   string      `json:"email"`
	Status  string      `json:"status"`
	Roles   []named     `json:"assignedRoles"`
	Groups  []groupBody `json:"assignedGroups"`
}

const usersPath = "/api/v1/users"

// Only those that are declared are read: a tenant may have a hundred thousand.
//
// https://qlik.dev/apis/rest/users
var _ = register(Kind[User]{
	Name: "user",
	Calls: calls("GET /api/v1/users", "GET /api/v1/users/{id}", "POST /api/v1/users",
		"PATCH /api/v1/users/{id}", "DELETE /api/v1/users/{id}",
		"GET /api/v1/users/me", "GET /api/v1/spaces", "GET /api/v1/items"),
	NeedsFor: func(r plan.Resource) []plan.Kind {
		needs := needsRoles(rolesIn(r.Spec))
		if len(groupsIn(r.Spec)) > 0 {
			needs = append(needs, "group")
		}
		return needs
	},
	Declare: func(t *Tenant, r plan.Resource) {
		t.mu.Lock()
		defer t.mu.Unlock()
		t.subjects[r.Key.Name] = true
	},
	Lacks: func(t *Tenant, r plan.Resource, declared func(plan.Key) bool) string {
		if why := t.lacksRole(rolesIn(r.Spec), declared); why != "" {
			return why
		}
		return t.lacksGroup(groupsIn(r.Spec), declared)
	},
	Review: reviewUsers,
	List:   listUsers,
	Create: createUser,
	Update: updateUser,
	Delete: func(ctx context.Context, t *Tenant, id string) error {
		return t.call(ctx, http.MethodDelete, userPath(id), nil, nil, nil)
	},
})

func userPath(id string) string { return usersPath + "/" + url.PathEscape(id) }

func groupsIn(spec []byte) []string { return listIn(spec, "groups") }

// lacksGroup says which of the groups nobody can be put into, "" if there is none.
func (t *Tenant) lacksGroup(names []string, declared func(plan.Key) bool) string {
	for _, name := range names {
		key := plan.Key{Kind: "group", Name: name}
		t.mu.Lock()
		foreign := t.foreign[name]
		t.mu.Unlock()
		if foreign {
			return fmt.Sprintf("who is in group %q is the identity provider's to say", name)
		}
		if _, live := t.known(key); !live && !declared(key) {
			return fmt.Sprintf("no group %q in this tenant", name)
		}
	}
	return ""
}

// listUsers lists the declared users, or all but the engine's own.
func listUsers(ctx context.Context, t *Tenant, _ string) iter.Seq2[Item[User], error] {
	if t.all.Load() {
		return itemsOf(ctx, t, usersPath, everything("filter", notDeleted), func(u userBody) (Item[User], bool) {
			return Item[User]{u.ID, u.Subject, u.spec()}, !isBot(u.Subject)
		})
	}
	return func(yield func(Item[User], error) bool) {
		t.mu.Lock()
		subjects := slices.Sorted(maps.Keys(t.subjects))
		t.mu.Unlock()
		for batch := range slices.Chunk(subjects, usersAtOnce) {
			assignees := make([]string, len(batch))
			for i, s := range batch {
				assignees[i] = "user:" + s
			}
			for u, err := range list[userBody](ctx, t.Client, usersPath, everything("filter", whoAre(assignees))) {
				if err == nil && !slices.Contains(batch, u.Subject) {
					continue // Qlik compares without case
				}
				if !yield(Item[User]{u.ID, u.Subject, u.spec()}, err) || err != nil {
					return
				}
			}
		}
	}
}

// spec leaves out what only counts when a user is created. Whoever is invited or has
// not logged in yet is not disabled.
func (u userBody) spec() User {
	roles, groups, disabled := []string{}, []string{}, u.Status == "disabled"
	for _, r := range u.Roles {
		roles = append(roles, r.Name)
	}
	for _, g := range u.Groups {
		if g.ProviderType == "custom" {
			groups = append(groups, g.Name)
		}
	}
	slices.Sort(roles)
	slices.Sort(groups)
	return User{Subject: u.Subject, Name: u.Name, Disabled: &disabled, Roles: &roles, Groups: &groups}
}

// createUser makes a user with its subject. The other way, to invite an address, makes
// one whose subject nobody knows before it logs in.
func createUser(ctx context.Context, t *Tenant, desired User) (string, error) {
	body := map[string]any{"subject": desired.Subject}
	for field, v := range map[string]string{"name": desired.Name, "email": desired.Email} {
		if v != "" {
			body[field] = v
		}
	}
	if desired.Invite != nil && *desired.Invite {
		body["status"] = "invited" // an e-mail goes out
	}
	live := User{Subject: desired.Subject, Name: desired.Name, Disabled: new(bool), Roles: &[]string{}, Groups: &[]string{}}
	if desired.Roles != nil && len(*desired.Roles) > 0 {
		body["assignedRoles"], live.Roles = byName(*desired.Roles), desired.Roles
	}
	id, err := t.post(ctx, usersPath, body)
	if err != nil {
		return "", err
	}
	t.learn(plan.Key{Kind: "user", Name: desired.Subject}, id) // though what comes now may fail
	t.remember([]string{"user:" + desired.Subject}, map[string][]string{"user:" + desired.Subject: {id}})
	return id, updateUser(ctx, t, id, live, desired)
}

// steps are what it takes to make live as desired.
func (desired User) steps(live User) []patch {
	var steps []patch
	if desired.Name != "" && live.Name != desired.Name {
		steps = append(steps, replace("/name", desired.Name))
	}
	if roles, change := becomes(live.Roles, desired.Roles, desired.RolesMode); change {
		steps = append(steps, replace("/assignedRoles", byName(roles)))
	}
	// assumed: to replace the groups leaves those of the identity provider as they are.
	if groups, change := becomes(live.Groups, desired.Groups, desired.GroupsMode); change {
		custom := make([]map[string]string, len(groups))
		for i, name := range groups {
			custom[i] = map[string]string{"name": name, "providerType": "custom"}
		}
		steps = append(steps, replace("/assignedGroups", custom))
	}
	// assumed: these are the values that the status can be set to.
	if desired.Disabled != nil && (live.Disabled == nil || *live.Disabled != *desired.Disabled) {
		status := map[bool]string{false: "active", true: "disabled"}
		steps = append(steps, replace("/status", status[*desired.Disabled]))
	}
	return steps
}

// updateUser reads the user again where Qlik says that it did a part of what was asked.
//
// https://qlik.dev/apis/rest/users: 207 for "non-critical failures".
func updateUser(ctx context.Context, t *Tenant, id string, live, desired User) error {
	steps := desired.steps(live)
	if len(steps) == 0 {
		return nil
	}
	var partly struct {
		Errors []struct{ Code, Title, Detail string }
	}
	if err := t.call(ctx, http.MethodPatch, userPath(id), nil, steps, &partly); err != nil || len(partly.Errors) == 0 {
		return err
	}
	var now userBody
	if err := t.call(ctx, http.MethodGet, userPath(id), nil, nil, &now); err != nil {
		return err
	}
	left := desired.steps(now.spec())
	if len(left) == 0 {
		return nil
	}
	paths := make([]string, len(left))
	for i, step := range left {
		paths[i] = strings.TrimPrefix(step.Path, "/")
	}
	first := partly.Errors[0]
	return fmt.Errorf("a part of it was done, and not %s: %w", strings.Join(paths, " and "), &Error{
		Method: http.MethodPatch, Path: userPath(id), Status: http.StatusMultiStatus, Code: first.Code, Title: first.Title, Detail: first.Detail,
	})
}
