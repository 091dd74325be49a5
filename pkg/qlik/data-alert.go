package qlik

import (
	"context"
	"encoding/json"
	"iter"
	"net/url"
	"slices"
	"strings"

	"github.com/qdeploy/qdeploy/pkg/plan"
)

// DataAlert tells people when a condition in the data of an app is met. In Qlik it is two
// objects: the alert, and its condition.
type DataAlert struct {
	Name        string          `json:"name"`
	Space       Ref             `json:"space"`
	App         Ref             `json:"app"` // fixed at creation
	Description string          `json:"description"`
	Enabled     bool            `json:"enabled"`
	Condition   *AlertCondition `json:"condition,omitempty"` // nil: it has none, or nobody asked
	Bookmark    string          `json:"bookmark,omitempty"`  // an ID; not managed if ""
	Sheet       string          `json:"sheet,omitempty"`     // an ID, fixed at creation
	Recipients  []string        `json:"recipients"`          // fixed at creation, as Groups
	Groups      []string        `json:"groups"`              // names
	OnReload    bool            `json:"onReload"`
	Recurrence  string          `json:"recurrence,omitempty"` // an RRULE without "RRULE:"
	Timezone    string          `json:"timezone,omitempty"`   // not managed if ""; as Start
	Start       string          `json:"startDateTime,omitempty"`
}

// alertBody is an alert as Qlik has it, as far as it matters.
type alertBody struct {
	ID          string `json:"id"`
	Name        string `json:"name"`
	Description string `json:"description"`
	Enabled     bool   `json:"enabled"`
	AppID       string `json:"appId"`
	BookmarkID  string `json:"bookmarkId"`
	SheetID     string `json:"sheetId"`
	ConditionID string `json:"conditionId"`
	OwnerID     string `json:"ownerId"`
	Status      string `json:"status"` // creating and deleting are the ones that are documented
	Trigger     string `json:"triggerType"`
	Recipients  struct {
		UserIDs  []alertUser  `json:"userIds"`
		GroupIDs []alertGroup `json:"groupIds"`
	} `json:"recipients"`
	Schedule struct {
		Recurrence []string `json:"recurrence"`
		Start      string   `json:"startDateTime"`
		Timezone   string   `json:"timezone"`
	} `json:"scheduleOptions"`
	Errors []alertError `json:"alertingTaskErrors"`
}

type alertUser struct {
	ID     string       `json:"value"`
	Groups []string     `json:"groups"`
	Errors []alertError `json:"alertingTaskRecipientErrors"`
}

type alertGroup struct {
	ID     string       `json:"value"`
	Errors []alertError `json:"alertingTaskGroupRecipientErrors"`
}

type alertError struct {
	Value string `json:"value"`
}

const (
	alertsPath = "/api/v1/data-alerts"

	onReload  = "RELOAD"
	scheduled = "SCHEDULED"

	// addedIndividually is among the groups of a recipient who is not there by a group alone.
	addedIndividually = "addedIndividually"
)

func alertPath(id string) string { return alertsPath + "/" + url.PathEscape(id) }

// Alerts are their owners' own, and names may occur twice: only the engine's are listed, so
// that nobody else's can be meant. Conditions cannot be listed at all.
//
// https://qlik.dev/apis/rest/data-alerts, https://qlik.dev/apis/rest/conditions
var _ = register(Kind[DataAlert]{
	Name: "data-alert",
	Calls: calls("GET /api/v1/data-alerts", "GET /api/v1/conditions/{id}", "GET /api/v1/items", "GET /api/v1/users", "GET /api/v1/users/me",
		"POST /api/v1/conditions", "PATCH /api/v1/conditions/{id}", "DELETE /api/v1/conditions/{id}",
		"POST /api/v1/data-alerts", "GET /api/v1/data-alerts/{id}", "PATCH /api/v1/data-alerts/{id}", "DELETE /api/v1/data-alerts/{id}"),
	Within: true,
	Sees:   func(role string) bool { return !slices.Contains(blind, role) },
	Needs:  []plan.Kind{"space"},
	NeedsFor: func(r plan.Resource) []plan.Kind {
		if len(groupsIn(r.Spec)) > 0 {
			return []plan.Kind{"group"}
		}
		return nil
	},
	// Whoever sees the app: as of subscriptions.
	Uses:    func(r plan.Resource) []use { return seesApps(spaceOf(r.Key)) },
	People:  func(r plan.Resource) []string { return append(listIn(r.Spec, "recipients"), "bot") },
	Declare: declareAlert,
	Lacks:   lacksAlert,
	Warns:   warnsAlert,
	List:    listAlerts,
	Create:  createAlert,
	Careful: true,
	Update:  updateAlert,
	Delete:  deleteAlert,
})

// alert is what is known of one alert that is declared, or was.
type alert struct {
	recipients [][]string // as declared, the last time last
	errors     []string   // what Qlik says is wrong with it
}

// declareAlert remembers how recipients are declared, and that the condition is to be read.
func declareAlert(t *Tenant, r plan.Resource) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, name := range append([]string{r.Key.Name}, r.Was...) {
		if t.alerts[name] == nil {
			t.alerts[name] = &alert{}
		}
		t.alerts[name].recipients = append(t.alerts[name].recipients, listIn(r.Spec, "recipients"))
	}
}

func lacksAlert(t *Tenant, r plan.Resource, declared func(plan.Key) bool) string {
	var a DataAlert
	if json.Unmarshal(r.Spec, &a) != nil {
		return ""
	}
	if why := t.lacksApp(a.App, a.Space, declared); why != "" {
		return why
	}
	for _, name := range a.Groups {
		if why := t.noGroup(name, declared); why != "" {
			return why
		}
	}
	return lacksPerson(t, a.Recipients, declared)
}

// warnsAlert passes on what Qlik says is wrong with an alert: that the owner has no
// license, or some recipients no access to the app.
func warnsAlert(t *Tenant, r plan.Resource) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	if a := t.alerts[r.Key.Name]; a != nil && len(a.errors) > 0 {
		return "Qlik says of it: " + strings.Join(a.errors, ", ")
	}
	return ""
}

// listAlerts lists the engine's own alerts on the apps in a space. Of those that nobody
// declares the condition is not read.
func listAlerts(ctx context.Context, t *Tenant, space string) iter.Seq2[Item[DataAlert], error] {
	return func(yield func(Item[DataAlert], error) bool) {
		ref := Ref("space/" + space)
		apps, err := t.appsIn(ctx, ref)
		bot := ""
		if err == nil {
			bot, err = t.self(ctx)
		}
		if err != nil {
			yield(Item[DataAlert]{}, err)
			return
		}
		all, err := t.warnings.all(list[alertBody](ctx, t.Client, alertsPath, everything("ownerId", bot)))
		if err != nil {
			yield(Item[DataAlert]{}, err)
		}
		for _, b := range all {
			app, here := apps[b.AppID]
			if !here || b.OwnerID != bot || b.Status == "deleting" || strings.Contains(b.Name, "/") {
				continue
			}
			name, spec := app.Name()+"/"+b.Name, b.spec(ref, app)
			err := t.complete(ctx, name, b, &spec)
			if !yield(Item[DataAlert]{b.ID, name, spec}, err) || err != nil {
				return
			}
		}
	}
}

// complete adds to the spec of an alert what only the tenant knows: who is who, and, if it
// is declared, its condition.
func (t *Tenant) complete(ctx context.Context, name string, b alertBody, spec *DataAlert) error {
	var users []string
	for _, u := range b.Recipients.UserIDs {
		if !isGone(u.Errors, "USER_IS_DELETED") && (len(u.Groups) == 0 || slices.Contains(u.Groups, addedIndividually)) {
			users = append(users, u.ID)
		}
	}
	t.mu.Lock()
	known := t.alerts[name]
	if known != nil {
		known.errors = nil
		for _, e := range b.Errors {
			known.errors = append(known.errors, e.Value)
		}
		spec.Recipients = t.asDeclared(users, known.recipients)
	} else {
		spec.Recipients = t.asDeclared(users, nil)
	}
	t.mu.Unlock()
	spec.Groups = []string{}
	for _, g := range b.Recipients.GroupIDs {
		group, ok := t.nameOf("group", g.ID)
		switch {
		case isGone(g.Errors, "GROUP_IS_DELETED"):
			continue
		case g.ID == everyone.id:
			group = everyone.key.Name
		case !ok:
			group = otherGroup
		}
		spec.Groups = append(spec.Groups, group)
	}
	slices.Sort(spec.Groups)
	if known == nil {
		return nil
	}
	var err error
	spec.Condition, err = t.condition(ctx, b.ConditionID)
	return err
}

// isGone reports whether a recipient is no more; a new one could not be in their place.
func isGone(errs []alertError, value string) bool {
	return slices.ContainsFunc(errs, func(e alertError) bool { return e.Value == value })
}

func (b alertBody) spec(space, app Ref) DataAlert {
	out := DataAlert{
		Name: b.Name, Space: space, App: app, Description: b.Description, Enabled: b.Enabled,
		Bookmark: b.BookmarkID, Sheet: b.SheetID, OnReload: b.Trigger == onReload,
	}
	if b.Trigger == scheduled {
		out.Recurrence = strings.TrimPrefix(strings.ToUpper(strings.Join(b.Schedule.Recurrence, " ")), "RRULE:")
		out.Timezone, out.Start = b.Schedule.Timezone, b.Schedule.Start
	}
	return out
}
