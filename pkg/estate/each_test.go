package estate

import (
	"context"
	"errors"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/qdeploy/qdeploy/pkg/estate/estatetest"
	"github.com/qdeploy/qdeploy/pkg/plan"
)

func TestEach(t *testing.T) {
	e, err := Load("", Options{Files: estatetest.Fleet{Tenants: 30, Spaces: 3, Members: 2}.Files()})
	require.NoError(t, err)
	ctx := context.Background()

	t.Run("as one by one, by several goroutines", func(t *testing.T) {
		var mu sync.Mutex
		got := map[string]string{}
		require.NoError(t, e.Each(ctx, 4, nil, func(tenant Tenant, rs []plan.Resource) error {
			one, err := e.Resources(tenant.Name)
			mu.Lock()
			defer mu.Unlock()
			require.NoError(t, err)
			require.Equal(t, one, rs)
			got[tenant.Name] = list(rs)
			return nil
		}))
		require.Len(t, got, 30)
		require.Contains(t, got["customer-00007"], `"description":"Sales of Customer 7 in EUR"`)
	})
	t.Run("only those chosen", func(t *testing.T) {
		n := 0
		require.NoError(t, e.Each(ctx, 1, func(t Tenant) bool { return t.Region == "ap" }, func(tenant Tenant, _ []plan.Resource) error {
			require.Equal(t, "ap", tenant.Region)
			n++
			return nil
		}))
		require.Equal(t, 10, n)
	})
	t.Run("ends with the first error", func(t *testing.T) {
		enough := errors.New("enough")
		n := 0
		require.Equal(t, enough, e.Each(ctx, 1, nil, func(Tenant, []plan.Resource) error {
			n++
			return enough
		}))
		require.Equal(t, 1, n)
	})
	t.Run("stops when cancelled", func(t *testing.T) {
		ctx, cancel := context.WithCancel(ctx)
		n := 0
		require.ErrorIs(t, e.Each(ctx, 1, nil, func(Tenant, []plan.Resource) error {
			cancel()
			n++
			return nil
		}), context.Canceled)
		require.Equal(t, 1, n)
	})
}

// TestEachBroken shows that a wrong tenant does not keep the others from being
// evaluated.
func TestEachBroken(t *testing.T) {
	e := loadText(t, `
-- a.cue --
package estate

tenantFiles: ["all.yaml"]
templates: customer: {tenant: _, space: A: {type: "shared", description: tenant.variables.text}}
-- all.yaml --
- {name: acme, region: eu, alias: acme, template: customer}
- {name: beta, region: eu, alias: beta, template: customer, variables: {text: B}}
- {name: gone, region: eu, alias: gone, template: customer, state: ignored}
`)
	var done []string
	err := e.Each(context.Background(), 1, nil, func(t Tenant, _ []plan.Resource) error {
		done = append(done, t.Name)
		return nil
	})
	require.Equal(t, []string{"beta"}, done)
	var ps Problems
	require.ErrorAs(t, err, &ps)
	require.Len(t, ps, 1)
	require.Equal(t, "acme", ps[0].Tenant)
	_, err = e.Resources("acme")
	require.ErrorAs(t, err, &ps)
	_, err = e.Resources("acne")
	require.EqualError(t, err, `there is no tenant "acne"; did you mean "acme"?`)
}

// TestRenewed shows that a worker is replaced before its memory grows.
func TestRenewed(t *testing.T) {
	e, err := Load("", Options{Files: estatetest.Fleet{Tenants: 1, Spaces: 1}.Files()})
	require.NoError(t, err)
	w, err := e.borrow()
	require.NoError(t, err)
	w.served = maxServed - 1
	e.giveBack(w)
	require.NotSame(t, w, e.anIdle())
}
