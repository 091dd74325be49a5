package qlik

import (
	"context"
	"fmt"
	"net/http"
	"slices"
)

// PinnedLinks are the links that everybody in a tenant finds pinned, in their order.
type PinnedLinks struct {
	Links []PinnedLink `json:"links"`
}

// PinnedLink is one of them.
type PinnedLink struct {
	Name string `json:"name"`
	Link string `json:"link"`
}

const pinnedLinksPath = "/api/v1/ui-config/pinned-links"

// https://qlik.dev/apis/rest/ui-config
var _ = register(singleton("pinned-links",
	calls("GET "+pinnedLinksPath, "POST "+pinnedLinksPath+"/actions/bulk-create-pinned-links", "POST "+pinnedLinksPath+"/actions/delete-all-pinned-links"),
	readPinnedLinks, writePinnedLinks,
))

// readPinnedLinks leaves out those that somebody pinned for themselves.
func readPinnedLinks(ctx context.Context, t *Tenant) (PinnedLinks, error) {
	var body struct {
		Data []struct {
			Scope string `json:"scope"`
			PinnedLink
		} `json:"data"`
	}
	p := PinnedLinks{[]PinnedLink{}}
	err := t.call(ctx, http.MethodGet, pinnedLinksPath, nil, nil, &body)
	for _, l := range body.Data {
		if l.Scope != "user" {
			p.Links = append(p.Links, l.PinnedLink)
		}
	}
	return p, err
}

// writePinnedLinks adds those that are new at the end. Their order is that in which they
// were made, so for anything else all are made anew.
func writePinnedLinks(ctx context.Context, t *Tenant, live, desired PinnedLinks) error {
	missing, n := desired.Links, len(live.Links)
	if n <= len(desired.Links) && slices.Equal(live.Links, desired.Links[:n]) {
		missing = desired.Links[n:]
	} else if err := t.call(ctx, http.MethodPost, pinnedLinksPath+"/actions/delete-all-pinned-links", nil, nil, nil); err != nil {
		return err
	}
	if len(missing) == 0 {
		return nil
	}
	body := map[string]any{"scope": "tenant", "type": "custom-link", "links": missing}
	err := t.call(ctx, http.MethodPost, pinnedLinksPath+"/actions/bulk-create-pinned-links", nil, body, nil)
	if err != nil && len(missing) == len(desired.Links) && n > 0 {
		return fmt.Errorf("the old ones are gone, and the new ones are not there yet: %w", err)
	}
	return err
}
