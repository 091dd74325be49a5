package qlik

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/qdeploy/qdeploy/pkg/plan"
)

// App is an app in a managed space, and how it gets there.
type App struct {
	Name        string `json:"name"`
	Space       Ref    `json:"space"`             // managed
	Staging     Ref    `json:"staging,omitempty"` // shared; how to apply, as what follows below description
	Release     string `json:"release"`           // "2.1.0+q.3fa4c2d1"
	Description string `json:"description"`       // without the release
	Data        string `json:"data,omitempty"`    // whose data a republished app has: target or source
	File        string `json:"file,omitempty"`
	Digest      string `json:"digest,omitempty"` // of what is in File
}

// An app is told apart by its name, as in Qlik's own promotion process; Qlik
// would let two in one space have the same. There is no list of apps but the
// index of items, which lags behind.
//
// https://qlik.dev/apis/rest/apps, https://qlik.dev/apis/rest/items
var _ = register(Kind[App]{
	Name: "app",
	Calls: calls("GET /api/v1/items", "POST /api/v1/temp-contents/files", "PATCH /api/v1/temp-contents/files/{id}",
		"HEAD /api/v1/temp-contents/files/{id}", "POST /api/v1/apps/import", "GET /api/v1/apps/{id}", "PUT /api/v1/apps/{id}",
		"POST /api/v1/apps/{id}/publish", "PUT /api/v1/apps/{id}/publish", "DELETE /api/v1/apps/{id}"),
	Within:  true,
	Sees:    func(role string) bool { return !slices.Contains(blind, role) },
	Careful: true,
	Finds:   true,
	Needs:   []plan.Kind{"space"},
	Uses:    appUses,
	Stays:   appStays,
	List:    listApps,
	Create: func(ctx context.Context, t *Tenant, desired App) (string, error) {
		return t.deploy(ctx, "", desired)
	},
	Update: func(ctx context.Context, t *Tenant, id string, live, desired App) error {
		if live.Name == desired.Name && live.Release == desired.Release && live.Description == desired.Description {
			return nil
		}
		_, err := t.deploy(ctx, id, desired)
		return err
	},
	Delete: func(ctx context.Context, t *Tenant, id string) error {
		if at := t.restorable(id); t.clock.Now().Before(at) {
			return fmt.Errorf("%s: it stays until %s", tooYoung, at.UTC().Format(time.RFC3339))
		}
		return t.call(ctx, http.MethodDelete, appPath(id), nil, nil, nil)
	},
})

func appPath(id string) string { return "/api/v1/apps/" + url.PathEscape(id) }

// appUses: to import and publish from takes the right to edit in staging; to
// publish to takes the right to publish and, because publishers see no apps and
// would publish a second one next to the first, the right to view.
//
// https://help.qlik.com/en-US/cloud-services/Subsystems/Hub/Content/Sense_Hub/Spaces/permissions-managed-space-prof-full.htm
// and permissions-shared-space-prof-full.htm beside it.
func appUses(r plan.Resource) []use {
	uses := []use{{spaceOf(r.Key), [][]string{
		{"publisher"}, {"consumer", "facilitator", "contributor", "basicconsumer", "operator"},
	}}}
	var a App
	if json.Unmarshal(r.Spec, &a) == nil && a.Staging != "" {
		uses = append(uses, use{a.Staging.Name(), [][]string{{"producer", "facilitator"}}})
	}
	return uses
}

// item is an app in the index.
type item struct {
	ID          string `json:"id"` // of the item, not of the app
	ResourceID  string `json:"resourceId"`
	SpaceID     string `json:"spaceId"`
	Name        string `json:"name"`
	Description string `json:"description"`
	Created     moment `json:"resourceCreatedAt"`
	Updated     string `json:"updatedAt"` // of the item, not of the app
}

// moment is a time that is zero when Qlik leaves it empty.
type moment struct{ time.Time }

// UnmarshalJSON reads RFC 3339, and anything else as no time.
func (m *moment) UnmarshalJSON(b []byte) error {
	if m.Time.UnmarshalJSON(b) != nil {
		m.Time = time.Time{}
	}
	return nil
}

func listApps(ctx context.Context, t *Tenant, space string) iter.Seq2[Item[App], error] {
	return func(yield func(Item[App], error) bool) {
		ref := Ref("space/" + space)
		spaceID, err := t.id(ctx, ref)
		if err != nil {
			yield(Item[App]{}, err)
			return
		}
		for i, err := range t.items(ctx, spaceID, "") {
			if err != nil {
				yield(Item[App]{}, err)
				return
			}
			t.mu.Lock()
			t.made[i.ResourceID] = i.Created.Time
			t.mu.Unlock()
			release, description := unstamped(i.Description)
			spec := App{Name: i.Name, Space: ref, Release: release, Description: description}
			if !yield(Item[App]{i.ResourceID, space + "/" + i.Name, spec}, nil) {
				return
			}
		}
	}
}

// items yields the apps of a space: all, or those whose names contain part,
// without regard to case.
func (t *Tenant) items(ctx context.Context, spaceID, part string) iter.Seq2[item, error] {
	q := everything("resourceType", "app", "spaceId", spaceID, "noActions", "true")
	if part != "" {
		q.Set("name", part)
	}
	return list[item](ctx, t.Client, "/api/v1/items", q)
}

// called returns the apps of a space that have a name or, when like is given,
// one that like accepts; the newest first.
func (t *Tenant) called(ctx context.Context, spaceID, name string, like func(string) bool) ([]item, error) {
	var out []item
	for i, err := range t.items(ctx, spaceID, name) {
		if err != nil {
			return nil, err
		}
		if i.Name == name || like != nil && like(i.Name) {
			out = append(out, i)
		}
	}
	slices.SortStableFunc(out, func(a, b item) int { return b.Created.Compare(a.Created.Time) })
	return out, nil
}

// stamped appends a release to a description, by the convention of Qlik's own
// promotion process: the version in braces, "{v2.1.0}".
func stamped(description, release string) string {
	return strings.TrimSpace(description + " {v" + release + "}")
}

// unstamped takes a description apart: the release is what is between the first
// "{v" and the next "}".
func unstamped(s string) (release, description string) {
	before, rest, ok := strings.Cut(s, "{v")
	release, after, closed := strings.Cut(rest, "}")
	if !ok || !closed {
		return "", strings.TrimSpace(s)
	}
	return release, strings.TrimSpace(before + after)
}

// check refuses what could be published but not be read back.
func (a App) check() error {
	if release, description := unstamped(stamped(a.Description, a.Release)); a.Release == "" || release != a.Release || description != a.Description {
		return fmt.Errorf("description %q and release %q cannot be told apart again", a.Description, a.Release)
	}
	return nil
}
