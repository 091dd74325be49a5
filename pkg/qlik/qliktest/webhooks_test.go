package qliktest_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/qdeploy/qdeploy/pkg/qlik/qliktest"
)

const webhooksPath = "/api/core/webhooks"

func TestWebhooks(t *testing.T) {
	l := newLab(t, qliktest.Options{})
	secret := strings.Repeat("s", 32)
	l.post(webhooksPath, object{"name": "a", "url": "http://a.example"}).want(400)
	l.post(webhooksPath, object{"name": "a", "url": "https://a.example", "secret": "short"}).want(400)
	l.post(webhooksPath, object{"name": "a", "url": "https://a.example", "eventTypes": []string{"none"}}).want(400)
	made := l.post(webhooksPath, object{
		"name": "a", "url": "https://a.example", "secret": secret, "encryptedHeaders": object{"X": "hidden"}, "enableCloudEventDelivery": true,
	}).want(201)
	at := webhooksPath + "/" + made.str("id")
	require.NotContains(t, string(made.body), "hidden")
	require.NotContains(t, string(made.body), secret)
	require.Equal(t, true, made.value("secretKeyAdded"))
	require.Equal(t, []any{"X"}, made.value("encryptedHeaders"))
	require.Equal(t, false, made.value("enabled"), "as Qlik has it")
	l.post(webhooksPath, object{"name": "a", "url": "https://b.example"}).want(201) // names are not unique

	set := func(path string, value any) object { return object{"op": "replace", "path": path, "value": value} }
	l.patch(at, []object{set("/url", "https://c.example")}).want(400) // without the encrypted headers
	l.patch(at, []object{set("/enableCloudEventDelivery", false)}).want(400)
	l.patch(at, []object{set("/filter", "id eq 1")}).want(400)
	l.patch(at, []object{set("/url", "https://c.example"), set("/encryptedHeaders", object{"X": "hidden"})}).want(204)

	put := l.put(at, object{"name": "a", "url": "https://c.example", "filter": "id eq \"1\""}).want(200)
	require.Equal(t, false, put.value("secretKeyAdded"), "what is left out is cleared")
	require.Nil(t, put.value("encryptedHeaders"))
	l.delete(at).want(204)
	l.get(at).want(404)
}
