package qlik

import (
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/time/rate"
)

// Clients of many tenants share one limit: tokens, attempts that are repeated, and all
// else that is sent are within it.
func TestLimitIsOfAllRequestsOfAllClients(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &script{answers: []any{
			response(200, `{"access_token": "t", "token_type": "bearer", "expires_in": 3600}`, "Content-Type", "application/json"),
			503,
		}}
		limit := rate.NewLimiter(4, 1)
		var all sync.WaitGroup
		for i := range 4 {
			o := Options{Host: fmt.Sprintf("t%d.eu.qlikcloud.com", i), Transport: s, Limit: limit}
			var err error
			o.Token, err = Credentials{APIKey: "k"}.TokenSource(o)
			if i == 0 {
				o.Token, err = Credentials{ClientID: "id", ClientSecret: "canary", Source: "TEST"}.TokenSource(o)
			}
			require.NoError(t, err)
			c, err := New(o)
			require.NoError(t, err)
			if i == 0 { // alone at first, so that the script answers it
				require.NoError(t, c.call(t.Context(), "GET", "/api/v1/spaces", nil, nil, nil))
			}
			all.Go(func() {
				for range 3 {
					if err := c.call(t.Context(), "GET", "/api/v1/spaces", nil, nil, nil); err != nil {
						t.Error(err)
					}
				}
			})
		}
		all.Wait()
		require.Len(t, s.at, 3+12)
		for i, at := range s.at[1:] {
			require.GreaterOrEqual(t, at-s.at[i], 250*time.Millisecond, "%d: %s", i, s.at)
		}
	})
}
