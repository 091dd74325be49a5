package qlik

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/qdeploy/qdeploy/pkg/plan"
)

// ErrNotEmpty says that a space holds something, so that Qlik does not delete it.
var ErrNotEmpty = errors.New("the space is not empty")

// Thing is something that a space holds.
type Thing struct {
	ID        string
	Kind      string // Qlik's resource type, such as app or note; "connection" for a data connection
	Name      string
	Release   string    // of an app that qdeploy published, see [App]; "" of all else
	CreatedAt time.Time // of an app; zero where Qlik does not say
}

// Published reports whether it is an app, and qdeploy published it.
func (x Thing) Published() bool { return x.Kind == "app" && strings.Contains(x.Release, "+q.") }

// Contents returns what a managed space holds, by kind, name and ID: what the index of
// items shows, which lags behind, and data connections. Data files are in neither, but
// for those that Qlik made datasets of. Unknown is not empty: when the engine may not see all that is there,
// the error is [ErrNotManaging]. Of a space that is not there the list is empty.
//
// https://qlik.dev/apis/rest/items, https://qlik.dev/apis/rest/data-connections
func (t *Tenant) Contents(ctx context.Context, space string) ([]Thing, error) {
	id, err := t.id(ctx, Ref("space/"+space))
	if errors.Is(err, errAbsent) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if err := t.manages(ctx, id); err != nil {
		return nil, fmt.Errorf("space/%s: %w", space, err)
	}
	type typed struct {
		item
		Type string `json:"resourceType"`
	}
	var out []Thing
	for i, err := range list[typed](ctx, t.Client, "/api/v1/items", everything("spaceId", id, "noActions", "true")) {
		if err != nil {
			return nil, fmt.Errorf("space/%s: %w", space, err)
		}
		release, _ := unstamped(i.Description)
		out = append(out, Thing{ID: i.ResourceID, Kind: i.Type, Name: i.Name, Release: release, CreatedAt: i.Created.Time})
	}
	for c, err := range t.connectionsIn(ctx, id) {
		if err != nil {
			return nil, fmt.Errorf("space/%s: %w", space, err)
		}
		out = append(out, Thing{ID: c.ID, Kind: "connection", Name: c.Name})
	}
	slices.SortFunc(out, func(a, b Thing) int {
		return cmp.Or(strings.Compare(a.Kind, b.Kind), strings.Compare(a.Name, b.Name), strings.Compare(a.ID, b.ID))
	})
	return out, nil
}

// manages fails with [ErrNotManaging] unless the engine owns a space or manages it.
func (t *Tenant) manages(ctx context.Context, spaceID string) error {
	bot, err := t.self(ctx)
	if err != nil {
		return err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if f := t.spaces[spaceID]; f.owner != bot && !slices.Contains(f.roles, "facilitator") {
		return ErrNotManaging
	}
	return nil
}

// Discard deletes an app or a data connection. One that is gone is removed.
func (t *Tenant) Discard(ctx context.Context, x Thing) error {
	switch x.Kind {
	case "app":
		return t.Remove(ctx, x.ID)
	case "connection":
		err := t.call(ctx, http.MethodDelete, connectionPath(x.ID), nil, nil, nil)
		if errors.Is(err, ErrNotFound) {
			return nil
		}
		return err
	}
	return fmt.Errorf("%s %q is not deleted by qdeploy", x.Kind, x.Name)
}

// RemoveSpace deletes a space. One that is gone is removed; of one that holds
// something the error is an [ErrNotEmpty].
//
// https://qlik.dev/apis/rest/spaces
func (t *Tenant) RemoveSpace(ctx context.Context, space string) error {
	key := plan.Key{Kind: "space", Name: space}
	err := t.Do(ctx, plan.Change{Action: plan.Delete, Key: key, Live: &plan.Resource{Key: key}})
	var e *Error
	if errors.As(err, &e) && e.Status == http.StatusPreconditionFailed {
		return fmt.Errorf("%w: %w", ErrNotEmpty, err)
	}
	return err
}

// BeginReload has an app load its data. It does not wait for the end.
//
// https://qlik.dev/apis/rest/reloads
func (t *Tenant) BeginReload(ctx context.Context, app plan.Key) error {
	id, err := t.id(ctx, Ref(app.String()))
	if err != nil {
		return err
	}
	return t.call(ctx, http.MethodPost, "/api/v1/reloads", nil, map[string]any{"appId": id}, nil)
}

// MirrorMembers gives a managed space that the engine made the members of another one,
// with the same roles, and takes away those that the other does not have. Whoever owns
// the other, if that is not the engine, manages this one. Members of type bot stay
// what they are, in both.
//
// https://qlik.dev/apis/rest/spaces
func (t *Tenant) MirrorMembers(ctx context.Context, from, to string) error {
	bot, err := t.self(ctx)
	if err != nil {
		return err
	}
	want, fromID, err := t.members(ctx, from, bot)
	if err != nil {
		return err
	}
	have, id, err := t.members(ctx, to, bot)
	if err != nil {
		return err
	}
	owner := t.ownerID(fromID)
	want[owner] = assignmentBody{Type: "user", AssigneeID: owner, Roles: []string{"facilitator"}}
	delete(want, bot)
	delete(want, t.ownerID(id))
	for _, assignee := range slices.Sorted(maps.Keys(want)) {
		if err := t.mirror(ctx, id, have[assignee], want[assignee]); err != nil {
			return fmt.Errorf("members of space/%s: %w", to, err)
		}
	}
	for _, assignee := range slices.Sorted(maps.Keys(have)) {
		if _, stays := want[assignee]; stays {
			continue
		}
		err := t.call(ctx, http.MethodDelete, assignmentPath(id+"/"+have[assignee].ID), nil, nil, nil)
		if err != nil && !errors.Is(err, ErrNotFound) {
			return fmt.Errorf("members of space/%s: %w", to, err)
		}
	}
	return nil
}

// mirror makes one member of a space what it is in another; have is zero where it is
// none yet.
func (t *Tenant) mirror(ctx context.Context, spaceID string, have, want assignmentBody) error {
	body := map[string]any{"roles": want.Roles}
	switch {
	case have.ID == "":
		body["type"], body["assigneeId"] = want.Type, want.AssigneeID
		return t.call(ctx, http.MethodPost, assignmentsPath(spaceID), nil, body, nil)
	case sameSet(have.Roles, want.Roles):
		return nil
	}
	return t.call(ctx, http.MethodPut, assignmentPath(spaceID+"/"+have.ID), nil, body, nil)
}

// members returns the users and groups with a row in a space, by their IDs, but for
// the engine; and the ID of the space.
func (t *Tenant) members(ctx context.Context, space, bot string) (map[string]assignmentBody, string, error) {
	id, err := t.id(ctx, Ref("space/"+space))
	if err != nil {
		return nil, "", err
	}
	out := map[string]assignmentBody{}
	for a, err := range list[assignmentBody](ctx, t.Client, assignmentsPath(id), everything()) {
		if err != nil {
			return nil, "", fmt.Errorf("members of space/%s: %w", space, err)
		}
		if a.Type != "bot" && a.AssigneeID != bot {
			out[a.AssigneeID] = a
		}
	}
	return out, id, nil
}

func (t *Tenant) ownerID(spaceID string) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.spaces[spaceID].owner
}
