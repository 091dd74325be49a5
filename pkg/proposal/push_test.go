package proposal

import (
	"context"
	"encoding/base64"
	"errors"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/qdeploy/qdeploy/pkg/gitwire/gitwiretest"
)

func TestTag(t *testing.T) {
	s := serve(t)
	r := s.open(t, s.clone(t, "--depth=1"))
	main := s.at(t, "refs/heads/main")
	older := gitRun(t, s.dir, "rev-parse", "main^")

	created, err := r.Tag(t.Context(), "hr/1.0.0", main, "HR 1.0.0", bot, noon)
	require.NoError(t, err)
	require.True(t, created)
	require.Equal(t, "tag\nqdeploy <bot@example.com>\nHR 1.0.0\n\nSigned-off-by: qdeploy <bot@example.com>",
		gitRun(t, s.dir, "for-each-ref", "--format=%(objecttype)%0a%(taggername) %(taggeremail)%0a%(contents)", "refs/tags/hr/1.0.0"))
	s.Pushes()
	created, err = s.open(t, s.clone(t)).Tag(t.Context(), "hr/1.0.0", main, "again", bot, noon)
	require.NoError(t, err)
	require.False(t, created)
	_, err = s.open(t, s.clone(t)).Tag(t.Context(), "hr/1.0.0", older, "HR 1.0.0", bot, noon)
	require.ErrorIs(t, err, ErrTagTaken)
	require.Empty(t, s.Pushes())

	gitRun(t, s.dir, "tag", "light", "main")
	created, err = r.Tag(t.Context(), "light", main, "m", bot, noon)
	require.NoError(t, err)
	require.False(t, created, "it names the commit, with or without a message")
}

func TestTagRace(t *testing.T) {
	s := serve(t)
	main := s.at(t, "refs/heads/main")
	for _, theirs := range []string{main, gitRun(t, s.dir, "rev-parse", "main^")} {
		r := s.open(t, s.clone(t))
		s.Be(func(_ http.ResponseWriter, r *http.Request, serve func()) {
			if gitwiretest.IsPush(r) {
				gitRun(t, s.dir, "update-ref", "refs/tags/v1", theirs)
			}
			serve()
		})
		created, err := r.Tag(t.Context(), "v1", main, "m", bot, noon)
		require.False(t, created)
		if theirs == main {
			require.NoError(t, err)
		} else {
			require.ErrorIs(t, err, ErrTagTaken)
		}
		s.Be(nil)
		gitRun(t, s.dir, "update-ref", "-d", "refs/tags/v1")
	}
}

func TestDeleteBranch(t *testing.T) {
	s := serve(t)
	r := s.open(t, s.clone(t))
	_, _, err := propose(t, r, pin("v2"))
	require.NoError(t, err)
	require.NoError(t, r.DeleteBranch(t.Context(), "qdeploy/promote"))
	require.Empty(t, s.at(t, promote))
	s.Pushes()
	require.NoError(t, r.DeleteBranch(t.Context(), "qdeploy/promote"))
	require.Empty(t, s.Pushes())

	_, _, err = propose(t, r, pin("v2"))
	require.NoError(t, err)
	s.Be(func(_ http.ResponseWriter, r *http.Request, serve func()) {
		if gitwiretest.IsPush(r) {
			gitRun(t, s.dir, "update-ref", promote, "refs/heads/main")
		}
		serve()
	})
	require.ErrorIs(t, r.DeleteBranch(t.Context(), "qdeploy/promote"), ErrMoved)
	require.Equal(t, s.at(t, "refs/heads/main"), s.at(t, promote))
}

// TestRefused shows that what the remote says reaches the user, and a token does
// not.
func TestRefused(t *testing.T) {
	const canary = "ghs_canary/42+x"
	hook := func(t *testing.T, s *server) {
		file := filepath.Join(s.dir, "hooks", "pre-receive")
		require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o755))
		require.NoError(t, os.WriteFile(file, []byte("#!/bin/sh\necho 'GH006: protected branch, "+canary+"' >&2\nexit 1\n"), 0o755))
	}
	status := func(code int) func(*testing.T, *server) {
		return func(_ *testing.T, s *server) {
			s.Be(func(w http.ResponseWriter, r *http.Request, serve func()) {
				if gitwiretest.IsPush(r) {
					http.Error(w, "no: "+canary+" "+base64.StdEncoding.EncodeToString([]byte("x-access-token:"+canary)), code)
					return
				}
				serve()
			})
		}
	}
	tests := []struct {
		name    string
		mood    func(*testing.T, *server)
		refused bool
		want    string
	}{
		{"hook", hook, true, "GH006: protected branch, ***"},
		{"no force", func(t *testing.T, s *server) {
			gitRun(t, s.dir, "config", "receive.denyNonFastForwards", "true")
			s.commit(t, "qdeploy/promote", "main", "Bot", "Bot", more)
		}, true, "non-fast-forward"},
		{"401", status(http.StatusUnauthorized), true, "contents: write"},
		{"403", status(http.StatusForbidden), true, "contents: write"},
		{"404", status(http.StatusNotFound), true, "may not see it"},
		{"503", status(http.StatusServiceUnavailable), false, "503"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := serve(t)
			test.mood(t, s)
			auth := func(context.Context) (string, string, error) { return "x-access-token", canary, nil }
			inURL := strings.Replace(s.url, "http://", "http://x-access-token:ghs_canary%2F42+x@", 1)
			dir := s.clone(t)
			for _, remote := range []*Remote{{URL: s.url, Auth: auth}, {URL: inURL}} {
				_, _, err := propose(t, opened(t, dir, remote), pin("v2"))
				require.ErrorContains(t, err, test.want)
				require.ErrorContains(t, err, "proposal: "+s.url+": push refs/heads/qdeploy/promote: ")
				require.Equal(t, test.refused, errors.Is(err, ErrRefused), "%v", err)
				require.NotContains(t, err.Error(), "canary")
				require.NotContains(t, err.Error(), base64.StdEncoding.EncodeToString([]byte(canary))[:8])
				require.NotContains(t, err.Error(), "\n")
			}
		})
	}
	s := serve(t)
	_, err := opened(t, s.clone(t), &Remote{URL: s.url, Auth: func(context.Context) (string, string, error) {
		return "", "", errors.New("no token")
	}}).Head(t.Context(), "main")
	require.ErrorContains(t, err, "credentials: no token")
	_, err = Open(t.TempDir(), nil)
	require.ErrorContains(t, err, "needs the estate to be in a git repository")
	_, err = Open(s.clone(t), &Remote{URL: "http://x:" + canary + "@[bad"})
	require.Error(t, err)
	require.NotContains(t, err.Error(), "canary")
}

func TestCancelled(t *testing.T) {
	s := serve(t)
	r := s.open(t, s.clone(t))
	main := s.at(t, "refs/heads/main")
	ctx, cancel := context.WithCancel(t.Context())
	s.Be(func(_ http.ResponseWriter, r *http.Request, serve func()) {
		if gitwiretest.IsPush(r) {
			cancel()
			<-r.Context().Done()
			return
		}
		serve()
	})
	_, _, err := r.Propose(ctx, main, "qdeploy/promote", pin("v2"), bot, noon)
	require.ErrorIs(t, err, context.Canceled)
}

// TestBaseElsewhere shows a base that only one side has.
func TestBaseElsewhere(t *testing.T) {
	s := serve(t)
	dir := s.clone(t)
	s.commit(t, "qdeploy/promote", "main", "Bot", "Bot", more)
	theirs := s.commit(t, "main", "main", "Ada", "Ada", more)
	_, _, err := s.open(t, dir).Propose(t.Context(), theirs, "qdeploy/promote", pin("v2"), bot, noon)
	require.NoError(t, err, "it is fetched")

	write(t, dir, "mine.txt", "mine")
	gitRun(t, dir, "add", "-A")
	gitRun(t, dir, "-c", "user.name=Ada", "-c", "user.email=ada@example.com", "commit", "-q", "-m", "not pushed")
	_, _, err = s.open(t, dir).Propose(t.Context(), gitRun(t, dir, "rev-parse", "HEAD"), "qdeploy/promote", pin("v3"), bot, noon)
	require.ErrorContains(t, err, "push that first")
	_, _, err = s.open(t, dir).Propose(t.Context(), strings.Repeat("ab", 20), "qdeploy/promote", pin("v3"), bot, noon)
	require.ErrorContains(t, err, "is not in the repository here: fetch it")
}

func TestEmptyRemote(t *testing.T) {
	s := serve(t)
	r := s.open(t, s.clone(t))
	gitRun(t, s.dir, "update-ref", "-d", "refs/heads/main")
	h, err := r.Head(t.Context(), "main")
	require.NoError(t, err)
	require.Empty(t, h)
}

// TestLarge holds that of a large file there is one copy in memory beside the
// caller's: what goes over the wire.
func TestLarge(t *testing.T) {
	const size = 4 << 20
	s := serve(t)
	r := s.open(t, s.clone(t))
	main := s.at(t, "refs/heads/main")
	big := make([]byte, size)
	_, err := rand.NewChaCha8([32]byte{}).Read(big) // does not compress, as a QVF
	require.NoError(t, err)
	s.Discard.Store(true)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, _, err = r.Propose(t.Context(), main, "qdeploy/promote", Change{Message: "big", Files: map[string][]byte{"big.qvf": big}}, bot, noon)
	runtime.ReadMemStats(&after)
	require.ErrorContains(t, err, "503")
	// under the race detector growing a buffer takes twice its size
	require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(3*size))
}
