package qlik

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/qdeploy/qdeploy/pkg/plan"
)

// SharingTask sends sheets of an app to people.
type SharingTask struct {
	Name        string   `json:"name"`
	Space       Ref      `json:"space"`
	App         Ref      `json:"app"` // fixed at creation
	Description string   `json:"description"`
	Enabled     bool     `json:"enabled"`
	Sheets      []string `json:"sheets"` // IDs, in their order
	Format      string   `json:"format"` // pdf or pptx
	Recipients  []string `json:"recipients"`
	OnReload    bool     `json:"onReload"`             // fixed at creation
	Recurrence  string   `json:"recurrence,omitempty"` // an RRULE without "RRULE:"
	Timezone    string   `json:"timezone,omitempty"`   // not managed if ""; as Start
	Start       string   `json:"startDateTime,omitempty"`
	Subject     string   `json:"subject,omitempty"` // fixed at creation, as Body
	Body        string   `json:"body,omitempty"`
}

// sharingBody is a sharing task as Qlik has it, as far as it matters.
type sharingBody struct {
	ID          string `json:"id"`
	Type        string `json:"type"`
	Name        string `json:"name"`
	Description string `json:"description"`
	Enabled     bool   `json:"enabled"`
	AppID       string `json:"appId"`
	Owner       string `json:"owner"`
	Templates   []struct {
		SubType string `json:"subType"`
		Sheets  []struct {
			SheetID string `json:"sheetId"`
		} `json:"multiSheetData"`
	} `json:"templates"`
	Recipients struct {
		UserIDs   []sharingUser     `json:"userIds"`
		GroupIDs  []json.RawMessage `json:"groupIds"`
		Addresses []json.RawMessage `json:"emailAddresses"`
	} `json:"recipients"`
	Trigger struct {
		OnReload bool `json:"executeOnAppReload"`
	} `json:"trigger"`
	Schedule struct {
		Recurrence []string `json:"recurrence"`
		Start      string   `json:"startDateTime"`
		Timezone   string   `json:"timezone"`
	} `json:"scheduleOptions"`
	Email struct {
		Subject string `json:"subject"`
		Body    string `json:"body"`
	} `json:"emailContent"`
}

type sharingUser struct {
	ID         string   `json:"value"`
	Enabled    bool     `json:"enabled"`
	Subscribed bool     `json:"subscribed"`
	Groups     []string `json:"groups,omitempty"`
}

const (
	sharingPath = "/api/v1/sharing-tasks"
	sheets      = "sheet-sharing"
)

func sharingTaskPath(id string) string { return sharingPath + "/" + url.PathEscape(id) }

// A subscription shows what its owner sees, so its owner is never changed.
//
// Sharing tasks of other types are listed, and never managed: see #SharingTask in the
// schema for why.
//
// https://qlik.dev/apis/rest/sharing-tasks
//
// assumed: a TenantAdmin sees the subscriptions of others in the listing.
var _ = register(Kind[SharingTask]{
	Name: "sharing-task",
	Calls: calls("GET /api/v1/sharing-tasks", "GET /api/v1/items", "GET /api/v1/users", "GET /api/v1/users/me", "POST /api/v1/sharing-tasks",
		"GET /api/v1/sharing-tasks/{id}", "PATCH /api/v1/sharing-tasks/{id}", "DELETE /api/v1/sharing-tasks/{id}"),
	Within: true,
	Sees:   func(role string) bool { return !slices.Contains(blind, role) },
	Needs:  []plan.Kind{"space"},
	// Whoever sees the app: as of collections.
	Uses:    func(r plan.Resource) []use { return seesApps(spaceOf(r.Key)) },
	People:  func(r plan.Resource) []string { return append(listIn(r.Spec, "recipients"), "bot") },
	Declare: declareSharing,
	Lacks:   lacksSharing,
	List:    listSharing,
	Create:  createSharing,
	Update:  updateSharing,
	Delete: func(ctx context.Context, t *Tenant, id string) error {
		t.sharings.wrote.Store(true)
		return t.call(ctx, http.MethodDelete, sharingTaskPath(id), nil, nil, nil)
	},
})

// sharing is what is known of one subscription.
type sharing struct {
	recipients [][]string // as declared, the last time last
	foreign    bool       // it belongs to another user
	other      string     // its type, if that is not ours
}

func (t *Tenant) sharingOf(name string) *sharing {
	if t.shared[name] == nil {
		t.shared[name] = &sharing{}
	}
	return t.shared[name]
}

// declareSharing remembers how recipients are declared.
func declareSharing(t *Tenant, r plan.Resource) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, name := range append([]string{r.Key.Name}, r.Was...) {
		s := t.sharingOf(name)
		s.recipients = append(s.recipients, listIn(r.Spec, "recipients"))
	}
}

func lacksSharing(t *Tenant, r plan.Resource, declared func(plan.Key) bool) string {
	var s SharingTask
	if json.Unmarshal(r.Spec, &s) != nil {
		return ""
	}
	t.mu.Lock()
	known := *t.sharingOf(r.Key.Name)
	t.mu.Unlock()
	if known.other != "" {
		return "the tenant has a sharing task of this name that is of type " + known.other + ", which is not managed; give yours another name"
	}
	if known.foreign {
		return "it belongs to another user, and people get what that user sees; delete it, or give yours another name"
	}
	if why := t.lacksApp(s.App, s.Space, declared); why != "" {
		return why
	}
	return lacksPerson(t, s.Recipients, declared)
}

// seesApps is membership of a space that shows the apps in it.
func seesApps(space string) []use {
	return []use{{space, [][]string{{"consumer", "facilitator", "producer", "codeveloper", "contributor", "basicconsumer"}}}}
}

// lacksApp says that an app is not in its space, "" if it is or may be: see [Tenant.appsIn].
func (t *Tenant) lacksApp(app, space Ref, declared func(plan.Key) bool) string {
	t.mu.Lock()
	here, listed := t.sharable[app], t.sharable[space]
	t.mu.Unlock()
	key := plan.Key{Kind: "space", Name: space.Name()}
	_, there := t.known(key)
	if !here && (listed || !there && !declared(key)) && !declared(plan.Key{Kind: "app", Name: app.Name()}) {
		return fmt.Sprintf("no app %q in this space, and no environment publishes it there", strings.TrimPrefix(app.Name(), key.Name+"/"))
	}
	return ""
}

// listSharing lists the subscriptions to the apps in a space, and with their type behind
// their names the sharing tasks that are something else.
func listSharing(ctx context.Context, t *Tenant, space string) iter.Seq2[Item[SharingTask], error] {
	return func(yield func(Item[SharingTask], error) bool) {
		ref := Ref("space/" + space)
		apps, err := t.appsIn(ctx, ref)
		bot := ""
		if err == nil {
			bot, err = t.self(ctx)
		}
		if err != nil {
			yield(Item[SharingTask]{}, err)
			return
		}
		all, err := t.sharings.all(list[sharingBody](ctx, t.Client, sharingPath, everything()))
		if err != nil {
			yield(Item[SharingTask]{}, err)
		}
		for _, b := range all {
			app, here := apps[b.AppID]
			if !here || strings.Contains(b.Name, "/") {
				continue
			}
			name, other := app.Name()+"/"+b.Name, ""
			if b.Type != sheets {
				name, other = name+" ("+b.Type+")", b.Type
			}
			t.mu.Lock()
			known := t.sharingOf(name)
			known.other = cmp.Or(known.other, other)
			known.foreign = known.foreign || b.Owner != bot
			who := t.recipientsOf(b, known.recipients)
			t.mu.Unlock()
			if !yield(Item[SharingTask]{b.ID, name, b.spec(ref, app, who)}, nil) {
				return
			}
		}
	}
}

// appsIn returns the apps in a space by ID, and remembers them, and that they are known.
func (t *Tenant) appsIn(ctx context.Context, space Ref) (map[string]Ref, error) {
	id, err := t.id(ctx, space)
	if err != nil {
		return nil, err
	}
	apps := map[string]Ref{}
	for i, err := range t.items(ctx, id, "") {
		if err != nil {
			return nil, err
		}
		apps[i.ResourceID] = Ref("app/" + space.Name() + "/" + i.Name)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.sharable[space] = true
	for _, app := range apps {
		t.sharable[app] = true
	}
	return apps, nil
}

// What stands for a recipient that nobody declares: who it is would be an ID.
const (
	otherGroup   = "another group"
	otherAddress = "another address"
)

// recipientsOf returns to whom a subscription is sent, as declared last. t is locked.
func (t *Tenant) recipientsOf(b sharingBody, declared [][]string) []string {
	ids := []string{}
	for _, u := range b.Recipients.UserIDs {
		ids = append(ids, u.ID)
	}
	out := t.asDeclared(ids, declared)
	if len(b.Recipients.GroupIDs) > 0 {
		out = append(out, otherGroup)
	}
	if len(b.Recipients.Addresses) > 0 {
		out = append(out, otherAddress)
	}
	slices.Sort(out)
	return out
}

func (b sharingBody) spec(space, app Ref, recipients []string) SharingTask {
	out := SharingTask{
		Name: b.Name, Space: space, App: app, Description: b.Description, Enabled: b.Enabled, Sheets: []string{}, Recipients: recipients,
		OnReload: b.Trigger.OnReload, Timezone: b.Schedule.Timezone, Start: b.Schedule.Start, Subject: b.Email.Subject, Body: b.Email.Body,
		Recurrence: strings.TrimPrefix(strings.ToUpper(strings.Join(b.Schedule.Recurrence, " ")), "RRULE:"),
	}
	for _, template := range b.Templates {
		out.Format = template.SubType
		for _, s := range template.Sheets {
			out.Sheets = append(out.Sheets, s.SheetID)
		}
	}
	return out
}
