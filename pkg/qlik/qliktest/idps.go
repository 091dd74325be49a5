package qliktest

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
)

// What a person must try stays pending for ever here: nobody logs in.
var idpsService = &service{name: "identity-providers", envelope: envNumber, routes: []route{
	{method: "GET", path: "/api/v1/identity-providers", tier: tier1, query: "active limit next prev", handle: listIDPs},
	{method: "POST", path: "/api/v1/identity-providers", tier: tier2, handle: postIDP},
	{method: "GET", path: "/api/v1/identity-providers/{id}", tier: tier1, handle: getIDP},
	{method: "PATCH", path: "/api/v1/identity-providers/{id}", tier: tier2, handle: patchIDP},
	{method: "DELETE", path: "/api/v1/identity-providers/{id}", tier: tier2, handle: deleteIDP},
}}

// An idp is an identity provider. Its options are kept as they are given, the client
// secret too, which is never answered.
type idp struct {
	ID, Protocol, Provider, Description, Logout string
	Interactive, Active                         bool
	Tolerance                                   int
	Options, Pending                            map[string]json.RawMessage `json:",omitempty"`
	Created, Updated                            stamp
}

func (p *idp) rowID() string   { return p.ID }
func (p *idp) rowName() string { return p.Protocol }

// idpProviders are who makes them, by protocol.
var idpProviders = map[string][]string{
	"jwtAuth": {"external"},
	"OIDC":    {"auth0", "okta", "generic", "salesforce", "keycloak", "adfs", "azureAD"},
	"SAML":    {"okta", "generic", "adfs", "azureAD"},
}

// idpOptions are the options of each protocol; those with "*" are required.
var idpOptions = map[string][]string{
	"jwtAuth": {"issuer*", "staticKeys*"},
	"OIDC": {
		"claimsMapping*", "discoveryUrl", "openid_configuration", "realm", "allowedClientIds", "audience", "clientId", "clientSecret", "scope",
		"idTokenSignatureAlg", "blockOfflineAccessScope", "emailVerifiedAlwaysTrue", "useClaimsFromIdToken", "decryptingKey",
	},
	"SAML": {"claimsMapping*", "metadata", "entityId", "signOnUrl", "certificates", "nameIdFormat", "allowIdpInitiatedLogin"},
}

func (p *idp) view() map[string]any {
	known := func(options map[string]json.RawMessage) map[string]json.RawMessage {
		out := map[string]json.RawMessage{}
		for k, v := range options {
			if k != "clientSecret" {
				out[k] = v
			}
		}
		return out
	}
	v := map[string]any{
		"id": p.ID, "protocol": p.Protocol, "provider": p.Provider, "interactive": p.Interactive, "active": p.Active, "description": p.Description,
		"postLogoutRedirectUri": p.Logout, "clockToleranceSec": p.Tolerance, "created": p.Created, "lastUpdated": p.Updated, "options": known(p.Options),
	}
	if p.Pending != nil {
		v["pendingOptions"], v["pendingState"] = known(p.Pending), "pending"
	}
	return v
}

func listIDPs(c *call) reply {
	rows := slices.DeleteFunc(slices.Clone(c.tenant.IDPs.rows), func(p *idp) bool {
		return c.query.Get("active") != "" && (c.query.Get("active") == "true") != p.Active
	})
	p := byCursor(c, rows, order[*idp]{key: func(p *idp) string { return p.Protocol + "\x00" + p.ID }}, 20, 100)
	switch {
	case p.err != "":
		return c.badRequest("%s", p.err)
	case !c.isAdmin():
		return c.forbidden("only a TenantAdmin sees identity providers")
	}
	return ok(viewPage(c, p, (*idp).view))
}

// options checks the options of a protocol.
func (c *call) options(raw json.RawMessage, protocol string, f *fields) map[string]json.RawMessage {
	o := c.members(raw, idpOptions[protocol]...)
	if o.err != "" {
		f.fail("options: %s", o.err)
	}
	return o.m
}

func postIDP(c *call) reply {
	f := c.object("protocol*", "provider*", "interactive", "description", "options", "pendingOptions", "skipVerify", "createNewUsersOnLogin",
		"postLogoutRedirectUri", "clockToleranceSec", "tenantIds")
	p := &idp{
		Protocol: f.oneOf("protocol", "jwtAuth", "OIDC", "SAML"), Interactive: f.bool("interactive"), Description: f.str("description"),
		Logout: f.str("postLogoutRedirectUri"), Tolerance: int(f.number("clockToleranceSec")), Created: c.now, Updated: c.now,
	}
	p.Provider = f.oneOf("provider", idpProviders[p.Protocol]...)
	jwt := p.Protocol == "jwtAuth"
	switch {
	case f.err != "":
	case !jwt && !f.has("interactive"):
		f.fail("interactive is required")
	case jwt && f.has("interactive"), p.Protocol == "SAML" && !p.Interactive:
		f.fail("interactive does not fit the protocol")
	case p.Interactive && f.has("options") && !f.bool("skipVerify"):
		f.fail("options of an interactive one take skipVerify")
	case f.has("options"):
		p.Options = c.options(f.m["options"], p.Protocol, f)
	case p.Interactive && f.has("pendingOptions"):
		p.Pending = c.options(f.m["pendingOptions"], p.Protocol, f)
	default:
		f.fail("options are missing")
	}
	p.Active = !p.Interactive // assumed
	switch {
	case f.err != "":
		return c.badRequest("%s", f.err)
	case !c.isAdmin():
		return c.forbidden("only a TenantAdmin may create identity providers")
	}
	p.ID = c.tenant.newID("identity-providers", p.Protocol+string(marshalled(p.Options)), hex24, c.tenant.IDPs.has)
	c.tenant.IDPs.add(p)
	return created(p.view())
}

func (c *call) idp() (*idp, *reply) {
	p, found := c.tenant.IDPs.get(c.arg("id"))
	var r reply
	switch {
	case !found:
		r = c.notFound("no identity provider %s", c.arg("id"))
	case !c.isAdmin():
		r = c.forbidden("only a TenantAdmin may do this")
	default:
		return p, nil
	}
	return nil, &r
}

func getIDP(c *call) reply {
	p, refused := c.idp()
	if refused != nil {
		return *refused
	}
	return ok(p.view())
}

// idpPaths are what a patch may change, by protocol.
var idpPaths = map[string][]string{
	"jwtAuth": {"/description"},
	"OIDC": {
		"", "/active", "/description", "/options", "/options/claimsMapping", "/pendingOptions", "/pendingOptions/clientSecret",
		"/postLogoutRedirectUri", "/clockToleranceSec",
	},
	"SAML": {"", "/active", "/description", "/pendingOptions", "/pendingOptions/certificates", "/postLogoutRedirectUri", "/clockToleranceSec"},
}

func patchIDP(c *call) reply {
	p, refused := c.idp()
	if refused != nil {
		return *refused
	}
	var raw []map[string]json.RawMessage
	_ = json.Unmarshal(c.body, &raw) // patches says what is wrong with it
	for _, op := range raw {
		if op["path"] == nil {
			op["path"] = json.RawMessage(`""`) // promote-options has none
		}
	}
	if raw != nil {
		c.body = marshalled(raw)
	}
	list, bad := c.patches([]string{"replace", "promote-options"}, idpPaths[p.Protocol])
	next := *p
	for _, op := range list {
		if bad == "" {
			bad = next.patch(c, op)
		}
	}
	if bad != "" {
		return c.badRequest("%s", bad)
	}
	next.Updated = c.now
	*p = next
	if p.Active && p.Interactive {
		for _, other := range c.tenant.IDPs.rows { // there is one at a time
			other.Active = other.Active && (other == p || !other.Interactive)
		}
	}
	return empty(http.StatusNoContent)
}

func (p *idp) patch(c *call, op patch) string {
	f := &fields{m: map[string]json.RawMessage{"value": op.value}}
	switch {
	case op.op == "promote-options":
		if p.Pending == nil {
			return "nothing is pending"
		}
		p.Options, p.Pending = p.Pending, nil
	case op.path == "/active":
		p.Active = f.bool("value")
	case op.path == "/description":
		p.Description = f.str("value")
	case op.path == "/postLogoutRedirectUri":
		p.Logout = f.str("value")
	case op.path == "/clockToleranceSec":
		p.Tolerance = int(f.number("value"))
	case op.path == "/options" && p.Interactive:
		return "the options of an interactive one are pending first"
	case op.path == "/options":
		p.Options = c.options(op.value, p.Protocol, f)
	case op.path == "/pendingOptions":
		p.Pending = c.options(op.value, p.Protocol, f)
	default:
		return op.path + " is not modelled"
	}
	return f.err
}

// deleteIDP deletes also the one that people log in with: Qlik does not say that it
// refuses that.
func deleteIDP(c *call) reply {
	p, refused := c.idp()
	if refused != nil {
		return *refused
	}
	c.tenant.IDPs.remove(p)
	c.tenant.bury("identity-providers", p.Protocol+string(marshalled(p.Options)))
	return empty(http.StatusNoContent)
}

type dumpIDP struct {
	Protocol    string                     `json:"protocol"`
	Active      bool                       `json:"active"`
	Description string                     `json:"description"`
	Options     map[string]json.RawMessage `json:"options"`
	Secret      string                     `json:"secret,omitempty"` // digest
	ID          string                     `json:"id"`
}

func (t *Tenant) dumpIDPs() (list []dumpIDP) {
	for _, p := range t.IDPs.rows {
		v := p.view()
		d := dumpIDP{Protocol: p.Protocol, Active: p.Active, Description: p.Description, ID: p.ID}
		d.Options, _ = v["options"].(map[string]json.RawMessage)
		if s := p.Options["clientSecret"]; s != nil {
			d.Secret = secretDigest(strings.Trim(string(s), `"`))
		}
		list = append(list, d)
	}
	return list
}
