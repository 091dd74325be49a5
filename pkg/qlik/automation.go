package qlik

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"maps"
	"net/http"
	"net/url"

	"github.com/qdeploy/qdeploy/pkg/automation"
	"github.com/qdeploy/qdeploy/pkg/plan"
)

// Automation is a flow of Qlik Automate in a space.
type Automation struct {
	Name        string `json:"name"`
	Space       Ref    `json:"space"`
	Description string `json:"description"`
	Enabled     bool   `json:"enabled"`
	Concurrent  *int   `json:"maxConcurrentRuns,omitempty"`
	Digest      string `json:"digest,omitempty"` // of what it does; "" of one that is not ours
	File        string `json:"file,omitempty"`   // how to apply
}

type automationBody struct {
	ID          string `json:"id"`
	Name        string `json:"name"`
	Description string `json:"description"`
	State       string `json:"state"` // available, unavailable or disabled
	SpaceID     string `json:"spaceId"`
	OwnerID     string `json:"ownerId"`
	Concurrent  *int   `json:"maxConcurrentRuns"`
}

const (
	automationsPath = "/api/workflows/automations"
	linksPath       = "/api/workflows/automation-connections"
)

func automationPath(id string) string { return automationsPath + "/" + url.PathEscape(id) }

// Its owner alone may read what an automation does and change it. To change the owner
// wipes its history and detaches its connections, so that is never done. A new tenant
// makes one only after the first listing; there is one before every plan.
//
// https://qlik.dev/apis/rest/workflows/automations
var _ = register(Kind[Automation]{
	Name: "automation",
	Calls: calls("GET /api/workflows/automations", "GET /api/workflows/automation-connections", "GET /api/workflows/automations/{id}",
		"GET /api/v1/users/me", "POST /api/workflows/automations", "PUT /api/workflows/automations/{id}",
		"POST /api/workflows/automations/{id}/actions/enable", "POST /api/workflows/automations/{id}/actions/disable",
		"DELETE /api/workflows/automations/{id}"),
	Within: true,
	Needs:  []plan.Kind{"space"},
	// assumed: who may make automations in a space; a manager of any space may.
	Uses: func(r plan.Resource) []use {
		return []use{{spaceOf(r.Key), [][]string{{"facilitator", "producer"}}}}
	},
	People:  func(plan.Resource) []string { return []string{"bot"} }, // whose are ours
	Declare: declareAutomation,
	Lacks:   lacksAutomation,
	List:    listAutomations,
	Create:  createAutomation,
	Update:  updateAutomation,
	Delete: func(ctx context.Context, t *Tenant, id string) error {
		return t.call(ctx, http.MethodDelete, automationPath(id), nil, nil, nil)
	},
})

// flows are what is known of the automations of a space.
type flows struct {
	declared map[string]bool   // by name, with the space
	foreign  map[string]bool   // those of other users
	links    map[string]string // IDs of connections by name, in the space or of our own; nil: not read
}

func (t *Tenant) flowsIn(space string) *flows {
	if t.flows[space] == nil {
		t.flows[space] = &flows{declared: map[string]bool{}, foreign: map[string]bool{}}
	}
	return t.flows[space]
}

// declareAutomation remembers what must be read one by one.
func declareAutomation(t *Tenant, r plan.Resource) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, name := range append([]string{r.Key.Name}, r.Was...) {
		t.flowsIn(spaceOf(plan.Key{Name: name})).declared[name] = true
	}
}

func lacksAutomation(t *Tenant, r plan.Resource, _ func(plan.Key) bool) string {
	t.mu.Lock()
	f := *t.flowsIn(spaceOf(r.Key))
	t.mu.Unlock()
	if f.foreign[r.Key.Name] {
		return "it belongs to another user, who alone may read and change it; to take it over would wipe its history and detach its connections, so delete it, or give yours another name"
	}
	var a Automation
	if json.Unmarshal(r.Spec, &a) != nil {
		return ""
	}
	d, err := t.definition(a)
	if err != nil { // it is what was applied once; validate sees to the files of what is declared
		return ""
	}
	for _, name := range d.Connections() {
		if f.links != nil && f.links[name] == "" {
			return fmt.Sprintf("no automation connection %q in this space, nor of qdeploy's own; make it in Qlik", name)
		}
	}
	return ""
}

// definition reads the file of an automation, if it is the one that was planned.
func (t *Tenant) definition(a Automation) (automation.Definition, error) {
	text, err := t.file(a.File)
	if err != nil {
		return automation.Definition{}, err
	}
	d, err := automation.Parse(text)
	if err == nil && a.Digest != "" && d.Digest() != a.Digest {
		err = errChanged
	}
	if err != nil {
		err = fmt.Errorf("%s: %w", a.File, err)
	}
	return d, err
}

// listAutomations lists the automations of a space, whosever they are. The listing does
// not say what they do, so those that are declared and ours are read one by one.
func listAutomations(ctx context.Context, t *Tenant, space string) iter.Seq2[Item[Automation], error] {
	return func(yield func(Item[Automation], error) bool) {
		spaceID, err := t.id(ctx, Ref("space/"+space))
		if err == nil {
			err = t.readLinks(ctx, space, spaceID)
		}
		if err != nil {
			yield(Item[Automation]{}, err)
			return
		}
		for b, err := range list[automationBody](ctx, t.Client, automationsPath, everything("listAll", "true")) {
			if err == nil && b.SpaceID != spaceID {
				continue
			}
			name := space + "/" + b.Name
			spec := Automation{Name: b.Name, Space: Ref("space/" + space), Description: b.Description, Enabled: b.State != "disabled", Concurrent: b.Concurrent}
			if err == nil {
				spec.Digest, err = t.digestOf(ctx, space, name, b)
			}
			if !yield(Item[Automation]{b.ID, name, spec}, err) || err != nil {
				return
			}
		}
	}
}

// digestOf is over what an automation does, if it is declared and ours.
func (t *Tenant) digestOf(ctx context.Context, space, name string, b automationBody) (string, error) {
	bot, err := t.self(ctx)
	if err != nil {
		return "", err
	}
	t.mu.Lock()
	f := t.flowsIn(space)
	declared := f.declared[name]
	if declared && b.OwnerID != bot {
		f.foreign[name] = true
	}
	names := map[string]string{}
	for link, id := range f.links {
		names[id] = link
	}
	t.mu.Unlock()
	if !declared || b.OwnerID != bot {
		return "", nil
	}
	var text json.RawMessage
	if err := t.call(ctx, http.MethodGet, automationPath(b.ID), nil, nil, &text); err != nil {
		return "", err
	}
	d, err := automation.Parse(text)
	if err != nil { // made by hand, and empty
		return "", nil
	}
	return d.Named(names).Digest(), nil
}

// wholeAutomation is what writing sends, and the ID of the space. PUT clears what is left out.
func (t *Tenant) wholeAutomation(ctx context.Context, a Automation) (body map[string]any, spaceID string, err error) {
	d, err := t.definition(a)
	if err != nil {
		return nil, "", err
	}
	if spaceID, err = t.id(ctx, a.Space); err != nil {
		return nil, "", err
	}
	space := a.Space.Name()
	t.mu.Lock()
	ids := maps.Clone(t.flowsIn(space).links)
	t.mu.Unlock()
	if ids == nil { // a new space, or one that has another name now
		if err := cmp.Or(t.wakeAutomations(ctx), t.readLinks(ctx, space, spaceID)); err != nil {
			return nil, "", err
		}
		t.mu.Lock()
		ids = maps.Clone(t.flowsIn(space).links)
		t.mu.Unlock()
	}
	for _, name := range d.Connections() {
		if ids[name] == "" {
			return nil, "", fmt.Errorf("automation connection %q %w", name, errAbsent)
		}
	}
	body = map[string]any{"name": a.Name, "description": a.Description, "workspace": d.Bound(ids).Workspace, "schedules": d.Schedules}
	if d.Schedules == nil {
		body["schedules"] = []any{}
	}
	if a.Concurrent != nil {
		body["maxConcurrentRuns"] = *a.Concurrent
	}
	return body, spaceID, nil
}

func createAutomation(ctx context.Context, t *Tenant, desired Automation) (string, error) {
	body, spaceID, err := t.wholeAutomation(ctx, desired)
	if err != nil {
		return "", err
	}
	body["spaceId"] = spaceID
	id, err := t.post(ctx, automationsPath, body)
	if err == nil && !desired.Enabled {
		err = t.call(ctx, http.MethodPost, automationPath(id)+"/actions/disable", nil, nil, nil)
	}
	return id, err
}

func updateAutomation(ctx context.Context, t *Tenant, id string, live, desired Automation) error {
	if desired.Concurrent == nil { // not managed: as it is
		desired.Concurrent = live.Concurrent
	}
	same := desired.Concurrent == nil || live.Concurrent != nil && *live.Concurrent == *desired.Concurrent
	if !same || live.Name != desired.Name || live.Description != desired.Description || live.Digest != desired.Digest {
		body, _, err := t.wholeAutomation(ctx, desired)
		if err != nil {
			return err
		}
		if err := t.call(ctx, http.MethodPut, automationPath(id), nil, body, nil); err != nil {
			return err
		}
	}
	if live.Enabled == desired.Enabled {
		return nil
	}
	action := "/actions/disable"
	if desired.Enabled {
		action = "/actions/enable"
	}
	return t.call(ctx, http.MethodPost, automationPath(id)+action, nil, nil, nil)
}
