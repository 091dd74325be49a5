package qliktest

import (
	"cmp"
	"net/http"
	"regexp"
	"slices"
	"strings"
)

var spacesService = &service{name: "spaces", envelope: envTop, routes: []route{
	{method: "GET", path: "/api/v1/spaces", tier: tier1, query: "action limit name next ownerId prev roles sort type", handle: listSpaces},
	{method: "POST", path: "/api/v1/spaces", tier: tier2, handle: postSpace},
	{method: "GET", path: "/api/v1/spaces/types", tier: tier1, handle: spaceTypes},
	{method: "GET", path: "/api/v1/spaces/{spaceId}", tier: tier1, handle: getSpace},
	{method: "PUT", path: "/api/v1/spaces/{spaceId}", tier: tier2, handle: putSpace},
	{method: "PATCH", path: "/api/v1/spaces/{spaceId}", tier: tier2, handle: patchSpace},
	{method: "DELETE", path: "/api/v1/spaces/{spaceId}", tier: tier2, handle: deleteSpace},
}}

// A space is shared, managed or data. Members are ordered by id.
type space struct {
	ID, Name, Type, Description, Owner, By string
	Created, Updated                       stamp
	Members                                []assignment
}

func (s *space) rowID() string   { return s.ID }
func (s *space) rowName() string { return s.Name }

var spaceName = regexp.MustCompile(`^[^"*?<>/|\\:]+$`)

var allSpaceTypes = []string{"shared", "managed", "data"}

type spaceView struct {
	ID          string     `json:"id"`
	TenantID    string     `json:"tenantId"`
	Name        string     `json:"name"`
	Type        string     `json:"type"`
	Description string     `json:"description"`
	OwnerID     string     `json:"ownerId"`
	CreatedAt   stamp      `json:"createdAt"`
	CreatedBy   string     `json:"createdBy"`
	UpdatedAt   stamp      `json:"updatedAt"`
	Meta        spaceMeta  `json:"meta"`
	Links       spaceLinks `json:"links"`
}

type spaceMeta struct {
	Actions         []string `json:"actions"`
	Roles           []string `json:"roles"`
	AssignableRoles []string `json:"assignableRoles"`
}

type spaceLinks struct {
	Self        href `json:"self"`
	Assignments href `json:"assignments"`
}

type spacesView struct {
	listView[spaceView]
	Meta spacesMeta `json:"meta"`
}

type spacesMeta struct {
	Count         int           `json:"count"`
	PersonalSpace *personalView `json:"personalSpace,omitempty"`
}

type personalView struct {
	Actions      []string `json:"actions"`
	ResourceType string   `json:"resourceType"`
}

func (c *call) viewSpace(s *space) spaceView {
	path := "/api/v1/spaces/" + s.ID
	return spaceView{
		ID: s.ID, TenantID: c.tenant.ID, Name: s.Name, Type: s.Type, Description: s.Description, OwnerID: s.Owner,
		CreatedAt: s.Created, CreatedBy: s.By, UpdatedAt: s.Updated, Meta: c.spaceMeta(s),
		Links: spaceLinks{href{c.link(path)}, href{c.link(path + "/assignments")}},
	}
}

// spaceMeta depends on the caller.
func (c *call) spaceMeta(s *space) spaceMeta {
	roles := c.tenant.rolesIn(s, c.caller)
	m := spaceMeta{Actions: []string{"read"}, Roles: roles.names(), AssignableRoles: []string{}}
	if c.manages(s) {
		m.Actions = append(m.Actions, "create", "update")
		m.AssignableRoles = assignable[s.Type].names()
	}
	if s.Owner == c.caller.ID || c.isAdmin() {
		m.Actions = append(m.Actions, "change_owner", "delete")
	}
	if s.Type == "managed" && c.mayIn(s, toPublish) {
		m.Actions = append(m.Actions, "publish")
	}
	slices.Sort(m.Actions)
	return m
}

// manages says whether the caller may change a space and its members.
func (c *call) manages(s *space) bool {
	return c.isAdmin() || c.tenant.rolesIn(s, c.caller)&facilitator != 0
}

func (c *call) seesAllSpaces() bool {
	return c.isAdmin() || c.tenant.hasRole(c.caller, "AnalyticsAdmin")
}

func (c *call) sees(s *space) bool {
	return c.seesAllSpaces() || c.tenant.rolesIn(s, c.caller) != 0
}

// space returns the space of the path; one the caller cannot see is not there.
func (c *call) space() (*space, *reply) {
	s, found := c.tenant.Spaces.get(c.arg("spaceId"))
	if !found || !c.sees(s) {
		r := c.fail(http.StatusNotFound, "SpaceNotFound", "no space %s", c.arg("spaceId"))
		return nil, &r
	}
	return s, nil
}

func listSpaces(c *call) reply {
	q := c.query
	wantRoles, unknown := rolesOf(commas(q.Get("roles")))
	if unknown != "" {
		return c.badRequest("unknown role %q", unknown)
	}
	if a := q.Get("action"); a != "" && a != "publish" {
		return c.badRequest("action %q is not offered", a)
	}
	types, name, owner := commas(q.Get("type")), strings.ToLower(q.Get("name")), q.Get("ownerId")
	everything := c.seesAllSpaces()
	var rows []*space
	for _, s := range c.tenant.Spaces.rows {
		switch {
		case !everything && c.tenant.rolesIn(s, c.caller) == 0:
		case len(types) > 0 && !slices.Contains(types, s.Type):
		case name != "" && !strings.Contains(strings.ToLower(s.Name), name):
		case owner != "" && s.Owner != owner:
		case wantRoles != 0 && c.tenant.rolesIn(s, c.caller)&wantRoles == 0:
		case q.Get("action") == "publish" && !(s.Type == "managed" && c.mayIn(s, toPublish)):
		default:
			rows = append(rows, s)
		}
	}
	o, bad := sortBy(c, "+name", map[string]func(*space) string{ // assumed: by name unless asked
		"name":      rowKey[*space],
		"type":      func(s *space) string { return s.Type + "\x00" + rowKey(s) },
		"createdAt": func(s *space) string { return s.Created.String() + "\x00" + s.ID },
	})
	if bad != "" {
		return c.badRequest("%s", bad)
	}
	p := byCursor(c, rows, o, 10, 100)
	if p.err != "" {
		return c.badRequest("%s", p.err)
	}
	meta := spacesMeta{len(rows), &personalView{[]string{"create", "read", "update"}, "personalspace"}}
	return ok(spacesView{viewPage(c, p, c.viewSpace), meta})
}

func commas(s string) []string {
	return slices.DeleteFunc(strings.Split(s, ","), func(s string) bool { return s == "" })
}

func spaceTypes(*call) reply {
	return ok(struct {
		Data []string `json:"data"`
	}{allSpaceTypes})
}

func getSpace(c *call) reply {
	s, missing := c.space()
	if missing != nil {
		return *missing
	}
	return ok(c.viewSpace(s))
}

// mayCreateSpace says whether the caller may create spaces of a type.
func (c *call) mayCreateSpace(kind string) bool {
	byType := map[string]string{"shared": "SharedSpaceCreator", "managed": "ManagedSpaceCreator", "data": "DataSpaceCreator"}
	return c.seesAllSpaces() || c.tenant.hasRole(c.caller, byType[kind])
}

func postSpace(c *call) reply {
	f := c.object("name*", "type*", "description")
	s := &space{Name: f.str("name"), Type: f.oneOf("type", allSpaceTypes...), Description: f.str("description"), Owner: c.caller.ID, By: c.caller.ID, Created: c.now, Updated: c.now}
	switch {
	case f.err != "":
		return c.badRequest("%s", f.err)
	case !spaceNameOK(s.Name):
		return c.badRequest("space name %q has a character that is not allowed, or not 1 to 256 characters", s.Name)
	case !c.mayCreateSpace(s.Type):
		return c.forbidden("no right to create %s spaces", s.Type)
	case c.spaceNameTaken(s):
		return c.spaceConflict(s.Name)
	}
	c.tenant.addSpace(s)
	return created(c.viewSpace(s))
}

func spaceNameOK(name string) bool { return len([]rune(name)) <= 256 && spaceName.MatchString(name) }

func (t *Tenant) addSpace(s *space) {
	s.ID = t.newID("space", s.Name, hex24, t.Spaces.has)
	t.Spaces.add(s)
}

// spaceNameTaken says whether another space has this exact name.
//
// assumed: names that differ in case are different names.
func (c *call) spaceNameTaken(s *space) bool {
	other, taken := c.tenant.Spaces.named(s.Name)
	return taken && other.ID != s.ID
}

func (c *call) spaceConflict(name string) reply {
	return c.fail(http.StatusConflict, "SpaceNameConflict", "space name %q is taken", name) // assumed: the code
}

func putSpace(c *call) reply {
	f := c.object("name", "description", "ownerId")
	name, owner, description := f.str("name"), f.str("ownerId"), f.str("description")
	return c.changeSpace(f.err, func(s *space) {
		// assumed: what is left out stays as it is.
		s.Name, s.Owner = cmp.Or(name, s.Name), cmp.Or(owner, s.Owner)
		if f.has("description") {
			s.Description = description
		}
	})
}

func patchSpace(c *call) reply {
	list, bad := c.patches(replaceOnly, []string{"/name", "/ownerId", "/description"})
	for _, p := range list {
		if _, isStr := p.str(); !isStr && bad == "" {
			bad = p.path + " wants a string"
		}
	}
	return c.changeSpace(bad, func(s *space) {
		for _, p := range list {
			value, _ := p.str()
			*map[string]*string{"/name": &s.Name, "/ownerId": &s.Owner, "/description": &s.Description}[p.path] = value
		}
	})
}

// changeSpace applies a change to a space if the result is valid.
func (c *call) changeSpace(bad string, change func(*space)) reply {
	s, missing := c.space()
	if missing != nil {
		return *missing
	}
	if bad != "" {
		return c.badRequest("%s", bad)
	}
	next := *s
	change(&next)
	_, ownerExists := c.tenant.Users.get(next.Owner)
	switch {
	case !c.manages(s), next.Owner != s.Owner && s.Owner != c.caller.ID && !c.isAdmin():
		return c.forbidden("no right to change this space")
	case !spaceNameOK(next.Name):
		return c.badRequest("space name %q has a character that is not allowed, or not 1 to 256 characters", next.Name)
	case next.Owner != s.Owner && !ownerExists:
		return c.badRequest("no user %s", next.Owner)
	case c.spaceNameTaken(&next):
		return c.spaceConflict(next.Name)
	}
	next.Updated = c.now
	c.tenant.renamed("space", s.Name, next.Name)
	c.tenant.Spaces.rename(s, func() { *s = next })
	s.dropMember(s.Owner) // the owner has no row
	return ok(c.viewSpace(s))
}

func deleteSpace(c *call) reply {
	s, missing := c.space()
	switch {
	case missing != nil:
		return *missing
	case s.Owner != c.caller.ID && !c.isAdmin():
		return c.forbidden("no right to delete this space")
	case slices.ContainsFunc(c.tenant.Apps.rows, func(a *app) bool { return a.Space == s.ID }),
		slices.ContainsFunc(c.tenant.Glossaries.rows, func(x *glossary) bool { return x.Space == s.ID }): // assumed: as apps
		return c.fail(http.StatusPreconditionFailed, "SpaceNotEmpty", "space %q is not empty", s.Name)
	}
	c.tenant.Spaces.remove(s)
	c.tenant.bury("space", s.Name)
	return empty(http.StatusNoContent)
}
