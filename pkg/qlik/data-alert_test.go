package qlik

import (
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/qdeploy/qdeploy/pkg/plan"
	"github.com/qdeploy/qdeploy/pkg/qlik/qliktest"
)

const alertSpec = `{"name":"Low","space":"space/Team","app":"app/Team/Sales","description":"","enabled":true,"condition":{"conditionData":{"measure":"Sum"}},` +
	`"recipients":["user:ann"],"groups":[],"onReload":true}`

// alertIn is a tenant with an app and somebody to tell, and an alert as it is declared.
func alertIn(t *testing.T, space string) (*sandbox, []plan.Resource) {
	s := newSandbox(t, qliktest.Options{NoLimits: true})
	s.tenant.AddUser(qliktest.UserSpec{Subject: "ann"})
	s.seed("GET", "/api/v1/users/me", nil) // so that there is a bot
	want := []plan.Resource{
		resource("space/"+space, strings.Replace(teamSpec, "Team", space, 1)),
		resource("data-alert/"+space+"/Sales/Low", strings.ReplaceAll(alertSpec, "Team", space)),
	}
	s.tenant.AddSpace(qliktest.SpaceSpec{Name: space})
	s.tenant.AddAssignment(space, "bot", `qlikbot\client`, "consumer")
	s.tenant.ImportApp(qliktest.AppSpec{Space: space, Name: "Sales"})
	return s, want
}

// TestConditionAsItIs holds that a plan comes to rest whatever a condition says, be it
// nothing.
func TestConditionAsItIs(t *testing.T) {
	s, want := alertIn(t, "Team")
	for _, more := range []string{
		`"measures":[{"title":"","qLibraryId":"a"}]`, `"dimensions":[{"title":"","field":""}]`,
		`"selections":[{"field":"Year","count":0,"selectedSummary":[]}]`, `"selections":[{"field":"Year"}]`, `"history":{"enabled":false}`,
	} {
		want[1].Spec = []byte(strings.Replace(alertSpec, `{"measure":"Sum"}`, `{"measure":"Sum"},`+more, 1))
		_ = s.converge(want...)
		require.Contains(t, string(one(t, s.read(want...), "data-alert/Team/Sales/Low").Spec), more)
	}
}

// TestUnseenAlert holds that an alert which was made before the engine could see its space
// is found, and no second one is made.
func TestUnseenAlert(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, want := alertIn(t, "Far")
		require.Equal(t, []string{"create data-alert/Far/Sales/Low"}, s.converge(want...)[0:])
		id := one(t, s.read(want...), "data-alert/Far/Sales/Low").ID
		space := s.seed("GET", "/api/v1/spaces?name=Far", nil)["data"].([]any)[0].(map[string]any)["id"].(string)
		s.seed("DELETE", "/api/v1/spaces/"+space+"/assignments/"+s.memberOf(space), nil)

		want[1].Spec = []byte(strings.Replace(string(want[1].Spec), `"description":""`, `"description":"new"`, 1))
		done := s.converge(want...)
		require.Contains(t, done, "create data-alert/Far/Sales/Low", "for all that a plan can know")
		live := one(t, s.read(want...), "data-alert/Far/Sales/Low")
		require.Equal(t, id, live.ID)
		require.Contains(t, string(live.Spec), `"description":"new"`)
		require.Len(t, s.seed("GET", alertsPath, nil)["tasks"], 1)
	})
}

// TestAlertsAreListedOnce holds that all spaces are served from one list, until something
// is written.
func TestAlertsAreListedOnce(t *testing.T) {
	s, want := alertIn(t, "Team")
	for _, space := range []string{"A", "B", "C"} {
		s.tenant.AddSpace(qliktest.SpaceSpec{Name: space})
		s.tenant.AddAssignment(space, "bot", `qlikbot\client`, "consumer")
		s.tenant.ImportApp(qliktest.AppSpec{Space: space, Name: "Sales"})
		want = append(want, resource("data-alert/"+space+"/Sales/Low", strings.ReplaceAll(alertSpec, "Team", space)),
			resource("sharing-task/"+space+"/Sales/Mondays", `{"name":"Mondays","space":"space/`+space+`","app":"app/`+space+`/Sales","description":"","enabled":true,"sheets":["s"],"format":"pdf","recipients":["user:ann"],"onReload":true}`))
	}
	_ = s.converge(want...)
	require.Empty(t, s.converge(want...))
	calls := s.since(func() { s.read(want...) })
	require.Equal(t, 1, count(calls, "GET /api/v1/data-alerts"))
	require.Equal(t, 1, count(calls, "GET /api/v1/sharing-tasks"))
}

// TestAlertsAreOnFirst holds that what turns on is waited for: alerts are refused before.
func TestAlertsAreOnFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, want := alertIn(t, "Team")
		s.seed("PUT", alertSettingsPath, map[string]bool{"enable-data-alerting": false})
		on := resource("data-alert-settings/tenant", `{"enableDataAlerting":true}`)
		require.Equal(t, []string{"update data-alert-settings/tenant", "create data-alert/Team/Sales/Low"}, s.converge(append([]plan.Resource{on}, want...)...)[:2])
	})
}

// TestAlertsTurn holds that a switch which turns already is waited for, and one that turns
// for ever is told of.
func TestAlertsTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		turning := func() *http.Response {
			return response(http.StatusOK, `{"enable-data-alerting":true,"data-alerting-feature-operation-status":"enabling"}`)
		}
		done := func() *http.Response {
			return response(http.StatusOK, `{"data-alerting-feature-operation-status":"none"}`)
		}
		off := plan.Resource{Key: plan.Key{Kind: "data-alert-settings", Name: plan.TheOne}, ID: plan.TheOne, Spec: []byte(`{"enableDataAlerting":false}`)}
		on := off
		on.Spec = []byte(`{"enableDataAlerting":true}`)
		change := plan.Change{Action: plan.Update, Key: on.Key, Live: &off, Desired: &on}
		c, script := scripted(t, response(http.StatusConflict, `{}`), turning(), done(), response(http.StatusNoContent, ``), turning(), done())
		require.NoError(t, NewTenant(c, TenantOptions{}).Do(t.Context(), change))
		put, get := "PUT "+alertSettingsPath+` {"enable-data-alerting":true}`, "GET "+alertSettingsPath
		require.Equal(t, []string{put, get, get, put, get, get}, script.seen)

		c, script = scripted(t, response(http.StatusNoContent, ``))
		for range 100 {
			script.answers = append(script.answers, turning())
		}
		err := NewTenant(c, TenantOptions{}).Do(t.Context(), change)
		require.EqualError(t, err, "data-alert-settings/tenant: it was accepted, and Qlik is still enabling it: not yet after 2m0s")
	})
}

// TestRules holds that what recurs is written as it was read.
func TestRules(t *testing.T) {
	var b sharingBody
	for _, rules := range [][]string{{}, {"RRULE:FREQ=DAILY"}, {"RRULE:FREQ=DAILY", "RRULE:FREQ=WEEKLY"}} {
		b.Schedule.Recurrence = rules
		live := b.spec("space/Team", "app/Team/Sales", nil)
		require.Equal(t, rules, SharingTask{Timezone: "UTC"}.schedule(live)["recurrence"], "it is not managed, and stays")
	}
}
