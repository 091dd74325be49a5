package qliktest

import (
	"net/http"
	"slices"
)

var reloadsService = &service{name: "reloads", envelope: envPlain, routes: []route{
	{method: "GET", path: "/api/v1/reloads", tier: tier1, query: "appId filter limit log next partial prev sort", handle: listReloads},
	{method: "POST", path: "/api/v1/reloads", tier: special("reloads", 50), handle: postReload},
	{method: "GET", path: "/api/v1/reloads/{reloadId}", tier: tier1, handle: getReload},
	{method: "POST", path: "/api/v1/reloads/{reloadId}/actions/cancel", tier: special("reloads cancel", 50), handle: cancelReload},
}}

// A reload goes from QUEUED to RELOADING to its end as time passes.
type reload struct {
	ID, App, User, Status  string
	Partial                bool
	Weight                 float64
	Created, Started, Done stamp
	Fails                  bool
}

func (r *reload) rowID() string   { return r.ID }
func (r *reload) rowName() string { return r.Created.String() }

var reloadEnds = []string{"SUCCEEDED", "FAILED", "CANCELED", "EXCEEDED_LIMIT"}

// settleReloads moves reloads on; a reload that succeeds gives its app data.
//
// assumed: a reload waits for a quarter of Options.ReloadTime.
func (t *Tenant) settleReloads(now stamp) {
	whole := t.cloud.opts.ReloadTime
	for _, r := range t.Reloads {
		if slices.Contains(reloadEnds, r.Status) || now < r.Created.add(whole/4) {
			continue
		}
		r.Status, r.Started = "RELOADING", r.Created.add(whole/4)
		if now < r.Created.add(whole) {
			continue
		}
		r.Status, r.Done = "SUCCEEDED", r.Created.add(whole)
		if r.Fails {
			r.Status = "FAILED"
			continue
		}
		if a, found := t.Apps.get(r.App); found {
			a.HasData, a.Reloaded, a.Modified = true, r.Done, r.Done
			t.indexApp(a, now)
		}
	}
}

type reloadView struct {
	ID           string  `json:"id"`
	AppID        string  `json:"appId"`
	TenantID     string  `json:"tenantId"`
	UserID       string  `json:"userId"`
	Type         string  `json:"type"`
	Status       string  `json:"status"`
	Partial      bool    `json:"partial"`
	Weight       float64 `json:"weight"`
	CreationTime stamp   `json:"creationTime"`
	StartTime    string  `json:"startTime,omitempty"`
	EndTime      string  `json:"endTime,omitempty"`
	EngineTime   string  `json:"engineTime,omitempty"`
	ErrorCode    string  `json:"errorCode,omitempty"`
	ErrorMessage string  `json:"errorMessage,omitempty"`
	Log          string  `json:"log,omitempty"`
	Links        self    `json:"links"`
}

func (c *call) viewReload(r *reload) reloadView {
	v := reloadView{
		ID: r.ID, AppID: r.App, TenantID: c.tenant.ID, UserID: r.User, Type: "external", Status: r.Status, Partial: r.Partial, Weight: r.Weight,
		CreationTime: r.Created, StartTime: r.Started.String(), EndTime: r.Done.String(), EngineTime: r.Done.String(), Links: c.self("/api/v1/reloads/" + r.ID),
	}
	if r.Status == "FAILED" {
		v.ErrorCode, v.ErrorMessage = "EngineReloadFailed", "the script failed"
	}
	if c.query.Get("log") == "true" && r.Done != 0 {
		v.Log = r.Status
	}
	return v
}

func postReload(c *call) reply {
	f := c.object("appId*", "partial", "variables", "weight", "resourceId", "resourceType")
	id, partial, weight := f.str("appId"), f.bool("partial"), f.number("weight")
	f.oneOf("resourceType", "api", "reload-tasks", "tasks", "automate")
	var variables map[string]string
	f.decode("variables", &variables, "a map of strings")
	for name, value := range variables {
		if len(variables) > 20 || len(name) > 256 || len(value) > 256 {
			f.fail("at most 20 variables of 256 characters")
		}
	}
	c.tenant.settleReloads(c.now)
	a, found := c.tenant.Apps.get(id)
	switch {
	case f.err != "":
		return c.badRequest("%s", f.err)
	case !found || !c.may(a, toReload) || c.now < a.Opens:
		return c.fail(http.StatusForbidden, "RELOADS-003", "no right to reload app %s", id)
	}
	r := &reload{App: id, User: c.caller.ID, Status: "QUEUED", Partial: partial, Weight: weight, Created: c.now, Fails: c.mood.FailReloads}
	taken := func(id string) bool {
		return slices.ContainsFunc(c.tenant.Reloads, func(r *reload) bool { return r.ID == id })
	}
	r.ID = c.tenant.newID("reload", id, hex24, taken)
	c.tenant.Reloads = append(c.tenant.Reloads, r)
	return created(c.viewReload(r))
}

func (c *call) reload() (*reload, *reply) {
	c.tenant.settleReloads(c.now)
	i := slices.IndexFunc(c.tenant.Reloads, func(r *reload) bool { return r.ID == c.arg("reloadId") })
	if i < 0 {
		r := c.notFound("no reload %s", c.arg("reloadId"))
		return nil, &r
	}
	return c.tenant.Reloads[i], nil
}

func getReload(c *call) reply {
	r, missing := c.reload()
	if missing != nil {
		return *missing
	}
	return ok(c.viewReload(r))
}

func listReloads(c *call) reply {
	c.tenant.settleReloads(c.now)
	app := c.query.Get("appId")
	if app == "" && !c.isAdmin() {
		return c.badRequest("appId is required")
	}
	rows, _, err := filtered(c.tenant.Reloads, c.query.Get("filter"), attrs{"status": "eq", "partial": "eq", "type": "eq"}, func(r *reload, name string) []string {
		return []string{map[string]string{"status": r.Status, "partial": map[bool]string{true: "true", false: "false"}[r.Partial], "type": "external"}[name]}
	})
	if err != nil {
		return c.badRequest("filter: %v", err)
	}
	rows = slices.DeleteFunc(slices.Clone(rows), func(r *reload) bool { return app != "" && r.App != app })
	o, bad := sortBy(c, "-creationTime", map[string]func(*reload) string{
		"creationTime": rowKey[*reload],
		"status":       func(r *reload) string { return r.Status + r.ID },
		"startTime":    func(r *reload) string { return r.Started.String() + r.ID },
		"endTime":      func(r *reload) string { return r.Done.String() + r.ID },
	})
	if bad != "" {
		return c.badRequest("%s", bad)
	}
	p := byCursor(c, rows, o, 10, 100)
	if p.err != "" {
		return c.badRequest("%s", p.err)
	}
	return ok(viewPage(c, p, c.viewReload))
}

func cancelReload(c *call) reply {
	r, missing := c.reload()
	switch {
	case missing != nil:
		return *missing
	case slices.Contains(reloadEnds, r.Status):
		return c.fail(http.StatusConflict, "RELOADS-409", "the reload has ended as %s", r.Status)
	}
	r.Status, r.Done = "CANCELED", c.now
	return reply{status: http.StatusAccepted, body: map[string]string{"status": r.Status}}
}
