package qlik

import (
	"context"
	"fmt"
)

// Running returns the release of each app in some spaces, as descriptions have it, by
// "space/name": "" for an app that qdeploy did not publish. It takes one listing of
// spaces and one of items. A space that is not there has no apps.
//
// https://qlik.dev/apis/rest/items
func (t *Tenant) Running(ctx context.Context, spaces []string) (map[string]string, error) {
	name := map[string]string{}
	for s, err := range list[spaceBody](ctx, t.Client, "/api/v1/spaces", everything()) {
		if err != nil {
			return nil, err
		}
		name[s.ID] = s.Name
	}
	wanted := map[string]bool{}
	for _, s := range spaces {
		wanted[s] = true
	}
	out := map[string]string{}
	type placed struct {
		item
		SpaceID string `json:"spaceId"`
	}
	for i, err := range list[placed](ctx, t.Client, "/api/v1/items", everything("resourceType", "app", "noActions", "true")) {
		if err != nil {
			return nil, fmt.Errorf("items: %w", err)
		}
		if space := name[i.SpaceID]; wanted[space] {
			out[space+"/"+i.Name], _ = unstamped(i.Description)
		}
	}
	return out, nil
}
