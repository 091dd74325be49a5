package qlik

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/qdeploy/qdeploy/pkg/plan"
	"github.com/qdeploy/qdeploy/pkg/qlik/qliktest"
)

func member(space, assignee, roles string) plan.Resource {
	group := ""
	if len(assignee) > 6 && assignee[:6] == "group:" {
		group = `"group":"group/` + assignee[6:] + `",`
	}
	return resource("assignment/"+space+"/"+assignee, `{"space":"space/`+space+`","assignee":"`+assignee+`",`+group+`"roles":[`+roles+`]}`)
}

func TestAssignmentsConverge(t *testing.T) {
	s := newSandbox(t, qliktest.Options{})
	s.user("idp|ann", "ann@example.com")
	s.user("idp|bob", "bob@example.com")
	eve := s.user("idp|eve", "eve@example.com")
	want := []plan.Resource{
		resource("space/Finance", finance),
		resource("group/Auditors", `{"name":"Auditors","providerType":"idp"}`),
		member("Finance", "group:Auditors", `"consumer"`),
		member("Finance", "user:idp|ann", `"producer","consumer"`),
		member("Finance", "email:BOB@example.com", `"facilitator"`),
	}
	require.Equal(t, []string{
		"create space/Finance", "create group/Auditors", "create assignment/Finance/group:Auditors",
		"create assignment/Finance/user:idp|ann", "create assignment/Finance/email:BOB@example.com",
	}, s.converge(want...))
	require.Empty(t, s.converge(want...))

	space := one(t, s.read(want...), "space/Finance").ID
	s.seed("POST", assignmentsPath(space), map[string]any{"type": "user", "assigneeId": eve, "roles": []string{"consumer"}})
	snap := s.read(want...)
	require.JSONEq(t, `{"space":"space/Finance","assignee":"user:`+eve+`","roles":["consumer"]}`, string(one(t, snap, "assignment/Finance/user:"+eve).Spec))
	require.True(t, snap.Covers(key("assignment/Finance/group:Gone")))
	require.False(t, snap.Covers(key("assignment/Other/group:Gone")))
	require.False(t, snap.Covers(key("theme/any")))

	want[3] = member("Finance", "user:idp|ann", `"consumer"`)
	require.Equal(t, []string{"update assignment/Finance/user:idp|ann"}, s.converge(want...))
	require.Equal(t, []string{"delete assignment/Finance/user:idp|ann"}, s.prune(want[3]))
	require.Equal(t, []string{"create assignment/Finance/user:idp|ann"}, s.converge(want...))
}

func TestMembersOfARenamedSpaceStay(t *testing.T) {
	s := newSandbox(t, qliktest.Options{})
	group := resource("group/Auditors", `{"name":"Auditors","providerType":"idp"}`)
	s.converge(resource("space/Finance", finance), group, member("Finance", "group:Auditors", `"consumer"`))

	renamed := resource("space/Money", `{"name":"Money","type":"shared","description":"Books"}`)
	renamed.Was = []string{"Finance"}
	want := []plan.Resource{renamed, group, member("Money", "group:Auditors", `"consumer"`)}
	snap := s.read(want...)
	require.NotEmpty(t, one(t, snap, "assignment/Finance/group:Auditors").ID)
	require.True(t, snap.Covers(key("assignment/Finance/group:Auditors")))

	// A planner that does not follow the members meets a conflict, and no harm.
	require.Equal(t, []string{"move space/Money", "create assignment/Money/group:Auditors"}, s.converge(want...))
	require.Empty(t, s.converge(want...))
}

func TestAssignmentConflictIsAdopted(t *testing.T) {
	s := newSandbox(t, qliktest.Options{})
	s.user("idp|ann", "ann@example.com")
	want := []plan.Resource{resource("space/Finance", finance), member("Finance", "user:idp|ann", `"producer"`)}
	s.converge(want...)
	changed := member("Finance", "user:idp|ann", `"consumer"`)
	require.NoError(t, s.open().Do(t.Context(), creation(changed)))
	require.Empty(t, s.converge(want[0], changed))
}

func TestMissingAssignees(t *testing.T) {
	s := newSandbox(t, qliktest.Options{})
	s.user("idp|ann", "both@example.com")
	s.user("idp|bob", "both@example.com")
	want := []plan.Resource{
		resource("group/New", `{"name":"New","providerType":"idp"}`),
		member("Finance", "group:New", `"consumer"`),
		member("Finance", "group:Nobody", `"consumer"`),
		member("Finance", "group:com.qlik.Everyone", `"consumer"`),
		member("Finance", "user:idp|ANN", `"consumer"`),
		member("Finance", `user:a"b\c`, `"consumer"`),
		member("Finance", "email:both@example.com", `"consumer"`),
	}
	want[5] = plan.Resource{Key: plan.Key{Kind: "assignment", Name: `Finance/user:a"b\c`}}
	require.Equal(t, map[plan.Key]string{
		want[2].Key: `no group "Nobody" in this tenant`,
		want[4].Key: `no user with subject "idp|ANN" in this tenant`,
		want[5].Key: `no user with subject "a\"b\\c" in this tenant`,
		want[6].Key: `more than one user with e-mail address "both@example.com" in this tenant`,
	}, s.read(want...).Missing)
}

func TestUsersAreLookedUpInBatches(t *testing.T) {
	s := newSandbox(t, qliktest.Options{})
	want := []plan.Resource{resource("space/Finance", finance)}
	for i := range 120 {
		subject := "idp|" + string(rune('a'+i%26)) + string(rune('a'+i/26))
		s.user(subject, subject+"@example.com")
		want = append(want, member("Finance", "user:"+subject, `"consumer"`))
	}
	calls := s.since(func() { require.Empty(t, s.read(want...).Missing) })
	require.Equal(t, 3, count(calls, "GET /api/v1/users"))
}

func TestUsersAreNotLookedUpWithoutNeed(t *testing.T) {
	s := newSandbox(t, qliktest.Options{})
	want := []plan.Resource{resource("space/Finance", finance), member("Finance", "group:Auditors", `"consumer"`)}
	calls := s.since(func() { s.read(want...) })
	require.ElementsMatch(t, []string{"POST /oauth/token 200", "GET /api/v1/groups 200", "GET /api/v1/spaces 200"}, calls)
}

func TestMemberByTwoNamesGoesByTheLast(t *testing.T) {
	s := newSandbox(t, qliktest.Options{})
	s.user("idp|ann", "ann@example.com")
	space := resource("space/Finance", finance)
	bySubject, byEmail := member("Finance", "user:idp|ann", `"consumer"`), member("Finance", "email:ann@example.com", `"consumer"`)
	s.converge(space, bySubject)
	for _, want := range [][]plan.Resource{{space, byEmail, bySubject}, {space, bySubject, byEmail}} {
		snap := s.read(want...)
		require.Len(t, snap.Resources, 2)
		require.Equal(t, want[2].Key, snap.Resources[0].Key)
		require.Equal(t, map[plan.Key]plan.Key{want[1].Key: want[2].Key}, snap.Same)
	}
}

func TestMemberOfARenamedSpaceByAnotherName(t *testing.T) {
	s := newSandbox(t, qliktest.Options{})
	s.user("idp|ann", "ann@example.com")
	space, applied := resource("space/Finance", finance), member("Finance", "user:idp|ann", `"consumer"`)
	s.converge(space, applied)
	renamed := resource("space/Money", `{"name":"Money","type":"managed","description":""}`)
	renamed.Was = []string{"Finance"}
	snap := s.read(space, applied, renamed, member("Money", "email:ann@example.com", `"consumer"`))
	require.Equal(t, key("assignment/Finance/email:ann@example.com"), snap.Resources[0].Key, "what is declared says its name")
	require.Equal(t, snap.Resources[0].Key, snap.Same[applied.Key])
}
