package qlik

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/qdeploy/qdeploy/pkg/plan"
)

// IdentityProvider says who people are. What it needs depends on the protocol; what
// is empty or nil is not managed.
type IdentityProvider struct {
	Name        string `json:"name"` // the estate's own: Qlik has none
	Protocol    string `json:"protocol"`
	Provider    string `json:"provider"`
	Interactive bool   `json:"interactive"`
	Description string `json:"description"`
	Active      *bool  `json:"active,omitempty"`

	Issuer    string `json:"issuer,omitempty"`    // jwtAuth
	KeyID     string `json:"keyID,omitempty"`     // jwtAuth
	PublicKey string `json:"publicKey,omitempty"` // jwtAuth: PEM

	DiscoveryURL string  `json:"discoveryUrl,omitempty"` // OIDC
	ClientID     string  `json:"clientId,omitempty"`     // OIDC
	ClientSecret *Secret `json:"clientSecret,omitempty"` // OIDC

	EntityID     string   `json:"entityId,omitempty"`     // SAML
	SignOnURL    string   `json:"signOnUrl,omitempty"`    // SAML
	Certificates []string `json:"certificates,omitempty"` // SAML

	ClaimsMapping         map[string][]string `json:"claimsMapping,omitempty"`
	PostLogoutRedirectURI *string             `json:"postLogoutRedirectUri,omitempty"`
	ClockToleranceSec     *int                `json:"clockToleranceSec,omitempty"`
}

type idpBody struct {
	ID          string     `json:"id"`
	Protocol    string     `json:"protocol"`
	Provider    string     `json:"provider"`
	Interactive bool       `json:"interactive"`
	Description string     `json:"description"`
	Active      bool       `json:"active"`
	Options     idpOptions `json:"options"`
	Logout      string     `json:"postLogoutRedirectUri"`
	Tolerance   int        `json:"clockToleranceSec"`
}

// idpOptions are those of all protocols. Whether clientSecret is answered, and how,
// is not known, so it is not read.
type idpOptions struct {
	Issuer     string `json:"issuer"`
	StaticKeys []struct {
		ID  string `json:"kid"`
		PEM string `json:"pem"`
	} `json:"staticKeys"`
	DiscoveryURL string `json:"discoveryUrl"`
	ClientID     string `json:"clientId"`
	EntityID     string `json:"entityId"`
	SignOnURL    string `json:"signOnUrl"`
	Certificates []struct {
		Certificate string `json:"certificate"`
	} `json:"certificates"`
	ClaimsMapping map[string][]string `json:"claimsMapping"`
}

const idpsPath = "/api/v1/identity-providers"

// Qlik gives them no name: one is known by its protocol and by where it is, and goes by
// the name that the estate gives to that. https://qlik.dev/apis/rest/identity-providers
var _ = register(Kind[IdentityProvider]{
	Name:    "identity-provider",
	Calls:   calls("GET /api/v1/identity-providers", "GET /api/v1/identity-providers/{id}", "POST /api/v1/identity-providers", "PATCH /api/v1/identity-providers/{id}", "DELETE /api/v1/identity-providers/{id}"),
	Declare: declareIDP,
	Review:  reviewProviders,
	List:    listIDPs,
	Create:  createIDP,
	Update:  updateIDP,
	Delete:  deleteIDP,
})

func idpPath(id string) string { return idpsPath + "/" + url.PathEscape(id) }

// address is what tells one from another.
func (p IdentityProvider) address() string {
	at := map[string]string{"jwtAuth": p.Issuer, "OIDC": p.DiscoveryURL, "SAML": p.EntityID}
	return p.Protocol + " " + at[p.Protocol]
}

func declareIDP(t *Tenant, r plan.Resource) {
	var p IdentityProvider
	if json.Unmarshal(r.Spec, &p) != nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.providers[p.address()] = append(t.providers[p.address()], p)
}

// listIDPs leaves out Qlik's own, which is there until another takes its place.
func listIDPs(ctx context.Context, t *Tenant, _ string) iter.Seq2[Item[IdentityProvider], error] {
	return itemsOf(ctx, t, idpsPath, everything(), func(p idpBody) (Item[IdentityProvider], bool) {
		if p.Provider == "qlik" || p.Protocol == "qsefw-local-bearer-token" {
			return Item[IdentityProvider]{}, false
		}
		spec := p.spec()
		t.mu.Lock()
		declared := slices.Clone(t.providers[spec.address()])
		t.mu.Unlock()
		spec.as(declared)
		return Item[IdentityProvider]{p.ID, spec.Name, spec}, true
	})
}

func (p idpBody) spec() IdentityProvider {
	o := p.Options
	out := IdentityProvider{
		Protocol: p.Protocol, Provider: p.Provider, Interactive: p.Interactive, Description: p.Description, Active: &p.Active,
		DiscoveryURL: o.DiscoveryURL, ClientID: o.ClientID, EntityID: o.EntityID, SignOnURL: o.SignOnURL,
		ClaimsMapping: o.ClaimsMapping, PostLogoutRedirectURI: &p.Logout, ClockToleranceSec: &p.Tolerance,
		ClientSecret: held(p.Protocol == "OIDC" && p.Interactive),
	}
	if p.Protocol == "jwtAuth" {
		out.Issuer = o.Issuer
	}
	for _, k := range o.StaticKeys {
		out.KeyID, out.PublicKey = k.ID, k.PEM
	}
	for _, c := range o.Certificates {
		out.Certificates = append(out.Certificates, c.Certificate)
	}
	out.Name = out.address()
	return out
}

// as takes over from what is declared the name, the last one if there are several,
// and the layout of keys, which Qlik may change.
func (p *IdentityProvider) as(declared []IdentityProvider) {
	for _, d := range declared {
		p.Name = d.Name
		if samePEM(p.PublicKey, d.PublicKey) {
			p.PublicKey = d.PublicKey
		}
		if slices.EqualFunc(p.Certificates, d.Certificates, samePEM) {
			p.Certificates = d.Certificates
		}
	}
}

func samePEM(a, b string) bool {
	return strings.Join(strings.Fields(a), "") == strings.Join(strings.Fields(b), "")
}

// idpOptions returns the options of a protocol, secrets in it.
func (t *Tenant) idpOptions(p IdentityProvider) (map[string]any, error) {
	o := map[string]any{}
	put := func(name string, v any, given bool) {
		if given {
			o[name] = v
		}
	}
	put("claimsMapping", p.ClaimsMapping, p.ClaimsMapping != nil)
	switch p.Protocol {
	case "jwtAuth":
		o["issuer"] = p.Issuer
		o["staticKeys"] = []map[string]string{{"kid": p.KeyID, "pem": p.PublicKey}}
	case "OIDC":
		o["discoveryUrl"] = p.DiscoveryURL
		put("clientId", p.ClientID, p.ClientID != "")
		if p.ClientSecret != nil {
			v, err := t.secret(p.ClientSecret)
			if err != nil {
				return nil, fmt.Errorf("clientSecret: %w", err)
			}
			o["clientSecret"] = v
		}
	case "SAML":
		o["entityId"], o["signOnUrl"] = p.EntityID, p.SignOnURL
		certificates := []map[string]any{}
		for _, c := range p.Certificates {
			certificates = append(certificates, map[string]any{"certificate": c, "signature": true})
		}
		o["certificates"] = certificates
	}
	return o, nil
}

func createIDP(ctx context.Context, t *Tenant, desired IdentityProvider) (string, error) {
	options, err := t.idpOptions(desired)
	if err != nil {
		return "", err
	}
	body := map[string]any{"protocol": desired.Protocol, "provider": desired.Provider, "description": desired.Description, "options": options}
	if desired.Protocol != "jwtAuth" {
		body["interactive"] = desired.Interactive
		if desired.Interactive {
			body["skipVerify"] = true // else it waits for a person to try it
		}
		if desired.PostLogoutRedirectURI != nil {
			body["postLogoutRedirectUri"] = *desired.PostLogoutRedirectURI
		}
	}
	if desired.ClockToleranceSec != nil {
		body["clockToleranceSec"] = *desired.ClockToleranceSec
	}
	var made idpBody
	if err := t.call(ctx, http.MethodPost, idpsPath, nil, body, &made); err != nil {
		return "", err
	}
	if made.ID == "" {
		return "", fmt.Errorf("POST %s: %w: no id", idpsPath, errReply)
	}
	t.learn(plan.Key{Kind: "identity-provider", Name: desired.Name}, made.ID) // though activating it may fail
	if desired.Active == nil || *desired.Active == made.Active {
		return made.ID, nil
	}
	return made.ID, t.call(ctx, http.MethodPatch, idpPath(made.ID), nil, []patch{replace("/active", *desired.Active)}, nil)
}

func updateIDP(ctx context.Context, t *Tenant, id string, live, desired IdentityProvider) error {
	var steps []patch
	if live.Description != desired.Description {
		steps = append(steps, replace("/description", desired.Description))
	}
	if desired.PostLogoutRedirectURI != nil && (live.PostLogoutRedirectURI == nil || *live.PostLogoutRedirectURI != *desired.PostLogoutRedirectURI) {
		steps = append(steps, replace("/postLogoutRedirectUri", *desired.PostLogoutRedirectURI))
	}
	if desired.ClockToleranceSec != nil && (live.ClockToleranceSec == nil || *live.ClockToleranceSec != *desired.ClockToleranceSec) {
		steps = append(steps, replace("/clockToleranceSec", *desired.ClockToleranceSec))
	}
	options, err := t.changedOptions(live, desired)
	if err != nil {
		return err
	}
	path := "/options"
	if desired.Interactive {
		path = "/pendingOptions"
	}
	if options != nil {
		steps = append(steps, replace(path, options))
	}
	// Active last: what people log in with is complete before they do.
	if desired.Active != nil && (live.Active == nil || *live.Active != *desired.Active) {
		steps = append(steps, replace("/active", *desired.Active))
	}
	if len(steps) > 0 {
		if err := t.call(ctx, http.MethodPatch, idpPath(id), nil, steps, nil); err != nil {
			return err
		}
	}
	if options == nil || !desired.Interactive {
		return nil
	}
	// assumed: what is pending may be put in force without a person's trying it.
	promote := []map[string]string{{"op": "promote-options"}}
	if err := t.call(ctx, http.MethodPatch, idpPath(id), nil, promote, nil); err != nil {
		return fmt.Errorf("what is new is pending, and the old is in force: %w", err)
	}
	return nil
}

// changedOptions returns the options to send, nil if they are as declared. They go
// together, so all of the secrets are sent when any of them changes.
func (t *Tenant) changedOptions(live, desired IdentityProvider) (map[string]any, error) {
	same := (desired.ClientID == "" || live.ClientID == desired.ClientID) && live.SignOnURL == desired.SignOnURL && slices.Equal(live.Certificates, desired.Certificates) &&
		(desired.ClaimsMapping == nil || maps.EqualFunc(live.ClaimsMapping, desired.ClaimsMapping, slices.Equal[[]string])) && !desired.ClientSecret.writes()
	if same || desired.Protocol == "jwtAuth" {
		return nil, nil
	}
	return t.idpOptions(desired)
}

var errInUse = errors.New("it is active, and people log in with it: make another one active first, or deactivate it with active: false")

// deleteIDP deletes none that people log in with at the moment.
func deleteIDP(ctx context.Context, t *Tenant, id string) error {
	var live idpBody
	if err := t.call(ctx, http.MethodGet, idpPath(id), nil, nil, &live); err != nil {
		return err
	}
	if live.Active && live.Interactive {
		return errInUse
	}
	return t.call(ctx, http.MethodDelete, idpPath(id), nil, nil, nil)
}
