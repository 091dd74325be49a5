package main

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/qdeploy/qdeploy/pkg/plan"
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
