package estate

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"strings"
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
		if err != nil || d.IsDir() || filepath.Dir(name) == cache {
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
	files["tenants/customer-00007.yaml"] = &fstest.MapFile{Data: []byte("- {}\n")}
	_, err := Load("", Options{Files: files, Cache: cache})
	require.ErrorContains(t, err, "tenants/customer-00007.yaml:1:3: name is missing", "what is wrong is never kept")
	_, again := Load("", Options{Files: files, Cache: cache})
	require.Equal(t, err, again)
	delete(files, "tenants/customer-00007.yaml")
	_, evaluated = evaluation(t, files, filepath.Join(cache, "no", "such\x00place"))
	require.Equal(t, cacheFrom-1, evaluated, "where nothing can be written nothing is kept")
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

// TestUnchangedFilesAreNotReadAgain holds that only what was changed in the files of tenants
// goes through CUE again, and that a shelf which is damaged is none.
func TestUnchangedFilesAreNotReadAgain(t *testing.T) {
	files, cache := estatetest.Fleet{Tenants: cacheFrom, Spaces: 1, Members: 1}.Files(), t.TempDir()
	files["tenants/list.yaml"] = &fstest.MapFile{Data: []byte("- {name: a, region: us, alias: a, space: {Own: {type: shared}}}\n- {name: b, region: us, alias: b}\n")}
	shelf := func() string {
		names, err := filepath.Glob(filepath.Join(cache, "tenants-*"))
		require.NoError(t, err)
		require.Len(t, names, 1)
		return names[0]
	}
	damage := func(f func([]byte) []byte) func() {
		return func() {
			text, err := os.ReadFile(shelf())
			require.NoError(t, err)
			require.NoError(t, os.WriteFile(shelf(), f(text), 0o600))
		}
	}
	all := cacheFrom + 2
	for _, step := range []struct {
		what    string
		change  func()
		checked int
	}{
		{"the first time", func() {}, all},
		{"nothing", func() {}, 0},
		{"one of a list", func() {
			files["tenants/list.yaml"] = &fstest.MapFile{Data: []byte("- {name: a, region: us, alias: a, space: {Own: {type: managed}}}\n- {name: b, region: us, alias: b}\n")}
		}, 2},
		{"the name of a file", func() {
			files["tenants/more.yml"] = files["tenants/list.yaml"]
			delete(files, "tenants/list.yaml")
			files["estate.cue"] = &fstest.MapFile{Data: bytes.Replace(files["estate.cue"].Data, []byte(`/*.yaml"`), []byte(`/*.yaml", "tenants/*.yml"`), 1)}
		}, 2},
		{"nothing again", func() {}, 0},
		{"it is cut", damage(func(b []byte) []byte { return b[:len(b)/2] }), all},
		{"a bit of it is turned", damage(func(b []byte) []byte { b[len(b)-1] ^= 1; return b }), all},
		{"it is empty", damage(func([]byte) []byte { return nil }), all},
	} {
		step.change()
		want, _ := evaluation(t, files, "")
		e, err := Load("", Options{Files: files, Cache: cache})
		require.NoError(t, err)
		require.EqualValues(t, step.checked, e.checked.Load(), step.what)
		got, _ := evaluation(t, files, cache)
		require.Equal(t, want, got, step.what)
	}
}

// TestAFileThatChangesMeanwhileIsNotTakenForAnother holds that a tenant is never evaluated
// without its own resources because its file is not what it was.
func TestAFileThatChangesMeanwhileIsNotTakenForAnother(t *testing.T) {
	files := estatetest.Fleet{Tenants: 1, Spaces: 1, Members: 1}.Files()
	own := append(files["tenants/customer-00000.yaml"].Data, "space: {Own: {type: shared}}\n"...)
	files["tenants/customer-00000.yaml"] = &fstest.MapFile{Data: own}
	e, err := Load("", Options{Files: files})
	require.NoError(t, err)
	files["tenants/customer-00000.yaml"] = &fstest.MapFile{Data: bytes.Replace(own, []byte("Own"), []byte("Other"), 1)}
	_, err = e.Resources("customer-00000")
	require.EqualError(t, err, "tenants/customer-00000.yaml:1:1: customer-00000: tenants/customer-00000.yaml was changed while the estate was read\n\trun it again")
}

// TestWhatIsNoTenantIsSaidEachTime holds that a file of which one part is no tenant is wrong
// also where the rest of it was read before.
func TestWhatIsNoTenantIsSaidEachTime(t *testing.T) {
	for _, text := range []string{"- {name: a, region: us, alias: a}\n- 3\n", "a: {region: us, alias: a}\nb: hello\n"} {
		files, cache := estatetest.Fleet{Tenants: cacheFrom, Spaces: 1, Members: 1}.Files(), t.TempDir()
		files["tenants/list.yaml"] = &fstest.MapFile{Data: []byte(text)}
		_, err := Load("", Options{Files: files, Cache: cache})
		require.ErrorContains(t, err, "a tenant must be a struct")
		_, again := Load("", Options{Files: files, Cache: cache})
		require.Equal(t, err, again)
	}
}

// TestTenantsAtOnePlaceKeepTheirOwn merges with YAML's <<, which puts two tenants at one
// place: each has its own resources, also from the shelf, and they have a place.
func TestTenantsAtOnePlaceKeepTheirOwn(t *testing.T) {
	files, cache := estatetest.Fleet{Tenants: cacheFrom, Spaces: 0, Members: 0}.Files(), t.TempDir()
	files["tenants/list.yaml"] = &fstest.MapFile{Data: []byte(`- &a {region: us, name: a, alias: a, space: {A: {type: shared}}}
- {<<: *a, name: b, alias: b, space: {B: {type: shared}}}
`)}
	files["tenants/map.yaml"] = &fstest.MapFile{Data: []byte(`c: &c {region: us, alias: c, space: {C: {type: shared}}}
d: {<<: *c, alias: d, space: {D: {type: shared}}}
`)}
	for range 2 {
		e, err := Load("", Options{Files: files, Cache: cache})
		require.NoError(t, err)
		got := map[string]string{}
		for _, name := range []string{"a", "b", "c", "d"} {
			rs, err := e.Resources(name)
			require.NoError(t, err)
			for _, r := range rs {
				got[name] += r.Key.String() + " " + r.Pos
			}
		}
		require.Equal(t, map[string]string{
			"a": "space/A tenants/list.yaml:1:46", "b": "space/B tenants/list.yaml:2:39",
			"c": "space/C tenants/map.yaml:1:38", "d": "space/D tenants/map.yaml:2:1",
		}, got)
	}
}

// TestAFileWithManyTenantsIsReadAgainOnce holds that tenants whose names lead from one file to
// the other and back do not have both read for each of them, and that files with one tenant
// do not stay. Copies have the resources of what they are made of.
func TestAFileWithManyTenantsIsReadAgainOnce(t *testing.T) {
	files := estatetest.Fleet{}.Files()
	var lists [2]string
	for i := range 20 {
		tenant := fmt.Sprintf("{name: c%02[1]d, region: us, alias: c%02[1]d, space: {Own %02[1]d: {type: shared}}}\n", i)
		lists[i%2] += "- " + tenant
		files[fmt.Sprintf("tenants/one-%02d.yaml", i)] = &fstest.MapFile{Data: []byte(strings.ReplaceAll(tenant, ": c", ": one-c"))}
	}
	files["tenants/odd.yaml"], files["tenants/even.yaml"] = &fstest.MapFile{Data: []byte(lists[1])}, &fstest.MapFile{Data: []byte(lists[0])}
	e, err := Load("", Options{Files: files, Copies: 80})
	require.NoError(t, err)
	require.NoError(t, e.Each(t.Context(), 4, nil, func(tenant Tenant, rs []plan.Resource) error {
		name := strings.TrimPrefix(tenant.Name, "one-")
		if want := "space/Own " + name[1:3]; rs[0].Key.String() != want {
			return fmt.Errorf("%s has %s, not %s", tenant.Name, rs[0].Key, want)
		}
		return nil
	}))
	require.LessOrEqual(t, e.reread.read, 2+20*3, "each list once, the others for each tenant and copy")
	require.LessOrEqual(t, len(e.reread.data), 3)
}
