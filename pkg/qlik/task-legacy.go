package qlik

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"path"
	"slices"
	"strings"

	"github.com/qdeploy/qdeploy/pkg/plan"
)

// declareTask remembers the apps of which the old tasks are asked for, and the names of
// the tasks that others run after.
func declareTask(t *Tenant, r plan.Resource) {
	var task Task
	if json.Unmarshal(r.Spec, &task) != nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.scheduled[task.App] = &reloads{}
	if task.After == nil {
		return
	}
	for _, name := range append([]string{r.Key.Name}, r.Was...) {
		space := spaceOf(plan.Key{Name: name})
		if t.upstream[space] == nil {
			t.upstream[space] = map[string]bool{}
		}
		t.upstream[space][path.Base(string(task.After.Task))] = true
	}
}

// reloads is what reloads a scheduled app.
type reloads struct {
	id      string   // of the app; "" if it is not there
	running []string // IDs of our own tasks that are enabled
	old     []string // legacy ones that are enabled, if there are no others: what to call them
}

func (t *Tenant) reloadsOf(r plan.Resource) (Task, reloads) {
	var task Task
	_ = json.Unmarshal(r.Spec, &task) // what cannot be read refers to no app
	t.mu.Lock()
	defer t.mu.Unlock()
	if f := t.scheduled[task.App]; f != nil {
		return task, *f
	}
	return task, reloads{}
}

func lacksTask(t *Tenant, r plan.Resource, declared func(plan.Key) bool) string {
	task, live := t.reloadsOf(r)
	_, space := t.known(plan.Key{Kind: "space", Name: spaceOf(r.Key)})
	switch {
	case live.id == "" && (space || !declared(plan.Key{Kind: "space", Name: spaceOf(r.Key)})) && !declared(plan.Key{Kind: "app", Name: task.App.Name()}):
		return fmt.Sprintf("no app %q in this space, and no environment publishes it there", strings.TrimPrefix(task.App.Name(), spaceOf(r.Key)+"/"))
	case len(live.old) > 0 && task.Legacy != "disable":
		return fmt.Sprintf(`the app has %s of the old kind, which Qlik would disable; delete what is not wanted, or write legacy: "disable"`, oldTasks(live.old))
	}
	if task.After == nil {
		return ""
	}
	other := plan.Key{Kind: "task", Name: task.After.Task.Name()}
	if _, there := t.known(other); there || declared(other) {
		return ""
	}
	return fmt.Sprintf("no %s, and it is not declared; it would never run", other)
}

func warnsTask(t *Tenant, r plan.Resource) string {
	task, live := t.reloadsOf(r)
	if len(live.old) == 0 || task.Legacy != "disable" {
		return ""
	}
	return fmt.Sprintf("once it has this task, Qlik disables %s of its app that are of the old kind", oldTasks(live.old))
}

func oldTasks(old []string) string {
	if len(old) == 1 {
		return "1 reload task (" + old[0] + ")"
	}
	return fmt.Sprintf("%d reload tasks (%s)", len(old), strings.Join(old, "; "))
}

// noteReloads remembers what reloads the scheduled apps of a space. Of those without a
// task it asks for the old ones: with a task they are disabled already.
func (t *Tenant) noteReloads(ctx context.Context, apps map[string]Ref, tasks map[string][]taskBody) error {
	for _, id := range slices.Sorted(maps.Keys(apps)) {
		app := apps[id]
		t.mu.Lock()
		f := t.scheduled[app]
		bot := t.bot
		t.mu.Unlock()
		if f == nil {
			continue
		}
		found := reloads{id: id}
		for _, b := range tasks[id] {
			if b.Enabled && b.Metadata.OwnerID == bot {
				found.running = append(found.running, b.ID)
			}
		}
		if len(tasks[id]) == 0 {
			var err error
			if found.old, err = t.legacyOf(ctx, id); err != nil {
				return err
			}
		}
		t.mu.Lock()
		*f = found
		t.mu.Unlock()
	}
	return nil
}

// legacyOf returns the reload tasks of the old kind that run. Qlik may have taken their
// API away by now: then there are none.
//
// https://qlik.dev/apis/rest/reload-tasks: deprecated, to be removed from 2026-09-29 on.
func (t *Tenant) legacyOf(ctx context.Context, appID string) ([]string, error) {
	var out []string
	type body struct {
		State      string   `json:"state"`
		Recurrence []string `json:"recurrence"`
		TimeZone   string   `json:"timeZone"`
	}
	for b, err := range list[body](ctx, t.Client, legacyPath, everything("appId", appID)) {
		var e *Error
		switch {
		case errors.As(err, &e) && (e.Status == http.StatusNotFound || e.Status == http.StatusGone):
			return nil, nil
		case err != nil:
			return nil, err
		case b.State == "Enabled":
			out = append(out, strings.TrimSpace(strings.Join(b.Recurrence, " ")+" "+b.TimeZone))
		}
	}
	slices.Sort(out)
	return out, nil
}
