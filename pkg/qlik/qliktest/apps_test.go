package qliktest_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/qdeploy/qdeploy/pkg/qlik/qliktest"
)

var (
	appFile     = qliktest.QVF(qliktest.QVFSpec{Title: "Sales", Description: "from the file", Script: "LOAD 1 AS a AUTOGENERATE 1;"})
	appWithData = qliktest.QVF(qliktest.QVFSpec{Title: "Sales", HasData: true})
)

func sum(b []byte) string {
	h := sha256.Sum256(b)
	return hex.EncodeToString(h[:])
}

// spaces adds a shared and a managed space that the bot owns.
func (l *lab) spaces() (staging, prod string) {
	l.Helper()
	staging = l.post("/api/v1/spaces", object{"name": "Staging", "type": "shared"}).want(201).str("id")
	prod = l.post("/api/v1/spaces", object{"name": "Prod", "type": "managed"}).want(201).str("id")
	return staging, prod
}

func (l *lab) importApp(query string, file []byte) string {
	l.Helper()
	return l.post("/api/v1/apps/import"+query, file).want(200).str("attributes", "id")
}

type appState struct {
	Space, Name, Description, SHA256 string
	HasData, Published               bool
}

// apps reads the apps of the tenant from its dump.
func (l *lab) apps() []appState {
	l.Helper()
	var d struct{ Apps []appState }
	require.NoError(l, json.Unmarshal(l.tenant.Dump(), &d))
	return d.Apps
}

func TestDeployAnApp(t *testing.T) {
	l := newLab(t, qliktest.Options{})
	staging, prod := l.spaces()

	first := l.importApp("?spaceId="+staging, appFile)
	got := l.get("/api/v1/apps/" + first).want(200)
	require.Equal(t, "Sales", got.str("attributes", "name"))
	require.Equal(t, "from the file", got.str("attributes", "description"))
	require.Equal(t, staging, got.str("attributes", "spaceId"))

	published := l.post("/api/v1/apps/"+first+"/publish", object{"spaceId": prod, "attributes": object{"description": "{v1}"}}).want(200)
	live := published.str("attributes", "id")
	require.Equal(t, first, published.str("attributes", "originAppId"))
	require.Equal(t, "{v1}", published.str("attributes", "description"))
	require.NotEmpty(t, published.str("attributes", "publishTime"))

	items := l.get("/api/v1/items?resourceType=app&noActions=true&spaceId=" + prod).want(200)
	require.Equal(t, []string{live}, items.column("resourceId"))
	require.Equal(t, first, items.str("data", 0, "resourceAttributes", "originAppId"))
	require.Equal(t, prod, items.str("data", 0, "resourceAttributes", "spaceId"))

	second := l.importApp("?spaceId="+staging+"&name=Sales%202", appWithData)
	body := object{"targetId": live, "data": "target", "attributes": object{"name": "Sales", "description": "{v2}"}}
	l.put("/api/v1/apps/"+second+"/publish", body).want(400) // not its origin
	body["checkOriginAppId"] = false
	again := l.put("/api/v1/apps/"+second+"/publish", body).want(200)
	require.Equal(t, live, again.str("attributes", "id"))
	require.Equal(t, first, again.str("attributes", "originAppId"))
	require.Equal(t, "{v2}", again.str("attributes", "description"))
	require.Equal(t, []appState{
		{Space: "Prod", Name: "Sales", Description: "{v2}", SHA256: sum(appWithData), Published: true},
		{Space: "Staging", Name: "Sales", Description: "from the file", SHA256: sum(appFile)},
		{Space: "Staging", Name: "Sales 2", SHA256: sum(appWithData), HasData: true},
	}, l.apps())
}

func TestDataOnRepublish(t *testing.T) {
	l := newLab(t, qliktest.Options{ReloadTime: time.Minute})
	staging, prod := l.spaces()
	id := l.importApp("?spaceId="+staging, appFile)
	live := l.post("/api/v1/apps/"+id+"/publish", object{"spaceId": prod}).want(200).str("attributes", "id")
	require.False(t, l.apps()[0].HasData)

	r := l.post("/api/v1/reloads", object{"appId": live}).want(201)
	require.Equal(t, "QUEUED", r.str("status"))
	status := func() string { return l.get("/api/v1/reloads/" + r.str("id")).want(200).str("status") }
	l.clock.add(20 * time.Second)
	require.Equal(t, "RELOADING", status())
	l.clock.add(time.Minute)
	require.Equal(t, "SUCCEEDED", status())
	require.True(t, l.apps()[0].HasData)

	l.put("/api/v1/apps/"+id+"/publish", object{"targetId": live, "data": "target"}).want(200)
	require.True(t, l.apps()[0].HasData)
	l.put("/api/v1/apps/"+id+"/publish", object{"targetId": live}).want(200) // data: source
	require.False(t, l.apps()[0].HasData)
}
