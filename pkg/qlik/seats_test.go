package qlik

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/qdeploy/qdeploy/pkg/plan"
	"github.com/qdeploy/qdeploy/pkg/qlik/qliktest"
)

func TestSeatConverges(t *testing.T) {
	s := newSandbox(t, qliktest.Options{PageSize: 1})
	s.tenant.AddUser(qliktest.UserSpec{Subject: "jo"})
	s.cloud.Seat("eu", "another", "analyzer")
	for _, kind := range []string{"professional", "analyzer"} {
		want := resource("license-assignment/jo", `{"subject":"jo","type":"`+kind+`"}`)
		require.Len(t, s.converge(want), 1, kind)
		require.Empty(t, s.converge(want), kind)
	}
	require.Equal(t, []string{"delete license-assignment/jo"}, s.prune(resource("license-assignment/jo", `{"subject":"jo","type":"analyzer"}`)))
	require.Len(t, s.read(resource("license-assignment/another", `{}`)).Resources, 1, "that of somebody else stays")
}

// TestSeatOutcomes shows that what a 207 says of a seat is what becomes of the change.
func TestSeatOutcomes(t *testing.T) {
	s := newSandbox(t, qliktest.Options{Seats: map[string]int{"professional": 1}})
	live := s.open()
	jo := func(action, kind string) error {
		return live.seat(t.Context(), action, map[string]string{"subject": "jo", "type": kind})
	}
	require.NoError(t, jo("add", "professional"))
	require.ErrorIs(t, jo("add", "professional"), ErrConflict)
	require.ErrorIs(t, jo("delete", "analyzer"), ErrNotFound)
	err := live.seat(t.Context(), "add", map[string]string{"subject": "al", "type": "professional"})
	require.ErrorIs(t, err, ErrDenied)
	require.EqualError(t, err, "POST /api/v1/licenses/assignments/actions/add: 403 LICENSES-011 no available allotment")
	require.NoError(t, jo("delete", "professional"))
}

// TestSeatsWithoutAFilter shows that a filter which Qlik does not understand costs the
// whole list, and nothing else.
func TestSeatsWithoutAFilter(t *testing.T) {
	s := newSandbox(t, qliktest.Options{})
	for _, subject := range []string{"al", "jo", "mo"} {
		s.cloud.Seat("eu", subject, "analyzer")
	}
	o := s.options()
	o.Transport = refusesFilters{o.Transport}
	c, err := New(o)
	require.NoError(t, err)
	snapshot, err := NewTenant(c, TenantOptions{}).Read(t.Context(), []plan.Resource{
		resource("license-assignment/jo", `{}`), resource("license-assignment/mo", `{}`), resource("license-assignment/nobody", `{}`),
	})
	require.NoError(t, err)
	var names []string
	for _, r := range snapshot.Resources {
		names = append(names, r.Key.Name)
	}
	require.Equal(t, []string{"jo", "mo"}, names)
	require.True(t, snapshot.Covers(plan.Key{Kind: "license-assignment", Name: "nobody"}))
}

// refusesFilters has seats listed by another attribute than the one that is there.
type refusesFilters struct{ next http.RoundTripper }

func (r refusesFilters) RoundTrip(req *http.Request) (*http.Response, error) {
	if q := req.URL.Query(); req.URL.Path == seatsPath && q.Has("filter") {
		req = req.Clone(req.Context())
		q.Set("filter", `unheardOf eq "1"`)
		req.URL.RawQuery = q.Encode()
	}
	return r.next.RoundTrip(req)
}

func TestReviewCountsSeats(t *testing.T) {
	s := newSandbox(t, qliktest.Options{Seats: map[string]int{"professional": 2}})
	s.cloud.Seat("eu", "old", "professional")
	seat := func(action plan.Action, subject, live, desired string) plan.Change {
		c := plan.Change{Action: action, Key: plan.Key{Kind: "license-assignment", Name: subject}}
		for kind, r := range map[string]**plan.Resource{live: &c.Live, desired: &c.Desired} {
			if kind != "" {
				x := resource("license-assignment/"+subject, `{"subject":"`+subject+`","type":"`+kind+`"}`)
				*r = &x
			}
		}
		return c
	}
	for _, c := range []struct {
		name    string
		changes []plan.Change
		blocked string
	}{
		{"the last one", []plan.Change{seat(plan.Create, "a", "", "professional")}, ""},
		{"one too many", []plan.Change{seat(plan.Create, "a", "", "professional"), seat(plan.Create, "b", "", "professional")},
			"2 more professional seats are needed, and the subscription has 1 of 2 free"},
		{"a type that was not bought", []plan.Change{seat(plan.Update, "a", "professional", "analyzer")}, "the subscription has no analyzer seats"},
		{"adopted as it is", []plan.Change{seat(plan.Adopted, "old", "professional", "professional")}, ""},
	} {
		p := &plan.Plan{Changes: c.changes}
		require.NoError(t, s.open().Review(t.Context(), p), c.name)
		require.Equal(t, c.blocked, p.Changes[0].Blocked, c.name)
	}
}
