package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/stretchr/testify/require"

	"github.com/qdeploy/qdeploy/pkg/github/githubtest"
)

// permissions are those of the workflows' jobs.
var permissions = map[string]map[string]string{
	"plan.yml":  {"contents": "read", "pull-requests": "write", "statuses": "write"},
	"apply.yml": {"contents": "write", "pull-requests": "write", "issues": "write", "deployments": "write", "statuses": "write", "actions": "read"},
	"drift.yml": {"contents": "read", "issues": "write", "statuses": "write"},

	"fleet-plan.yml":  {"contents": "read", "pull-requests": "write", "statuses": "write"},
	"fleet-apply.yml": {"contents": "write", "pull-requests": "write", "issues": "write", "deployments": "write", "statuses": "write", "actions": "read"},

	"capture.yml": {"contents": "write", "pull-requests": "write"},
	"promote.yml": {"contents": "write", "pull-requests": "write"},
	"release.yml": {"contents": "write", "pull-requests": "read"},
	"try.yml":     {"contents": "write", "pull-requests": "write", "statuses": "write"},
}

// A played is what became of a workflow.
type played struct {
	output string
	ok     bool
}

// play runs a workflow for an event, with a token that has the permissions which
// the workflow asks for. A fork's has less, and no secrets, as GitHub does it.
func (s *stage) play(workflow string, run *githubtest.Run, fork bool, payload []byte) played {
	s.Helper()
	token, allowed := "token-of-"+workflow, permissions[workflow]
	if fork {
		token, allowed = "token-of-a-fork", map[string]string{"contents": "read", "pull-requests": "read", "statuses": "read"}
	}
	s.hub.AddToken(token, githubtest.Token{Kind: githubtest.Actions, Permissions: allowed, Repos: []string{"acme/tenants"}})
	if payload == nil {
		payload = run.Payload(s.site)
	}
	job := s.TempDir()
	event, artifacts := filepath.Join(job, "event.json"), filepath.Join(job, "artifacts")
	require.NoError(s, os.WriteFile(event, payload, 0o600))
	require.NoError(s, os.Mkdir(artifacts, 0o700))
	tree := filepath.Join(job, "tree")
	s.command(job, "git", "clone", "--quiet", "--no-checkout", s.repo.Dir(), tree)
	s.command(tree, "git", "fetch", "--quiet", "origin", "+refs/pull/*:refs/remotes/pull/*")
	s.command(tree, "git", "checkout", "--quiet", "--detach", run.SHA)
	s.command(tree, "git", "remote", "set-url", "origin", "https://github.com/acme/tenants.git") // act reads the name there
	args := []string{
		run.Event, "-W", filepath.Join(s.dir, "repo", ".github", "workflows", workflow), "-e", event, "-P", "ubuntu-latest=-self-hosted",
		"--no-cache-server", "--action-offline-mode", "--pull=false", "--no-skip-checkout", "--actor", run.Actor,
		"--local-repository", checkoutPin + "=" + filepath.Join(s.dir, "checkout"),
		"--local-repository", uploadPin + "=" + filepath.Join(s.dir, "upload"),
		"--local-repository", downloadPin + "=" + filepath.Join(s.dir, "download"),
		"--local-repository", setupGoPin + "=" + filepath.Join(s.dir, "setup-go"),
		"--local-repository", "qdeploy/qdeploy@" + actionPin + "=" + s.action,
		"-s", "GITHUB_TOKEN=" + token,
	}
	for name, value := range map[string]string{
		"GITHUB_API_URL": s.site.API, "GITHUB_GRAPHQL_URL": s.site.GraphQL(), "GITHUB_SERVER_URL": s.site.Web,
		"GITHUB_WORKFLOW_REF": "acme/tenants/.github/workflows/" + workflow + "@refs/heads/main",
		"GITHUB_SHA":          run.SHA, "GITHUB_REF": run.Ref, "GITHUB_RUN_ID": strconv.FormatInt(run.ID, 10), "QDEPLOY_ENDPOINT": s.qlik,
		"STUB_REPOSITORY": s.repo.Dir(), "STUB_SHA": run.SHA, "STUB_ARTIFACTS": artifacts, "QDEPLOY_BREACHES": filepath.Join(s.dir, "breaches"),
	} {
		args = append(args, "--env", name+"="+value)
	}
	if !fork {
		for name, value := range s.env {
			args = append(args, "-s", name+"="+value)
		}
	}
	cmd := exec.Command(s.act, args...)
	cmd.Dir = tree
	cmd.Env = append(os.Environ(), "HOME="+s.dir, "XDG_CACHE_HOME="+filepath.Join(s.dir, "cache"))
	out, err := cmd.CombinedOutput()
	p := played{string(out), err == nil}
	for _, secret := range append([]string{token}, values(s.env)...) {
		require.False(s, strings.Contains(p.output, secret), "a secret is in the log")
	}
	s.keep(run, artifacts)
	return p
}

func values(m map[string]string) (out []string) {
	for name, v := range m {
		if strings.HasSuffix(name, "_SECRET") {
			out = append(out, v)
		}
	}
	return out
}

// says holds that the log of a workflow has a text.
func (s *stage) says(p played, text string) {
	s.Helper()
	require.True(s, strings.Contains(p.output, text), "the log has no %q:\n%s", text, p.output)
}

// calm holds that nothing went wrong on GitHub's side: a permission that the
// workflow does not ask for would show here.
func (s *stage) calm(p played) {
	s.Helper()
	require.False(s, strings.Contains(p.output, "qdeploy: warning"), "%s", p.output)
}
