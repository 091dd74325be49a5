package qliktest

import (
	"encoding/json"
	"net/http"
	"slices"
)

// Sending, executions, throttling, statistics, validation and new owners are left out.
var alertsService = &service{name: "data-alerts", envelope: envPlain, routes: append(alertSettingsRoutes, []route{
	{method: "GET", path: "/api/v1/data-alerts", tier: tier1, query: "appID conditionId limit next ownerId prev", handle: listAlerts},
	{method: "POST", path: "/api/v1/data-alerts", tier: tier2, handle: postAlert},
	{method: "GET", path: "/api/v1/data-alerts/{alertId}", tier: tier1, handle: getAlert},
	{method: "PATCH", path: "/api/v1/data-alerts/{alertId}", tier: tier2, handle: patchAlert},
	{method: "DELETE", path: "/api/v1/data-alerts/{alertId}", tier: tier2, handle: deleteAlert},
	{method: "GET", path: "/api/v1/data-alerts/{alertId}/condition", tier: tier1, handle: getAlertCondition},
}...)}

// An alert tells people when a condition is met; names are not unique. It outlives its app
// and its condition.
//
// https://qlik.dev/apis/rest/data-alerts: APP_DELETED is one of its errors
type alert struct {
	ID, Name, Description, App, Owner, Condition, Bookmark, Sheet, Trigger string

	Enabled          bool
	Creating         bool // until somebody looks
	Users, Groups    []alertRecipient
	Schedule         *sharingSchedule
	Created, Updated stamp
}

func (x *alert) rowID() string   { return x.ID }
func (x *alert) rowName() string { return x.Name }

type alertRecipient struct {
	Value      string   `json:"value"`
	Enabled    bool     `json:"enabled"`
	Subscribed *bool    `json:"subscribed,omitempty"`
	Groups     []string `json:"groups,omitempty"`
}

type alertErrorView struct {
	Value string `json:"value"`
}

type alertView struct {
	ID          string           `json:"id"`
	Name        string           `json:"name"`
	Description string           `json:"description"`
	Enabled     bool             `json:"enabled"`
	AppID       string           `json:"appId"`
	BookmarkID  string           `json:"bookmarkId,omitempty"`
	SheetID     string           `json:"sheetId,omitempty"`
	ConditionID string           `json:"conditionId"`
	OwnerID     string           `json:"ownerId"`
	TenantID    string           `json:"tenantId"`
	Status      string           `json:"status,omitempty"`
	Trigger     string           `json:"triggerType"`
	To          alertTo          `json:"recipients"`
	Schedule    *sharingSchedule `json:"scheduleOptions,omitempty"`
	Errors      []alertErrorView `json:"alertingTaskErrors"`
	Stats       alertStats       `json:"triggerStats"`
	Created     stamp            `json:"dateCreated"`
	Updated     stamp            `json:"lastUpdated"`
	Links       self             `json:"links"`
}

type alertTo struct {
	Users  []alertRecipient `json:"userIds"`
	Groups []alertRecipient `json:"groupIds"`
}

type alertStats struct {
	Last10  int `json:"last10Scans"`
	Last100 int `json:"last100Scans"`
	Total   int `json:"totalScans"`
}

type alertList struct {
	Page  int         `json:"currentPageCount"`
	Total int         `json:"totalCount"`
	Links pageLinks   `json:"links"`
	Tasks []alertView `json:"tasks"`
}

// viewAlert shows an alert, with the members of its groups among the users.
//
// assumed: they are there as soon as the group is, under the group's ID.
func (c *call) viewAlert(x *alert) alertView {
	v := alertView{
		ID: x.ID, Name: x.Name, Description: x.Description, Enabled: x.Enabled, AppID: x.App, BookmarkID: x.Bookmark, SheetID: x.Sheet,
		ConditionID: x.Condition, OwnerID: x.Owner, TenantID: c.tenant.ID, Trigger: x.Trigger, Schedule: x.Schedule,
		To: alertTo{slices.Clone(x.Users), append([]alertRecipient{}, x.Groups...)}, Errors: []alertErrorView{},
		Created: x.Created, Updated: x.Updated, Links: c.self("/api/v1/data-alerts/" + x.ID),
	}
	for _, u := range c.tenant.Users.rows {
		individually := slices.ContainsFunc(x.Users, func(r alertRecipient) bool { return r.Value == u.ID })
		for _, g := range x.Groups {
			if on := true; !individually && slices.Contains(u.Groups, g.Value) {
				v.To.Users = append(v.To.Users, alertRecipient{u.ID, true, &on, []string{g.Value}})
				break
			}
		}
	}
	if x.Creating {
		v.Status = "creating"
	}
	if !c.tenant.Apps.has(x.App) {
		v.Errors = append(v.Errors, alertErrorView{"APP_DELETED"})
	}
	return v
}

// seesAlert reports whether the caller may read an alert.
//
// https://qlik.dev/apis/rest/data-alerts: who can see it, and a TenantAdmin.
func (c *call) seesAlert(x *alert) bool {
	return c.isAdmin() || x.Owner == c.caller.ID || slices.ContainsFunc(x.Users, func(u alertRecipient) bool { return u.Value == c.caller.ID })
}

func listAlerts(c *call) reply {
	is := func(name, value string) bool { return c.query.Get(name) == "" || c.query.Get(name) == value }
	rows := slices.DeleteFunc(slices.Clone(c.tenant.Alerts.rows), func(x *alert) bool {
		return !is("appID", x.App) || !is("conditionId", x.Condition) || !is("ownerId", x.Owner) || !c.seesAlert(x)
	})
	p := byCursor(c, rows, order[*alert]{key: func(x *alert) string { return x.Name + "\x00" + x.ID }}, 20, 100)
	if p.err != "" {
		return c.badRequest("%s", p.err)
	}
	return ok(alertList{len(p.rows), p.total, p.links, viewPage(c, p, c.viewAlert).Data})
}

func postAlert(c *call) reply {
	f := c.object("appId*", "conditionId*", "name*", "recipients*", "triggerType*", "bookmarkId", "description", "enabled", "scheduleOptions", "sheetId")
	x := &alert{
		Name: f.str("name"), Description: f.str("description"), Enabled: !f.has("enabled") || f.bool("enabled"), App: f.str("appId"),
		Condition: f.str("conditionId"), Bookmark: f.str("bookmarkId"), Sheet: f.str("sheetId"), Trigger: f.str("triggerType"),
		Owner: c.caller.ID, Creating: true, Created: c.now, Updated: c.now,
	}
	f.decode("scheduleOptions", &x.Schedule, "a schedule")
	if bad := c.readAlertTo(x, f.m["recipients"]); bad != "" {
		f.fail("%s", bad)
	}
	if bad := c.wrongAlert(x); bad != "" {
		f.fail("%s", bad)
	}
	a, found := c.tenant.Apps.get(x.App)
	switch {
	case f.err != "":
	case c.tenant.Off.Alerts, c.tenant.Off.alertsTurning: // assumed
		f.fail("data alerts are off")
	case !found || !c.may(a, toRead):
		f.fail("no app %s", x.App)
	}
	if f.err != "" {
		return c.badRequest("%s", f.err)
	}
	x.ID = c.tenant.newID("data-alerts", x.App+" "+x.Name, guid, c.tenant.Alerts.has)
	c.tenant.Alerts.add(x)
	return reply{status: http.StatusAccepted, body: c.viewAlert(x)}
}

// wrongAlert says what is wrong with an alert, "" if nothing.
//
// assumed: its condition is its owner's, and there is somebody to tell.
func (c *call) wrongAlert(x *alert) string {
	condition, found := c.tenant.Conditions.get(x.Condition)
	switch {
	case x.Name == "" || len(x.Name) > 78 || len(x.Description) > 255:
		return "a name has 1 to 78 letters, and a description 255 at most"
	case !slices.Contains([]string{"RELOAD", "SCHEDULED"}, x.Trigger):
		return "triggerType is neither RELOAD nor SCHEDULED"
	case x.Trigger == "SCHEDULED" && (x.Schedule == nil || len(x.Schedule.Recurrence) == 0 || len(x.Schedule.Recurrence) > 5):
		return "an alert by schedule has 1 to 5 rules"
	case !found || condition.Owner != x.Owner:
		return "no condition " + x.Condition
	case condition.app() != x.App:
		return "the condition is about another app"
	case len(x.Users)+len(x.Groups) == 0:
		return "nobody is told"
	}
	return ""
}

// readAlertTo reads who is told: users and groups of the tenant.
func (c *call) readAlertTo(x *alert, text json.RawMessage) string {
	var to struct {
		UserIDs, GroupIDs []alertRecipient
		DLUsers, DLGroups []json.RawMessage
	}
	if text == nil || json.Unmarshal(text, &to) != nil || to.UserIDs == nil {
		return "recipients need userIds"
	}
	if len(to.DLUsers)+len(to.DLGroups) > 0 {
		return "recipients: distribution lists are left out"
	}
	for _, u := range to.UserIDs {
		if !c.tenant.Users.has(u.Value) {
			return "no user " + u.Value
		}
	}
	for _, g := range to.GroupIDs {
		if !c.tenant.Groups.has(g.Value) && g.Value != c.tenant.everyone().ID {
			return "no group " + g.Value
		}
	}
	x.Users, x.Groups = to.UserIDs, to.GroupIDs
	return ""
}

// alert returns the alert of the path, to who may do this with it.
//
// assumed: its owner and a TenantAdmin may change it; others are told that there is none.
func (c *call) alert() (*alert, *reply) {
	x, found := c.tenant.Alerts.get(c.arg("alertId"))
	if found && c.seesAlert(x) && (c.req.Method == http.MethodGet || x.Owner == c.caller.ID || c.isAdmin()) {
		return x, nil
	}
	r := c.notFound("no data alert %s", c.arg("alertId"))
	return nil, &r
}

func getAlert(c *call) reply {
	x, refused := c.alert()
	if refused != nil {
		return *refused
	}
	x.Creating = false
	return ok(c.viewAlert(x))
}

func getAlertCondition(c *call) reply {
	x, refused := c.alert()
	if refused != nil {
		return *refused
	}
	condition, found := c.tenant.Conditions.get(x.Condition)
	if !found {
		return c.notFound("no condition %s", x.Condition)
	}
	return ok(map[string]any{"hideSelections": false, "conditionResponse": map[string]any{"condition": c.viewCondition(condition)}})
}

// patchAlert changes an alert. Whom it tells is not among what Qlik's documents let change.
//
// assumed: enabledAction is a boolean.
func patchAlert(c *call) reply {
	x, refused := c.alert()
	if refused != nil {
		return *refused
	}
	next := *x
	texts := map[string]*string{
		"/name": &next.Name, "/description": &next.Description, "/conditionId": &next.Condition, "/bookmarkId": &next.Bookmark, "/triggerType": &next.Trigger,
	}
	list, bad := c.patches(replaceOnly, []string{"/name", "/description", "/conditionId", "/bookmarkId", "/triggerType", "/enabledAction", "/scheduleOptions"})
	for _, op := range list {
		f := &fields{m: map[string]json.RawMessage{"value": op.value}}
		switch text := texts[op.path]; {
		case text != nil:
			*text = f.str("value")
		case op.path == "/enabledAction":
			next.Enabled = f.bool("value")
		default:
			next.Schedule = nil
			f.decode("value", &next.Schedule, "a schedule")
		}
		if bad == "" {
			bad = f.err
		}
	}
	if bad == "" {
		bad = c.wrongAlert(&next)
	}
	if bad != "" {
		return c.badRequest("%s", bad)
	}
	next.Updated = c.now
	c.tenant.renamed("data-alerts", x.App+" "+x.Name, x.App+" "+next.Name)
	c.tenant.Alerts.rename(x, func() { *x = next })
	return empty(http.StatusNoContent)
}

// deleteAlert leaves the condition. assumed: so does Qlik, where it is an object of its own.
func deleteAlert(c *call) reply {
	x, refused := c.alert()
	if refused != nil {
		return *refused
	}
	c.tenant.Alerts.remove(x)
	c.tenant.bury("data-alerts", x.App+" "+x.Name)
	return empty(http.StatusNoContent)
}
