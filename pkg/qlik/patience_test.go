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
			require.LessOrEqual(t, time.Since(start), 8*time.Second)
		})
	}
}
