package qliktest

import "net/http"

// consoleService lists the tenants of the organization.
var consoleService = &service{name: "tenants", envelope: envString, routes: []route{
	{method: "GET", path: "/api/core/tenants", tier: tier1, query: "filter limit next prev sort totalResults", handle: listTenants},
	{method: "GET", path: "/api/core/tenants/actions/count", tier: tier1, query: "filter", handle: countTenants},
	{method: "POST", path: "/api/core/tenants/actions/filter", tier: tier1, query: "limit next prev sort totalResults", handle: filterTenants},
	{method: "GET", path: "/api/core/tenants/{tenantId}", tier: tier1, handle: orgTenant},
}}

// subscription is the one subscription of a cloud.
const subscription = "subscription-1"

type orgTenantView struct {
	ID             string   `json:"id"`
	Name           string   `json:"name"`
	Hostnames      []string `json:"hostnames"`
	Status         string   `json:"status"`
	RegionCode     string   `json:"regionCode"`
	SubscriptionID string   `json:"subscriptionId"`
	CreatedAt      stamp    `json:"createdAt"`
	UpdatedAt      stamp    `json:"updatedAt"`
	Links          self     `json:"links"`
}

func (c *call) viewOrgTenant(t *Tenant) orgTenantView {
	t.mu.Lock()
	defer t.mu.Unlock()
	return orgTenantView{t.ID, t.Name, t.hostnames(), t.Status, t.Region, subscription, t.Created, max(t.Created, t.Updated), c.self("/api/core/tenants/" + t.ID)}
}

var orgAttrs = attrs{"subscriptionId": "eq", "regionCode": "eq", "name": "eq", "hostnames": "eq", "id": "eq", "originalId": "eq", "status": "eq"}

func (v orgTenantView) attr(name string) []string {
	switch name {
	case "hostnames":
		return v.Hostnames
	case "regionCode":
		return []string{v.RegionCode}
	case "name":
		return []string{v.Name}
	case "status":
		return []string{v.Status}
	case "subscriptionId":
		return []string{v.SubscriptionID}
	}
	return []string{v.ID}
}

// orgTenants lists what a filter matches, by host.
func (c *call) orgTenants(text string) ([]orgTenantView, error) {
	var all []orgTenantView
	for _, t := range c.cloud.Tenants() {
		all = append(all, c.viewOrgTenant(t))
	}
	kept, _, err := filtered(all, text, orgAttrs, orgTenantView.attr)
	return kept, err
}

func (c *call) pageOfTenants(text string) reply {
	rows, err := c.orgTenants(text)
	if err != nil {
		return c.badRequest("filter: %v", err)
	}
	o, bad := sortBy(c, "+id", map[string]func(orgTenantView) string{
		"id": func(v orgTenantView) string { return v.ID }, "name": func(v orgTenantView) string { return v.Name + "\x00" + v.ID },
		"createdAt": func(v orgTenantView) string { return v.CreatedAt.String() + "\x00" + v.ID },
	})
	if bad != "" {
		return c.badRequest("%s", bad)
	}
	p := byCursor(c, rows, o, 20, 100)
	if p.err != "" {
		return c.badRequest("%s", p.err)
	}
	return ok(viewPage(c, p, func(v orgTenantView) orgTenantView { return v }))
}

func listTenants(c *call) reply { return c.pageOfTenants(c.query.Get("filter")) }

func filterTenants(c *call) reply {
	f := c.object("filter")
	text := f.str("filter")
	if f.err != "" {
		return c.badRequest("%s", f.err)
	}
	return c.pageOfTenants(text)
}

func countTenants(c *call) reply {
	rows, err := c.orgTenants(c.query.Get("filter"))
	if err != nil {
		return c.badRequest("filter: %v", err)
	}
	return ok(map[string]int{"count": len(rows)}) // assumed: the name of the field
}

func orgTenant(c *call) reply {
	for _, t := range c.cloud.Tenants() {
		if t.ID == c.arg("tenantId") {
			return ok(c.viewOrgTenant(t))
		}
	}
	return c.fail(http.StatusNotFound, "TENANTS-8", "no tenant %s", c.arg("tenantId"))
}
