package main

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/qdeploy/qdeploy/pkg/estate"
	"github.com/qdeploy/qdeploy/pkg/github"
	"github.com/qdeploy/qdeploy/pkg/ledger"
	"github.com/qdeploy/qdeploy/pkg/plan"
)

// job is qdeploy in a job of GitHub Actions: what the job is about, and how to
// speak of it there. GitHub is told, never asked what may be applied but for the
// plans that were reviewed.
type job struct {
	p      *program
	run    *github.Run
	client *github.Client
	set    string // the environments that are meant: one comment and one status for each set
}

// job reads the environment that GitHub Actions has set.
func (p *program) job(environments []string) (*job, error) {
	const hint = "--github and --from-merge are for jobs of GitHub Actions; docs/github.md shows the workflows"
	run, err := github.RunFromEnv(os.Getenv)
	if err != nil {
		return nil, fail(hint, "%w", err)
	}
	o, err := github.OptionsFromEnv(os.Getenv)
	if err != nil {
		return nil, fail(hint, "%w", err)
	}
	o.Log = func(format string, args ...any) { fmt.Fprintf(p.err, "github: "+format+"\n", args...) }
	client, err := github.New(o)
	if err != nil {
		return nil, fail(hint, "%w", err)
	}
	j := &job{p: p, run: run, client: client, set: setOf(environments)}
	p.gitEnv = j.gitEnv
	return j, nil
}

// gitEnv is what a git program needs to speak with the job's repository.
func (j *job) gitEnv() ([]string, error) {
	user, password, err := j.client.GitAuth(context.Background())
	if err != nil {
		return nil, err
	}
	return []string{
		"GIT_CONFIG_COUNT=1",
		"GIT_CONFIG_KEY_0=http." + j.run.CloneURL() + ".extraheader",
		"GIT_CONFIG_VALUE_0=AUTHORIZATION: basic " + base64.StdEncoding.EncodeToString([]byte(user+":"+password)),
	}, nil
}

// setOf names a set of environments, for people and in markers.
func setOf(environments []string) string {
	if len(environments) == 0 {
		return "all environments"
	}
	names := slices.Clone(environments)
	slices.Sort(names)
	return strings.Join(slices.Compact(names), ", ")
}

// warn tells of something that did not work on GitHub's side. It fails nothing:
// what is applied does not depend on what is said of it.
func (j *job) warn(what string, err error) {
	if err == nil {
		return
	}
	fmt.Fprintf(j.p.err, "qdeploy: warning: %s: %v\n", what, err)
	j.p.annotate("warning", "", 0, 0, what, err.Error())
}

// fork reports whether the job is about a pull request of another repository: its
// token may write nothing, and it has no secrets.
func (j *job) fork() bool { return j.run.PullRequest != nil && j.run.PullRequest.Fork }

// secretless reports whether the job has no secrets to ask tenants with: one about a
// fork, and one that Dependabot caused. The latter's token may write what the
// workflow permits. https://docs.github.com/en/code-security/dependabot/troubleshooting-dependabot/troubleshooting-dependabot-on-github-actions
func (j *job) secretless() bool {
	return j.fork() || j.run.PullRequest != nil && j.run.Actor == "dependabot[bot]"
}

// head is the commit that statuses are about: that of the pull request, not the
// merge that the runner checked out.
func (j *job) head() string {
	if j.run.PullRequest != nil {
		return j.run.PullRequest.Head
	}
	return j.run.SHA
}

// base is the protected revision that guards are read from, "" if there is none
// but what is planned itself.
func (j *job) base() string {
	if j.run.PullRequest != nil {
		return j.run.PullRequest.Base
	}
	return j.run.Base
}

// remote is where the ledger is kept.
func (j *job) remote() *ledger.Remote {
	return &ledger.Remote{URL: j.run.CloneURL(), Auth: j.client.GitAuth}
}

// identity is who applies: whoever caused the run.
func (j *job) identity() ledger.Identity {
	return ledger.Identity{Name: j.run.Actor, Email: j.run.Actor + "@users.noreply.github.com", Run: j.run.URL}
}

// prepare fits the flags of a plan to the job. What is planned is a revision,
// whatever else lies in the folder.
func (j *job) prepare(f planFlags, refreshGiven bool) planFlags {
	if f.revision == "" {
		f.revision = "HEAD"
	}
	if f.guardsFrom == "" {
		f.guardsFrom = j.base()
	}
	if !refreshGiven {
		f.refresh = "changed"
	}
	if j.secretless() && f.against == "" {
		f.against = j.base()
	}
	f.job, f.remote = j, j.remote()
	return f
}

// heed holds what the job knows against the guards: whether this pull request
// edits them, and whether somebody has overridden them for it. A shard says nothing of
// it: that is for the job that merges them.
func (j *job) heed(ctx context.Context, e *engine) error {
	pr := j.run.PullRequest
	if pr == nil {
		return nil
	}
	if e.flags.shard().N > 0 {
		if pr.Fork || j.run.Action == "synchronize" {
			return nil
		}
		_, err := j.lift(ctx, &e.guards, pr.Number)
		return err
	}
	if own := e.est.Guards(); !own.Equal(e.guards) {
		e.said = append(e.said, "This pull request edits the guards. Those of "+pr.BaseRef+" hold until it is merged.")
	}
	if pr.Fork {
		return nil
	}
	if j.run.Action == "synchronize" && e.guards.Override != "" {
		return j.forget(ctx, e)
	}
	said, err := j.lift(ctx, &e.guards, pr.Number)
	e.said = append(e.said, said...)
	return err
}

// forget takes the label that overrides the guards off a pull request that has new
// commits: whoever put it on has not seen them.
func (j *job) forget(ctx context.Context, e *engine) error {
	was, err := j.client.Unlabel(ctx, j.run.PullRequest.Number, e.guards.Override)
	if was {
		e.said = append(e.said, "The guards are no longer overridden: there are commits since "+e.guards.Override+" was put on.")
	}
	return err
}

// lift lifts the guards when somebody who may has put the label on the pull
// requests that they name for it, and says who.
func (j *job) lift(ctx context.Context, g *plan.Guards, requests ...int) (said []string, err error) {
	if g.Override == "" || len(requests) == 0 {
		return nil, nil
	}
	for _, n := range requests {
		who, at, may, err := j.client.LabelledBy(ctx, n, g.Override)
		if errors.Is(err, github.ErrNotFound) {
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		if !may {
			return []string{fmt.Sprintf("%s put the label %s on #%d, and may not: it takes write access", who, g.Override, n)}, nil
		}
		said = append(said, fmt.Sprintf("the guards are overridden for #%d: %s put the label %s on it at %s", n, who, g.Override, at.UTC().Format("2006-01-02 15:04 UTC")))
	}
	g.Lifted = true
	return said, nil
}

// annotations are the problems of the estate for the lines that they are about.
func (j *job) annotations(dir string, problems estate.Problems) (out []github.Annotation) {
	for _, q := range problems {
		file, line, col := q.Place()
		if file == "" {
			continue
		}
		level := map[estate.Severity]string{estate.Error: "failure", estate.Warning: "warning", estate.Info: "notice"}[q.Severity]
		text := q
		text.Pos, text.Code, text.Severity = "", "", ""
		out = append(out, github.Annotation{
			Path: fromWorkspace(filepath.Join(dir, filepath.FromSlash(file))), Line: line, Col: col, Level: level, Title: q.Code, Message: text.String(),
		})
	}
	return out
}
