package github_test

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/qdeploy/qdeploy/pkg/github"
	"github.com/qdeploy/qdeploy/pkg/github/githubtest"
	"github.com/qdeploy/qdeploy/pkg/github/githubtest/contract"
)

// forge is GitHub with a repository, a pull request, and a client.
type forge struct {
	hub  *githubtest.Hub
	repo *githubtest.Repo
	site githubtest.Site
	*github.Client

	mu    sync.Mutex
	wrote []string // METHOD path, and " 403" and the like
}

// writes are what was written since it was asked last. Asking who we are is a POST.
func (f *forge) writes() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	list := f.wrote
	f.wrote = nil
	return list
}

func (f *forge) saw(c githubtest.Call) {
	if c.Method == http.MethodGet || strings.HasSuffix(c.Path, "/graphql") {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	line := c.Method + " " + strings.TrimPrefix(c.Path, "/repos/acme/tenants")
	if c.Status >= 400 {
		line += fmt.Sprintf(" %d", c.Status)
	}
	f.wrote = append(f.wrote, line)
}

func newForge(t *testing.T) *forge {
	f := &forge{}
	f.hub = githubtest.New(t.TempDir(), githubtest.Options{Calls: f.saw})
	f.repo = f.hub.AddRepo("acme/tenants", map[string]string{"a": "1\n"})
	f.hub.AddToken("t0ken", githubtest.Token{Kind: githubtest.Actions, Permissions: map[string]string{
		"contents": "read", "pull-requests": "write", "issues": "write", "statuses": "write", "checks": "write", "deployments": "write", "actions": "read",
	}})
	s := httptest.NewServer(checked(t, f.hub))
	t.Cleanup(s.Close)
	f.site = githubtest.Enterprise(s.URL)
	f.repo.Commit("topic", "Topic", map[string]string{"a": "2\n"})
	f.repo.OpenPull(githubtest.Pull{Head: "topic", Title: "Topic"})
	f.Client = f.client(t, github.Options{Token: "t0ken"})
	t.Cleanup(func() { require.Empty(t, f.hub.Complaints()) })
	return f
}

var loadContract = sync.OnceValues(func() (*contract.Checker, error) {
	return contract.Load(os.Getenv("QDEPLOY_GITHUB_OPENAPI"))
})

// checked holds all traffic against GitHub's own description.
func checked(t *testing.T, h http.Handler) http.Handler {
	if os.Getenv("QDEPLOY_GITHUB_OPENAPI") == "" {
		t.Log("QDEPLOY_GITHUB_OPENAPI is not set: the traffic is not held against GitHub's API description")
		return h
	}
	k, err := loadContract()
	require.NoError(t, err)
	return k.Wrap(h, func(breach string) { t.Errorf("contract: %s", breach) })
}

func (f *forge) client(t *testing.T, o github.Options) *github.Client {
	o.APIURL, o.GraphQLURL, o.ServerURL, o.Repository = f.site.API, f.site.GraphQL(), f.site.Web, "acme/tenants"
	o.Sleep = func(context.Context, time.Duration) error { return nil }
	c, err := github.New(o)
	require.NoError(t, err)
	return c
}

func (f *forge) mood(t *testing.T, text string) {
	m, err := githubtest.ParseMood(text)
	require.NoError(t, err)
	f.hub.SetMood(m)
}

func TestOneCommentIsRewritten(t *testing.T) {
	f := newForge(t)
	m := github.Marker{V: 1, Env: "prod", Root: "1"}
	forged := f.repo.AddComment(1, "eve", m.String()+"\nforged")
	c, err := f.Comment(t.Context(), 1, "prod")
	require.NoError(t, err)
	require.Nil(t, c, "a marker of somebody else does not count")
	first, err := f.PutComment(t.Context(), 1, m, "one")
	require.NoError(t, err)
	require.NotEqual(t, forged, first.ID)
	m.Root = "2"
	second, err := f.PutComment(t.Context(), 1, m, "two")
	require.NoError(t, err)
	require.Equal(t, first.ID, second.ID)
	_, err = f.PutComment(t.Context(), 1, github.Marker{V: 1, Env: "test"}, "other")
	require.NoError(t, err)
	require.Len(t, f.repo.Comments(1), 3)
	got, err := f.Comment(t.Context(), 1, "prod")
	require.NoError(t, err)
	require.Equal(t, m, got.Marker)
	require.Equal(t, m.String()+"\ntwo", got.Body)

	_, err = f.PutComment(t.Context(), 1, m, strings.Repeat("é", github.MaxComment))
	require.ErrorContains(t, err, "more than a comment can have")
}

// A comment is found among hundreds, and others of ours about the same are folded away.
func TestCommentsAreManyAndTwice(t *testing.T) {
	f := newForge(t)
	for i := range 120 {
		f.repo.AddComment(1, "ann", fmt.Sprintf("talk %d", i))
	}
	m := github.Marker{V: 1, Env: "prod"}
	first := f.repo.AddComment(1, "github-actions[bot]", m.String()+"\nfirst")
	f.repo.AddComment(1, "github-actions[bot]", m.String()+"\nsecond")
	got, err := f.PutComment(t.Context(), 1, m, "third")
	require.NoError(t, err)
	require.Equal(t, first, got.ID)
	require.Contains(t, f.repo.Dump(), "by github-actions[bot] (OUTDATED)")
}

// When the answer is lost after the work was done, there are not two.
func TestNothingIsSaidTwice(t *testing.T) {
	f := newForge(t)
	f.mood(t, "cut-after=POST:/repos/*/*/issues/*/comments:1")
	_, err := f.PutComment(t.Context(), 1, github.Marker{V: 1, Env: "prod"}, "one")
	require.NoError(t, err)
	require.Len(t, f.repo.Comments(1), 1)
	f.mood(t, "cut-before=POST:/repos/*/*/issues/*/comments:1")
	_, err = f.PutComment(t.Context(), 1, github.Marker{V: 1, Env: "test"}, "two")
	require.NoError(t, err)
	require.Len(t, f.repo.Comments(1), 2)
	f.mood(t, "secondary-403=PATCH:/repos/*/*/issues/comments/*:2 bare-429=GET:/repos/*/*/issues/*/comments:1")
	_, err = f.PutComment(t.Context(), 1, github.Marker{V: 1, Env: "test"}, "three")
	require.NoError(t, err)
	require.Len(t, f.repo.Comments(1), 2)
}

func TestLabelsAreOne(t *testing.T) {
	f := newForge(t)
	f.repo.AddLabel(1, "bug", "ann")
	for _, l := range []string{github.LabelChange, github.LabelChange, github.LabelDestroy} {
		require.NoError(t, f.Labels(t.Context(), 1, l))
		require.ElementsMatch(t, []string{"bug", l}, f.repo.Labels(1))
	}
	f.repo.SetRole("ann", "read")
	who, _, may, err := f.LabelledBy(t.Context(), 1, "bug")
	require.NoError(t, err)
	require.Equal(t, "ann", who)
	require.False(t, may)
	f.repo.SetRole("ann", "write")
	_, _, may, err = f.LabelledBy(t.Context(), 1, "bug")
	require.NoError(t, err)
	require.True(t, may)
	for _, there := range []bool{true, false} {
		was, err := f.Unlabel(t.Context(), 1, "bug")
		require.NoError(t, err)
		require.Equal(t, there, was)
	}
	_, _, _, err = f.LabelledBy(t.Context(), 1, "none")
	require.ErrorIs(t, err, github.ErrNotFound)
}

func TestStatusAndDeployment(t *testing.T) {
	f := newForge(t)
	sha := f.repo.Head("topic")
	require.NoError(t, f.Status(t.Context(), sha, github.Status{State: github.StatusFailure, Context: "qdeploy/plan", Description: strings.Repeat("ä", 200), URL: "https://example.com"}))
	got := f.repo.Statuses(sha)
	require.Len(t, got, 1)
	require.Len(t, []rune(got[0].Description), 140)
	id, err := f.Deployment(t.Context(), sha, "prod", "3 tenants")
	require.NoError(t, err)
	require.NoError(t, f.DeploymentStatus(t.Context(), id, github.DeploymentInProgress, "https://example.com", ""))
	require.NoError(t, f.DeploymentStatus(t.Context(), id, github.StatusSuccess, "https://example.com", "applied"))
	require.Contains(t, f.repo.Dump(), "deployment of \"Topic\" to prod by github-actions[bot]: 3 tenants\n    in_progress\n    success: applied\n")
}

func TestOneIssueForAKey(t *testing.T) {
	f := newForge(t)
	put := func(title, body string) int {
		n, err := f.PutIssue(t.Context(), "drift prod", title, body, []string{"drift"})
		require.NoError(t, err)
		return n
	}
	n := put("Drift", "one")
	require.Equal(t, n, put("Drift", "one"))
	require.Equal(t, n, put("Drift", "two"))
	keys, err := f.OpenIssues(t.Context(), "drift ")
	require.NoError(t, err)
	require.Equal(t, []string{"drift prod"}, keys)
	require.NoError(t, f.CloseIssue(t.Context(), "drift prod", "gone"))
	require.NoError(t, f.CloseIssue(t.Context(), "drift prod", "gone"))
	require.Len(t, f.repo.Comments(n), 1)
	keys, err = f.OpenIssues(t.Context(), "drift ")
	require.NoError(t, err)
	require.Empty(t, keys)
	require.Equal(t, n, put("Drift again", "three"), "opened again")
	require.Contains(t, f.repo.Dump(), "issue, open reopened: Drift again")
	require.ElementsMatch(t, []string{"drift", github.IssueLabel}, f.repo.Labels(n))
}

func zipped(t *testing.T, name, text string) []byte {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	w, err := z.Create(name)
	require.NoError(t, err)
	_, err = w.Write([]byte(text))
	require.NoError(t, err)
	require.NoError(t, z.Close())
	return b.Bytes()
}

// Whoever opens a pull request of a fork can keep an artifact of any name.
func TestArtifactsAreOurOwn(t *testing.T) {
	f := newForge(t)
	fork := f.repo.Fork("eve")
	fork.Commit("evil", "Evil", map[string]string{"a": "3\n"})
	f.repo.OpenPull(githubtest.Pull{Head: "eve:evil", Title: "Evil"})
	require.NoError(t, f.repo.AddArtifact(f.repo.PullRun(2, "opened"), "plan", zipped(t, "plan.json", "evil")))
	_, err := f.ArtifactFile(t.Context(), "plan", fork.Head("evil"), "plan.json")
	require.ErrorIs(t, err, github.ErrNotFound)

	sha := f.repo.Head("topic")
	require.NoError(t, f.repo.AddArtifact(f.repo.PullRun(1, "opened"), "plan prod, test & more", zipped(t, "plan.json", "mine")))
	text, err := f.ArtifactFile(t.Context(), "plan prod, test & more", sha, "plan.json")
	require.NoError(t, err)
	require.Equal(t, "mine", string(text))
	_, err = f.ArtifactFile(t.Context(), "plan prod, test & more", sha, "other.json")
	require.ErrorIs(t, err, github.ErrNotFound)
	_, err = f.ArtifactFile(t.Context(), "other", sha, "plan.json")
	require.ErrorIs(t, err, github.ErrNotFound)
}

func TestAppMakesItsTokens(t *testing.T) {
	f := newForge(t)
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	f.hub.AddApp(githubtest.App{ID: 7, Slug: "deployer", Key: &key.PublicKey, Installation: 9, Repos: []string{"acme/tenants"}, Permissions: map[string]string{
		"pull-requests": "write", "checks": "write", "contents": "read", "issues": "write",
	}})
	text := pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)})
	c := f.client(t, github.Options{App: &github.App{ID: 7, PrivateKey: text}})
	require.True(t, c.IsApp())
	_, err = c.PutComment(t.Context(), 1, github.Marker{V: 1, Env: "prod"}, "one")
	require.NoError(t, err)
	again, err := c.PutComment(t.Context(), 1, github.Marker{V: 1, Env: "prod"}, "two")
	require.NoError(t, err)
	require.Len(t, f.repo.Comments(1), 1)
	require.NotZero(t, again.ID)
	user, password, err := c.GitAuth(t.Context())
	require.NoError(t, err)
	require.Equal(t, "x-access-token", user)
	require.NotEmpty(t, password)

	var as []github.Annotation
	for i := range 120 {
		as = append(as, github.Annotation{Path: "estate.cue", Line: i + 1, Level: []string{"notice", "failure"}[i%2], Title: "L2", Message: "a connection"})
	}
	require.NoError(t, c.CheckRun(t.Context(), f.repo.Head("topic"), "qdeploy estate", "failure", "The estate", "120", as))
	require.Contains(t, f.repo.Dump(), "120 annotations")
}

// A fork's token may write nothing: that is said, and what kind of error it is.
func TestWhatATokenMayNot(t *testing.T) {
	f := newForge(t)
	f.hub.AddToken("weak", githubtest.Token{Kind: githubtest.Actions, Permissions: map[string]string{"pull-requests": "read"}})
	c := f.client(t, github.Options{Token: "weak"})
	_, err := c.PutComment(t.Context(), 1, github.Marker{V: 1, Env: "prod"}, "one")
	require.ErrorIs(t, err, github.ErrForbidden)
	require.ErrorContains(t, err, "comment of #1: 403 Resource not accessible by integration")
	require.NotContains(t, err.Error(), "weak")
}
