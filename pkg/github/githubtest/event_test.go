package githubtest_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/qdeploy/qdeploy/pkg/github/githubtest"
)

// step is what a step of a workflow would find.
func (l *lab) step(run *githubtest.Run) (env map[string]string, event object) {
	l.Helper()
	list, err := run.Environ(githubtest.Enterprise("http://hub.example"), l.TempDir())
	require.NoError(l, err)
	env = map[string]string{}
	for _, pair := range list {
		name, value, _ := strings.Cut(pair, "=")
		env[name] = value
	}
	b, err := os.ReadFile(env["GITHUB_EVENT_PATH"])
	require.NoError(l, err)
	require.NoError(l, json.Unmarshal(b, &event))
	for _, name := range []string{"GITHUB_STEP_SUMMARY", "GITHUB_OUTPUT", "GITHUB_ENV"} {
		require.FileExists(l, env[name])
	}
	return env, event
}

// at walks an event along keys.
func at(v any, keys ...string) any {
	for _, k := range keys {
		v, _ = v.(map[string]any)[k]
	}
	return v
}

func TestPullEvent(t *testing.T) {
	l := newLab(t)
	n, first := l.topic("topic")
	env, event := l.step(l.repo.PullRun(n, "opened"))
	l.must(l.repo.Dir(), "cat-file", "-e", env["GITHUB_SHA"]) // the merge commit
	require.Equal(t, l.repo.Head("main")+" "+first, l.must(l.repo.Dir(), "show", "-s", "--format=%P", env["GITHUB_SHA"]))
	for name, want := range map[string]string{
		"GITHUB_API_URL": "http://hub.example/api/v3", "GITHUB_SERVER_URL": "http://hub.example", "GITHUB_GRAPHQL_URL": "http://hub.example/api/graphql",
		"GITHUB_REPOSITORY": "acme/tenants", "GITHUB_EVENT_NAME": "pull_request", "GITHUB_REF": "refs/pull/1/merge", "GITHUB_REF_NAME": "1/merge",
		"GITHUB_HEAD_REF": "topic", "GITHUB_BASE_REF": "main", "GITHUB_RUN_ATTEMPT": "1", "GITHUB_ACTOR": "acme", "GITHUB_WORKFLOW": "pull_request", "GITHUB_JOB": "qdeploy",
		"GITHUB_WORKFLOW_REF": "acme/tenants/.github/workflows/plan.yml@refs/pull/1/merge",
	} {
		require.Equal(t, want, env[name], name)
	}
	require.Equal(t, []any{"opened", 1.0, first, "main", "acme/tenants", "acme"}, []any{
		event["action"], event["number"], at(event, "pull_request", "head", "sha"), at(event, "pull_request", "base", "ref"),
		at(event, "repository", "full_name"), at(event, "sender", "login"),
	})

	second := l.repo.Commit("topic", "More", map[string]string{"topic.txt": "newer\n"})
	run := l.repo.PullRun(n, "synchronize")
	_, event = l.step(run)
	require.Equal(t, []any{first, second, second}, []any{event["before"], event["after"], at(event, "pull_request", "head", "sha")})
	run.Again()
	env, _ = l.step(run)
	require.Equal(t, "2", env["GITHUB_RUN_ATTEMPT"])

	l.repo.AddLabel(n, "qdeploy/allow", "ann")
	_, event = l.step(l.repo.PullRun(n, "labeled", "qdeploy/allow"))
	require.Equal(t, "qdeploy/allow", at(event, "label", "name"))

	merged := l.repo.Merge(n, "acme")
	env, event = l.step(l.repo.PullRun(n, "closed"))
	require.Equal(t, []any{merged, true, merged}, []any{env["GITHUB_SHA"], at(event, "pull_request", "merged"), at(event, "pull_request", "merge_commit_sha")})
}

func TestOtherEvents(t *testing.T) {
	l := newLab(t)
	n, head := l.topic("topic")
	base := l.repo.Head("main")

	env, event := l.step(l.repo.MergeGroupRun(n))
	require.Equal(t, "refs/heads/gh-readonly-queue/main/pr-1-"+base, env["GITHUB_REF"])
	require.Equal(t, []any{"checks_requested", env["GITHUB_SHA"], base}, []any{event["action"], at(event, "merge_group", "head_sha"), at(event, "merge_group", "base_sha")})
	require.Equal(t, base+" "+head, l.must(l.repo.Dir(), "show", "-s", "--format=%P", env["GITHUB_SHA"]))

	merged := l.repo.Merge(n, "acme")
	env, event = l.step(l.repo.PushRun("main", base, "ann"))
	require.Equal(t, []any{merged, "refs/heads/main", "", "ann"}, []any{env["GITHUB_SHA"], env["GITHUB_REF"], env["GITHUB_HEAD_REF"], env["GITHUB_ACTOR"]})
	require.Equal(t, []any{base, merged}, []any{event["before"], event["after"]})
	require.Len(t, event["commits"], 2)

	_, event = l.step(l.repo.PushRun("topic", "", "ann"))
	require.Equal(t, []any{strings.Repeat("0", 40), true}, []any{event["before"], event["created"]})

	env, event = l.step(l.repo.ScheduleRun("0 4 * * *"))
	require.Equal(t, []any{"schedule", "0 4 * * *", merged}, []any{env["GITHUB_EVENT_NAME"], event["schedule"], env["GITHUB_SHA"]})
	require.Panics(t, func() { l.repo.PushRun("nowhere", "", "ann") })
}
