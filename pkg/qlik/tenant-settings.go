package qlik

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
)

// TenantSettings says what people find in a tenant. What is nil is not managed, or not
// set.
type TenantSettings struct {
	StartPage   *string   `json:"preferredStartPage,omitempty"`
	NoAccess    *NoAccess `json:"customizeNoAccess,omitempty"`
	Cadence     *string   `json:"releaseCadence,omitempty"` // monthly or continuous
	CrossRegion *bool     `json:"crossRegionDataProcessing,omitempty"`
	NoReplay    *bool     `json:"sessionReplayOptOut,omitempty"`
}

// NoAccess is what those see who may do nothing.
type NoAccess struct {
	Message     *string `json:"message,omitempty"`
	LinkEnabled bool    `json:"linkEnabled"`
	LinkLabel   *string `json:"linkLabel,omitempty"`
	LinkURL     *string `json:"linkUrl,omitempty"`
}

const (
	tenantSettingsPath = "/api/v1/tenant-settings"
	crossRegionPath    = tenantSettingsPath + "/actions/toggle-cross-region-inference"
	usualStartPage     = "analytics-hub"
)

// A tenant has none in store until somebody sets one; then what is not set is as Qlik has
// it. https://qlik.dev/apis/rest/tenant-settings
var _ = register(singleton("tenant-settings",
	calls("GET "+tenantSettingsPath, "POST "+tenantSettingsPath, "PATCH "+tenantSettingsPath, "POST "+crossRegionPath),
	func(ctx context.Context, t *Tenant) (TenantSettings, error) {
		s, _, err := t.tenantSettings(ctx)
		return s, err
	},
	writeTenantSettings,
))

// tenantSettings returns the settings, and whether any are in store.
//
// assumed: where none are, Qlik answers 404 or something without an ID.
func (t *Tenant) tenantSettings(ctx context.Context) (s TenantSettings, stored bool, err error) {
	var b struct {
		ID        string `json:"id"`
		StartPage *struct {
			Value string `json:"value"`
		} `json:"preferredStartPage"`
		NoAccess    *NoAccess `json:"customizeNoAccess"`
		Cadence     *string   `json:"releaseCadence"`
		CrossRegion *bool     `json:"crossRegionDataProcessing"`
		NoReplay    *bool     `json:"sessionReplayOptOut"`
	}
	err = t.call(ctx, http.MethodGet, tenantSettingsPath, nil, nil, &b)
	if errors.Is(err, ErrNotFound) {
		return s, false, nil
	}
	s = TenantSettings{nil, b.NoAccess, b.Cadence, b.CrossRegion, b.NoReplay}
	if b.StartPage != nil {
		s.StartPage = &b.StartPage.Value
	}
	return s, b.ID != "", err
}

// writeTenantSettings stores settings if none are, and changes what is in store.
func writeTenantSettings(ctx context.Context, t *Tenant, live, desired TenantSettings) error {
	steps := desired.steps(live)
	if len(steps) > 0 {
		_, stored, err := t.tenantSettings(ctx)
		if err != nil {
			return err
		}
		if !stored {
			if steps, err = t.storeSettings(ctx, desired, steps); err != nil {
				return err
			}
		}
	}
	if len(steps) > 0 {
		if err := t.call(ctx, http.MethodPatch, tenantSettingsPath, nil, steps, nil); err != nil {
			return err
		}
	}
	if desired.CrossRegion == nil || live.CrossRegion != nil && *live.CrossRegion == *desired.CrossRegion {
		return nil
	}
	return t.crossRegion(ctx, *desired.CrossRegion)
}

// steps are what a patch does. What is not there yet cannot be replaced, and what is
// there may be added: so all of it is added.
func (desired TenantSettings) steps(live TenantSettings) []patch {
	steps := replaceChanged(nil, "/preferredStartPage", live.StartPage, desired.StartPage)
	if desired.NoAccess != nil {
		if merged := desired.NoAccess.over(live.NoAccess); live.NoAccess == nil || !merged.is(*live.NoAccess) {
			steps = append(steps, replace("/customizeNoAccess", merged))
		}
	}
	steps = replaceChanged(steps, "/releaseCadence", live.Cadence, desired.Cadence)
	steps = replaceChanged(steps, "/sessionReplayOptOut", live.NoReplay, desired.NoReplay)
	for i := range steps {
		steps[i].Op = "add"
	}
	return steps
}

// over fills in from what is live what is not managed: Qlik takes all of it.
func (n NoAccess) over(live *NoAccess) NoAccess {
	if live == nil {
		return n
	}
	for _, f := range []struct{ mine, theirs **string }{
		{&n.Message, &live.Message}, {&n.LinkLabel, &live.LinkLabel}, {&n.LinkURL, &live.LinkURL},
	} {
		if *f.mine == nil {
			*f.mine = *f.theirs
		}
	}
	return n
}

func (n NoAccess) is(m NoAccess) bool {
	same := func(a, b *string) bool {
		return (a == nil || *a == "") && (b == nil || *b == "") || a != nil && b != nil && *a == *b
	}
	return n.LinkEnabled == m.LinkEnabled && same(n.Message, m.Message) && same(n.LinkLabel, m.LinkLabel) && same(n.LinkURL, m.LinkURL)
}

// storeSettings stores what Qlik takes at first, and returns the steps that are left. One
// of the two must be there: the start page is then the one that holds anyway.
func (t *Tenant) storeSettings(ctx context.Context, desired TenantSettings, steps []patch) (left []patch, err error) {
	body := map[string]any{}
	for _, s := range steps {
		switch s.Path {
		case "/preferredStartPage", "/customizeNoAccess":
			body[s.Path[1:]] = s.Value
		default:
			left = append(left, s)
		}
	}
	if len(body) == 0 {
		body["preferredStartPage"] = usualStartPage
	}
	return left, t.call(ctx, http.MethodPost, tenantSettingsPath, nil, body, nil)
}

// crossRegion lets data be worked on in other regions, or not. To let it takes consent.
func (t *Tenant) crossRegion(ctx context.Context, on bool) error {
	body, err := json.Marshal(map[string]bool{"value": on})
	if err != nil {
		return err
	}
	p := payload{kind: "application/json", bytes: body, header: http.Header{}}
	if on {
		p.header.Set("x-qlik-consent-verified", "true")
	}
	_, err = t.send(ctx, http.MethodPost, crossRegionPath, nil, p, nil)
	return err
}
