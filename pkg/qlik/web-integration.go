package qlik

import (
	"context"
	"iter"
	"net/http"
	"net/url"
)

// WebIntegration lets pages of other sites log in to a tenant.
type WebIntegration struct {
	Name         string   `json:"name"`
	ValidOrigins []string `json:"validOrigins"` // in any order
}

const webIntegrationsPath = "/api/v1/web-integrations"

// https://qlik.dev/apis/rest/web-integrations
var _ = register(Kind[WebIntegration]{
	Name:  "web-integration",
	Calls: calls("GET /api/v1/web-integrations", "POST /api/v1/web-integrations", "PATCH /api/v1/web-integrations/{id}", "DELETE /api/v1/web-integrations/{id}"),
	List:  listWebIntegrations,
	Create: func(ctx context.Context, t *Tenant, desired WebIntegration) (string, error) {
		return t.post(ctx, webIntegrationsPath, desired)
	},
	Update: updateWebIntegration,
	Delete: func(ctx context.Context, t *Tenant, id string) error {
		return t.call(ctx, http.MethodDelete, webIntegrationPath(id), nil, nil, nil)
	},
})

func webIntegrationPath(id string) string { return webIntegrationsPath + "/" + url.PathEscape(id) }

func listWebIntegrations(ctx context.Context, t *Tenant, _ string) iter.Seq2[Item[WebIntegration], error] {
	type body struct {
		ID string `json:"id"`
		WebIntegration
	}
	return itemsOf(ctx, t, webIntegrationsPath, everything(), func(w body) (Item[WebIntegration], bool) {
		return Item[WebIntegration]{w.ID, w.Name, w.WebIntegration}, true
	})
}

// updateWebIntegration patches what differs. Qlik's description has the value as a
// string, and its service takes the array that the field is.
func updateWebIntegration(ctx context.Context, t *Tenant, id string, live, desired WebIntegration) error {
	var steps []patch
	if live.Name != desired.Name {
		steps = append(steps, replace("/name", desired.Name))
	}
	if !sameSet(live.ValidOrigins, desired.ValidOrigins) {
		steps = append(steps, replace("/validOrigins", desired.ValidOrigins))
	}
	if len(steps) == 0 {
		return nil
	}
	return t.call(ctx, http.MethodPatch, webIntegrationPath(id), nil, steps, nil)
}
