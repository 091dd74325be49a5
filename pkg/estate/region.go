package estate

import "github.com/qdeploy/qdeploy/pkg/plan"

// Region is a region of Qlik Cloud and how to log in to its tenants: Client or
// APIKey is set. Secrets are named, never held.
type Region struct {
	Name   string    `json:"name"`
	Domain string    `json:"domain"` // "eu.qlikcloud.com"
	Client *Client   `json:"client,omitempty"`
	APIKey SecretRef `json:"apiKey,omitzero"`
}

// Client is an OAuth client.
type Client struct {
	ID     SecretRef `json:"id"`
	Secret SecretRef `json:"secret"`
}

// Organization is who may list all tenants.
type Organization struct {
	Client       Client `json:"client"`
	Subscription string `json:"subscription"` // the ID of the one that is looked at; "" for all
}

// Organization returns the organization of the estate, nil if it is not declared.
func (e *Estate) Organization() *Organization { return e.organization }

// checkOrganization checks where its client's secrets are.
func (l *load) checkOrganization() {
	if o := l.e.organization; o != nil {
		l.checkSecret(o.Client.ID, "organization", "client", "id")
		l.checkSecret(o.Client.Secret, "organization", "client", "secret")
	}
}

// Region returns a region by name; the zero Region if there is none. The
// regions of the estate's tenants are always there.
func (e *Estate) Region(name string) Region { return e.regions[name] }

// Regions returns the names of all regions, sorted.
func (e *Estate) Regions() []string { return sorted(e.regions) }

// Guards returns what limits a plan.
func (e *Estate) Guards() plan.Guards { return e.guards }

// checkRegions completes the regions that were decoded.
func (l *load) checkRegions() {
	for _, name := range sorted(l.e.regions) {
		r := l.e.regions[name]
		r.Name = name
		l.e.regions[name] = r
		p := Problem{Pos: l.at("regions", name)}
		switch {
		case r.Client == nil && r.APIKey.IsZero():
			p.Message = "region " + name + " does not say how to log in"
			p.Hint = `write client: {id: {env: "NAME"}, secret: {env: "NAME"}}, or apiKey: {env: "NAME"}`
		case r.Client != nil && !r.APIKey.IsZero():
			p.Message = "region " + name + " has both a client and an API key"
			p.Hint = "remove one of them"
		}
		if p.Message != "" {
			l.report(p)
		}
		if r.Client != nil {
			l.checkSecret(r.Client.ID, "regions", name, "client", "id")
			l.checkSecret(r.Client.Secret, "regions", name, "client", "secret")
		}
		if !r.APIKey.IsZero() {
			l.checkSecret(r.APIKey, "regions", name, "apiKey")
		}
	}
}
