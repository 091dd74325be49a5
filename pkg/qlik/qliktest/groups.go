package qliktest

import (
	"cmp"
	"encoding/json"
	"net/http"
	"strings"
)

var groupsService = &service{name: "groups", envelope: envNumber, routes: []route{
	{method: "GET", path: "/api/v1/groups", tier: tier1, query: "filter limit next prev sort systemGroups totalResults", handle: listGroups},
	{method: "POST", path: "/api/v1/groups", tier: tier2, handle: postGroup},
	{method: "POST", path: "/api/v1/groups/actions/filter", tier: special("groups filter", 200), query: "limit next prev sort", handle: filterGroups},
	{method: "GET", path: "/api/v1/groups/settings", tier: tier1, handle: getGroupSettings},
	{method: "PATCH", path: "/api/v1/groups/settings", tier: tier2, handle: patchGroupSettings},
	{method: "GET", path: "/api/v1/groups/{groupId}", tier: tier1, handle: getGroup},
	{method: "PATCH", path: "/api/v1/groups/{groupId}", tier: tier2, handle: patchGroup},
	{method: "DELETE", path: "/api/v1/groups/{groupId}", tier: tier2, handle: deleteGroup},
}}

// everyoneID is the id of the one system group, on every tenant.
const everyoneID, everyoneName = "000000000000000000000001", "com.qlik.Everyone"

// A group comes from the identity provider or is custom.
type group struct {
	ID, Name, Description, Provider string
	Roles                           []string // ids
	Created, Updated                stamp
	By                              string
}

func (g *group) rowID() string   { return g.ID }
func (g *group) rowName() string { return g.Name }

type groupView struct {
	ID            string    `json:"id"`
	TenantID      string    `json:"tenantId"`
	Name          string    `json:"name"`
	Description   string    `json:"description,omitempty"`
	ProviderType  string    `json:"providerType"`
	Status        string    `json:"status"`
	AssignedRoles []roleRef `json:"assignedRoles"`
	CreatedAt     stamp     `json:"createdAt"`
	LastUpdatedAt stamp     `json:"lastUpdatedAt"`
	CreatedBy     string    `json:"createdBy,omitempty"`
	Links         self      `json:"links"`
}

func (c *call) viewGroup(g *group) groupView {
	return groupView{
		ID: g.ID, TenantID: c.tenant.ID, Name: g.Name, Description: g.Description, ProviderType: g.Provider, Status: "active",
		AssignedRoles: c.tenant.roleRefs(g.Roles), CreatedAt: g.Created, LastUpdatedAt: g.Updated, CreatedBy: g.By,
		Links: c.self("/api/v1/groups/" + g.ID),
	}
}

// everyone is the system group as a row.
func (t *Tenant) everyone() *group {
	return &group{ID: everyoneID, Name: everyoneName, Provider: "custom", Roles: t.Everyone, Created: t.Created, Updated: t.Created}
}

// assumed: groups filter by the same attributes as roles do.
var groupAttrs = attrs{"id": "eq", "name": "eq co", "status": "eq", "providerType": "eq", "assignedRoles.id": "eq", "assignedRoles.name": "eq"}

func (t *Tenant) groupAttr(g *group, name string) (values []string) {
	switch name {
	case "id":
		return []string{g.ID}
	case "name":
		return []string{g.Name}
	case "status":
		return []string{"active"}
	case "providerType":
		return []string{g.Provider}
	case "assignedRoles.id":
		return g.Roles
	}
	for _, r := range t.roleRefs(g.Roles) {
		values = append(values, r.Name)
	}
	return values
}

func listGroups(c *call) reply { return c.pageOfGroups(c.query.Get("filter")) }

func filterGroups(c *call) reply {
	f := c.object("filter")
	text := f.str("filter")
	if f.err != "" {
		return c.badRequest("%s", f.err)
	}
	return c.pageOfGroups(text)
}

func (c *call) pageOfGroups(text string) reply {
	rows := c.tenant.Groups.rows
	if c.query.Get("systemGroups") == "true" {
		rows = []*group{c.tenant.everyone()}
	}
	rows, _, err := filtered(rows, text, groupAttrs, c.tenant.groupAttr)
	if err != nil {
		return c.badRequest("filter: %v", err)
	}
	o, bad := sortBy(c, "+name", map[string]func(*group) string{"name": rowKey[*group]})
	if bad != "" {
		return c.badRequest("%s", bad)
	}
	p := byCursor(c, rows, o, 20, 100)
	if p.err != "" {
		return c.badRequest("%s", p.err)
	}
	return ok(viewPage(c, p, c.viewGroup))
}

func (c *call) group() (*group, *reply) {
	id := c.arg("groupId")
	if id == everyoneID {
		return c.tenant.everyone(), nil
	}
	g, found := c.tenant.Groups.get(id)
	if !found {
		r := c.fail(http.StatusNotFound, "GROUPS-7", "no group %s", id)
		return nil, &r
	}
	return g, nil
}

func getGroup(c *call) reply {
	g, missing := c.group()
	if missing != nil {
		return *missing
	}
	return ok(c.viewGroup(g))
}

func postGroup(c *call) reply {
	f := c.object("name*", "description", "providerType", "status", "assignedRoles")
	f.oneOf("status", "active")
	g := &group{Name: f.str("name"), Description: f.str("description"), Provider: cmp.Or(f.oneOf("providerType", "idp", "custom"), "idp"), Created: c.now, Updated: c.now, By: c.caller.ID}
	roles, bad := c.roleIDs(f.m["assignedRoles"])
	if bad != "" {
		f.fail("assignedRoles: %s", bad)
	}
	if f.err == "" && (g.Name == "" || len(g.Name) > 256) {
		f.fail("name must have 1 to 256 characters")
	}
	_, taken := c.tenant.Groups.named(g.Name)
	switch {
	case f.err != "":
		return c.badRequest("%s", f.err)
	case !c.isAdmin():
		return c.forbidden("only a TenantAdmin may create groups")
	case taken || g.Name == everyoneName: // assumed: unique over both provider types
		return c.fail(http.StatusConflict, "GROUPS-409", "group name %q is taken", g.Name)
	}
	g.Roles = roles
	c.tenant.addGroup(g)
	return created(c.viewGroup(g))
}

func (t *Tenant) addGroup(g *group) {
	g.ID = t.newID("group", g.Name, hex24, t.Groups.has)
	t.Groups.add(g)
}

func patchGroup(c *call) reply {
	g, missing := c.group()
	if missing != nil {
		return *missing
	}
	list, bad := c.patches(replaceOnly, []string{"assignedRoles", "name", "description", "/assignedRoles", "/name", "/description"})
	switch {
	case bad != "":
		return c.badRequest("%s", bad)
	case !c.isAdmin():
		return c.forbidden("only a TenantAdmin may change groups")
	case g.ID == everyoneID:
		return c.badRequest("the Everyone group is changed through groups/settings") // assumed
	}
	next := *g
	for _, p := range list {
		if e := c.patchGroup(&next, p); e != "" {
			return c.badRequest("%s", e)
		}
	}
	if other, taken := c.tenant.Groups.named(next.Name); taken && other != g {
		return c.badRequest("group name %q is taken", next.Name)
	}
	next.Updated = c.now
	c.tenant.renamed("group", g.Name, next.Name)
	c.tenant.Groups.rename(g, func() { *g = next })
	return empty(http.StatusNoContent)
}

func (c *call) patchGroup(g *group, p patch) (bad string) {
	path := strings.TrimPrefix(p.path, "/")
	if path == "assignedRoles" {
		g.Roles, bad = c.replaceRoles(p.value)
		return bad
	}
	s, isStr := p.str()
	switch {
	case g.Provider != "custom":
		return path + " can be changed for custom groups only"
	case !isStr || path == "name" && s == "":
		return path + " does not take this value"
	case path == "name":
		g.Name = s
	default:
		g.Description = s
	}
	return ""
}

// replaceRoles reads a whole list of roles, at most 100.
func (c *call) replaceRoles(value json.RawMessage) ([]string, string) {
	ids, bad := c.roleIDs(value)
	if bad == "" && len(ids) > 100 {
		bad = "more than 100 roles"
	}
	return ids, bad
}

func deleteGroup(c *call) reply {
	g, missing := c.group()
	switch {
	case missing != nil:
		return *missing
	case g.ID == everyoneID || !c.isAdmin():
		return c.forbidden("this group is not the caller's to delete")
	}
	c.tenant.Groups.remove(g)
	c.tenant.bury("group", g.Name)
	c.tenant.dropMember(g.ID)
	return empty(http.StatusNoContent)
}
