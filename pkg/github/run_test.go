package github_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/qdeploy/qdeploy/pkg/github"
	"github.com/qdeploy/qdeploy/pkg/github/githubtest"
)

// read is what a job finds in its environment.
func (f *forge) read(t *testing.T, run *githubtest.Run) *github.Run {
	pairs, err := run.Environ(f.site, t.TempDir())
	require.NoError(t, err)
	env := map[string]string{}
	for _, p := range pairs {
		name, value, _ := strings.Cut(p, "=")
		env[name] = value
	}
	r, err := github.RunFromEnv(func(name string) string { return env[name] })
	require.NoError(t, err)
	require.Equal(t, run.ID, r.ID)
	require.Equal(t, fmt.Sprintf("%s/acme/tenants/actions/runs/%d", f.site.Web, run.ID), r.URL)
	require.Equal(t, f.site.Web+"/acme/tenants.git", r.CloneURL())
	return r
}

func TestWhatAJobIsAbout(t *testing.T) {
	f := newForge(t)
	main, head := f.repo.Head("main"), f.repo.Head("topic")
	f.repo.AddLabel(1, "bug", "ann")
	r := f.read(t, f.repo.PullRun(1, "opened"))
	require.NotEqual(t, head, r.SHA, "the merge that GitHub made for trying")
	p := r.PullRequest
	require.Equal(t, []any{1, "Topic", head, main, "topic", "main", false, false}, []any{p.Number, p.Title, p.Head, p.Base, p.HeadRef, p.BaseRef, p.Fork, p.Merged})
	require.Equal(t, []string{"bug"}, p.Labels)
	require.Empty(t, r.Base)

	f.repo.Fork("eve").Commit("evil", "Evil", map[string]string{"a": "3\n"})
	f.repo.OpenPull(githubtest.Pull{Head: "eve:evil", Title: "Evil"})
	require.True(t, f.read(t, f.repo.PullRun(2, "opened")).PullRequest.Fork)

	r = f.read(t, f.repo.MergeGroupRun(1))
	require.Equal(t, main, r.Base)
	require.Nil(t, r.PullRequest)

	merged := f.repo.Merge(1, "ann")
	p = f.read(t, f.repo.PullRun(1, "closed")).PullRequest
	require.Equal(t, []any{true, "ann", merged, f.site.Web + "/acme/tenants/pull/1"}, []any{p.Merged, p.MergedBy, p.MergeCommit, p.URL})
	require.False(t, p.MergedAt.IsZero())
	r = f.read(t, f.repo.PushRun("main", main, "ann"))
	require.Equal(t, []string{"push", merged, main, "ann", "refs/heads/main"}, []string{r.Event, r.SHA, r.Base, r.Actor, r.Ref})
	require.Empty(t, f.read(t, f.repo.PushRun("topic", "", "ann")).Base, "a new branch has nothing before it")
	require.Equal(t, "schedule", f.read(t, f.repo.ScheduleRun("0 3 * * *")).Event)

	prs, err := f.PullRequestsOf(t.Context(), merged)
	require.NoError(t, err)
	require.Len(t, prs, 1)
	require.Equal(t, []any{1, head, true, merged, false}, []any{prs[0].Number, prs[0].Head, prs[0].Merged, prs[0].MergeCommit, prs[0].Fork})
}

// A token of an App lives an hour: within its last minutes there is a new one. The
// hub's clock is behind, so that its tokens are old when they come.
func TestTokensOfAppsAreRenewed(t *testing.T) {
	for age, want := range map[time.Duration]int{0: 1, 56 * time.Minute: 3} {
		var made atomic.Int64
		now := func() time.Time { return time.Now().Add(-age) }
		hub := githubtest.New(t.TempDir(), githubtest.Options{Now: now, Calls: func(c githubtest.Call) {
			if strings.HasSuffix(c.Path, "/access_tokens") {
				made.Add(1)
			}
		}})
		hub.AddRepo("acme/tenants", map[string]string{"a": "1\n"})
		key, err := rsa.GenerateKey(rand.Reader, 2048)
		require.NoError(t, err)
		hub.AddApp(githubtest.App{ID: 7, Slug: "deployer", Key: &key.PublicKey, Installation: 9, Repos: []string{"acme/tenants"}})
		s := httptest.NewServer(hub)
		site := githubtest.Enterprise(s.URL)
		c, err := github.New(github.Options{
			APIURL: site.API, GraphQLURL: site.GraphQL(), ServerURL: site.Web, Repository: "acme/tenants", Now: now,
			App: &github.App{ID: 7, PrivateKey: pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)})},
		})
		require.NoError(t, err)
		for range 3 {
			_, _, err = c.GitAuth(t.Context())
			require.NoError(t, err)
		}
		require.EqualValues(t, want, made.Load(), "tokens that are %s old", age)
		require.Empty(t, hub.Complaints())
		s.Close()
	}
}

// A token goes to the host that it is for, wherever that host leads.
func TestTokensStayWithTheirHost(t *testing.T) {
	var visits atomic.Int64
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { visits.Add(1) }))
	defer other.Close()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, other.URL+"/x", http.StatusTemporaryRedirect)
	}))
	defer s.Close()
	c, err := github.New(github.Options{APIURL: s.URL, GraphQLURL: s.URL + "/graphql", Repository: "acme/tenants", Token: "c4nary"})
	require.NoError(t, err)
	_, err = c.PullRequestsOf(t.Context(), "abc")
	require.ErrorContains(t, err, "another host")
	_, err = c.Comment(t.Context(), 1, "prod")
	require.ErrorContains(t, err, "another host")
	require.NotContains(t, err.Error(), "c4nary")
	require.Zero(t, visits.Load())
}
