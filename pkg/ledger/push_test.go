package ledger

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/stretchr/testify/require"

	"github.com/qdeploy/qdeploy/pkg/gitwire/gitwiretest"
)

func TestALostReplyIsNotWrittenTwice(t *testing.T) {
	for name, alsoReadBack := range map[string]bool{"reply lost": false, "reply and read-back lost": true} {
		t.Run(name, func(t *testing.T) {
			s := remoteServer(t)
			l := s.open(t, s.clone(t))
			require.NoError(t, l.Write("before", at("acme", 1)))
			cuts := 0
			s.Be(func(w http.ResponseWriter, r *http.Request, serve func()) {
				switch {
				case gitwiretest.IsPush(r) && cuts == 0:
					cuts++
					serve()
					cutOff()
				case alsoReadBack && cuts == 1:
					cuts++
					cutOff()
				}
				serve()
			})
			require.NoError(t, l.Write("once", at("acme", 2)))
			require.Equal(t, "once\nbefore\n", gitRun(t, s.dir, "log", "--format=%s", Ref.String()))
			entries, err := l.Entries()
			require.NoError(t, err)
			require.Equal(t, s.entries(t), entries)
		})
	}
}

func TestALostReplyOverWhichAnotherWrote(t *testing.T) {
	s := remoteServer(t)
	l, other := s.open(t, s.clone(t)), s.open(t, s.clone(t))
	var once sync.Once
	s.Be(func(w http.ResponseWriter, r *http.Request, serve func()) {
		cut := false
		if gitwiretest.IsPush(r) {
			once.Do(func() { cut = true })
		}
		serve()
		if cut {
			s.Be(nil)
			if err := other.Write("other", at("acme", 1), at("bolt", 3)); err != nil {
				t.Error(err)
			}
			cutOff()
		}
	})
	require.NoError(t, l.Write("ours", at("acme", 2)))
	require.Equal(t, "other\nours\n", gitRun(t, s.dir, "log", "--format=%s", Ref.String()), "ours is not written again")
}

func TestAPushThatTheServerOnlySaysItTook(t *testing.T) {
	s := remoteServer(t)
	dir := s.clone(t)
	l := s.open(t, dir)
	s.Be(func(w http.ResponseWriter, r *http.Request, serve func()) {
		if gitwiretest.IsPush(r) {
			return // 200 and nothing in it, which go-git takes for success
		}
		serve()
	})
	err := l.Write("gone", at("acme", 1))
	require.ErrorIs(t, err, ErrNotPushed)
	require.ErrorContains(t, err, "did not move")
	require.Len(t, read(t, dir), 1)
}

func TestAPushIsNeverForced(t *testing.T) {
	s := remoteServer(t)
	l := s.open(t, s.clone(t))
	require.NoError(t, l.Write("one", at("acme", 1)))
	other := s.open(t, s.clone(t))
	// Another writes between what our push is told and what it sends.
	var once sync.Once
	s.Be(func(w http.ResponseWriter, r *http.Request, serve func()) {
		if gitwiretest.IsPush(r) {
			once.Do(func() {
				s.Be(nil)
				if err := other.Write("between", at("bolt", 2)); err != nil {
					t.Error(err)
				}
			})
		}
		serve()
	})
	require.NoError(t, l.Write("two", at("core", 3)))
	require.Len(t, s.entries(t), 3)
	require.Equal(t, "two\nbetween\none\n", gitRun(t, s.dir, "log", "--format=%s", Ref.String()))
}

func TestAHookThatDeclines(t *testing.T) {
	s := remoteServer(t)
	dir := s.clone(t)
	l := s.open(t, dir)
	gitRun(t, s.dir, "config", "receive.denyCurrentBranch", "refuse")
	gitRun(t, s.dir, "config", "--add", "transfer.hideRefs", Ref.String())
	err := l.Write("hidden", at("acme", 1))
	require.ErrorIs(t, err, ErrNotPushed)
	require.Len(t, read(t, dir), 1)
}

func TestARefusedTokenIsSaidAndNotShown(t *testing.T) {
	const canary = "ghs_canary0123456789"
	s := remoteServer(t)
	require.NoError(t, s.open(t, s.clone(t)).Write("seed", at("acme", 1)))
	token := func(context.Context) (string, string, error) { return "x-access-token", canary, nil }
	userinfo := strings.Replace(s.url, "://", "://x-access-token:"+canary+"@", 1)
	bare := strings.Replace(s.url, "://", "://"+canary+"@", 1)
	for name, r := range map[string]Remote{
		"auth": {URL: s.url, Auth: token}, "userinfo": {URL: userinfo}, "token as user": {URL: bare},
	} {
		for _, status := range []int{http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound, http.StatusInternalServerError} {
			t.Run(fmt.Sprint(name, " ", status), func(t *testing.T) {
				r.Pause = noPause
				dir := s.clone(t)
				seen := false
				s.Be(func(w http.ResponseWriter, q *http.Request, serve func()) {
					user, password, _ := q.BasicAuth()
					seen = seen || user == "x-access-token" && password == canary || user == canary
					if wantsToPush(q) {
						http.Error(w, "no "+user+" "+password+" may push", status)
						return
					}
					serve()
				})
				defer s.Be(nil)
				l, err := OpenRemote(t.Context(), dir, r)
				require.NoError(t, err, "reading is allowed")
				err = l.Write("refused", at("bolt", 2))
				require.True(t, seen, "basic auth with the token")
				require.ErrorIs(t, err, ErrNotPushed)
				if status != http.StatusInternalServerError {
					require.ErrorIs(t, err, ErrRefused)
					require.ErrorContains(t, err, "contents: write")
				}
				for e := err; e != nil; {
					require.NotContains(t, e.Error(), canary)
					u, _ := e.(interface{ Unwrap() error })
					if u == nil {
						break
					}
					e = u.Unwrap()
				}
				require.Len(t, read(t, dir), 2, "the entry stays in the local ref")
				require.Len(t, s.entries(t), 1)
			})
		}
	}
	for _, url := range []string{"https://x:" + canary + "@host:port/x.git", "nope://" + canary + "@host/x.git", "https://" + canary + "@host/%zz"} {
		_, err := OpenRemote(t.Context(), repository(t), Remote{URL: url})
		require.Error(t, err)
		require.NotContains(t, err.Error(), canary)
	}
}

func TestARemoteThatEndsWithItsContext(t *testing.T) {
	s := remoteServer(t)
	dir := s.clone(t)
	l := s.open(t, dir)
	ctx, cancel := context.WithCancel(t.Context())
	s.Be(func(w http.ResponseWriter, r *http.Request, _ func()) { cancel(); down(w, r, nil) })
	err := l.WriteContext(ctx, "cancelled", at("acme", 1))
	require.ErrorIs(t, err, ErrNotPushed)
	require.ErrorIs(t, err, context.Canceled)
	require.Len(t, read(t, dir), 1, "the entry stays in the local ref")
	_, err = OpenRemote(ctx, dir, s.remote())
	require.ErrorIs(t, err, context.Canceled)
	_, err = OpenRemote(t.Context(), t.TempDir(), s.remote())
	require.ErrorIs(t, err, ErrNoRepository)
}

func TestAPushOfALongHistoryIsSmall(t *testing.T) {
	s := remoteServer(t)
	l := s.open(t, s.clone(t))
	alone := &Ledger{store: l.store, now: l.now}
	for i := range 300 {
		require.NoError(t, alone.Write("run", at(fmt.Sprint("tenant ", i%150), i)))
	}
	require.NoError(t, l.Push(t.Context()))
	all := lastOf(s.Pushes())
	require.NoError(t, l.Write("one more", at("tenant 7", 1000)))
	require.Less(t, lastOf(s.Pushes()), all/20, "only what is new is sent")
	require.Len(t, s.entries(t), 150)
	gitRun(t, s.dir, "fsck", "--strict", "--full")
}

func TestARefMovedByHandDoesNotBringBackOldEntries(t *testing.T) {
	s := remoteServer(t)
	dir := s.clone(t)
	l := s.open(t, dir)
	require.NoError(t, l.Write("old", at("acme", 1)))
	old := localHead(t, dir)
	require.NoError(t, l.Write("new", at("acme", 2)))
	gitRun(t, dir, "update-ref", Ref.String(), old)
	require.NoError(t, s.open(t, dir).Write("more", at("bolt", 3)))
	require.Equal(t, "run 2", s.entries(t)["acme"].Run)
	require.NotEqual(t, plumbing.ZeroHash.String(), s.head(t))
}

// TestNoEntryIsLost runs random interleavings of clones that write while the
// remote is up, down, or cuts replies off. Afterwards each tenant has its newest
// entry, everywhere.
func TestNoEntryIsLost(t *testing.T) {
	for seed := range uint64(2) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			s, random := remoteServer(t), rand.New(rand.NewPCG(seed, 4))
			dirs := []string{s.clone(t), s.clone(t, "--depth", "1"), s.clone(t)}
			ledgers := make([]*Ledger, len(dirs))
			newest := map[string]string{}
			for step := range 20 {
				i := random.IntN(len(dirs))
				s.Be(nil)
				if ledgers[i] == nil || random.IntN(4) == 0 {
					ledgers[i] = s.open(t, dirs[i])
				}
				switch random.IntN(4) {
				case 0:
					s.Be(down)
				case 1:
					var left atomic.Int32
					left.Store(1 + random.Int32N(8))
					s.Be(func(w http.ResponseWriter, r *http.Request, serve func()) {
						serve()
						if n := left.Add(-1); gitwiretest.IsPush(r) && n > 0 {
							cutOff()
						}
					})
				}
				e := at(fmt.Sprint("t", random.IntN(6)), step)
				if err := ledgers[i].Write("step", e); err != nil {
					require.ErrorIs(t, err, ErrNotPushed)
				}
				newest[e.Tenant] = e.Run
			}
			s.Be(nil)
			for range 2 { // the second turn brings each what the later ones pushed
				for i, dir := range dirs {
					ledgers[i] = s.open(t, dir)
					require.NoError(t, ledgers[i].Push(t.Context()))
				}
			}
			for _, entries := range []map[string]Entry{s.entries(t), read(t, dirs[0]), read(t, dirs[1]), read(t, dirs[2])} {
				got := map[string]string{}
				for name, e := range entries {
					got[name] = e.Run
				}
				require.Equal(t, newest, got)
			}
			gitRun(t, s.dir, "fsck", "--strict", "--full")
		})
	}
}

// lastOf is the size of the last push.
func lastOf(pushes []int) int { return pushes[len(pushes)-1] }
