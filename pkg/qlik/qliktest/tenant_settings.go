package qliktest

import (
	"encoding/json"
	"net/http"
	"slices"
)

const tenantSettingsPath = "/api/v1/tenant-settings"

// The service has two envelopes: creating answers errors as others do, everything else
// with numbers.
var (
	tenantSettingsService = &service{name: "tenant-settings", envelope: envDigits, routes: []route{
		{method: "GET", path: tenantSettingsPath, tier: tier1, handle: getTenantSettings},
		{method: "PATCH", path: tenantSettingsPath, tier: tier2, handle: patchTenantSettings},
		{method: "DELETE", path: tenantSettingsPath, tier: tier2, handle: deleteTenantSettings},
		{method: "GET", path: tenantSettingsPath + "/start-pages", tier: tier1, handle: listStartPages},
		{method: "POST", path: tenantSettingsPath + "/actions/toggle-cross-region-inference", tier: tier2, handle: toggleCrossRegion},
	}}
	tenantSettingsCreation = &service{name: "tenant-settings", envelope: envNumber, routes: []route{
		{method: "POST", path: tenantSettingsPath, tier: tier2, handle: postTenantSettings},
	}}
)

// tenantSettings are nil until somebody stores some.
type tenantSettings struct {
	StartPage        string
	NoAccess         json.RawMessage
	Cadence          string
	CrossRegion      *bool
	NoReplay         *bool
	Created, Updated stamp
	By               string
}

type startPage struct {
	Value string `json:"value"`
	Route string `json:"route"`
}

var startPages = []startPage{
	{"analytics-hub", "/insights"}, {"analytics-creation-hub", "/analytics"}, {"data-integration-hub", "/qdi"}, {"management-console", "/console"},
}

func pageOf(value string) *startPage {
	i := slices.IndexFunc(startPages, func(p startPage) bool { return p.Value == value })
	if i < 0 {
		return nil
	}
	return &startPages[i]
}

type tenantSettingsView struct {
	ID          string          `json:"id"`
	TenantID    string          `json:"tenantId"`
	StartPage   *startPage      `json:"preferredStartPage,omitempty"`
	NoAccess    json.RawMessage `json:"customizeNoAccess,omitempty"`
	Cadence     string          `json:"releaseCadence,omitempty"`
	CrossRegion *bool           `json:"crossRegionDataProcessing,omitempty"`
	NoReplay    *bool           `json:"sessionReplayOptOut,omitempty"`
	CreatedAt   stamp           `json:"createdAt"`
	UpdatedAt   stamp           `json:"updatedAt"`
	CreatedBy   string          `json:"createdBy"`
}

func (c *call) viewTenantSettings() tenantSettingsView {
	s := c.tenant.Settings
	return tenantSettingsView{
		ID: hex24(digest("tenant-settings", c.tenant.ID)), TenantID: c.tenant.ID, StartPage: pageOf(s.StartPage), NoAccess: s.NoAccess, Cadence: s.Cadence,
		CrossRegion: s.CrossRegion, NoReplay: s.NoReplay, CreatedAt: s.Created, UpdatedAt: s.Updated, CreatedBy: s.By,
	}
}

// storedSettings refuses when none are stored, or who may not change them.
//
// assumed: 404 before the first POST.
func (c *call) storedSettings() *reply {
	var r reply
	switch {
	case c.req.Method != http.MethodGet && !c.isAdmin():
		r = c.forbidden("only a TenantAdmin may change the settings of the tenant")
	case c.tenant.Settings == nil:
		r = c.notFound("the tenant has no settings yet")
	default:
		return nil
	}
	return &r
}

func getTenantSettings(c *call) reply {
	if refused := c.storedSettings(); refused != nil {
		return *refused
	}
	return ok(c.viewTenantSettings())
}

// set takes one field; it answers what is wrong with it.
func (s *tenantSettings) set(c *call, name string, value json.RawMessage) (bad string) {
	var text string
	var on bool
	isText, isBool := json.Unmarshal(value, &text) == nil, json.Unmarshal(value, &on) == nil
	switch {
	case name == "preferredStartPage" && isText && pageOf(text) != nil:
		s.StartPage = text
	case name == "customizeNoAccess":
		f := c.members(value, "linkEnabled*", "linkLabel", "linkUrl", "message")
		f.bool("linkEnabled")
		f.str("linkLabel")
		f.str("linkUrl")
		f.str("message")
		s.NoAccess = value
		return f.err
	case name == "releaseCadence" && (text == "monthly" || text == "continuous"):
		s.Cadence = text
	case name == "sessionReplayOptOut" && isBool:
		s.NoReplay = &on
	default:
		return name + " does not take this value"
	}
	return ""
}

func postTenantSettings(c *call) reply {
	f := c.object("preferredStartPage", "customizeNoAccess")
	s := tenantSettings{Created: c.now, Updated: c.now, By: c.caller.ID}
	for name, value := range f.m {
		if bad := s.set(c, name, value); bad != "" {
			f.fail("%s", bad)
		}
	}
	if len(f.m) == 0 {
		f.fail("preferredStartPage or customizeNoAccess is required")
	}
	switch {
	case !c.isAdmin():
		return c.forbidden("only a TenantAdmin may change the settings of the tenant")
	case c.tenant.Settings != nil:
		return c.badRequest("the tenant has settings already") // assumed: 400
	case f.err != "":
		return c.badRequest("%s", f.err)
	}
	c.tenant.Settings = &s
	return created(c.viewTenantSettings())
}

// patchTenantSettings knows add, replace and remove of whole fields.
//
// assumed: what is not there cannot be replaced, as RFC 6902 has it, and the switch for
// other regions is not changed here but by its action.
func patchTenantSettings(c *call) reply {
	if refused := c.storedSettings(); refused != nil {
		return *refused
	}
	list, bad := c.patches([]string{"add", "replace", "remove"}, []string{"/preferredStartPage", "/customizeNoAccess", "/releaseCadence", "/sessionReplayOptOut"})
	s := *c.tenant.Settings
	for _, p := range list {
		there := map[string]bool{
			"/preferredStartPage": s.StartPage != "", "/customizeNoAccess": s.NoAccess != nil, "/releaseCadence": s.Cadence != "", "/sessionReplayOptOut": s.NoReplay != nil,
		}[p.path]
		switch {
		case bad != "":
		case p.op != "add" && !there:
			bad = p.path + " is not there"
		case p.op == "remove":
			s.remove(p.path)
		default:
			bad = s.set(c, p.path[1:], p.value)
		}
	}
	if bad != "" {
		return c.badRequest("%s", bad)
	}
	s.Updated = c.now
	c.tenant.Settings = &s
	return ok(c.viewTenantSettings())
}

func (s *tenantSettings) remove(path string) {
	switch path {
	case "/preferredStartPage":
		s.StartPage = ""
	case "/customizeNoAccess":
		s.NoAccess = nil
	case "/releaseCadence":
		s.Cadence = ""
	default:
		s.NoReplay = nil
	}
}

func deleteTenantSettings(c *call) reply {
	if refused := c.storedSettings(); refused != nil {
		return *refused
	}
	c.tenant.Settings = nil
	return empty(http.StatusNoContent)
}

func listStartPages(c *call) reply {
	return ok(map[string]any{"defaultValue": startPages[0].Value, "values": startPages[:3]})
}

// toggleCrossRegion wants consent in a header.
//
// assumed: without it 403, and it stores settings where there were none.
func toggleCrossRegion(c *call) reply {
	f := c.object("value*")
	on := f.bool("value")
	switch {
	case !c.isAdmin():
		return c.forbidden("only a TenantAdmin may change the settings of the tenant")
	case f.err != "":
		return c.badRequest("%s", f.err)
	case on && c.req.Header.Get("x-qlik-consent-verified") != "true":
		return c.forbidden("consent is missing")
	}
	s := tenantSettings{Created: c.now, By: c.caller.ID}
	if c.tenant.Settings != nil {
		s = *c.tenant.Settings
	}
	s.CrossRegion, s.Updated = &on, c.now
	c.tenant.Settings = &s
	return ok(c.viewTenantSettings())
}
