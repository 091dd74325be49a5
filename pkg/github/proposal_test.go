package github_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/qdeploy/qdeploy/pkg/github"
	"github.com/qdeploy/qdeploy/pkg/github/githubtest"
)

func TestOnePullRequestIsKept(t *testing.T) {
	f := newForge(t)
	f.repo.Commit("qdeploy/promote/prod", "Promote", map[string]string{"a": "3\n"})
	p := github.Proposal{Branch: "qdeploy/promote/prod", Base: "main", Title: "Promote", Body: "why", Labels: []string{"promotion"}}
	pr, made, err := f.PutPullRequest(t.Context(), p)
	require.NoError(t, err)
	require.True(t, made)
	require.Equal(t, "qdeploy/promote/prod", pr.HeadRef)
	require.Contains(t, pr.URL, "/pull/2")
	require.Equal(t, []string{"promotion"}, f.repo.Labels(2))

	before := f.repo.Dump()
	again, made, err := f.PutPullRequest(t.Context(), p)
	require.NoError(t, err)
	require.False(t, made)
	require.Equal(t, pr.Number, again.Number)
	require.Equal(t, before, f.repo.Dump(), "nothing is written twice")

	p.Body = "why not"
	again, _, err = f.PutPullRequest(t.Context(), p)
	require.NoError(t, err)
	require.Equal(t, 2, again.Number)
	require.Contains(t, f.repo.Dump(), "why not")

	require.NoError(t, f.ClosePullRequest(t.Context(), 2, "There is nothing left to promote."))
	require.NoError(t, f.ClosePullRequest(t.Context(), 2, "said once"))
	require.NotContains(t, f.repo.Dump(), "said once")
	again, made, err = f.PutPullRequest(t.Context(), p)
	require.NoError(t, err)
	require.True(t, made, "what is closed stays closed")
	require.Equal(t, 3, again.Number)
}

func TestAPullRequestWhoseReplyIsLostIsNotMadeTwice(t *testing.T) {
	f := newForge(t)
	f.repo.Commit("branch", "A change", map[string]string{"a": "3\n"})
	f.mood(t, "fail-after=POST:/repos/*/*/pulls:1")
	pr, _, err := f.PutPullRequest(t.Context(), github.Proposal{Branch: "branch", Base: "main", Title: "A change", Body: "why"})
	require.NoError(t, err)
	require.Equal(t, 2, pr.Number)
}

func TestAPullRequestThatMayNotBeMade(t *testing.T) {
	f := newForge(t)
	f.repo.Commit("branch", "A change", map[string]string{"a": "3\n"})
	f.mood(t, "forbidden=POST:/repos/*/*/pulls:9")
	_, _, err := f.PutPullRequest(t.Context(), github.Proposal{Branch: "branch", Base: "main", Title: "A change"})
	require.ErrorIs(t, err, github.ErrForbidden)
	require.ErrorContains(t, err, "Allow GitHub Actions to create and approve pull requests")
}

func TestApprovalsAreLastWords(t *testing.T) {
	f := newForge(t)
	for _, r := range [][2]string{
		{"ann", "APPROVED"}, {"bob", "APPROVED"}, {"bob", "COMMENTED"}, {"cid", "APPROVED"}, {"cid", "CHANGES_REQUESTED"},
		{"dan", "CHANGES_REQUESTED"}, {"dan", "APPROVED"}, {"eve", "DISMISSED"}, {"fay", "COMMENTED"},
	} {
		f.repo.AddReview(1, r[0], r[1])
	}
	got, err := f.Approvals(t.Context(), 1)
	require.NoError(t, err)
	var names []string
	for _, a := range got {
		require.False(t, a.At.IsZero())
		names = append(names, a.Login)
	}
	require.Equal(t, []string{"ann", "bob", "dan"}, names)
}

// mayWrite gives the client a token that may write contents.
func (f *forge) mayWrite(t *testing.T) {
	f.hub.AddToken("wr1te", githubtest.Token{Kind: githubtest.Actions, Permissions: map[string]string{"contents": "write"}})
	f.Client = f.client(t, github.Options{Token: "wr1te"})
}

func TestOneReleaseIsKept(t *testing.T) {
	f := newForge(t)
	f.mayWrite(t)
	r := github.Release{Tag: "release/2026.11.25.1", Commit: f.repo.Head("main"), Name: "prod", Body: "what is in it", Assets: map[string][]byte{"manifest.json": []byte("{}")}}
	url, made, err := f.PutRelease(t.Context(), r)
	require.NoError(t, err)
	require.True(t, made)
	require.Contains(t, url, "/releases/tag/release/2026.11.25.1")
	want := []githubtest.Release{{Tag: r.Tag, Name: "prod", Body: "what is in it", Author: "github-actions[bot]", Assets: r.Assets}}
	require.Equal(t, want, f.repo.Releases())

	_, made, err = f.PutRelease(t.Context(), r)
	require.NoError(t, err)
	require.False(t, made)
	require.Equal(t, want, f.repo.Releases())

	r.Assets = map[string][]byte{"manifest.json": []byte("[]")}
	_, _, err = f.PutRelease(t.Context(), r)
	require.NoError(t, err)
	require.Equal(t, "[]", string(f.repo.Releases()[0].Assets["manifest.json"]), "of the same size, but another")
}

func TestAReleaseThatWasCutShortIsFinished(t *testing.T) {
	for _, mood := range []string{"fail-after=POST:/repos/*/*/releases:1", "fail-before=POST:/repos/*/*/releases/*/assets:9", "fail-before=PATCH:/repos/*/*/releases/*:9"} {
		t.Run(mood, func(t *testing.T) {
			f := newForge(t)
			f.mayWrite(t)
			r := github.Release{Tag: "v1.0.0", Commit: f.repo.Head("main"), Name: "prod", Body: "x", Assets: map[string][]byte{"manifest.json": []byte("{}")}}
			f.mood(t, mood)
			_, _, err := f.PutRelease(t.Context(), r)
			if err != nil {
				for _, one := range f.repo.Releases() {
					require.True(t, one.Draft, "nobody sees half of it")
				}
			}
			f.mood(t, "")
			_, _, err = f.PutRelease(t.Context(), r)
			require.NoError(t, err)
			require.Len(t, f.repo.Releases(), 1)
			require.False(t, f.repo.Releases()[0].Draft)
			require.Equal(t, "{}", string(f.repo.Releases()[0].Assets["manifest.json"]))
		})
	}
}
