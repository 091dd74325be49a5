package qliktest

import "net/http"

// The switches of sharing and of data alerts, which are the same services as what they turn
// on. Subscriptions and alerts turn slowly: they have when somebody has looked.
var (
	sharingRoutes = []route{
		{method: "GET", path: "/api/v1/sharing-tasks/settings", tier: tier1, handle: getSharingSettings},
		{method: "PATCH", path: "/api/v1/sharing-tasks/settings", tier: tier2, handle: patchSharingSettings},
	}
	alertSettingsRoutes = []route{
		{method: "GET", path: "/api/v1/data-alerts/settings", tier: tier1, handle: getAlertSettings},
		{method: "PUT", path: "/api/v1/data-alerts/settings", tier: tier2, handle: putAlertSettings},
	}
)

// featuresOff are switches of a tenant. assumed: a new tenant has them all on.
type featuresOff struct {
	Sharing, Subscriptions, Alerts      bool
	subscriptionsTurning, alertsTurning bool
}

// turning is the state of a switch; who reads it sees the turning end.
func turning(on bool, turns *bool) string {
	defer func() { *turns = false }()
	switch {
	case !*turns:
		return "none"
	case on:
		return "enabling"
	}
	return "disabling"
}

type sharingSettingsView struct {
	Sharing       bool   `json:"enable-sharing"`
	Subscriptions bool   `json:"enable-report-subscription"`
	Status        string `json:"reportSubscriptionStatus"`
	TenantID      string `json:"tenantId"`
}

func getSharingSettings(c *call) reply {
	off := &c.tenant.Off
	return ok(sharingSettingsView{!off.Sharing, !off.Subscriptions, turning(!off.Subscriptions, &off.subscriptionsTurning), c.tenant.ID})
}

func patchSharingSettings(c *call) reply {
	list, bad := c.patches(replaceOnly, []string{"/enable-sharing", "/enable-report-subscription"})
	next := c.tenant.Off
	for _, op := range list {
		on, isBool := op.bool()
		switch {
		case !isBool:
			bad = op.path + " wants a boolean"
		case op.path == "/enable-sharing":
			next.Sharing = !on
		default:
			next.subscriptionsTurning = next.subscriptionsTurning || next.Subscriptions == on
			next.Subscriptions = !on
		}
	}
	switch {
	case bad != "":
		return c.badRequest("%s", bad)
	case !c.isAdmin():
		return c.forbidden("only a TenantAdmin may change the settings of sharing")
	}
	c.tenant.Off = next
	return empty(http.StatusNoContent)
}

type alertSettingsView struct {
	Enabled  bool   `json:"enable-data-alerting"`
	Status   string `json:"data-alerting-feature-operation-status"`
	TenantID string `json:"tenantId"`
}

func getAlertSettings(c *call) reply {
	off := &c.tenant.Off
	return ok(alertSettingsView{!off.Alerts, turning(!off.Alerts, &off.alertsTurning), c.tenant.ID})
}

func putAlertSettings(c *call) reply {
	f := c.object("enable-data-alerting*")
	on := f.bool("enable-data-alerting")
	switch {
	case f.err != "":
		return c.badRequest("%s", f.err)
	case !c.isAdmin():
		return c.forbidden("only a TenantAdmin may change the settings of data alerts")
	case c.tenant.Off.alertsTurning:
		return c.fail(http.StatusConflict, "HTTP-409", "data alerts are being turned on or off")
	}
	off := &c.tenant.Off
	off.alertsTurning, off.Alerts = off.Alerts == on, !on
	return empty(http.StatusNoContent)
}
