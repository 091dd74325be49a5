package qlik

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/qdeploy/qdeploy/pkg/plan"
	"github.com/qdeploy/qdeploy/pkg/qlik/qliktest"
)

func TestDo(t *testing.T) {
	s := newSandbox(t, qliktest.Options{})
	want := resource("space/Finance", finance)
	s.converge(want)
	tenant := s.open()
	snap, err := tenant.Read(t.Context(), []plan.Resource{want})
	require.NoError(t, err)
	live := one(t, snap, "space/Finance")

	calls := s.since(func() {
		require.NoError(t, tenant.Do(t.Context(), plan.Change{Action: plan.Adopted, Key: want.Key, Live: &live, Desired: &want}))
	})
	require.Empty(t, calls)

	changed := resource("space/Finance", `{"name":"Finance","type":"shared","description":"x"}`)
	require.NoError(t, tenant.Do(t.Context(), plan.Change{Action: plan.Adopted, Key: want.Key, Live: &live, Desired: &changed, Fields: []plan.Field{{Path: "/description"}}}))
	require.Empty(t, s.converge(changed))

	other := resource("space/Finance", `{"name":"Finance","type":"managed","description":"x"}`)
	require.NoError(t, tenant.Do(t.Context(), plan.Change{Action: plan.Replace, Key: want.Key, Live: &live, Desired: &other}))
	require.Empty(t, s.converge(other))
	require.NotEqual(t, live.ID, one(t, s.read(other), "space/Finance").ID)

	for _, c := range []struct {
		change plan.Change
		want   string
	}{
		{plan.Change{Action: plan.Create, Key: want.Key}, "space/Finance: create without a desired spec"},
		{plan.Change{Action: plan.Update, Key: want.Key, Desired: &want}, "space/Finance: update without a live and a desired spec"},
		{plan.Change{Action: "explode", Key: want.Key}, `space/Finance: action "explode" is not known`},
		{creation(resource("space/A", `{"nmae":"A"}`)), `space/A: spec: json: unknown field "nmae"`},
		{creation(member("Nowhere", "bot", `"consumer"`)), "assignment/Nowhere/bot: space/Nowhere does not exist"},
		{creation(member("Finance", "group:Nobody", `"consumer"`)), "assignment/Finance/group:Nobody: group/Nobody does not exist"},
		{creation(member("Finance", "email:x@example.com", `"consumer"`)), `assignment/Finance/email:x@example.com: no user with e-mail address "x@example.com" in this tenant`},
		{creation(s.archived("theme", "ledger", "1")), ""},
		{creation(resource("theme/none", `{"name":"none","file":"missing"}`)), "theme/none: missing: no such file"},
	} {
		err := tenant.Do(t.Context(), c.change)
		if c.want == "" {
			require.NoError(t, err)
			continue
		}
		require.EqualError(t, err, c.want)
		require.Equal(t, "change", Class(err))
	}
}

func TestTwoTargetsShareOneStagedCopy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSandbox(t, lagging)
		want := s.with(s.app("Sales", "1.0.0"), resource("space/Test", `{"name":"Test","type":"managed","description":""}`))
		test := s.app("Sales", "1.0.0")
		test.Key.Name = "Test/Sales"
		test.Spec = []byte(`{"name":"Sales","space":"space/Test",` + string(test.Spec[len(`{"name":"Sales","space":"space/Production",`):]))
		tenant := s.open()
		for _, r := range []plan.Resource{want[0], want[1], want[3]} {
			require.NoError(t, tenant.Do(t.Context(), creation(r)))
		}
		calls := s.since(func() {
			var wg sync.WaitGroup
			for _, r := range []plan.Resource{want[2], test} {
				wg.Go(func() { require.NoError(t, tenant.Do(t.Context(), creation(r))) })
			}
			wg.Wait()
		})
		require.Equal(t, 1, count(calls, "POST /api/v1/apps/import"))
		require.Empty(t, tenant.Notices())
		time.Sleep(time.Minute)
		require.Empty(t, s.converge(append(want, test)...))
	})
}

// TestWhateverHappens makes Qlik misbehave in every way that a mood knows, kills
// the run at the first error, starts again as new runs, and expects that in the
// end there is one of everything.
func TestWhateverHappens(t *testing.T) {
	var moods []string
	for _, kind := range []string{"cut-before", "cut-after", "fail-before", "fail-after"} {
		for _, where := range []string{"*:/api/v1/", "*:/api/v1/apps", "POST:/api/v1/", "PUT:/api/v1/", "GET:/api/v1/items", "GET:/api/v1/apps", "*:/api/v1/spaces/", "*:/oauth"} {
			for _, times := range []int{1, 2, 6} {
				moods = append(moods, fmt.Sprintf("%s=%s:%d", kind, where, times))
			}
		}
	}
	for n := 2; n < 12; n++ {
		moods = append(moods, fmt.Sprintf("5xx=%d", n), fmt.Sprintf("429=%d retry-after=9", n), fmt.Sprintf("expire-token=%d", n))
	}
	for _, mood := range moods {
		t.Run(mood, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newSandbox(t, lagging)
				s.user("idp|ann", "ann@example.com")
				want := s.with(
					s.app("Sales", "1.0.0"), resource("group/G", `{"name":"G","providerType":"idp"}`),
					member("Production", "group:G", `"consumer"`), member("Staging", "user:idp|ann", `"producer"`),
					s.archived("extension", "map", "1"),
				)
				s.mood(mood)
				for run := 0; run < 5 && !s.attempt(want); run++ {
				}
				s.calm()
				time.Sleep(time.Minute)
				s.converge(want...)
				time.Sleep(time.Minute)
				require.Empty(t, s.converge(want...))
				snap := s.read(want...)
				require.Empty(t, snap.Ambiguous)
				require.Len(t, snap.Resources, len(want))
			})
		})
	}
}

// attempt is one run that ends at the first error. It reports success.
func (s *sandbox) attempt(want []plan.Resource) bool {
	t := s.open()
	snap, err := t.Read(s.t.Context(), want)
	if err != nil {
		return false
	}
	for _, r := range slices.Concat(snap.Needs, want) {
		if c, differs := change(snap, r); differs {
			if t.Do(s.t.Context(), c) != nil {
				return false
			}
		}
	}
	return true
}
