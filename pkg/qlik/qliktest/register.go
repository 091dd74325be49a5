package qliktest

import (
	"encoding/base32"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// registerService creates and deactivates the tenants of a region.
var registerService = &service{name: "tenants", envelope: envString, routes: []route{
	{method: "POST", path: "/api/v1/tenants", tier: tier2, handle: postTenant},
	{method: "POST", path: "/api/v1/tenants/{tenantId}/actions/deactivate", tier: tier2, handle: deactivateTenant},
	{method: "POST", path: "/api/v1/tenants/{tenantId}/actions/reactivate", tier: tier2, handle: reactivateTenant},
}}

func (o *office) region() string {
	return strings.TrimSuffix(strings.TrimPrefix(o.host, "register."), ".qlikcloud.com")
}

// postTenant makes a tenant. Its name and host are the server's choice.
func postTenant(c *call) reply {
	f := c.object("licenseKey", "datacenter")
	key, datacenter, region := f.str("licenseKey"), f.str("datacenter"), c.office.region()
	c.cloud.mu.Lock()
	license := c.cloud.license[region]
	n := c.cloud.made[region]
	c.cloud.made[region] = n + 1
	c.cloud.mu.Unlock()
	switch {
	case f.err != "":
		return c.badRequest("%s", f.err)
	case key == "":
		return c.fail(http.StatusBadRequest, "TENANTS-21", "licenseKey is missing")
	case key != license:
		return c.fail(http.StatusForbidden, "TENANTS-23", "the licence is not valid")
	case datacenter != "" && datacenter != datacenters[region]:
		return c.badRequest("datacenter %q is not of the region %s", datacenter, region)
	}
	sum := digest(c.cloud.opts.Seed, "new tenant", region, strconv.Itoa(n))
	name := strings.ToLower(base32.HexEncoding.WithPadding(base32.NoPadding).EncodeToString(sum[:10]))
	t := c.cloud.AddTenant(TenantSpec{Host: name + "." + region + ".qlikcloud.com", Region: region})
	return created(c.viewTenant(t))
}

// tenantOf returns the tenant of the path if the confirmation names it.
func (c *call) tenantOf() (*Tenant, *reply) {
	id, host := c.arg("tenantId"), c.req.Header.Get("qlik-confirm-hostname")
	var r reply
	for _, t := range c.cloud.Tenants() {
		if t.ID != id || t.Region != c.office.region() {
			continue
		}
		if c.cloud.Tenant(host) == t {
			return t, nil
		}
		r = c.fail(http.StatusPreconditionFailed, "HTTP-412", "qlik-confirm-hostname does not name this tenant")
		return nil, &r
	}
	r = c.fail(http.StatusNotFound, "TENANTS-8", "no tenant %s in this region", id)
	return nil, &r
}

type deactivatedView struct {
	ID        string `json:"id"`
	Status    string `json:"status"`
	PurgeDate stamp  `json:"estimatedPurgeDate,omitempty"`
}

func deactivateTenant(c *call) reply {
	f := c.object("purgeAfterDays")
	days := 30.0
	if f.has("purgeAfterDays") {
		days = f.number("purgeAfterDays")
	}
	if f.err != "" || days < 10 || days > 90 {
		return c.badRequest("purgeAfterDays must be from 10 to 90 %s", f.err)
	}
	t, refused := c.tenantOf()
	if refused != nil {
		return *refused
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.Status, t.PurgeAt = "disabled", c.now.add(time.Duration(days)*24*time.Hour)
	return ok(deactivatedView{t.ID, t.Status, t.PurgeAt})
}

func reactivateTenant(c *call) reply {
	t, refused := c.tenantOf()
	if refused != nil {
		return *refused
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.Status, t.PurgeAt = "active", 0
	return ok(deactivatedView{ID: t.ID, Status: t.Status})
}
