package qlik

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/oauth2"
)

// A run may have less time than a tenant takes to recover.
func TestPatience(t *testing.T) {
	for name, answer := range map[string]any{
		"429 the tenant stays rate limited for longer than 2s": limited("3"),
		"429 too many requests":                                limited("0"),
		"503 service unavailable":                              503,
	} {
		synctest.Test(t, func(t *testing.T) {
			s := &script{}
			for range 100 {
				s.answers = append(s.answers, answer)
			}
			c, err := New(Options{
				Host: "acme.eu.qlikcloud.com", Token: oauth2.StaticTokenSource(&oauth2.Token{AccessToken: "t"}),
				Transport: s, Attempts: 50, Patience: 2 * time.Second,
			})
			require.NoError(t, err)
			start := time.Now()
			require.EqualError(t, c.call(t.Context(), "GET", "/api/v1/spaces", nil, nil, nil), "GET /api/v1/spaces: "+name)
			require.LessOrEqual(t, time.Since(start), 10*time.Second, name)
		})
	}
}

// A tenant that limits even tokens is left alone for as long as it asks.
func TestLimitedTokenIsWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &script{answers: []any{
			limited("7"), limited("60"),
			response(200, `{"access_token": "t", "token_type": "bearer", "expires_in": 3600}`, "Content-Type", "application/json"),
		}}
		o := Options{Host: "acme.eu.qlikcloud.com", Transport: s}
		var err error
		o.Token, err = Credentials{ClientID: "id", ClientSecret: "canary", Source: "TEST"}.TokenSource(o)
		require.NoError(t, err)
		c, err := New(o)
		require.NoError(t, err)
		require.NoError(t, c.call(t.Context(), "POST", "/api/v1/spaces", nil, nil, nil))
		require.GreaterOrEqual(t, s.at[1], 7*time.Second)
		require.GreaterOrEqual(t, s.at[2], 67*time.Second)
	})
}
