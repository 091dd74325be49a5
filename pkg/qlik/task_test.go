package qlik

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestLegacyGone shows that an API that Qlik has taken away has no reload tasks, and that
// one which answers anything else wrong is not taken for that.
func TestLegacyGone(t *testing.T) {
	for _, status := range []int{404, 410} {
		c, _ := scripted(t, response(status, ``))
		old, err := NewTenant(c, TenantOptions{}).legacyOf(t.Context(), "7")
		require.NoError(t, err, "%d", status)
		require.Empty(t, old)
	}
	c, _ := scripted(t, response(403, ``))
	_, err := NewTenant(c, TenantOptions{}).legacyOf(t.Context(), "7")
	require.ErrorContains(t, err, "403")
}
