package qliktest

import (
	"net/http"
	"slices"
	"strconv"
)

var rolesService = &service{name: "roles", envelope: envPlain, routes: []route{
	{method: "GET", path: "/api/v1/roles", tier: tier1, query: "filter limit next prev sort totalResults", handle: listRoles},
	{method: "POST", path: "/api/v1/roles", tier: tier2, handle: postRole},
	{method: "GET", path: "/api/v1/roles/{id}", tier: tier1, handle: getRole},
	{method: "PATCH", path: "/api/v1/roles/{id}", tier: tier2, handle: patchRole},
	{method: "DELETE", path: "/api/v1/roles/{id}", tier: tier2, handle: deleteRole},
}}

// A role is a default or custom role.
type role struct {
	ID, Name, Description string
	Custom, Admin         bool
	Scopes                []string
	Created, Updated      stamp
	By                    string
}

func (r *role) rowID() string   { return r.ID }
func (r *role) rowName() string { return r.Name }

// defaultRoles are the roles of every tenant; true marks administrators.
var defaultRoles = []struct {
	name  string
	admin bool
}{
	{"AnalyticsAdmin", true}, {"AuditAdmin", true}, {"AutomationCreator", false}, {"CollectionCurator", false},
	{"DataAdmin", true}, {"DataServicesContributor", false}, {"DataSpaceCreator", false}, {"ManagedSpaceCreator", false},
	{"PrivateAnalyticsContentCreator", false}, {"SharedSpaceCreator", false}, {"Steward", false}, {"TenantAdmin", true},
}

func (t *Tenant) addDefaultRoles() {
	for _, d := range defaultRoles {
		id := t.newID("role", d.name, hex24, t.Roles.has)
		t.Roles.add(&role{ID: id, Name: d.name, Admin: d.admin, Created: t.Created, Updated: t.Created})
	}
}

type roleView struct {
	ID             string   `json:"id"`
	TenantID       string   `json:"tenantId"`
	Name           string   `json:"name"`
	Description    string   `json:"description"`
	Type           string   `json:"type"`
	Level          string   `json:"level"`
	AssignedScopes []string `json:"assignedScopes"`
	Permissions    []string `json:"permissions"`
	CanEdit        bool     `json:"canEdit"`
	CanDelete      bool     `json:"canDelete"`
	CreatedAt      stamp    `json:"createdAt"`
	LastUpdatedAt  stamp    `json:"lastUpdatedAt"`
	CreatedBy      string   `json:"createdBy,omitempty"`
	Links          self     `json:"links"`
}

func (r *role) kind() string {
	if r.Custom {
		return "custom"
	}
	return "default"
}

func (r *role) level() string {
	if r.Admin {
		return "admin"
	}
	return "user"
}

func (c *call) viewRole(r *role) roleView {
	scopes := append([]string{}, r.Scopes...)
	return roleView{
		ID: r.ID, TenantID: c.tenant.ID, Name: r.Name, Description: r.Description, Type: r.kind(), Level: r.level(),
		AssignedScopes: scopes, Permissions: []string{}, CanEdit: r.Custom && c.isAdmin(), CanDelete: r.Custom && c.isAdmin(),
		CreatedAt: r.Created, LastUpdatedAt: r.Updated, CreatedBy: r.By, Links: c.self("/api/v1/roles/" + r.ID),
	}
}

// A listView is a page as most services send it.
type listView[V any] struct {
	Data         []V       `json:"data"`
	Links        pageLinks `json:"links"`
	TotalResults *int      `json:"totalResults,omitempty"`
}

func viewPage[T, V any](c *call, p page[T], view func(T) V) listView[V] {
	l := listView[V]{Data: make([]V, 0, len(p.rows)), Links: p.links}
	for _, r := range p.rows {
		l.Data = append(l.Data, view(r))
	}
	if c.query.Get("totalResults") == "true" {
		l.TotalResults = &p.total
	}
	return l
}

var roleAttrs = attrs{"id": "eq", "name": "eq co", "type": "eq", "level": "eq"}

func (r *role) attr(name string) []string {
	switch name {
	case "id":
		return []string{r.ID}
	case "name":
		return []string{r.Name}
	case "type":
		return []string{r.kind()}
	}
	return []string{r.level()}
}

func listRoles(c *call) reply {
	rows, _, err := filtered(c.tenant.Roles.rows, c.query.Get("filter"), roleAttrs, (*role).attr)
	if err != nil {
		return c.badRequest("filter: %v", err)
	}
	o, bad := sortBy(c, "+name", map[string]func(*role) string{"name": rowKey[*role]})
	if bad != "" {
		return c.badRequest("%s", bad)
	}
	p := byCursor(c, rows, o, 20, 100)
	if p.err != "" {
		return c.badRequest("%s", p.err)
	}
	return ok(viewPage(c, p, c.viewRole))
}

func getRole(c *call) reply {
	r, found := c.tenant.Roles.get(c.arg("id"))
	if !found {
		return c.fail(http.StatusNotFound, "IDENTITIES-10402", "no role %s", c.arg("id"))
	}
	return ok(c.viewRole(r))
}

func postRole(c *call) reply {
	f := c.object("name*", "description", "assignedScopes")
	r := &role{Name: f.str("name"), Description: f.str("description"), Scopes: f.strs("assignedScopes"), Custom: true, Created: c.now, Updated: c.now, By: c.caller.ID}
	switch _, taken := c.tenant.Roles.named(r.Name); {
	case f.err != "":
		return c.badRequest("%s", f.err)
	case !c.isAdmin():
		return c.forbidden("only a TenantAdmin may create roles")
	case r.Name == "" || taken:
		return c.badRequest("role name %q is empty or taken", r.Name)
	case badScope(r.Scopes) != "":
		return c.badRequest("%s", badScope(r.Scopes))
	case c.tenant.customRoles() >= mostCustomRoles:
		return c.badRequest("a tenant has at most %d custom roles", mostCustomRoles)
	}
	r.ID = c.tenant.newID("role", r.Name, hex24, c.tenant.Roles.has)
	c.tenant.Roles.add(r)
	return created(c.viewRole(r))
}

func patchRole(c *call) reply {
	r, found := c.tenant.Roles.get(c.arg("id"))
	list, bad := c.patches([]string{"replace", "add", "remove-value"}, []string{"/name", "/description", "/assignedScopes", "/assignedScopes/-"})
	switch {
	case !found:
		return c.notFound("no role %s", c.arg("id"))
	case bad != "":
		return c.badRequest("%s", bad)
	case !c.isAdmin() || !r.Custom:
		return c.forbidden("only a TenantAdmin may change a role, and only a custom one")
	}
	next := *r
	next.Scopes = slices.Clone(r.Scopes)
	for _, p := range list {
		if e := next.apply(p); e != "" {
			return c.badRequest("%s", e)
		}
	}
	if bad := badScope(next.Scopes); bad != "" {
		return c.badRequest("%s", bad)
	}
	if other, taken := c.tenant.Roles.named(next.Name); taken && other != r {
		return c.badRequest("role name %q is taken", next.Name)
	}
	next.Updated = c.now
	c.tenant.renamed("role", r.Name, next.Name)
	c.tenant.Roles.rename(r, func() { *r = next })
	return empty(http.StatusNoContent)
}

// apply applies one operation of a patch.
func (r *role) apply(p patch) string {
	s, isStr := p.str()
	list, isList := p.list()
	switch {
	case p.op == "replace" && p.path == "/name" && s != "":
		r.Name = s
	case p.op == "replace" && p.path == "/description" && isStr:
		r.Description = s
	case p.op == "replace" && p.path == "/assignedScopes" && isList:
		r.Scopes = list
	case p.op == "add" && p.path == "/assignedScopes/-" && isStr:
		if !slices.Contains(r.Scopes, s) {
			r.Scopes = append(r.Scopes, s)
		}
	case p.op == "remove-value" && p.path == "/assignedScopes" && isStr:
		r.Scopes = slices.DeleteFunc(r.Scopes, func(x string) bool { return x == s })
	default:
		return p.op + " " + p.path + " does not take this value"
	}
	return ""
}

func deleteRole(c *call) reply {
	r, found := c.tenant.Roles.get(c.arg("id"))
	switch {
	case !c.isAdmin():
		return c.forbidden("only a TenantAdmin may delete roles")
	case !found || !r.Custom:
		return c.badRequest("no custom role %s", c.arg("id"))
	case c.tenant.roleInUse(r.ID):
		return c.badRequest("role %q is assigned", r.Name)
	}
	c.tenant.Roles.remove(r)
	c.tenant.bury("role", r.Name)
	return empty(http.StatusNoContent)
}

const mostCustomRoles = 500

func (t *Tenant) customRoles() (n int) {
	for _, r := range t.Roles.rows {
		if r.Custom {
			n++
		}
	}
	return n
}

// badScope says what is wrong with the scopes of a role.
//
// assumed: which scopes there are depends on the subscription; this one has all but
// those that are known to be for OAuth clients alone.
func badScope(scopes []string) string {
	for _, s := range scopes {
		if s == "" || s == "admin_classic" {
			return "no scope " + strconv.Quote(s) + " for a role"
		}
	}
	return ""
}

func (t *Tenant) roleInUse(id string) bool {
	return slices.Contains(t.Everyone, id) ||
		slices.ContainsFunc(t.Users.rows, func(u *user) bool { return slices.Contains(u.Roles, id) }) ||
		slices.ContainsFunc(t.Groups.rows, func(g *group) bool { return slices.Contains(g.Roles, id) })
}

// hasRole says whether a user has a role, directly or by a group.
func (t *Tenant) hasRole(u *user, name string) bool {
	r, found := t.Roles.named(name)
	if !found || u == nil {
		return false
	}
	if slices.Contains(u.Roles, r.ID) || slices.Contains(t.Everyone, r.ID) {
		return true
	}
	return slices.ContainsFunc(u.Groups, func(id string) bool {
		g, found := t.Groups.get(id)
		return found && slices.Contains(g.Roles, r.ID)
	})
}
