package qlik

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestContexts(t *testing.T) {
	path := filepath.Join(t.TempDir(), "contexts.yml")
	require.NoError(t, os.WriteFile(path, []byte(`current-context: acme
contexts:
  acme:
    server: https://Acme.eu.qlikcloud.com/
    server-type: cloud
    oauth-client-id: 0123
    oauth-client-secret: canary-1
    comment: production
  beta:
    server: beta.us.qlikcloud.com
    headers:
      authorization: Bearer canary-2
  desktop:
    server: localhost:9076
    server-type: engine
  empty:
    server: https://empty.eu.qlikcloud.com
`), 0o600))
	got, err := Contexts(path)
	require.NoError(t, err)
	require.Equal(t, []Context{
		{Name: "acme", Host: "acme.eu.qlikcloud.com", Current: true, Credentials: Credentials{
			ClientID: "0123", ClientSecret: "canary-1", Source: "context acme in " + path}},
		{Name: "beta", Host: "beta.us.qlikcloud.com", Credentials: Credentials{
			APIKey: "canary-2", Source: "context beta in " + path}},
	}, got)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
		require.NotContains(t, fmt.Sprintf(verb, got), "canary")
		require.NotContains(t, fmt.Sprintf(verb, got[0].Credentials), "canary")
	}
}

func TestContextsErrorsQuoteNothing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "contexts.yml")
	require.NoError(t, os.WriteFile(path, []byte("contexts: [canary-secret]"), 0o600))
	_, err := Contexts(path)
	require.EqualError(t, err, path+": not a contexts file of qlik-cli")

	_, err = Contexts(path + ".missing")
	require.ErrorIs(t, err, os.ErrNotExist)

	require.NoError(t, os.WriteFile(path, nil, 0o600))
	none, err := Contexts(path)
	require.NoError(t, err)
	require.Empty(t, none)
}
