package qliktest_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/qdeploy/qdeploy/pkg/qlik/qliktest"
)

func TestAPIKeys(t *testing.T) {
	l := newLab(t, qliktest.Options{})
	tenant := l.get("/api/v1/users").str("data", 0, "tenantId")
	config := "/api/v1/api-keys/configs/" + tenant
	require.EqualValues(t, 5, l.get(config).want(200).value("max_keys_per_user"))
	l.patch(config, ops(op("/max_keys_per_user", 3), op("/max_api_key_expiry", "P30D"))).want(204)
	l.patch(config, ops(op("/max_keys_per_user", -1))).want(400)
	l.patch(config, ops(op("/max_api_key_expiry", "soon"))).want(400)

	var ids, tokens []string
	for i := range 3 {
		l.clock.add(time.Second)
		k := l.post("/api/v1/api-keys", object{"description": fmt.Sprint("key ", i), "expiry": "P7D"}).want(201)
		ids, tokens = append(ids, k.str("id")), append(tokens, k.str("token"))
	}
	l.post("/api/v1/api-keys", object{"description": "one too many"}).want(403)
	l.post("/api/v1/api-keys", object{"description": "too long", "expiry": "P31D"}).want(400)
	l.as(tokens[0]).get("/api/v1/spaces").want(200)

	got, pages := l.walk("/api/v1/api-keys?limit=2", "id", "next")
	require.Equal(t, []string{ids[2], ids[1], ids[0]}, got) // newest first
	require.Equal(t, 2, pages)
	l.get("/api/v1/api-keys?limit=2&startingAfter=none").want(400)
	l.get("/api/v1/api-keys?sort=status&status=revoked").want(200)

	path := "/api/v1/api-keys/" + ids[0]
	l.patch(path, ops(op("/description", "renamed"))).want(204)
	require.Equal(t, "renamed", l.get(path).want(200).str("description"))
	require.NotContains(t, l.get(path).value(), "token")
	l.delete(path).want(204)
	l.get(path).want(404)
	l.as(tokens[0]).get("/api/v1/spaces").want(401)

	other := l.tenant.AddAPIKey("ann")
	sub := l.get("/api/v1/users?subject=ann").str("data", 0, "id")
	row := l.get("/api/v1/api-keys?sub="+sub).want(200).str("data", 0, "id")
	l.delete("/api/v1/api-keys/" + row).want(204) // another's key is revoked
	require.Equal(t, "revoked", l.get("/api/v1/api-keys/"+row).want(200).str("status"))
	l.as(other).get("/api/v1/spaces").want(401)
	l.clock.add(8 * 24 * time.Hour)
	l.as(tokens[1]).get("/api/v1/spaces").want(401) // expired
}

func TestQuotasAndLicences(t *testing.T) {
	l := newLab(t, qliktest.Options{})
	require.Len(t, l.get("/api/v1/quotas?reportUsage=true").want(200).value("data"), 3)
	require.EqualValues(t, -1, l.get("/api/v1/quotas/shared_spaces").want(200).value("data", 0, "attributes", "quota"))
	l.get("/api/v1/quotas/none").want(404)
	l.get("/api/v1/licenses/status").want(200)
	require.Equal(t, true, l.get("/api/v1/licenses/settings").want(200).value("autoAssignProfessional"))
	l.put("/api/v1/licenses/settings", object{"autoAssignProfessional": false, "autoAssignAnalyzer": true}).want(200)
	require.Equal(t, false, l.get("/api/v1/licenses/settings").value("autoAssignProfessional"))
	l.put("/api/v1/licenses/settings", object{"autoAssignProfessional": "no"}).want(400)
}

func TestAuthSettings(t *testing.T) {
	l := newLab(t, qliktest.Options{})
	const path = "/api/core/auth-settings"
	require.Equal(t, true, l.get(path).want(200).value("isDefault"))
	l.patch(path, ops(op("/dcrAllowedAuthenticationMethods", []string{"none"}))).want(400)
	l.patch(path, ops(op("/maxUserSessionLifespanMinutes", 90))).want(400)
	l.patch(path, ops(op("/userSessionInactivityTimeoutMinutes", 14))).want(400)
	got := l.patch(path, ops(op("/dynamicClientRegistrationEnabled", true), op("/dcrAllowedAuthenticationMethods", []string{"none"}), op("/maxUserSessionLifespanMinutes", 120))).want(200)
	require.Equal(t, []any{"none"}, got.value("dcrAllowedAuthenticationMethods"))
	require.EqualValues(t, 120, l.get(path).value("maxUserSessionLifespanMinutes"))
	l.patch(path, ops(op("/dynamicClientRegistrationEnabled", false))).want(200)
	require.NotContains(t, l.get(path).want(200).value(), "dcrAllowedAuthenticationMethods")
	ann := l.as(l.tenant.AddAPIKey("ann"))
	ann.get(path).want(403)
	ann.patch(path, ops(op("/maxUserSessionLifespanMinutes", 60))).want(403)
}

func TestTenantSettings(t *testing.T) {
	l := newLab(t, qliktest.Options{})
	const path = "/api/v1/tenant-settings"
	l.get(path).want(404)
	l.patch(path, ops(op("/releaseCadence", "monthly"))).want(404)
	l.post(path, object{}).want(400)
	l.post(path, object{"releaseCadence": "monthly"}).want(400)
	l.post(path, object{"preferredStartPage": "nowhere"}).want(400)
	l.post(path, object{"preferredStartPage": "analytics-creation-hub"}).want(201)
	l.post(path, object{"preferredStartPage": "analytics-hub"}).want(400)
	require.Equal(t, "/analytics", l.get(path).want(200).value("preferredStartPage", "route"))
	l.patch(path, ops(op("/releaseCadence", "monthly"))).want(400) // it is not there to be replaced
	add := func(path string, value any) object { return object{"op": "add", "path": path, "value": value} }
	l.patch(path, []any{add("/releaseCadence", "monthly"), add("/customizeNoAccess", object{"linkEnabled": false})}).want(200)
	l.patch(path, []any{add("/customizeNoAccess", object{"message": "no"})}).want(400)
	l.patch(path, []any{object{"op": "remove", "path": "/releaseCadence"}}).want(200)
	require.NotContains(t, l.get(path).value(), "releaseCadence")
	toggle := path + "/actions/toggle-cross-region-inference"
	l.post(toggle, object{"value": true}).want(403)
	require.Equal(t, false, l.post(toggle, object{"value": false}).want(200).value("crossRegionDataProcessing"))
	require.Len(t, l.get(path+"/start-pages").want(200).value("values"), 3)
	l.as(l.tenant.AddAPIKey("ann")).patch(path, []any{}).want(403)
	l.delete(path).want(204)
	l.get(path).want(404)
}

func TestBanner(t *testing.T) {
	l := newLab(t, qliktest.Options{})
	l.get("/api/v1/banners").want(404)
	body := func(more object) object {
		b := object{"enabled": true, "type": "info", "message": "m", "startTime": "2026-11-27T12:00:00Z", "endTime": "2026-11-28T12:00:00+01:00", "linkEnabled": false}
		for k, v := range more {
			b[k] = v
		}
		return b
	}
	const path = "/api/v1/banners/actions/upsert"
	l.post(path, object{"enabled": true}).want(400)
	l.post(path, body(object{"type": "alarm"})).want(400)
	l.post(path, body(object{"endTime": "2026-11-27T11:00:00Z"})).want(400)
	l.as(l.tenant.AddAPIKey("ann")).post(path, body(nil)).want(403)
	l.post(path, body(nil)).want(201)
	l.post(path, body(object{"message": "n"})).want(201)
	got := l.get("/api/v1/banners").want(200)
	require.Equal(t, "n", got.value("message"))
	require.Equal(t, "2026-11-28T11:00:00.000Z", got.value("endTime"))
}

func TestPinnedLinks(t *testing.T) {
	l := newLab(t, qliktest.Options{})
	const path = "/api/v1/ui-config/pinned-links"
	const pin, unpin = path + "/actions/bulk-create-pinned-links", path + "/actions/delete-all-pinned-links"
	links := func(of ...object) object { return object{"scope": "tenant", "type": "custom-link", "links": of} }
	one := object{"name": "A", "link": "https://a.example"}
	require.Empty(t, l.get(path).want(200).value("data"))
	l.post(pin, object{"links": []object{one}}).want(400)
	l.post(pin, links(object{"name": "A", "link": "http://a.example"})).want(400)
	l.post(pin, links(object{"name": strings.Repeat("x", 51), "link": "https://a.example"})).want(400)
	l.as(l.tenant.AddAPIKey("ann")).post(pin, links(one)).want(403)
	l.post(pin, links(one, one)).want(200)
	l.post(pin, links(slices.Repeat([]object{one}, 49)...)).want(400)
	l.post(pin, links(object{"name": "B", "link": "https://b.example"})).want(200)
	require.Equal(t, "B", l.get(path).str("data", 2, "name"))
	require.NotEqual(t, l.get(path).str("data", 0, "id"), l.get(path).str("data", 1, "id"))
	l.post(unpin, nil).want(204)
	require.Empty(t, l.get(path).want(200).value("data"))
}

func TestNotes(t *testing.T) {
	const path = "/api/v1/notes/settings"
	l := newLab(t, qliktest.Options{})
	require.Equal(t, true, l.get(path).want(200).value("available"))
	l.put(path, object{"toggleOn": false}).want(400) // as it is answered, not as it is asked
	require.Equal(t, false, l.put(path, object{"toggledOn": false}).want(200).value("toggleOn"))
	require.Equal(t, "toggle", l.get(path).want(200).str("reason"))
}
