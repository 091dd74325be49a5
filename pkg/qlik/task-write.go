package qlik

import (
	"context"
	"net/http"
	"slices"
)

// The one state of a task that reloads an app, and the event that its state refers to.
//
// assumed: a schedule needs an event that its state refers to by name only; the type
// requires the field, and Qlik's own migration guide names one that is declared nowhere.
const (
	taskState  = "Reload"
	taskSignal = "trigger"
)

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
		"onEvents": []any{map[string]any{"eventRefs": []string{taskSignal}, "actions": []any{action}}},
	}}
}

func createTask(ctx context.Context, t *Tenant, desired Task) (string, error) {
	appID, err := t.id(ctx, desired.App)
	if err != nil {
		return "", err
	}
	field, trigger, err := t.trigger(ctx, Task{}, desired)
	if err != nil {
		return "", err
	}
	return t.post(ctx, tasksPath, map[string]any{
		"name": desired.Name, "description": desired.Description, "specVersion": "1.0", "version": "1.0.0",
		"enabled": desired.Enabled, field: trigger, "states": desired.states(appID),
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
	if !live.startsLike(desired) {
		more, err := t.retrigger(ctx, id, live, desired)
		if err != nil {
			return err
		}
		steps = append(steps, more...)
	}
	if live.Partial != desired.Partial || (live.After == nil) != (desired.After == nil) {
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

// startsLike reports whether a task starts as is desired.
func (live Task) startsLike(desired Task) bool {
	if desired.After != nil {
		return live.After != nil && *live.After == *desired.After
	}
	return live.After == nil && live.Recurrence == desired.Recurrence && live.Timezone == desired.Timezone &&
		(desired.Start == "" || live.Start == desired.Start) && (desired.End == "" || live.End == desired.End)
}

// retrigger returns the steps that make a task start as is desired, and no other way.
func (t *Tenant) retrigger(ctx context.Context, id string, live, desired Task) ([]patch, error) {
	field, trigger, err := t.trigger(ctx, live, desired)
	if err != nil {
		return nil, err
	}
	if desired.After != nil && live.After != nil || desired.After == nil && live.Recurrence != "" {
		return []patch{replace("/"+field, trigger)}, nil
	}
	var there taskBody
	if err := t.call(ctx, http.MethodGet, taskPath(id), nil, nil, &there); err != nil {
		return nil, err
	}
	steps := []patch{{"add", "/" + field, trigger}} // in place of one that is there: RFC 6902
	if field == "events" && there.Start != nil {
		steps = append(steps, patch{"remove", "/start", nil})
	}
	if field == "start" && len(there.Events) > 0 {
		steps = append(steps, patch{"remove", "/events", nil})
	}
	return steps, nil
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
