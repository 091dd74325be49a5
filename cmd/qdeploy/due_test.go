package main

import (
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/qdeploy/qdeploy/pkg/estate"
	"github.com/qdeploy/qdeploy/pkg/ledger"
	"github.com/qdeploy/qdeploy/pkg/plan"
)

// Who came while a rollout went on waits for its end: nobody merges anything then, so a
// schedule must begin it.
func TestNewcomersAreDueWhenTheRolloutIsOver(t *testing.T) {
	e, err := estate.Load("", estate.Options{Files: fstest.MapFS{"estate.cue": {Data: []byte(gatedRings)}}})
	require.NoError(t, err)
	est := &declared{Estate: e}
	env := e.Environments()[0]
	const want = "the rollout is over, and newcomers may begin: 1 tenant"
	for name, c := range map[string]struct {
		behind    string // a tenant
		newcomers []string
		goesOn    bool
		want      string
	}{
		"it waited":                   {"a1", []string{"a1"}, false, want},
		"it has what is declared":     {"", []string{"a1"}, false, ""},
		"it came later":               {"a1", nil, false, ""},
		"the rollout goes on":         {"a1", []string{"a1"}, true, ""},
		"it is of a later ring":       {"b1", []string{"b1"}, false, "ring b may begin: 1 tenant"},
		"and of one people begin":     {"c1", []string{"c1"}, false, ""},
		"the estate has it no longer": {"", []string{"gone"}, false, ""},
	} {
		t.Run(name, func(t *testing.T) {
			m, err := remember(ledger.InMemory())
			require.NoError(t, err)
			r := ledger.Rollout{Environment: "prod", Declared: declaredRings(env), Began: nine, Newcomers: c.newcomers}
			for _, ring := range env.Rings {
				r.Rings = append(r.Rings, ledger.RolloutRing{Name: ring.Name, Tenants: ring.Tenants})
			}
			if !c.goesOn {
				r.Ended = nine
			}
			require.NoError(t, m.ledger.PutRollout(t.Context(), "so far", r))
			for _, tenant := range e.Tenants() {
				digest, err := digestOf(est, m, tenant.Name)
				require.NoError(t, err)
				if tenant.Name != c.behind {
					m.entries[tenant.Name] = ledger.Entry{Tenant: tenant.Name, Outcome: outcomeApplied, Digest: digest, Time: nine}
				}
			}
			why, err := dueIn(est, m, env, nine)
			require.NoError(t, err)
			require.Equal(t, c.want, why)
		})
	}
}

// Of a ring that waits, the shard that saw the most says why, whichever file is read first.
func TestMergedResultsSayWhyARingWaitsNow(t *testing.T) {
	early := result{Shard: "1/2", Report: &report{Rings: []*wave{{Environment: "prod", Ring: "a", Have: 1}}, Closed: []closing{{closed: closed{Environment: "prod"}, Ring: "b", Why: "a is not done", Changes: 1, Tenants: 1}}}}
	late := result{Shard: "2/2", Report: &report{Rings: []*wave{{Environment: "prod", Ring: "a", Have: 2}}, Closed: []closing{{closed: closed{Environment: "prod"}, Ring: "b", Why: "a soaks", Changes: 2, Tenants: 1}}}}
	r := mergeResults(&plan.Fleet{}, []result{early, late})
	require.Equal(t, []closing{{closed: closed{Environment: "prod"}, Ring: "b", Why: "a soaks", Changes: 3, Tenants: 2}}, r.Closed)
}
