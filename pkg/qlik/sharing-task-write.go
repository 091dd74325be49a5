package qlik

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"strings"
)

// templates are the sheets, in one document.
//
// assumed: what is left out, sizes above all, Qlik chooses; and the schedule is that of
// scheduleOptions, which may be changed, not that of trigger, which may not.
func (d SharingTask) templates(appID string) []any {
	var list []any
	for _, id := range d.Sheets {
		list = append(list, map[string]any{"appId": appID, "sheetId": id})
	}
	return []any{map[string]any{"type": "multi-sheet", "subType": d.Format, "multiSheetData": list}}
}

// schedule is when it is sent; what is not managed stays as it is.
func (d SharingTask) schedule(live SharingTask) map[string]any {
	s := map[string]any{"recurrence": rules(cmp.Or(d.Recurrence, live.Recurrence))}
	if zone := cmp.Or(d.Timezone, live.Timezone); zone != "" {
		s["timezone"] = zone
	}
	if start := cmp.Or(d.Start, live.Start); start != "" {
		s["startDateTime"] = start
	}
	return s
}

// rules are what [sharingBody.spec] made one text of.
func rules(recurrence string) []string {
	out := []string{}
	for _, rule := range strings.Fields(recurrence) {
		out = append(out, "RRULE:"+strings.TrimPrefix(rule, "RRULE:"))
	}
	return out
}

// to returns the recipients as Qlik wants them. Whoever is among those that are there
// keeps what they chose.
func (t *Tenant) to(ctx context.Context, people []string, there []sharingUser) (map[string]any, error) {
	users := []sharingUser{}
	for _, who := range people {
		id, err := t.person(ctx, who)
		if err != nil {
			return nil, err
		}
		u := sharingUser{ID: id, Enabled: true, Subscribed: true}
		if i := slices.IndexFunc(there, func(u sharingUser) bool { return u.ID == id }); i >= 0 {
			u = there[i]
		}
		if !slices.ContainsFunc(users, func(u sharingUser) bool { return u.ID == id }) {
			users = append(users, u)
		}
	}
	return map[string]any{"userIds": users}, nil
}

// createSharing makes a subscription and sends nothing yet.
func createSharing(ctx context.Context, t *Tenant, desired SharingTask) (string, error) {
	t.sharings.wrote.Store(true)
	appID, err := t.id(ctx, desired.App)
	if err != nil {
		return "", err
	}
	spaceID, err := t.id(ctx, desired.Space)
	if err != nil {
		return "", err
	}
	to, err := t.to(ctx, desired.Recipients, nil)
	if err != nil {
		return "", err
	}
	body := map[string]any{
		"type": sheets, "name": desired.Name, "description": desired.Description, "enabled": desired.Enabled, "spaceId": spaceID,
		"templates": desired.templates(appID), "state": map[string]any{"selections": []any{}}, "recipients": to,
		"trigger":         map[string]any{"recurrence": []string{}, "executeOnAppReload": desired.OnReload},
		"scheduleOptions": desired.schedule(SharingTask{}), "executeOnCreation": false, "transportChannels": []string{"email"},
	}
	if desired.Subject != "" || desired.Body != "" {
		body["emailContent"] = map[string]string{"subject": desired.Subject, "body": desired.Body}
	}
	return t.post(ctx, sharingPath, body)
}

func updateSharing(ctx context.Context, t *Tenant, id string, live, desired SharingTask) error {
	t.sharings.wrote.Store(true)
	var steps []patch
	if live.Name != desired.Name {
		steps = append(steps, replace("/name", desired.Name))
	}
	if live.Description != desired.Description {
		steps = append(steps, replace("/description", desired.Description))
	}
	if live.Enabled != desired.Enabled {
		steps = append(steps, replace("/enabled", desired.Enabled))
	}
	if live.Format != desired.Format || !slices.Equal(live.Sheets, desired.Sheets) {
		appID, err := t.id(ctx, desired.App)
		if err != nil {
			return err
		}
		steps = append(steps, replace("/templates", desired.templates(appID)))
	}
	if desired.Recurrence != "" && live.Recurrence != desired.Recurrence || desired.Timezone != "" && live.Timezone != desired.Timezone ||
		desired.Start != "" && live.Start != desired.Start {
		steps = append(steps, replace("/scheduleOptions", desired.schedule(live)))
	}
	if !sameSet(live.Recipients, desired.Recipients) {
		var b sharingBody
		if err := t.call(ctx, http.MethodGet, sharingTaskPath(id), nil, nil, &b); err != nil {
			return err
		}
		to, err := t.to(ctx, desired.Recipients, b.Recipients.UserIDs)
		if err != nil {
			return err
		}
		steps = append(steps, replace("/recipients", to))
	}
	if len(steps) == 0 {
		return nil
	}
	return t.call(ctx, http.MethodPatch, sharingTaskPath(id), nil, steps, nil)
}
