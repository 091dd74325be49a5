package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/qdeploy/qdeploy/pkg/estate"
	"github.com/qdeploy/qdeploy/pkg/github"
	"github.com/qdeploy/qdeploy/pkg/ledger"
)

type tryFlags struct {
	environments   []string
	app, from      string
	release, inJob bool
	patient        time.Duration // how long to wait while another run applies
	contexts       string
}

func (p *program) tryCommand() *cobra.Command {
	var f tryFlags
	c := &cobra.Command{
		Use:   "try",
		Short: "Run an app in an environment before it is merged",
		Long: `Run an app of another revision in an environment that says test: "pull-request",
in place of the version that it pins: the app is republished, so that its ID, its
bookmarks and its data stay. There is one slot for each app. Who holds it, and since
when, is in the ledger; until it is given back, plan, apply and drift leave the app
alone, and nobody else may have the slot.

Where the environment says test: "pull-request-space" the app goes to a space of its
own, which is made beside that of the environment and has its members. Several pull
requests have theirs at once. What is in the space goes with it.

With --github, in a job about a pull request, the apps that the pull request changes
are tried as long as it is open, and given back when it is closed. In a job about
anything else, what pull requests have that were closed is given back.` + "\n" + exits,
		Example: "  qdeploy try --env test --app Sales --from my-branch\n  qdeploy try --env test --app Sales --release",
		Args:    words(0),
		RunE: func(c *cobra.Command, _ []string) error {
			if f.inJob {
				return p.tryJob(c.Context(), f)
			}
			return p.tryByHand(c.Context(), f)
		},
	}
	fl := c.Flags()
	fl.StringArrayVar(&f.environments, "env", nil, "only in this `environment`")
	fl.StringVar(&f.app, "app", "", "the `app` to try, or to give back")
	fl.StringVar(&f.from, "from", "HEAD", "try the app as this `revision` has it")
	fl.BoolVar(&f.release, "release", false, "give it back: the pinned version returns, or the space is removed")
	fl.BoolVar(&f.inJob, "github", false, "in a job of GitHub Actions: try what the pull request changes, and tell in it")
	fl.DurationVar(&f.patient, "lock-timeout", 10*time.Minute, "how long to wait while another run applies")
	fl.StringVar(&f.contexts, "qlik-contexts", "", "log in with the contexts of qlik-cli in this `file`, for tenants that have one there")
	return c
}

// trial is a run of try: slots that it takes and gives back, in environments of the
// protected estate.
type trial struct {
	e       *engine
	only    []string             // environments; all when empty
	envs    []estate.Environment // that let apps be tried, and are meant
	patient time.Duration
	stamp   stamp
	results []tryResult
	others  map[int]github.PullRequest // whose slots were found, besides the one at hand
}

// trial opens the ledger and the estate of a revision, that of the folder where it is
// empty. What a pull request says of targets and tenants counts only once it is merged.
func (p *program) trial(ctx context.Context, f tryFlags, revision string, remote *ledger.Remote) (*trial, error) {
	est, m, err := p.known(ctx, revision, remote)
	if err != nil {
		return nil, err
	}
	t := &trial{only: f.environments, patient: f.patient, others: map[int]github.PullRequest{}}
	t.e, err = t.open(p, est, m, f)
	if err != nil {
		m.close()
		est.close()
		return nil, err
	}
	t.stamp = stamp{run: newRun(p.now()), revision: t.e.revision, now: p.now}
	return t, nil
}

func (t *trial) open(p *program, est *declared, m *memory, f tryFlags) (*engine, error) {
	if m.ledger == nil {
		return nil, fail("put the estate into a git repository", "who tries what is kept in the ledger, and there is none")
	}
	if _, err := inEnvironments(est, f.environments); err != nil {
		return nil, err
	}
	var tenants []string
	for _, env := range est.Environments() {
		switch {
		case !t.meant(env.Name):
		case env.Tries != "":
			t.envs = append(t.envs, env)
			for _, target := range env.Targets {
				tenants = append(tenants, target.Tenants...)
			}
		case len(f.environments) > 0 && !f.release:
			return nil, fail(fmt.Sprintf("write environments: %s: test: \"pull-request\" into the estate", env.Name), "nothing may be tried in %s", env.Name)
		}
	}
	also := func(environment, tenant string) { // where nothing may be tried any more
		if at, ok := est.Tenant(tenant); ok && at.State != estate.Ignored && t.meant(environment) {
			tenants = append(tenants, tenant)
		}
	}
	for _, s := range m.slots {
		for _, at := range s.Places {
			also(s.Environment, at.Tenant)
		}
	}
	for _, p := range m.spaces {
		for _, at := range p.Places {
			also(p.Environment, at.Tenant)
		}
	}
	if len(tenants) == 0 {
		return nil, fail(`write test: "pull-request" into an environment that has targets`, "no environment lets apps be tried")
	}
	pf := planFlags{choice: choice{tenants: tenants}, parallelism: 1, refresh: "all", patience: 10 * time.Minute, contexts: f.contexts}
	return p.newEngine(est, m, pf)
}

// meant reports whether an environment was named, or none was.
func (t *trial) meant(environment string) bool {
	return len(t.only) == 0 || slices.Contains(t.only, environment)
}

// States of what is tried.
const (
	tryRuns     = "runs"     // it is there
	tryWaits    = "waits"    // it cannot be tried yet
	tryQueued   = "queued"   // its turn comes by itself
	tryReturned = "returned" // the pinned version is there again, or the space is removed
	tryLater    = "later"    // it is given back or removed by a later run
	tryFailed   = "failed"
)

// tryResult is what became of one slot.
type tryResult struct {
	state, text string
	request     int // whose slot it is, or would be
}

// say adds a result, in one line: errors may be of several tenants.
func (t *trial) say(state string, request int, format string, args ...any) {
	text := strings.ReplaceAll(fmt.Sprintf(format, args...), "\n", "; ")
	t.results = append(t.results, tryResult{state, text, request})
}

func (t *trial) print() {
	for _, r := range t.results {
		fmt.Fprintln(t.e.p.out, printable(r.text))
	}
}

// status is the exit status: to wait for a slot is no error.
func (t *trial) status() int {
	if slices.ContainsFunc(t.results, func(r tryResult) bool { return r.state == tryFailed }) {
		return exitPartly
	}
	return exitOK
}
