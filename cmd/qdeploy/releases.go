package main

import (
	"strings"

	"github.com/qdeploy/qdeploy/pkg/ledger"
)

// releases are those that the apps of all tenants have, by the ledger, and what tells the
// content of what else is in a file. The entry of a tenant is unpacked once, however much is
// asked for.
type releases struct {
	entries map[string]ledger.Entry
	known   map[string]map[string]string // by tenant and key
}

// at returns what the ledger knows of an app in a space of a tenant.
func (r *releases) at(tenant, space, app string) place {
	key := appKey(space, app).String()
	return placeWith(r.entries[tenant], tenant, space, key, r.of(tenant, key))
}

// of returns the release of an app of a tenant, or what tells the content of something else;
// "" for what is not there.
func (r *releases) of(tenant, key string) string {
	known := r.known[tenant]
	if known == nil {
		known = map[string]string{}
		for key, spec := range r.entries[tenant].Resources.All() {
			tells := contentOf
			if strings.HasPrefix(key, "app/") {
				tells = releaseOf
			}
			if text := tells(spec); text != "" {
				known[key] = text
			}
		}
		if r.known == nil {
			r.known = map[string]map[string]string{}
		}
		r.known[tenant] = known
	}
	return known[key]
}
