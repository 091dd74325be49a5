package qlik

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/qdeploy/qdeploy/pkg/qlik/qliktest"
)

func TestUserConverges(t *testing.T) {
	s := newSandbox(t, qliktest.Options{})
	s.tenant.AddGroup("From the IdP")
	s.tenant.AddUser(qliktest.UserSpec{Subject: "jo", Groups: []string{"From the IdP"}})
	choir := resource("group/Choir", `{"name":"Choir","providerType":"custom"}`)
	require.Len(t, s.converge(choir), 1)
	for _, spec := range []string{
		`{"subject":"jo","name":"Jo","roles":["Steward","TenantAdmin"],"groups":["Choir"]}`,
		`{"subject":"jo","roles":["Steward"],"groups":[]}`, // the other group is not ours to take
		`{"subject":"jo","disabled":true}`,
		`{"subject":"jo","disabled":false}`,
	} {
		want := resource("user/jo", spec)
		require.Len(t, s.converge(want, choir), 1, spec)
		require.Empty(t, s.converge(want, choir), spec)
	}
	new := resource("user/new", `{"subject":"new","email":"new@example.com","invite":true,"disabled":true,"groups":["Choir"]}`)
	require.Equal(t, []string{"create user/new"}, s.converge(new))
	new.Spec = []byte(`{"subject":"new","disabled":true,"groups":["Choir"]}`) // the rest is for creating it
	require.Empty(t, s.converge(new))
	require.Equal(t, []string{"delete user/new"}, s.prune(new))
}

// TestUserOfALostReply shows that a user who was created though nobody was told is
// completed, not created twice.
func TestUserOfALostReply(t *testing.T) {
	s := newSandbox(t, qliktest.Options{})
	s.mood("cut-after=POST:/api/v1/users")
	want := resource("user/new", `{"subject":"new","roles":["Steward"],"disabled":true}`)
	require.Equal(t, []string{"create user/new"}, s.converge(want))
	require.Empty(t, s.converge(want))
}

// TestPartlyPatched shows that a 207 counts as done only if all is as it should be.
func TestPartlyPatched(t *testing.T) {
	s := newSandbox(t, qliktest.Options{})
	s.seed("POST", "/api/v1/groups", map[string]string{"name": "Choir", "providerType": "custom"})
	s.tenant.AddUser(qliktest.UserSpec{Subject: "jo"})
	id := s.read(resource("user/jo", `{}`)).Resources[0].ID
	live := User{Subject: "jo", Groups: &[]string{}, Roles: &[]string{}}
	groups, roles := []string{"Choir"}, []string{"Steward"}

	s.mood("half-patches")
	err := updateUser(t.Context(), s.open(), id, live, User{Subject: "jo", Groups: &groups, Roles: &roles})
	require.ErrorContains(t, err, "a part of it was done, and not assignedGroups: PATCH /api/v1/users/")
	require.Equal(t, "change", Class(err))

	s.calm()
	s.seed("PATCH", userPath(id), []patch{replace("/assignedGroups", []map[string]string{{"name": "Choir", "providerType": "custom"}})})
	s.mood("half-patches")
	require.NoError(t, updateUser(t.Context(), s.open(), id, live, User{Subject: "jo", Groups: &groups, Roles: &roles}), "somebody else did the rest")
}
