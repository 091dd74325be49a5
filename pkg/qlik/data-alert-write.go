package qlik

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
)

// createAlert makes the condition and then the alert, and takes the condition away again if
// there is no alert after all: conditions cannot be listed, so that nobody would find it.
// A run that is killed between the two leaves it; without an alert it does nothing.
func createAlert(ctx context.Context, t *Tenant, desired DataAlert) (string, error) {
	t.warnings.wrote.Store(true)
	body, err := t.newAlert(ctx, desired)
	if err != nil {
		return "", err
	}
	condition, err := t.postCondition(ctx, body["appId"].(string), desired)
	if err != nil {
		return "", err
	}
	body["conditionId"] = condition
	id, err := t.post(ctx, alertsPath, body)
	if err == nil {
		return id, t.alertMade(ctx, id)
	}
	if lost(err) || ctx.Err() != nil {
		found, ferr := t.alertsWith(context.WithoutCancel(ctx), condition)
		if ferr != nil {
			return "", fmt.Errorf("%w; whether it exists now is not known: %w", err, ferr)
		}
		if len(found) > 0 {
			return found[0], t.alertMade(ctx, found[0])
		}
	}
	return "", t.tidy(ctx, condition, err)
}

// newAlert is what making an alert sends, but for its condition.
func (t *Tenant) newAlert(ctx context.Context, d DataAlert) (map[string]any, error) {
	appID, err := t.id(ctx, d.App)
	if err != nil {
		return nil, err
	}
	users, groups := []any{}, []any{}
	seen := map[string]bool{}
	for _, who := range d.Recipients {
		id, err := t.person(ctx, who)
		if err != nil {
			return nil, err
		}
		if !seen[id] {
			users = append(users, map[string]any{"value": id, "enabled": true, "subscribed": true, "groups": []string{addedIndividually}})
		}
		seen[id] = true
	}
	for _, name := range d.Groups {
		id, err := t.groupID(ctx, name)
		if err != nil {
			return nil, err
		}
		groups = append(groups, map[string]any{"value": id, "enabled": true})
	}
	body := map[string]any{
		"name": d.Name, "description": d.Description, "enabled": d.Enabled, "appId": appID, "triggerType": d.trigger(),
		"recipients": map[string]any{"userIds": users, "groupIds": groups},
	}
	if !d.OnReload {
		body["scheduleOptions"] = d.schedule(DataAlert{})
	}
	if d.Bookmark != "" {
		body["bookmarkId"] = d.Bookmark
	}
	if d.Sheet != "" {
		body["sheetId"] = d.Sheet
	}
	return body, nil
}

func (d DataAlert) trigger() string {
	if d.OnReload {
		return onReload
	}
	return scheduled
}

// schedule is when it looks; what is not managed stays as it is.
func (d DataAlert) schedule(live DataAlert) map[string]any {
	s := map[string]any{"recurrence": []string{"RRULE:" + d.Recurrence}}
	if zone := cmp.Or(d.Timezone, live.Timezone); zone != "" {
		s["timezone"] = zone
	}
	if start := cmp.Or(d.Start, live.Start); start != "" {
		s["startDateTime"] = start
	}
	return s
}

// alertMade waits until an alert is there: Qlik accepts one, and makes it afterwards.
func (t *Tenant) alertMade(ctx context.Context, id string) error {
	return t.wait(ctx, 0, func() (bool, error) {
		var b alertBody
		err := t.call(ctx, http.MethodGet, alertPath(id), nil, nil, &b)
		if errors.Is(err, ErrNotFound) {
			return false, nil
		}
		return b.Status != "creating", err
	})
}

// updateAlert changes the condition, and then the alert. A condition that is lost is made
// anew.
//
// assumed: enabledAction takes a boolean, and the members of a condition may be replaced as
// a whole: Qlik's own example goes deeper.
func updateAlert(ctx context.Context, t *Tenant, id string, live, desired DataAlert) error {
	t.warnings.wrote.Store(true)
	var steps []patch
	for _, f := range []struct{ path, live, desired string }{
		{"/name", live.Name, desired.Name}, {"/description", live.Description, desired.Description},
		{"/bookmarkId", live.Bookmark, cmp.Or(desired.Bookmark, live.Bookmark)}, {"/triggerType", live.trigger(), desired.trigger()},
	} {
		if f.live != f.desired {
			steps = append(steps, replace(f.path, f.desired))
		}
	}
	if !desired.OnReload && (live.Recurrence != desired.Recurrence || desired.Timezone != "" && live.Timezone != desired.Timezone ||
		desired.Start != "" && live.Start != desired.Start) {
		steps = append(steps, replace("/scheduleOptions", desired.schedule(live)))
	}
	if live.Enabled != desired.Enabled {
		steps = append(steps, replace("/enabledAction", desired.Enabled))
	}
	anew, err := t.updateCondition(ctx, id, live, desired)
	if err != nil {
		return err
	}
	if anew != "" {
		steps = append(steps, replace("/conditionId", anew))
	}
	if len(steps) == 0 {
		return nil
	}
	err = t.call(ctx, http.MethodPatch, alertPath(id), nil, steps, nil)
	if err != nil && anew != "" && !lost(err) {
		return t.tidy(ctx, anew, err)
	}
	return err
}

// deleteAlert deletes the alert, and then its condition, unless another alert has it too. A
// run that is killed between the two leaves it; without an alert it does nothing.
//
// assumed: a condition does not go with its alert; and an alert without one may be refused,
// as the documents say of a test of one: so it goes first.
func deleteAlert(ctx context.Context, t *Tenant, id string) error {
	t.warnings.wrote.Store(true)
	var b alertBody
	if err := t.call(ctx, http.MethodGet, alertPath(id), nil, nil, &b); err != nil {
		return err
	}
	if b.ConditionID == "" {
		return t.call(ctx, http.MethodDelete, alertPath(id), nil, nil, nil)
	}
	users, err := t.alertsWith(ctx, b.ConditionID)
	if err != nil {
		return err
	}
	if err := t.call(ctx, http.MethodDelete, alertPath(id), nil, nil, nil); err != nil || len(users) > 1 {
		return err
	}
	return t.tidy(ctx, b.ConditionID, nil)
}
