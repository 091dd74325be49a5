package main

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/qdeploy/qdeploy/pkg/estate"
	"github.com/qdeploy/qdeploy/pkg/plan"
	"github.com/qdeploy/qdeploy/pkg/qlik"
)

// TestHasSecret shows which definitions of automations are kept out of git.
func TestHasSecret(t *testing.T) {
	for text, want := range map[string]bool{
		`{"workspace": {"blocks": [{"connection": "connection/Chat", "text": "Basic rules"}]}}`: false,
		`{"workspace": {"token": "", "secret": "{$.vault.secret}", "password": null}}`:          false,
		`{"workspace": {"headers": [{"name": "Authorization", "value": "Bearer abcdefgh1"}]}}`:  true,
		`{"workspace": {"inputs": {"apiKey": "x"}}}`:                                            true,
		`{"workspace": ["eyJhbGciOiJIUzI1NiJ9.e30.x"]}`:                                         true,
		`{"workspace": ["-----BEGIN RSA PRIVATE KEY-----"]}`:                                    true,
		`{"schedules": [{"Password": "x"}], "workspace": {}}`:                                   true,
		`{`: true, // unknown is not empty
	} {
		require.Equal(t, want, hasSecret([]byte(text)), text)
	}
}

// TestLoggedIn shows that qdeploy does not adopt the client that it logs in with.
func TestLoggedIn(t *testing.T) {
	c := &connections{
		logins:   map[string]qlik.Credentials{"eu": {ClientID: "a"}},
		contexts: map[string]qlik.Credentials{"own.example.com": {ClientID: "b"}},
	}
	client := func(kind plan.Kind, id string) plan.Resource {
		return plan.Resource{Key: plan.Key{Kind: kind, Name: "x"}, ID: id}
	}
	eu := estate.Tenant{Tenant: plan.Tenant{Host: "acme.example.com", Region: "eu"}}
	own := estate.Tenant{Tenant: plan.Tenant{Host: "own.example.com", Region: "eu"}}
	require.NotEmpty(t, c.loggedIn(eu, client("oauth-client", "a")))
	require.NotEmpty(t, c.loggedIn(own, client("oauth-client", "b")))
	require.Empty(t, c.loggedIn(own, client("oauth-client", "a")))
	require.Empty(t, c.loggedIn(eu, client("webhook", "a")))
}
