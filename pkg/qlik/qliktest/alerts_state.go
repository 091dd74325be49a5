package qliktest

import (
	"encoding/json"
	"slices"
)

type dumpAlert struct {
	Space     string                     `json:"space"`
	App       string                     `json:"app"`
	Name      string                     `json:"name"`
	Enabled   bool                       `json:"enabled"`
	Owner     string                     `json:"owner"`
	Trigger   string                     `json:"trigger"`
	Schedule  *sharingSchedule           `json:"schedule,omitempty"`
	Users     []string                   `json:"users,omitempty"`
	Groups    []string                   `json:"groups,omitempty"`
	Condition map[string]json.RawMessage `json:"condition"` // nil: it has none any more
	Tests     string                     `json:"conditionID"`
	ID        string                     `json:"id"`
}

func (t *Tenant) dumpAlerts() (list []dumpAlert) {
	for _, x := range t.Alerts.rows {
		d := dumpAlert{Name: x.Name, Enabled: x.Enabled, Owner: t.subject(x.Owner), Trigger: x.Trigger, Schedule: x.Schedule, ID: x.ID}
		d.Space, d.App = t.placeOf(x.App)
		for _, u := range x.Users {
			d.Users = append(d.Users, t.subject(u.Value))
		}
		for _, g := range x.Groups {
			if g, found := t.Groups.get(g.Value); found {
				d.Groups = append(d.Groups, g.Name)
			}
		}
		d.Tests = x.Condition
		if c, found := t.Conditions.get(x.Condition); found {
			d.Condition = c.Data
		}
		list = append(list, d)
	}
	return list
}

// idleConditions is how many conditions no alert has.
func (t *Tenant) idleConditions() int {
	used := map[string]bool{}
	for _, x := range t.Alerts.rows {
		used[x.Condition] = true
	}
	n := 0
	for _, x := range t.Conditions.rows {
		if !used[x.ID] {
			n++
		}
	}
	return n
}

// AddAlert adds an alert of a user, by subject, to an app in a space; it tells its owner
// after every reload. A name that nobody has panics.
func (t *Tenant) AddAlert(spaceName, appName, name, owner string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	in, now := t.mustSpace(spaceName), t.cloud.now()
	i := slices.IndexFunc(t.Apps.rows, func(a *app) bool { return a.Space == in.ID && a.Name == appName })
	j := slices.IndexFunc(t.Users.rows, func(u *user) bool { return u.Subject == owner })
	if i < 0 || j < 0 {
		panic("qliktest: no app " + spaceName + "/" + appName + ", or no user " + owner)
	}
	appID, userID := t.Apps.rows[i].ID, t.Users.rows[j].ID
	c := &condition{Owner: userID, Base: conditionBase{AppID: appID, Type: "data"}, Created: now, Updated: now}
	c.Data = map[string]json.RawMessage{"conditionData": json.RawMessage("{}")}
	c.ID = t.newID("conditions", appID, guid, t.Conditions.has)
	t.Conditions.add(c)
	on := true
	x := &alert{Name: name, App: appID, Owner: userID, Condition: c.ID, Trigger: "RELOAD", Enabled: true, Created: now, Updated: now}
	x.Users = []alertRecipient{{userID, true, &on, []string{"addedIndividually"}}}
	x.ID = t.newID("data-alerts", appID+" "+name, guid, t.Alerts.has)
	t.Alerts.add(x)
}
