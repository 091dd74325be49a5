package ledger

import (
	"os/exec"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestIdentityIsSignedAndSafe(t *testing.T) {
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("needs git on the PATH")
	}
	dir := repository(t)
	l, err := Open(dir)
	require.NoError(t, err)
	l.As(Identity{
		Name: "Ada\nauthor Eve <eve@example.com>", Email: "ada@example.com>\r\nX: y", Run: "https://ci/1\nSigned-off-by: Eve <eve@example.com>",
	})
	require.NoError(t, l.Write("applied\n\nSigned-off-by: Mallory <m@example.com>", at("acme", 1)))
	require.Equal(t, "Ada author Eve eve@example.com <ada@example.com X: y>\n", gitRun(t, dir, "log", "-1", "--format=%an <%ae>", Ref.String()))
	require.Equal(t, "applied Signed-off-by: Mallory m@example.com\n\n"+
		"Run: https://ci/1 Signed-off-by: Eve eve@example.com\n"+
		"Signed-off-by: Ada author Eve eve@example.com <ada@example.com X: y>\n\n",
		gitRun(t, dir, "log", "-1", "--format=%B", Ref.String()))
	gitRun(t, dir, "fsck", "--strict", "--full")
}

func TestUnknownFilesAtTheTopAreLeftAlone(t *testing.T) {
	l := InMemory()
	root, err := l.graft([20]byte{}, map[string][]byte{"notes.txt": []byte("of a newer qdeploy")})
	require.NoError(t, err)
	c, err := l.record(root, nil, "newer", "")
	require.NoError(t, err)
	require.NoError(t, l.move(Ref, c, nil))
	require.NoError(t, l.Write("run", at("acme", 1)))
	entries, err := l.Entries()
	require.NoError(t, err)
	require.Len(t, entries, 1)
	ref, err := l.ref(Ref)
	require.NoError(t, err)
	root, err = l.rootOf(ref.Hash())
	require.NoError(t, err)
	notes, err := l.find(root, "notes.txt")
	require.NoError(t, err)
	require.False(t, notes.IsZero())
}

func TestALeaseFileThatIsBrokenIsAnError(t *testing.T) {
	l := InMemory()
	root, err := l.graft([20]byte{}, map[string][]byte{leaseFile: []byte("{")})
	require.NoError(t, err)
	c, err := l.record(root, nil, "bad", "")
	require.NoError(t, err)
	require.NoError(t, l.move(Ref, c, nil))
	_, err = l.Acquire(t.Context(), Holder{Run: "run 1"}, ttl, nil)
	require.ErrorContains(t, err, "ledger: lease.json: ")
}

// A holder whose process is gone need not be waited for; only one takes over.
func TestAHolderThatIsGoneIsNotWaitedFor(t *testing.T) {
	l := InMemory()
	dead := Holder{Run: "run 1", Host: "here", PID: 7}
	old, err := l.Acquire(t.Context(), dead, ttl, nil)
	require.NoError(t, err)
	other := &Ledger{store: l.store, now: l.now}
	_, err = other.Acquire(t.Context(), Holder{Run: "run 1", Host: "here", PID: 8}, ttl, nil)
	require.ErrorIs(t, err, ErrHeld, "the same name, another process")
	gone := func(h Holder) bool { return h == dead }
	s, err := other.Acquire(t.Context(), Holder{Run: "run 2", Host: "here", PID: 9}, ttl, gone)
	require.NoError(t, err)
	require.Greater(t, s.Fence(), old.Fence())
	require.ErrorIs(t, l.Write("late", entry("acme", "applied")), ErrFenced)
	third := &Ledger{store: l.store, now: l.now}
	_, err = third.Acquire(t.Context(), Holder{Run: "run 3"}, ttl, gone)
	require.ErrorIs(t, err, ErrHeld)
}
