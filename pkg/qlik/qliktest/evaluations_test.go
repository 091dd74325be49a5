package qliktest_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/qdeploy/qdeploy/pkg/qlik/qliktest"
)

// An evaluation waits, runs and ends as time passes, and finds what the app is then.
func TestEvaluations(t *testing.T) {
	l := newLab(t, qliktest.Options{EvaluationTime: 4 * time.Minute, PageSize: 2})
	space := l.tenant.AddSpace(qliktest.SpaceSpec{Name: "Shared"})
	self := object{"type": "user", "assigneeId": l.bot(), "roles": []string{"producer"}}
	l.post("/api/v1/spaces/"+space+"/assignments", self).want(201)
	id := l.importApp("?spaceId="+space+"&name=Sales", appFile)
	list := "/api/analytics/apps/" + id + "/evaluations"
	first := l.post(list, object{}).want(201)
	require.Equal(t, "enqueued", first.str("status"))
	at := "/api/analytics/apps/evaluations/" + first.str("id")
	l.clock.add(time.Minute)
	require.Equal(t, "started", l.get(at).want(200).str("status"))
	l.clock.add(3 * time.Minute)
	require.Equal(t, "finished", l.get(at).want(200).str("status"))
	require.Positive(t, l.get(at).value("result", "documentSizeMiB"))

	second := l.post(list, object{"engineSizeHint": "40"}).want(201).str("id")
	l.clock.add(time.Second)
	l.tenant.Weigh("Shared", "Sales", qliktest.Findings{SizeMiB: 12, OpenSeconds: 2, SingleThreaded: 1, OverMemory: 2, Errors: 1, Warnings: 1})
	third := l.post(list, object{}).want(201).str("id")
	l.clock.add(time.Hour)
	l.tenant.Weigh("Shared", "Sales", qliktest.Findings{Fails: true})
	r := l.get("/api/analytics/apps/evaluations/" + third + "?all=true").want(200)
	require.Equal(t, 12.0, r.value("result", "documentSizeMiB"))
	require.Equal(t, 2000.0, r.value("result", "openApp", "totalDurationMilliseconds"))
	require.Len(t, r.value("result", "objSingleThreaded"), 1)
	require.Len(t, r.value("result", "objMemoryLimit"), 2)
	require.Equal(t, "error", r.str("events", 0, "severity"))
	require.Equal(t, "warning", r.str("events", 1, "severity"))
	require.Empty(t, r.value("details", "errors"))

	fourth := l.post(list, object{}).want(201).str("id")
	l.clock.add(time.Hour)
	require.Equal(t, "failed", l.get("/api/analytics/apps/evaluations/"+fourth).want(200).str("status"))
	ids, pages := l.walk(list+"?sort=-started", "id", "next")
	require.Equal(t, []string{fourth, third, second, first.str("id")}, ids)
	require.Equal(t, 2, pages)
	require.Equal(t, []string{first.str("id")}, l.get(list+"?sort=%2Bstarted&limit=1").want(200).column("id"))
}

// Who may evaluate an app: as Qlik's help says, and who may see what was found.
func TestEvaluationsAreRefused(t *testing.T) {
	l := newLab(t, qliktest.Options{})
	l.tenant.AddSpace(qliktest.SpaceSpec{Name: "Prod", Type: "managed"})
	id := l.tenant.ImportApp(qliktest.AppSpec{Space: "Prod", Name: "Sales"})
	list := "/api/analytics/apps/" + id + "/evaluations"
	require.Equal(t, "HTTP-403", l.post(list, object{}).want(403).str("errors", 0, "code"), "a TenantAdmin needs the right to view")
	l.get(list).want(200)
	l.tenant.AddAssignment("Prod", "group", "com.qlik.Everyone", "consumer")
	made := l.post(list, object{}).want(201).str("id")

	l.tenant.AddUser(qliktest.UserSpec{Subject: "ann"})
	ann := l.as(l.tenant.AddAPIKey("ann"))
	ann.post(list, object{}).want(403)
	ann.get(list).want(200)
	ann.get("/api/analytics/apps/evaluations/" + made).want(200)
	l.tenant.AddAssignment("Prod", "user", "ann", "facilitator")
	ann.post(list, object{}).want(201)

	hidden := l.tenant.ImportApp(qliktest.AppSpec{Name: "Mine", Owner: "bob"})
	ann.get("/api/analytics/apps/" + hidden + "/evaluations").want(403)
	ann.post("/api/analytics/apps/"+hidden+"/evaluations", object{}).want(403)

	l.post("/api/analytics/apps/0/evaluations", object{}).want(404)
	l.get("/api/analytics/apps/0/evaluations").want(404)
	l.get("/api/analytics/apps/evaluations/0").want(404)
	l.post(list, object{"size": 1}).want(400)
	l.get(list + "?sort=ended").want(400)
	l.get(list + "?limit=101").want(400)
	l.get(list + "?format=xml").want(400)
	l.get(list + "?fileMode=true").want(400)
	l.get("/api/analytics/apps/evaluations/" + made + "?format=xml").want(400)
}

// A cloud that is saved knows its evaluations; another content is weighed anew.
func TestEvaluationsOfAnotherContent(t *testing.T) {
	l := newLab(t, qliktest.Options{})
	source := l.importApp("?name=Sales", appFile)
	space := l.tenant.AddSpace(qliktest.SpaceSpec{Name: "Prod", Type: "managed"})
	l.tenant.AddAssignment("Prod", "group", "com.qlik.Everyone", "consumer", "publisher")
	live := l.post("/api/v1/apps/"+source+"/publish", object{"spaceId": space}).want(200).str("attributes", "id")
	l.tenant.Weigh("Prod", "Sales", qliktest.Findings{SizeMiB: 12})
	size := func() any {
		id := l.post("/api/analytics/apps/"+live+"/evaluations", object{}).want(201).str("id")
		return l.get("/api/analytics/apps/evaluations/"+id).want(200).value("result", "documentSizeMiB")
	}
	require.Equal(t, 12.0, size())
	l.put("/api/v1/apps/"+source+"/publish", object{"targetId": live}).want(200)
	require.Less(t, size(), 1.0)
}
