package qlik

import (
	"context"
	"iter"
	"net/http"
	"net/url"
)

// CSPOrigin is a site that the content security policy of a tenant allows something.
type CSPOrigin struct {
	Origin      string `json:"origin"`
	Name        string `json:"name"`
	Description string `json:"description"`

	ChildSrc       bool `json:"childSrc"`
	ConnectSrc     bool `json:"connectSrc"`
	ConnectSrcWSS  bool `json:"connectSrcWSS"`
	FontSrc        bool `json:"fontSrc"`
	FormAction     bool `json:"formAction"`
	FrameAncestors bool `json:"frameAncestors"`
	FrameSrc       bool `json:"frameSrc"`
	ImgSrc         bool `json:"imgSrc"`
	MediaSrc       bool `json:"mediaSrc"`
	ObjectSrc      bool `json:"objectSrc"`
	ScriptSrc      bool `json:"scriptSrc"`
	StyleSrc       bool `json:"styleSrc"`
	WorkerSrc      bool `json:"workerSrc"`
}

const cspOriginsPath = "/api/v1/csp-origins"

// Qlik's list may hold an origin twice; which of them counts nobody can tell.
//
// https://qlik.dev/apis/rest/csp-origins
var _ = register(Kind[CSPOrigin]{
	Name:  "csp-origin",
	Calls: calls("GET /api/v1/csp-origins", "POST /api/v1/csp-origins", "PUT /api/v1/csp-origins/{id}", "DELETE /api/v1/csp-origins/{id}"),
	List:  listCSPOrigins,
	Create: func(ctx context.Context, t *Tenant, desired CSPOrigin) (string, error) {
		return t.post(ctx, cspOriginsPath, desired)
	},
	Update: func(ctx context.Context, t *Tenant, id string, live, desired CSPOrigin) error {
		if live == desired {
			return nil
		}
		return t.call(ctx, http.MethodPut, cspOriginPath(id), nil, desired, nil) // the whole of it: there is no PATCH
	},
	Delete: func(ctx context.Context, t *Tenant, id string) error {
		return t.call(ctx, http.MethodDelete, cspOriginPath(id), nil, nil, nil)
	},
})

func cspOriginPath(id string) string { return cspOriginsPath + "/" + url.PathEscape(id) }

func listCSPOrigins(ctx context.Context, t *Tenant, _ string) iter.Seq2[Item[CSPOrigin], error] {
	type body struct {
		ID string `json:"id"`
		CSPOrigin
	}
	return itemsOf(ctx, t, cspOriginsPath, everything(), func(o body) (Item[CSPOrigin], bool) {
		return Item[CSPOrigin]{o.ID, o.Origin, o.CSPOrigin}, true
	})
}
