package main

import (
	"strings"

	"github.com/qdeploy/qdeploy/pkg/ledger"
)

// releases are those that the apps of all tenants have, by the ledger. The entry of a tenant
// is unpacked once, however many apps are asked for.
type releases struct {
	entries map[string]ledger.Entry
	of      map[string]map[string]string // tenant, key of an app
}

// at returns what the ledger knows of an app in a space of a tenant.
func (r *releases) at(tenant, space, app string) place {
	e, known := r.entries[tenant], r.of[tenant]
	if known == nil {
		known = map[string]string{}
		for key, spec := range e.Resources.All() {
			if strings.HasPrefix(key, "app/") {
				known[key] = releaseOf(spec)
			}
		}
		if r.of == nil {
			r.of = map[string]map[string]string{}
		}
		r.of[tenant] = known
	}
	key := appKey(space, app).String()
	return placeWith(e, tenant, space, key, known[key])
}
