package qlik

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/qdeploy/qdeploy/pkg/plan"
	"github.com/qdeploy/qdeploy/pkg/qlik/qliktest"
)

const (
	staging    = `{"name":"Staging","type":"shared","description":""}`
	production = `{"name":"Production","type":"managed","description":""}`
)

// app puts a QVF into the sandbox and returns a declared app of that release.
func (s *sandbox) app(name, version string) plan.Resource {
	path := "apps/" + name + version + ".qvf"
	s.files[path] = qliktest.QVF(qliktest.QVFSpec{Title: name + " " + version, Script: "// " + version})
	return resource("app/Production/"+name, fmt.Sprintf(
		`{"name":%q,"space":"space/Production","staging":"space/Staging","release":"%s+q.3fa4c2d1","description":"What was sold","data":"target","file":%q,"digest":%q}`,
		name, version, path, digestOf(s.files[path])))
}

func (s *sandbox) with(apps ...plan.Resource) []plan.Resource {
	return append([]plan.Resource{resource("space/Staging", staging), resource("space/Production", production)}, apps...)
}

// lagging is Qlik as its documentation warns: everything comes later.
var lagging = qliktest.Options{ItemsLag: 20 * time.Second, PublishLag: 15 * time.Second, SpaceLag: 3 * time.Second}

func TestAppConverges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSandbox(t, lagging)
		want := s.with(s.app("Sales", "1.0.0"))
		require.Equal(t, []string{"create space/Staging", "create space/Production", "create app/Production/Sales"}, s.converge(want...))
		require.Empty(t, s.converge(want...))
		id := one(t, s.read(want...), "app/Production/Sales").ID
		require.JSONEq(t, `{"name":"Sales","space":"space/Production","release":"1.0.0+q.3fa4c2d1","description":"What was sold"}`,
			string(one(t, s.read(want...), "app/Production/Sales").Spec))

		want = s.with(s.app("Sales", "1.1.0"))
		calls := s.since(func() { require.Equal(t, []string{"update app/Production/Sales"}, s.converge(want...)) })
		require.Equal(t, []string{
			"POST /oauth/token 200", "GET /api/v1/spaces 200", "GET /api/v1/items 200",
			"POST /api/v1/apps/import 200", "PUT /api/v1/apps/{id} 200",
			"PUT /api/v1/apps/{id}/publish 200", "GET /api/v1/apps/{id} 200", "GET /api/v1/items 200",
		}, slices.Compact(calls))
		require.Empty(t, s.converge(want...))
		require.Equal(t, id, one(t, s.read(want...), "app/Production/Sales").ID, "a republished app keeps its ID")

		renamed := s.app("Revenue", "1.1.0")
		renamed.Was = []string{"Production/Sales"}
		require.Equal(t, []string{"move app/Production/Revenue"}, s.converge(s.with(renamed)...))
		require.Empty(t, s.converge(s.with(renamed)...))
		require.Equal(t, id, one(t, s.read(s.with(renamed)...), "app/Production/Revenue").ID)
		young := s.open()
		_, err := young.Read(t.Context(), s.with(renamed))
		require.NoError(t, err)
		live := one(t, s.read(s.with(renamed)...), "app/Production/Revenue")
		require.ErrorContains(t, young.Do(t.Context(), plan.Change{Action: plan.Delete, Key: live.Key, Live: &live}), "younger than 45 minutes, and Qlik could not bring it back")
		time.Sleep(SafeAge)
		require.Equal(t, []string{"delete app/Production/Revenue"}, s.prune(renamed))
	})
}

func TestFirstPublishFromAnOldCopyIsQuick(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSandbox(t, qliktest.Options{ItemsLag: 5 * time.Second})
		app := s.app("Sales", "1.0.0")
		s.converge(s.with(app)...)
		time.Sleep(24 * time.Hour)
		second := resource("space/Acceptance", `{"name":"Acceptance","type":"managed","description":""}`)
		twin := app
		twin.Key.Name = "Acceptance/Sales"
		twin.Spec = bytes.ReplaceAll(app.Spec, []byte("space/Production"), []byte("space/Acceptance"))
		want := append([]plan.Resource{second}, s.with(app, twin)...)
		start := time.Now()
		calls := s.since(func() {
			require.Equal(t, []string{"create space/Acceptance", "create app/Acceptance/Sales"}, s.converge(want...))
		})
		require.Less(t, time.Since(start), settled/2, "it says again what the copy says, and sees when the index has heard it")
		require.Zero(t, count(calls, "POST /api/v1/apps/import"))
		require.Empty(t, s.converge(want...))
	})
}

// published counts the apps in the production space, and staged in the other.
func (s *sandbox) published(space string) (out []string) {
	t := s.open()
	id, err := t.id(s.t.Context(), Ref("space/"+space))
	require.NoError(s.t, err)
	for i, err := range t.items(s.t.Context(), id, "") {
		require.NoError(s.t, err)
		out = append(out, i.Name+" "+i.Description)
	}
	return out
}

func TestAppIsPublishedOnceWhateverGetsLost(t *testing.T) {
	for _, mood := range []string{
		"cut-after=POST:/api/v1/apps/import:1",
		"fail-after=POST:/api/v1/apps/import:1",
		"cut-after=PUT:/api/v1/apps/:1",
		"cut-after=POST:/api/v1/apps/:1", // the import, and then the publish
		"cut-after=POST:/api/v1/apps/:2",
		"fail-after=POST:/api/v1/apps/:2",
		"fail-before=GET:/api/v1/items:3",
		"429=3 retry-after=7",
	} {
		t.Run(mood, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newSandbox(t, lagging)
				s.converge(s.with()...)
				want := s.with(s.app("Sales", "1.0.0"))
				s.mood(mood)
				require.Equal(t, []string{"create app/Production/Sales"}, s.converge(want...))
				s.calm()
				time.Sleep(time.Minute)
				require.Equal(t, []string{"Sales What was sold {v1.0.0+q.3fa4c2d1}"}, s.published("Production"))
				require.Equal(t, []string{"Sales What was sold {v1.0.0+q.3fa4c2d1}"}, s.published("Staging"))
			})
		})
	}
}

func TestKilledRunIsTakenUpWhereItEnded(t *testing.T) {
	for _, killedAt := range []string{
		"PUT:/api/v1/apps/:9",    // imported, not stamped
		"POST:/api/v1/apps/:9",   // nothing
		"GET:/api/v1/apps/:99",   // published, not read back
		"PUT:/api/v1/apps/:1",    // the stamp was retried
		"GET:/api/v1/items:9",    // nothing
		"DELETE:/api/v1/apps/:9", // done
	} {
		t.Run(killedAt, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newSandbox(t, lagging)
				s.converge(s.with()...)
				want := s.app("Sales", "1.0.0")
				s.mood("fail-before=" + killedAt)
				_ = s.open().Do(t.Context(), creation(want)) // whatever became of it
				s.calm()
				require.NoError(t, s.open().Do(t.Context(), creation(want)))
				time.Sleep(time.Minute)
				require.Equal(t, []string{"Sales What was sold {v1.0.0+q.3fa4c2d1}"}, s.published("Production"))
			})
		})
	}
}

func TestUnfinishedImportsAreUsedOrRemoved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSandbox(t, qliktest.Options{})
		s.converge(s.with()...)
		killed := func(version string) {
			s.mood("fail-before=PUT:/api/v1/apps/:9")
			require.Error(t, s.open().Do(t.Context(), creation(s.app("Sales", version))))
			s.calm()
			time.Sleep(time.Hour)
		}
		killed("1.0.0")
		require.Equal(t, []string{"Sales (importing 1.0.0+q.3fa4c2d1) "}, s.published("Staging"))
		calls := s.since(func() { s.converge(s.with(s.app("Sales", "1.0.0"))...) })
		require.Zero(t, count(calls, "POST /api/v1/apps/import"))

		killed("1.1.0")
		require.Len(t, s.published("Staging"), 2)
		s.converge(s.with(s.app("Sales", "1.2.0"))...)
		require.Equal(t, []string{"Sales What was sold {v1.2.0+q.3fa4c2d1}"}, s.published("Staging"))
	})
}

func TestTwoOfOneName(t *testing.T) {
	s := newSandbox(t, qliktest.Options{})
	want := s.with(s.app("Sales", "1.0.0"))
	s.converge(want...)
	tenant := s.open()
	staged, err := tenant.stage(t.Context(), App{Name: "Sales", Staging: "space/Staging", Release: "1.0.0+q.3fa4c2d1"})
	require.NoError(t, err)
	target, err := tenant.id(t.Context(), "space/Production")
	require.NoError(t, err)
	_, err = tenant.publish(t.Context(), staged.id, target, App{Name: "Sales", Release: "1.0.0+q.3fa4c2d1"})
	require.NoError(t, err)

	snap := s.read(want...)
	require.Len(t, snap.Ambiguous[key("app/Production/Sales")], 2)
	require.Equal(t, snap.Ambiguous[key("app/Production/Sales")][0], one(t, snap, "app/Production/Sales").ID)
	err = s.open().Do(t.Context(), creation(s.app("Sales", "2.0.0")))
	require.ErrorContains(t, err, "app/Production/Sales: 2 apps in the space have this name: ")
}

func TestStagedCopies(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSandbox(t, qliktest.Options{})
		release := func(version string) { s.converge(s.with(s.app("Sales", version))...); time.Sleep(20 * time.Minute) }
		staged := func() (out []string) {
			for _, a := range s.published("Staging") {
				out = append(out, a[strings.Index(a, "{v"):strings.Index(a, "+q")])
			}
			return out
		}
		release("1.0.0")
		space := one(t, s.read(s.with()...), "space/Staging").ID
		s.seed("POST", "/api/v1/apps", map[string]any{"attributes": map[string]string{"name": "Sales", "description": "mine {v0.9+q", "spaceId": space}})
		release("1.1.0")
		release("1.2.0")
		require.ElementsMatch(t, []string{"{v0.9", "{v1.0.0", "{v1.1.0", "{v1.2.0"}, staged(), "too young to be restored")
		release("1.3.0")
		require.ElementsMatch(t, []string{"{v0.9", "{v1.1.0", "{v1.2.0", "{v1.3.0"}, staged(), "only what qdeploy staged, and is old")

		calls := s.since(func() { release("1.1.0") })
		require.Zero(t, count(calls, "POST /api/v1/apps/import"), "a staged copy is used again")
	})
}

func TestAppThatChangedSinceItWasPlanned(t *testing.T) {
	s := newSandbox(t, qliktest.Options{})
	s.converge(s.with()...)
	want := s.app("Sales", "1.0.0")
	s.files["apps/Sales1.0.0.qvf"] = []byte("something else")
	err := s.open().Do(t.Context(), creation(want))
	require.EqualError(t, err, "app/Production/Sales: apps/Sales1.0.0.qvf: the file changed since it was planned")
	require.Equal(t, "change", Class(err))
	require.Empty(t, s.published("Staging"))
}

func TestImportQuota(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSandbox(t, qliktest.Options{})
		s.converge(s.with()...)
		s.mood("no-imports")
		err := s.open().Do(t.Context(), creation(s.app("Sales", "1.0.0")))
		require.EqualError(t, err, "app/Production/Sales: POST /api/v1/apps/import: 403 the daily quota of app imports is used up")
		require.Equal(t, "tenant", Class(err))
	})
}

func TestStamps(t *testing.T) {
	for s, want := range map[string][2]string{
		"What was sold {v2.1.0+q.3fa4c2d1}": {"2.1.0+q.3fa4c2d1", "What was sold"},
		"{v1}":                              {"1", ""},
		"a {v1} b {v2}":                     {"1", "a  b {v2}"},
		"{v":                                {"", "{v"},
		" plain ":                           {"", "plain"},
		"{x} {v1}":                          {"1", "{x}"},
	} {
		release, description := unstamped(s)
		require.Equal(t, want, [2]string{release, description}, s)
	}
	require.Equal(t, "{v1}", stamped("", "1"))
	require.Error(t, App{Release: "1", Description: "see {v0}"}.check())
	require.Error(t, App{Description: "x"}.check())
	require.NoError(t, App{Release: "1", Description: "x"}.check())
}

func TestLargeAppIsUploadedInPieces(t *testing.T) {
	for _, mood := range []string{
		"latency=1ms",
		"cut-after=POST:/api/v1/temp-contents:1",
		"cut-after=PATCH:/api/v1/temp-contents:1",
		"cut-before=PATCH:/api/v1/temp-contents:2",
		"cut-within=PATCH:/api/v1/temp-contents:20", // more than it is tried in a row: each goes on a little
		"fail-after=PATCH:/api/v1/temp-contents:1",
		"fail-before=HEAD:/api/v1/temp-contents:1 cut-after=PATCH:/api/v1/temp-contents:1",
	} {
		t.Run(mood, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newSandbox(t, qliktest.Options{NoLimits: true})
				s.converge(s.with()...)
				want := s.app("Sales", "1.0.0")
				s.mood(mood)
				tenant := s.open()
				tenant.sizes = sizes{body: 100, chunk: 300}
				calls := s.since(func() { require.NoError(t, tenant.Do(t.Context(), creation(want))) })
				require.Greater(t, count(calls, "PATCH /api/v1/temp-contents/files/{id}"), 2)
				require.Equal(t, 1, count(calls, "POST /api/v1/apps/import"))
				require.Equal(t, []string{"Sales What was sold {v1.0.0+q.3fa4c2d1}"}, s.published("Production"))
			})
		})
	}
}
