package qlik

import (
	"cmp"
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/qdeploy/qdeploy/pkg/plan"
)

// After says that a task runs when another one has.
type After struct {
	Task   Ref    `json:"task"`   // or [otherEvent], or [unknownTask]
	Status string `json:"status"` // succeeded, failed or any
}

// What is after, in a spec, where it is no task that has a key.
const (
	otherEvent  Ref = "another event"
	unknownTask Ref = "an unknown task"
)

// taskEvent is what a task waits for: the end of another task, or new data.
type taskEvent struct {
	Name        string        `json:"name"`
	Source      string        `json:"source"`
	Type        string        `json:"type"`
	Correlation []correlation `json:"correlation"`
}

type correlation struct {
	Name  string `json:"contextAttributeName"`
	Value string `json:"contextAttributeValue"`
}

const (
	taskEnded    = "com.qlik.v1.task.run.finished"
	tasksChannel = "system-events.task"
)

// correlated returns what the event must have in an attribute, "" if anything.
func (e taskEvent) correlated(name string) string {
	i := slices.IndexFunc(e.Correlation, func(c correlation) bool { return c.Name == name })
	if i < 0 {
		return ""
	}
	return e.Correlation[i].Value
}

// chain is what it takes to say which task runs after which.
type chain struct {
	apps  map[string]Ref      // keys of apps by ID; "" is one that we do not see
	tasks map[string]taskBody // by ID
}

// afterOf says what a task waits for, nil if for no event.
//
// assumed: Qlik compares the status without case; its own pages have it both ways.
func (t *Tenant) afterOf(ctx context.Context, all chain, events []taskEvent) (*After, error) {
	if len(events) == 0 {
		return nil, nil
	}
	e := events[0]
	if len(events) > 1 || e.Type != taskEnded {
		return &After{otherEvent, "any"}, nil
	}
	out := &After{unknownTask, cmp.Or(strings.ToLower(e.correlated("status")), "any")}
	b, there := all.tasks[e.correlated("id")]
	if !there || strings.Contains(b.Name, "/") {
		return out, nil
	}
	app, err := t.appOf(ctx, all, b)
	if err == nil && app != "" {
		out.Task = Ref("task/" + app.Name() + "/" + b.Name)
	}
	return out, err
}

// appOf returns the key of the app of a task, "" for one that we do not see, or that is
// in no space.
func (t *Tenant) appOf(ctx context.Context, all chain, b taskBody) (Ref, error) {
	if app, asked := all.apps[b.ResourceID]; asked {
		return app, nil
	}
	all.apps[b.ResourceID] = ""
	q := everything("resourceType", "app", "resourceId", b.ResourceID, "noActions", "true")
	for i, err := range list[item](ctx, t.Client, "/api/v1/items", q) {
		if err != nil {
			return "", err
		}
		if space, ok := t.nameOf("space", i.SpaceID); ok {
			all.apps[b.ResourceID] = Ref("app/" + space + "/" + i.Name)
		}
	}
	return all.apps[b.ResourceID], nil
}

// afterIn returns the task that a declared one runs after, "" if none.
func afterIn(spec []byte) Ref {
	var task Task
	if json.Unmarshal(spec, &task) != nil || task.After == nil {
		return ""
	}
	return task.After.Task
}

// afterUses: who makes a task that runs after another must see the app of that.
//
// https://qlik.dev/toolkits/qlik-cli/scheduling/scheduling-task-resource-reload-on-task-event: CHO-015.
func afterUses(r plan.Resource) []use {
	other := afterIn(r.Spec)
	if other == "" {
		return nil
	}
	return []use{{spaceOf(plan.Key{Name: other.Name()}), [][]string{{"consumer", "facilitator", "producer", "codeveloper", "contributor", "basicconsumer", "operator"}}}}
}

// meetUpstream learns the IDs of the tasks that declared ones of a space run after, where
// these are in other spaces, of which nothing else may be read.
func (t *Tenant) meetUpstream(ctx context.Context, all chain, space string) error {
	t.mu.Lock()
	wanted := maps.Clone(t.upstream[space])
	t.mu.Unlock()
	for _, id := range slices.Sorted(maps.Keys(all.tasks)) {
		b := all.tasks[id]
		if !wanted[b.Name] {
			continue
		}
		app, err := t.appOf(ctx, all, b)
		if err != nil {
			return err
		}
		if app != "" {
			t.learnFirst(plan.Resource{Key: plan.Key{Kind: "task", Name: app.Name() + "/" + b.Name}, ID: b.ID})
		}
	}
	return nil
}

// trigger returns what of a task says when it runs, by field: a schedule or an event.
func (t *Tenant) trigger(ctx context.Context, live, desired Task) (field string, value any, err error) {
	if desired.After == nil {
		return "start", desired.schedule(live), nil
	}
	id, err := t.id(ctx, desired.After.Task)
	if err != nil {
		return "", nil, err
	}
	e := taskEvent{Name: taskSignal, Source: tasksChannel, Type: taskEnded, Correlation: []correlation{{"id", id}}}
	if desired.After.Status != "any" {
		e.Correlation = append(e.Correlation, correlation{"status", strings.ToUpper(desired.After.Status)})
	}
	return "events", []taskEvent{e}, nil
}
