package github_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/qdeploy/qdeploy/pkg/github"
	"github.com/qdeploy/qdeploy/pkg/github/githubtest"
)

// promotion is a pull request to open, whose branch is there.
func (f *forge) promotion() github.Proposal {
	f.repo.Commit("qdeploy/promote/prod", "Promote", map[string]string{"a": "3\n"})
	return github.Proposal{Branch: "qdeploy/promote/prod", Base: "main", Title: "Promote", Body: "why\n", Labels: []string{"promotion"}}
}

func TestOnePullRequestIsKept(t *testing.T) {
	f := newForge(t)
	p := f.promotion()
	pr, made, err := f.PutPullRequest(t.Context(), p)
	require.NoError(t, err)
	require.True(t, made)
	require.Equal(t, []any{2, "qdeploy/promote/prod", "main", "Promote", "why\n", f.repo.Head("qdeploy/promote/prod"), "github-actions[bot]", []string{"promotion"}},
		[]any{pr.Number, pr.HeadRef, pr.BaseRef, pr.Title, pr.Body, pr.Head, pr.Author, pr.Labels})
	require.Contains(t, pr.URL, "/pull/2")
	require.Equal(t, []string{"promotion"}, f.repo.Labels(2))

	f.writes()
	again, made, err := f.PutPullRequest(t.Context(), p)
	require.NoError(t, err)
	require.False(t, made)
	require.Equal(t, pr, again)
	require.Empty(t, f.writes(), "nothing is written twice")

	p.Body, p.Labels = "why not", []string{"Promotion", "urgent"}
	again, made, err = f.PutPullRequest(t.Context(), p)
	require.NoError(t, err)
	require.False(t, made)
	require.Equal(t, []any{2, "why not", []string{"promotion", "urgent"}}, []any{again.Number, again.Body, again.Labels})
	require.Equal(t, []string{"PATCH /pulls/2", "POST /labels", "POST /issues/2/labels"}, f.writes())

	p.Labels = []string{"late"}
	p.Title = strings.Repeat("ä ", 200)
	f.mood(t, "cut-after=POST:/repos/*/*/issues/*/labels:1")
	again, _, err = f.PutPullRequest(t.Context(), p)
	require.NoError(t, err)
	require.Equal(t, []string{"promotion", "urgent", "late"}, again.Labels)
	f.writes()
	_, _, err = f.PutPullRequest(t.Context(), p)
	require.NoError(t, err)
	require.Empty(t, f.writes(), "a title that is cut is the same")

	require.NoError(t, f.ClosePullRequest(t.Context(), 2, ""))
	again, made, err = f.PutPullRequest(t.Context(), p)
	require.NoError(t, err)
	require.True(t, made, "what is closed stays closed")
	require.Equal(t, 3, again.Number)
}

// A form of GitHub's pages ends lines with CR and LF.
func TestATextThatWasSavedAgainIsTheSame(t *testing.T) {
	f := newForge(t)
	p := f.promotion()
	f.repo.OpenPull(githubtest.Pull{Head: p.Branch, Title: p.Title, Body: "one\r\ntwo"})
	p.Body, p.Labels = "one\ntwo\n", nil
	_, made, err := f.PutPullRequest(t.Context(), p)
	require.NoError(t, err)
	require.False(t, made)
	require.Empty(t, f.writes())
}

func TestPullRequestsInTrouble(t *testing.T) {
	for _, mood := range []string{
		"fail-after=POST:/repos/*/*/pulls:1",
		"cut-after=POST:/repos/*/*/pulls:1",
		"fail-before=POST:/repos/*/*/pulls:1",
		"cut-before=POST:/repos/*/*/pulls:1",
		"secondary-403=POST:/repos/*/*/pulls:2",
		"primary-429=POST:/repos/*/*/pulls:1",
		"bare-429=POST:/repos/*/*/pulls:1",
		"fail-before=GET:/repos/*/*/pulls:2",
		"secondary-429=GET:/repos/*/*/pulls:1",
	} {
		t.Run(mood, func(t *testing.T) {
			f := newForge(t)
			p := f.promotion()
			p.Labels = nil
			f.mood(t, mood)
			pr, made, err := f.PutPullRequest(t.Context(), p)
			require.NoError(t, err)
			require.True(t, made)
			require.Equal(t, 2, pr.Number)
			require.Len(t, f.repo.Issues(), 2)

			f.mood(t, "secondary-403=PATCH:/repos/*/*/pulls/*:1 cut-after=PATCH:/repos/*/*/pulls/*:1")
			p.Body = "more"
			pr, made, err = f.PutPullRequest(t.Context(), p)
			require.NoError(t, err)
			require.False(t, made)
			require.Equal(t, "more", pr.Body)
		})
	}
}

// Another job may be faster.
func TestAPullRequestThatAnotherJobMakes(t *testing.T) {
	f := newForge(t)
	p := f.promotion()
	_, err := github.Propose(t.Context(), f.Client, p)
	require.NoError(t, err)
	made, err := github.Propose(t.Context(), f.Client, p)
	require.NoError(t, err)
	require.False(t, made)
	require.Equal(t, []string{"POST /pulls", "POST /pulls 422"}, f.writes())
}

// Only that is asked again what may have been done.
func TestAPullRequestThatIsRefused(t *testing.T) {
	f := newForge(t)
	p := f.promotion()
	p.Base = "nowhere"
	_, made, err := f.PutPullRequest(t.Context(), p)
	require.ErrorContains(t, err, "github: pull request of qdeploy/promote/prod: 422 Validation Failed")
	require.False(t, made)
	require.Equal(t, []string{"POST /pulls 422"}, f.writes())
}

func TestAPullRequestThatMayNotBeMade(t *testing.T) {
	f := newForge(t)
	p := f.promotion()
	f.mood(t, "no-actions-pulls")
	_, _, err := f.PutPullRequest(t.Context(), p)
	require.ErrorIs(t, err, github.ErrForbidden)
	require.EqualError(t, err, "github: pull request of qdeploy/promote/prod: 403 GitHub Actions is not permitted to create or approve pull requests.; "+
		`allow it under Settings → Actions → General → "Allow GitHub Actions to create and approve pull requests", or act as a GitHub App with QDEPLOY_GITHUB_APP_ID and QDEPLOY_GITHUB_APP_KEY`)
	require.Equal(t, []string{"POST /pulls 403"}, f.writes())

	f.hub.AddToken("weak", githubtest.Token{Kind: githubtest.Actions, Permissions: map[string]string{"pull-requests": "read"}})
	f.Client = f.client(t, github.Options{Token: "weak"})
	f.mood(t, "")
	_, _, err = f.PutPullRequest(t.Context(), p)
	require.ErrorIs(t, err, github.ErrForbidden)
	require.ErrorContains(t, err, "403 Resource not accessible by integration; the job needs permissions: pull-requests: write")

	key, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	f.hub.AddApp(githubtest.App{ID: 7, Slug: "deployer", Key: &key.PublicKey, Installation: 9, Repos: []string{"acme/tenants"}, Permissions: map[string]string{"pull-requests": "write", "issues": "write"}})
	f.mood(t, "no-actions-pulls")
	f.Client = f.client(t, github.Options{App: &github.App{ID: 7, PrivateKey: pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)})}})
	pr, made, err := f.PutPullRequest(t.Context(), p)
	require.NoError(t, err, "the setting is about Actions alone")
	require.True(t, made)
	require.Equal(t, "deployer[bot]", pr.Author)
}

func TestOpenPullRequestsOfBranches(t *testing.T) {
	f := newForge(t)
	f.repo.Fork("eve").Commit("qdeploy/promote/evil", "Evil", map[string]string{"a": "9\n"})
	f.repo.OpenPull(githubtest.Pull{Head: "eve:qdeploy/promote/evil", Title: "Evil"})
	for _, name := range []string{"test", "prod"} {
		f.repo.Commit("qdeploy/promote/"+name, "Promote", map[string]string{"a": name})
		f.repo.OpenPull(githubtest.Pull{Head: "qdeploy/promote/" + name, Title: "To " + name, Body: "for " + name, Author: "ann"})
	}
	got, err := f.OpenPullRequests(t.Context(), "qdeploy/promote/")
	require.NoError(t, err)
	require.Len(t, got, 2)
	require.Equal(t, []any{3, "qdeploy/promote/test", "To test", "for test", "ann", f.site.Web + "/acme/tenants/pull/3"},
		[]any{got[0].Number, got[0].HeadRef, got[0].Title, got[0].Body, got[0].Author, got[0].URL})
	require.Equal(t, 4, got[1].Number)

	merged := f.repo.Merge(3, "bob")
	got, err = f.OpenPullRequests(t.Context(), "qdeploy/promote/")
	require.NoError(t, err)
	require.Len(t, got, 1)
	pr, err := f.PullRequest(t.Context(), 3)
	require.NoError(t, err)
	require.Equal(t, []any{true, "bob", merged}, []any{pr.Merged, pr.MergedBy, pr.MergeCommit})
	require.False(t, pr.MergedAt.IsZero())
	require.Empty(t, f.writes())
	_, err = f.PullRequest(t.Context(), 9)
	require.ErrorIs(t, err, github.ErrNotFound)
}

func TestAPullRequestIsClosedOnce(t *testing.T) {
	f := newForge(t)
	f.repo.AddComment(1, "ann", "superseded")
	f.mood(t, "cut-after=POST:/repos/*/*/issues/*/comments:1 forbidden=PATCH:/repos/*/*/pulls/*:1")
	require.ErrorIs(t, f.ClosePullRequest(t.Context(), 1, "superseded"), github.ErrForbidden)
	for range 2 {
		require.NoError(t, f.ClosePullRequest(t.Context(), 1, "superseded"))
	}
	require.Len(t, f.repo.Comments(1), 2, "what was said is not said again")
	require.Equal(t, "closed", f.repo.Issues()[0].State)
	require.Equal(t, []string{"POST /issues/1/comments", "PATCH /pulls/1 403", "PATCH /pulls/1"}, f.writes())
	require.ErrorIs(t, f.ClosePullRequest(t.Context(), 9, "x"), github.ErrNotFound)
}

func TestApprovalsAreLastWords(t *testing.T) {
	f := newForge(t)
	for _, r := range [][2]string{
		{"ann", "APPROVED"}, {"bob", "APPROVED"}, {"bob", "COMMENTED"}, {"cid", "APPROVED"}, {"cid", "CHANGES_REQUESTED"},
		{"dan", "CHANGES_REQUESTED"}, {"dan", "APPROVED"}, {"eve", "APPROVED"}, {"eve", "DISMISSED"}, {"fay", "COMMENTED"},
		{"gus", "APPROVED"}, {"gus", "DISMISSED"}, {"gus", "APPROVED"}, {"ida", "APPROVED"}, {"ida", "APPROVED"}, {"ida", "DISMISSED"}, {"github-actions[bot]", "APPROVED"},
	} {
		f.repo.AddReview(1, r[0], r[1])
	}
	head := f.repo.Head("topic")
	f.repo.Commit("topic", "More", map[string]string{"a": "4\n"})
	for range 120 {
		f.repo.AddReview(1, "hal", "COMMENTED")
	}
	f.repo.AddReview(1, "ann", "CHANGES_REQUESTED")
	got, err := f.Approvals(t.Context(), 1)
	require.NoError(t, err)
	var names []string
	for _, a := range got {
		require.False(t, a.At.IsZero())
		require.Equal(t, head, a.Commit)
		names = append(names, a.Login)
	}
	require.ElementsMatch(t, []string{"bob", "dan", "gus"}, names)
	_, err = f.Approvals(t.Context(), 9)
	require.ErrorIs(t, err, github.ErrNotFound)
}
