package qliktest_test

import (
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/qdeploy/qdeploy/pkg/qlik/qliktest"
)

func TestMe(t *testing.T) {
	for _, c := range []struct {
		relative         bool
		host, path, want string
	}{
		{false, acme, "", "http://" + acme + "/api/v1/"},
		{true, acme, "", "/api/v1/"},
		{false, "127.0.0.1", "/" + acme, "http://127.0.0.1/" + acme + "/api/v1/"},
		{true, "127.0.0.1", "/" + acme, "/" + acme + "/api/v1/"},
	} {
		l := newLab(t, qliktest.Options{RelativeRedirects: c.relative})
		l.host = c.host
		me := l.get(c.path + "/api/v1/users/me").want(301)
		require.Equal(t, c.want+"users/"+l.bot(), me.header.Get("Location"))
		require.Contains(t, l.get(c.path+"/api/v1/tenants/me").want(302).header.Get("Location"), c.want+"tenants/")
	}
}

func TestBotAppearsOnFirstUse(t *testing.T) {
	l := newLab(t, qliktest.Options{})
	require.NotContains(t, string(l.tenant.Dump()), "qlikbot")
	users := l.get("/api/v1/users").want(200)
	require.Equal(t, []string{`qlikbot\robot`}, users.column("subject"))
	require.Equal(t, "TenantAdmin", users.str("data", 0, "assignedRoles", 0, "name"))
	require.EqualValues(t, 1, l.get("/api/v1/users/actions/count").want(200).value("total"))
}

func TestUserFilters(t *testing.T) {
	l := newLab(t, qliktest.Options{})
	l.tenant.AddUser(qliktest.UserSpec{Subject: "auth0|ann", Name: "Ann", Email: "ann@acme.example", Groups: []string{"Sales"}})
	l.tenant.AddUser(qliktest.UserSpec{Subject: "auth0|bob", Name: "Bob", Email: "bob@acme.example", Roles: []string{"Steward"}})
	l.tenant.AddUser(qliktest.UserSpec{Subject: "auth0|cid", Name: "Cid", Status: "disabled"})
	for _, c := range []struct {
		filter string
		want   []string // nil: refused
	}{
		{`subject eq "AUTH0|ann"`, []string{"Ann"}},
		{`name co "b"`, []string{"Bob", "robot"}},
		{`email co "acme" and name eq "bob"`, []string{"Bob"}},
		{`subject eq "auth0|ann" or subject eq "auth0|bob"`, []string{"Ann", "Bob"}},
		{`subject eq "auth0|cid"`, []string{}},
		{`(status eq "disabled") and (subject eq "auth0|cid")`, []string{"Cid"}},
		{`status eq "disabled" or status eq "active"`, []string{"Ann", "Bob", "Cid", "robot"}},
		{`assignedRoles.name eq "TenantAdmin"`, []string{"robot"}},
		{`clientId eq "robot"`, []string{"robot"}},
		{`locale eq "x"`, nil},
		{`name sw "A"`, nil},
		{`name eq Ann`, nil},
		{`name eq "Ann`, nil},
		{`(name eq "Ann"`, nil},
		{`name eq "Ann" "Bob"`, nil},
		{`name eq`, nil},
	} {
		t.Run(c.filter, func(t *testing.T) {
			status := 200
			if c.want == nil {
				status = 400
			}
			got := l.get("/api/v1/users?sort=%2Bname&filter=" + url.QueryEscape(c.filter)).want(status)
			posted := l.post("/api/v1/users/actions/filter", object{"filter": c.filter}).want(status)
			if c.want != nil {
				require.Equal(t, c.want, got.column("name"))
				require.Equal(t, c.want, posted.column("name"))
			}
		})
	}
	require.Equal(t, []string{"Cid"}, l.get("/api/v1/users?status=disabled").want(200).column("name"))
}

func TestUserLifecycle(t *testing.T) {
	l := newLab(t, qliktest.Options{})
	l.post("/api/v1/groups", object{"name": "Team", "providerType": "custom"}).want(201)
	l.post("/api/v1/groups", object{"name": "Directory"}).want(201)
	made := l.post("/api/v1/users", object{"subject": "ann", "name": "Ann", "assignedRoles": []object{{"name": "Steward"}}}).want(201)
	path := "/api/v1/users/" + made.str("id")
	require.Equal(t, "active", made.str("status"))
	l.post("/api/v1/users", object{"subject": "ann"}).want(409)
	l.post("/api/v1/users", object{"subject": "bob", "assignedRoles": []object{{"name": "Nobody"}}}).want(400)
	l.post("/api/v1/users", object{"subject": "bob", "status": "invited"}).want(400)

	roles := func() (names []string) {
		for _, r := range l.get(path).want(200).value("assignedRoles").([]any) {
			names = append(names, r.(object)["name"].(string))
		}
		return names
	}
	l.patch(path, ops(op("/assignedRoles", []object{{"name": "DataAdmin"}}), op("/assignedGroups", []object{{"name": "Team", "providerType": "custom"}}))).want(204)
	require.Equal(t, []string{"DataAdmin"}, roles())
	require.Equal(t, "Team", l.get(path).str("assignedGroups", 0, "name"))
	l.patch(path, ops(object{"op": "add", "path": "/assignedRoles/-", "value": object{"name": "Steward"}})).want(204)
	require.Equal(t, []string{"DataAdmin", "Steward"}, roles())
	l.patch(path, ops(object{"op": "remove-value", "path": "/assignedRoles", "value": object{"name": "DataAdmin"}})).want(204)
	require.Equal(t, []string{"Steward"}, roles())

	l.patch(path, ops(op("/assignedGroups", []object{{"name": "Directory", "providerType": "idp"}}))).want(400)
	l.patch(path, ops(op("/subject", "other"))).want(400)
	l.patch(path, ops(op("/name", "Anna"), op("/status", "disabled"))).want(204)
	require.Equal(t, "Anna", l.get(path).str("name"))

	space := l.tenant.AddSpace(qliktest.SpaceSpec{Name: "S"})
	l.tenant.AddAssignment("S", "user", "ann", "consumer")
	l.delete(path).want(204)
	l.get(path).want(404)
	require.Empty(t, l.get("/api/v1/spaces/"+space+"/assignments").want(200).value("data"))
	again := l.post("/api/v1/users", object{"subject": "ann"}).want(201)
	require.NotEqual(t, made.str("id"), again.str("id"))
	l.delete("/api/v1/users/" + l.bot()).want(400)
}

func TestGroups(t *testing.T) {
	l := newLab(t, qliktest.Options{})
	made := l.post("/api/v1/groups", object{"name": "Sales", "assignedRoles": []object{{"name": "Steward"}}}).want(201)
	path := "/api/v1/groups/" + made.str("id")
	require.Equal(t, "idp", made.str("providerType"))
	l.post("/api/v1/groups", object{"name": "Sales", "providerType": "custom"}).want(409)
	l.post("/api/v1/groups", object{"name": "sales"}).want(201) // names are case-sensitive
	require.Equal(t, []string{"Sales", "sales"}, l.get("/api/v1/groups?totalResults=true").want(200).column("name"))
	require.Equal(t, []string{"com.qlik.Everyone"}, l.get("/api/v1/groups?systemGroups=true").want(200).column("name"))
	require.Equal(t, []string{"Sales", "sales"}, l.post("/api/v1/groups/actions/filter", object{"filter": `name eq "sales"`}).want(200).column("name"))

	l.patch(path, ops(op("assignedRoles", []object{{"name": "DataAdmin"}}))).want(204)
	l.patch(path, ops(op("/assignedRoles", []object{{"name": "AnalyticsAdmin"}}))).want(204)
	require.Equal(t, "AnalyticsAdmin", l.get(path).str("assignedRoles", 0, "name"))
	l.patch(path, ops(op("name", "Selling"))).want(400) // idp
	custom := l.post("/api/v1/groups", object{"name": "Custom", "providerType": "custom"}).want(201).str("id")
	l.patch("/api/v1/groups/"+custom, ops(op("name", "Own"), op("description", "ours"))).want(204)
	require.Equal(t, "ours", l.get("/api/v1/groups/"+custom).str("description"))
	l.delete(path).want(204)
	l.get(path).want(404)
	l.get("/api/v1/groups/000000000000000000000001").want(200)
	l.delete("/api/v1/groups/000000000000000000000001").want(403)
}

func TestGroupSettings(t *testing.T) {
	l := newLab(t, qliktest.Options{})
	const everyone = "/systemGroups/000000000000000000000001/assignedRoles"
	l.patch("/api/v1/groups/settings", ops(op("/autoCreateGroups", true), op(everyone, []object{{"name": "SharedSpaceCreator"}}))).want(204)
	s := l.get("/api/v1/groups/settings").want(200)
	require.Equal(t, true, s.value("autoCreateGroups"))
	require.Equal(t, "SharedSpaceCreator", s.str("systemGroups", "000000000000000000000001", "assignedRoles", 0, "name"))
	l.patch("/api/v1/groups/settings", ops(op("/autoCreateGroups", "yes"))).want(400)
	l.patch("/api/v1/groups/settings", ops(op("/systemGroups", true))).want(400)

	key := l.as(l.tenant.AddAPIKey("ann"))
	key.post("/api/v1/spaces", object{"name": "Ann's", "type": "shared"}).want(201) // through Everyone
	key.post("/api/v1/spaces", object{"name": "Managed", "type": "managed"}).want(403)
	key.patch("/api/v1/groups/settings", ops(op("/autoCreateGroups", false))).want(403)
}

func TestRoles(t *testing.T) {
	l := newLab(t, qliktest.Options{})
	all := l.get("/api/v1/roles?limit=100").want(200)
	require.Contains(t, all.column("name"), "TenantAdmin")
	made := l.post("/api/v1/roles", object{"name": "Deployer", "assignedScopes": []string{"admin.automations:strict"}}).want(201)
	path := "/api/v1/roles/" + made.str("id")
	l.post("/api/v1/roles", object{"name": "Deployer"}).want(400)
	l.patch(path, []object{{"op": "add", "path": "/assignedScopes/-", "value": "knowledgebase"}, {"op": "replace", "path": "/name", "value": "Shipper"}}).want(204)
	require.Equal(t, []any{"admin.automations:strict", "knowledgebase"}, l.get(path).want(200).value("assignedScopes"))
	l.patch(path, []object{{"op": "remove-value", "path": "/assignedScopes", "value": "knowledgebase"}}).want(204)
	l.patch("/api/v1/roles/"+all.str("data", 0, "id"), ops(op("/name", "x"))).want(403)
	l.post("/api/v1/groups", object{"name": "G", "assignedRoles": []object{{"id": made.str("id")}}}).want(201)
	l.delete(path).want(400) // in use
	l.tenant.AddGroup("G")
	l.delete(path).want(204)
	l.get(path).want(404)
	require.Equal(t, []string{"TenantAdmin"}, l.get("/api/v1/roles?filter="+url.QueryEscape(`name eq "tenantadmin"`)).want(200).column("name"))
}

func TestTenant(t *testing.T) {
	l := newLab(t, qliktest.Options{})
	id := l.get("/api/v1/users").want(200).str("data", 0, "tenantId")
	path := "/api/v1/tenants/" + id
	require.Equal(t, []any{acme, "alias.eu.qlikcloud.com"}, l.get(path).want(200).value("hostnames"))
	l.cloud.AddTenant(qliktest.TenantSpec{Host: "other.eu.qlikcloud.com"})
	for _, bad := range []object{op("/hostnames/1", "other.eu.qlikcloud.com"), op("/hostnames/1", "x.us.qlikcloud.com"), op("/hostnames/0", "x"), op("/name", true), op("/enableAppOpeningFeedback", "on")} {
		l.patch(path, ops(bad)).want(400)
	}
	l.patch(path, ops(op("/enableAppOpeningFeedback", true), op("/hostnames/1", "new.eu.qlikcloud.com"))).want(204)
	require.Equal(t, true, l.get(path).value("enableAppOpeningFeedback"))
	require.Nil(t, l.cloud.Tenant("alias.eu.qlikcloud.com"))
	l.get("/api/v1/tenants/other").want(404)
}
