package qvf_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"sort"
	"strings"
	"testing"

	"github.com/qdeploy/qdeploy/pkg/qvf"
	"github.com/stretchr/testify/require"
)

// The corpus is a directory of real apps with expected.json, which says what Qlik's own unbuild made of
// them. It is not part of this repository.
const corpusEnv = "QDEPLOY_QVF_CORPUS"

// item is what expected.json says of a thing in an app.
type item struct {
	Title  string
	SHA256 string
}

// changed is what expected.json says of a kind of things between two revisions.
type changed struct{ Added, Changed, Removed []string }

// expectation is an element of expected.json.
type expectation struct {
	Bytes                                    int64
	SHA256                                   string
	Script                                   string `json:"script_sha256_lf"`
	Lines                                    int    `json:"script_lines"`
	Measures, Dimensions, Variables, Objects map[string]item
	Images                                   map[string]string
	Changes                                  *struct {
		Script                                   string
		Measures, Dimensions, Variables, Objects changed
	} `json:"changes_from_previous"`
}

// corpus returns the apps of the corpus by name, and their names in order; it skips the test without one.
func corpus(t testing.TB) (map[string]expectation, []string) {
	dir := os.Getenv(corpusEnv)
	if dir == "" {
		t.Skipf("%s names no directory with real apps", corpusEnv)
	}
	b, err := os.ReadFile(filepath.Join(dir, "expected.json"))
	require.NoError(t, err)
	var all map[string]expectation
	require.NoError(t, json.Unmarshal(b, &all))
	var names []string
	for name := range all {
		if strings.HasSuffix(name, ".qvf") {
			names = append(names, name)
		}
	}
	sort.Strings(names)
	return all, names
}

func corpusFile(t testing.TB, name string) []byte {
	b, err := os.ReadFile(filepath.Join(os.Getenv(corpusEnv), name))
	require.NoError(t, err)
	return b
}

func sum(b []byte) string {
	h := sha256.Sum256(b)
	return hex.EncodeToString(h[:])
}

// sums is the hash of each part of a kind.
func sums(app *qvf.App, kind string) map[string]string {
	m := map[string]string{}
	for _, p := range qvf.Parts(app) {
		if p.Kind == kind {
			m[p.ID] = p.Sum()
		}
	}
	return m
}

func hashes(items map[string]item) map[string]string {
	m := map[string]string{}
	for id, i := range items {
		m[id] = i.SHA256
	}
	return m
}

// unbuilt is what unbuild makes of an app's variables, of both lists.
func unbuilt(t *testing.T, app *qvf.App) map[string]string {
	m := sums(app, "variable")
	for _, v := range app.ScriptVariables {
		c, err := qvf.Canonical(v.Properties)
		require.NoError(t, err)
		m[v.Name] = sum(c)
	}
	return m
}

func TestCorpusContents(t *testing.T) {
	all, names := corpus(t)
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			want := all[name]
			b := corpusFile(t, name)
			require.Equal(t, want.SHA256, sum(b))
			app, err := qvf.DecodeBytes(b)
			require.NoError(t, err)
			require.NotEmpty(t, app.Title())
			require.Regexp(t, `^12\.\d+`, app.Engine())
			require.InDelta(t, 1.43, app.FileVersion(), 0.005)
			require.Equal(t, app.Data.Present, app.Data.Rows() > 0)
			if want.Script == "" { // an app with data, of which unbuild's output is not known
				require.True(t, app.Data.Present)
				return
			}
			require.Equal(t, map[string]string{"": want.Script}, sums(app, "script"))
			require.Equal(t, want.Lines, strings.Count(strings.ReplaceAll(app.Script, "\r\n", "\n"), "\n"))
			require.Equal(t, hashes(want.Measures), sums(app, "measure"))
			require.Equal(t, hashes(want.Dimensions), sums(app, "dimension"))
			require.Equal(t, hashes(want.Objects), sums(app, "object"))
			require.Equal(t, hashes(want.Variables), unbuilt(t, app))
			require.Equal(t, want.Images, sums(app, "media"))
		})
	}
}

// diff says which ids differ between two sets of hashes, each list sorted.
func diff(old, new map[string]string) changed {
	d := changed{[]string{}, []string{}, []string{}}
	for id, h := range new {
		switch was, ok := old[id]; {
		case !ok:
			d.Added = append(d.Added, id)
		case was != h:
			d.Changed = append(d.Changed, id)
		}
	}
	for id := range old {
		if _, ok := new[id]; !ok {
			d.Removed = append(d.Removed, id)
		}
	}
	for _, list := range [][]string{d.Added, d.Changed, d.Removed} {
		slices.Sort(list)
	}
	return d
}

var revision = regexp.MustCompile(`^(.*)-\d+\.qvf$`)

func TestCorpusChanges(t *testing.T) {
	all, names := corpus(t)
	pairs := 0
	for i, name := range names {
		want := all[name].Changes
		if want == nil {
			continue
		}
		require.Positive(t, i)
		require.Equal(t, revision.FindStringSubmatch(names[i-1])[1], revision.FindStringSubmatch(name)[1])
		old, err := qvf.DecodeBytes(corpusFile(t, names[i-1]))
		require.NoError(t, err)
		app, err := qvf.DecodeBytes(corpusFile(t, name))
		require.NoError(t, err)
		require.Equal(t, want.Measures, diff(sums(old, "measure"), sums(app, "measure")), name)
		require.Equal(t, want.Dimensions, diff(sums(old, "dimension"), sums(app, "dimension")), name)
		require.Equal(t, want.Objects, diff(sums(old, "object"), sums(app, "object")), name)
		require.Equal(t, want.Variables, diff(unbuilt(t, old), unbuilt(t, app)), name)
		require.Equal(t, want.Script == "changed", sums(old, "script")[""] != sums(app, "script")[""], name)
		require.NotEqual(t, qvf.Digest(old), qvf.Digest(app), name)
		pairs++
	}
	require.Positive(t, pairs)
}

func TestCorpusRoundTrip(t *testing.T) {
	_, names := corpus(t)
	for _, name := range names {
		app, err := qvf.DecodeBytes(corpusFile(t, name))
		require.NoError(t, err)
		b, err := qvf.Encode(app)
		require.NoError(t, err, name)
		again, err := qvf.DecodeBytes(b)
		require.NoError(t, err, name)
		require.Equal(t, app, again, name)
		require.Equal(t, qvf.Digest(app), qvf.Digest(again), name)
	}
}

// What tables say of themselves is what the data model says of them.
func TestCorpusTables(t *testing.T) {
	_, names := corpus(t)
	for _, name := range names {
		app, err := qvf.DecodeBytes(corpusFile(t, name))
		require.NoError(t, err)
		var model struct {
			Tables []struct {
				Name   string `json:"qname"`
				Rows   int64  `json:"qno_of_rows"`
				Fields int    `json:"qno_of_fields"`
				System bool   `json:"qis_system"`
			} `json:"qtables"`
		}
		if app.Model == nil || !app.Data.Present {
			continue
		}
		require.NoError(t, json.Unmarshal(app.Model, &model))
		for i, want := range model.Tables {
			got := app.Data.Tables[i]
			require.Equal(t, want.Name, got.Name)
			require.Equal(t, want.Rows, got.Rows, got.Name)
			require.Equal(t, want.Fields, got.Fields, got.Name)
			require.Equal(t, want.System, got.System(), got.Name)
		}
	}
}
