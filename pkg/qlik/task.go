package qlik

import (
	"cmp"
	"context"
	"encoding/json"
	"iter"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/qdeploy/qdeploy/pkg/plan"
)

// Task reloads an app on a schedule or after another task. What starts otherwise, at one
// time or when data change, has neither Recurrence nor After.
type Task struct {
	Name        string `json:"name"`
	Space       Ref    `json:"space"`
	App         Ref    `json:"app"` // fixed at creation
	Description string `json:"description"`
	Enabled     bool   `json:"enabled"`
	Recurrence  string `json:"recurrence,omitempty"` // an RRULE without "RRULE:"
	Timezone    string `json:"timezone"`
	Start       string `json:"startDateTime,omitempty"` // not managed if ""; as End
	End         string `json:"endDateTime,omitempty"`
	After       *After `json:"after,omitempty"`
	Partial     bool   `json:"partial"`
	Owner       string `json:"owner"`            // bot, or [otherUser]
	Legacy      string `json:"legacy,omitempty"` // how to apply: refuse or disable
}

// otherUser is the owner of what is not ours, in a spec: who it is would be an ID.
const otherUser = "another user"

// taskBody is a task as Qlik has it, a Serverless Workflow, as far as it matters.
type taskBody struct {
	ID          string `json:"id"`
	Name        string `json:"name"`
	Description string `json:"description"`
	Enabled     bool   `json:"enabled"`
	ResourceID  string `json:"resourceId"`
	Start       *struct {
		Schedule schedule `json:"schedule"`
	} `json:"start"`
	Events []taskEvent `json:"events"`
	States []struct {
		OnEvents []struct {
			Actions []struct {
				FunctionRef functionRef `json:"functionRef"`
			} `json:"actions"`
		} `json:"onEvents"`
	} `json:"states"`
	Metadata struct {
		OwnerID string `json:"ownerId"`
	} `json:"metadata"`
}

// schedule is when a task runs. Qlik also takes one as text, which nothing here makes.
type schedule struct {
	Recurrence string `json:"recurrence,omitempty"`
	Start      string `json:"startDateTime,omitempty"`
	End        string `json:"endDateTime,omitempty"`
	Timezone   string `json:"timezone,omitempty"`
}

// UnmarshalJSON reads a schedule that is text as one without a recurrence.
func (s *schedule) UnmarshalJSON(b []byte) error {
	type plain schedule
	if len(b) > 0 && b[0] == '"' {
		*s = schedule{}
		return nil
	}
	return json.Unmarshal(b, (*plain)(s))
}

// functionRef is what a task does; as text it has no arguments.
type functionRef struct{ Partial bool }

// UnmarshalJSON reads it.
func (f *functionRef) UnmarshalJSON(b []byte) error {
	var v struct {
		Arguments struct {
			Partial bool `json:"partial"`
		} `json:"arguments"`
	}
	if len(b) > 0 && b[0] == '{' {
		if err := json.Unmarshal(b, &v); err != nil {
			return err
		}
	}
	f.Partial = v.Arguments.Partial
	return nil
}

const (
	tasksPath  = "/api/scheduling/tasks"
	legacyPath = "/api/v1/reload-tasks"
)

func taskPath(id string) string { return tasksPath + "/" + url.PathEscape(id) }

// A task runs as its owner, and whoever changes it becomes that.
//
// https://qlik.dev/apis/rest/scheduling/tasks
var _ = register(Kind[Task]{
	Name: "task",
	Calls: calls("GET /api/scheduling/tasks", "GET /api/v1/items", "GET /api/v1/users/me", "GET /api/v1/reload-tasks",
		"POST /api/scheduling/tasks", "GET /api/scheduling/tasks/{id}", "PATCH /api/scheduling/tasks/{id}", "DELETE /api/scheduling/tasks/{id}"),
	Within: true,
	Sees:   func(role string) bool { return !slices.Contains(blind, role) },
	Needs:  []plan.Kind{"space"},
	// The right to reload the app: as [appUses] has it, and a manager has both.
	Uses: func(r plan.Resource) []use {
		return append(afterUses(r), use{spaceOf(r.Key), [][]string{{"facilitator", "publisher", "producer", "codeveloper"}}})
	},
	People:  func(plan.Resource) []string { return []string{"bot"} }, // whose are ours
	Declare: declareTask,
	Lacks:   lacksTask,
	Warns:   warnsTask,
	List:    listTasks,
	Create:  createTask,
	Update:  updateTask,
	Delete: func(ctx context.Context, t *Tenant, id string) error {
		return t.call(ctx, http.MethodDelete, taskPath(id), nil, nil, nil)
	},
})

// listTasks lists the tasks of the apps in a space. The app is read by its ID, so that
// the index of apps is read too. Names with a slash are left out: nobody can declare them.
func listTasks(ctx context.Context, t *Tenant, space string) iter.Seq2[Item[Task], error] {
	return func(yield func(Item[Task], error) bool) {
		found, err := t.tasksIn(ctx, space)
		if err != nil {
			yield(Item[Task]{}, err)
			return
		}
		for _, item := range found {
			if !yield(item, nil) {
				return
			}
		}
	}
}

func (t *Tenant) tasksIn(ctx context.Context, space string) ([]Item[Task], error) {
	ref := Ref("space/" + space)
	spaceID, err := t.id(ctx, ref)
	if err != nil {
		return nil, err
	}
	all := chain{apps: map[string]Ref{}, tasks: map[string]taskBody{}}
	for i, err := range t.items(ctx, spaceID, "") {
		if err != nil {
			return nil, err
		}
		all.apps[i.ResourceID] = Ref("app/" + space + "/" + i.Name)
	}
	here := maps.Clone(all.apps)
	var ours []taskBody
	of := map[string][]taskBody{} // by ID of the app
	for b, err := range list[taskBody](ctx, t.Client, tasksPath, everything()) {
		if err != nil {
			return nil, err
		}
		all.tasks[b.ID] = b
		if here[b.ResourceID] != "" && !strings.Contains(b.Name, "/") {
			ours = append(ours, b)
			of[b.ResourceID] = append(of[b.ResourceID], b)
		}
	}
	var out []Item[Task]
	for _, b := range ours {
		app := here[b.ResourceID]
		owner, err := t.ownerName(ctx, b.Metadata.OwnerID)
		if err != nil {
			return nil, err
		}
		spec := b.spec(ref, app, owner)
		if spec.After, err = t.afterOf(ctx, all, b.Events); err != nil {
			return nil, err
		}
		out = append(out, Item[Task]{b.ID, app.Name() + "/" + b.Name, spec})
	}
	if err := t.meetUpstream(ctx, all, space); err != nil {
		return nil, err
	}
	return out, t.noteReloads(ctx, here, of)
}

// ownerName says whose something is: the bot's or another user's.
func (t *Tenant) ownerName(ctx context.Context, id string) (string, error) {
	bot, err := t.self(ctx)
	if err == nil && id != bot {
		return otherUser, nil
	}
	return "bot", err
}

func (b taskBody) spec(space, app Ref, owner string) Task {
	out := Task{Name: b.Name, Space: space, App: app, Description: b.Description, Enabled: b.Enabled, Timezone: "UTC", Owner: owner}
	if b.Start != nil {
		s := b.Start.Schedule
		out.Recurrence, out.Timezone = strings.TrimPrefix(strings.ToUpper(s.Recurrence), "RRULE:"), cmp.Or(s.Timezone, "UTC")
		out.Start, out.End = s.Start, s.End
	}
	for _, s := range b.States {
		for _, e := range s.OnEvents {
			for _, a := range e.Actions {
				out.Partial = out.Partial || a.FunctionRef.Partial
			}
		}
	}
	return out
}
