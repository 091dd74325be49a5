package appdiff_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/qdeploy/qdeploy/pkg/qvf"
	"github.com/qdeploy/qdeploy/pkg/qvf/appdiff"
	"github.com/stretchr/testify/require"
)

// corpusEnv names a directory of real apps with expected.json, which says what Qlik's own unbuild made of
// them. It is not part of this repository.
const corpusEnv = "QDEPLOY_QVF_CORPUS"

type ids struct{ Added, Changed, Removed []string }

// revision is an element of expected.json.
type revision struct {
	Images  map[string]string
	Changes *struct {
		Script                                   string
		Measures, Dimensions, Variables, Objects ids
	} `json:"changes_from_previous"`
}

func corpusApp(t testing.TB, name string) *qvf.App {
	b, err := os.ReadFile(filepath.Join(os.Getenv(corpusEnv), name))
	require.NoError(t, err)
	app, err := qvf.DecodeBytes(b)
	require.NoError(t, err)
	return app
}

func corpus(t testing.TB) (all map[string]revision, names []string) {
	dir := os.Getenv(corpusEnv)
	if dir == "" {
		t.Skipf("%s names no directory with real apps", corpusEnv)
	}
	b, err := os.ReadFile(filepath.Join(dir, "expected.json"))
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(b, &all))
	for name := range all {
		if filepath.Ext(name) == ".qvf" {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return all, names
}

func (i *ids) add(a appdiff.Action, id string) {
	list := map[appdiff.Action]*[]string{appdiff.Added: &i.Added, appdiff.Changed: &i.Changed, appdiff.Removed: &i.Removed}[a]
	*list = append(*list, id)
}

func (i ids) sorted() ids {
	for _, list := range []*[]string{&i.Added, &i.Changed, &i.Removed} {
		*list = append([]string{}, *list...)
		slices.Sort(*list)
	}
	return i
}

func itemIDs(items []appdiff.Item) ids {
	var got ids
	for _, i := range items {
		got.add(i.Action, i.ID)
	}
	return got.sorted()
}

// Between revisions exactly what Qlik's own tool shows as changed is changed.
func TestCorpus(t *testing.T) {
	all, names := corpus(t)
	pairs := 0
	for i, name := range names {
		want := all[name].Changes
		if want == nil {
			continue
		}
		pairs++
		c := appdiff.Diff(corpusApp(t, names[i-1]), corpusApp(t, name))
		require.Equal(t, want.Script == "changed", c.Script != nil, name)
		require.Equal(t, want.Measures.sorted(), itemIDs(c.Measures), name)
		require.Equal(t, want.Dimensions.sorted(), itemIDs(c.Dimensions), name)
		require.Equal(t, want.Variables.sorted(), itemIDs(c.Variables), name)
		var objects, images, wantImages ids
		for _, o := range c.Objects {
			objects.add(o.Action, o.ID)
		}
		require.Equal(t, want.Objects.sorted(), objects.sorted(), name)
		for _, i := range c.Images {
			images.add(i.Action, i.Name)
			require.Equal(t, all[name].Images[i.Name], i.NewSHA256)
		}
		old, new := all[names[i-1]].Images, all[name].Images
		for file, sum := range new {
			switch was, ok := old[file]; {
			case !ok:
				wantImages.add(appdiff.Added, file)
			case was != sum:
				wantImages.add(appdiff.Changed, file)
			}
		}
		for file := range old {
			if _, ok := new[file]; !ok {
				wantImages.add(appdiff.Removed, file)
			}
		}
		require.Equal(t, wantImages.sorted(), images.sorted(), name)
		require.False(t, c.Empty())
		check(t, c)
	}
	require.Positive(t, pairs)
}

// Qlik's own apps use Qlik's own visualisations.
func TestCorpusIsNative(t *testing.T) {
	_, names := corpus(t)
	for _, name := range names {
		charts, _ := appdiff.Extensions(corpusApp(t, name))
		require.Empty(t, charts, name)
	}
}
