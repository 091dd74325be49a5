package qlik

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestQuotas holds that what has no limit, or no known usage, is never near it.
func TestQuotas(t *testing.T) {
	c, _ := scripted(t, response(http.StatusOK, `{"data":[
		{"id":"none","type":"quotas","attributes":{"quota":-1,"unit":"count","usage":7}},
		{"id":"unknown","type":"quotas","attributes":{"quota":7,"unit":"count"}},
		{"id":"spaces","type":"quotas","attributes":{"quota":10,"unit":"count","usage":9}}]}`))
	quotas, err := NewTenant(c, TenantOptions{}).Quotas(t.Context())
	require.NoError(t, err)
	require.Equal(t, []Quota{{"spaces", 9, 10, "count"}}, quotas)
	for q, near := range map[Quota]bool{
		{Usage: 9, Limit: 10}: true, {Usage: 8.9, Limit: 10}: false, {Usage: 11, Limit: 10}: true,
		{Usage: 0, Limit: 0}: false, {Usage: 1, Limit: 0}: true,
	} {
		require.Equal(t, near, q.Near(), "%v", q)
	}
}
