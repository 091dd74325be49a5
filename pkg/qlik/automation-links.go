package qlik

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// readLinks remembers the connections that automations of a space may use.
func (t *Tenant) readLinks(ctx context.Context, space, spaceID string) error {
	bot, err := t.self(ctx)
	if err != nil {
		return err
	}
	type link struct{ ID, Name, SpaceID, OwnerID string }
	var found []link
	for l, err := range list[link](ctx, t.Client, linksPath, everything("listAll", "true")) {
		if err != nil {
			return err
		}
		if l.SpaceID == spaceID || l.SpaceID == "" && l.OwnerID == bot {
			found = append(found, l)
		}
	}
	slices.SortFunc(found, func(a, b link) int { // those of the space last, and of these the lowest ID
		return cmp.Or(strings.Compare(a.SpaceID, b.SpaceID), strings.Compare(b.ID, a.ID))
	})
	links := map[string]string{}
	for _, l := range found {
		links[l.Name] = l.ID
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.flowsIn(space).links = links
	return nil
}

// wakeAutomations lists one automation: a new tenant makes none before it was asked for a
// listing, and a space that is new had none made of it.
func (t *Tenant) wakeAutomations(ctx context.Context) error {
	return t.call(ctx, http.MethodGet, automationsPath, url.Values{"limit": {"1"}}, nil, nil)
}
