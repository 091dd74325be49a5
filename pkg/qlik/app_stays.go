package qlik

import (
	"fmt"
	"strings"
	"time"

	"github.com/qdeploy/qdeploy/pkg/plan"
)

var tooYoung = fmt.Sprintf("it is younger than %.0f minutes, and Qlik could not bring it back", SafeAge.Minutes())

// appStays keeps apps that Qlik could not bring back, and those whose place an app of the
// same name takes in another space: that one is made first.
//
// https://qlik.dev/manage/analytics-applications/restore-deleted-app
func appStays(t *Tenant, p *plan.Plan, now time.Time) map[plan.Key]Stay {
	comes := comingApps(p)
	stays := map[plan.Key]Stay{}
	for _, c := range of(p, "app") {
		if c.Action != plan.Delete || c.Live == nil {
			continue
		}
		other, replaced := comes[nameInSpace(c.Key)]
		switch at := t.restorable(c.Live.ID); {
		case now.Before(at):
			stays[c.Key] = Stay{Until: at, Why: tooYoung}
		case replaced:
			stays[c.Key] = Stay{Why: other.String() + " takes its place first"}
		}
	}
	return stays
}

// comingApps are the apps that a plan makes, by their names without spaces; of several, the
// first of the plan.
func comingApps(p *plan.Plan) map[string]plan.Key {
	comes := map[string]plan.Key{}
	for _, c := range of(p, "app") {
		if c.Live == nil && c.Desired != nil {
			if _, ok := comes[nameInSpace(c.Key)]; !ok {
				comes[nameInSpace(c.Key)] = c.Key
			}
		}
	}
	return comes
}

// nameInSpace is the name of what lives in a space, without that space.
func nameInSpace(k plan.Key) string {
	_, name, _ := strings.Cut(k.Name, "/")
	return name
}

// restorable returns from when on Qlik can bring back an app that is deleted; before that it
// is gone for good. It is zero of what was not listed, and where Qlik does not say.
func (t *Tenant) restorable(id string) time.Time {
	t.mu.Lock()
	defer t.mu.Unlock()
	if made := t.made[id]; !made.IsZero() {
		return made.Add(SafeAge)
	}
	return time.Time{}
}
