package qliktest_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/qdeploy/qdeploy/pkg/qlik/qliktest"
)

func TestImportRefusals(t *testing.T) {
	l := newLab(t, qliktest.Options{ImportQuota: 2})
	staging, prod := l.spaces()
	data := l.post("/api/v1/spaces", object{"name": "Data", "type": "data"}).want(201).str("id")
	for _, c := range []struct {
		name, query string
		body        any
		status      int
	}{
		{"managed space", "?spaceId=" + prod, appFile, 403},
		{"data space", "?spaceId=" + data, appFile, 403},
		{"no such space", "?spaceId=0", appFile, 404},
		{"not a QVF", "?spaceId=" + staging, []byte("PK\x03\x04"), 400},
		{"nothing", "?spaceId=" + staging, nil, 400},
		{"internal mode", "?mode=autoreplace", appFile, 400},
		{"no such file", "?fileId=0", nil, 404},
		{"JSON", "", "{}", 400},
	} {
		t.Run(c.name, func(t *testing.T) { l.post("/api/v1/apps/import"+c.query, c.body).want(c.status) })
	}
	l.importApp("", appFile)
	l.importApp("", appFile)
	l.post("/api/v1/apps/import", appFile).want(403)
	l.clock.add(24 * time.Hour)
	l.token = l.login(acme, "robot", "secret")
	l.importApp("", appFile)
}

func TestCreateAndCopy(t *testing.T) {
	l := newLab(t, qliktest.Options{})
	staging, prod := l.spaces()
	made := l.post("/api/v1/apps", object{"attributes": object{"name": "New", "description": "d", "spaceId": staging}}).want(200)
	path := "/api/v1/apps/" + made.str("attributes", "id")
	require.Equal(t, "New", l.put(path, object{"attributes": object{"description": ""}}).want(200).str("attributes", "name"))
	l.put(path, object{"attributes": object{"ownerId": "x"}}).want(400)
	l.put(path, object{"name": "x"}).want(400)
	twin := l.post(path+"/copy", object{"attributes": object{"name": "Twin"}}).want(200)
	require.NotContains(t, twin.value("attributes"), "spaceId")
	l.post(path+"/copy", object{"attributes": object{"spaceId": prod}}).want(403)
	require.Equal(t, []any{"can_create_app", "can_import_app", "can_create_session_app"}, l.get("/api/v1/apps/privileges").want(200).value())

	id := twin.str("attributes", "id")
	require.Equal(t, staging, l.put("/api/v1/apps/"+id+"/space", object{"spaceId": staging}).want(200).str("attributes", "spaceId"))
	l.put("/api/v1/apps/"+id+"/space", object{"spaceId": prod}).want(403)
	require.NotContains(t, l.delete("/api/v1/apps/"+id+"/space").want(200).value("attributes"), "spaceId")
	ann := l.tenant.AddUser(qliktest.UserSpec{Subject: "ann"})
	require.Equal(t, ann, l.put("/api/v1/apps/"+id+"/owner", object{"ownerId": ann}).want(200).str("attributes", "ownerId"))
	l.get("/api/v1/apps/" + id).want(403) // personal to ann now
	l.put("/api/v1/apps/"+id+"/owner", object{"ownerId": "nobody"}).want(404)
}

func TestDeleteAndRestore(t *testing.T) {
	l := newLab(t, qliktest.Options{})
	staging, _ := l.spaces()
	young := l.importApp("?spaceId="+staging, appFile)
	l.clock.add(time.Hour)
	old := young
	young = l.importApp("?spaceId="+staging, appFile)
	require.NotEqual(t, old, young)
	l.delete("/api/v1/apps/" + young).want(200)
	l.delete("/api/v1/apps/" + old).want(200)
	l.get("/api/v1/apps/" + old).want(404)
	restore := func(id string, status int) { l.post("/api/analytics/apps/"+id+"/actions/restore", nil).want(status) }
	restore(young, 404) // gone at once
	restore(old, 200)
	require.Equal(t, "Sales", l.get("/api/v1/apps/"+old).want(200).str("attributes", "name"))
	require.Equal(t, []string{old}, l.get("/api/v1/items").column("resourceId"))

	l.delete("/api/v1/apps/" + old).want(200)
	l.delete("/api/v1/spaces/" + staging).want(204)
	restore(old, 403) // its space is gone
	l.clock.add(15 * 24 * time.Hour)
	l.token = l.login(acme, "robot", "secret")
	restore(old, 404)
	third := l.importApp("", appFile)
	require.NotContains(t, []string{old, young}, third)
}

func TestPublishTwiceAndMove(t *testing.T) {
	l := newLab(t, qliktest.Options{})
	staging, prod := l.spaces()
	id := l.importApp("?spaceId="+staging, appFile)
	one := l.post("/api/v1/apps/"+id+"/publish", object{"spaceId": prod}).want(200).str("attributes", "id")
	two := l.post("/api/v1/apps/"+id+"/publish", object{"spaceId": prod}).want(200).str("attributes", "id")
	require.NotEqual(t, one, two)
	l.post("/api/v1/apps/"+id+"/publish", object{"spaceId": staging}).want(400)
	l.post("/api/v1/apps/"+one+"/publish", object{"spaceId": prod}).want(400)
	l.post("/api/v1/apps/"+id+"/publish", object{"spaceId": "0"}).want(404)
	l.put("/api/v1/apps/"+id+"/publish", object{"targetId": "0"}).want(404)
	l.put("/api/v1/apps/"+id+"/publish", object{"targetId": id}).want(400)
	l.put("/api/v1/apps/"+id+"/publish", object{"targetId": one, "data": "both"}).want(400)

	l.post("/api/v1/apps/"+id+"/publish", object{"spaceId": prod, "moveApp": true}).want(400)
	moved := l.post("/api/v1/apps/"+id+"/publish", object{"spaceId": prod, "moveApp": true, "originAppId": "orig"}).want(200)
	require.Equal(t, id, moved.str("attributes", "id"))
	require.Equal(t, "orig", moved.str("attributes", "originAppId"))
	require.Equal(t, prod, moved.str("attributes", "spaceId"))
}

func TestLags(t *testing.T) {
	l := newLab(t, qliktest.Options{ItemsLag: time.Minute, PublishLag: 30 * time.Second, SpaceLag: 10 * time.Second})
	staging, prod := l.spaces()
	id := l.importApp("?spaceId="+staging, appFile)
	require.Empty(t, l.get("/api/v1/items").want(200).value("data"))
	l.get("/api/v1/apps/" + id).want(200)

	l.post("/api/v1/apps/"+id+"/publish", object{"spaceId": prod}).want(404) // the space is too new
	l.clock.add(10 * time.Second)
	live := l.post("/api/v1/apps/"+id+"/publish", object{"spaceId": prod}).want(200).str("attributes", "id")
	l.get("/api/v1/apps/" + live).want(403)
	l.clock.add(30 * time.Second)
	l.get("/api/v1/apps/" + live).want(200)

	l.clock.add(20 * time.Second)
	require.Equal(t, []string{id}, l.get("/api/v1/items").want(200).column("resourceId"))
	l.put("/api/v1/apps/"+id, object{"attributes": object{"name": "Renamed"}}).want(200)
	l.clock.add(10 * time.Second)
	require.Equal(t, []string{"Sales", "Sales"}, l.get("/api/v1/items").want(200).column("name"))
	l.clock.add(time.Minute)
	require.Equal(t, []string{"Renamed", "Sales"}, l.get("/api/v1/items").want(200).column("name"))
}

func TestScripts(t *testing.T) {
	l := newLab(t, qliktest.Options{})
	id := l.importApp("", appFile)
	path := "/api/v1/apps/" + id + "/scripts"
	require.Equal(t, "LOAD 1 AS a AUTOGENERATE 1;", l.get(path+"/current").want(200).str("script"))
	require.Empty(t, l.get(path).want(200).value("scripts"))
	l.post(path, object{"script": "// one", "versionMessage": "v1"}).want(200)
	l.clock.add(time.Second)
	l.post(path, object{"script": "// two"}).want(200)
	require.Equal(t, "// two", l.get(path+"/current").want(200).str("script"))
	list := l.get(path).want(200)
	require.Len(t, list.value("scripts"), 2)
	newest, oldest := list.str("scripts", 0, "scriptId"), list.str("scripts", 1, "scriptId")
	require.Equal(t, "v1", list.str("scripts", 1, "versionMessage"))
	require.Len(t, l.get(path+"?limit=1").want(200).value("scripts"), 1)
	l.patch(path+"/"+newest, []object{{"Op": "replace", "Path": "/versionMessage", "Value": `"v2"`}}).want(200)
	l.patch(path+"/"+newest, []object{{"op": "replace", "path": "/versionMessage", "value": `"v2"`}}).want(400)
	require.Equal(t, "v2", l.get(path+"/"+newest).want(200).str("versionMessage"))
	l.delete(path + "/" + newest).want(400)
	l.delete(path + "/" + oldest).want(200)
	l.get(path + "/" + oldest).want(404)

	// The file that is exported has the new script.
	copied := l.importApp("?name=Copy", l.export(id, ""))
	require.Equal(t, "// two", l.get("/api/v1/apps/"+copied+"/scripts/current").str("script"))
}

func TestReloads(t *testing.T) {
	l := newLab(t, qliktest.Options{ReloadTime: time.Minute, PageSize: 2})
	id := l.importApp("", appFile)
	start := func() string { return l.post("/api/v1/reloads", object{"appId": id}).want(201).str("id") }
	first := start()
	require.Equal(t, "CANCELED", l.post("/api/v1/reloads/"+first+"/actions/cancel", nil).want(202).str("status"))
	l.post("/api/v1/reloads/"+first+"/actions/cancel", nil).want(409)
	mood(l, "fail-reloads")
	l.clock.add(time.Second)
	second := start()
	mood(l, "")
	l.clock.add(time.Second)
	third := start()
	l.clock.add(2 * time.Minute)
	require.Equal(t, "FAILED", l.get("/api/v1/reloads/"+second).want(200).str("status"))
	require.Equal(t, "SUCCEEDED", l.get("/api/v1/reloads/"+third).want(200).str("status"))
	ids, pages := l.walk("/api/v1/reloads?appId="+id, "id", "next")
	require.Equal(t, []string{third, second, first}, ids)
	require.Equal(t, 2, pages)
	require.Equal(t, []string{second}, l.get("/api/v1/reloads?appId="+id+"&filter=status+eq+%22failed%22").want(200).column("id"))
	l.get("/api/v1/reloads/0").want(404)
	require.Equal(t, "RELOADS-003", l.post("/api/v1/reloads", object{"appId": "0"}).want(403).str("errors", 0, "code"))
	l.post("/api/v1/reloads", object{"appId": id, "variables": object{"a": 1}}).want(400)
	l.post("/api/v1/reloads", object{"appId": id, "variables": object{"a": "1"}, "partial": true, "weight": 2}).want(201)
}
