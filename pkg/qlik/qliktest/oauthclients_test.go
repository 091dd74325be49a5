package qliktest_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/qdeploy/qdeploy/pkg/qlik/qliktest"
)

const oauthClientsPath = "/api/v1/oauth-clients"

func TestOAuthClients(t *testing.T) {
	l := newLab(t, qliktest.Options{})
	l.post(oauthClientsPath, object{"clientName": "a", "appType": "desktop"}).want(400)
	l.post(oauthClientsPath, object{"clientName": "a", "appType": "web", "allowedOrigins": []string{"https://a.example"}}).want(400)
	made := l.post(oauthClientsPath, object{
		"clientName": "a", "appType": "web", "allowedScopes": []string{"user_default"}, "allowedGrantTypes": []string{"client_credentials"},
	}).want(201)
	id, secret := made.str("clientId"), made.str("clientSecret")
	at := oauthClientsPath + "/" + id
	require.NotContains(t, string(l.get(at).want(200).body), secret, "it is told once")
	login := func(secret string) *answer {
		return l.post("/oauth/token", object{"grant_type": "client_credentials", "client_id": id, "client_secret": secret})
	}
	login(secret).want(200)
	login("wrong").want(401)

	other := l.post(at+"/client-secrets", nil).want(201)
	login(other.str("clientSecret")).want(200)
	for range 3 {
		l.post(at+"/client-secrets", nil).want(201)
	}
	l.post(at+"/client-secrets", nil).want(409) // five at most
	l.delete(at + "/client-secrets/" + other.str("hint")).want(204)
	login(other.str("clientSecret")).want(401)

	set := func(path string, value any) []object {
		return []object{{"op": "replace", "path": path, "value": value}}
	}
	l.patch(at, set("/appType", "spa")).want(400)
	l.patch(at, set("/clientName", "b")).want(204)
	l.patch(at+"/connection-configs/me", set("/consentMethod", "trusted")).want(204)
	require.Equal(t, "trusted", l.get(at).want(200).value("connectionConfig", "consentMethod"))

	l.delete(at).want(400) // not confirmed
	l.do(http.MethodDelete, at, nil, "qlik-confirm-delete", id).want(204)
	login(secret).want(401)
}
