package qliktest

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// Publishing is left out: a client then is there in every tenant of the region.
var oauthClientsService = &service{name: "oauth-clients", envelope: envPlain, routes: []route{
	{method: "GET", path: "/api/v1/oauth-clients", tier: tier1, query: "limit next prev sort totalResults", handle: listOAuthClients},
	{method: "POST", path: "/api/v1/oauth-clients", tier: tier2, handle: postOAuthClient},
	{method: "GET", path: "/api/v1/oauth-clients/{id}", tier: tier1, handle: getOAuthClient},
	{method: "PATCH", path: "/api/v1/oauth-clients/{id}", tier: tier2, handle: patchOAuthClient},
	{method: "DELETE", path: "/api/v1/oauth-clients/{id}", tier: tier2, handle: deleteOAuthClient},
	{method: "POST", path: "/api/v1/oauth-clients/{id}/client-secrets", tier: tier2, handle: postClientSecret},
	{method: "DELETE", path: "/api/v1/oauth-clients/{id}/client-secrets/{hint}", tier: tier2, handle: deleteClientSecret},
	{method: "PATCH", path: "/api/v1/oauth-clients/{id}/connection-configs/me", tier: tier2, handle: patchConsent},
}}

// An oauthClient is an OAuth client of a tenant.
type oauthClient struct {
	ID, Name, AppType, Consent string
	Fields                     map[string]json.RawMessage // the others, as they were given
	Secrets                    []issuedSecret
	Issued                     int // secrets ever
	Created, Updated           stamp
	By                         string
}

type issuedSecret struct {
	Value, Hint string
	Created     stamp
}

func (x *oauthClient) rowID() string   { return x.ID }
func (x *oauthClient) rowName() string { return x.Name }

// oauthTexts and oauthLists are the fields that are kept as they are given.
var (
	oauthTexts = []string{"description", "clientUri", "logoUri", "jwksUri"}
	oauthLists = []string{"redirectUris", "allowedOrigins", "allowedScopes", "allowedGrantTypes", "allowedAuthMethods"}
)

func (x *oauthClient) view() map[string]any {
	type secret struct {
		Hint    string `json:"hint"`
		Created stamp  `json:"createdAt"`
	}
	secrets := []secret{}
	for _, s := range x.Secrets {
		secrets = append(secrets, secret{s.Hint, s.Created})
	}
	v := map[string]any{
		"clientId": x.ID, "clientName": x.Name, "appType": x.AppType, "clientSecrets": secrets, "createdAt": x.Created, "updatedAt": x.Updated,
		"createdByType": "user", "connectionConfig": map[string]string{"consentMethod": x.Consent},
	}
	for name, raw := range x.Fields {
		v[name] = raw
	}
	return v
}

func (x *oauthClient) strs(field string) (list []string) {
	_ = json.Unmarshal(x.Fields[field], &list) // checked when it came
	return list
}

// set checks and takes over one field.
func (x *oauthClient) set(f *fields, name string) {
	switch {
	case slices.Contains(oauthTexts, name):
		f.str(name)
	case slices.Contains(oauthLists, name):
		if list := f.strs(name); len(list) > 5 && (name == "redirectUris" || name == "allowedOrigins") {
			f.fail("%s has more than 5", name)
		}
		if name == "allowedOrigins" && x.AppType != "spa" && len(f.strs(name)) > 0 {
			f.fail("only a spa has allowedOrigins")
		}
		if name == "allowedGrantTypes" && x.AppType != "web" && len(f.strs(name)) > 0 {
			f.fail("only a web client has allowedGrantTypes")
		}
	}
	next := map[string]json.RawMessage{}
	for k, v := range x.Fields {
		next[k] = v
	}
	next[name] = f.m[name]
	x.Fields = next
}

// issue makes a secret; nobody is told it again.
func (c *call) issue(x *oauthClient) issuedSecret {
	x.Issued++
	value := hex32(digest(c.cloud.opts.Seed, c.tenant.ID, "client-secret", x.ID, strconv.Itoa(x.Issued)))
	s := issuedSecret{Value: value, Hint: value[len(value)-4:], Created: c.now.add(0) + stamp(x.Issued)}
	x.Secrets = append(slices.Clone(x.Secrets), s)
	return s
}

func listOAuthClients(c *call) reply {
	if !c.isAdmin() {
		return c.forbidden("only a TenantAdmin sees OAuth clients")
	}
	o, bad := sortBy(c, "+clientName", map[string]func(*oauthClient) string{
		"clientName": func(x *oauthClient) string { return x.Name + "\x00" + x.ID },
	})
	if bad != "" {
		return c.badRequest("%s", bad)
	}
	p := byCursor(c, c.tenant.OAuthClients.rows, o, 20, 100)
	if p.err != "" {
		return c.badRequest("%s", p.err)
	}
	return ok(viewPage(c, p, (*oauthClient).view))
}

func postOAuthClient(c *call) reply {
	f := c.object(append(append([]string{"clientName*", "appType*", "connectionConfig"}, oauthTexts...), oauthLists...)...)
	x := &oauthClient{
		Name: f.str("clientName"), AppType: f.oneOf("appType", "web", "native", "spa", "anonymous-embed"), Consent: "required",
		Created: c.now, Updated: c.now, By: c.caller.ID,
	}
	for _, name := range slices.Concat(oauthTexts, oauthLists) {
		if f.has(name) {
			x.set(f, name)
		}
	}
	if f.has("connectionConfig") {
		config := c.members(f.m["connectionConfig"], "consentMethod*")
		if x.Consent = config.oneOf("consentMethod", "trusted"); config.err != "" {
			f.fail("connectionConfig: %s", config.err)
		}
	}
	switch {
	case f.err != "":
		return c.badRequest("%s", f.err)
	case x.Name == "" || len(x.Name) > 512:
		return c.badRequest("clientName must have from 1 to 512 characters")
	case !c.isAdmin():
		return c.forbidden("only a TenantAdmin may create OAuth clients")
	}
	x.ID = c.tenant.newID("oauth-clients", x.Name, hex32, c.tenant.OAuthClients.has)
	s := c.issue(x)
	c.tenant.OAuthClients.add(x)
	v := x.view()
	v["clientSecret"] = s.Value
	return created(v)
}

func (c *call) oauthClient() (*oauthClient, *reply) {
	x, found := c.tenant.OAuthClients.get(c.arg("id"))
	var r reply
	switch {
	case !c.isAdmin():
		r = c.forbidden("only a TenantAdmin sees OAuth clients")
	case !found:
		r = c.notFound("no OAuth client %s", c.arg("id"))
	default:
		return x, nil
	}
	return nil, &r
}

func getOAuthClient(c *call) reply {
	x, refused := c.oauthClient()
	if refused != nil {
		return *refused
	}
	return ok(x.view())
}

func patchOAuthClient(c *call) reply {
	x, refused := c.oauthClient()
	if refused != nil {
		return *refused
	}
	paths := []string{"/clientName"}
	for _, name := range slices.Concat(oauthTexts, oauthLists) {
		paths = append(paths, "/"+name)
	}
	list, bad := c.patches([]string{"add", "remove", "replace"}, paths)
	next := *x
	for _, op := range list {
		name := strings.TrimPrefix(op.path, "/")
		f := &fields{m: map[string]json.RawMessage{name: op.value}}
		if name == "clientName" {
			if next.Name = f.str(name); next.Name == "" {
				f.fail("clientName is empty")
			}
		} else {
			next.set(f, name)
		}
		if bad == "" {
			bad = f.err
		}
	}
	if bad != "" {
		return c.badRequest("%s", bad)
	}
	next.Updated = c.now
	c.tenant.renamed("oauth-clients", x.Name, next.Name)
	c.tenant.OAuthClients.rename(x, func() { *x = next })
	return empty(http.StatusNoContent)
}

func deleteOAuthClient(c *call) reply {
	x, refused := c.oauthClient()
	switch {
	case refused != nil:
		return *refused
	case c.req.Header.Get("qlik-confirm-delete") != x.ID:
		return c.badRequest("qlik-confirm-delete does not name this client")
	}
	c.tenant.OAuthClients.remove(x)
	c.tenant.bury("oauth-clients", x.Name)
	return empty(http.StatusNoContent)
}
