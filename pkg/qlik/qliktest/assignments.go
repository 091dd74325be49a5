package qliktest

import (
	"net/http"
	"slices"
	"strings"
)

var assignmentsService = &service{name: "assignments", envelope: envTop, routes: []route{
	{method: "GET", path: "/api/v1/spaces/{spaceId}/assignments", tier: tier1, query: "assigneeId limit next prev type", handle: listAssignments},
	{method: "POST", path: "/api/v1/spaces/{spaceId}/assignments", tier: tier2, handle: postAssignment},
	{method: "GET", path: "/api/v1/spaces/{spaceId}/assignments/{assignmentId}", tier: tier1, handle: getAssignment},
	{method: "PUT", path: "/api/v1/spaces/{spaceId}/assignments/{assignmentId}", tier: tier2, handle: putAssignment},
	{method: "DELETE", path: "/api/v1/spaces/{spaceId}/assignments/{assignmentId}", tier: tier2, handle: deleteAssignment},
}}

// An assignment gives a user, group or bot roles in a space.
type assignment struct {
	ID, Kind, Assignee string
	Roles              roleSet
	Created, Updated   stamp
	By, UpdatedBy      string
}

func (a *assignment) id() string { return a.ID }

// member finds an assignment by id.
func (s *space) member(id string) (int, bool) {
	return slices.BinarySearchFunc(s.Members, id, func(a assignment, id string) int { return strings.Compare(a.ID, id) })
}

func (s *space) hasMember(id string) bool {
	_, found := s.member(id)
	return found
}

// assignee finds an assignment by whom it is for.
func (s *space) assignee(id string) int {
	return slices.IndexFunc(s.Members, func(a assignment) bool { return a.Assignee == id })
}

// addMember adds an assignment; its id follows from space and assignee.
func (t *Tenant) addMember(s *space, a assignment) *assignment {
	a.ID = t.newID("assignment", s.ID+" "+a.Assignee, hex24, s.hasMember)
	i, _ := s.member(a.ID)
	s.Members = slices.Insert(s.Members, i, a)
	return &s.Members[i]
}

func (s *space) dropMember(assignee string) {
	s.Members = slices.DeleteFunc(s.Members, func(a assignment) bool { return a.Assignee == assignee })
}

// dropMember removes a deleted user or group from all spaces.
func (t *Tenant) dropMember(assignee string) {
	for _, s := range t.Spaces.rows {
		s.dropMember(assignee)
	}
}

type assignmentView struct {
	ID         string          `json:"id"`
	TenantID   string          `json:"tenantId"`
	SpaceID    string          `json:"spaceId"`
	Type       string          `json:"type"`
	AssigneeID string          `json:"assigneeId"`
	Roles      []string        `json:"roles"`
	CreatedAt  stamp           `json:"createdAt"`
	CreatedBy  string          `json:"createdBy"`
	UpdatedAt  stamp           `json:"updatedAt"`
	UpdatedBy  string          `json:"updatedBy"`
	Links      assignmentLinks `json:"links"`
}

type assignmentLinks struct {
	Self  href `json:"self"`
	Space href `json:"space"`
}

type assignmentsView struct {
	listView[assignmentView]
	Meta spacesMeta `json:"meta"`
}

func (c *call) viewAssignment(s *space) func(*assignment) assignmentView {
	path := "/api/v1/spaces/" + s.ID
	return func(a *assignment) assignmentView {
		return assignmentView{
			ID: a.ID, TenantID: c.tenant.ID, SpaceID: s.ID, Type: a.Kind, AssigneeID: a.Assignee, Roles: a.Roles.names(),
			CreatedAt: a.Created, CreatedBy: a.By, UpdatedAt: a.Updated, UpdatedBy: a.UpdatedBy,
			Links: assignmentLinks{href{c.link(path + "/assignments/" + a.ID)}, href{c.link(path)}},
		}
	}
}

func listAssignments(c *call) reply {
	s, missing := c.space()
	if missing != nil {
		return *missing
	}
	kind, assignee := c.query.Get("type"), c.query.Get("assigneeId")
	if kind != "" && !slices.Contains(assigneeKinds, kind) {
		return c.badRequest("type %q is not offered", kind)
	}
	rows := make([]*assignment, 0, len(s.Members))
	for i := range s.Members {
		a := &s.Members[i]
		if (kind == "" || a.Kind == kind) && (assignee == "" || a.Assignee == assignee) {
			rows = append(rows, a)
		}
	}
	p := byCursor(c, rows, order[*assignment]{key: (*assignment).id}, 10, 100)
	if p.err != "" {
		return c.badRequest("%s", p.err)
	}
	return ok(assignmentsView{viewPage(c, p, c.viewAssignment(s)), spacesMeta{Count: len(rows)}})
}

var assigneeKinds = []string{"user", "group", "bot"}

func postAssignment(c *call) reply {
	f := c.object("type*", "assigneeId*", "roles*")
	a := assignment{Kind: f.oneOf("type", assigneeKinds...), Assignee: f.str("assigneeId"), Created: c.now, Updated: c.now}
	names := f.strs("roles")
	s, missing := c.space()
	switch {
	case missing != nil:
		return *missing
	case f.err != "":
		return c.badRequest("%s", f.err)
	case !c.manages(s):
		return c.forbidden("no right to change the members of this space")
	}
	set, bad := spaceRoles(s, names)
	switch {
	case bad != "":
		return c.badRequest("%s", bad)
	case !c.tenant.assigneeExists(a.Kind, a.Assignee):
		return c.fail(http.StatusNotFound, "AssigneeNotFound", "no %s %s", a.Kind, a.Assignee) // assumed: 404
	case s.assignee(a.Assignee) >= 0, a.Assignee == s.Owner: // assumed: for the owner too
		return c.fail(http.StatusConflict, "AssignmentConflict", "%s %s has an assignment in this space", a.Kind, a.Assignee)
	}
	a.Roles, a.By, a.UpdatedBy = set, c.caller.ID, c.caller.ID
	return created(c.viewAssignment(s)(c.tenant.addMember(s, a)))
}

// spaceRoles checks roles against the type of a space.
func spaceRoles(s *space, names []string) (roleSet, string) {
	set, unknown := rolesOf(names)
	switch {
	case unknown != "":
		return 0, "unknown role " + unknown
	case set == 0:
		return 0, "roles must not be empty"
	case set&^assignable[s.Type] != 0: // assumed: 400
		return 0, "a " + s.Type + " space has no role " + strings.Join((set&^assignable[s.Type]).names(), ", ")
	}
	return set, ""
}

func (t *Tenant) assigneeExists(kind, id string) bool {
	if kind == "group" {
		return id == everyoneID || t.Groups.has(id)
	}
	u, found := t.Users.get(id)
	return found && (kind == "user" || u.Client != "")
}

// assignment returns the space and the place of the assignment of the path.
func (c *call) assignment() (*space, int, *reply) {
	s, missing := c.space()
	if missing != nil {
		return nil, 0, missing
	}
	i, found := s.member(c.arg("assignmentId"))
	if !found {
		r := c.fail(http.StatusNotFound, "AssignmentNotFound", "no assignment %s", c.arg("assignmentId"))
		return nil, 0, &r
	}
	return s, i, nil
}

func getAssignment(c *call) reply {
	s, i, missing := c.assignment()
	if missing != nil {
		return *missing
	}
	return ok(c.viewAssignment(s)(&s.Members[i]))
}

func putAssignment(c *call) reply {
	f := c.object("roles*")
	names := f.strs("roles")
	s, i, missing := c.assignment()
	switch {
	case missing != nil:
		return *missing
	case f.err != "":
		return c.badRequest("%s", f.err)
	case !c.manages(s):
		return c.forbidden("no right to change the members of this space")
	}
	set, bad := spaceRoles(s, names)
	if bad != "" {
		return c.badRequest("%s", bad)
	}
	a := &s.Members[i]
	a.Roles, a.Updated, a.UpdatedBy = set, c.now, c.caller.ID
	return ok(c.viewAssignment(s)(a))
}

func deleteAssignment(c *call) reply {
	s, i, missing := c.assignment()
	switch {
	case missing != nil:
		return *missing
	case !c.manages(s):
		return c.forbidden("no right to change the members of this space")
	}
	c.tenant.bury("assignment", s.ID+" "+s.Members[i].Assignee)
	s.Members = slices.Delete(s.Members, i, i+1)
	return empty(http.StatusNoContent)
}
