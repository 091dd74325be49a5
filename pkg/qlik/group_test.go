package qlik

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/qdeploy/qdeploy/pkg/plan"
	"github.com/qdeploy/qdeploy/pkg/qlik/qliktest"
)

func TestGroupConverges(t *testing.T) {
	s := newSandbox(t, qliktest.Options{})
	for _, spec := range []string{
		`{"name":"G","providerType":"custom","description":"Read the books","roles":["Steward","TenantAdmin"]}`,
		`{"name":"G","providerType":"custom","description":"","roles":["TenantAdmin"]}`,
		`{"name":"G","providerType":"custom","roles":[]}`,
	} {
		want := resource("group/G", spec)
		require.Len(t, s.converge(want), 1, spec)
		require.Empty(t, s.converge(want), spec)
	}
	require.Empty(t, s.converge(resource("group/G", `{"name":"G","providerType":"custom"}`)))

	renamed := resource("group/H", `{"name":"H","providerType":"custom"}`)
	renamed.Was = []string{"F", "G"}
	require.Equal(t, []string{"move group/H"}, s.converge(renamed))
	require.Empty(t, s.converge(renamed))
	require.Equal(t, []string{"delete group/H"}, s.prune(renamed))
}

func TestGroupOfAnIdentityProvider(t *testing.T) {
	s := newSandbox(t, qliktest.Options{})
	want := resource("group/G", `{"name":"G","providerType":"idp","roles":["Steward"]}`)
	require.Equal(t, []string{"create group/G"}, s.converge(want))
	require.Empty(t, s.converge(want))

	live := one(t, s.read(want), "group/G")
	for _, spec := range []string{`{"name":"H","providerType":"idp"}`, `{"name":"G","providerType":"idp","description":"x"}`} {
		want.Spec = []byte(spec)
		err := s.open().Do(t.Context(), plan.Change{Action: plan.Update, Key: want.Key, Live: &live, Desired: &want})
		require.EqualError(t, err, "group/G: name and description of an idp group come from the identity provider")
	}
	want.Spec = []byte(`{"name":"G","providerType":"custom"}`)
	err := s.open().Do(t.Context(), plan.Change{Action: plan.Update, Key: want.Key, Live: &live, Desired: &want})
	require.EqualError(t, err, "group/G: it is a group of type idp; that cannot be changed to custom")
}

func TestGroupPatchHasNoLeadingSlash(t *testing.T) {
	require.Equal(t, patch{"replace", "assignedRoles", []named{{"A"}}}, replace("assignedRoles", byName([]string{"A"})))
}
