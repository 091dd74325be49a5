package qliktest_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/qdeploy/qdeploy/pkg/qlik/qliktest"
)

const idpsPath = "/api/v1/identity-providers"

func TestIdentityProviders(t *testing.T) {
	l := newLab(t, qliktest.Options{})
	key := []object{{"kid": "k", "pem": "-----BEGIN"}}
	jwt := l.post(idpsPath, object{"protocol": "jwtAuth", "provider": "external", "options": object{"issuer": "i", "staticKeys": key}}).want(201)
	set := func(path string, value any) object { return object{"op": "replace", "path": path, "value": value} }
	at := idpsPath + "/" + jwt.str("id")
	l.patch(at, []object{set("/options", object{"issuer": "j", "staticKeys": key})}).want(400) // all but the description is fixed
	l.patch(at, []object{set("/description", "d")}).want(204)
	l.post(idpsPath, object{"protocol": "jwtAuth", "provider": "okta", "options": object{"issuer": "i", "staticKeys": key}}).want(400)

	options := object{"claimsMapping": object{}, "clientId": "c", "clientSecret": "hidden", "discoveryUrl": "https://a.example"}
	oidc := object{"protocol": "OIDC", "provider": "generic", "interactive": true, "options": options}
	l.post(idpsPath, oidc).want(400) // nobody tried it
	oidc["skipVerify"] = true
	one := l.post(idpsPath, oidc).want(201)
	require.NotContains(t, string(one.body), "hidden")
	require.Equal(t, false, one.value("active"))
	two := l.post(idpsPath, oidc).want(201).str("id") // nothing is unique
	first := idpsPath + "/" + one.str("id")
	l.patch(first, []object{set("/active", true)}).want(204)
	l.patch(idpsPath+"/"+two, []object{set("/active", true)}).want(204)
	require.Equal(t, false, l.get(first).want(200).value("active"), "one at a time")

	l.patch(first, []object{{"op": "promote-options"}}).want(400) // nothing is pending
	l.patch(first, []object{set("/options", options)}).want(400)
	options["clientId"] = "d"
	l.patch(first, []object{set("/pendingOptions", options)}).want(204)
	require.Equal(t, "c", l.get(first).want(200).value("options", "clientId"))
	l.patch(first, []object{{"op": "promote-options"}}).want(204)
	require.Equal(t, "d", l.get(first).want(200).value("options", "clientId"))
	l.delete(first).want(204)
	l.get(first).want(404)
}
