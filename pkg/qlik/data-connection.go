package qlik

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/qdeploy/qdeploy/pkg/plan"
)

// DataConnection is where apps of a space load data from. Properties are those of
// its connector; Qlik takes secret ones among them, and gives those back never.
type DataConnection struct {
	Name         string             `json:"name"`
	Space        Ref                `json:"space"`
	DatasourceID string             `json:"datasourceID"` // the connector; fixed at creation
	Properties   map[string]any     `json:"connectionProperties,omitempty"`
	Secrets      map[string]*Secret `json:"secretProperties,omitempty"`
	Tags         *[]string          `json:"tags,omitempty"` // in any order

	File  string `json:"file,omitempty"`  // what the estate took some of it from
	Shape string `json:"shape,omitempty"` // the digest of that
}

type connectionBody struct {
	ID           string         `json:"qID"`
	Name         string         `json:"qName"`
	Space        string         `json:"space"`
	DatasourceID string         `json:"datasourceID"`
	Tags         []string       `json:"tags"`
	Properties   map[string]any `json:"connectionProperties"` // only when one is read, and asked for
}

const connectionsPath = "/api/v1/data-connections"

// https://qlik.dev/apis/rest/data-connections
//
// A name is unique in a space: making a second one is a conflict.
var _ = register(Kind[DataConnection]{
	Name:   "data-connection",
	Calls:  calls("GET /api/v1/data-connections", "GET /api/v1/data-connections/{id}", "POST /api/v1/data-connections", "PATCH /api/v1/data-connections/{id}", "DELETE /api/v1/data-connections/{id}"),
	Within: true,
	Sees:   seesConnections,
	Needs:  []plan.Kind{"space"},
	// assumed: who may make connections in a space; a managed one has no producers.
	Uses: func(r plan.Resource) []use {
		return []use{{spaceOf(r.Key), [][]string{{"facilitator", "producer"}}}}
	},
	Declare: declareConnection,
	List:    listConnections,
	Create:  createConnection,
	Update:  updateConnection,
	Delete: func(ctx context.Context, t *Tenant, id string) error {
		return t.call(ctx, http.MethodDelete, connectionPath(id), nil, nil, nil)
	},
})

func connectionPath(id string) string { return connectionsPath + "/" + url.PathEscape(id) }

// declareConnection remembers which connections must be read one by one, and which
// of their properties are secret.
func declareConnection(t *Tenant, r plan.Resource) {
	var c DataConnection
	if json.Unmarshal(r.Spec, &c) != nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, name := range append([]string{r.Key.Name}, r.Was...) {
		t.sealed[name] = append(t.sealed[name], slices.Collect(maps.Keys(c.Secrets))...)
	}
}

// connectionsIn yields the connections of a space, but for those to its files.
func (t *Tenant) connectionsIn(ctx context.Context, spaceID string) iter.Seq2[connectionBody, error] {
	return func(yield func(connectionBody, error) bool) {
		for c, err := range list[connectionBody](ctx, t.Client, connectionsPath, everything("noDatafiles", "true", "spaceId", spaceID)) {
			if err == nil && c.Space != spaceID {
				continue
			}
			if !yield(c, err) || err != nil {
				return
			}
		}
	}
}

// listConnections lists the connections of a space. The listing has no properties,
// so those that are declared are read one by one.
func listConnections(ctx context.Context, t *Tenant, space string) iter.Seq2[Item[DataConnection], error] {
	return func(yield func(Item[DataConnection], error) bool) {
		ref := Ref("space/" + space)
		spaceID, err := t.id(ctx, ref)
		if err != nil {
			yield(Item[DataConnection]{}, err)
			return
		}
		for c, err := range t.connectionsIn(ctx, spaceID) {
			name := space + "/" + c.Name
			t.mu.Lock()
			sealed, declared := t.sealed[name]
			t.mu.Unlock()
			if err == nil && declared {
				err = t.call(ctx, http.MethodGet, connectionPath(c.ID), url.Values{"parseConnection": {"true"}}, nil, &c)
			}
			if err != nil {
				yield(Item[DataConnection]{}, err)
				return
			}
			if !yield(Item[DataConnection]{c.ID, name, c.spec(ref, sealed)}, nil) {
				return
			}
		}
	}
}

// spec is what is live. Of secrets Qlik says nothing at all.
func (c connectionBody) spec(space Ref, sealed []string) DataConnection {
	tags := append([]string{}, c.Tags...)
	out := DataConnection{Name: c.Name, Space: space, DatasourceID: c.DatasourceID, Properties: maps.Clone(c.Properties), Tags: &tags}
	for _, name := range sealed {
		if out.Secrets == nil {
			out.Secrets = map[string]*Secret{}
		}
		out.Secrets[name] = held(true)
		delete(out.Properties, name) // masked, in some connectors
	}
	return out
}

func createConnection(ctx context.Context, t *Tenant, desired DataConnection) (string, error) {
	spaceID, err := t.id(ctx, desired.Space)
	if err != nil {
		return "", err
	}
	properties := map[string]any{}
	maps.Copy(properties, desired.Properties)
	for _, name := range slices.Sorted(maps.Keys(desired.Secrets)) {
		if properties[name], err = t.secret(desired.Secrets[name]); err != nil {
			return "", fmt.Errorf("secretProperties/%s: %w", name, err)
		}
	}
	body := map[string]any{"qName": desired.Name, "space": spaceID, "datasourceID": desired.DatasourceID, "connectionProperties": properties}
	if desired.Tags != nil {
		body["tags"] = *desired.Tags
	}
	var made connectionBody
	if err := t.call(ctx, http.MethodPost, connectionsPath, nil, body, &made); err != nil {
		return "", err
	}
	if made.ID == "" { // a source that wants a person to log in answers an address instead
		return "", fmt.Errorf("POST %s: %w: no id; does %s want somebody to log in?", connectionsPath, errReply, desired.DatasourceID)
	}
	return made.ID, nil
}

// addresses are the properties that Qlik changes only together with credentials.
var addresses = []string{"host", "server", "url"}

func updateConnection(ctx context.Context, t *Tenant, id string, live, desired DataConnection) error {
	if live.DatasourceID != desired.DatasourceID {
		return fmt.Errorf("its connector is %s; that cannot be changed to %s", live.DatasourceID, desired.DatasourceID)
	}
	var steps []patch
	if live.Name != desired.Name {
		steps = append(steps, replace("/qName", desired.Name))
	}
	if live.Space != desired.Space {
		spaceID, err := t.id(ctx, desired.Space)
		if err != nil {
			return err
		}
		steps = append(steps, replace("/space", spaceID))
	}
	if desired.Tags != nil && (live.Tags == nil || !sameSet(*live.Tags, *desired.Tags)) {
		steps = append(steps, replace("/tags", *desired.Tags))
	}
	all := false
	for _, name := range slices.Sorted(maps.Keys(desired.Properties)) {
		if was, ok := live.Properties[name]; !ok || fmt.Sprint(was) != fmt.Sprint(desired.Properties[name]) {
			steps = append(steps, replace(propertyPath(name), desired.Properties[name]))
			all = all || slices.Contains(addresses, name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(desired.Secrets)) {
		s := desired.Secrets[name]
		if !all && !s.writes() {
			continue
		}
		v, err := t.secret(s)
		if err != nil {
			return fmt.Errorf("secretProperties/%s: %w", name, err)
		}
		steps = append(steps, replace(propertyPath(name), v))
	}
	if len(steps) == 0 {
		return nil
	}
	return t.call(ctx, http.MethodPatch, connectionPath(id), nil, steps, nil)
}

func propertyPath(name string) string {
	return "/connectionProperties/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(name)
}
