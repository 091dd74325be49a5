package qliktest_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/qdeploy/qdeploy/pkg/qlik/qliktest"
)

const automationsPath = "/api/workflows/automations"

func TestAutomations(t *testing.T) {
	l := newLab(t, qliktest.Options{})
	space := l.post("/api/v1/spaces", object{"name": "Sales", "type": "shared"}).want(201).str("id")
	body := object{"name": "Tell", "spaceId": space, "workspace": object{"blocks": []any{}}, "schedules": []object{{"interval": 60}}}
	l.post(automationsPath, body).want(400) // not before the first list
	l.get(automationsPath).want(200)
	made := l.post(automationsPath, body).want(201)
	at := automationsPath + "/" + made.str("id")
	require.Equal(t, "available", made.str("state"))
	require.Equal(t, "scheduled", made.str("runMode"))
	require.NotEmpty(t, made.str("executionToken"))
	require.NotContains(t, string(l.get(automationsPath).want(200).body), "workspace")
	l.post(automationsPath, body).want(201) // names are not unique

	l.post(at+"/actions/disable", nil).want(204)
	put := l.put(at, object{"name": "Tell", "workspace": object{}}).want(200)
	require.Equal(t, "disabled", put.str("state"), "PUT leaves the state")
	require.Equal(t, []any{}, put.value("schedules"), "what is left out is cleared")
	l.put(at, object{"name": "Tell", "spaceId": space}).want(400)
	l.put(at, object{"name": "Tell", "schedules": []object{{"interval": 61}}}).want(400)

	ann := l.tenant.AddUser(qliktest.UserSpec{Subject: "ann", Roles: []string{"TenantAdmin"}})
	require.NotEmpty(t, ann)
	other := l.as(l.tenant.AddAPIKey("ann"))
	other.get(at).want(403)
	other.put(at, object{"name": "Mine"}).want(403)
	require.Empty(t, other.get(automationsPath).want(200).column("id"))
	require.Len(t, other.get(automationsPath+"?listAll=true").want(200).column("id"), 2)
	other.post(automationsPath, body).want(403) // no member of the space
	other.post(at+"/actions/enable", nil).want(204)
	other.delete(at).want(204)
	l.get(at).want(404)

	l.tenant.AddAutomationConnection("Sales", "Chat")
	require.Equal(t, []string{"Chat"}, l.get("/api/workflows/automation-connections?listAll=true").want(200).column("name"))
}
