package qlik

import (
	"context"
	"fmt"
	"iter"
	"net/http"
	"net/url"
	"slices"
)

// OAuthClient is a program that logs in to the tenant, or lets people do so.
// Optional fields that are nil are not managed; lists have no order.
type OAuthClient struct {
	Name               string    `json:"name"`
	AppType            string    `json:"appType"` // fixed at creation
	Description        string    `json:"description"`
	ClientURI          *string   `json:"clientUri,omitempty"`
	LogoURI            *string   `json:"logoUri,omitempty"`
	RedirectURIs       *[]string `json:"redirectUris,omitempty"`
	AllowedOrigins     *[]string `json:"allowedOrigins,omitempty"`
	AllowedScopes      *[]string `json:"allowedScopes,omitempty"`
	AllowedGrantTypes  *[]string `json:"allowedGrantTypes,omitempty"`
	AllowedAuthMethods *[]string `json:"allowedAuthMethods,omitempty"`
	JWKSURI            *string   `json:"jwksUri,omitempty"`
	ConsentMethod      string    `json:"consentMethod,omitempty"`

	SecretTo *Secret `json:"secretTo,omitempty"` // where the secret that Qlik issues is put
}

type oauthClientBody struct {
	ID                 string         `json:"clientId"`
	Name               string         `json:"clientName"`
	AppType            string         `json:"appType"`
	Description        string         `json:"description"`
	ClientURI          string         `json:"clientUri"`
	LogoURI            string         `json:"logoUri"`
	RedirectURIs       []string       `json:"redirectUris"`
	AllowedOrigins     []string       `json:"allowedOrigins"`
	AllowedScopes      []string       `json:"allowedScopes"`
	AllowedGrantTypes  []string       `json:"allowedGrantTypes"`
	AllowedAuthMethods []string       `json:"allowedAuthMethods"`
	JWKSURI            string         `json:"jwksUri"`
	Secrets            []clientSecret `json:"clientSecrets"`
	CreatedBy          string         `json:"createdByType"`
	DeletedAt          string         `json:"deletedAt"`
	Connection         struct {
		ConsentMethod string `json:"consentMethod"`
	} `json:"connectionConfig"`
}

// clientSecret is all that Qlik tells of a secret afterwards.
type clientSecret struct {
	Hint    string `json:"hint"`
	Created moment `json:"createdAt"`
}

const oauthClientsPath = "/api/v1/oauth-clients"

// https://qlik.dev/apis/rest/oauth-clients
//
// Names are not unique.
var _ = register(Kind[OAuthClient]{
	Name:   "oauth-client",
	Calls:  calls("GET /api/v1/oauth-clients", "GET /api/v1/oauth-clients/{id}", "POST /api/v1/oauth-clients", "PATCH /api/v1/oauth-clients/{id}", "PATCH /api/v1/oauth-clients/{id}/connection-configs/me", "POST /api/v1/oauth-clients/{id}/client-secrets", "DELETE /api/v1/oauth-clients/{id}/client-secrets/{id}", "DELETE /api/v1/oauth-clients/{id}"),
	List:   listOAuthClients,
	Create: createOAuthClient,
	Update: updateOAuthClient,
	Delete: func(ctx context.Context, t *Tenant, id string) error {
		_, err := t.send(ctx, http.MethodDelete, oauthClientPath(id), nil, payload{header: http.Header{"Qlik-Confirm-Delete": {id}}}, nil)
		return err
	},
})

func oauthClientPath(id string) string { return oauthClientsPath + "/" + url.PathEscape(id) }

// listOAuthClients leaves out those that are deleted already, and those that
// programs registered for themselves.
func listOAuthClients(ctx context.Context, t *Tenant, _ string) iter.Seq2[Item[OAuthClient], error] {
	return itemsOf(ctx, t, oauthClientsPath, everything(), func(c oauthClientBody) (Item[OAuthClient], bool) {
		return Item[OAuthClient]{c.ID, c.Name, c.spec()}, c.DeletedAt == "" && c.CreatedBy != "dcr"
	})
}

func (c oauthClientBody) spec() OAuthClient {
	sets := func(s []string) *[]string {
		out := slices.Sorted(slices.Values(s))
		if out == nil {
			out = []string{}
		}
		return &out
	}
	return OAuthClient{
		Name: c.Name, AppType: c.AppType, Description: c.Description, ClientURI: &c.ClientURI, LogoURI: &c.LogoURI,
		RedirectURIs: sets(c.RedirectURIs), AllowedOrigins: sets(c.AllowedOrigins), AllowedScopes: sets(c.AllowedScopes),
		AllowedGrantTypes: sets(c.AllowedGrantTypes), AllowedAuthMethods: sets(c.AllowedAuthMethods), JWKSURI: &c.JWKSURI,
		ConsentMethod: c.Connection.ConsentMethod, SecretTo: held(len(c.Secrets) > 0),
	}
}

// field is one that may be patched: a text or a list.
type field struct {
	name          string
	live, desired any // nil when not managed
	same          bool
}

// fields returns what may be created and patched, but for the name.
func (c OAuthClient) fields(live OAuthClient) []field {
	text := func(name string, l, d *string) field {
		if d == nil {
			return field{name: name, same: true}
		}
		return field{name, l, *d, l != nil && *l == *d || l == nil && *d == ""}
	}
	set := func(name string, l, d *[]string) field {
		if d == nil {
			return field{name: name, same: true}
		}
		return field{name, l, *d, l != nil && sameSet(*l, *d) || l == nil && len(*d) == 0}
	}
	return []field{
		text("description", &live.Description, &c.Description),
		text("clientUri", live.ClientURI, c.ClientURI), text("logoUri", live.LogoURI, c.LogoURI), text("jwksUri", live.JWKSURI, c.JWKSURI),
		set("redirectUris", live.RedirectURIs, c.RedirectURIs), set("allowedOrigins", live.AllowedOrigins, c.AllowedOrigins),
		set("allowedScopes", live.AllowedScopes, c.AllowedScopes), set("allowedGrantTypes", live.AllowedGrantTypes, c.AllowedGrantTypes),
		set("allowedAuthMethods", live.AllowedAuthMethods, c.AllowedAuthMethods),
	}
}

// createOAuthClient makes a client. Its secret is shown this once, so it must be
// certain beforehand that it can be kept.
func createOAuthClient(ctx context.Context, t *Tenant, desired OAuthClient) (string, error) {
	put, err := t.keep(desired.SecretTo)
	if err != nil {
		return "", err
	}
	body := map[string]any{"clientName": desired.Name, "appType": desired.AppType}
	for _, f := range desired.fields(OAuthClient{}) {
		if !f.same {
			body[f.name] = f.desired
		}
	}
	if desired.ConsentMethod == "trusted" { // all that is taken here
		body["connectionConfig"] = map[string]string{"consentMethod": "trusted"}
	}
	var made struct {
		ID     string `json:"clientId"`
		Secret string `json:"clientSecret"`
	}
	err = t.call(ctx, http.MethodPost, oauthClientsPath, nil, body, &made)
	t.hide(made.Secret)
	switch {
	case err != nil:
		_ = put("") // there is no secret; the call's error is what matters
		return "", err
	case made.ID == "":
		_ = put("")
		return "", fmt.Errorf("POST %s: %w: no id", oauthClientsPath, errReply)
	}
	return made.ID, put(made.Secret)
}

func updateOAuthClient(ctx context.Context, t *Tenant, id string, live, desired OAuthClient) error {
	if live.AppType != desired.AppType {
		return fmt.Errorf("it is a client of type %s; that cannot be changed to %s", live.AppType, desired.AppType)
	}
	var steps []patch
	if live.Name != desired.Name {
		steps = append(steps, replace("/clientName", desired.Name))
	}
	for _, f := range desired.fields(live) {
		if !f.same {
			steps = append(steps, replace("/"+f.name, f.desired))
		}
	}
	if len(steps) > 0 {
		if err := t.call(ctx, http.MethodPatch, oauthClientPath(id), nil, steps, nil); err != nil {
			return err
		}
	}
	if desired.ConsentMethod != "" && live.ConsentMethod != desired.ConsentMethod {
		consent := []patch{replace("/consentMethod", desired.ConsentMethod)}
		if err := t.call(ctx, http.MethodPatch, oauthClientPath(id)+"/connection-configs/me", nil, consent, nil); err != nil {
			return err
		}
	}
	if desired.SecretTo.writes() {
		return t.rotateClientSecret(ctx, id, desired)
	}
	return nil
}
