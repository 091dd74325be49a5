package qliktest

import "net/http"

// The switches of sharing and of data alerts, which are the same services as what they turn
// on. They turn at once.
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
type featuresOff struct{ Sharing, Subscriptions, Alerts bool }

type sharingSettingsView struct {
	Sharing       bool   `json:"enable-sharing"`
	Subscriptions bool   `json:"enable-report-subscription"`
	Status        string `json:"reportSubscriptionStatus"`
	TenantID      string `json:"tenantId"`
}

func getSharingSettings(c *call) reply {
	off := c.tenant.Off
	return ok(sharingSettingsView{!off.Sharing, !off.Subscriptions, "none", c.tenant.ID})
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
	return ok(alertSettingsView{!c.tenant.Off.Alerts, "none", c.tenant.ID})
}

func putAlertSettings(c *call) reply {
	f := c.object("enable-data-alerting*")
	on := f.bool("enable-data-alerting")
	switch {
	case f.err != "":
		return c.badRequest("%s", f.err)
	case !c.isAdmin():
		return c.forbidden("only a TenantAdmin may change the settings of data alerts")
	}
	c.tenant.Off.Alerts = !on
	return empty(http.StatusNoContent)
}
