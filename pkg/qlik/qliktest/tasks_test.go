package qliktest_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/qdeploy/qdeploy/pkg/qlik/qliktest"
)

const tasksPath = "/api/scheduling/tasks"

func scheduled(name, app string) object {
	return object{
		"name": name, "specVersion": "1.0", "start": object{"schedule": object{"recurrence": "RRULE:FREQ=DAILY"}},
		"states": []object{{"type": "EVENT", "onEvents": []object{{
			"eventRefs": []string{"e"},
			"actions":   []object{{"functionRef": object{"refName": "app.reload", "arguments": object{"appId": app}}}},
		}}}},
	}
}

func TestTasks(t *testing.T) {
	l := newLab(t, qliktest.Options{})
	staging, _ := l.spaces()
	app := l.importApp("?spaceId="+staging, appFile)
	l.tenant.AddReloadTask("Staging", "Sales", "RRULE:FREQ=WEEKLY", "UTC")
	legacy := "/api/v1/reload-tasks?appId=" + app
	require.Equal(t, []string{"Enabled"}, l.get(legacy).want(200).column("state"))

	made := l.post(tasksPath, scheduled("Nightly", app)).want(201)
	at := tasksPath + "/" + made.str("id")
	require.Equal(t, false, made.value("enabled"), "as Qlik has it")
	require.Equal(t, app, made.str("resourceId"))
	require.Equal(t, []string{"Disabled"}, l.get(legacy).want(200).column("state"), "with the app's first task")

	set := func(path string, value any) object { return object{"op": "replace", "path": path, "value": value} }
	l.patch(at, []object{set("/colour", "red")}).want(400)
	l.patch(at, []object{set("/start", object{"schedule": object{"recurrence": "daily"}})}).want(400)
	l.patch(at, []object{set("/enabled", true)}).want(200)

	after := func(source, kind, id string) []object {
		return []object{{"name": "e", "source": source, "type": kind, "correlation": []object{{"contextAttributeName": "id", "contextAttributeValue": id}}}}
	}
	ended := after("system-events.task", "com.qlik.v1.task.run.finished", made.str("id"))
	second := scheduled("After it", app)
	second["events"] = ended
	l.post(tasksPath, second).want(400) // a schedule, too
	delete(second, "start")
	second["events"] = after("system-events.task", "com.qlik.v1.task.run.finished", "nobody")
	l.post(tasksPath, second).want(400)
	second["events"] = after("dataset.updated", "com.qlik.v1.task.run.finished", made.str("id"))
	l.post(tasksPath, second).want(400)
	second["events"] = ended
	chained := tasksPath + "/" + l.post(tasksPath, second).want(201).str("id")
	l.patch(chained, []object{set("/start", scheduled("", "")["start"])}).want(400) // there is none to replace
	l.patch(chained, []object{{"op": "add", "path": "/start", "value": scheduled("", "")["start"]}}).want(400)
	l.patch(chained, []object{{"op": "add", "path": "/start", "value": scheduled("", "")["start"]}, {"op": "remove", "path": "/events"}}).want(200)
	require.Nil(t, l.get(chained).want(200).value("events"))
	l.delete(chained).want(204)

	l.post("/api/v1/apps/"+app+"/scripts", object{"script": "LOAD 2 AS B AUTOGENERATE 1;"}).want(200)
	require.Equal(t, true, l.get(at).want(200).value("enabled"), "its owner changed the script")
	l.delete("/api/v1/apps/" + app + "/space").want(200)
	require.Equal(t, "APP-MOVED-SPACE", l.get(at).want(200).str("metadata", "disabledCode"))

	for i := range 9 {
		l.post(tasksPath, scheduled(fmt.Sprint(i), app)).want(201)
	}
	l.post(tasksPath, scheduled("one too many", app)).want(400)
	l.post(tasksPath, scheduled("no app", "none")).want(403)
	l.post(tasksPath, object{"name": "no schedule", "specVersion": "1.0"}).want(400)
	l.delete(at).want(204)
	l.get(at).want(404)
	require.Len(t, l.get(tasksPath+"?resourceId="+app).want(200).column("id"), 9)
	l.delete("/api/v1/apps/" + app).want(200)
	require.Empty(t, l.get(tasksPath).want(200).column("id"), "they end with their app")
}

func TestSharing(t *testing.T) {
	const path = "/api/v1/sharing-tasks"
	l := newLab(t, qliktest.Options{})
	staging, _ := l.spaces()
	app := l.importApp("?spaceId="+staging, appFile)
	template := func(app string) []object {
		return []object{{"type": "multi-sheet", "subType": "pdf", "multiSheetData": []object{{"appId": app, "sheetId": "s"}}}}
	}
	body := object{"name": "Weekly", "type": "sheet-sharing", "state": object{}, "templates": template(app)}
	l.post(path, body).want(400) // it would be sent at once
	body["executeOnCreation"] = false
	made := l.post(path, body).want(201)
	require.Equal(t, true, made.value("trigger", "executeOnAppReload"), "as Qlik has it")
	at := path + "/" + made.str("id")
	set := func(path string, value any) object { return object{"op": "replace", "path": path, "value": value} }
	l.patch(at, []object{set("/subject", "new")}).want(400)
	l.patch(at, []object{set("/recipients", object{"userIds": []object{{"value": "nobody"}}})}).want(400)
	l.patch(at, []object{set("/templates", template("another"))}).want(400)
	l.patch(at, []object{set("/enabled", false)}).want(204)
	require.Equal(t, false, l.get(at).want(200).value("enabled"))
	body["templates"] = template("none")
	l.post(path, body).want(404)
	require.Equal(t, float64(0), l.get(path+"?type=chart-sharing").want(200).value("totalCount"))
	l.delete("/api/v1/apps/" + app).want(200)
	l.get(at).want(404) // it ends with its app
}
