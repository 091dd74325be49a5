package qlik

import (
	"context"
	"encoding/json"

	"github.com/qdeploy/qdeploy/pkg/plan"
)

// reviewProviders blocks the end of what people log in with, unless the plan has another
// one take its place.
func reviewProviders(_ context.Context, _ *Tenant, p *plan.Plan) error {
	var ends []*plan.Change
	for _, c := range of(p, "identity-provider") {
		switch {
		case c.Action != plan.Delete && c.Action != plan.Replace:
			if c.Desired != nil && inUse(c.Desired) {
				return nil
			}
		case c.Live != nil && inUse(c.Live):
			ends = append(ends, c)
		}
	}
	for _, c := range ends {
		block(c, "it is active, and people log in with it", "make another one active first, or deactivate it with active: false")
	}
	return nil
}

// inUse reports whether people log in with a provider.
func inUse(r *plan.Resource) bool {
	var p IdentityProvider
	return json.Unmarshal(r.Spec, &p) == nil && p.Interactive && p.Active != nil && *p.Active
}
