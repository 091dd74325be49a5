package main

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/qdeploy/qdeploy/pkg/plan"
	"github.com/qdeploy/qdeploy/pkg/qlik"
)

// fleetOf has so many tenants with so many writes in each.
func fleetOf(tenants, writes int) *plan.Fleet {
	f := &plan.Fleet{}
	for range tenants {
		f.Plans = append(f.Plans, &plan.Plan{Changes: []plan.Change{{Action: plan.Update, Writes: writes}}})
	}
	return f
}

func TestForecastGoesByWhatBinds(t *testing.T) {
	for _, c := range []struct {
		name            string
		speed           speed
		tenants, writes int
		reads           int
		want            time.Duration
	}{
		{"one after the other in a tenant", speed{1, 1, 0}, 1, 10, 0, 3 * time.Second},
		{"several at a time in a tenant", speed{1, 5, 0}, 1, 10, 0, 600 * time.Millisecond},
		{"tenants beside one another", speed{4, 1, 0}, 8, 10, 0, 6 * time.Second},
		{"requests a second bind", speed{4, 1, 5}, 8, 10, 10, 32 * time.Second},
		{"requests a second do not", speed{4, 1, 500}, 8, 10, 10, 6 * time.Second},
	} {
		t.Run(c.name, func(t *testing.T) {
			require.Equal(t, c.want, c.speed.forecast(fleetOf(c.tenants, c.writes), c.reads))
		})
	}
}

func TestMaxRPSIsNotBelowZero(t *testing.T) {
	require.NoError(t, checkMaxRPS(0))
	require.EqualError(t, checkMaxRPS(-1), "--max-rps is -1")
	require.Nil(t, (&program{}).limitOf(0))
	require.Nil(t, (&program{theatre: &theatre{}}).limitOf(5), "nobody waits in a rehearsal")
	require.InDelta(t, 5, float64((&program{}).limitOf(5).Limit()), 0)
}

func TestCostTellsWhatQueuesAndWhatEnds(t *testing.T) {
	few := cost{total: qlik.Cost{Reads: 4, Writes: 9, Imports: 3}, tenants: 3, imports: 1, duration: time.Second, speed: speed{32, 4, 0}}
	require.Equal(t, []string{
		"Cost: about 9 writes (tier 2) in 3 tenants, and 4 reads (tier 1)",
		"Imports: 3 apps, at most 1 in one tenant",
		"Time: about 1s, 32 tenants and 4 changes in each at a time",
	}, few.lines())

	much := cost{
		total: qlik.Cost{Writes: 40_000, Imports: 8500}, tenants: 8500, imports: 400, duration: 7 * time.Hour, speed: speed{32, 4, 0},
		births: map[string]int{"us": 1, "eu": 20}, handed: true,
	}
	require.Equal(t, []string{
		"Cost: about 40000 writes (tier 2) in 8500 tenants, and reads (tier 1) as planning took",
		"Imports: 8500 apps, at most 400 in one tenant: more than a day's quota of Starter or Standard (300)",
		"Reloads: none is started; if all 8500 apps are reloaded then, that is 284 on each of 30 lanes (Qlik Sense Enterprise SaaS), 2834 on each of 3 lanes (Qlik Sense Business)",
		"Register hosts: 20 tenants in eu, 1 tenant in us, one after another in each",
		"Time: about 7h0m0s, 32 tenants and 4 changes in each at a time",
		"Warning: a token that a step of the job made for a GitHub App lives for 1h0m0s: give qdeploy the App, whose tokens it renews (QDEPLOY_GITHUB_APP_ID and _KEY); a GITHUB_TOKEN lives as long as the job",
		"Warning: a job of GitHub Actions is ended after 6h0m0s: apply a part at a time, with --tenant or --max-calls, or on several machines, see qdeploy matrix",
	}, much.lines())
	much.handed = false
	require.NotContains(t, much.lines()[5], "GITHUB_TOKEN")
}

// Tenants of one region are made one after another, whatever runs beside them.
func TestForecastKnowsTheRegisterHosts(t *testing.T) {
	f := fleetOf(500, 1)
	for i, p := range f.Plans {
		p.Tenant.Region = []string{"eu", "us"}[i%2]
		p.Changes[0] = plan.Change{Action: plan.Create, Key: plan.Key{Kind: lifeKind, Name: "t"}, Writes: 1}
	}
	require.Equal(t, map[string]int{"eu": 250, "us": 250}, births(f))
	require.Equal(t, qlik.WriteTime(250, 1), speed{500, 1, 0}.forecast(f, 0))
}
