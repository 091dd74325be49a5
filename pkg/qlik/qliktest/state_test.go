package qliktest_test

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/qdeploy/qdeploy/pkg/qlik/qliktest"
)

// furnish puts one of everything into a tenant.
func furnish(l *lab) {
	l.Helper()
	l.tenant.AddGroup("Sales", "Steward")
	l.tenant.AddUser(qliktest.UserSpec{Subject: "ann", Groups: []string{"Sales"}})
	staging, prod := l.spaces()
	l.tenant.AddAssignment("Staging", "group", "Sales", "consumer", "producer")
	l.tenant.AddAssignment("Prod", "user", "ann", "contributor")
	l.tenant.AddAssignment("Prod", "group", "com.qlik.Everyone", "basicconsumer")
	id := l.importApp("?spaceId="+staging, appWithData)
	l.post("/api/v1/apps/"+id+"/publish", object{"spaceId": prod, "attributes": object{"name": "Sales <live>"}}).want(200)
	l.post("/api/v1/apps/"+id+"/scripts", object{"script": "// changed"}).want(200)
	l.post("/api/v1/reloads", object{"appId": id}).want(201)
	l.send("POST", "/api/v1/themes", zipped(l.T, "dark.qext", `{"name":"Dark","type":"theme","version":"1.0"}`), `{"tags":["a","b"]}`).want(201)
	l.tenant.AddExtension(zipped(l.T, "hello.qext", `{"name":"Hello","type":"visualization"}`))
}

func TestDump(t *testing.T) {
	l := newLab(t, qliktest.Options{})
	furnish(l)
	whole := string(l.tenant.Dump())
	got := regexp.MustCompile(`,\n *"id": "[^"]*"`).ReplaceAllString(whole, "")
	for _, part := range []string{
		`      "assignments": [
        {
          "type": "group",
          "assignee": "com.qlik.Everyone",
          "roles": [
            "basicconsumer"
          ]
        },
        {
          "type": "user",
          "assignee": "ann",
          "roles": [
            "contributor"
          ]
        }
      ]`,
		`      "space": "Prod",
      "name": "Sales <live>",
      "description": "",
      "owner": "qlikbot\\robot",
      "sha256": "` + sum(appWithData) + `",
      "hasData": true,
      "published": true,
      "originAppId": "`,
		`      "name": "dark",
      "title": "Dark",
      "description": "",
      "version": "1.0",
      "tags": [
        "a",
        "b"
      ],
      "md5": "`,
	} {
		require.Contains(t, got, part)
	}
	require.NotContains(t, whole, "2026-") // no times
}

func TestSaveAndLoad(t *testing.T) {
	l := newLab(t, qliktest.Options{Seed: "one", ItemsLag: time.Hour})
	furnish(l)
	key := l.tenant.AddAPIKey("ann")
	gone := l.tenant.AddSpace(qliktest.SpaceSpec{Name: "Gone"})
	l.delete("/api/v1/spaces/" + gone).want(204)
	var saved bytes.Buffer
	require.NoError(t, l.cloud.Save(&saved))
	require.NotContains(t, saved.String(), "secret")
	require.NotContains(t, saved.String(), l.token)
	require.NotContains(t, saved.String(), key)

	twin := newLab(t, qliktest.Options{Seed: "two", ItemsLag: time.Hour})
	require.NoError(t, twin.cloud.Load(bytes.NewReader(saved.Bytes())))
	twin.tenant = twin.cloud.Tenant(acme)
	require.Equal(t, string(l.tenant.Dump()), string(twin.tenant.Dump()))
	var again bytes.Buffer
	require.NoError(t, twin.cloud.Save(&again))
	require.True(t, bytes.Equal(saved.Bytes(), again.Bytes())) // too long to show

	twin.get("/api/v1/spaces").want(401) // tokens are not saved
	twin.token = twin.login(acme, "robot", "secret")
	for _, path := range []string{"/api/v1/spaces", "/api/v1/users", "/api/v1/items", "/api/v1/themes", "/api/v1/groups/settings"} {
		require.Equal(t, l.get(path).want(200).value(), twin.get(path).want(200).value(), path)
	}
	twin.as(key).get("/api/v1/spaces").want(200)
	twin.clock.add(time.Hour)
	require.Len(t, twin.get("/api/v1/items").want(200).value("data"), 2) // the index went on
	for _, lab := range []*lab{l, twin} {
		require.NotEqual(t, gone, lab.post("/api/v1/spaces", object{"name": "Gone", "type": "shared"}).want(201).str("id"))
	}
	require.Equal(t, string(l.tenant.Dump()), string(twin.tenant.Dump()))

	require.ErrorContains(t, twin.cloud.Load(strings.NewReader("{")), "qliktest: load")
	require.ErrorContains(t, twin.cloud.Load(strings.NewReader(`{"Tenants":[{"Host":"a"},{"Host":"a"}]}`)), "two tenants on a")
	require.ErrorContains(t, twin.cloud.Load(strings.NewReader(`{"Blobs":["aGVsbG8="]}`)), "not a QVF")
}

// TestOrderDoesNotShow applies the same work one after the other and all at
// once: ids are derived, so the two tenants end up equal.
func TestOrderDoesNotShow(t *testing.T) {
	work := func(l *lab, run func(func())) {
		staging, prod := l.spaces()
		for i := range 20 {
			run(func() {
				name := fmt.Sprint("space ", i)
				id := l.post("/api/v1/spaces", object{"name": name, "type": "shared"}).want(201).str("id")
				group := l.post("/api/v1/groups", object{"name": fmt.Sprint("group ", i)}).want(201).str("id")
				l.post("/api/v1/spaces/"+id+"/assignments", object{"type": "group", "assigneeId": group, "roles": []string{"consumer"}}).want(201)
				app := l.importApp(fmt.Sprintf("?spaceId=%s&name=app+%d", staging, i), appFile)
				l.post("/api/v1/apps/"+app+"/publish", object{"spaceId": prod}).want(200)
				l.get("/api/v1/items?limit=100").want(200)
			})
		}
	}
	serial := newLab(t, qliktest.Options{})
	work(serial, func(f func()) { f() })

	parallel := newLab(t, qliktest.Options{})
	var wg sync.WaitGroup
	work(parallel, func(f func()) { wg.Go(f) })
	wg.Wait()
	require.Equal(t, string(serial.tenant.Dump()), string(parallel.tenant.Dump()))
}

func TestSeedMisuse(t *testing.T) {
	l := newLab(t, qliktest.Options{})
	l.tenant.AddSpace(qliktest.SpaceSpec{Name: "S"})
	l.tenant.AddUser(qliktest.UserSpec{Subject: "ann"})
	l.tenant.AddTheme(theme(t, "dark", "1"))
	for name, misuse := range map[string]func(){
		"host taken":     func() { l.cloud.AddTenant(qliktest.TenantSpec{Host: acme}) },
		"no host":        func() { l.cloud.AddTenant(qliktest.TenantSpec{}) },
		"space taken":    func() { l.tenant.AddSpace(qliktest.SpaceSpec{Name: "S"}) },
		"space type":     func() { l.tenant.AddSpace(qliktest.SpaceSpec{Name: "T", Type: "personal"}) },
		"user taken":     func() { l.tenant.AddUser(qliktest.UserSpec{Subject: "ann"}) },
		"no role":        func() { l.tenant.AddUser(qliktest.UserSpec{Subject: "bob", Roles: []string{"King"}}) },
		"no space":       func() { l.tenant.AddAssignment("T", "user", "ann", "consumer") },
		"no user":        func() { l.tenant.AddAssignment("S", "user", "bob", "consumer") },
		"wrong role":     func() { l.tenant.AddAssignment("S", "user", "ann", "publisher") },
		"not an app":     func() { l.tenant.ImportApp(qliktest.AppSpec{Content: []byte("x")}) },
		"not a theme":    func() { l.tenant.AddTheme([]byte("x")) },
		"theme is taken": func() { l.tenant.AddTheme(theme(t, "dark", "2")) },
	} {
		t.Run(name, func(t *testing.T) { require.Panics(t, misuse) })
	}
	require.Equal(t, "https://"+acme, l.tenant.URL())
}
