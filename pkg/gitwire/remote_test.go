package gitwire

import (
	"context"
	"encoding/base64"
	"errors"
	"strings"
	"testing"

	"github.com/go-git/go-git/v5/plumbing/transport"
	"github.com/stretchr/testify/require"
)

// TestErrorsHoldNoSecrets shows a token in each of the forms in which a remote
// could say it.
func TestErrorsHoldNoSecrets(t *testing.T) {
	const token = "ghs_canary/42+x"
	r, err := New("room", "https://x-access-token:ghs_canary%2F42+x@example.com/estate.git", nil)
	require.NoError(t, err)
	require.Equal(t, "https://example.com/estate.git", r.Name())
	_, err = r.login(t.Context())
	require.NoError(t, err)
	basic := base64.StdEncoding.EncodeToString([]byte("x-access-token:" + token))
	for _, said := range []string{token, "ghs_canary%2F42%2Bx", "Basic " + basic, strings.Repeat("a", 4<<10-5) + token} {
		err := r.trouble(t.Context(), "push", errors.New("no\n"+said)).Error()
		require.NotContains(t, err, "canary")
		require.NotContains(t, err, basic)
		require.NotContains(t, err, "\n")
		require.Less(t, len(err), 5<<10)
	}
}

func TestTrouble(t *testing.T) {
	r, err := New("room", "https://example.com/estate.git", nil)
	require.NoError(t, err)
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	tests := []struct {
		name  string
		ctx   context.Context
		err   error
		is    error
		final bool
	}{
		{"another", t.Context(), errors.New("503"), nil, false},
		{"login", t.Context(), transport.ErrAuthenticationRequired, ErrRefused, true},
		{"not allowed", t.Context(), transport.ErrAuthorizationFailed, ErrRefused, true},
		{"not seen", t.Context(), transport.ErrRepositoryNotFound, ErrRefused, true},
		{"cancelled", ended, errors.New("gone"), context.Canceled, true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			err := r.trouble(test.ctx, "push", test.err)
			var e *Error
			require.ErrorAs(t, err, &e)
			require.Equal(t, test.final, e.Final)
			require.Equal(t, test.is, e.Err)
			require.ErrorContains(t, err, "room: https://example.com/estate.git: push: "+test.err.Error())
		})
	}
	require.NoError(t, r.trouble(t.Context(), "push", nil))
}
