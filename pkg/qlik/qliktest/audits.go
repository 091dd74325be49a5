package qliktest

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

var auditsService = &service{name: "audits", envelope: envNumber, routes: []route{
	{method: "GET", path: "/api/v1/audits", tier: special("audits", 1000), query: "eventTime eventType id limit next prev sort source userId", handle: listAudits},
	{method: "GET", path: "/api/v1/audits/types", tier: special("audits", 1000), handle: listAuditTypes},
}}

// An auditEvent is something that was done in a tenant, as the tenant remembers it.
type auditEvent struct {
	Seq  int
	Type string
	At   stamp
	User string
	Data map[string]any
}

const keptEvents = 10_000 // of one tenant; they are not saved

// audited are the writes that leave an event, and of which type: the documented ones.
//
// https://qlik.dev/apis/event/core/spaces, …/groups, …/group-settings, …/roles
var audited = map[string]string{
	"POST /api/v1/spaces":                                        "com.qlik.core.space.created",
	"PUT /api/v1/spaces/{spaceId}":                               "com.qlik.core.space.updated",
	"PATCH /api/v1/spaces/{spaceId}":                             "com.qlik.core.space.updated",
	"DELETE /api/v1/spaces/{spaceId}":                            "com.qlik.core.space.deleted",
	"POST /api/v1/spaces/{spaceId}/assignments":                  "com.qlik.core.space.assignment.created",
	"PUT /api/v1/spaces/{spaceId}/assignments/{assignmentId}":    "com.qlik.core.space.assignment.updated",
	"DELETE /api/v1/spaces/{spaceId}/assignments/{assignmentId}": "com.qlik.core.space.assignment.deleted",
	"POST /api/v1/groups":                                        "com.qlik.v1.group.created",
	"PATCH /api/v1/groups/{groupId}":                             "com.qlik.v1.group.updated",
	"DELETE /api/v1/groups/{groupId}":                            "com.qlik.v1.group.deleted",
	"PATCH /api/v1/groups/settings":                              "com.qlik.v1.group-setting.updated",
	"POST /api/v1/roles":                                         "com.qlik.v1.role.created",
	"PATCH /api/v1/roles/{id}":                                   "com.qlik.v1.role.updated",
	"DELETE /api/v1/roles/{id}":                                  "com.qlik.v1.role.deleted",
}

// watched runs a handler and remembers what it did.
func (c *call) watched(handle func(*call) reply) reply {
	kind, ok := audited[c.req.Method+" "+c.route.path]
	if !ok || c.tenant == nil {
		return handle(c)
	}
	before := c.auditSubjects()
	rep := handle(c)
	if rep.status >= http.StatusBadRequest {
		return rep
	}
	e := &auditEvent{Seq: len(c.tenant.events) + 1, Type: kind, At: c.now, User: c.caller.ID}
	if n := len(c.tenant.events); n > 0 {
		e.Seq = c.tenant.events[n-1].Seq + 1
	}
	after := c.auditSubjects()
	switch {
	case strings.HasSuffix(kind, ".deleted"):
		e.Data = missingFrom(before, after)
	case strings.HasSuffix(kind, ".created"):
		e.Data = missingFrom(after, before)
	case len(c.args) > 0:
		e.Data = after[c.args[len(c.args)-1]]
	}
	c.tenant.events = append(c.tenant.events, e)
	if n := len(c.tenant.events); n > keptEvents {
		c.tenant.events = slices.Delete(c.tenant.events, 0, n-keptEvents)
	}
	return rep
}

// missingFrom returns what the first has and the second has not.
func missingFrom(these, those map[string]map[string]any) map[string]any {
	for id, data := range these {
		if those[id] == nil {
			return data
		}
	}
	return nil
}

// auditSubjects is what the events that a call leaves may be about, by ID.
func (c *call) auditSubjects() map[string]map[string]any {
	t, out := c.tenant, map[string]map[string]any{}
	switch path := c.route.path; {
	case strings.Contains(path, "/assignments"):
		s, found := t.Spaces.get(c.arg("spaceId"))
		if !found {
			return nil
		}
		for _, a := range s.Members {
			out[a.ID] = map[string]any{"id": a.ID, "type": a.Kind, "spaceId": s.ID, "spaceName": s.Name, "assigneeId": a.Assignee, "roles": a.Roles.names()}
		}
	case strings.HasPrefix(path, "/api/v1/spaces"):
		for _, s := range t.Spaces.rows {
			out[s.ID] = map[string]any{"id": s.ID, "name": s.Name, "type": s.Type, "ownerId": s.Owner, "description": s.Description}
		}
	case strings.HasPrefix(path, "/api/v1/groups"):
		for _, g := range t.Groups.rows {
			out[g.ID] = map[string]any{"id": g.ID, "name": g.Name, "providerType": g.Provider}
		}
	default:
		for _, r := range t.Roles.rows {
			out[r.ID] = map[string]any{"id": r.ID, "name": r.Name}
		}
	}
	return out
}

// mayAudit says whether the caller may read what was done.
//
// assumed: it takes the role TenantAdmin or AuditAdmin; the prose says who sees the events
// in the console, and not what the API wants.
func (c *call) mayAudit() bool {
	return c.isAdmin() || c.tenant.hasRole(c.caller, "AuditAdmin")
}

func listAuditTypes(c *call) reply {
	if !c.mayAudit() {
		return c.forbidden("no right to read audit events")
	}
	types := []string{"com.qlik.v1.automation.run.ended"}
	for _, name := range audited {
		types = append(types, name)
	}
	slices.Sort(types)
	return ok(map[string]any{"data": slices.Compact(types), "links": map[string]any{"self": href{c.pageURL("", "")}}})
}

type auditView struct {
	ID          string         `json:"id"`
	EventID     string         `json:"eventId"`
	EventType   string         `json:"eventType"`
	Version     string         `json:"eventTypeVersion"`
	EventTime   stamp          `json:"eventTime"`
	ContentType string         `json:"contentType"`
	Source      string         `json:"source"`
	TenantID    string         `json:"tenantId"`
	UserID      string         `json:"userId"`
	Data        map[string]any `json:"data"`
	Extensions  map[string]any `json:"extensions"`
	Links       self           `json:"links"`
}

func (c *call) viewAudit(e *auditEvent) auditView {
	id := c.tenant.ID + "-" + fmt.Sprintf("%010d", e.Seq)
	return auditView{
		ID: id, EventID: id, EventType: e.Type, Version: "1.0.0", EventTime: e.At, ContentType: "application/json",
		Source: e.source(), TenantID: c.tenant.ID, UserID: e.User, Data: e.Data,
		Extensions: map[string]any{"userId": e.User, "tenantId": c.tenant.ID}, Links: c.self("/api/v1/audits/" + id),
	}
}

func (e *auditEvent) source() string {
	if strings.Contains(e.Type, ".space.") {
		return "com.qlik/spaces"
	}
	return "com.qlik/identities"
}

func listAudits(c *call) reply {
	if !c.mayAudit() {
		return c.forbidden("no right to read audit events")
	}
	from, to, bad := interval(c.query.Get("eventTime"))
	if bad != "" {
		return c.badRequest("%s", bad)
	}
	o, bad := auditOrder(c.query.Get("sort"))
	if bad != "" {
		return c.badRequest("%s", bad)
	}
	var rows []*auditEvent
	for _, e := range c.tenant.events {
		at := e.At.time()
		switch q := c.query; {
		case !from.IsZero() && at.Before(from), !to.IsZero() && at.After(to):
		case q.Get("eventType") != "" && q.Get("eventType") != e.Type:
		case q.Get("source") != "" && q.Get("source") != e.source():
		case q.Get("userId") != "" && q.Get("userId") != e.User:
		case q.Get("id") != "" && !slices.Contains(commas(q.Get("id")), c.viewAudit(e).ID):
		default:
			rows = append(rows, e)
		}
	}
	p := byCursor(c, rows, o, 10, 100)
	if p.err != "" {
		return c.badRequest("%s", p.err)
	}
	views := []auditView{}
	for _, e := range p.rows {
		views = append(views, c.viewAudit(e))
	}
	return ok(map[string]any{"data": views, "links": p.links})
}

// interval reads "2021-07-14T18:41:15.00Z/2021-07-14T18:41:15.99Z".
func interval(s string) (from, to time.Time, bad string) {
	if s == "" {
		return from, to, ""
	}
	first, last, ok := strings.Cut(s, "/")
	from, err := time.Parse(time.RFC3339, first)
	if err == nil {
		to, err = time.Parse(time.RFC3339, last)
	}
	if !ok || err != nil || to.Before(from) {
		return from, to, "eventTime is not an interval of two times"
	}
	return from, to, ""
}

// auditOrder is what events can be sorted by, with the newest first if nothing is said.
func auditOrder(sort string) (order[*auditEvent], string) {
	sort = cmp.Or(sort, "-eventTime")
	keys := map[string]func(*auditEvent) string{
		"eventTime": func(e *auditEvent) string { return e.At.String() },
		"eventType": func(e *auditEvent) string { return e.Type },
		"source":    (*auditEvent).source,
	}
	key := keys[strings.TrimLeft(sort, "+- ")] // a "+" that nobody escaped is a space
	if key == nil || len(sort) < 2 || !strings.ContainsAny(sort[:1], "+- ") {
		return order[*auditEvent]{}, "sort is + or - and one of eventTime, eventType, source"
	}
	return order[*auditEvent]{func(e *auditEvent) string { return key(e) + fmt.Sprintf("\x00%010d", e.Seq) }, sort[0] == '-'}, ""
}
