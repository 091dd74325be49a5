package qlik

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/qdeploy/qdeploy/pkg/plan"
	"github.com/qdeploy/qdeploy/pkg/qlik/qliktest"
)

// connected makes a data connection in a space.
func (s *sandbox) connected(space, name string) {
	s.seed("POST", "/api/v1/data-connections", map[string]any{
		"qName": name, "space": space, "datasourceID": "snowflake", "qType": "QvOdbcConnectorPackage.exe", "qConnectStatement": "CUSTOM CONNECT TO", "qEngineObjectID": "",
	})
}

func TestConnectionsOfASpace(t *testing.T) {
	s := newSandbox(t, qliktest.Options{})
	finance, other := resource("space/Finance", finance), resource("space/Other", `{"name":"Other","type":"shared","description":""}`)
	s.converge(finance, other)
	tenant := s.open()
	_, err := tenant.Read(t.Context(), []plan.Resource{finance, other})
	require.NoError(t, err)
	id, otherID := tenant.SpaceID("Finance"), tenant.SpaceID("Other")
	require.NotEmpty(t, id)
	require.Empty(t, tenant.SpaceID("Nowhere"))

	names, err := tenant.Connections(t.Context(), id)
	require.NoError(t, err, "its owner sees what is in it")
	require.Empty(t, names)
	s.connected(id, "Rates")
	s.connected(id, "Books")
	s.connected(otherID, "Elsewhere")
	names, err = tenant.Connections(t.Context(), id)
	require.NoError(t, err)
	require.Equal(t, []string{"Books", "Rates"}, names, "sorted, and of that space alone")

	s.mood("refuse=data-connections")
	_, err = tenant.Connections(t.Context(), id)
	require.Error(t, err, "unknown is not empty")
}

func TestConnectionsOfASpaceThatTheBotDoesNotSee(t *testing.T) {
	s := newSandbox(t, qliktest.Options{})
	s.user("idp|ann", "ann@example.com")
	want := resource("space/Finance", `{"name":"Finance","type":"managed","description":"","owner":"user:idp|ann"}`)
	s.converge(want)
	tenant := s.open()
	_, err := tenant.Read(t.Context(), []plan.Resource{want})
	require.NoError(t, err)
	calls := s.since(func() {
		_, err = tenant.Connections(t.Context(), tenant.SpaceID("Finance"))
	})
	require.ErrorIs(t, err, ErrUnseen)
	require.NotContains(t, calls, "GET /api/v1/data-connections 200", "an empty answer would say nothing")
}

func TestInstalledIsWhatWasReadOrWhatAListingShows(t *testing.T) {
	s := newSandbox(t, qliktest.Options{})
	tenant := s.open()
	snap, err := tenant.Read(t.Context(), []plan.Resource{resource("space/Finance", finance)})
	require.NoError(t, err)
	var names []string
	calls := s.since(func() { names, err = tenant.Installed(t.Context(), snap, "extension") })
	require.NoError(t, err)
	require.Empty(t, names)
	require.Equal(t, []string{"GET /api/v1/extensions 200"}, calls)

	calls = s.since(func() { names, err = tenant.Installed(t.Context(), snap, "space") })
	require.NoError(t, err)
	require.Empty(t, names, "not there yet")
	require.Empty(t, calls, "it was read")

	_, err = tenant.Installed(t.Context(), snap, "sundial")
	require.EqualError(t, err, "sundial: no such kind")
	s.mood("refuse=extensions")
	_, err = tenant.Installed(t.Context(), snap, "extension")
	require.Error(t, err)
}
