package estate

import (
	"context"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/qdeploy/qdeploy/pkg/estate/estatetest"
	"github.com/qdeploy/qdeploy/pkg/plan"
)

func init() { cacheFrom = 20 }

// evaluation is what an estate comes to, and how many tenants were evaluated for it.
func evaluation(t *testing.T, files fs.FS, cache string) (map[string][]plan.Resource, int) {
	e, err := Load("", Options{Files: files, Cache: cache})
	require.NoError(t, err)
	var mu sync.Mutex
	out := map[string][]plan.Resource{}
	require.NoError(t, e.Each(context.Background(), 0, nil, func(tenant Tenant, rs []plan.Resource) error {
		mu.Lock()
		defer mu.Unlock()
		out[tenant.Name] = rs
		return nil
	}))
	return out, int(e.evaluated.Load())
}

// TestUnchangedTenantsAreNotEvaluatedAgain changes one thing after the other, and holds
// what the cache says against an evaluation without it.
func TestUnchangedTenantsAreNotEvaluatedAgain(t *testing.T) {
	files, cache := estatetest.Fleet{Tenants: cacheFrom, Spaces: 1, Members: 1}.Files(), t.TempDir()
	template := string(files["template.cue"].Data)
	set := func(name, text string) { files[name] = &fstest.MapFile{Data: []byte(text)} }
	one := string(files["tenants/customer-00007.yaml"].Data)
	for _, step := range []struct {
		what      string
		change    func()
		evaluated int
	}{
		{"the first time", func() {}, cacheFrom},
		{"nothing", func() {}, 0},
		{"an environment", func() { set("pins.cue", "package estate\n\nenvironments: test: soak: \"1d\"\n") }, 0},
		{"data of one tenant", func() {
			set("tenants/customer-00007.yaml", one+"theme: {night: {file: night}}\nautomation: {Missing/Tell: {file: tell.json}}\nspace: {Missing: {type: shared}}\n")
			set("night/night.qext", "{}")
			set("night/a.css", "a")
			set("tell.json", `{"workspace": {"blocks": []}}`)
		}, 1},
		{"nothing again", func() {}, 0},
		{"a file that one has", func() { set("night/a.css", "b") }, 1},
		{"what another does", func() { set("tell.json", `{"workspace": {"blocks": [{"id": "a"}]}}`) }, 1},
		{"where it is written", func() {
			set("tenants/customer-00007.yaml", "# a line\n"+string(files["tenants/customer-00007.yaml"].Data))
		}, 1},
		{"the template", func() { set("template.cue", "// a line\n"+template) }, cacheFrom},
	} {
		step.change()
		want, _ := evaluation(t, files, "")
		got, n := evaluation(t, files, cache)
		require.Equal(t, want, got, step.what)
		require.Equal(t, step.evaluated, n, step.what)
	}
}

func TestADamagedCacheIsNone(t *testing.T) {
	files, cache := estatetest.Fleet{Tenants: cacheFrom, Spaces: 1, Members: 0}.Files(), t.TempDir()
	want, _ := evaluation(t, files, cache)
	n := 0
	require.NoError(t, filepath.WalkDir(cache, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(name)
		require.NoError(t, err)
		switch n++; n % 4 {
		case 0:
			return nil
		case 1:
			text = text[:len(text)/2]
		case 2:
			text[len(text)-1] ^= 1
		case 3:
			text = nil
		}
		return os.WriteFile(name, text, 0o600)
	}))
	require.Equal(t, cacheFrom, n)
	got, evaluated := evaluation(t, files, cache)
	require.Equal(t, want, got)
	require.Equal(t, cacheFrom*3/4, evaluated)
	_, evaluated = evaluation(t, files, filepath.Join(cache, "no", "such\x00place"))
	require.Equal(t, cacheFrom, evaluated, "where nothing can be written nothing is kept")
}

// TestWhatRefersToEnvironmentsFollowsFromThem holds that a template which looks at an
// environment is not taken for one that does not.
func TestWhatRefersToEnvironmentsFollowsFromThem(t *testing.T) {
	files, cache := estatetest.Fleet{Tenants: cacheFrom, Spaces: 1, Members: 0}.Files(), t.TempDir()
	say := func(soak string) {
		files["more.cue"] = &fstest.MapFile{Data: []byte("package estate\n\nenvironments: test: soak: \"" + soak + "\"\ntemplates: customer: space: Staging: {type: \"shared\", description: environments.test.soak}\n")}
	}
	for _, soak := range []string{"1d", "2d"} {
		say(soak)
		want, _ := evaluation(t, maps.Clone(files), "")
		got, n := evaluation(t, files, cache)
		require.Equal(t, want, got)
		require.Equal(t, cacheFrom, n)
	}
}
