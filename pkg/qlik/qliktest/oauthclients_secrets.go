package qliktest

import (
	"encoding/json"
	"net/http"
	"slices"
)

// mostSecrets is how many secrets a client has at most.
const mostSecrets = 5

type clientSecretView struct {
	ID      string `json:"clientId"`
	Secret  string `json:"clientSecret"`
	Hint    string `json:"hint"`
	Created stamp  `json:"createdAt"`
	By      string `json:"createdBy"`
}

func postClientSecret(c *call) reply {
	x, refused := c.oauthClient()
	switch {
	case refused != nil:
		return *refused
	case len(x.Secrets) >= mostSecrets:
		return c.fail(http.StatusConflict, "HTTP-409", "the client has %d secrets already", mostSecrets)
	}
	s := c.issue(x)
	return created(clientSecretView{x.ID, s.Value, s.Hint, s.Created, c.caller.ID})
}

func deleteClientSecret(c *call) reply {
	x, refused := c.oauthClient()
	if refused != nil {
		return *refused
	}
	i := slices.IndexFunc(x.Secrets, func(s issuedSecret) bool { return s.Hint == c.arg("hint") })
	if i < 0 {
		return c.notFound("no secret with this hint")
	}
	x.Secrets = slices.Delete(slices.Clone(x.Secrets), i, i+1)
	return empty(http.StatusNoContent)
}

func patchConsent(c *call) reply {
	x, refused := c.oauthClient()
	if refused != nil {
		return *refused
	}
	list, bad := c.patches(replaceOnly, []string{"/consentMethod"})
	for _, op := range list {
		method, ok := op.str()
		if !ok || method != "required" && method != "trusted" {
			bad = "consentMethod is required or trusted"
		}
		if bad == "" {
			x.Consent = method
		}
	}
	if bad != "" {
		return c.badRequest("%s", bad)
	}
	return empty(http.StatusNoContent)
}

// tenantClient returns a client of the call's tenant that logs in by itself, if the
// secret is one of its own.
//
// assumed: it gets the scopes that it was given, and acts as a bot of its own.
func (c *call) tenantClient(id, secret string) *authClient {
	if c.tenant == nil || c.mood.DudSecrets {
		return nil
	}
	x, found := c.tenant.OAuthClients.get(id)
	fits := func(s issuedSecret) bool { return s.Value == secret }
	if !found || !slices.Contains(x.strs("allowedGrantTypes"), "client_credentials") || !slices.ContainsFunc(x.Secrets, fits) {
		return nil
	}
	return &authClient{id: id, secret: secret, region: c.tenant.Region, scopes: x.strs("allowedScopes")}
}

type dumpOAuthClient struct {
	Name    string                     `json:"name"`
	AppType string                     `json:"appType"`
	Consent string                     `json:"consentMethod"`
	Fields  map[string]json.RawMessage `json:"fields"`
	Secrets []string                   `json:"secrets"` // digests, oldest first
	ID      string                     `json:"id"`
}

func (t *Tenant) dumpOAuthClients() (list []dumpOAuthClient) {
	for _, x := range t.OAuthClients.rows {
		d := dumpOAuthClient{Name: x.Name, AppType: x.AppType, Consent: x.Consent, Fields: x.Fields, Secrets: []string{}, ID: x.ID}
		for _, s := range x.Secrets {
			d.Secrets = append(d.Secrets, secretDigest(s.Value))
		}
		list = append(list, d)
	}
	return list
}
