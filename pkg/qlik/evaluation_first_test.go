package qlik

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/qdeploy/qdeploy/pkg/plan"
	"github.com/qdeploy/qdeploy/pkg/qlik/qliktest"
)

// replaceEvaluated republishes an app by a run that is asked to evaluate first, and returns the
// calls that evaluate or republish, and what was noticed.
func (s *sandbox) replaceEvaluated(want []plan.Resource, since time.Time) (calls, notices []string) {
	tenant := s.open()
	tenant.options.Evaluate = func(space, app string) (time.Time, bool) { return since, space == "Production" && app == "Sales" }
	snap, err := tenant.Read(s.t.Context(), want)
	require.NoError(s.t, err)
	for _, c := range s.since(func() {
		for _, r := range want {
			if c, differs := change(snap, r); differs {
				require.NoError(s.t, tenant.Do(s.t.Context(), c))
			}
		}
	}) {
		if strings.Contains(c, "evaluations") || strings.HasPrefix(c, "PUT /api/v1/apps/{id}/publish") {
			calls = append(calls, c)
		}
	}
	return slices.Compact(calls), tenant.Notices()
}

func TestEvaluatedBeforeItIsReplaced(t *testing.T) {
	const (
		look      = "GET /api/analytics/apps/{id}/evaluations 200"
		begin     = "POST /api/analytics/apps/{id}/evaluations 201"
		poll      = "GET /api/analytics/apps/evaluations/{id} 200"
		republish = "PUT /api/v1/apps/{id}/publish 200"
	)
	synctest.Test(t, func(t *testing.T) {
		s := newSandbox(t, qliktest.Options{EvaluationTime: 5 * time.Minute})
		version := func(v string) []plan.Resource { return s.with(s.app("Sales", v)) }
		calls, notices := s.replaceEvaluated(version("1.0.0"), time.Time{})
		require.Empty(t, calls, "nothing is there to evaluate")
		require.Empty(t, notices)

		came := time.Now()
		time.Sleep(time.Hour)
		s.tenant.Weigh("Production", "Sales", qliktest.Findings{SizeMiB: 7})
		start := time.Now()
		calls, notices = s.replaceEvaluated(version("1.1.0"), came)
		require.Equal(t, []string{look, begin, poll, republish}, calls)
		require.Empty(t, notices)
		require.GreaterOrEqual(t, time.Since(start), 5*time.Minute, "it waits for the end")
		came = time.Now()
		got, err := s.open().Evaluations(t.Context(), "Production", map[string]Span{"Sales": {came, came}})
		require.NoError(t, err)
		require.Equal(t, 7.0, got["Sales"].Before.SizeMiB, "of what was there, not of what came")

		// That one, which began since the app came, is enough when it has ended.
		time.Sleep(time.Hour)
		calls, _ = s.replaceEvaluated(version("1.2.0"), came)
		require.Equal(t, []string{look, republish}, calls)

		// What fails, is refused, or takes too long keeps nothing from being replaced.
		came = time.Now()
		s.tenant.Weigh("Production", "Sales", qliktest.Findings{Fails: true})
		calls, notices = s.replaceEvaluated(version("1.3.0"), came)
		require.Equal(t, []string{look, begin, poll, republish}, calls)
		require.Equal(t, []string{`space/Production: "Sales" is replaced without an evaluation of what it was: it ended as failed`}, notices)
		s.mood("refuse-writes=evaluations")
		calls, notices = s.replaceEvaluated(version("1.4.0"), time.Now())
		require.Equal(t, []string{look, "POST /api/analytics/apps/{id}/evaluations 403", republish}, calls)
		require.Len(t, notices, 1)
	})
	synctest.Test(t, func(t *testing.T) {
		s := newSandbox(t, qliktest.Options{EvaluationTime: 5 * time.Hour})
		s.converge(s.with(s.app("Sales", "1.0.0"))...)
		start := time.Now()
		_, notices := s.replaceEvaluated(s.with(s.app("Sales", "1.1.0")), start)
		require.Equal(t, []string{`space/Production: "Sales" is replaced without an evaluation of what it was: not yet after 15m0s`}, notices)
		require.Less(t, time.Since(start), 20*time.Minute)
	})
}
