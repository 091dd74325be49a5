package qliktest

import (
	"net/http"
	"slices"
	"strconv"
)

// assumed: nobody but administrators sees them, and the methods of programs that may not
// register are neither shown nor taken.
var authSettingsService = &service{name: "auth-settings", envelope: envNumber, routes: []route{
	{method: "GET", path: "/api/core/auth-settings", tier: tier1, handle: getAuthSettings},
	{method: "PATCH", path: "/api/core/auth-settings", tier: tier2, handle: patchAuthSettings},
}}

// authSettings are nil until they are changed.
type authSettings struct {
	Inactivity, Lifespan int // minutes
	Registration         bool
	Methods              []string
}

type authSettingsView struct {
	ID           string   `json:"id,omitempty"`
	TenantID     string   `json:"tenantId"`
	IsDefault    bool     `json:"isDefault"`
	Inactivity   int      `json:"userSessionInactivityTimeoutMinutes"`
	Lifespan     int      `json:"maxUserSessionLifespanMinutes"`
	Registration bool     `json:"dynamicClientRegistrationEnabled"`
	Methods      []string `json:"dcrAllowedAuthenticationMethods,omitempty"`
}

// authSettings returns what holds. The defaults are those of
// https://help.qlik.com/en-US/cloud-services/Subsystems/Hub/Content/Sense_Hub/Admin/configure-session-timeout.htm
func (t *Tenant) authSettings() authSettings {
	if t.Auth != nil {
		return *t.Auth
	}
	return authSettings{Inactivity: 30, Lifespan: 1440}
}

func getAuthSettings(c *call) reply {
	if !c.isAdmin() {
		return c.forbidden("only a TenantAdmin may see the settings of sessions")
	}
	s := c.tenant.authSettings()
	v := authSettingsView{TenantID: c.tenant.ID, IsDefault: c.tenant.Auth == nil, Inactivity: s.Inactivity, Lifespan: s.Lifespan, Registration: s.Registration}
	if !v.IsDefault {
		v.ID = hex24(digest("auth-settings", c.tenant.ID))
	}
	if s.Registration {
		v.Methods = s.Methods
	}
	return ok(v)
}

var authSettingsPaths = []string{
	"/userSessionInactivityTimeoutMinutes", "/maxUserSessionLifespanMinutes", "/dynamicClientRegistrationEnabled", "/dcrAllowedAuthenticationMethods",
}

func patchAuthSettings(c *call) reply {
	list, bad := c.patches(replaceOnly, authSettingsPaths)
	switch {
	case !c.isAdmin():
		return c.forbidden("only a TenantAdmin may change the settings of sessions")
	case bad != "":
		return c.badRequest("%s", bad)
	}
	s := c.tenant.authSettings()
	methods := false
	for _, p := range list {
		n, err := strconv.Atoi(string(p.value))
		on, isBool := p.bool()
		names, isList := p.list()
		switch {
		case p.path == authSettingsPaths[0] && err == nil && n >= 15 && n <= 1440:
			s.Inactivity = n
		case p.path == authSettingsPaths[1] && err == nil && n >= 60 && n <= 10080 && n%60 == 0:
			s.Lifespan = n
		case p.path == authSettingsPaths[2] && isBool:
			s.Registration = on
		case p.path == authSettingsPaths[3] && isList && !slices.ContainsFunc(names, func(m string) bool { return m != "none" && m != "client_secret" }):
			s.Methods, methods = names, true
		default:
			return c.badRequest("%s does not take this value", p.path)
		}
	}
	if methods && !s.Registration {
		return c.badRequest("%s: programs may not register", authSettingsPaths[3])
	}
	c.tenant.Auth = &s
	return reply{status: http.StatusOK, body: getAuthSettings(c).body}
}
