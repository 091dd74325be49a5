package ledger

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestRemoteIsSharedByClones(t *testing.T) {
	s := remoteServer(t)
	first := s.open(t, s.clone(t))
	entries, err := first.Entries()
	require.NoError(t, err)
	require.Empty(t, entries, "a remote without the ref has an empty ledger")
	require.NoError(t, first.Write("one", at("acme", 1)))

	second := s.open(t, s.clone(t))
	require.NoError(t, second.Write("two", at("bolt", 2)))
	require.NoError(t, first.Write("three", at("core", 3)), "first does not know of two")
	entries, err = first.Entries()
	require.NoError(t, err)
	require.Equal(t, []string{"acme", "bolt", "core"}, slices.Sorted(maps.Keys(entries)))
	require.Equal(t, entries, s.entries(t))
	head, err := first.Head()
	require.NoError(t, err)
	require.Equal(t, s.head(t), head)
	gitRun(t, s.dir, "fsck", "--strict", "--full")
	require.Equal(t, "three\ntwo\none\n", gitRun(t, s.dir, "log", "--format=%s", Ref.String()), "one line of commits")
}

func TestRemoteOfAShallowCloneAndAWholeOne(t *testing.T) {
	s := remoteServer(t)
	whole := s.clone(t)
	l := s.open(t, whole)
	for i := range 5 {
		require.NoError(t, l.Write("run", at("acme", i)))
	}
	shallow := s.clone(t, "--depth", "1")
	gitRun(t, shallow, "checkout", "-q", "--detach")
	thin := s.open(t, shallow)
	require.Equal(t, "1\n", gitRun(t, shallow, "rev-list", "--count", Ref.String()), "only the newest commit")
	require.NoError(t, thin.Write("thin", at("bolt", 6)))
	require.NoError(t, l.Write("whole", at("core", 7)))
	require.NoError(t, thin.Write("thin again", at("dune", 8)))
	require.Len(t, s.entries(t), 4)
	require.Equal(t, s.head(t), localHead(t, shallow))
	gitRun(t, shallow, "fsck", "--strict", "--full")
	gitRun(t, s.dir, "fsck", "--strict", "--full")

	other := s.clone(t)
	s.open(t, other)
	require.Equal(t, "false\n", gitRun(t, other, "rev-parse", "--is-shallow-repository"), "a whole clone stays whole")
	require.Equal(t, "8\n", gitRun(t, other, "rev-list", "--count", Ref.String()))
}

func TestRemoteFromALinkedWorktree(t *testing.T) {
	s := remoteServer(t)
	dir := s.clone(t)
	tree := filepath.Join(t.TempDir(), "tree")
	gitRun(t, dir, "worktree", "add", "-q", tree)
	require.NoError(t, s.open(t, tree).Write("from a worktree", at("acme", 1)))
	require.Equal(t, s.head(t), localHead(t, dir), "the ref is the repository's")
	require.Len(t, s.entries(t), 1)
}

func TestRemoteWritersRace(t *testing.T) {
	s := remoteServer(t)
	const writers, each = 4, 4
	var dirs []string
	for range writers - 1 {
		dirs = append(dirs, s.clone(t, "--depth", "1"))
	}
	dirs = append(dirs, dirs[0]) // two processes in one clone
	var wg sync.WaitGroup
	for w, dir := range dirs {
		wg.Go(func() {
			l, err := OpenRemote(t.Context(), dir, s.remote())
			if err != nil {
				t.Error(err)
				return
			}
			for i := range each {
				if err := l.Write("run", at(fmt.Sprintf("t%d-%d", w, i), i), at("shared", w*each+i)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	require.Len(t, s.entries(t), writers*each+1, "entries of all writers")
	require.Equal(t, fmt.Sprintln(writers*each), gitRun(t, s.dir, "rev-list", "--count", "--no-merges", Ref.String()), "each write is in the history")
	gitRun(t, s.dir, "fsck", "--strict", "--full")
}

func TestARaceOnOneTenantGoesByTime(t *testing.T) {
	s := remoteServer(t)
	early, late := s.open(t, s.clone(t)), s.open(t, s.clone(t))
	require.NoError(t, late.Write("late", at("acme", 20)))
	require.NoError(t, early.Write("early", at("acme", 10), at("bolt", 10)))
	require.Equal(t, "run 20", s.entries(t)["acme"].Run, "the newer one stays")
	require.Equal(t, "run 10", s.entries(t)["bolt"].Run)
	require.Contains(t, gitRun(t, s.dir, "log", "-1", "--format=%B", Ref.String()), "Newer entries stay: acme")

	require.NoError(t, early.Write("undo", at("acme", 5)))
	require.Equal(t, "run 5", s.entries(t)["acme"].Run, "without a race the writer knows better")
}

func TestARemoteThatIsDownKeepsNothingFromUs(t *testing.T) {
	s := remoteServer(t)
	dir := s.clone(t)
	l := s.open(t, dir)
	require.NoError(t, l.Write("before", at("acme", 1), at("bolt", 1), at("core", 1)))
	s.Be(down)
	err := l.Write("offline", at("acme", 30), at("bolt", 2))
	require.ErrorIs(t, err, ErrNotPushed)
	require.ErrorContains(t, err, "stay in the local ref refs/qdeploy/ledger")
	require.Equal(t, "run 30", read(t, dir)["acme"].Run)
	s.Be(nil)
	require.Equal(t, "run 1", s.entries(t)["acme"].Run)

	other := s.open(t, s.clone(t))
	require.NoError(t, other.Write("online", at("bolt", 40), at("core", 40), at("dune", 40)))
	again := s.open(t, dir)
	require.Equal(t, "run 1", s.entries(t)["acme"].Run, "opening pushes nothing")
	require.NoError(t, again.Push(t.Context()))
	got := map[string]string{}
	for name, e := range s.entries(t) {
		got[name] = e.Run
	}
	require.Equal(t, map[string]string{"acme": "run 30", "bolt": "run 40", "core": "run 40", "dune": "run 40"}, got)
	require.Contains(t, gitRun(t, s.dir, "log", "--format=%s", Ref.String()), "offline", "what was done offline is in the audit trail")
	gitRun(t, s.dir, "fsck", "--strict", "--full")
	head := s.head(t)
	require.NoError(t, again.Push(t.Context()))
	require.Equal(t, head, s.head(t), "nothing more to push")
}

func TestTwoLedgersThatNeverMetAreJoined(t *testing.T) {
	s := remoteServer(t)
	require.NoError(t, s.open(t, s.clone(t)).Write("there", at("acme", 9), at("bolt", 1)))
	for _, depth := range [][]string{nil, {"--depth", "1"}} {
		dir := s.clone(t, depth...)
		alone, err := Open(dir)
		require.NoError(t, err)
		require.NoError(t, alone.Write("here", at("acme", 5), at("bolt", 50), at("core", 50)))
		l := s.open(t, dir)
		require.NoError(t, l.Push(t.Context()))
		got := s.entries(t)
		require.Equal(t, []string{"run 9", "run 50", "run 50"}, []string{got["acme"].Run, got["bolt"].Run, got["core"].Run})
		gitRun(t, s.dir, "fsck", "--strict", "--full")
	}
}

func TestTheLocalLedgerOfAShallowCloneGoesToANewRemote(t *testing.T) {
	old, fresh := remoteServer(t), remoteServer(t)
	l := old.open(t, old.clone(t))
	require.NoError(t, l.Write("one", at("acme", 1)))
	require.NoError(t, l.Write("two", at("bolt", 2)))
	dir := old.clone(t, "--depth", "1")
	old.open(t, dir) // has "two" without "one"
	require.NoError(t, fresh.open(t, dir).Write("three", at("core", 3)))
	require.Len(t, fresh.entries(t), 3)
	gitRun(t, fresh.dir, "fsck", "--strict", "--full")
}
