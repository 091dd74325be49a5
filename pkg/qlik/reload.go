package qlik

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"time"
)

// Reload is a reload of an app that has ended.
type Reload struct {
	ID      string
	Status  string // SUCCEEDED, FAILED, CANCELED or EXCEEDED_LIMIT
	Created time.Time
	Error   string // Qlik's code, "" if it gave none
}

// Failed reports whether it did not do its work, for whatever reason but that
// somebody canceled it.
func (r Reload) Failed() bool { return r.Status != "SUCCEEDED" && r.Status != "CANCELED" }

// reloadEnds are the states that a reload ends in.
var reloadEnds = []string{"SUCCEEDED", "FAILED", "CANCELED", "EXCEEDED_LIMIT"}

// LastReloads returns, by app, the newest reload that was created since a time, which
// since has for each app that is asked about, and that has ended in another way than by
// being canceled. Apps without one are not in it; an app that is not in the space is an
// error.
//
// https://qlik.dev/apis/rest/reloads
func (t *Tenant) LastReloads(ctx context.Context, space string, since map[string]time.Time) (map[string]Reload, error) {
	return ofApps(ctx, t, space, since, t.lastReload)
}

// ofApps asks for something of apps of a space, by their IDs.
func ofApps[S, T any](ctx context.Context, t *Tenant, space string, apps map[string]S, ask func(context.Context, string, S) (T, bool, error)) (map[string]T, error) {
	spaceID, err := t.id(ctx, Ref("space/"+space))
	if err != nil {
		return nil, err
	}
	ids := map[string]string{}
	for i, err := range t.items(ctx, spaceID, "") {
		if err != nil {
			return nil, err
		}
		ids[i.Name] = i.ResourceID
	}
	out := map[string]T{}
	for _, app := range slices.Sorted(maps.Keys(apps)) {
		id, ok := ids[app]
		if !ok {
			return nil, fmt.Errorf("space/%s has no app %q", space, app)
		}
		one, ok, err := ask(ctx, id, apps[app])
		if err != nil {
			return nil, fmt.Errorf("app/%s/%s: %w", space, app, err)
		}
		if ok {
			out[app] = one
		}
	}
	return out, nil
}

// lastReload reads one page: the newest come first, and one that has ended is among
// the first hundred.
func (t *Tenant) lastReload(ctx context.Context, id string, since time.Time) (Reload, bool, error) {
	var p page[struct {
		ID      string `json:"id"`
		Status  string `json:"status"`
		Created moment `json:"creationTime"`
		Code    string `json:"errorCode"`
	}]
	q := everything("appId", id, "sort", "-creationTime")
	if err := t.call(ctx, http.MethodGet, "/api/v1/reloads", q, nil, &p); err != nil {
		return Reload{}, false, err
	}
	for _, r := range p.Data {
		if !r.Created.Before(since) && slices.Contains(reloadEnds, r.Status) && r.Status != "CANCELED" {
			return Reload{r.ID, r.Status, r.Created.Time, r.Code}, true, nil
		}
	}
	return Reload{}, false, nil
}
