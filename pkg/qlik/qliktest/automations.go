package qliktest

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
)

// Runs, copies, moves, other owners and settings are left out.
var automationsService = &service{name: "automations", envelope: envPlain, routes: []route{
	{method: "GET", path: "/api/workflows/automations", tier: tier1, query: "cursor limit listAll sort", handle: listAutomations},
	{method: "POST", path: "/api/workflows/automations", tier: tier2, handle: postAutomation},
	{method: "GET", path: "/api/workflows/automations/{id}", tier: tier1, handle: getAutomation},
	{method: "PUT", path: "/api/workflows/automations/{id}", tier: tier2, handle: putAutomation},
	{method: "DELETE", path: "/api/workflows/automations/{id}", tier: tier2, handle: deleteAutomation},
	{method: "POST", path: "/api/workflows/automations/{id}/actions/enable", tier: tier2, handle: func(c *call) reply { return c.turnAutomation("available") }},
	{method: "POST", path: "/api/workflows/automations/{id}/actions/disable", tier: tier2, handle: func(c *call) reply { return c.turnAutomation("disabled") }},
	{method: "GET", path: "/api/workflows/automation-connections", tier: tier1, query: "cursor limit listAll sort", handle: listAutomationConnections},
}}

type automation struct {
	ID, Name, Description, Space, Owner, State string
	Token                                      string // that starts it; a secret
	Workspace                                  json.RawMessage
	Schedules                                  []automationSchedule
	Concurrent                                 float64
	Created, Updated                           stamp
	Ran                                        stamp // 0: it never ran
}

type automationSchedule struct {
	ID         string `json:"id"`
	Interval   int    `json:"interval,omitempty"`
	Recurrence string `json:"recurrence,omitempty"`
	StartAt    string `json:"startAt,omitempty"`
	StopAt     string `json:"stopAt,omitempty"`
	Timezone   string `json:"timezone,omitempty"`
}

func (x *automation) rowID() string   { return x.ID }
func (x *automation) rowName() string { return x.Name }

// automationView is what a list tells; what is read alone has the definition as well.
type automationView struct {
	ID          string  `json:"id"`
	Name        string  `json:"name"`
	Description string  `json:"description"`
	State       string  `json:"state"`
	RunMode     string  `json:"runMode"`
	SpaceID     string  `json:"spaceId,omitempty"`
	OwnerID     string  `json:"ownerId"`
	Concurrent  float64 `json:"maxConcurrentRuns"`
	CreatedAt   stamp   `json:"createdAt"`
	UpdatedAt   stamp   `json:"updatedAt"`
	LastRunAt   *stamp  `json:"lastRunAt,omitempty"`
}

type automationDetail struct {
	automationView
	Token     string               `json:"executionToken"`
	Workspace json.RawMessage      `json:"workspace,omitempty"`
	Schedules []automationSchedule `json:"schedules"`
}

func (x *automation) view() automationView {
	mode := "manual"
	if len(x.Schedules) > 0 {
		mode = "scheduled"
	}
	v := automationView{x.ID, x.Name, x.Description, x.State, mode, x.Space, x.Owner, x.Concurrent, x.Created, x.Updated, nil}
	if x.Ran != 0 {
		v.LastRunAt = &x.Ran
	}
	return v
}

func (x *automation) detail() automationDetail {
	return automationDetail{x.view(), x.Token, x.Workspace, append([]automationSchedule{}, x.Schedules...)}
}

// byCursorParam pages in style D.
func byCursorParam[T any](c *call, rows []T, key func(T) string) page[T] {
	return cut(c, rows, order[T]{key: key}, "cursor", "", 100, 200, encodeCursor, decodeCursor)
}

// listAutomations also wakes the service: before that, nothing can be made.
func listAutomations(c *call) reply {
	c.tenant.AutomationsAwake = true
	all := c.query.Get("listAll") == "true" && c.isAdmin()
	rows := slices.DeleteFunc(slices.Clone(c.tenant.Automations.rows), func(x *automation) bool { return !all && x.Owner != c.caller.ID })
	p := byCursorParam(c, rows, (*automation).rowID)
	if p.err != "" {
		return c.badRequest("%s", p.err)
	}
	return ok(viewPage(c, p, (*automation).view))
}

// read reads a body. What is left out gets its default.
func (x *automation) read(f *fields) string {
	x.Name, x.Description, x.Workspace = f.str("name"), f.str("description"), f.m["workspace"]
	x.Concurrent = 1 // assumed: the default
	if f.has("maxConcurrentRuns") {
		x.Concurrent = f.number("maxConcurrentRuns")
	}
	x.Schedules = nil
	f.decode("schedules", &x.Schedules, "a list of schedules")
	for i := range x.Schedules {
		s := &x.Schedules[i]
		if s.ID != "" || s.Recurrence == "" && (s.Interval == 0 || s.Interval%60 != 0) {
			f.fail("schedules: an interval is a multiple of 60, and an id is not written")
		}
		s.ID = guid(digest("schedule", x.ID, s.Recurrence))
	}
	if x.Name == "" {
		f.fail("name is required")
	}
	return f.err
}

func postAutomation(c *call) reply {
	f := c.object("name*", "description", "spaceId", "workspace", "schedules", "maxConcurrentRuns")
	x := &automation{Space: f.str("spaceId"), Owner: c.caller.ID, State: "available", Created: c.now, Updated: c.now}
	if bad := x.read(f); bad != "" {
		return c.badRequest("%s", bad)
	}
	s, found := c.tenant.Spaces.get(x.Space)
	switch {
	case !c.tenant.AutomationsAwake:
		return c.badRequest("the service is not ready in this tenant") // assumed: 400
	case x.Space != "" && !found:
		return c.notFound("no space %s", x.Space)
	case found && c.tenant.rolesIn(s, c.caller)&(facilitator|producer) == 0: // assumed: these roles
		return c.forbidden("no right to make automations in this space")
	}
	c.tenant.addAutomation(x)
	return created(x.detail())
}

func (t *Tenant) addAutomation(x *automation) {
	x.ID = t.newID("automations", x.Space+" "+x.Name, guid, t.Automations.has)
	x.Token = hex32(digest("token", x.ID))
	t.Automations.add(x)
}

// automation returns the automation of the path to its owner and, where an
// administrator may do this too, to one.
func (c *call) automation(admins bool) (*automation, *reply) {
	x, found := c.tenant.Automations.get(c.arg("id"))
	var r reply
	switch {
	case !found:
		r = c.notFound("no automation %s", c.arg("id"))
	case x.Owner != c.caller.ID && !(admins && c.isAdmin()):
		r = c.forbidden("only its owner may do this")
	default:
		return x, nil
	}
	return nil, &r
}

func getAutomation(c *call) reply {
	x, refused := c.automation(false)
	if refused != nil {
		return *refused
	}
	return ok(x.detail())
}

func putAutomation(c *call) reply {
	x, refused := c.automation(false)
	if refused != nil {
		return *refused
	}
	next := *x
	if bad := next.read(c.object("name", "description", "workspace", "schedules", "maxConcurrentRuns")); bad != "" {
		return c.badRequest("%s", bad)
	}
	next.Updated = c.now
	c.tenant.renamed("automations", x.Space+" "+x.Name, x.Space+" "+next.Name)
	c.tenant.Automations.rename(x, func() { *x = next })
	return ok(x.detail())
}

func deleteAutomation(c *call) reply {
	x, refused := c.automation(true)
	if refused != nil {
		return *refused
	}
	c.tenant.Automations.remove(x)
	c.tenant.bury("automations", x.Space+" "+x.Name)
	return empty(http.StatusNoContent)
}

func (c *call) turnAutomation(state string) reply {
	x, refused := c.automation(true)
	if refused != nil {
		return *refused
	}
	x.State, x.Updated = state, c.now
	return empty(http.StatusNoContent)
}

type automationLink struct{ ID, Name, Space, Owner string }

func (x *automationLink) rowID() string   { return x.ID }
func (x *automationLink) rowName() string { return x.Name }

type automationLinkView struct {
	ID      string `json:"id"`
	Name    string `json:"name"`
	SpaceID string `json:"spaceId,omitempty"`
	OwnerID string `json:"ownerId"`
}

func listAutomationConnections(c *call) reply {
	all := c.query.Get("listAll") == "true" && c.isAdmin()
	rows := slices.DeleteFunc(slices.Clone(c.tenant.AutomationLinks.rows), func(x *automationLink) bool { return !all && x.Owner != c.caller.ID })
	p := byCursorParam(c, rows, (*automationLink).rowID)
	if p.err != "" {
		return c.badRequest("%s", p.err)
	}
	return ok(viewPage(c, p, func(x *automationLink) automationLinkView { return automationLinkView{x.ID, x.Name, x.Space, x.Owner} }))
}

// AddAutomationConnection adds a connection that automations of a space may use.
func (t *Tenant) AddAutomationConnection(spaceName, name string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	s := t.mustSpace(spaceName)
	x := &automationLink{Name: name, Space: s.ID, Owner: s.Owner}
	x.ID = t.newID("automation-connections", s.ID+" "+name, guid, t.AutomationLinks.has)
	t.AutomationLinks.add(x)
}

type dumpAutomation struct {
	Space       string               `json:"space"`
	Name        string               `json:"name"`
	Description string               `json:"description"`
	State       string               `json:"state"`
	Owner       string               `json:"owner"`
	Concurrent  float64              `json:"maxConcurrentRuns"`
	Workspace   json.RawMessage      `json:"workspace,omitempty"`
	Schedules   []automationSchedule `json:"schedules,omitempty"`
	ID          string               `json:"id"`
}

// dumpAutomations names connections in place of their IDs, as the tenant has them.
func (t *Tenant) dumpAutomations() (list []dumpAutomation) {
	for _, x := range t.Automations.rows {
		d := dumpAutomation{Name: x.Name, Description: x.Description, State: x.State, Owner: t.subject(x.Owner), Concurrent: x.Concurrent, Schedules: x.Schedules, ID: x.ID}
		if s, found := t.Spaces.get(x.Space); found {
			d.Space = s.Name
		}
		text := string(x.Workspace)
		for _, l := range t.AutomationLinks.rows {
			text = strings.ReplaceAll(text, l.ID, "the ID of "+l.Name)
		}
		d.Workspace = json.RawMessage(text)
		list = append(list, d)
	}
	return list
}
