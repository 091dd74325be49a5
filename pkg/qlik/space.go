package qlik

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"net/http"
	"net/url"
	"slices"

	"github.com/qdeploy/qdeploy/pkg/plan"
)

// Space holds apps, data and their members. The order of the fields is as that of [Assignment].
type Space struct {
	Description string `json:"description"`
	Name        string `json:"name"`
	Owner       string `json:"owner,omitempty"` // user:<subject> or email:<address>
	Type        string `json:"type"`            // shared, managed or data; fixed at creation
}

// spaceBody is a space as Qlik writes it.
type spaceBody struct {
	ID          string `json:"id"`
	Name        string `json:"name"`
	Type        string `json:"type"`
	Description string `json:"description"`
	OwnerID     string `json:"ownerId"`
	Created     moment `json:"createdAt"`
	Meta        struct {
		Roles []string `json:"roles"`
	} `json:"meta"`
}

// patch is one step of a JSON patch; all that we do is replace.
type patch struct {
	Op    string `json:"op"`
	Path  string `json:"path"`
	Value any    `json:"value,omitempty"` // nil for "remove", which has none
}

func replace(path string, value any) patch { return patch{"replace", path, value} }

// https://qlik.dev/apis/rest/spaces
var _ = register(Kind[Space]{
	Name: "space",
	Calls: calls("GET /api/v1/spaces", "POST /api/v1/spaces",
		"PATCH /api/v1/spaces/{id}", "DELETE /api/v1/spaces/{id}"),
	People: func(r plan.Resource) []string {
		if owner := ownerIn(r.Spec); owner != "" {
			return []string{owner}
		}
		return nil
	},
	Declare: func(t *Tenant, r plan.Resource) { // for the others it is not managed, and not shown
		owner := ownerIn(r.Spec)
		t.mu.Lock()
		defer t.mu.Unlock()
		for _, name := range append([]string{r.Key.Name}, r.Was...) {
			if owner != "" {
				t.owners[name] = append(t.owners[name], owner)
			}
		}
	},
	Lacks: func(t *Tenant, r plan.Resource, declared func(plan.Key) bool) string {
		if owner := ownerIn(r.Spec); owner != "" {
			return lacksPerson(t, []string{owner}, declared)
		}
		return ""
	},
	List:   listSpaces,
	Create: createSpace,
	Update: updateSpace,
	Delete: func(ctx context.Context, t *Tenant, id string) error {
		return t.call(ctx, http.MethodDelete, spacePath(id), nil, nil, nil) // 412 if not empty
	},
})

func spacePath(id string) string { return "/api/v1/spaces/" + url.PathEscape(id) }

func listSpaces(ctx context.Context, t *Tenant, _ string) iter.Seq2[Item[Space], error] {
	return itemsOf(ctx, t, "/api/v1/spaces", everything(), func(s spaceBody) (Item[Space], bool) {
		t.see(s)
		return Item[Space]{s.ID, s.Name, Space{Name: s.Name, Type: s.Type, Description: s.Description, Owner: t.ownerOf(s)}}, true
	})
}

// see remembers what the engine's own rights in a space follow from.
func (t *Tenant) see(s spaceBody) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.spaces[s.ID] = facts{s.OwnerID, s.Meta.Roles, s.Created.Time}
}

// ownerIn returns the owner that a space declares, "" for none. It is asked of every space
// more than once, and most declare none.
func ownerIn(spec []byte) string {
	var s Space
	if !bytes.Contains(spec, []byte(`"owner"`)) || json.Unmarshal(spec, &s) != nil {
		return ""
	}
	return s.Owner
}

// ownerOf returns the owner of a space as it is declared, or by ID when it is
// someone else.
func (t *Tenant) ownerOf(s spaceBody) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.owners[s.Name]) == 0 {
		return ""
	}
	for _, owner := range slices.Backward(t.owners[s.Name]) {
		if slices.Contains(t.people[owner], s.OwnerID) {
			return owner
		}
	}
	return "user:" + s.OwnerID
}

func createSpace(ctx context.Context, t *Tenant, desired Space) (string, error) {
	body := map[string]string{"name": desired.Name, "type": desired.Type}
	if desired.Description != "" {
		body["description"] = desired.Description
	}
	var made spaceBody
	if err := t.call(ctx, http.MethodPost, "/api/v1/spaces", nil, body, &made); err != nil {
		return "", err
	}
	if made.ID == "" {
		return "", fmt.Errorf("POST /api/v1/spaces: %w: no id", errReply)
	}
	t.see(made)
	t.join(made.ID)
	if desired.Owner == "" {
		return made.ID, nil
	}
	live := Space{Name: made.Name, Type: made.Type, Description: made.Description}
	t.learn(plan.Key{Kind: "space", Name: desired.Name}, made.ID) // though the owner may fail
	return made.ID, updateSpace(ctx, t, made.ID, live, desired)
}

// join remembers that this run made a space or became a member of it: for a
// while, publishing there may fail, and lists show more than before.
func (t *Tenant) join(spaceID string) {
	t.words().writes()
	t.mu.Lock()
	defer t.mu.Unlock()
	t.fresh[spaceID] = true
}

func updateSpace(ctx context.Context, t *Tenant, id string, live, desired Space) error {
	if live.Type != desired.Type {
		return fmt.Errorf("it is a %s space; the type of a space cannot be changed to %s", live.Type, desired.Type)
	}
	var steps []patch
	if live.Name != desired.Name {
		steps = append(steps, replace("/name", desired.Name))
	}
	if live.Description != desired.Description {
		steps = append(steps, replace("/description", desired.Description))
	}
	if desired.Owner != "" && live.Owner != desired.Owner {
		owner, err := t.person(ctx, desired.Owner)
		if err != nil {
			return fmt.Errorf("owner: %w", err)
		}
		steps = append(steps, replace("/ownerId", owner))
	}
	if len(steps) == 0 {
		return nil
	}
	return t.call(ctx, http.MethodPatch, spacePath(id), nil, steps, nil)
}
