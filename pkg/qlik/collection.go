package qlik

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"net/http"
	"net/url"
	"slices"

	"github.com/qdeploy/qdeploy/pkg/plan"
)

// Collection is a public collection of apps, or a tag that they have. What is nil is not managed.
type Collection struct {
	Name        string    `json:"name"`
	Description string    `json:"description"`
	Items       *[]string `json:"items,omitempty"` // keys of apps, in any order
	ItemsMode   Mode      `json:"itemsMode,omitempty"`
}

type collectionBody struct {
	ID          string `json:"id"`
	Name        string `json:"name"`
	Description string `json:"description"`
	Type        string `json:"type"`
}

const collectionsPath = "/api/v1/collections"

// The name of a collection may occur twice; which of them is meant nobody can tell.
var _ = register(collections("collection", "publicgoverned"))

// collections is the kind of a type of collections: public ones and tags are one
// service. Personal ones and favourites are their owners' business.
//
// The members are read from the index of items: the collection's own list has no
// links that lead on, as it is published.
//
// https://qlik.dev/apis/rest/collections, https://qlik.dev/apis/rest/items
//
// assumed: a TenantAdmin may make public collections and tags, and change those of others.
func collections(name plan.Kind, kind string) Kind[Collection] {
	return Kind[Collection]{
		Name: name,
		Calls: calls("GET /api/v1/collections", "GET /api/v1/items", "POST /api/v1/collections", "PATCH /api/v1/collections/{id}",
			"POST /api/v1/collections/{id}/items", "DELETE /api/v1/collections/{id}/items/{id}", "DELETE /api/v1/collections/{id}"),
		Needs:   []plan.Kind{"space"},
		Uses:    collectionUses,
		Declare: declareCollection,
		List: func(ctx context.Context, t *Tenant, _ string) iter.Seq2[Item[Collection], error] {
			return listCollections(ctx, t, name, kind)
		},
		Create: func(ctx context.Context, t *Tenant, desired Collection) (string, error) {
			return createCollection(ctx, t, kind, desired)
		},
		Update: updateCollection,
		Delete: func(ctx context.Context, t *Tenant, id string) error {
			return t.call(ctx, http.MethodDelete, collectionPath(id), nil, nil, nil)
		},
	}
}

func collectionPath(id string) string { return collectionsPath + "/" + url.PathEscape(id) }

// itemsIn returns the apps that the spec of a collection names.
func itemsIn(spec []byte) []string { return listIn(spec, "items") }

// collectionUses: whoever does not see an app sees it in no collection.
func collectionUses(r plan.Resource) (uses []use) {
	for _, app := range itemsIn(r.Spec) {
		space := spaceOf(plan.Key{Name: Ref(app).Name()})
		uses = append(uses, use{space, [][]string{{"consumer", "facilitator", "producer", "codeveloper", "contributor", "basicconsumer", "operator"}}})
	}
	return uses
}

// declareCollection remembers of which collections the members must be read.
func declareCollection(t *Tenant, r plan.Resource) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, name := range append([]string{r.Key.Name}, r.Was...) {
		key := plan.Key{Kind: r.Key.Kind, Name: name}
		t.gathered[key] = t.gathered[key] || itemsIn(r.Spec) != nil
	}
}

func listCollections(ctx context.Context, t *Tenant, name plan.Kind, kind string) iter.Seq2[Item[Collection], error] {
	return func(yield func(Item[Collection], error) bool) {
		for c, err := range list[collectionBody](ctx, t.Client, collectionsPath, everything("type", kind)) {
			if err == nil && c.Type != kind {
				continue
			}
			spec := Collection{Name: c.Name, Description: c.Description}
			t.mu.Lock()
			read := t.gathered[plan.Key{Kind: name, Name: c.Name}]
			t.mu.Unlock()
			if err == nil && read {
				var in map[string]string
				in, err = t.gatheredIn(ctx, c.ID)
				spec.Items = sortedKeys(in)
			}
			if !yield(Item[Collection]{c.ID, c.Name, spec}, err) || err != nil {
				return
			}
		}
	}
}

// gatheredIn returns the apps in a collection: IDs of items, by the keys of the apps.
// Personal apps are not among them.
func (t *Tenant) gatheredIn(ctx context.Context, id string) (map[string]string, error) {
	out := map[string]string{}
	q := everything("collectionId", id, "resourceType", "app", "noActions", "true")
	for i, err := range list[item](ctx, t.Client, "/api/v1/items", q) {
		if err != nil {
			return nil, err
		}
		if space, ok := t.nameOf("space", i.SpaceID); ok {
			out["app/"+space+"/"+i.Name] = i.ID
		}
	}
	return out, nil
}

func sortedKeys(m map[string]string) *[]string {
	keys := slices.AppendSeq([]string{}, maps.Keys(m))
	slices.Sort(keys)
	return &keys
}

func createCollection(ctx context.Context, t *Tenant, kind string, desired Collection) (string, error) {
	body := map[string]any{"name": desired.Name, "type": kind}
	if desired.Description != "" {
		body["description"] = desired.Description
	}
	id, err := t.post(ctx, collectionsPath, body)
	if err != nil || desired.Items == nil {
		return id, err
	}
	return id, t.gather(ctx, id, *desired.Items)
}

func updateCollection(ctx context.Context, t *Tenant, id string, live, desired Collection) error {
	var steps []patch
	if live.Name != desired.Name {
		steps = append(steps, replace("/name", desired.Name))
	}
	if live.Description != desired.Description {
		steps = append(steps, replace("/description", desired.Description))
	}
	if len(steps) > 0 {
		if err := t.call(ctx, http.MethodPatch, collectionPath(id), nil, steps, nil); err != nil {
			return err
		}
	}
	items, change := becomes(live.Items, desired.Items, desired.ItemsMode)
	if !change {
		return nil
	}
	in, err := t.gatheredIn(ctx, id)
	if err != nil {
		return err
	}
	if live.Items != nil {
		for _, app := range *live.Items {
			if item := in[app]; item == "" || slices.Contains(items, app) {
				continue
			}
			err := t.call(ctx, http.MethodDelete, collectionPath(id)+"/items/"+url.PathEscape(in[app]), nil, nil, nil)
			if err != nil && !errors.Is(err, ErrNotFound) {
				return fmt.Errorf("%s: %w", app, err)
			}
		}
	}
	return t.gather(ctx, id, slices.DeleteFunc(slices.Clone(items), func(app string) bool { return in[app] != "" }))
}

// gather puts apps into a collection; those that are in it already, unseen, stay.
func (t *Tenant) gather(ctx context.Context, id string, apps []string) error {
	for _, app := range apps {
		item, err := t.itemOf(ctx, app)
		if err != nil {
			return err
		}
		err = t.call(ctx, http.MethodPost, collectionPath(id)+"/items", nil, map[string]any{"id": item}, nil)
		if err != nil && !errors.Is(err, ErrConflict) {
			return fmt.Errorf("%s: %w", app, err)
		}
	}
	return nil
}

// itemOf returns the ID by which the index knows an app. Of a new app it hears late.
func (t *Tenant) itemOf(ctx context.Context, app string) (id string, err error) {
	appID, err := t.id(ctx, Ref(app))
	if err != nil {
		return "", err
	}
	err = t.wait(ctx, 0, func() (bool, error) {
		for i, err := range list[item](ctx, t.Client, "/api/v1/items", everything("resourceType", "app", "resourceId", appID, "noActions", "true")) {
			if err != nil {
				return false, err
			}
			id = i.ID
		}
		return id != "", nil
	})
	if err != nil {
		return "", fmt.Errorf("%s: the index of items does not show it: %w", app, err)
	}
	return id, nil
}
