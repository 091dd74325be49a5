package githubtest_test

import (
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-git/go-git/v5"
	"github.com/go-git/go-git/v5/plumbing/transport"
	githttp "github.com/go-git/go-git/v5/plumbing/transport/http"
	"github.com/go-git/go-git/v5/storage/memory"
	"github.com/stretchr/testify/require"

	"github.com/qdeploy/qdeploy/pkg/github/githubtest"
)

// address is where a repository is fetched from with a token.
func (l *lab) address(repo, token string) string {
	u, err := url.Parse(l.server.URL + "/" + repo + ".git")
	require.NoError(l, err)
	u.User = url.UserPassword("x-access-token", token)
	return u.String()
}

// run runs the git binary in a directory, as a caller with no configuration.
func (l *lab) run(dir string, args ...string) (string, error) {
	cmd := exec.Command("git", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_NOSYSTEM=1", "GIT_TERMINAL_PROMPT=0", "GIT_AUTHOR_NAME=ann", "GIT_AUTHOR_EMAIL=ann@example.com",
		"GIT_COMMITTER_NAME=ann", "GIT_COMMITTER_EMAIL=ann@example.com", "LC_ALL=C")
	out, err := cmd.CombinedOutput()
	return strings.TrimSpace(string(out)), err
}

func (l *lab) must(dir string, args ...string) string {
	l.Helper()
	out, err := l.run(dir, args...)
	require.NoError(l, err, out)
	return out
}

// TestGitPush clones, commits, pushes more than a megabyte, which git sends in
// chunks, and sees the pull request follow.
func TestGitPush(t *testing.T) {
	l := newLab(t)
	dir := filepath.Join(t.TempDir(), "clone")
	l.must(".", "clone", "--quiet", l.address("acme/tenants", "t0ken"), dir)
	l.must(dir, "switch", "--quiet", "-c", "big")
	noise := make([]byte, 0, 3<<20)
	for n := uint32(1); len(noise) < cap(noise); n = n*1664525 + 1013904223 {
		noise = append(noise, byte(n>>24))
	}
	require.NoError(t, os.WriteFile(filepath.Join(dir, "noise"), noise, 0o600))
	l.must(dir, "add", ".")
	l.must(dir, "commit", "--quiet", "-m", "Noise")
	l.must(dir, "push", "--quiet", "origin", "big")
	first := l.must(dir, "rev-parse", "HEAD")
	require.Equal(t, first, l.repo.Head("big"))

	number := l.repo.OpenPull(githubtest.Pull{Title: "Noise", Head: "big"})
	l.must(dir, "commit", "--quiet", "--allow-empty", "-m", "More")
	l.must(dir, "push", "--quiet", "origin", "big")
	second := l.must(dir, "rev-parse", "HEAD")
	require.Equal(t, second, l.repo.Issues()[number-1].HeadSHA)

	// The merge commit that pull requests are tested at has both parents.
	l.must(dir, "fetch", "--quiet", "origin", "refs/pull/1/merge")
	require.Equal(t, l.repo.Head("main")+" "+second, l.must(dir, "show", "-s", "--format=%P", "FETCH_HEAD"))
	shallow := t.TempDir()
	l.must(shallow, "init", "--quiet")
	l.must(shallow, "fetch", "--quiet", "--depth=1", l.address("acme/tenants", "t0ken"), "refs/pull/1/head")
	require.Equal(t, second, l.must(shallow, "rev-parse", "FETCH_HEAD"))

	// Someone merges by hand.
	l.must(dir, "switch", "--quiet", "main")
	l.must(dir, "merge", "--quiet", "--no-ff", "-m", "By hand", "big")
	l.must(dir, "push", "--quiet", "origin", "main")
	i := l.repo.Issues()[number-1]
	require.True(t, i.Merged)
	require.Equal(t, l.must(dir, "rev-parse", "HEAD"), i.MergeSHA)

	out, err := l.run(dir, "push", "origin", "main:refs/pull/1/head")
	require.Error(t, err)
	require.Contains(t, out, "deny updating a hidden ref")
}

// TestGitTokens says who may fetch and push.
func TestGitTokens(t *testing.T) {
	l := newLab(t)
	l.hub.AddToken("reader", githubtest.Token{Permissions: map[string]string{"contents": "read"}})
	l.hub.AddToken("blind", githubtest.Token{Permissions: map[string]string{"issues": "write"}})
	l.hub.AddToken("stranger", githubtest.Token{Kind: githubtest.Personal, Login: "eve"})
	l.repo.SetRole("bob", "read")
	l.hub.AddToken("bob", githubtest.Token{Kind: githubtest.Personal, Login: "bob"})
	dir := t.TempDir()
	for token, want := range map[string]string{
		"wrong": "Authentication failed", "blind": "not found", "stranger": "not found", "reader": "", "bob": "",
	} {
		out, err := l.run(dir, "clone", "--quiet", l.address("acme/tenants", token), filepath.Join(dir, token))
		if want == "" {
			require.NoError(t, err, out)
			clone := filepath.Join(dir, token)
			l.must(clone, "commit", "--quiet", "--allow-empty", "-m", "x")
			out, err = l.run(clone, "push", "--quiet", "origin", "HEAD:refs/heads/x")
			require.Error(t, err)
			require.Contains(t, out, "403")
			continue
		}
		require.Error(t, err, token)
		require.Contains(t, out, want, token)
	}
	out, err := l.run(dir, "clone", "--quiet", l.address("acme/none", "t0ken"), filepath.Join(dir, "none"))
	require.Error(t, err)
	require.Contains(t, out, "not found")
	require.Empty(t, l.repo.Head("x"))
}

// TestGoGit: the other client that this project has.
func TestGoGit(t *testing.T) {
	l := newLab(t)
	clone := func(password string) (*git.Repository, error) {
		return git.Clone(memory.NewStorage(), nil, &git.CloneOptions{
			URL: l.server.URL + "/acme/tenants.git", Auth: &githttp.BasicAuth{Username: "x-access-token", Password: password},
		})
	}
	r, err := clone("t0ken")
	require.NoError(t, err)
	head, err := r.Head()
	require.NoError(t, err)
	require.Equal(t, l.repo.Head("main"), head.Hash().String())
	_, err = clone("wrong")
	require.ErrorIs(t, err, transport.ErrAuthenticationRequired)
}

// TestFork: a pull request from another owner's copy.
func TestFork(t *testing.T) {
	l := newLab(t)
	fork := l.repo.Fork("eve")
	sha := fork.Commit("idea", "An idea", map[string]string{"idea.cue": "x: 1\n"})
	n := l.repo.OpenPull(githubtest.Pull{Title: "Idea", Head: "eve:idea"})
	v := l.get("/pulls/1").want(200)
	require.Equal(t, sha, v.value("head", "sha"))
	require.Equal(t, "eve/tenants", v.value("head", "repo", "full_name"))
	require.Equal(t, true, v.value("head", "repo", "fork"))
	require.Equal(t, "eve", v.value("user", "login"))
	require.Equal(t, []any{1.0}, l.get("/pulls?head=eve:idea").want(200).column(nil, "number"))
	require.Empty(t, l.get("/pulls?head=acme:idea").want(200).value())

	again := fork.Commit("idea", "A better idea", map[string]string{"idea.cue": "x: 2\n"})
	require.Equal(t, again, l.repo.Issues()[n-1].HeadSHA)
	run := l.repo.PullRun(n, "synchronize")
	require.Equal(t, "eve/tenants", l.get("/actions/runs/"+number(run.ID)).want(200).value("head_repository", "full_name"))
	l.repo.Merge(n, "acme")
	require.Contains(t, l.repo.Dump(), "#1 pull request, merged: Idea (eve:idea into main, by eve)")
}
