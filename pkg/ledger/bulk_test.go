package ledger

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestManyEntriesAreOnePack holds that thousands of tenants do not make thousands of files,
// and that git finds nothing wrong with what they make.
func TestManyEntriesAreOnePack(t *testing.T) {
	dir := repository(t)
	l, err := Open(dir)
	require.NoError(t, err)
	entries := func(round int) (out []Entry) {
		for i := range 3 * bulk {
			out = append(out, at(fmt.Sprintf("t%04d", i), round))
		}
		return out
	}
	require.NoError(t, l.Write("all", entries(1)...))
	require.NoError(t, l.Write("all the same", entries(1)...), "what is there already is not there twice")
	require.NoError(t, l.Write("all again", entries(2)...))
	require.NoError(t, l.Write("one", at("t0000", 3)))
	packs, err := filepath.Glob(filepath.Join(dir, ".git/objects/pack/*.pack"))
	require.NoError(t, err)
	require.Len(t, packs, 2)
	loose, err := filepath.Glob(filepath.Join(dir, ".git/objects/??/*"))
	require.NoError(t, err)
	require.Less(t, len(loose), 20)
	gitRun(t, dir, "fsck", "--strict")
	require.Equal(t, entriesOf(t, l), read(t, dir))
	require.Len(t, read(t, dir), 3*bulk)
	require.Contains(t, gitRun(t, dir, "log", "--format=%s", string(Ref)), "one\nall again\n")
}
