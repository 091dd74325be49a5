package main

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/qdeploy/qdeploy/pkg/ledger"
)

// TestSlotFreedMeanwhile: who finds a slot free that was held a moment ago does not wait
// for it, or nobody would ever call.
func TestSlotFreedMeanwhile(t *testing.T) {
	holder := ledger.Slot{Environment: "test", App: "Sales", Request: 2, Commit: "c0ffee", Release: "1.1.0"}
	m := &memory{ledger: ledger.InMemory(), slots: []ledger.Slot{holder}}
	run := &trial{e: &engine{p: &program{now: time.Now}, memory: m}}
	mine := holder
	mine.Request = 3
	free, err := run.waits(t.Context(), mine, holder)
	require.NoError(t, err)
	require.True(t, free)
	require.Empty(t, run.results)

	_, err = m.ledger.Take(t.Context(), holder)
	require.NoError(t, err)
	free, err = run.waits(t.Context(), mine, holder)
	require.NoError(t, err)
	require.False(t, free)
	require.Equal(t, tryQueued, run.results[0].state)
	require.Contains(t, run.results[0].text, "; #3 waits")
}

func TestPreviewSpace(t *testing.T) {
	require.Equal(t, "Test #12", previewSpace("Test", "#12"))
	require.Equal(t, "Test of b-o-b", previewSpace("Test", "b/o:b"))
	for _, holder := range []string{"#123", strings.Repeat("ö", 300), "a\nb\x00|?*<>\""} {
		for _, like := range []string{"T", strings.Repeat("é", 255), strings.Repeat("x", longestSpace)} {
			name := previewSpace(like, holder)
			require.LessOrEqual(t, utf8.RuneCountInString(name), longestSpace)
			require.Regexp(t, `^[^"*?<>/|\\:\x00-\x1f]+$`, name, "Qlik allows no other")
			require.NotEqual(t, like, name)
			require.NotEqual(t, name, previewSpace(like, "#7"), "each has its own")
		}
	}
}
