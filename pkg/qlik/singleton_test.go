package qlik

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/qdeploy/qdeploy/pkg/plan"
	"github.com/qdeploy/qdeploy/pkg/qlik/qliktest"
)

// TestTenantSettingsWithoutID holds that an answer without an ID means that no settings
// are in store, as 404 does: nobody has seen which of the two Qlik gives.
func TestTenantSettingsWithoutID(t *testing.T) {
	empty := func() *http.Response { return response(http.StatusOK, `{}`) }
	c, script := scripted(t, empty(), empty(), empty(), empty())
	tenant := NewTenant(c, TenantOptions{})
	key := plan.Key{Kind: "tenant-settings", Name: plan.TheOne}
	want := plan.Resource{Key: key, Spec: []byte(`{"releaseCadence":"monthly"}`)}
	snap, err := tenant.Read(t.Context(), []plan.Resource{want})
	require.NoError(t, err)
	live := one(t, snap, "tenant-settings/tenant")
	require.JSONEq(t, `{}`, string(live.Spec))
	require.NoError(t, tenant.Do(t.Context(), plan.Change{Action: plan.Update, Key: key, Live: &live, Desired: &want}))
	require.Equal(t, []string{
		"GET /api/v1/tenant-settings",
		"GET /api/v1/tenant-settings",
		`POST /api/v1/tenant-settings {"preferredStartPage":"analytics-hub"}`,
		`PATCH /api/v1/tenant-settings [{"op":"add","path":"/releaseCadence","value":"monthly"}]`,
	}, script.seen)
}

// TestBannerTimes holds that Qlik may write a time as it likes.
func TestBannerTimes(t *testing.T) {
	for in, want := range map[string]string{
		"2026-11-27T12:00:00.000Z":  "2026-11-27T12:00:00Z",
		"2026-11-27T13:00:00+01:00": "2026-11-27T12:00:00Z",
		"2026-11-27T12:00:00Z":      "2026-11-27T12:00:00Z",
		"tomorrow":                  "tomorrow",
		"":                          "",
	} {
		require.Equal(t, want, toTheSecond(in))
	}
}

// TestSingletonsAreOnlyUpdated holds that no plan, however old, makes or deletes one.
func TestSingletonsAreOnlyUpdated(t *testing.T) {
	s := newSandbox(t, qliktest.Options{})
	want := resource("license-settings/tenant", `{"autoAssignAnalyzer":false,"autoAssignProfessional":false}`)
	tenant := s.open()
	calls := s.since(func() {
		require.EqualError(t, tenant.Do(t.Context(), plan.Change{Action: plan.Create, Key: want.Key, Desired: &want}),
			"license-settings/tenant: a license-settings cannot be created: every tenant has one")
		require.EqualError(t, tenant.Do(t.Context(), plan.Change{Action: plan.Delete, Key: want.Key, Live: &plan.Resource{Key: want.Key, ID: plan.TheOne}}),
			"license-settings/tenant: a license-settings cannot be deleted")
	})
	require.Empty(t, calls)
	require.Equal(t, []string{"update license-settings/tenant"}, s.converge(want))
	require.Empty(t, s.converge(want))
}

// TestNotesThatCannotBe holds that a switch which changes nothing is not pressed.
func TestNotesThatCannotBe(t *testing.T) {
	want := plan.Resource{Key: plan.Key{Kind: "notes-settings", Name: plan.TheOne}, Spec: []byte(`{"enabled":true}`)}
	for why, answer := range map[string]*http.Response{
		"Qlik says that there are no notes in this tenant whatever the switch says: license":                 response(http.StatusOK, `{"available":false,"reason":"license"}`),
		"the tenant has no such settings any more: Qlik has taken them away, so take them out of the estate": response(http.StatusNotFound, ``),
		"": response(http.StatusOK, `{"available":false,"reason":"toggle"}`),
	} {
		c, _ := scripted(t, answer)
		snap, err := NewTenant(c, TenantOptions{}).Read(t.Context(), []plan.Resource{want})
		require.NoError(t, err)
		require.Equal(t, why, snap.Missing[want.Key])
		require.JSONEq(t, `{"enabled":false}`, string(one(t, snap, "notes-settings/tenant").Spec))
	}
}
