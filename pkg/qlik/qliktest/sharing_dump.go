package qliktest

import (
	"encoding/json"
	"slices"
)

// dropSharing removes the subscriptions to an app that is deleted; they are not restored.
func (t *Tenant) dropSharing(app string) {
	for _, x := range slices.Clone(t.Sharing.rows) {
		if x.App == app {
			t.Sharing.remove(x)
			t.bury("sharing-tasks", app+" "+x.Name)
		}
	}
}

type dumpSharing struct {
	Space     string          `json:"space"`
	App       string          `json:"app"`
	Name      string          `json:"name"`
	Enabled   bool            `json:"enabled"`
	Owner     string          `json:"owner"`
	To        []string        `json:"to"`
	Off       []string        `json:"unsubscribed,omitempty"`
	Schedule  sharingSchedule `json:"schedule"`
	Templates json.RawMessage `json:"templates"`
	ID        string          `json:"id"`
}

func (t *Tenant) dumpSharing() (list []dumpSharing) {
	for _, x := range t.Sharing.rows {
		d := dumpSharing{Name: x.Name, Enabled: x.Enabled, Owner: t.subject(x.Owner), Schedule: x.Schedule, Templates: x.Templates, ID: x.ID}
		d.Space, d.App = t.placeOf(x.App)
		for _, u := range x.To {
			d.To = append(d.To, t.subject(u.Value))
			if !u.Subscribed {
				d.Off = append(d.Off, t.subject(u.Value))
			}
		}
		list = append(list, d)
	}
	return list
}
