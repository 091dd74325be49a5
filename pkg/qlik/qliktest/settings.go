package qliktest

import "net/http"

// Services of which only what an engine reads is modelled.

var quotasService = &service{name: "quotas", envelope: envPlain, routes: []route{
	{method: "GET", path: "/api/v1/quotas", tier: tier1, query: "reportUsage", handle: listQuotas},
	{method: "GET", path: "/api/v1/quotas/{id}", tier: tier1, query: "reportUsage", handle: getQuota},
}}

type quotaView struct {
	ID         string          `json:"id"`
	Type       string          `json:"type"`
	Attributes quotaAttributes `json:"attributes"`
}

type quotaAttributes struct {
	Quota float64  `json:"quota"`
	Unit  string   `json:"unit"`
	Usage *float64 `json:"usage,omitempty"`
}

type quotasView struct {
	Data []quotaView `json:"data"`
}

// quotas lists the known quotas; -1 is no limit.
func (c *call) quotas(id string) (v quotasView) {
	v.Data = []quotaView{}
	usage := float64(len(c.tenant.Spaces.rows))
	for _, q := range []quotaView{
		{"app_mem_size", "quotas", quotaAttributes{5 << 30, "bytes", new(float64)}},
		{"app_upload_disk_size", "quotas", quotaAttributes{10 << 30, "bytes", new(float64)}},
		{"shared_spaces", "quotas", quotaAttributes{-1, "count", &usage}},
	} {
		if most, set := c.tenant.Quotas[q.ID]; set {
			q.Attributes.Quota = most
		}
		if c.query.Get("reportUsage") != "true" {
			q.Attributes.Usage = nil
		}
		if id == "" || id == q.ID {
			v.Data = append(v.Data, q)
		}
	}
	return v
}

// SetQuota says how much of something the tenant may have. Nothing is refused for it.
func (t *Tenant) SetQuota(id string, most float64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.Quotas == nil {
		t.Quotas = map[string]float64{}
	}
	t.Quotas[id] = most
}

func listQuotas(c *call) reply { return ok(c.quotas("")) }

func getQuota(c *call) reply {
	v := c.quotas(c.arg("id"))
	if len(v.Data) == 0 {
		return c.notFound("no quota %s", c.arg("id"))
	}
	return ok(v)
}

var licensesService = &service{name: "licenses", envelope: envLicense, routes: append(seatRoutes, []route{
	{method: "GET", path: "/api/v1/licenses/overview", tier: tier1, handle: licenseOverview},
	{method: "GET", path: "/api/v1/licenses/status", tier: tier1, handle: licenseStatus},
	{method: "GET", path: "/api/v1/licenses/settings", tier: tier1, handle: getLicenseSettings},
	{method: "PUT", path: "/api/v1/licenses/settings", tier: tier2, handle: putLicenseSettings},
}...)}

type licenseSettings struct {
	AutoAssignAnalyzer     bool `json:"autoAssignAnalyzer"`
	AutoAssignProfessional bool `json:"autoAssignProfessional"`
}

type allotmentView struct {
	Name       string `json:"name"`
	UsageClass string `json:"usageClass"`
	Units      int    `json:"units"`
	UnitsUsed  int    `json:"unitsUsed"`
}

type overviewView struct {
	LicenseKey      string          `json:"licenseKey"`
	LicenseNumber   string          `json:"licenseNumber"`
	SecondaryNumber string          `json:"secondaryNumber"`
	Product         string          `json:"product"`
	Origin          string          `json:"origin"`
	Status          string          `json:"status"`
	Valid           string          `json:"valid"`
	Version         string          `json:"version"`
	Updated         stamp           `json:"updated"`
	Trial           bool            `json:"trial"`
	Allotments      []allotmentView `json:"allotments"`
	Parameters      []struct{}      `json:"parameters"`
}

// licenseOverview shows the one licence that all tenants of a region share.
func licenseOverview(c *call) reply {
	c.cloud.mu.RLock()
	key, units, used := c.cloud.license[c.tenant.Region], c.cloud.units(), c.cloud.used(c.tenant.Region)
	c.cloud.mu.RUnlock()
	allotments := []allotmentView{}
	for _, kind := range []string{"professional", "analyzer"} {
		if n, sold := units[kind]; sold {
			allotments = append(allotments, allotmentView{kind, "", n, used[kind]})
		}
	}
	return ok(overviewView{
		LicenseKey: key, LicenseNumber: "9999000000000001", Product: "Qlik Cloud", Origin: "External", Status: "Ok",
		Valid: "2020-01-01/2099-12-31", Version: "1", Updated: c.tenant.Created,
		Allotments: allotments, Parameters: []struct{}{},
	})
}

type licenseStatusView struct {
	Deactivated     bool   `json:"deactivated"`
	ExtensionStatus string `json:"extensionStatus"`
	Origin          string `json:"origin"`
	Product         string `json:"product"`
	Status          string `json:"status"`
	Trial           bool   `json:"trial"`
	Type            string `json:"type"`
	Valid           string `json:"valid"`
}

func licenseStatus(*call) reply {
	return ok(licenseStatusView{false, "Unavailable", "External", "Qlik Cloud", "Ok", false, "Signed", "2020-01-01/2099-12-31"})
}

func getLicenseSettings(c *call) reply { return ok(c.tenant.License) }

func putLicenseSettings(c *call) reply {
	f := c.object("autoAssignAnalyzer", "autoAssignProfessional")
	s := licenseSettings{f.bool("autoAssignAnalyzer"), f.bool("autoAssignProfessional")}
	switch {
	case f.err != "":
		return c.badRequest("%s", f.err)
	case !c.isAdmin():
		return c.fail(http.StatusForbidden, "HTTP-403", "only a TenantAdmin may change licence settings")
	}
	c.tenant.License = s
	return ok(s)
}
