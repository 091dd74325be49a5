package qliktest

import (
	"encoding/json"
	"net/http"
	"slices"
)

// Runs, graphs, the short ways to create and replacing a whole task are left out: no task ever starts.
var tasksService = &service{name: "tasks", envelope: envCode, routes: []route{
	{method: "GET", path: "/api/scheduling/tasks", tier: tier1, query: "limit page resourceId sort", handle: listTasks},
	{method: "POST", path: "/api/scheduling/tasks", tier: tier2, handle: postTask},
	{method: "GET", path: "/api/scheduling/tasks/{id}", tier: tier1, handle: getTask},
	{method: "PATCH", path: "/api/scheduling/tasks/{id}", tier: tier2, handle: patchTask},
	{method: "DELETE", path: "/api/scheduling/tasks/{id}", tier: tier2, handle: deleteTask},
}}

// A task is a document that Qlik keeps as it is, for the app that its state names.
type task struct {
	ID, Name, Description, App string
	Owner, Code                string // Code says why it is disabled
	Enabled                    bool
	Spec, Version              string
	Start, Events, States      json.RawMessage
	Created, Updated           stamp
}

func (x *task) rowID() string   { return x.ID }
func (x *task) rowName() string { return x.Name }

type taskView struct {
	ID          string          `json:"id"`
	Name        string          `json:"name"`
	Description string          `json:"description"`
	Enabled     bool            `json:"enabled"`
	ResourceID  string          `json:"resourceId"`
	SpecVersion string          `json:"specVersion"`
	Version     string          `json:"version"`
	Start       json.RawMessage `json:"start,omitempty"`
	Events      json.RawMessage `json:"events,omitempty"`
	States      json.RawMessage `json:"states"`
	Metadata    taskMeta        `json:"metadata"`
}

type taskMeta struct {
	OwnerID      string `json:"ownerId"`
	CreatedAt    stamp  `json:"createdAt"`
	UpdatedAt    stamp  `json:"updatedAt"`
	DisabledCode string `json:"disabledCode,omitempty"`
	TenantID     string `json:"tenantId"`
}

func (c *call) viewTask(x *task) taskView {
	return taskView{x.ID, x.Name, x.Description, x.Enabled, x.App, x.Spec, x.Version, x.Start, x.Events, x.States,
		taskMeta{x.Owner, x.Created, x.Updated, x.Code, c.tenant.ID}}
}

// reloadsTask reports whether the caller may reload the app of a task: then its tasks may
// be read and changed. A TenantAdmin may list and delete all.
func (c *call) reloadsTask(x *task) bool {
	a, found := c.tenant.Apps.get(x.App)
	return found && c.may(a, toReload)
}

func listTasks(c *call) reply {
	rows := slices.DeleteFunc(slices.Clone(c.tenant.Tasks.rows), func(x *task) bool {
		app := c.query.Get("resourceId")
		return app != "" && x.App != app || !c.isAdmin() && !c.reloadsTask(x)
	})
	o, bad := sortBy(c, "-updatedAt", map[string]func(*task) string{
		"updatedAt": func(x *task) string { return x.Updated.String() + "\x00" + x.ID },
		"name":      func(x *task) string { return x.Name + "\x00" + x.ID },
	})
	if bad != "" {
		return c.badRequest("%s", bad)
	}
	p := byPage(c, rows, o, 20, 100) // assumed: both numbers
	if p.err != "" {
		return c.badRequest("%s", p.err)
	}
	return ok(viewPage(c, p, c.viewTask))
}

const mostTasks = 10 // of one app

func postTask(c *call) reply {
	f := c.object("name*", "specVersion*", "version", "description", "enabled", "start", "events", "states", "resourceId", "metadata")
	x := &task{
		Name: f.str("name"), Spec: f.str("specVersion"), Version: f.str("version"), Description: f.str("description"),
		Enabled: f.bool("enabled"), Start: f.m["start"], Events: f.m["events"], States: f.m["states"], Owner: c.caller.ID, Created: c.now, Updated: c.now,
	}
	if bad := x.read(c.tenant.Tasks.has); f.err == "" && bad != "" {
		f.fail("%s", bad)
	}
	if f.err != "" {
		return c.badRequest("%s", f.err)
	}
	if !c.reloadsTask(x) {
		return c.forbidden("no right to reload app %s", x.App)
	}
	of := 0
	for _, other := range c.tenant.Tasks.rows {
		of += count(other.App == x.App)
	}
	if of >= mostTasks {
		return c.badRequest("an app has at most %d tasks", mostTasks) // assumed: 400
	}
	x.ID = c.tenant.newID("tasks", x.App+" "+x.Name, guid, c.tenant.Tasks.has)
	c.tenant.Tasks.add(x)
	c.tenant.disableLegacy(x.App)
	return created(c.viewTask(x))
}

// task returns the task of the path, to who may do this with it.
func (c *call) task() (*task, *reply) {
	x, found := c.tenant.Tasks.get(c.arg("id"))
	var r reply
	switch {
	case !found:
		r = c.notFound("no task %s", c.arg("id"))
	case !c.reloadsTask(x) && !(c.isAdmin() && c.req.Method == http.MethodDelete):
		r = c.forbidden("no right to reload the app of this task")
	default:
		return x, nil
	}
	return nil, &r
}

func getTask(c *call) reply {
	x, refused := c.task()
	if refused != nil {
		return *refused
	}
	return ok(c.viewTask(x))
}

func deleteTask(c *call) reply {
	x, refused := c.task()
	if refused != nil {
		return *refused
	}
	c.tenant.Tasks.remove(x)
	c.tenant.bury("tasks", x.App+" "+x.Name)
	return empty(http.StatusNoContent)
}

// stopTasks disables the tasks of an app, but for those of a user.
func (t *Tenant) stopTasks(app, but, code string) {
	for _, x := range t.Tasks.rows {
		if x.App == app && x.Enabled && x.Owner != but {
			x.Enabled, x.Code = false, code
		}
	}
}

// dropTasks removes the tasks of an app that is deleted. assumed: they are not restored.
func (t *Tenant) dropTasks(app string) {
	for _, x := range slices.Clone(t.Tasks.rows) {
		if x.App == app {
			t.Tasks.remove(x)
			t.bury("tasks", app+" "+x.Name)
		}
	}
}

type dumpTask struct {
	Space       string          `json:"space"`
	App         string          `json:"app"`
	Name        string          `json:"name"`
	Description string          `json:"description"`
	Enabled     bool            `json:"enabled"`
	Code        string          `json:"disabledCode,omitempty"`
	Owner       string          `json:"owner"`
	Start       json.RawMessage `json:"start,omitempty"`
	Events      json.RawMessage `json:"events,omitempty"`
	ID          string          `json:"id"`
}

func (t *Tenant) dumpTasks() (list []dumpTask) {
	for _, x := range t.Tasks.rows {
		d := dumpTask{Name: x.Name, Description: x.Description, Enabled: x.Enabled, Code: x.Code, Owner: t.subject(x.Owner), Start: x.Start, Events: x.Events, ID: x.ID}
		d.Space, d.App = t.placeOf(x.App)
		list = append(list, d)
	}
	return list
}

// placeOf returns the names of an app and of its space, "" for a personal one.
func (t *Tenant) placeOf(app string) (spaceName, name string) {
	if a, found := t.Apps.get(app); found {
		name = a.Name
		if s, found := t.Spaces.get(a.Space); found {
			spaceName = s.Name
		}
	}
	return spaceName, name
}
