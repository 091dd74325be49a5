package qlik

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
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

// What slows a run down is told of each attempt: not what is one tenant's own, nor that we
// broke it off.
func TestCallsTellThePlatformsTrouble(t *testing.T) {
	for _, c := range []struct {
		answer any
		want   bool
	}{
		{200, false}, {201, false}, {400, false}, {401, false}, {403, false}, {404, false}, {409, false},
		{408, true}, {429, true}, {500, true}, {502, true}, {503, true}, {504, true},
		{io.ErrUnexpectedEOF, true},
		{&net.OpError{Op: "dial", Err: io.EOF}, true},
		{&net.DNSError{Name: "typo.eu.qlikcloud.com", IsNotFound: true}, false},
	} {
		var told []Call
		wire, err := (&Options{Transport: &script{answers: []any{c.answer}}, Log: func(c Call) { told = append(told, c) }}).wire()
		require.NoError(t, err)
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://acme.eu.qlikcloud.com/api/v1/spaces", nil)
		require.NoError(t, err)
		_, _ = wire.RoundTrip(req)
		require.Len(t, told, 1)
		require.Equal(t, c.want, told[0].Trouble, "%v", c.answer)
	}

	ctx, cancel := context.WithCancel(t.Context())
	var told []Call
	wire, err := (&Options{Transport: &script{answers: []any{context.Canceled}}, Log: func(c Call) { told = append(told, c) }}).wire()
	require.NoError(t, err)
	cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://acme.eu.qlikcloud.com/api/v1/spaces", nil)
	require.NoError(t, err)
	_, _ = wire.RoundTrip(req)
	require.False(t, told[0].Trouble)
}
