package qliktest

import (
	"encoding/json"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

var oauthService = &service{name: "oauth", envelope: envPlain, routes: []route{
	{method: "POST", path: "/oauth/token", tier: tier2, handle: postToken, open: true},
	{method: "POST", path: "/oauth/revoke", tier: tier2, handle: postRevoke, open: true},
	{method: "GET", path: "/.well-known/oauth-authorization-server", tier: tier1, handle: oauthMetadata, open: true},
}}

type tokenView struct {
	AccessToken string `json:"access_token"`
	TokenType   string `json:"token_type"`
	ExpiresAt   stamp  `json:"expires_at"`
	ExpiresIn   int    `json:"expires_in"`
	Scope       string `json:"scope,omitempty"`
}

// oauthForm reads a body in either of the two encodings.
func (c *call) oauthForm(names ...string) *fields {
	kind, _, _ := mime.ParseMediaType(c.req.Header.Get("Content-Type"))
	if kind != "application/x-www-form-urlencoded" {
		return c.object(names...)
	}
	f := &fields{m: map[string]json.RawMessage{}}
	form, err := url.ParseQuery(string(c.body))
	if err != nil {
		f.fail("body is not a form: %v", err)
	}
	for name := range form {
		f.m[name], _ = json.Marshal(form.Get(name))
	}
	f.check(c.cloud.opts.Lenient, names)
	return f
}

// store is where the tokens of the call's host live.
func (c *call) store() (*tokenStore, *meters, string) {
	if c.tenant != nil {
		return &c.tenant.tokens, &c.tenant.meters, c.tenant.Host
	}
	return &c.office.tokens, &c.office.meters, c.office.host
}

func postToken(c *call) reply {
	f := c.oauthForm("grant_type*", "client_id*", "client_secret*", "scope")
	id, secret, scope := f.str("client_id"), f.str("client_secret"), f.str("scope")
	if f.err != "" {
		return c.badRequest("%s", f.err)
	}
	if g := f.str("grant_type"); g != "client_credentials" {
		return c.badRequest("grant_type %q is not modelled", g)
	}
	c.cloud.mu.RLock()
	client := c.cloud.clients[id]
	c.cloud.mu.RUnlock()
	if client == nil {
		client = c.tenantClient(id, secret)
	}
	if client == nil || client.secret != secret || !client.servesHost(c) {
		return c.fail(http.StatusUnauthorized, "HTTP-401", "the client id or secret is wrong, or not of this host")
	}
	store, m, host := c.store()
	if !c.cloud.opts.NoLimits {
		// assumed: token requests are counted per client, apart from its calls.
		if w := m.wait(c.now, "client "+id, tier2, 0); w > 0 {
			return tooMany(w)
		}
	}
	for _, s := range strings.Fields(scope) {
		if !slices.Contains(client.scopes, s) {
			return c.badRequest("scope %q is not assigned to the client", s)
		}
	}
	if store.live(id, c.now) >= c.cloud.opts.MaxTokens {
		return c.forbidden("the maximum number of tokens is reached")
	}
	ttl := c.cloud.opts.TokenTTL
	expires := c.now.add(ttl)
	if scope == "" {
		scope = strings.Join(client.scopes, " ")
	}
	return ok(tokenView{store.issue(c.cloud.opts.Seed, host, client, expires), "bearer", expires, int(ttl.Seconds()), scope})
}

// servesHost says whether the client may get a token on the call's host.
func (a *authClient) servesHost(c *call) bool {
	switch {
	case c.tenant != nil:
		return a.region != "" && a.region == c.tenant.Region
	case c.office.host == consoleHost:
		return a.region == ""
	}
	return c.office.host == "register."+a.region+".qlikcloud.com"
}

func postRevoke(c *call) reply {
	f := c.oauthForm("token*", "token_type_hint", "client_id", "client_secret")
	text := f.str("token")
	if f.err != "" {
		return c.badRequest("%s", f.err)
	}
	store, _, _ := c.store()
	delete(store.byText, text)
	return empty(http.StatusOK)
}

type metadataView struct {
	Issuer     string   `json:"issuer"`
	Token      string   `json:"token_endpoint"`
	Revocation string   `json:"revocation_endpoint"`
	Keys       string   `json:"jwks_uri"`
	Grants     []string `json:"grant_types_supported"`
}

func oauthMetadata(c *call) reply {
	return ok(metadataView{c.base, c.link("/oauth/token"), c.link("/oauth/revoke"), c.link("/.well-known/jwks.json"), []string{"client_credentials"}})
}
