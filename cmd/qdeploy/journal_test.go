package main

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestContinuesRepeatsWhatWasAskedFor(t *testing.T) {
	e := &engine{journal: &runJournal{}, revision: "6cda9a34c38d26245bfbbdee8b9c67151bb993d4"}
	for _, c := range []struct {
		f    applyFlags
		want string
	}{
		{applyFlags{}, "qdeploy apply --resume r-1"},
		{applyFlags{journal: "run.jsonl"}, "qdeploy apply --resume run.jsonl"},
		{applyFlags{journal: "run"}, "qdeploy apply --resume ./run"},
		{applyFlags{journal: "the run's.jsonl"}, `qdeploy apply --resume 'the run'\''s.jsonl'`},
		{applyFlags{planFlags: planFlags{
			choice: choice{tenants: []string{"acme"}, rings: []string{"prod/full"}, kinds: []string{"space"}},
			rotate: []string{"webhook/Chat and more"}, revision: "HEAD",
		}}, "qdeploy apply --resume r-1 --ring prod/full --kind space --rotate 'webhook/Chat and more' --rev 6cda9a34c38d"},
		{applyFlags{outside: "figures are wrong", planFlags: planFlags{guardsFrom: "origin/main"}}, "qdeploy apply --resume r-1 --guards-from origin/main --outside-windows 'figures are wrong'"},
		{applyFlags{planFlags: planFlags{job: &job{}}}, ""},
	} {
		require.Equal(t, c.want, e.continues(c.f, "r-1"))
	}
	e.journal = nil
	require.Empty(t, e.continues(applyFlags{}, "r-1"))
}

func TestForgetJournalsKeepsTheLast(t *testing.T) {
	dir := t.TempDir()
	for i := range keptJournals + 2 {
		require.NoError(t, os.WriteFile(filepath.Join(dir, fmt.Sprintf("r-20261125-%06d.jsonl", i)), nil, 0o600))
	}
	require.NoError(t, os.WriteFile(filepath.Join(dir, "mine.jsonl"), nil, 0o600))
	forgetJournals(dir)
	left, err := filepath.Glob(filepath.Join(dir, "*"))
	require.NoError(t, err)
	require.Len(t, left, keptJournals+1)
	require.NoFileExists(t, filepath.Join(dir, "r-20261125-000001.jsonl"))
	require.FileExists(t, filepath.Join(dir, "mine.jsonl"))
}
