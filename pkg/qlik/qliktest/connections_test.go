package qliktest_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/qdeploy/qdeploy/pkg/qlik/qliktest"
)

const connectionsPath = "/api/v1/data-connections"

func TestConnections(t *testing.T) {
	l := newLab(t, qliktest.Options{})
	space := l.post("/api/v1/spaces", object{"name": "Sales", "type": "managed"}).want(201).str("id")
	made := []string{}
	for i := range 5 {
		body := object{"qName": fmt.Sprintf("c%d", i), "space": space, "datasourceID": "rest", "connectionProperties": object{"url": "https://a.example", "password": "hidden"}}
		made = append(made, l.post(connectionsPath, body).want(201).str("qID"))
	}
	classic := object{"qName": "own", "datasourceID": "rest", "qType": "QvRestConnector.exe", "qConnectStatement": "url=https://a.example", "qPassword": "hidden"}
	own := l.post(connectionsPath, classic).want(201).str("qID")

	got, pages := l.walk(connectionsPath+"?limit=2&noDatafiles=true&spaceId="+space, "qID", "next")
	require.Equal(t, made, got)
	require.Equal(t, 3, pages)
	all := l.get(connectionsPath + "?sort=-qName").want(200)
	require.Equal(t, []string{"own", "c4", "c3", "c2", "c1", "c0", "DataFiles", "DataFiles"}, all.column("qName"), "those to files come last")
	require.Equal(t, []string{own}, l.get(connectionsPath+"?personal=true&noDatafiles=true").want(200).column("qID"))

	one := l.get(connectionsPath + "/" + made[0] + "?parseConnection=true").want(200)
	require.NotContains(t, string(one.body), "hidden")
	require.Equal(t, "https://a.example", one.value("connectionProperties", "url"))

	l.post(connectionsPath, object{"qName": "C0", "space": space, "datasourceID": "rest", "connectionProperties": object{}}).want(409)
	l.post(connectionsPath, object{"qName": "x", "datasourceID": "rest"}).want(400)
	l.post(connectionsPath, object{"qName": "x", "datasourceID": "rest", "connectionProperties": object{}, "color": 1}).want(400)
	l.post(connectionsPath, object{"qName": "x", "space": "none", "datasourceID": "rest", "connectionProperties": object{}}).want(404)

	l.delete(connectionsPath + "/" + made[0]).want(204)
	l.get(connectionsPath + "/" + made[0]).want(404)
}

// TestConnectionsAreForMembers shows that neither an administrator nor a viewer sees them.
func TestConnectionsAreForMembers(t *testing.T) {
	l := newLab(t, qliktest.Options{})
	space := l.tenant.AddSpace(qliktest.SpaceSpec{Name: "Prod", Type: "managed", Owner: "ann"})
	id := l.tenant.AddConnection(qliktest.ConnectionSpec{Space: "Prod", Name: "SQL"})
	list := connectionsPath + "?noDatafiles=true&spaceId=" + space
	require.Empty(t, l.get(list).want(200).column("qID"))
	l.get(connectionsPath + "/" + id).want(404)
	bob := l.as(l.tenant.AddAPIKey("bob"))
	l.tenant.AddAssignment("Prod", "user", "bob", "consumer", "publisher")
	require.Empty(t, bob.get(list).want(200).column("qID"))
	eve := l.as(l.tenant.AddAPIKey("eve"))
	l.tenant.AddAssignment("Prod", "user", "eve", "dataconsumer")
	require.Equal(t, []string{id}, eve.get(list).want(200).column("qID"))
	eve.delete(connectionsPath + "/" + id).want(403)
	eve.post(connectionsPath, object{"qName": "x", "space": space, "datasourceID": "rest", "connectionProperties": object{}}).want(403)
}

// TestConnectionsChange shows what a patch may do, and that where a connection leads
// to changes only together with credentials.
func TestConnectionsChange(t *testing.T) {
	l := newLab(t, qliktest.Options{})
	space := l.post("/api/v1/spaces", object{"name": "Sales", "type": "shared"}).want(201).str("id")
	body := object{"qName": "one", "space": space, "datasourceID": "rest", "connectionProperties": object{"url": "https://a.example", "password": "hidden"}}
	at := connectionsPath + "/" + l.post(connectionsPath, body).want(201).str("qID")
	body["qName"] = "two"
	l.post(connectionsPath, body).want(201)
	set := func(path string, value any) object { return object{"op": "replace", "path": path, "value": value} }
	url, password := set("/connectionProperties/url", "https://b.example"), set("/connectionProperties/password", "other")

	l.patch(at, []object{url}).want(400)
	l.patch(at, []object{url, password, set("/qPassword", "again")}).want(400)
	l.patch(at, []object{url, password, set("/qConnectStatement", "x")}).want(400)
	l.patch(at, object{"patchData": []object{password}}).want(400)
	l.patch(at, []object{set("/colour", "red")}).want(400)
	l.patch(at, []object{set("/qName", "Two")}).want(409)
	l.patch(at, []object{url, password, set("/connectionProperties/a~1b", 1), set("/tags", []string{"t"}), set("/qName", "three")}).want(204)

	one := l.get(at + "?parseConnection=true").want(200)
	require.Equal(t, "three", one.str("qName"))
	require.Equal(t, map[string]any{"url": "https://b.example", "a/b": 1.0}, one.value("connectionProperties"))
	require.NotContains(t, string(one.body), "other")
}
