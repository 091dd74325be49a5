package github_test

import (
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/qdeploy/qdeploy/pkg/github"
	"github.com/qdeploy/qdeploy/pkg/github/githubtest"
)

// mayWrite gives the client a token that may write contents.
func (f *forge) mayWrite(t *testing.T) {
	f.hub.AddToken("wr1te", githubtest.Token{Kind: githubtest.Actions, Permissions: map[string]string{"contents": "write"}})
	f.Client = f.client(t, github.Options{Token: "wr1te"})
}

// published is a release to publish.
func (f *forge) published() github.Release {
	return github.Release{
		Tag: "release/2026.11.25.1", Commit: f.repo.Head("main"), Name: "prod", Body: "what is in it\n",
		Assets: map[string][]byte{"manifest.json": []byte("{}"), "plan.txt": []byte("nothing")},
	}
}

func TestOneReleaseIsKept(t *testing.T) {
	f := newForge(t)
	f.mayWrite(t)
	r := f.published()
	url, made, err := f.PutRelease(t.Context(), r)
	require.NoError(t, err)
	require.True(t, made)
	require.Contains(t, url, "/releases/tag/release/2026.11.25.1")
	require.Len(t, f.writes(), 4, "a draft, two files, and then it is published")
	want := []githubtest.Release{{Tag: r.Tag, Name: "prod", Body: r.Body, Author: "github-actions[bot]", Assets: r.Assets}}
	require.Equal(t, want, f.repo.Releases())

	again, made, err := f.PutRelease(t.Context(), r)
	require.NoError(t, err)
	require.False(t, made)
	require.Equal(t, url, again)
	require.Empty(t, f.writes())

	r.Prerelease, r.Body = true, "more is in it"
	r.Assets = map[string][]byte{"manifest.json": []byte("[]")}
	_, made, err = f.PutRelease(t.Context(), r)
	require.NoError(t, err)
	require.False(t, made)
	got := f.repo.Releases()
	require.Len(t, got, 1)
	require.True(t, got[0].Prerelease)
	require.Equal(t, "more is in it", got[0].Body)
	require.Equal(t, "[]", string(got[0].Assets["manifest.json"]), "of the same size, but another")
	require.Len(t, got[0].Assets, 2)
	require.Len(t, f.writes(), 3)

	r.Prerelease = false
	_, _, err = f.PutRelease(t.Context(), r)
	require.NoError(t, err)
	require.False(t, f.repo.Releases()[0].Prerelease)
	require.Len(t, f.writes(), 1)
}

// A run that was cut short leaves a draft, which the next one finishes; what one
// lost answer says is found out at once.
func TestReleasesInTrouble(t *testing.T) {
	for mood, fails := range map[string]bool{
		"fail-after=POST:/repos/*/*/releases:1":               false,
		"cut-before=POST:/repos/*/*/releases:1":               false,
		"fail-before=POST:/repos/*/*/releases:9":              true,
		"cut-after=POST:/repos/*/*/releases/*/assets:1":       false,
		"fail-half=POST:/repos/*/*/releases/*/assets:1":       false,
		"fail-before=POST:/repos/*/*/releases/*/assets:1":     false,
		"fail-half=POST:/repos/*/*/releases/*/assets:9":       true,
		"secondary-403=POST:/repos/*/*/releases/*/assets:3":   false,
		"bare-429=POST:/repos/*/*/releases:1":                 false,
		"cut-after=PATCH:/repos/*/*/releases/*:1":             false,
		"fail-before=PATCH:/repos/*/*/releases/*:9":           true,
		"forbidden=PATCH:/repos/*/*/releases/*:1":             true,
		"secondary-429=GET:/repos/*/*/releases/tags/*/*:2":    false,
		"fail-before=GET:/repos/*/*/releases:1 wait=1":        false,
		"cut-after=POST:/repos/*/*/releases:1 wait=1":         false,
		"primary-403=PATCH:/repos/*/*/releases/*:1 wait=1200": true,
	} {
		t.Run(mood, func(t *testing.T) {
			f := newForge(t)
			f.mayWrite(t)
			r := f.published()
			f.mood(t, mood)
			_, made, err := f.PutRelease(t.Context(), r)
			if fails {
				require.Error(t, err)
				for _, one := range f.repo.Releases() {
					require.True(t, one.Draft, "nobody sees half of it")
				}
				f.mood(t, "")
				f.Client = f.client(t, github.Options{Token: "wr1te"})
				_, made, err = f.PutRelease(t.Context(), r)
			}
			require.NoError(t, err)
			require.True(t, made)
			require.Equal(t, []githubtest.Release{{Tag: r.Tag, Name: "prod", Body: r.Body, Author: "github-actions[bot]", Assets: r.Assets}}, f.repo.Releases())
			f.mood(t, "")
			f.writes()
			_, made, err = f.PutRelease(t.Context(), r)
			require.NoError(t, err)
			require.False(t, made)
			require.Empty(t, f.writes())
		})
	}
}

// A GITHUB_TOKEN never gets the permission to change workflows.
func TestAReleaseThatMayNotBeMade(t *testing.T) {
	f := newForge(t)
	r := f.published()
	_, _, err := f.PutRelease(t.Context(), r)
	require.ErrorIs(t, err, github.ErrForbidden)
	require.ErrorContains(t, err, "github: release release/2026.11.25.1: 403 Resource not accessible by integration; the job needs permissions: contents: write")
	f.mayWrite(t)
	r.Commit = f.repo.Commit("topic", "Workflows", map[string]string{".github/workflows/x.yml": "on: push\n"})
	_, _, err = f.PutRelease(t.Context(), r)
	require.ErrorIs(t, err, github.ErrNotFound)
	require.ErrorContains(t, err, "404 Not Found; the job needs")
	require.ErrorContains(t, err, "can only be released by a GitHub App with Workflows: write")
	require.Empty(t, f.repo.Releases())

	r.Assets = map[string][]byte{"the plan.txt": []byte("x")}
	_, _, err = f.PutRelease(t.Context(), r)
	require.ErrorContains(t, err, `GitHub does not keep "the plan.txt" as the name of a file`)
	r.Assets = map[string][]byte{"plan.txt": nil}
	_, _, err = f.PutRelease(t.Context(), r)
	require.ErrorContains(t, err, "plan.txt is empty")
}

// What somebody else prepares is not ours to publish.
func TestADraftOfSomebodyElse(t *testing.T) {
	f := newForge(t)
	f.hub.AddToken("ann", githubtest.Token{Kind: githubtest.AppToken, Login: "ann", Permissions: map[string]string{"contents": "write"}})
	r := f.published()
	f.mood(t, "fail-before=PATCH:/repos/*/*/releases/*:9")
	_, _, err := f.client(t, github.Options{Token: "ann"}).PutRelease(t.Context(), r)
	require.Error(t, err)
	f.mood(t, "")
	f.mayWrite(t)
	_, made, err := f.PutRelease(t.Context(), r)
	require.NoError(t, err)
	require.True(t, made)
	got := f.repo.Releases()
	require.Equal(t, []any{2, true, false}, []any{len(got), got[0].Draft, got[1].Draft})
}

func TestReleasesOfAPrefix(t *testing.T) {
	f := newForge(t)
	f.mayWrite(t)
	for _, r := range []github.Release{{Tag: "release/1", Name: "One"}, {Tag: "other/1"}, {Tag: "release/2", Name: "Two", Body: "both"}, {Tag: "release/3", Prerelease: true}} {
		r.Commit = f.repo.Head("main")
		_, _, err := f.PutRelease(t.Context(), r)
		require.NoError(t, err)
	}
	f.mood(t, "fail-before=PATCH:/repos/*/*/releases/*:9")
	_, _, err := f.PutRelease(t.Context(), github.Release{Tag: "release/4", Commit: f.repo.Head("main")})
	require.Error(t, err)
	f.mood(t, "")
	got, err := f.Releases(t.Context(), "release/")
	require.NoError(t, err)
	var tags []string
	for _, r := range got {
		require.False(t, r.Published.IsZero())
		tags = append(tags, r.Tag)
	}
	require.Equal(t, []string{"release/3", "release/2", "release/1"}, tags)
	require.Equal(t, []any{"Two", "both", f.repo.Head("main"), f.site.Web + "/acme/tenants/releases/tag/release/2"},
		[]any{got[1].Name, got[1].Body, got[1].Commit, got[1].URL})
}

func TestWhoStartsARun(t *testing.T) {
	f := newForge(t)
	r := f.read(t, f.repo.DispatchRun("deploy", map[string]string{"ref": "main"}, "ann"))
	require.Equal(t, []any{"deploy", "ann"}, []any{r.Action, r.Actor})
	r = f.read(t, f.repo.ManualRun("topic", map[string]string{"app": "Sales", "force": "true"}, "ann"))
	require.Equal(t, []any{f.repo.Head("topic"), "refs/heads/topic"}, []any{r.SHA, r.Ref})
}

func TestWhereUploadsGo(t *testing.T) {
	for _, c := range []struct{ api, template, want string }{
		{"https://api.github.com/", "https://uploads.github.com/repos/a/b/releases/1/assets{?name,label}", "https://uploads.github.com/repos/a/b/releases/1/assets?name=a.json"},
		{"https://ghe.example/api/v3/", "https://ghe.example/api/uploads/repos/a/b/releases/1/assets{?name,label}", "https://ghe.example/api/uploads/repos/a/b/releases/1/assets?name=a.json"},
		{"https://api.acme.ghe.com/", "https://uploads.acme.ghe.com/repos/a/b/releases/1/assets{?name,label}", "https://uploads.acme.ghe.com/repos/a/b/releases/1/assets?name=a.json"},
		{"https://api.github.com/", "https://evil.example/repos/a/b/releases/1/assets{?name,label}", ""},
		{"https://api.github.com/", "http://uploads.github.com/x", ""},
		{"https://api.github.com/", "", ""},
	} {
		api, err := url.Parse(c.api)
		require.NoError(t, err)
		got, err := github.UploadURL(api, c.template, "a.json")
		require.Equal(t, c.want, got)
		require.Equal(t, c.want == "", err != nil)
	}
}
