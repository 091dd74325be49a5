package qliktest

import "slices"

// The reload tasks of the old kind: what was made before is read, and no more.
var reloadTasksService = &service{name: "reload-tasks", envelope: envPlain, routes: []route{
	{method: "GET", path: "/api/v1/reload-tasks", tier: tier1, query: "appId limit next partial prev", handle: listReloadTasks},
}}

type reloadTask struct{ ID, App, User, State, Recurrence, Zone string }

func (x *reloadTask) rowID() string   { return x.ID }
func (x *reloadTask) rowName() string { return x.App }

type reloadTaskView struct {
	ID         string   `json:"id"`
	AppID      string   `json:"appId"`
	UserID     string   `json:"userId"`
	TenantID   string   `json:"tenantId"`
	State      string   `json:"state"`
	Recurrence []string `json:"recurrence"`
	TimeZone   string   `json:"timeZone"`
	Links      self     `json:"links"`
}

func listReloadTasks(c *call) reply {
	rows := slices.DeleteFunc(slices.Clone(c.tenant.ReloadTasks.rows), func(x *reloadTask) bool {
		return c.query.Get("appId") != "" && x.App != c.query.Get("appId")
	})
	p := byCursor(c, rows, order[*reloadTask]{key: func(x *reloadTask) string { return x.App + "\x00" + x.ID }}, 10, 100)
	if p.err != "" {
		return c.badRequest("%s", p.err)
	}
	return ok(viewPage(c, p, func(x *reloadTask) reloadTaskView {
		return reloadTaskView{x.ID, x.App, x.User, c.tenant.ID, x.State, []string{x.Recurrence}, x.Zone, c.self("/api/v1/reload-tasks/" + x.ID)}
	}))
}

// AddReloadTask adds a reload task of the old kind to an app in a space, by name.
func (t *Tenant) AddReloadTask(spaceName, name, recurrence, zone string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, a := range t.Apps.rows {
		if s, found := t.Spaces.get(a.Space); found && s.Name == spaceName && a.Name == name {
			x := &reloadTask{App: a.ID, User: a.Owner, State: "Enabled", Recurrence: recurrence, Zone: zone}
			x.ID = t.newID("reload-tasks", a.ID+" "+recurrence, hex24, t.ReloadTasks.has)
			t.ReloadTasks.add(x)
			return
		}
	}
	panic("qliktest: no app " + spaceName + "/" + name)
}

// disableLegacy disables the old tasks of an app that has a task now.
func (t *Tenant) disableLegacy(app string) {
	for _, x := range t.ReloadTasks.rows {
		if x.App == app {
			x.State = "Disabled"
		}
	}
}
