package github

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestMarkerIsFoundAgain(t *testing.T) {
	for _, m := range []Marker{
		{V: 1, Env: "prod", Root: "9f3c", Head: "77b1", Base: "41ac", Run: 12, State: "planned"},
		{V: 1, Env: `--> <script> --!> "\u003e" -`},
		{V: 1},
	} {
		line := m.String()
		require.NotContains(t, strings.TrimSuffix(line, markerEnd), "-->")
		require.NotContains(t, strings.TrimPrefix(strings.TrimSuffix(line, markerEnd), markerStart), "--")
		got, ok := ParseMarker(line + "\r\nbody")
		require.True(t, ok, line)
		require.Equal(t, m, got)
	}
	for _, body := range []string{"", "text", "text\n" + Marker{V: 1}.String(), `<!-- qdeploy {"v":2} -->`, "<!-- qdeploy {} -->", "<!-- qdeploy {", "<!-- qdeploy -->"} {
		_, ok := ParseMarker(body)
		require.False(t, ok, body)
	}
	key, ok := parseKey(keyMarker{1, "drift prod -- >"}.String() + "\nbody")
	require.True(t, ok)
	require.Equal(t, "drift prod -- >", key)
}

func FuzzParseMarker(f *testing.F) {
	f.Add(Marker{V: 1, Env: "prod", Root: "abc"}.String() + "\nbody")
	f.Add(`<!-- qdeploy {"v":1,"env":"--\u003e"} -->`)
	f.Fuzz(func(t *testing.T, body string) {
		m, ok := ParseMarker(body)
		if !ok {
			return
		}
		again, ok := ParseMarker(m.String())
		if !ok || again != m {
			t.Fatalf("%+v is read again as %+v, %v", m, again, ok)
		}
	})
}

func FuzzEvent(f *testing.F) {
	f.Add([]byte(`{"number":7,"pull_request":{"number":7,"head":{"sha":"a","repo":{"full_name":"acme/tenants"}},"base":{"sha":"b"}}}`))
	f.Add([]byte(`{"before":"0000","after":"1"}`))
	f.Add([]byte(`{"merge_group":{"base_sha":"x"}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		r := &Run{Event: "pull_request", Repository: "acme/tenants"}
		if r.read(text) == nil && r.PullRequest != nil && r.PullRequest.Head == "" {
			t.Fatal("a pull request without a commit")
		}
	})
}

func TestEventsOfForks(t *testing.T) {
	for repo, fork := range map[string]bool{`{"full_name":"acme/tenants"}`: false, `{"full_name":"Acme/Tenants"}`: false, `{"full_name":"eve/tenants"}`: true, `null`: true} {
		r := &Run{Repository: "acme/tenants"}
		require.NoError(t, r.read([]byte(`{"pull_request":{"number":1,"head":{"sha":"a","repo":`+repo+`},"base":{"sha":"b"}}}`)))
		require.Equal(t, fork, r.PullRequest.Fork, repo)
	}
	r := &Run{}
	require.ErrorContains(t, r.read([]byte(`{"pull_request":{}}`)), "which pull request")
	require.ErrorContains(t, r.read([]byte(`[]`)), "not JSON of an event")
}

func TestTextIsSafe(t *testing.T) {
	require.Equal(t, "a\ufffdb\ufffdc", Text("a\u202eb\x1bc"))
	require.Equal(t, "by &#64;jo in &#35;1 &lt;b\\> \\[x\\]\\(y\\)", Text("by @jo\n in #1 <b> [x](y)"))
	require.Equal(t, "````text\n```\n<! -- x\n````\n", Fence("text", "```\n<!-- x"))
}
