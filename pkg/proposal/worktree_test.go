package proposal

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestLinkedWorktree(t *testing.T) {
	s := serve(t)
	dir := s.clone(t)
	linked := filepath.Join(t.TempDir(), "linked")
	gitRun(t, dir, "worktree", "add", "-q", "--detach", linked)
	h, changed, err := propose(t, opened(t, linked, nil), pin("v2"))
	require.NoError(t, err)
	require.True(t, changed)
	require.Equal(t, h, gitRun(t, dir, "rev-parse", promote))
}
