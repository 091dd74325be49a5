package proposal

import (
	"io/fs"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/qdeploy/qdeploy/pkg/gitwire/gitwiretest"
)

const promote = "refs/heads/qdeploy/promote"

func TestProposeMakesABranch(t *testing.T) {
	s := serve(t)
	dir := s.clone(t)
	write(t, dir, "readme.txt", "not committed")
	r := s.open(t, dir+"/estate")
	main := s.at(t, "refs/heads/main")

	h, changed, err := propose(t, r, pin("v2"))
	require.NoError(t, err)
	require.True(t, changed)
	require.Equal(t, h, s.at(t, promote))
	require.Len(t, s.Pushes(), 1)
	require.Equal(t, main+"\nqdeploy <bot@example.com>\nqdeploy <bot@example.com>\nPromote HR\n\nSigned-off-by: qdeploy <bot@example.com>",
		gitRun(t, s.dir, "log", "-1", "--format=%P%n%an <%ae>%n%cn <%ce>%n%B", promote))
	require.Equal(t, "estate/environments.cue", gitRun(t, s.dir, "diff", "--name-only", main, h))
	require.Equal(t, "M readme.txt", gitRun(t, dir, "status", "--short"), "the worktree is not touched")
	require.Empty(t, gitRun(t, dir, "for-each-ref", "refs/heads/qdeploy"))

	b, err := r.Read(h, "estate/environments.cue")
	require.NoError(t, err)
	require.Equal(t, "v2", string(b))
	head, err := s.open(t, s.clone(t)).Head(t.Context(), "qdeploy/promote")
	require.NoError(t, err)
	require.Equal(t, h, head)
}

func TestProposeAgain(t *testing.T) {
	s := serve(t)
	first, _, err := propose(t, s.open(t, s.clone(t)), pin("v2"))
	require.NoError(t, err)
	r := s.open(t, s.clone(t, "--single-branch"))
	s.Pushes()

	h, changed, err := r.Propose(t.Context(), s.at(t, "refs/heads/main"), "qdeploy/promote", pin("v2"), Identity{Name: "other", Email: "other@example.com"}, noon.AddDate(0, 0, 1))
	require.NoError(t, err)
	require.False(t, changed)
	require.Equal(t, first, h)
	require.Empty(t, s.Pushes(), "the branch has it")

	h, changed, err = propose(t, r, pin("v1"))
	require.NoError(t, err)
	require.False(t, changed)
	require.Equal(t, s.at(t, "refs/heads/main"), h, "main has it")
	require.Equal(t, first, s.at(t, promote))
	require.Empty(t, s.Pushes())

	h, changed, err = propose(t, r, pin("v3"))
	require.NoError(t, err)
	require.True(t, changed)
	require.Equal(t, h, s.at(t, promote))
	require.Equal(t, s.at(t, "refs/heads/main"), gitRun(t, s.dir, "rev-parse", promote+"^"), "one commit, not two")
}

func TestProposeIsDeterministic(t *testing.T) {
	s := serve(t)
	one, _, err := propose(t, s.open(t, s.clone(t)), pin("v2"))
	require.NoError(t, err)
	gitRun(t, s.dir, "update-ref", "-d", promote)
	two, _, err := propose(t, s.open(t, s.clone(t)), pin("v2"))
	require.NoError(t, err)
	require.Equal(t, one, two)
}

// TestProposeOnANewerMain shows a branch that is rebuilt on main as it is now,
// also by a clone that has none of its history.
func TestProposeOnANewerMain(t *testing.T) {
	for _, how := range [][]string{nil, {"--depth=1", "--no-single-branch"}, {"--depth=1"}, {"--filter=blob:none"}} {
		t.Run(strings.Join(how, " "), func(t *testing.T) {
			s := serve(t)
			s.filters(t)
			dir := s.clone(t, how...)
			_, _, err := propose(t, s.open(t, s.clone(t)), pin("v2"))
			require.NoError(t, err)
			newer := s.commit(t, "main", "main", "Ada", "Ada", more)
			shallow := gitRun(t, dir, "rev-parse", "--is-shallow-repository")

			h, changed, err := propose(t, s.open(t, dir), pin("v2"))
			require.NoError(t, err)
			require.True(t, changed)
			require.Equal(t, h, s.at(t, promote))
			require.Equal(t, newer, gitRun(t, s.dir, "rev-parse", promote+"^"))
			require.Equal(t, "more", gitRun(t, s.dir, "show", promote+":more.txt"))
			require.Equal(t, shallow, gitRun(t, dir, "rev-parse", "--is-shallow-repository"))
			gitRun(t, dir, "fsck", "--connectivity-only")
			gitRun(t, dir, "fetch", "-q", "origin")
		})
	}
}

const more = "M 100644 inline more.txt\ndata 4\nmore\n"

func TestTakenBranch(t *testing.T) {
	const branch = "qdeploy/promote"
	tests := []struct {
		name string
		add  func(t *testing.T, s *server) // commits on the branch
		who  string                        // "": it is not taken
	}{
		{"on top", func(t *testing.T, s *server) { s.commit(t, branch, branch, "Eve", "Eve", "") }, "Eve <eve@example.com>"},
		{"amended", func(t *testing.T, s *server) { s.commit(t, branch, "main", "Bot", "Eve", "") }, "Eve <eve@example.com>"},
		{"under the bot's", func(t *testing.T, s *server) {
			s.commit(t, branch, branch, "Eve", "Eve", "")
			s.commit(t, branch, branch, "Bot", "Bot", "")
		}, "Eve <eve@example.com>"},
		{"merged with main", func(t *testing.T, s *server) {
			s.commit(t, branch, branch, "Eve", "Eve", "merge refs/heads/main^0\n"+more)
		}, "Eve <eve@example.com>"},
		{"the bot's twice", func(t *testing.T, s *server) { s.commit(t, branch, branch, "Bot", "Bot", "") }, ""},
		{"reset to main", func(t *testing.T, s *server) {
			gitRun(t, s.dir, "update-ref", promote, "refs/heads/main")
		}, ""},
		{"reset to an old main", func(t *testing.T, s *server) {
			gitRun(t, s.dir, "update-ref", promote, "refs/heads/main~2")
		}, ""},
	}
	for i, test := range tests {
		for _, depth := range []string{"--depth=1", "--no-local"} {
			t.Run(test.name+depth, func(t *testing.T) {
				s := serve(t)
				if i%2 == 0 { // with or without is the same
					s.filters(t)
				}
				s.commit(t, branch, "main", "Bot", "Bot", "M 100644 inline estate/environments.cue\ndata 2\nv2\n")
				s.commit(t, "main", "main", "Ada", "Ada", more)
				test.add(t, s)
				before := s.at(t, promote)

				h, changed, err := propose(t, s.open(t, s.clone(t, depth)), pin("v3"))
				if test.who == "" {
					require.NoError(t, err)
					require.True(t, changed)
					require.Equal(t, h, s.at(t, promote))
					return
				}
				require.ErrorIs(t, err, ErrTaken)
				var taken *TakenError
				require.ErrorAs(t, err, &taken)
				require.Equal(t, test.who, taken.Who)
				require.Equal(t, "qdeploy/promote", taken.Branch)
				require.Equal(t, before, s.at(t, promote))
			})
		}
	}
}

// TestMoved shows races that are lost: somebody pushes after we looked, before the
// command is sent or while it is on its way.
func TestMoved(t *testing.T) {
	for _, when := range []struct {
		name string
		is   func(r *http.Request) bool
	}{
		{"before", func(r *http.Request) bool { return r.URL.Query().Get("service") == "git-receive-pack" }},
		{"meanwhile", gitwiretest.IsPush},
	} {
		for _, exists := range []bool{false, true} {
			t.Run(when.name, func(t *testing.T) {
				s := serve(t)
				r := s.open(t, s.clone(t))
				if exists {
					_, _, err := propose(t, r, pin("v2"))
					require.NoError(t, err)
				}
				theirs := s.at(t, "refs/heads/main")
				s.Be(func(_ http.ResponseWriter, r *http.Request, serve func()) {
					if when.is(r) {
						gitRun(t, s.dir, "update-ref", promote, theirs)
					}
					serve()
				})
				_, changed, err := propose(t, r, pin("v3"))
				require.ErrorIs(t, err, ErrMoved)
				require.False(t, changed)
				require.Equal(t, theirs, s.at(t, promote))
			})
		}
	}
}

func TestLostReply(t *testing.T) {
	s := serve(t)
	s.Be(func(w http.ResponseWriter, r *http.Request, serve func()) {
		serve()
		if gitwiretest.IsPush(r) {
			panic(http.ErrAbortHandler)
		}
	})
	h, changed, err := propose(t, s.open(t, s.clone(t)), pin("v2"))
	require.NoError(t, err)
	require.True(t, changed)
	require.Equal(t, h, s.at(t, promote))
}

func TestRead(t *testing.T) {
	s := serve(t)
	r := s.open(t, s.clone(t))
	main, err := r.Head(t.Context(), "main")
	require.NoError(t, err)
	for _, absent := range []string{"nope", "estate/nope", "nope/nope", "readme.txt/nope"} {
		_, err := r.Read(main, absent)
		require.ErrorIs(t, err, fs.ErrNotExist, absent)
	}
	for _, odd := range []string{"estate", "link", "../x", ".git/config"} {
		_, err := r.Read(main, odd)
		require.Error(t, err, odd)
		require.NotErrorIs(t, err, fs.ErrNotExist, odd)
	}
	_, err = r.Read(strings.Repeat("ab", 20), "readme.txt")
	require.ErrorContains(t, err, "is not here")
	require.NotErrorIs(t, err, fs.ErrNotExist)
	none, err := r.Head(t.Context(), "nope")
	require.NoError(t, err)
	require.Empty(t, none)
}
