package main

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/qdeploy/qdeploy/pkg/apply"
	"github.com/qdeploy/qdeploy/pkg/ledger"
	"github.com/qdeploy/qdeploy/pkg/plan"
)

func creating(tenant string) *plan.Plan {
	r := plan.Resource{Key: plan.Key{Kind: "space", Name: "HR"}, Spec: []byte(`{"type":"shared"}`)}
	return &plan.Plan{
		Tenant:  plan.Tenant{Name: tenant, Host: tenant + ".eu.qlikcloud.com"},
		Changes: []plan.Change{{Action: plan.Create, Key: r.Key, Desired: &r}},
	}
}

// Books are written while other tenants are still read; the race detector looks on.
func TestRememberingWhileOthersAreRead(t *testing.T) {
	m, err := remember(ledger.InMemory())
	require.NoError(t, err)
	var plans []*plan.Plan
	for i := range 20 {
		plans = append(plans, creating(fmt.Sprintf("t%02d", i)))
	}
	s := stamp{run: "r", now: time.Now}
	require.NoError(t, m.begin(s, plans))
	b := m.keep(s)
	var running sync.WaitGroup
	for _, p := range plans {
		running.Go(func() {
			_, owned, _, err := m.applied(p.Tenant.Name)
			if err != nil || len(owned) > 0 {
				t.Errorf("%s: %v: what this run may create is not there before it: %v", p.Tenant.Name, err, owned)
			}
			d := *p.Changes[0].Desired
			e := m.entry(s, &study{desired: []plan.Resource{d}, plan: p}, []apply.Outcome{{Change: p.Changes[0], Status: apply.Done}})
			b.mu.Lock()
			b.last = time.Time{} // as if seconds had passed
			b.mu.Unlock()
			b.add(&e)
		})
	}
	running.Wait()
	require.NoError(t, b.close())
	for _, p := range plans {
		rs, _, ok, err := m.applied(p.Tenant.Name)
		require.NoError(t, err)
		require.True(t, ok)
		require.Len(t, rs, 1)
	}
}

// Who could not look everywhere is not done with a tenant.
func TestWhatIsHeldKeepsATenantFromBeingCurrent(t *testing.T) {
	m, err := remember(ledger.InMemory())
	require.NoError(t, err)
	p := creating("acme")
	p.Held = []plan.Key{{Kind: "theme", Name: "night"}}
	e := m.entry(stamp{now: time.Now}, &study{plan: p, digest: "d"}, nil)
	require.NoError(t, m.write("held", []ledger.Entry{e}))
	require.False(t, m.current("acme", "d"))
	p.Held = nil
	e = m.entry(stamp{now: time.Now}, &study{plan: p, digest: "d"}, nil)
	require.NoError(t, m.write("seen", []ledger.Entry{e}))
	require.True(t, m.current("acme", "d"))
}

// What a run left undone is pending only if it may be there all the same.
func TestOnlyWhatMayBeThereIsPending(t *testing.T) {
	m, err := remember(ledger.InMemory())
	require.NoError(t, err)
	p := creating("acme")
	s := stamp{run: "r", now: time.Now}
	require.NoError(t, m.begin(s, []*plan.Plan{p}))
	for status, want := range map[apply.Status][]string{
		apply.Failed: {"space/HR"}, apply.Skipped: nil, apply.NotStarted: nil,
	} {
		e := m.entry(s, &study{desired: []plan.Resource{*p.Changes[0].Desired}, plan: p}, []apply.Outcome{{Change: p.Changes[0], Status: status}})
		require.Equal(t, want, e.Pending, status)
	}
}
