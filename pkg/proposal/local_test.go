package proposal

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestLocal shows that a repository without a remote has its own branches.
func TestLocal(t *testing.T) {
	s := serve(t)
	dir := s.clone(t)
	r := opened(t, dir, nil)
	main := gitRun(t, dir, "rev-parse", "main")
	at := func(ref string) string { return gitRun(t, dir, "for-each-ref", "--format=%(objectname)", ref) }

	h, changed, err := propose(t, r, pin("v2"))
	require.NoError(t, err)
	require.True(t, changed)
	require.Equal(t, h, at(promote))
	require.Equal(t, main, gitRun(t, dir, "rev-parse", promote+"^"))
	require.Empty(t, gitRun(t, dir, "status", "--short"))
	again, changed, err := propose(t, r, pin("v2"))
	require.NoError(t, err)
	require.False(t, changed)
	require.Equal(t, h, again)
	gitRun(t, dir, "pack-refs", "--all")
	h, changed, err = propose(t, r, pin("v3"))
	require.NoError(t, err)
	require.True(t, changed)
	require.Equal(t, h, at(promote))

	theirs := gitRun(t, dir, "-c", "user.name=Eve", "-c", "user.email=eve@example.com", "commit-tree", "-p", h, "-m", "mine", h+"^{tree}")
	gitRun(t, dir, "update-ref", promote, theirs)
	_, _, err = propose(t, r, pin("v4"))
	require.ErrorIs(t, err, ErrTaken)
	require.Equal(t, theirs, at(promote))

	created, err := r.Tag(t.Context(), "v1", main, "one", bot, noon)
	require.NoError(t, err)
	require.True(t, created)
	created, err = r.Tag(t.Context(), "v1", main, "one", bot, noon)
	require.NoError(t, err)
	require.False(t, created)
	_, err = r.Tag(t.Context(), "v1", h, "one", bot, noon)
	require.ErrorIs(t, err, ErrTagTaken)

	require.NoError(t, r.DeleteBranch(t.Context(), "qdeploy/promote"))
	require.NoError(t, r.DeleteBranch(t.Context(), "qdeploy/promote"))
	require.Empty(t, at(promote))
	require.ErrorContains(t, r.DeleteBranch(t.Context(), "main"), "branch main is checked out here")
	_, _, err = r.Propose(t.Context(), main, "main", pin("v9"), bot, noon)
	require.ErrorContains(t, err, "is checked out here")
	_, _, err = r.Propose(t.Context(), strings.Repeat("ab", 20), "b", pin("v9"), bot, noon)
	require.ErrorContains(t, err, "fetch it")
	require.Equal(t, main, at("refs/heads/main"))
	gitRun(t, dir, "fsck")
}

func TestLocalLock(t *testing.T) {
	s := serve(t)
	dir := s.clone(t)
	lock := filepath.Join(dir, ".git", promote+".lock")
	require.NoError(t, os.MkdirAll(filepath.Dir(lock), 0o755))
	require.NoError(t, os.WriteFile(lock, nil, 0o644))
	_, _, err := propose(t, opened(t, dir, nil), pin("v2"))
	require.ErrorIs(t, err, ErrMoved)
	require.ErrorContains(t, err, "remove the file .git/refs/heads/qdeploy/promote.lock")
	require.FileExists(t, lock, "it is somebody else's")
}

// TestLocalRace shows many who propose at once: one gets through at a time, and
// the others are told.
func TestLocalRace(t *testing.T) {
	s := serve(t)
	dir := s.clone(t)
	main := gitRun(t, dir, "rev-parse", "main")
	var all sync.WaitGroup
	errs := make([]error, 8)
	for i := range errs {
		r := opened(t, dir, nil)
		all.Go(func() {
			_, _, errs[i] = r.Propose(t.Context(), main, "qdeploy/promote", pin(strings.Repeat("v", i+3)), bot, noon)
		})
	}
	all.Wait()
	through := 0
	for _, err := range errs {
		if err == nil {
			through++
			continue
		}
		require.ErrorIs(t, err, ErrMoved)
	}
	require.Positive(t, through)
	require.Equal(t, main, gitRun(t, dir, "rev-parse", promote+"^"))
	require.NoFileExists(t, filepath.Join(dir, ".git", promote+".lock"))
}
