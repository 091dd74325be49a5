package qlik

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/qdeploy/qdeploy/pkg/plan"
	"github.com/qdeploy/qdeploy/pkg/qlik/qliktest"
)

// ownSpace is a sandbox with a space Test of ann's, which has members, and a space of a
// pull request that the bot made.
func ownSpace(t *testing.T) (*sandbox, plan.Resource) {
	s := newSandbox(t, qliktest.Options{})
	s.tenant.AddSpace(qliktest.SpaceSpec{Name: "Test", Type: "managed", Owner: "auth0|ann"})
	s.tenant.AddUser(qliktest.UserSpec{Subject: "auth0|jo", Name: "Jo"})
	s.tenant.AddUser(qliktest.UserSpec{Subject: "auth0|kim", Name: "Kim"})
	s.tenant.AddAssignment("Test", "group", "Testers", "consumer")
	s.tenant.AddAssignment("Test", "user", "auth0|jo", "consumer", "contributor")
	s.tenant.AddBot("client")
	s.tenant.AddAssignment("Test", "user", `qlikbot\client`, "publisher")
	own := resource("space/Test #1", `{"name":"Test #1","type":"managed","description":""}`)
	s.converge(own)
	return s, own
}

// rolesOf returns who is a member of a space, as an administrator sees it.
func (s *sandbox) rolesOf(space string) map[string][]string {
	var d struct {
		Spaces []struct {
			Name        string
			Assignments []struct {
				Assignee string
				Roles    []string
			}
		}
	}
	require.NoError(s.t, json.Unmarshal(s.tenant.Dump(), &d))
	out := map[string][]string{}
	for _, sp := range d.Spaces {
		for _, a := range sp.Assignments {
			if sp.Name == space {
				out[a.Assignee] = a.Roles
			}
		}
	}
	return out
}

func TestMirrorMembers(t *testing.T) {
	s, own := ownSpace(t)
	require.NoError(t, s.open().MirrorMembers(t.Context(), "Test", "Test #1"))
	want := map[string][]string{"Testers": {"consumer"}, "auth0|jo": {"consumer", "contributor"}, "auth0|ann": {"facilitator"}}
	require.Equal(t, want, s.rolesOf("Test #1"))

	again := s.since(func() { require.NoError(t, s.open().MirrorMembers(t.Context(), "Test", "Test #1")) })
	require.Equal(t, []string{
		"POST /oauth/token 200", "GET /api/v1/users/me 301", "GET /api/v1/users/{id} 200", "GET /api/v1/spaces 200", "GET /api/v1/spaces/{id}/assignments 200",
	}, slices.Compact(again))

	s.tenant.AddAssignment("Test #1", "user", "auth0|kim", "consumer")
	guests := s.tenant.AddAssignment("Test", "group", "Guests", "basicconsumer")
	require.NoError(t, s.open().MirrorMembers(t.Context(), "Test", "Test #1"))
	want["Guests"] = []string{"basicconsumer"}
	require.Equal(t, want, s.rolesOf("Test #1"), "whoever is no member of Test is none of it")
	test := one(t, s.read(own), "space/Test").ID
	s.seed("PUT", "/api/v1/spaces/"+test+"/assignments/"+guests, map[string]any{"roles": []string{"consumer"}})
	require.NoError(t, s.open().MirrorMembers(t.Context(), "Test", "Test #1"))
	want["Guests"] = []string{"consumer"}
	require.Equal(t, want, s.rolesOf("Test #1"))

	require.ErrorContains(t, s.open().MirrorMembers(t.Context(), "Test", "Test #2"), "space/Test #2 does not exist")
}

func TestContents(t *testing.T) {
	s, own := ownSpace(t)
	app := s.app("Sales", "1.0.0")
	app.Key.Name = "Test #1/Sales"
	app.Spec = json.RawMessage(`{"name":"Sales","space":"space/Test #1","staging":"space/Staging","release":"1.0.0+q.3fa4c2d1","description":"","data":"target","file":"apps/Sales1.0.0.qvf","digest":"` + digestOf(s.files["apps/Sales1.0.0.qvf"]) + `"}`)
	s.converge(resource("space/Staging", staging), own, app)
	s.tenant.ImportApp(qliktest.AppSpec{Space: "Test #1", Name: "Mine", Description: "by hand {v1.0.0}"})
	s.tenant.AddConnection(qliktest.ConnectionSpec{Space: "Test #1", Name: "Files"})

	tenant := s.open()
	things, err := tenant.Contents(t.Context(), "Test #1")
	require.NoError(t, err)
	var names []string
	for _, x := range things {
		names = append(names, x.Kind+" "+x.Name)
		require.Equal(t, x.Name == "Sales", x.Published(), x.Name)
		require.Equal(t, x.Kind == "app", !x.CreatedAt.IsZero(), x.Name)
	}
	require.Equal(t, []string{"app Mine", "app Sales", "connection Files"}, names)
	require.ErrorIs(t, tenant.RemoveSpace(t.Context(), "Test #1"), ErrNotEmpty)
	require.NoError(t, tenant.BeginReload(t.Context(), app.Key))
	require.Error(t, tenant.BeginReload(t.Context(), key("app/Test #1/Stock")), "there is none")
	for _, x := range things {
		require.NoError(t, tenant.Discard(t.Context(), x))
		require.NoError(t, tenant.Discard(t.Context(), x), "what is gone is removed")
	}
	require.Error(t, tenant.Discard(t.Context(), Thing{Kind: "note"}))
	require.NoError(t, tenant.RemoveSpace(t.Context(), "Test #1"))
	require.NoError(t, s.open().RemoveSpace(t.Context(), "Test #1"), "what is gone is removed")
	none, err := s.open().Contents(t.Context(), "Test #1")
	require.NoError(t, err)
	require.Empty(t, none)

	_, err = s.open().Contents(t.Context(), "Test")
	require.ErrorIs(t, err, ErrNotManaging, "unknown is not empty")
}
