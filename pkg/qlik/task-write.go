package qlik

import (
	"context"
	"net/http"
	"slices"
)

// The one state of a task that reloads an app on a schedule.
//
// assumed: a schedule needs an event that its state refers to by name only; the type
// requires the field, and Qlik's own migration guide names one that is declared nowhere.
const taskState = "Reload"

func (d Task) schedule(live Task) map[string]any {
	s := schedule{Recurrence: "RRULE:" + d.Recurrence, Start: d.Start, End: d.End, Timezone: d.Timezone}
	if s.Start == "" { // not managed: as it is
		s.Start = live.Start
	}
	if s.End == "" {
		s.End = live.End
	}
	return map[string]any{"schedule": s, "stateName": taskState}
}

func (d Task) states(appID string) []any {
	action := map[string]any{"name": "app.reload", "functionRef": map[string]any{
		"refName": "app.reload", "arguments": map[string]any{"appId": appID, "partial": d.Partial},
	}}
	return []any{map[string]any{
		"name": taskState, "type": "EVENT", "exclusive": true, "end": true,
		"onEvents": []any{map[string]any{"eventRefs": []string{"schedule"}, "actions": []any{action}}},
	}}
}

func createTask(ctx context.Context, t *Tenant, desired Task) (string, error) {
	appID, err := t.id(ctx, desired.App)
	if err != nil {
		return "", err
	}
	return t.post(ctx, tasksPath, map[string]any{
		"name": desired.Name, "description": desired.Description, "specVersion": "1.0", "version": "1.0.0",
		"enabled": desired.Enabled, "start": desired.schedule(Task{}), "states": desired.states(appID),
	})
}

// updateTask changes what differs, and always says whether the task is enabled: Qlik may
// have turned it off since it was read, because the app was published anew meanwhile.
func updateTask(ctx context.Context, t *Tenant, id string, live, desired Task) error {
	var steps []patch
	if live.Name != desired.Name {
		steps = append(steps, replace("/name", desired.Name))
	}
	if live.Description != desired.Description {
		steps = append(steps, replace("/description", desired.Description))
	}
	if live.Recurrence != desired.Recurrence || live.Timezone != desired.Timezone ||
		desired.Start != "" && live.Start != desired.Start || desired.End != "" && live.End != desired.End {
		steps = append(steps, replace("/start", desired.schedule(live)))
	}
	if live.Partial != desired.Partial {
		appID, err := t.id(ctx, desired.App)
		if err != nil {
			return err
		}
		steps = append(steps, replace("/states", desired.states(appID)))
	}
	if len(steps) == 0 && live.Enabled == desired.Enabled && live.Owner == desired.Owner {
		return nil
	}
	steps = append(steps, replace("/enabled", desired.Enabled))
	return t.call(ctx, http.MethodPatch, taskPath(id), nil, steps, nil)
}

// turnOn enables the engine's own tasks of an app again after it was published anew, if
// they ran before and a task of the app is declared. Qlik disables them with the code
// APP-SCRIPT-UPDATED when the script is not their owner's any more.
//
// assumed: it may do so although the owner of both is the engine.
func (t *Tenant) turnOn(ctx context.Context, app Ref, appID string) error {
	t.mu.Lock()
	var ran []string
	if f := t.scheduled[app]; f != nil {
		ran = f.running
	}
	t.mu.Unlock()
	if len(ran) == 0 {
		return nil
	}
	for b, err := range list[taskBody](ctx, t.Client, tasksPath, everything("resourceId", appID)) {
		if err != nil {
			return err
		}
		if b.Enabled || !slices.Contains(ran, b.ID) {
			continue
		}
		if err := t.call(ctx, http.MethodPatch, taskPath(b.ID), nil, []patch{replace("/enabled", true)}, nil); err != nil {
			return err
		}
	}
	return nil
}
