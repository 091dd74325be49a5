package qlik

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/qdeploy/qdeploy/pkg/plan"
	"github.com/qdeploy/qdeploy/pkg/qlik/qliktest"
)

// foreign makes the bot lose its rights in the sandbox's spaces: someone else
// owns them.
func (s *sandbox) foreign(names ...string) {
	owner := s.user("idp|owner", "owner@example.com")
	t := s.open()
	for _, name := range names {
		id, err := t.id(s.t.Context(), Ref("space/"+name))
		require.NoError(s.t, err)
		s.seed("PATCH", spacePath(id), []patch{replace("/ownerId", owner)})
	}
}

func TestBotBecomesAMemberWhereAppsNeedIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSandbox(t, lagging)
		s.converge(s.with(s.app("Sales", "1.0.0"))...)
		s.foreign("Staging", "Production")

		want := s.with(s.app("Sales", "1.1.0"))
		snap := s.read(want...)
		require.Equal(t, []string{"space/Production: cannot be looked into until the bot is a member"}, snap.Notes)
		require.False(t, snap.Covers(want[2].Key))
		require.True(t, snap.Covers(want[0].Key))
		require.Len(t, snap.Needs, 2)
		require.JSONEq(t, `{"space":"space/Production","assignee":"bot","roles":["consumer","publisher"]}`, string(snap.Needs[0].Spec))
		require.JSONEq(t, `{"space":"space/Staging","assignee":"bot","roles":["producer"]}`, string(snap.Needs[1].Spec))
		require.True(t, snap.Needs[0].Needed)

		require.Equal(t, []string{"create assignment/Production/bot", "create assignment/Staging/bot", "create app/Production/Sales"}, s.converge(want...))
		time.Sleep(time.Minute)
		require.Empty(t, s.converge(want...))
		require.Equal(t, []string{"Sales What was sold {v1.1.0+q.3fa4c2d1}"}, s.published("Production"), "found, though the plan could not see it")
	})
}

func TestBotKeepsTheRolesItHas(t *testing.T) {
	s := newSandbox(t, qliktest.Options{})
	s.converge(s.with()...)
	s.foreign("Production")
	tenant := s.open()
	bot, err := tenant.self(t.Context())
	require.NoError(t, err)
	space, err := tenant.id(t.Context(), "space/Production")
	require.NoError(t, err)
	s.seed("POST", assignmentsPath(space), map[string]any{"type": "user", "assigneeId": bot, "roles": []string{"contributor"}})

	want := s.with(s.app("Sales", "1.0.0"))
	snap := s.read(want...)
	require.Len(t, snap.Needs, 1)
	require.JSONEq(t, `{"space":"space/Production","assignee":"bot","roles":["contributor","publisher"]}`, string(snap.Needs[0].Spec))
	require.JSONEq(t, `{"space":"space/Production","assignee":"bot","roles":["contributor"]}`, string(one(t, snap, "assignment/Production/bot").Spec))
	require.True(t, snap.Covers(want[2].Key), "contributors see apps")

	want = append(want, member("Production", "group:Auditors", `"consumer"`), resource("group/Auditors", `{"name":"Auditors","providerType":"idp"}`))
	snap = s.read(want...)
	require.Len(t, snap.Needs, 1)
	require.Empty(t, snap.Ambiguous, "the row is seen twice and is one")
	require.NotEmpty(t, one(t, snap, "assignment/Production/bot").ID)
}

func TestBotIsNotAskedForWithoutNeed(t *testing.T) {
	s := newSandbox(t, qliktest.Options{})
	want := s.with(s.app("Sales", "1.0.0"))
	s.converge(want...)
	calls := s.since(func() { s.read(want...) })
	require.Equal(t, []string{"POST /oauth/token 200", "GET /api/v1/spaces 200", "GET /api/v1/items 200"}, calls)
}

// TestNoOpPlan counts what it costs to find that nothing is to be done.
func TestNoOpPlan(t *testing.T) {
	s := newSandbox(t, qliktest.Options{})
	s.user("idp|ann", "ann@example.com")
	want := s.with(
		s.app("Sales", "1.0.0"), s.app("Costs", "1.0.0"), s.archived("theme", "ledger", "1"), s.archived("extension", "map", "1"),
		resource("group/G", `{"name":"G","providerType":"idp"}`),
		member("Production", "group:G", `"consumer"`), member("Staging", "user:idp|ann", `"producer"`),
	)
	s.converge(want...)
	calls := s.since(func() { require.Empty(t, s.converge(want...)) })
	require.ElementsMatch(t, []string{
		"POST /oauth/token 200",
		"GET /api/v1/users 200", // one for each 50 users that are named
		"GET /api/v1/extensions 200", "GET /api/v1/groups 200", "GET /api/v1/spaces 200", "GET /api/v1/themes 200",
		"GET /api/v1/items 200",                                                              // one for each space with apps
		"GET /api/v1/spaces/{id}/assignments 200", "GET /api/v1/spaces/{id}/assignments 200", // and with members
	}, calls)
}

func TestBotGivesASpaceAwayAndStaysAMember(t *testing.T) {
	s := newSandbox(t, qliktest.Options{})
	s.user("idp|ann", "ann@example.com")
	want := s.with(s.app("Sales", "1.0.0"))
	want[1] = resource("space/Production", `{"name":"Production","type":"managed","description":"","owner":"user:idp|ann"}`)
	snap := s.read(want...)
	require.Len(t, snap.Needs, 1)
	require.Equal(t, key("assignment/Production/bot"), snap.Needs[0].Key)
	for _, r := range []plan.Resource{want[0], want[1], snap.Needs[0], want[2]} {
		require.NoError(t, s.open().Do(t.Context(), creation(r)))
	}
	require.Empty(t, s.converge(want...))
}

func TestRefusedKindDoesNotHideTheOthers(t *testing.T) {
	s := newSandbox(t, qliktest.Options{})
	theme := s.archived("theme", "ledger", "1")
	want := []plan.Resource{theme, resource("space/Finance", finance)}
	s.mood("refuse=themes")
	snap := s.read(want...)
	require.False(t, snap.Covers(theme.Key))
	require.True(t, snap.Covers(want[1].Key))
	require.Equal(t, map[plan.Key]string{
		theme.Key: "whether it exists cannot be seen: GET /api/v1/themes: 403 Forbidden: mood: themes is refused",
	}, snap.Missing)
	require.Equal(t, []string{"theme: GET /api/v1/themes: 403 Forbidden: mood: themes is refused"}, snap.Notes)
}

func TestRefusedSpacesBlockWhatIsInThem(t *testing.T) {
	s := newSandbox(t, qliktest.Options{})
	want := s.with(s.app("Sales", "1.0.0"))
	s.mood("refuse=spaces")
	snap := s.read(want...)
	require.Len(t, snap.Missing, 3)
	require.False(t, snap.Covers(want[2].Key))
}

func TestIncompleteListingIsNotEmpty(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSandbox(t, qliktest.Options{})
		want := []plan.Resource{resource("group/A", `{"name":"A","providerType":"idp"}`), resource("group/B", `{"name":"B","providerType":"idp"}`)}
		s.converge(want...)
		s.mood("partial=groups")
		_, err := s.open().Read(t.Context(), want)
		require.EqualError(t, err, "group: GET /api/v1/groups: 503 HTTP-503 Service Unavailable: mood: partial")
		require.Equal(t, "platform", Class(err))
		s.mood("truncate=groups")
		_, err = s.open().Read(t.Context(), want)
		require.EqualError(t, err, "group: GET /api/v1/groups: 200: the answer makes no sense: unexpected end of JSON input")
		require.Equal(t, "platform", Class(err))
	})
}

func TestSuspendedTenant(t *testing.T) {
	s := newSandbox(t, qliktest.Options{})
	tenant := s.open()
	_, err := tenant.self(t.Context())
	require.NoError(t, err)
	s.mood("suspended")
	for _, tenant := range []*Tenant{tenant, s.open()} { // with a token, and without
		_, err = tenant.Read(t.Context(), []plan.Resource{resource("space/Finance", finance)})
		require.ErrorIs(t, err, ErrSuspended)
		require.Equal(t, "tenant", Class(err))
	}
	require.EqualError(t, err, "space: GET /api/v1/spaces: token for acme.eu.qlikcloud.com: 403 tenant suspended (client id from test)")
}

func TestReadingSmallPages(t *testing.T) {
	for _, words := range []string{"latency=1ms", "internal-links"} {
		t.Run(words, func(t *testing.T) {
			s := newSandbox(t, qliktest.Options{PageSize: 2})
			s.mood(words)
			var want []plan.Resource
			for _, name := range []string{"A", "B", "C", "D", "E"} {
				want = append(want, resource("space/"+name, `{"name":"`+name+`","type":"shared","description":""}`))
			}
			s.converge(want...)
			require.Empty(t, s.converge(want...))
			calls := s.since(func() { s.read(want...) })
			require.Equal(t, 3, count(calls, "GET /api/v1/spaces"))
		})
	}
}

func TestKinds(t *testing.T) {
	require.True(t, slices.IsSorted(Kinds()))
	require.Contains(t, Kinds(), plan.Kind("data-connection"))
	_, err := Roundtrip("spaceship", nil)
	require.EqualError(t, err, "spaceship: no such kind")
	_, err = Roundtrip("space", []byte(`{"name":"A","colour":"red"}`))
	require.EqualError(t, err, `space: spec: json: unknown field "colour"`)
	_, err = Roundtrip("space", []byte(`{} {}`))
	require.EqualError(t, err, "space: spec: more than one value")
	out, err := Roundtrip("group", []byte(`{"name":"A","providerType":"custom","description":"","roles":[]}`))
	require.NoError(t, err)
	require.JSONEq(t, `{"name":"A","providerType":"custom","description":"","roles":[]}`, string(out))

	unknown := resource("spaceship/x", `{}`)
	s := newSandbox(t, qliktest.Options{})
	require.Equal(t, map[plan.Key]string{unknown.Key: `no such kind "spaceship"`}, s.read(unknown).Missing)
	require.EqualError(t, s.open().Do(t.Context(), creation(unknown)), "spaceship/x: no such kind")
}
