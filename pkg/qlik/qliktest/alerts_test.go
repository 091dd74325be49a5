package qliktest_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/qdeploy/qdeploy/pkg/qlik/qliktest"
)

// TestAlerts goes through an alert and its condition, as its owner and as others.
func TestAlerts(t *testing.T) {
	const alerts, conditions = "/api/v1/data-alerts", "/api/v1/conditions"
	l := newLab(t, qliktest.Options{})
	l.post("/api/v1/spaces", object{"name": "Team", "type": "shared"}).want(201)
	app := l.tenant.ImportApp(qliktest.AppSpec{Space: "Team", Name: "Sales"})
	other := l.tenant.ImportApp(qliktest.AppSpec{Space: "Team", Name: "Stock"})
	of := func(app string) object {
		return object{"type": "data", "dataCondition": object{"conditionBase": object{"appId": app}, "conditionData": object{"measure": "Margin"}}}
	}
	condition := func(app string) string {
		return l.post(conditions, of(app)).want(201).str("condition", "dataCondition", "conditionBase", "id")
	}
	low := condition(app)
	l.post(conditions, of("none")).want(400)
	l.post(conditions, object{"type": "compound", "compoundCondition": object{}}).want(400)
	l.post(conditions, object{"type": "data", "dataCondition": object{"conditionBase": object{"appId": app}, "conditionData": 1}}).want(400)

	alert := func(change object) object {
		body := object{
			"name": "Low", "appId": app, "conditionId": low, "triggerType": "SCHEDULED", "scheduleOptions": object{"recurrence": []string{"RRULE:FREQ=DAILY"}},
			"recipients": object{"userIds": []object{{"value": l.bot(), "enabled": true}}},
		}
		for name, v := range change {
			body[name] = v
		}
		return body
	}
	for _, wrong := range []object{
		{"name": ""}, {"conditionId": "none"}, {"conditionId": condition(other)}, {"triggerType": "NOW"}, {"scheduleOptions": object{"recurrence": []string{}}},
		{"recipients": object{}}, {"recipients": object{"userIds": []object{}}}, {"recipients": object{"userIds": []object{{"value": "none"}}}}, {"colour": "red"},
	} {
		l.post(alerts, alert(wrong)).want(400)
	}
	made := l.post(alerts, alert(nil)).want(202)
	at := alerts + "/" + made.str("id")
	require.Equal(t, "creating", made.str("status"), "it is made afterwards")
	require.NotContains(t, string(l.get(at).want(200).body), `"status"`)
	l.post(alerts, alert(nil)).want(202) // names are not unique

	become := func(path string, value any) []object {
		return []object{{"op": "replace", "path": path, "value": value}}
	}
	l.patch(at, become("/recipients", object{})).want(400)
	l.patch(at, become("/conditionId", condition(other))).want(400)
	l.patch(at, become("/enabledAction", false)).want(204)
	require.Equal(t, false, l.get(at).want(200).value("enabled"))
	l.patch(conditions+"/"+low, become("/dataCondition/headers", []string{"Margin"})).want(400) // it has none
	l.patch(conditions+"/"+low, become("/dataCondition/conditionData", object{"measure": "Sum"})).want(204)
	require.Equal(t, "Sum", l.get(at+"/condition").want(200).str("conditionResponse", "condition", "dataCondition", "conditionData", "measure"))

	l.tenant.AddUser(qliktest.UserSpec{Subject: "out"})
	out := l.as(l.tenant.AddAPIKey("out"))
	out.get(at).want(404)
	out.patch(at, become("/name", "Mine")).want(404)
	out.get(conditions + "/" + low).want(404)
	require.Empty(t, out.get(alerts).want(200).value("tasks"))

	l.delete("/api/v1/apps/" + app).want(200)
	require.Equal(t, "APP_DELETED", l.get(at).want(200).str("alertingTaskErrors", 0, "value"), "an alert outlives its app")
	l.delete(conditions + "/" + low).want(204)
	l.get(at + "/condition").want(404)
	l.delete(at).want(204)
	l.get(at).want(404)
}
