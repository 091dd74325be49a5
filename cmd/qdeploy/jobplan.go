package main

import (
	"cmp"
	"context"
	"errors"
	"strings"

	"github.com/qdeploy/qdeploy/pkg/estate"
	"github.com/qdeploy/qdeploy/pkg/github"
	"github.com/qdeploy/qdeploy/pkg/plan"
)

// Sizes of what GitHub shows, in bytes, with room for what is put around a plan.
const (
	commentBudget = 60_000    // of 65,536 characters
	summaryBudget = 1_000_000 // of 1 MiB
)

// Words for step outputs: why a job failed.
const (
	reasonInvalid    = "invalid"    // the estate
	reasonError      = "error"      // flags, credentials, git
	reasonUnreadable = "unreadable" // a tenant
	reasonGuarded    = "guarded"    // by a guard
)

// planJob plans for a pull request, or for whatever else the job is about, and
// tells GitHub: files and status first, the comment last. Only what is wrong with
// the plan fails the job. Of a shard nothing is told: it saves its part, for the job that
// merges them.
func (p *program) planJob(ctx context.Context, f planFlags, files planFiles, refreshGiven bool) error {
	j, err := p.job(f.environments)
	if err != nil {
		return err
	}
	if f.sharding.text != "" && files.out == "" {
		return fail("--out FILE, which qdeploy plan merge --github takes in the job after it", "a shard in a job takes --out: what is in it is told with the others")
	}
	if j.secretless() && j.base() == "" {
		return fail("", "the event does not say which commit the pull request is for")
	}
	f = j.prepare(f, refreshGiven)
	e, fleet, err := p.planFor(ctx, f)
	if err != nil {
		j.broken(ctx, err)
		return err
	}
	defer e.close()
	if fleet.Shard != "" && j.run.PullRequest == nil && e.guards.Override != "" { // it is about what was merged
		m := &merged{job: j, e: e, f: applyFlags{planFlags: f}, fleet: fleet}
		if err := m.review(ctx); err != nil {
			return err
		}
		fleet = m.fleet
	}
	apps := e.appChanges(fleet)
	if fleet.Apps, err = marshalApps(apps); err != nil {
		return err
	}
	if fleet.Shard != "" {
		if fleet.Homes, err = e.homes(); err != nil {
			return err
		}
	}
	v := &view{job: j, e: e, fleet: fleet, apps: apps}
	if err := files.save(fleet, v.options(0)); err != nil {
		return err
	}
	if err := j.text(fleet, e.text(f, apps), append(e.costLines(fleet, withinTenant), e.below(fleet)...)...); err != nil {
		return err
	}
	if fleet.Shard != "" {
		return nil
	}
	v.tell(ctx)
	return silent(v.exit())
}

// text prints the plan so that the runner takes nothing in it for a command:
// names and texts of tenants are in it.
func (j *job) text(f *plan.Fleet, o plan.TextOptions, below ...string) error {
	w, end := github.Quote(j.p.out)
	err := errors.Join(f.WriteText(w, o), sayLines(w, below))
	return errors.Join(err, end())
}

// broken tells that there is no plan.
func (j *job) broken(ctx context.Context, cause error) {
	reason := reasonError
	if len(j.p.problems.Errors()) > 0 {
		reason = reasonInvalid
	}
	j.warn("step outputs", j.output("failure_reason", reason))
	j.annotate(ctx, "failure", "The estate cannot be planned", cause.Error(), j.p.problems)
	j.status(ctx, github.StatusError, firstLine(cause.Error()))
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	return line
}

func (j *job) output(name, value string) error { return j.run.Output(name, value) }

// status sets the commit status that branch protection asks for. A fork's token
// may not.
func (j *job) status(ctx context.Context, state github.State, description string) {
	if j.fork() || j.head() == "" {
		return
	}
	j.warn("commit status", j.client.Status(ctx, j.head(), github.Status{
		State: state, Context: j.context(), Description: description, URL: j.run.URL,
	}))
}

// context names the commit status.
func (j *job) context() string {
	if j.set == setOf(nil) {
		return "qdeploy/plan"
	}
	return "qdeploy/plan (" + j.set + ")"
}

// annotate shows problems of the estate at their lines: in a check of its own
// where the token is an App's, for that has room for all of them, else as
// workflow commands, of which GitHub shows the first ten of each level.
func (j *job) annotate(ctx context.Context, conclusion, title, summary string, problems estate.Problems) {
	if j.client.IsApp() && !j.fork() {
		err := j.client.CheckRun(ctx, j.head(), "qdeploy estate", conclusion, title, summary, j.annotations(j.p.dir, problems))
		j.warn("check run", err)
		return
	}
	for _, level := range []estate.Severity{estate.Error, estate.Warning, estate.Info} {
		shown := 0
		for _, q := range problems {
			if cmp.Or(q.Severity, estate.Error) == level && shown < shownOfALevel {
				j.p.annotateProblem(j.p.dir, q)
				shown++
			}
		}
	}
}

// shownOfALevel is how many annotations of one level GitHub shows of a step.
// Source: https://docs.github.com/en/actions/reference/limits
const shownOfALevel = 10
