package qlik

import (
	"encoding/json"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/qdeploy/qdeploy/pkg/qlik/qliktest"
)

func TestEvaluationIsWorse(t *testing.T) {
	was := Evaluation{SizeMiB: 100, Opening: 10 * time.Second, SingleThreaded: 1, Warnings: 2}
	for name, c := range map[string]struct {
		now  Evaluation
		want []string
	}{
		"the same":           {was, nil},
		"as much as allowed": {Evaluation{SizeMiB: 120, Opening: 12 * time.Second, SingleThreaded: 1, Warnings: 2}, nil},
		"a bit more": {Evaluation{SizeMiB: 120.1, Opening: 12*time.Second + time.Millisecond, Warnings: 2},
			[]string{"takes 120.1 MiB, 100.0 before", "opens in 12.0 s, 10.0 before"}},
		"more of what is counted": {Evaluation{SizeMiB: 100, Opening: time.Second, SingleThreaded: 2, OverMemory: 1, Errors: 3, Warnings: 4},
			[]string{"objects on a single thread: 2, 1 before", "objects over their memory: 1, 0 before", "errors: 3, 0 before", "warnings: 4, 2 before"}},
		"its memory is not known":  {Evaluation{Opening: time.Second}, []string{"does not say what it takes, 100.0 MiB before"}},
		"its opening is not known": {Evaluation{SizeMiB: 100}, []string{"does not say how long it takes to open, 10.0 s before"}},
		"better":                   {Evaluation{SizeMiB: 1, Opening: time.Second}, nil},
	} {
		require.Equal(t, c.want, c.now.WorseThan(was, 20), name)
	}
	small := Evaluation{SizeMiB: 0.5, Opening: 100 * time.Millisecond}
	require.Empty(t, Evaluation{SizeMiB: 1.4, Opening: time.Second}.WorseThan(small, 0), "what is slight varies by itself")
	require.Empty(t, Evaluation{SizeMiB: 500, Opening: time.Hour}.WorseThan(Evaluation{}, 0), "what was not known is not compared")
}

// What Qlik leaves out, or sends as Go's zero time, is no end.
func TestEvaluationThatRuns(t *testing.T) {
	for text, running := range map[string]bool{
		`{"status":"enqueued"}`: true,
		`{"status":"started","ended":"0001-01-01T00:00:00Z","result":null,"events":null}`: true,
		`{"status":"finished","ended":"2026-11-21T12:00:00.5Z"}`:                          false,
		`{"status":"whatever","ended":"2026-11-21T12:00:00Z"}`:                            false,
	} {
		var e evaluation
		require.NoError(t, json.Unmarshal([]byte(text), &e))
		require.Equal(t, running, e.read().Running(), text)
		require.Equal(t, e.Status == "whatever", e.read().Failed(), text)
	}
	var e evaluation
	require.NoError(t, json.Unmarshal([]byte(`{"result":{"openApp":{"totalDurationMilliseconds":1e300}}}`), &e))
	require.Positive(t, e.read().Opening)
}

func TestEvaluations(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSandbox(t, qliktest.Options{EvaluationTime: time.Minute})
		s.converge(s.with(s.app("Sales", "1.0.0"))...)
		came := time.Now()
		about := func(app string, since time.Time) map[string]Span { return map[string]Span{app: {since, since}} }
		ask := func(since time.Time) Evaluations {
			got, err := s.open().Evaluations(t.Context(), "Production", about("Sales", since))
			require.NoError(t, err)
			return got["Sales"]
		}
		calls := s.since(func() { require.True(t, ask(came).Now.Running()) })
		require.Equal(t, 1, count(calls, "POST /api/analytics/apps/{id}/evaluations"))
		time.Sleep(30 * time.Second)
		calls = s.since(func() { require.True(t, ask(came).Now.Running(), "it is started once") })
		require.Zero(t, count(calls, "POST /api/analytics/apps/{id}/evaluations"))
		time.Sleep(time.Minute)
		first := ask(came)
		require.Equal(t, "finished", first.Now.Status)
		require.Nil(t, first.Before)
		require.Positive(t, first.Now.SizeMiB)

		// Another version: what was before is the measure, but not one that failed.
		s.tenant.Weigh("Production", "Sales", qliktest.Findings{Fails: true})
		ask(time.Now())
		time.Sleep(2 * time.Minute)
		s.converge(s.with(s.app("Sales", "1.1.0"))...)
		s.tenant.Weigh("Production", "Sales", qliktest.Findings{SizeMiB: 2, OpenSeconds: 3, SingleThreaded: 1, OverMemory: 1, Errors: 2, Warnings: 1})
		came = time.Now()
		ask(came)
		time.Sleep(2 * time.Minute)
		second := ask(came)
		require.Equal(t, first.Now, *second.Before)
		require.Equal(t, Evaluation{ID: second.Now.ID, Status: "finished", Started: came.Add(15 * time.Second).UTC(), Ended: came.Add(time.Minute).UTC(),
			SizeMiB: 2, Opening: 3 * time.Second, SingleThreaded: 1, OverMemory: 1, Errors: 2, Warnings: 1}, second.Now)

		// What was there in between is no measure.
		got, err := s.open().Evaluations(t.Context(), "Production", map[string]Span{"Sales": {time.Now(), came}})
		require.NoError(t, err)
		require.Equal(t, first.Now, *got["Sales"].Before)
		require.True(t, got["Sales"].Now.Running())

		_, err = s.open().Evaluations(t.Context(), "Production", about("Costs", came))
		require.EqualError(t, err, `space/Production has no app "Costs"`)
		s.mood("refuse-writes=evaluations")
		_, err = s.open().Evaluations(t.Context(), "Production", about("Sales", time.Now().Add(time.Hour)))
		require.ErrorIs(t, err, ErrDenied)
		require.ErrorContains(t, err, "app/Production/Sales: POST /api/analytics/apps/")
	})
}
