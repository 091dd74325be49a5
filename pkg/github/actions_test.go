package github

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestOutputsCannotSetOthers(t *testing.T) {
	r := &Run{output: filepath.Join(t.TempDir(), "output")}
	require.NoError(t, r.Output("digest", "abc\nother<<x\ny\nx"))
	b, err := os.ReadFile(r.output)
	require.NoError(t, err)
	m := regexp.MustCompile(`^digest<<(end-\w{20,})\nabc\nother<<x\ny\nx\n(end-\w+)\n$`).FindStringSubmatch(string(b))
	require.NotNil(t, m, string(b))
	require.Equal(t, m[1], m[2])
	for _, name := range []string{"", "a=b", "a\nb", "a<<b"} {
		require.Error(t, r.Output(name, ""))
	}
	require.NoError(t, (&Run{}).Output("x", "y"), "there is no place for it")
}

func TestSummariesAreCutAtALine(t *testing.T) {
	r := &Run{summary: filepath.Join(t.TempDir(), "summary")}
	require.NoError(t, r.WriteSummary(strings.Repeat("0123456789abcde\n", 1<<17)))
	b, err := os.ReadFile(r.summary)
	require.NoError(t, err)
	require.Less(t, len(b), 1<<20)
	require.True(t, strings.HasSuffix(string(b), "abcde\n\n\n… cut: GitHub shows a mebibyte of a summary.\n\n"), string(b[len(b)-100:]))
	require.NoError(t, r.WriteSummary(strings.Repeat("more\n", 1000)))
	b, err = os.ReadFile(r.summary)
	require.NoError(t, err)
	require.Less(t, len(b), 1<<20, "what the step said before counts")
}

func TestQuotedTextIsNoCommand(t *testing.T) {
	var b bytes.Buffer
	w, end := Quote(&b)
	fmt.Fprint(w, "::add-mask::x\nlast")
	require.NoError(t, end())
	require.Regexp(t, `^::stop-commands::(\w{20,})\n::add-mask::x\nlast\n::\w{20,}::\n$`, b.String())
	b.Reset()
	_, end = Quote(&b)
	require.NoError(t, end())
	require.Empty(t, b.String(), "what says nothing stays silent")
}

func TestOptionsFromEnv(t *testing.T) {
	env := func(pairs ...string) func(string) string {
		return func(name string) string {
			for i := 0; i < len(pairs); i += 2 {
				if pairs[i] == name {
					return pairs[i+1]
				}
			}
			return ""
		}
	}
	_, err := OptionsFromEnv(env("QDEPLOY_GITHUB_APP_ID", "7"))
	require.ErrorContains(t, err, "go together")
	_, err = OptionsFromEnv(env("QDEPLOY_GITHUB_APP_ID", "x", "QDEPLOY_GITHUB_APP_KEY", canary))
	require.ErrorContains(t, err, "not a number")
	require.NotContains(t, err.Error(), canary)
	o, err := OptionsFromEnv(env("QDEPLOY_GITHUB_APP_ID", "7", "QDEPLOY_GITHUB_APP_KEY", canary, "GITHUB_API_URL", "https://api.github.com", "GITHUB_REPOSITORY", "a/b"))
	require.NoError(t, err)
	_, err = New(o)
	require.ErrorContains(t, err, "not a PEM")
	require.NotContains(t, err.Error(), canary)
	_, err = New(Options{Repository: "a/b", APIURL: "https://api.github.com"})
	require.ErrorContains(t, err, "there is no token")
	_, err = RunFromEnv(env("GITHUB_ACTIONS", "true", "GITHUB_EVENT_NAME", "push", "GITHUB_REPOSITORY", "a/b", "GITHUB_SERVER_URL", "https://x", "GITHUB_EVENT_PATH", "/none"))
	require.ErrorContains(t, err, "GITHUB_EVENT_PATH")
	_, err = RunFromEnv(env("GITHUB_ACTIONS", "true"))
	require.ErrorContains(t, err, "is not set")
}
