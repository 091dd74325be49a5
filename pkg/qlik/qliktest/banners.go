package qliktest

import (
	"net/http"
	"time"
)

var bannersService = &service{name: "banners", envelope: envNumber, routes: []route{
	{method: "GET", path: "/api/v1/banners", tier: tier1, handle: getBanner},
	{method: "POST", path: "/api/v1/banners/actions/upsert", tier: tier2, handle: upsertBanner},
}}

// A banner is nil until there is one.
type banner struct {
	Enabled, LinkEnabled                  bool
	Type, Message, Start, End, Label, URL string
	Created, Updated                      stamp
	By, UpdatedBy                         string
}

type bannerView struct {
	ID          string `json:"id"`
	TenantID    string `json:"tenantId"`
	Enabled     bool   `json:"enabled"`
	Type        string `json:"type"`
	Message     string `json:"message"`
	StartTime   string `json:"startTime"`
	EndTime     string `json:"endTime"`
	LinkEnabled bool   `json:"linkEnabled"`
	LinkLabel   string `json:"linkLabel,omitempty"`
	LinkURL     string `json:"linkUrl,omitempty"`
	CreatedAt   stamp  `json:"createdAt"`
	CreatedBy   string `json:"createdBy"`
	UpdatedAt   stamp  `json:"updatedAt"`
	UpdatedBy   string `json:"updatedBy"`
}

func (c *call) viewBanner() bannerView {
	b := c.tenant.Banner
	return bannerView{
		hex24(digest("banner", c.tenant.ID)), c.tenant.ID, b.Enabled, b.Type, b.Message, b.Start, b.End, b.LinkEnabled, b.Label, b.URL,
		b.Created, b.By, b.Updated, b.UpdatedBy,
	}
}

func getBanner(c *call) reply {
	if c.tenant.Banner == nil {
		return c.notFound("the tenant has no banner")
	}
	return ok(c.viewBanner())
}

// bannerTime reads a time and writes it as Qlik's JavaScript does, with milliseconds.
//
// assumed: the milliseconds.
func (f *fields) bannerTime(name string) string {
	at, err := time.Parse(time.RFC3339, f.str(name))
	if err != nil {
		f.fail("%s is not a time", name)
	}
	return at.UTC().Format("2006-01-02T15:04:05.000Z")
}

func upsertBanner(c *call) reply {
	f := c.object("enabled*", "message*", "type*", "startTime*", "endTime*", "linkEnabled*", "linkLabel", "linkUrl")
	b := banner{
		Enabled: f.bool("enabled"), Message: f.str("message"), Type: f.oneOf("type", "info", "warning", "error", "resolved"),
		Start: f.bannerTime("startTime"), End: f.bannerTime("endTime"), LinkEnabled: f.bool("linkEnabled"), Label: f.str("linkLabel"), URL: f.str("linkUrl"),
		Created: c.now, By: c.caller.ID, Updated: c.now, UpdatedBy: c.caller.ID,
	}
	if b.Start >= b.End { // assumed
		f.fail("startTime must come before endTime")
	}
	switch {
	case f.err != "":
		return c.badRequest("%s", f.err)
	case !c.isAdmin():
		return c.forbidden("only a TenantAdmin may put up a banner")
	}
	if old := c.tenant.Banner; old != nil {
		b.Created, b.By = old.Created, old.By
	}
	c.tenant.Banner = &b
	return reply{status: http.StatusCreated, body: c.viewBanner()}
}
