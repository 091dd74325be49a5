package qliktest

import (
	"net/http"
	"slices"
	"strings"
)

var tenantsService = &service{name: "tenants", envelope: envString, routes: []route{
	{method: "GET", path: "/api/v1/tenants/me", tier: tier1, handle: tenantsMe},
	{method: "GET", path: "/api/v1/tenants/{tenantId}", tier: tier1, handle: getTenant},
	{method: "PATCH", path: "/api/v1/tenants/{tenantId}", tier: tier2, handle: patchTenant},
}}

// datacenters are the AWS names of the regions that have been documented.
var datacenters = map[string]string{
	"us": "us-east-1", "eu": "eu-west-1", "uk": "eu-west-2", "de": "eu-central-1", "se": "eu-north-1",
	"sg": "ap-southeast-1", "ap": "ap-southeast-2", "jp": "ap-northeast-1", "in": "ap-south-1", "ae": "me-central-1",
}

type tenantView struct {
	ID               string   `json:"id"`
	Name             string   `json:"name"`
	Hostnames        []string `json:"hostnames"`
	Datacenter       string   `json:"datacenter"`
	Region           string   `json:"region"`
	Status           string   `json:"status"`
	Created          stamp    `json:"created"`
	LastUpdated      stamp    `json:"lastUpdated"`
	AutoSpaces       bool     `json:"autoAssignCreateSharedSpacesRoleToProfessionals"`
	AutoPrivate      bool     `json:"autoAssignPrivateAnalyticsContentCreatorRoleToProfessionals"`
	AutoData         bool     `json:"autoAssignDataServicesContributorRoleToProfessionals"`
	AnalyticCreation bool     `json:"enableAnalyticCreation"`
	AppFeedback      bool     `json:"enableAppOpeningFeedback"`
	Links            self     `json:"links"`
}

func (c *call) viewTenant(t *Tenant) tenantView {
	return tenantView{
		ID: t.ID, Name: t.Name, Hostnames: t.hostnames(), Datacenter: datacenters[t.Region], Region: t.Region, Status: t.Status,
		Created: t.Created, LastUpdated: max(t.Created, t.Updated), AutoSpaces: t.AutoSpaces, AutoPrivate: t.AutoPrivate, AutoData: t.AutoData,
		AnalyticCreation: t.AnalyticCreation, AppFeedback: t.AppFeedback, Links: c.self("/api/v1/tenants/" + t.ID),
	}
}

func tenantsMe(c *call) reply { return c.redirect(http.StatusFound, "/api/v1/tenants/"+c.tenant.ID) }

func getTenant(c *call) reply {
	if c.arg("tenantId") != c.tenant.ID {
		return c.fail(http.StatusNotFound, "TENANTS-8", "no tenant %s on this host", c.arg("tenantId"))
	}
	return ok(c.viewTenant(c.tenant))
}

func patchTenant(c *call) reply {
	t := c.tenant
	flags := map[string]*bool{
		"/autoAssignCreateSharedSpacesRoleToProfessionals": &t.AutoSpaces, "/autoAssignPrivateAnalyticsContentCreatorRoleToProfessionals": &t.AutoPrivate,
		"/autoAssignDataServicesContributorRoleToProfessionals": &t.AutoData, "/enableAnalyticCreation": &t.AnalyticCreation, "/enableAppOpeningFeedback": &t.AppFeedback,
	}
	paths := []string{"/name", "/hostnames/1"}
	for path := range flags {
		paths = append(paths, path)
	}
	slices.Sort(paths[2:])
	list, bad := c.patches(replaceOnly, paths)
	switch {
	case t.ID != c.arg("tenantId"):
		return c.fail(http.StatusNotFound, "TENANTS-8", "no tenant %s on this host", c.arg("tenantId"))
	case !c.isAdmin():
		return c.forbidden("only a TenantAdmin may change the tenant")
	case bad != "":
		return c.fail(http.StatusBadRequest, "TENANTS-10", "%s", bad)
	}
	name, alias := t.Name, t.Alias
	for _, p := range list {
		s, isStr := p.str()
		_, isBool := p.bool()
		if isFlag := flags[p.path] != nil; isFlag != isBool || !isFlag && (!isStr || s == "") {
			return c.fail(http.StatusBadRequest, "TENANTS-10", "%s does not take this value", p.path)
		}
		switch p.path {
		case "/name":
			name = s
		case "/hostnames/1":
			alias = s
		}
	}
	if bad := t.moveAlias(alias); bad != "" {
		return c.fail(http.StatusBadRequest, "TENANTS-10", "%s", bad)
	}
	for _, p := range list {
		if flag := flags[p.path]; flag != nil {
			*flag, _ = p.bool()
		}
	}
	t.Name, t.Updated = name, c.now
	return empty(http.StatusNoContent)
}

// moveAlias makes the tenant answer on another alias.
func (t *Tenant) moveAlias(alias string) (bad string) {
	if alias == t.Alias {
		return ""
	}
	c := t.cloud
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.hosts[alias] != nil || c.offices[alias] != nil:
		return "hostname " + alias + " is taken"
	case !strings.HasSuffix(alias, "."+t.Region+".qlikcloud.com"):
		return "hostname " + alias + " is not of the region " + t.Region
	}
	delete(c.hosts, t.Alias)
	c.hosts[alias] = t
	t.Alias = alias
	return ""
}
