package qlik

import (
	"bytes"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/qdeploy/qdeploy/pkg/qlik/qliktest"
)

// commit is a sandbox with a space Commit that the bot owns, or does not.
func commitSpace(t *testing.T, o qliktest.Options, own bool) *sandbox {
	s := newSandbox(t, o)
	s.tenant.AddUser(qliktest.UserSpec{Subject: "auth0|ann", Name: "Ann"})
	s.tenant.AddSpace(qliktest.SpaceSpec{Name: "Development"})
	s.tenant.AddSpace(qliktest.SpaceSpec{Name: "Commit", Type: "managed", Owner: "auth0|ann"})
	if own {
		bot := s.tenant.AddBot("client")
		require.NotEmpty(t, bot)
		s.tenant.AddAssignment("Commit", "bot", `qlikbot\client`, "facilitator")
	}
	return s
}

func TestPublished(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := commitSpace(t, qliktest.Options{ItemsLag: 20 * time.Second}, true)
		qvf := qliktest.QVF(qliktest.QVFSpec{Title: "Sales", HasData: true, Script: "LOAD 1;"})
		id := s.tenant.ImportApp(qliktest.AppSpec{Space: "Commit", Name: "Sales", Description: "What was sold {v1.1.0}", Content: qvf, Owner: "auth0|ann"})
		s.tenant.ImportApp(qliktest.AppSpec{Space: "Commit", Name: "Costs", Description: "{v1{v2}"})
		s.tenant.ImportApp(qliktest.AppSpec{Space: "Development", Name: "Other"})
		made := time.Now().UTC()
		tenant := s.open()
		none, err := tenant.Published(t.Context(), "Commit")
		require.NoError(t, err)
		require.Empty(t, none, "the index has not heard of them")
		time.Sleep(time.Minute)

		var apps []PublishedApp
		calls := s.since(func() { apps, err = s.open().Published(t.Context(), "Commit") })
		require.NoError(t, err)
		require.Equal(t, []string{"POST /oauth/token 200", "GET /api/v1/spaces 200", "GET /api/v1/users/me 301", "GET /api/v1/users/{id} 200", "GET /api/v1/items 200"}, calls)
		require.Len(t, apps, 2)
		require.Equal(t, "Costs", apps[0].Name)
		require.Equal(t, "1{v2", apps[0].Version)
		sales := apps[1]
		require.Equal(t, []any{id, "Sales", "What was sold", "1.1.0", made.Truncate(time.Millisecond), made.Truncate(time.Millisecond)},
			[]any{sales.ID, sales.Name, sales.Description, sales.Version, sales.CreatedAt.UTC(), sales.PublishedAt.UTC()})
		name, err := tenant.Person(t.Context(), sales.Owner)
		require.NoError(t, err)
		require.Equal(t, "Ann", name)

		now, err := tenant.PublishedNow(t.Context(), id)
		require.NoError(t, err)
		require.Equal(t, sales.PublishedAt, now.Edition)
		now.Edition = time.Time{}
		require.Equal(t, sales, now)

		text, err := tenant.Export(t.Context(), id)
		require.NoError(t, err)
		require.True(t, bytes.Contains(qvf, []byte("Sales")) && len(text) > 0 && !bytes.Equal(text, qvf), "it has no data")

		require.NoError(t, tenant.Remove(t.Context(), id))
		require.NoError(t, tenant.Remove(t.Context(), id), "what is gone is removed")
		_, err = tenant.PublishedNow(t.Context(), id)
		require.ErrorIs(t, err, ErrNotFound)
		left, err := tenant.Published(t.Context(), "Commit")
		require.NoError(t, err)
		require.Len(t, left, 2, "the index has not heard of it")
	})
}

// Unknown is not empty, and nobody waits for what will not be.
func TestPublishedNeedsARole(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := commitSpace(t, qliktest.Options{}, false)
		id := s.tenant.ImportApp(qliktest.AppSpec{Space: "Commit", Name: "Sales"})
		start := time.Now()
		_, err := s.open().Published(t.Context(), "Commit")
		require.ErrorIs(t, err, ErrNotManaging)
		require.ErrorContains(t, err, `space/Commit: the bot may not export from there: it takes the role facilitator`)
		require.Zero(t, time.Since(start))

		_, err = s.open().Export(t.Context(), id)
		require.ErrorIs(t, err, ErrNotManaging)
		require.ErrorContains(t, err, "POST /api/v1/apps/"+id+"/export: 403")
		_, err = s.open().Published(t.Context(), "Comit")
		require.ErrorContains(t, err, "space/Comit does not exist")
	})
}

func TestExportWaitsForWhatWasJustPublished(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := commitSpace(t, qliktest.Options{PublishLag: 15 * time.Second}, true)
		s.tenant.AddAssignment("Development", "bot", `qlikbot\client`, "producer")
		commit, err := s.open().id(t.Context(), "space/Commit")
		require.NoError(t, err)
		app := s.tenant.ImportApp(qliktest.AppSpec{Space: "Development", Name: "Sales"})
		row := s.seed("GET", "/api/v1/spaces/"+commit+"/assignments", nil)["data"].([]any)[0].(map[string]any)["id"].(string)
		s.seed("PUT", "/api/v1/spaces/"+commit+"/assignments/"+row, map[string]any{"roles": []string{"facilitator", "publisher"}})
		out := s.seed("POST", "/api/v1/apps/"+app+"/publish", map[string]any{"spaceId": commit})
		live := out["attributes"].(map[string]any)["id"].(string)
		start := time.Now()
		_, err = s.open().Export(t.Context(), live)
		require.NoError(t, err)
		require.GreaterOrEqual(t, time.Since(start), 15*time.Second)
	})
}

func TestExportInParts(t *testing.T) {
	for _, mood := range []string{"", "cut-after=POST:/api/v1/apps/:1", "cut-after=GET:/api/v1/temp-contents:2", "fail-before=GET:/api/v1/temp-contents:1", "429=3 retry-after=7"} {
		t.Run(mood, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := commitSpace(t, qliktest.Options{}, true)
				app := qliktest.QVF(qliktest.QVFSpec{Title: "Sales", Script: strings.Repeat("// what\n", 500)})
				id := s.tenant.ImportApp(qliktest.AppSpec{Space: "Commit", Name: "Sales", Content: app})
				whole, err := s.open().Export(t.Context(), id)
				require.NoError(t, err)
				s.mood(mood)
				tenant := s.open()
				tenant.sizes.chunk = 1000
				parts, err := tenant.Export(t.Context(), id)
				require.NoError(t, err)
				require.Equal(t, whole, parts)
				require.Greater(t, len(parts), 1000)
			})
		})
	}
}

func TestContentPath(t *testing.T) {
	for location, want := range map[string]string{
		"/api/v1/temp-contents/66?inline=1":                   "/api/v1/temp-contents/66",
		"https://elsewhere.example/x/api/v1/temp-contents/66": "/api/v1/temp-contents/66",
		"":                                 "",
		"/api/v1/users/66":                 "",
		"/api/v1/temp-contents/":           "",
		"/api/v1/temp-contents/66/details": "",
		"/api/v1/temp-contents/..%2fusers": "",
		"%":                                "",
	} {
		got, err := contentPath(location)
		require.Equal(t, want, got, location)
		require.Equal(t, want == "", err != nil, location)
	}
}
