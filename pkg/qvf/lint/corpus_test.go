package lint_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/qdeploy/qdeploy/pkg/qvf"
	"github.com/qdeploy/qdeploy/pkg/qvf/lint"
)

// The corpus is a directory of real apps; it is not part of this repository.
func corpus(t testing.TB, pattern string) map[string]*qvf.App {
	dir := os.Getenv("QDEPLOY_QVF_CORPUS")
	if dir == "" {
		t.Skip("QDEPLOY_QVF_CORPUS names no directory with real apps")
	}
	files, err := filepath.Glob(filepath.Join(dir, pattern))
	require.NoError(t, err)
	apps := map[string]*qvf.App{}
	for _, file := range files {
		b, err := os.ReadFile(file)
		require.NoError(t, err)
		apps[filepath.Base(file)], err = qvf.DecodeBytes(b)
		require.NoError(t, err)
	}
	return apps
}

// classes counts the sources of each class.
func classes(f lint.Facts) map[lint.Class]int {
	n := map[lint.Class]int{}
	for _, s := range f.Sources {
		n[s.Class]++
	}
	return n
}

// The App Analyzer is clean: every source is the space's own, and nothing but Qlik's own charts and theme.
func TestCorpusAppAnalyzer(t *testing.T) {
	apps := corpus(t, "app-analyzer-*.qvf")
	var previous *qvf.App
	for _, name := range []string{"app-analyzer-01.qvf", "app-analyzer-02.qvf", "app-analyzer-03.qvf", "app-analyzer-04.qvf"} {
		a := apps[name]
		if a == nil {
			continue
		}
		facts, found := lint.Look(a, lint.Context{File: name, Previous: previous})
		require.NotEqual(t, lint.Error, lint.Worst(found), "%s: %v", name, found)
		require.Empty(t, facts.Extensions, name)
		require.Empty(t, facts.Theme, name)
		require.False(t, facts.HasData, name)
		require.NotEmpty(t, facts.Version, name)
		require.Positive(t, classes(facts)[lint.SpaceAware], name)
		for _, s := range facts.Sources {
			require.Contains(t, []lint.Class{lint.SpaceAware, lint.Variable}, s.Class, "%s: %v", name, s)
		}
		for _, f := range found {
			if f.Severity != lint.Info {
				require.NotContains(t, []lint.Code{lint.L1, lint.L2, lint.L3, lint.L4}, f.Code, "%s: %v", name, f)
			}
		}
		previous = a
	}
}

func TestCorpusFacts(t *testing.T) {
	apps := corpus(t, "*.qvf")
	if a := apps["reporting-example-with-data.qvf"]; a != nil {
		facts, found := lint.Look(a, lint.Context{})
		var all int64
		for _, table := range a.Data.Tables {
			all += table.Rows
		}
		require.EqualValues(t, 2240, all, "the system tables included")
		require.True(t, facts.HasData)
		require.Equal(t, map[lint.Class]int{lint.FixedSpace: 2}, classes(facts))
		require.Equal(t, "lib://aqh reporting:DataFiles", facts.Sources[0].String())
		require.Equal(t, lint.Error, lint.Worst(found))
	}
	if a := apps["exec-dashboard-with-data.qvf"]; a != nil {
		facts := lint.FactsOf(a)
		require.Equal(t, map[lint.Class]int{lint.Plain: strings.Count(strings.ToLower(a.Script), "'lib://")}, classes(facts))
		require.EqualValues(t, 84783, facts.Rows)
		require.Empty(t, facts.Extensions)
	}
	if a := apps["access-evaluator-03.qvf"]; a != nil {
		facts := lint.FactsOf(a)
		require.Equal(t, "2.1.2", facts.Version)
		require.Empty(t, facts.Extensions)
		for _, s := range facts.Sources {
			require.Equal(t, "lib://:monitoring_apps_REST", s.String())
		}
	}
	// Not in every copy of the corpus.
	for name, a := range apps {
		switch title := strings.ToLower(a.Title()); {
		case strings.Contains(title, "happiness"):
			require.Equal(t, 1, private(a), name)
		case strings.Contains(title, "cars"):
			facts := lint.FactsOf(a)
			require.Equal(t, 11, private(a), name)
			require.Positive(t, classes(facts)[lint.Attachment], name)
			require.Contains(t, names(facts.Extensions), "nebula-barchart-ext", name)
		}
	}
}

func private(a *qvf.App) (n int) {
	for _, t := range lint.FactsOf(a).Things {
		if t.Private && t.Type == "sheet" {
			n++
		}
	}
	return n
}

func names(list []lint.Extension) (out []string) {
	for _, e := range list {
		out = append(out, e.Name)
	}
	return out
}

func BenchmarkLook(b *testing.B) {
	for name, a := range corpus(b, "app-analyzer-04.qvf") {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				lint.Look(a, lint.Context{})
			}
		})
		b.Run(name+" without L10", func(b *testing.B) {
			for b.Loop() {
				lint.Look(a, lint.Context{Severities: map[lint.Code]lint.Severity{lint.L10: lint.Off}})
			}
		})
	}
}
