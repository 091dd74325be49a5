package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestKindPages holds that the pages in docs/kinds are what the schema and the client
// say: qdeploy kinds --docs docs/kinds writes them.
func TestKindPages(t *testing.T) {
	const dir = "../../docs/kinds"
	pages := kindPages(kindRows())
	for name, want := range pages {
		got, err := os.ReadFile(filepath.Join(dir, name))
		require.NoError(t, err)
		require.Equal(t, want, string(got), "%s: run qdeploy kinds --docs docs/kinds", name)
	}
	there, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, there, len(pages), "a page of no kind")
}

// TestKindRows holds that each kind says what it is known by and which calls it makes,
// and that its page has all of its fields.
func TestKindRows(t *testing.T) {
	for _, r := range kindRows() {
		require.NotEmpty(t, r.Calls, r.Kind)
		require.True(t, strings.HasPrefix(r.Key, string(r.Kind)+"/"), r.Key)
		page := kindPages([]kindRow{r})[string(r.Kind)+".md"]
		for _, field := range append(r.Immutable, r.Secret...) {
			name, _, _ := strings.Cut(field, ".")
			require.Contains(t, page, "`"+name, "%s: %s", r.Kind, field)
		}
	}
}
