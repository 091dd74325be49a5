package qlik

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/qdeploy/qdeploy/pkg/plan"
)

// Assignment is one member of a space and its roles. The fields are in the order in which
// [plan.Canonical] writes them: what is as declared is seen to be so without decoding it.
type Assignment struct {
	Assignee string   `json:"assignee"`        // group:<name>, user:<subject>, email:<address> or bot
	Group    Ref      `json:"group,omitempty"` // of a group: the same as a reference
	Roles    []string `json:"roles"`           // in any order
	Space    Ref      `json:"space"`
}

type assignmentBody struct {
	ID         string   `json:"id"`
	Type       string   `json:"type"` // user, group or bot
	AssigneeID string   `json:"assigneeId"`
	Roles      []string `json:"roles"`
}

// https://qlik.dev/apis/rest/spaces
//
// The ID of an assignment here is that of its space, a slash, and its own:
// Qlik wants both.
var _ = register(Kind[Assignment]{
	Name: "assignment",
	Calls: calls("GET /api/v1/spaces/{id}/assignments", "POST /api/v1/spaces/{id}/assignments",
		"PUT /api/v1/spaces/{id}/assignments/{id}", "DELETE /api/v1/spaces/{id}/assignments/{id}"),
	Within: true,
	Needs:  []plan.Kind{"space", "group"},
	People: func(r plan.Resource) []string {
		if a := assigneeOf(r.Key); !strings.HasPrefix(a, "group:") {
			return []string{a}
		}
		return nil
	},
	Declare: declareAssignment,
	Lacks:   lacksAssignee,
	List:    listAssignments,
	Create:  createAssignment,
	Update:  updateAssignment,
	Delete: func(ctx context.Context, t *Tenant, id string) error {
		return t.call(ctx, http.MethodDelete, assignmentPath(id), nil, nil, nil)
	},
})

// assigneeOf returns the part of an assignment's name after its space.
func assigneeOf(k plan.Key) string {
	_, assignee, _ := strings.Cut(k.Name, "/")
	return assignee
}

func assignmentsPath(spaceID string) string { return spacePath(spaceID) + "/assignments" }

func assignmentPath(id string) string {
	space, own, _ := strings.Cut(id, "/")
	return assignmentsPath(space) + "/" + url.PathEscape(own)
}

func lacksAssignee(t *Tenant, r plan.Resource, declared func(plan.Key) bool) string {
	assignee := assigneeOf(r.Key)
	name, ok := strings.CutPrefix(assignee, "group:")
	if !ok {
		return lacksPerson(t, []string{assignee}, declared)
	}
	return t.noGroup(name, declared)
}

// noGroup says that there is no group of a name, "" if there is or will be.
func (t *Tenant) noGroup(name string, declared func(plan.Key) bool) string {
	group := plan.Key{Kind: "group", Name: name}
	if _, live := t.known(group); live || declared(group) || group == everyone.key {
		return ""
	}
	return fmt.Sprintf("no group %q in this tenant", name)
}

func listAssignments(ctx context.Context, t *Tenant, space string) iter.Seq2[Item[Assignment], error] {
	return t.assignments(ctx, space, everything())
}

// assignments yields the members of a space that q asks for.
func (t *Tenant) assignments(ctx context.Context, space string, q url.Values) iter.Seq2[Item[Assignment], error] {
	return func(yield func(Item[Assignment], error) bool) {
		ref := Ref("space/" + space)
		spaceID, err := t.id(ctx, ref)
		if err != nil {
			yield(Item[Assignment]{}, err)
			return
		}
		declared := t.declared(space)
		for a, err := range list[assignmentBody](ctx, t.Client, assignmentsPath(spaceID), q) {
			if err != nil {
				yield(Item[Assignment]{}, err)
				return
			}
			spec := Assignment{Space: ref, Roles: slices.Sorted(slices.Values(a.Roles))}
			spec.Assignee, spec.Group = t.assignee(a, declared)
			if !yield(Item[Assignment]{spaceID + "/" + a.ID, space + "/" + spec.Assignee, spec}, nil) {
				return
			}
		}
	}
}

// assignee names the member of a row: as it is declared in this space, or for
// others by what is known of it.
func (t *Tenant) assignee(a assignmentBody, declared map[string]string) (assignee string, group Ref) {
	if a.Type == "group" {
		name, ok := t.nameOf("group", a.AssigneeID)
		if a.AssigneeID == everyone.id {
			name, ok = everyone.key.Name, true
		}
		if !ok {
			return "group:" + a.AssigneeID, ""
		}
		return "group:" + name, Ref("group/" + name)
	}
	t.mu.Lock()
	bot := t.bot
	t.mu.Unlock()
	if bot == a.AssigneeID && declared[bot] == "" {
		return "bot", ""
	}
	return cmp.Or(declared[a.AssigneeID], "user:"+a.AssigneeID), ""
}

func createAssignment(ctx context.Context, t *Tenant, desired Assignment) (string, error) {
	spaceID, err := t.id(ctx, desired.Space)
	if err != nil {
		return "", err
	}
	body := map[string]any{"roles": desired.Roles, "type": "user"}
	if name, ok := strings.CutPrefix(desired.Assignee, "group:"); ok {
		body["type"] = "group"
		body["assigneeId"], err = t.groupID(ctx, name)
	} else {
		body["assigneeId"], err = t.person(ctx, desired.Assignee)
	}
	if err != nil {
		return "", err
	}
	if body["type"] == "user" {
		t.declare(desired.Space.Name(), body["assigneeId"].(string), desired.Assignee)
	}
	var made assignmentBody
	if err := t.call(ctx, http.MethodPost, assignmentsPath(spaceID), nil, body, &made); err != nil {
		return "", err
	}
	if desired.Assignee == "bot" {
		t.join(spaceID)
	}
	if made.ID == "" {
		return "", fmt.Errorf("POST %s: %w: no id", assignmentsPath(spaceID), errReply)
	}
	return spaceID + "/" + made.ID, nil
}

func (t *Tenant) groupID(ctx context.Context, name string) (string, error) {
	if name == everyone.key.Name {
		return everyone.id, nil
	}
	return t.id(ctx, Ref("group/"+name))
}

// declare remembers how a user is declared in a space, so that its row is
// recognised.
func (t *Tenant) declare(space, userID, assignee string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.forms[space] == nil {
		t.forms[space] = map[string]string{}
	}
	t.forms[space][userID] = assignee
}

// declareAssignment remembers the declared form of a member who was found.
func declareAssignment(t *Tenant, r plan.Resource) {
	assignee := assigneeOf(r.Key)
	t.mu.Lock()
	ids := t.people[assignee]
	if assignee == "bot" && t.bot != "" {
		ids = []string{t.bot}
	}
	t.mu.Unlock()
	if len(ids) == 1 {
		t.declare(spaceOf(r.Key), ids[0], assignee)
	}
}

// goesBy returns the key by which the object of k is read: another than k for a
// member who is also declared by another form of the same user.
func (t *Tenant) goesBy(k plan.Key) plan.Key {
	if k.Kind != "assignment" {
		return k
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if ids := t.people[assigneeOf(k)]; len(ids) == 1 {
		return plan.Key{Kind: k.Kind, Name: spaceOf(k) + "/" + t.forms[spaceOf(k)][ids[0]]}
	}
	return k
}

func updateAssignment(ctx context.Context, t *Tenant, id string, live, desired Assignment) error {
	if sameSet(live.Roles, desired.Roles) {
		return nil
	}
	err := t.call(ctx, http.MethodPut, assignmentPath(id), nil, map[string]any{"roles": desired.Roles}, nil)
	if space, _, ok := strings.Cut(id, "/"); ok && err == nil && desired.Assignee == "bot" {
		t.join(space)
	}
	return err
}
