package main

import (
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/qdeploy/qdeploy/pkg/apply"
	"github.com/qdeploy/qdeploy/pkg/estate"
	"github.com/qdeploy/qdeploy/pkg/ledger"
	"github.com/qdeploy/qdeploy/pkg/plan"
	"github.com/qdeploy/qdeploy/pkg/qlik"
)

var nine = time.Date(2026, 11, 25, 9, 0, 0, 0, time.UTC)

// deleting is a change that deletes an app.
func deleting(name string) plan.Change {
	k := plan.Key{Kind: "app", Name: name}
	return plan.Change{Action: plan.Delete, Key: k, Live: &plan.Resource{Key: k}}
}

// Nothing but deletes that wait is left, or the tenant does not have what is declared.
func TestWhatTheLedgerKeepsOfDeletesThatWait(t *testing.T) {
	old, young, other := deleting("Live/Old"), deleting("Live/Young"), deleting("Live/Other")
	stays := map[plan.Key]qlik.Stay{old.Key: {}, young.Key: {Until: nine.Add(time.Hour)}}
	outcome := func(c plan.Change, s apply.Status) apply.Outcome { return apply.Outcome{Change: c, Status: s} }
	broke := apply.Outcome{Change: other, Status: apply.Failed, Err: &qlik.Error{Status: 503}}
	refused := apply.Outcome{Change: other, Status: apply.Failed, Err: &qlik.Error{Status: 400}}
	waited := ledger.Entry{Tenant: "acme", Digest: "d", Outcome: outcomePartly, Time: nine.Add(-time.Hour), Waits: &ledger.Waits{Deletes: []string{"app/Live/Other"}}}
	elsewhere := waited
	elsewhere.Digest = "of before"
	still := []string{"app/Live/Other"}
	for name, c := range map[string]struct {
		old     ledger.Entry
		dropped []plan.Change
		left    []apply.Outcome
		held    []plan.Key
		want    *ledger.Waits
	}{
		"it waited, and is done":                   {old: waited, left: []apply.Outcome{outcome(other, apply.Done)}},
		"it waited, and the run was cut short":     {old: waited, left: []apply.Outcome{outcome(other, apply.NotStarted)}, want: &ledger.Waits{Deletes: still}},
		"it waited, and was left out":              {old: waited, dropped: []plan.Change{other}, want: &ledger.Waits{Deletes: still}},
		"it waited, and Qlik was in trouble":       {old: waited, left: []apply.Outcome{broke}, want: &ledger.Waits{Until: nine.Add(time.Hour), Deletes: still}},
		"it waited, and was refused":               {old: waited, left: []apply.Outcome{refused}},
		"it waited, and another is declared":       {old: elsewhere, left: []apply.Outcome{outcome(other, apply.NotStarted)}},
		"it did not wait, and Qlik was in trouble": {left: []apply.Outcome{broke}},
		"nothing was left":                         {left: []apply.Outcome{outcome(other, apply.Done)}},
		"one waits for the next run":               {dropped: []plan.Change{old}, want: &ledger.Waits{Deletes: []string{"app/Live/Old"}}},
		"the last says when":                       {dropped: []plan.Change{young, old}, want: &ledger.Waits{Until: nine.Add(time.Hour), Deletes: []string{"app/Live/Old", "app/Live/Young"}}},
		"something else was left out":              {dropped: []plan.Change{old, other}},
		"something has failed":                     {dropped: []plan.Change{old}, left: []apply.Outcome{outcome(other, apply.Failed)}},
		"the run was cut short":                    {dropped: []plan.Change{old}, left: []apply.Outcome{outcome(other, apply.NotStarted)}},
		"not all could be looked at":               {dropped: []plan.Change{old}, held: []plan.Key{{Kind: "theme", Name: "night"}}},
	} {
		t.Run(name, func(t *testing.T) {
			m, err := remember(ledger.InMemory())
			require.NoError(t, err)
			if c.old.Tenant != "" {
				require.NoError(t, m.write("before", []ledger.Entry{c.old}))
			}
			s := &study{plan: &plan.Plan{Tenant: plan.Tenant{Name: "acme"}, Held: c.held}, digest: "d", dropped: c.dropped, stays: stays}
			e := m.entry(stamp{now: func() time.Time { return nine }}, s, c.left)
			require.Equal(t, c.want, e.Waits)
			require.Equal(t, c.want != nil, lingers(e))
			require.Equal(t, hasAll(e), !e.Reached.IsZero())
		})
	}
}

// A ring soaks from when its tenants have what is declared: that something is deleted later
// is no new beginning.
func TestADeleteThatWaitedBeginsNoSoak(t *testing.T) {
	lingering := ledger.Entry{Digest: "d", Outcome: outcomePartly, Waits: &ledger.Waits{}, Time: nine, Reached: nine}
	done := ledger.Entry{Digest: "d", Outcome: outcomeApplied, Time: nine.Add(time.Hour)}
	require.Equal(t, nine, reached(lingering, done))
	require.Equal(t, done.Time, reached(done, ledger.Entry{Digest: "d", Outcome: outcomePartly, Waits: &ledger.Waits{}, Time: nine.Add(2 * time.Hour)}))
	done.Digest = "another"
	require.Equal(t, nine.Add(time.Hour), reached(lingering, done))
	require.Zero(t, reached(lingering, ledger.Entry{Digest: "d", Outcome: outcomePartly, Time: nine}))
}

// What waited was approved once; what is more than that was not.
func TestWhatWaitedWasApproved(t *testing.T) {
	m, err := remember(ledger.InMemory())
	require.NoError(t, err)
	of := func(changes ...plan.Change) *plan.Plan {
		return &plan.Plan{Tenant: plan.Tenant{Name: "acme"}, Changes: changes}
	}
	old, other := deleting("Live/Old"), deleting("Live/Other")
	require.False(t, m.waited(of(old)), "nothing is known of the tenant")
	e := ledger.Entry{Tenant: "acme", Outcome: outcomePartly, Waits: &ledger.Waits{Deletes: []string{"app/Live/Old", "space/Live"}}}
	require.NoError(t, m.write("waits", []ledger.Entry{e}))
	require.True(t, m.waited(of(old)))
	require.False(t, m.waited(of(old, other)))
	update := old
	update.Action = plan.Update
	require.False(t, m.waited(of(update)))
	e.Outcome = outcomeApplying
	require.NoError(t, m.write("a run has begun", []ledger.Entry{e}))
	require.False(t, m.waited(of(old)))
}

const ringsAndWindows = `package estate
import "github.com/qdeploy/qdeploy/schema"
schema.#Estate
regions: eu: apiKey: env: "K"
for name in ["p1", "f1", "solo", "both", "gone"] {tenants: (name): {region: "eu", alias: name, space: {Production: type: "managed", Club: type: "managed", Staging: type: "shared"}}}
tenants: gone: state: "ignored"
tenants: both: labels: ring: "pilot"
environments: {
	prod: {
		targets: [{tenants: ["p1", "f1", "both"], staging: "Staging", space: "Production"}]
		rings: [{name: "pilot", select: ring: "pilot", soak: "1h"}, {name: "full"}]
	}
	club: {
		targets: [{tenants: ["both"], staging: "Staging", space: "Club"}]
		windows: [{days: ["wed"], from: "12:00", to: "13:00", zone: "UTC"}]
	}
}
`

// Due is what a run can do: it begins none that could not.
func TestWhenDeletesThatWaitedAreDue(t *testing.T) {
	e, err := estate.Load("", estate.Options{Files: fstest.MapFS{"estate.cue": {Data: []byte(ringsAndWindows)}}})
	require.NoError(t, err)
	est := &declared{Estate: e}
	type entries map[string]func(*ledger.Entry)
	waits := func(until time.Time, deletes ...string) func(*ledger.Entry) {
		return func(e *ledger.Entry) {
			e.Outcome, e.Waits = outcomePartly, &ledger.Waits{Until: until, Deletes: deletes}
		}
	}
	and := func(fs ...func(*ledger.Entry)) func(*ledger.Entry) {
		return func(e *ledger.Entry) {
			for _, f := range fs {
				f(e)
			}
		}
	}
	old := waits(time.Time{}, "app/Old/Sales")
	noon := nine.Add(3 * time.Hour)
	behind := func(e *ledger.Entry) { e.Digest = "of before" }
	for name, c := range map[string]struct {
		at   time.Time
		are  entries
		want []due
	}{
		"the next run":                {nine, entries{"p1": old}, []due{{"prod", "1 delete that waited may be made in 1 tenant"}}},
		"not yet":                     {nine, entries{"p1": waits(nine.Add(time.Second), "app/Old/Sales")}, nil},
		"by now":                      {nine, entries{"p1": waits(nine, "app/Old/Sales", "space/Old"), "f1": old}, []due{{"prod", "3 deletes that waited may be made in 2 tenants"}}},
		"in no environment":           {nine, entries{"solo": old}, []due{{"", "1 delete that waited may be made in 1 tenant"}}},
		"in the first ring":           {nine, entries{"both": old}, []due{{"prod", "1 delete that waited may be made in 1 tenant"}}},
		"people look first":           {nine, entries{"p1": and(old, func(e *ledger.Entry) { e.Stale = true })}, nil},
		"a run has begun":             {nine, entries{"p1": and(old, func(e *ledger.Entry) { e.Outcome = outcomeApplying })}, nil},
		"another was declared":        {nine, entries{"p1": and(old, behind)}, nil},
		"the tenant is ignored":       {nine, entries{"gone": old}, nil},
		"it is closed":                {nine, entries{"both": waits(time.Time{}, "app/Club/Sales")}, nil},
		"the half of it":              {nine, entries{"both": waits(time.Time{}, "app/Club/Sales", "app/Old/Sales")}, nil},
		"it has opened":               {noon, entries{"both": waits(time.Time{}, "app/Club/Sales")}, []due{{"club", "1 delete that waited may be made in 1 tenant"}}},
		"the ring before is not done": {nine, entries{"both": behind, "p1": old}, nil},
		"the ring before soaks":       {nine, entries{"both": func(e *ledger.Entry) { e.Reached = nine.Add(-time.Minute) }, "p1": old}, nil},
		"another of it failed":        {nine, entries{"f1": func(e *ledger.Entry) { e.Outcome, e.Error = outcomePartly, "400" }, "p1": old}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			m, err := remember(ledger.InMemory())
			require.NoError(t, err)
			for _, tenant := range e.Tenants() {
				digest, err := digestOf(est, m, tenant.Name)
				require.NoError(t, err)
				e := ledger.Entry{Tenant: tenant.Name, Outcome: outcomeApplied, Digest: digest, Time: nine.AddDate(0, 0, -1)}
				if change, ok := c.are[tenant.Name]; ok {
					change(&e)
				}
				m.entries[tenant.Name] = e
			}
			got, err := dueDeletes(est, m, c.at)
			require.NoError(t, err)
			require.Equal(t, c.want, got)
		})
	}
}

const gatedRings = `package estate
import "github.com/qdeploy/qdeploy/schema"
schema.#Estate
regions: eu: apiKey: env: "K"
for name, ring in {a1: "a", b1: "b", b2: "b", c1: "c", c2: "c"} {tenants: (name): {region: "eu", alias: name, labels: "ring": ring, space: {Staging: type: "shared", Production: type: "managed"}}}
environments: prod: {
	targets: [{select: {}, staging: "Staging", space: "Production"}]
	rings: [{name: "a", select: ring: "a", gates: reloads: "succeeded"}, {name: "b", select: ring: "b"}, {name: "c", start: "manual"}]
}
`

// A ring that an apply would hold back is not due, whether it has begun or not.
func TestRingsThatAreNotDue(t *testing.T) {
	e, err := estate.Load("", estate.Options{Files: fstest.MapFS{"estate.cue": {Data: []byte(gatedRings)}}})
	require.NoError(t, err)
	est := &declared{Estate: e}
	env := e.Environments()[0]
	for name, c := range map[string]struct {
		behind string // tenants
		red    string
		want   string
	}{
		"gates are to be asked":           {"b1 b2 c1 c2", "", "ring b may begin: 2 tenants"},
		"they were green":                 {"b2 c1 c2", "", "ring b may begin: 1 tenant"},
		"they are red":                    {"b1 b2 c1 c2", "a: the gates are red", ""},
		"they are red by now":             {"b2 c1 c2", "a: the gates are red", ""},
		"the last is begun by people":     {"c1 c2", "", ""},
		"and gone on with by people, too": {"c2", "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			m, err := remember(ledger.InMemory())
			require.NoError(t, err)
			rollout := ledger.Rollout{Environment: "prod", Declared: declaredRings(env), Began: nine, Red: c.red}
			for _, r := range env.Rings {
				rollout.Rings = append(rollout.Rings, ledger.RolloutRing{Name: r.Name, Tenants: r.Tenants})
			}
			require.NoError(t, m.ledger.PutRollout(t.Context(), "it goes on", rollout))
			for _, tenant := range e.Tenants() {
				digest, err := digestOf(est, m, tenant.Name)
				require.NoError(t, err)
				if !slices.Contains(strings.Fields(c.behind), tenant.Name) {
					m.entries[tenant.Name] = ledger.Entry{Tenant: tenant.Name, Outcome: outcomeApplied, Digest: digest, Time: nine}
				}
			}
			why, err := dueIn(est, m, env, nine)
			require.NoError(t, err)
			require.Equal(t, c.want, why)
		})
	}
}
