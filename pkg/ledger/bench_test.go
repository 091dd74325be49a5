package ledger

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// BenchmarkWriteAndPush writes the entries of 8,500 tenants, of 20 resources each, and
// pushes them to a server on loopback: one commit, one push. The reference is git itself
// with the same files, on the same server: add, commit, push.
func BenchmarkWriteAndPush(b *testing.B) {
	const tenants = 8500
	s := remoteServer(b)
	dir := s.clone(b)
	l := s.open(b, dir)
	theirs := s.clone(b)
	gitRun(b, theirs, "config", "gc.auto", "0") // it would go on behind our back
	var ours, bare time.Duration
	for round := 0; b.Loop(); round++ {
		entries, files := entriesOfRound(b, tenants, round)
		s.Pushes() // git's own are forgotten
		start := time.Now()
		require.NoError(b, l.WriteContext(b.Context(), "applied", entries...))
		ours += time.Since(start)
		require.Len(b, s.Pushes(), 1)

		start = time.Now()
		for name, text := range files {
			name = filepath.Join(theirs, name)
			require.NoError(b, os.MkdirAll(filepath.Dir(name), 0o755))
			require.NoError(b, os.WriteFile(name, text, 0o644))
		}
		gitRun(b, theirs, "add", "-A")
		gitRun(b, theirs, "-c", "user.name=Ada", "-c", "user.email=ada@example.com", "commit", "-q", "-m", "applied")
		gitRun(b, theirs, "push", "-q", "origin", "HEAD:refs/heads/reference")
		bare += time.Since(start)
	}
	require.Len(b, s.entries(b), tenants)
	n := float64(b.N)
	b.ReportMetric(ours.Seconds()/n, "s/8500-tenants")
	b.ReportMetric(bare.Seconds()/n, "s/git")
	b.ReportMetric(ours.Seconds()/bare.Seconds(), "x-git")
	b.ReportMetric(0, "ns/op")
}

// entriesOfRound are entries that differ from those of every other round, and the files
// that they are kept in.
func entriesOfRound(b *testing.B, tenants, round int) (entries []Entry, files map[string][]byte) {
	files = map[string][]byte{}
	for i := range tenants {
		e := at(fmt.Sprintf("customer-%05d", i), round)
		e.Digest = fmt.Sprintf("sha256:%064d", round)
		specs := e.Resources.All()
		for j := range 20 {
			specs[fmt.Sprintf("space/Space %02d", j)] = json.RawMessage(fmt.Sprintf(`{"description":"Sales of %s in EUR","name":"Space %02d","round":%d,"type":"shared"}`, e.Tenant, j, round))
		}
		e.Resources = NewSpecs(specs)
		entries = append(entries, e)
		text, err := json.MarshalIndent(e, "", " ")
		require.NoError(b, err)
		files[fileOf(e.Tenant)] = append(text, '\n')
	}
	return entries, files
}
