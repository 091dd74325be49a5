package qliktest_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/qdeploy/qdeploy/pkg/qlik/qliktest"
)

func TestRolesBySpaceType(t *testing.T) {
	l := newLab(t, qliktest.Options{})
	for kind, roles := range map[string]string{
		"shared":  "facilitator producer codeveloper consumer dataconsumer",
		"managed": "facilitator consumer dataconsumer contributor publisher basicconsumer",
		"data":    "facilitator producer consumer dataconsumer publisher operator datapreview",
	} {
		id := l.tenant.AddSpace(qliktest.SpaceSpec{Name: kind, Type: kind})
		for _, role := range strings.Fields("basicconsumer codeveloper consumer contributor dataconsumer datapreview facilitator operator producer publisher king") {
			user := l.tenant.AddUser(qliktest.UserSpec{Subject: kind + role})
			want := 400
			if strings.Contains(" "+roles+" ", " "+role+" ") {
				want = 201
			}
			l.post("/api/v1/spaces/"+id+"/assignments", object{"type": "user", "assigneeId": user, "roles": []string{role}}).want(want)
		}
	}
}

func TestAssignments(t *testing.T) {
	l := newLab(t, qliktest.Options{})
	space := l.tenant.AddSpace(qliktest.SpaceSpec{Name: "S", Owner: "boss"})
	group := l.tenant.AddGroup("Sales")
	user := l.tenant.AddUser(qliktest.UserSpec{Subject: "ann"})
	boss := l.get("/api/v1/users?subject=boss").want(200).str("data", 0, "id")
	path := "/api/v1/spaces/" + space + "/assignments"

	made := l.post(path, object{"type": "group", "assigneeId": group, "roles": []string{"consumer", "producer"}}).want(201)
	require.Equal(t, []any{"consumer", "producer"}, made.value("roles"))
	conflict := l.post(path, object{"type": "group", "assigneeId": group, "roles": []string{"consumer"}}).want(409)
	require.Equal(t, "AssignmentConflict", conflict.str("code"))
	require.Equal(t, "AssignmentConflict", conflict.str("errors", 0, "code"))
	l.post(path, object{"type": "user", "assigneeId": boss, "roles": []string{"consumer"}}).want(409) // the owner
	l.post(path, object{"type": "user", "assigneeId": group, "roles": []string{"consumer"}}).want(404)
	l.post(path, object{"type": "user", "assigneeId": user, "roles": []string{}}).want(400)
	l.post(path, object{"type": "bot", "assigneeId": user, "roles": []string{"consumer"}}).want(404) // not a bot
	l.post(path, object{"type": "bot", "assigneeId": l.bot(), "roles": []string{"consumer"}}).want(201)
	l.post(path, object{"type": "user", "assigneeId": user, "roles": []string{"consumer"}}).want(201)

	one := path + "/" + made.str("id")
	require.Equal(t, []any{"facilitator"}, l.put(one, object{"roles": []string{"facilitator"}}).want(200).value("roles"))
	l.put(one, object{"roles": []string{"facilitator"}, "type": "user"}).want(400)
	l.put(one, object{"roles": []string{"publisher"}}).want(400)
	require.Equal(t, group, l.get(one).want(200).str("assigneeId"))
	require.Len(t, l.get(path).want(200).value("data"), 3)
	require.EqualValues(t, 3, l.get(path).value("meta", "count"))
	require.Equal(t, []string{user}, l.get(path+"?type=user").want(200).column("assigneeId"))
	require.Equal(t, []string{group}, l.get(path+"?assigneeId="+group).want(200).column("assigneeId"))

	l.delete(one).want(204)
	l.get(one).want(404)
	again := l.post(path, object{"type": "group", "assigneeId": group, "roles": []string{"consumer"}}).want(201)
	require.NotEqual(t, made.str("id"), again.str("id"))

	l.patch("/api/v1/spaces/"+space, ops(op("/ownerId", user))).want(200) // a new owner loses the row
	require.Empty(t, l.get(path+"?assigneeId="+user).want(200).value("data"))
}

func TestSpacesDependOnTheCaller(t *testing.T) {
	l := newLab(t, qliktest.Options{})
	open := l.tenant.AddSpace(qliktest.SpaceSpec{Name: "Open"})
	hidden := l.tenant.AddSpace(qliktest.SpaceSpec{Name: "Hidden", Type: "managed"})
	ann := l.as(l.tenant.AddAPIKey("ann"))
	l.tenant.AddAssignment("Open", "user", "ann", "consumer")

	require.Equal(t, []string{"Open"}, ann.get("/api/v1/spaces").want(200).column("name"))
	require.Equal(t, []string{"Hidden", "Open"}, l.get("/api/v1/spaces").want(200).column("name"))
	ann.get("/api/v1/spaces/" + hidden).want(404)
	meta := ann.get("/api/v1/spaces/" + open).want(200)
	require.Equal(t, []any{"consumer"}, meta.value("meta", "roles"))
	require.Equal(t, []any{}, meta.value("meta", "assignableRoles"))
	require.Equal(t, []any{"read"}, meta.value("meta", "actions"))

	ann.post("/api/v1/spaces", object{"name": "Mine", "type": "shared"}).want(403)
	ann.patch("/api/v1/spaces/"+open, ops(op("/name", "Shut"))).want(403)
	ann.delete("/api/v1/spaces/" + open).want(403)
	ann.post("/api/v1/spaces/"+open+"/assignments", object{"type": "group", "assigneeId": "000000000000000000000001", "roles": []string{"consumer"}}).want(403)
	l.post("/api/v1/spaces/"+open+"/assignments", object{"type": "group", "assigneeId": "000000000000000000000001", "roles": []string{"producer"}}).want(201)
	require.Equal(t, []any{"consumer", "producer"}, ann.get("/api/v1/spaces/"+open).value("meta", "roles"))
}

func TestSpaceLists(t *testing.T) {
	l := newLab(t, qliktest.Options{})
	for name, kind := range map[string]string{"HR": "shared", "HR prod": "managed", "Sales": "shared", "Lake": "data"} {
		l.tenant.AddSpace(qliktest.SpaceSpec{Name: name, Type: kind})
	}
	l.post("/api/v1/spaces", object{"name": "Own", "type": "managed"}).want(201)
	for query, want := range map[string][]string{
		"":                     {"HR", "HR prod", "Lake", "Own", "Sales"},
		"?name=hr":             {"HR", "HR prod"},
		"?type=shared,data":    {"HR", "Lake", "Sales"},
		"?sort=-name":          {"Sales", "Own", "Lake", "HR prod", "HR"},
		"?sort=%2Btype":        {"Lake", "HR prod", "Own", "HR", "Sales"},
		"?action=publish":      {"Own"},
		"?roles=publisher":     {"Own"},
		"?ownerId=" + l.bot():  {"Own"},
		"?name=nothing+at+all": {},
	} {
		require.Equal(t, want, l.get("/api/v1/spaces"+query).want(200).column("name"), query)
	}
	require.Equal(t, []any{"shared", "managed", "data"}, l.get("/api/v1/spaces/types").want(200).value("data"))
}

// TestContentNeedsMembership: TenantAdmin is not enough for apps.
func TestContentNeedsMembership(t *testing.T) {
	l := newLab(t, qliktest.Options{})
	shared := l.tenant.AddSpace(qliktest.SpaceSpec{Name: "Shared"})
	managed := l.tenant.AddSpace(qliktest.SpaceSpec{Name: "Managed", Type: "managed"})
	id := l.tenant.ImportApp(qliktest.AppSpec{Name: "App", Space: "Shared"})

	l.get("/api/v1/apps/" + id).want(403)
	l.post("/api/v1/apps/"+id+"/export", nil).want(403)
	l.post("/api/v1/apps/import?spaceId="+shared, appFile).want(403)
	l.post("/api/v1/reloads", object{"appId": id}).want(403)
	require.Empty(t, l.get("/api/v1/items").want(200).value("data"))

	self := object{"type": "user", "assigneeId": l.bot(), "roles": []string{"producer"}}
	l.post("/api/v1/spaces/"+shared+"/assignments", self).want(201)
	l.get("/api/v1/apps/" + id).want(200)
	l.post("/api/v1/apps/"+id+"/export", nil).want(201)
	l.importApp("?spaceId="+shared, appFile)
	require.Len(t, l.get("/api/v1/items").want(200).value("data"), 2)

	publish := object{"spaceId": managed}
	l.post("/api/v1/apps/"+id+"/publish", publish).want(403)
	self["roles"] = []string{"facilitator"}
	row := l.post("/api/v1/spaces/"+managed+"/assignments", self).want(201).str("id")
	l.post("/api/v1/apps/"+id+"/publish", publish).want(403) // managing is not publishing
	l.put("/api/v1/spaces/"+managed+"/assignments/"+row, object{"roles": []string{"publisher"}}).want(200)
	live := l.post("/api/v1/apps/"+id+"/publish", publish).want(200).str("attributes", "id")
	l.post("/api/v1/apps/import?spaceId="+managed, appFile).want(403)
	l.post("/api/v1/apps/"+live+"/export", nil).want(403) // a published copy
	l.post("/api/v1/apps/"+live+"/export?NoData=true", nil).want(403)
	l.put("/api/v1/spaces/"+managed+"/assignments/"+row, object{"roles": []string{"facilitator"}}).want(200)
	l.post("/api/v1/apps/"+live+"/export", nil).want(403)
	l.post("/api/v1/apps/"+live+"/export?NoData=true", nil).want(201) // who manages the space may, without data

	l.cloud.AddRegionClient(region, "reader", "secret", "admin_classic", "admin.apps")
	reader := l.as(l.login(acme, "reader", "secret"))
	reader.post("/api/v1/apps/"+live+"/export", nil).want(201)
}

func TestSpaceMustBeEmpty(t *testing.T) {
	l := newLab(t, qliktest.Options{})
	space := l.post("/api/v1/spaces", object{"name": "S", "type": "shared"}).want(201).str("id")
	id := l.importApp("?spaceId="+space, appFile)
	require.Equal(t, "SpaceNotEmpty", l.delete("/api/v1/spaces/"+space).want(412).str("code"))
	l.delete("/api/v1/apps/" + id).want(200)
	l.delete("/api/v1/spaces/" + space).want(204)
}

func TestErrorEnvelopes(t *testing.T) {
	l := newLab(t, qliktest.Options{})
	require.EqualValues(t, 404, l.get("/api/v1/users/0").want(404).value("errors", 0, "status"))
	require.Equal(t, "404", l.get("/api/v1/tenants/0").want(404).str("errors", 0, "status"))
	require.Equal(t, false, l.get("/api/v1/items/0").want(404).value("errors", 0, "meta", "temporary"))
	require.Nil(t, l.get("/api/v1/themes/0").want(404).value("errors"))
	require.Equal(t, "no app 0\n", string(l.get("/api/v1/apps/0").want(404).body))
	require.Contains(t, l.get("/api/v1/nothing").want(404).str("errors", 0, "detail"), "GET /api/v1/nothing")
	require.Contains(t, l.get("/api/v1/users?colour=red&size=1").want(400).str("errors", 0, "detail"), "colour, size")
}

func TestLenient(t *testing.T) {
	l := newLab(t, qliktest.Options{Lenient: true})
	l.handler = l.cloud // the contract still minds
	l.post("/api/v1/spaces?color=red", object{"name": "a", "type": "shared", "color": "red"}).want(201)
}

func TestItems(t *testing.T) {
	l := newLab(t, qliktest.Options{})
	staging, prod := l.spaces()
	sales := l.importApp("?name=Sales&spaceId="+staging, appFile)
	l.importApp("?name=Presales&spaceId="+staging, appFile)
	mine := l.importApp("?name=Mine", appFile)
	live := l.post("/api/v1/apps/"+sales+"/publish", object{"spaceId": prod}).want(200).str("attributes", "id")
	for query, want := range map[string][]string{
		"":                                     {"Mine", "Presales", "Sales", "Sales"},
		"?name=SALES":                          {"Presales", "Sales", "Sales"},
		"?resourceType=app":                    {"Mine", "Presales", "Sales", "Sales"},
		"?resourceType=automation":             {},
		"?spaceId=personal":                    {"Mine"},
		"?spaceType=managed":                   {"Sales"},
		"?spaceId=" + staging:                  {"Presales", "Sales"},
		"?query=from+the+file":                 {"Mine", "Presales", "Sales", "Sales"},
		"?notOwnerId=" + l.bot():               {},
		"?sort=-name&ownerId=" + l.bot():       {"Sales", "Sales", "Presales", "Mine"},
		"?resourceType=app&resourceId=" + mine: {"Mine"},
		"?resourceType=app&resourceIds=" + url.QueryEscape(mine+","+sales+",x"): {"Mine", "Sales"},
	} {
		require.Equal(t, want, l.get("/api/v1/items"+query).want(200).column("name"), query)
	}
	l.get("/api/v1/items?resourceId=" + mine).want(400)
	l.get("/api/v1/items?resourceIds=" + mine).want(400)

	item := l.get("/api/v1/items?resourceType=app&resourceId="+sales).str("data", 0, "id")
	require.NotEmpty(t, l.get("/api/v1/items/"+item).want(200).value("actions"))
	require.Empty(t, l.get("/api/v1/items?noActions=true").want(200).value("data", 0, "actions"))
	require.Equal(t, live, l.get("/api/v1/items/"+item+"/publisheditems").want(200).str("data", 0, "resourceId"))
	require.Empty(t, l.get("/api/v1/items/"+item+"/collections").want(200).value("data"))
	l.put("/api/v1/items/"+item, object{"resourceType": "app", "name": "Index only"}).want(200)
	require.Equal(t, "Sales", l.get("/api/v1/apps/"+sales).str("attributes", "name"))
	l.delete("/api/v1/items/" + item).want(403)
	l.get("/api/v1/items/0").want(404)
}
