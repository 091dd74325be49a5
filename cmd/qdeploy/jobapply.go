package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/qdeploy/qdeploy/pkg/github"
	"github.com/qdeploy/qdeploy/pkg/plan"
)

// applyMerged applies what was merged: the head of the branch, whichever commit
// the job was started for. What is done to a tenant was reviewed, or it is not
// done. A shard takes the plan of all shards, which says what is the head.
func (p *program) applyMerged(ctx context.Context, f applyFlags, args []string, refreshGiven bool) error {
	saved, err := f.ofShards(args)
	if err != nil {
		return err
	}
	if f.resume != "" {
		return fail("a job applies all that was merged and is not there yet: run it again", "--resume is not for --from-merge")
	}
	j, err := p.job(f.environments)
	if err != nil {
		return err
	}
	if f.outside != "" {
		return fail("the label that guards.override names lifts windows too", "--outside-windows is not for --from-merge")
	}
	if j.run.PullRequest != nil {
		return fail("run it on push to the branch that is applied", "--from-merge is not for pull requests")
	}
	dir, err := p.estateDir()
	if err != nil {
		return err
	}
	p.dir = dir
	if saved != nil {
		f.revision, f.refresh, refreshGiven = saved.Revision, saved.Refresh, true
	}
	if f.revision == "" {
		if f.revision, err = fetchHead(ctx, dir, *j.remote(), j.branch()); err != nil {
			return fail("the job needs contents: read", "%w", err)
		}
	}
	f.planFlags = j.prepare(f.planFlags, refreshGiven)
	e, err := p.engine(ctx, f.planFlags)
	if err != nil {
		j.broken(ctx, err)
		return err
	}
	defer e.close()
	e.memory.as(j.identity())
	m := &merged{job: j, e: e, f: f, fleet: saved, saved: saved != nil}
	if saved == nil {
		m.fleet, err = e.planAll(ctx)
	} else if err = e.narrow(saved); err == nil {
		e.guards.Check(saved)
	}
	if err != nil {
		return err
	}
	return m.apply(ctx)
}

// ofShards reads the plan of all shards, of which one is applied; nil for the whole, which
// is planned anew.
func (f applyFlags) ofShards(args []string) (*plan.Fleet, error) {
	switch part := f.shard().N > 0; {
	case part && len(args) == 0:
		return nil, fail("the folder with what qdeploy plan --github --shard I/N --out FILE saved in the jobs before", "a shard of --from-merge takes the plan of all shards: guards and reviews are about the whole")
	case part:
		return readPlan(args[0])
	case len(args) > 0:
		return nil, fail("the plans are those of the pull requests", "--from-merge takes no saved plan, unless it is for --shard")
	}
	return nil, nil
}

// merged is an apply of what was merged.
type merged struct {
	*job
	e       *engine
	f       applyFlags
	fleet   *plan.Fleet
	saved   bool // the fleet was planned by others, shard by shard
	reviews []review
	held    map[string]tenantReport
}

func (m *merged) apply(ctx context.Context) error {
	if err := m.review(ctx); err != nil {
		return err
	}
	m.fleet = m.f.sharding.part(m.e.est, m.fleet)
	maps.DeleteFunc(m.held, func(name string, _ tenantReport) bool { return m.fleet.Plan(name) == nil })
	if err := m.text(m.fleet, m.e.text(m.f.planFlags, m.e.appChanges(m.fleet)), m.e.below(m.fleet)...); err != nil {
		return err
	}
	if len(m.fleet.Refused) > 0 {
		m.refused(ctx)
		return silent(exitGuarded)
	}
	deployed := &deployments{job: m.job}
	if m.fleet.Shard == "" {
		m.e.begins = func(ctx context.Context, todo []*plan.Plan) { m.round(ctx, deployed, todo) }
	}
	r, err := m.e.rollout(ctx, m.f, m.fleet, m.held)
	if err != nil {
		if m.fleet.Shard == "" {
			deployed.end(ctx, github.StatusError, firstLine(err.Error()))
			m.said(ctx, "stopped: "+firstLine(err.Error()))
		}
		return err
	}
	if err := m.printed(r); err != nil {
		return err
	}
	if m.fleet.Shard == "" {
		m.finish(ctx, r, deployed)
	}
	return silent(r.status())
}

// review finds out what was reviewed, and what of the plan is to be held back.
func (m *merged) review(ctx context.Context) (err error) {
	if m.reviews, err = m.job.reviews(ctx, m.e.revision, m.fleet); err != nil {
		return err
	}
	if err := m.override(ctx); err != nil {
		return err
	}
	partly := func(tenant string) bool {
		e, ok := m.e.memory.last(tenant)
		return ok && (e.Outcome == outcomePartly || e.Outcome == outcomeApplying) || m.e.tries(tenant)
	}
	m.held = judge(m.fleet, m.reviews, partly, m.e.memory.waited, m.f.approve)
	return nil
}

// refused tells that a guard is against the whole. Of a shard it is not told.
func (m *merged) refused(ctx context.Context) {
	if m.fleet.Shard == "" {
		m.said(ctx, "stopped: refused by a guard")
	}
	m.warn("step outputs", m.output("failure_reason", reasonGuarded))
}

// printed prints what became of a run, so that the runner takes nothing in it for a
// command.
func (m *merged) printed(r *report) error {
	w, end := github.Quote(m.p.out)
	r.print(w)
	return end()
}

// override lifts the guards if somebody may and did on every pull request that is
// applied, and plans again.
func (m *merged) override(ctx context.Context) error {
	var numbers []int
	for _, r := range m.reviews {
		numbers = append(numbers, r.request.Number)
	}
	said, err := m.lift(ctx, &m.e.guards, numbers...)
	if err != nil {
		return err
	}
	for _, s := range said {
		fmt.Fprintf(m.p.err, "qdeploy: %s\n", s)
	}
	switch {
	case !m.e.guards.Lifted:
	case m.saved:
		m.e.guards.Check(m.fleet)
	default:
		m.fleet, err = m.e.planAll(ctx)
	}
	return err
}

// said writes what has become of them into the comments of the pull requests that
// are applied.
func (m *merged) said(ctx context.Context, state string) {
	word, _, _ := strings.Cut(state, " ")
	for _, r := range m.reviews {
		if r.fleet == nil || r.fleet.Empty() || !m.concerns(r) {
			continue
		}
		c, err := m.client.Comment(ctx, r.request.Number, m.set)
		if err == nil && c != nil {
			c.Marker.State = strings.Trim(word, ":")
			_, err = m.client.PutComment(ctx, r.request.Number, c.Marker, withState(c.Body, state, m.run.URL))
		}
		m.warn(fmt.Sprintf("comment of #%d", r.request.Number), err)
	}
}

// concerns reports whether a run changes tenants that a review is about. Others that
// were merged since some tenant was applied have been applied already.
func (m *merged) concerns(r review) bool {
	return slices.ContainsFunc(m.fleet.Plans, func(p *plan.Plan) bool {
		was := r.fleet.Plan(p.Tenant.Name)
		return len(p.Changes) > 0 && was != nil && len(was.Changes) > 0
	})
}

// withState returns the body of a comment, without its marker, with the line that
// says what became of the plan.
func withState(body, state, url string) string {
	_, rest, _ := strings.Cut(body, "\n") // the marker
	if first, after, ok := strings.Cut(rest, "\n"); ok && strings.HasPrefix(first, stateWord) {
		rest = strings.TrimPrefix(after, "\n")
	}
	return stateWord + github.Text(state) + " · " + url + "\n\n" + rest
}

const stateWord = "**Merged:** "

// finish tells GitHub what became of the run.
func (m *merged) finish(ctx context.Context, r *report, d *deployments) {
	ctx = context.WithoutCancel(ctx) // an interrupted run is told of too
	status, done := r.status(), r.count(stateDone)+r.count(stateLingers)+r.count(stateAlready)
	state := "applied"
	switch {
	case status == exitOK && r.Later > 0:
		state = "applied to " + many(done, "tenant") + "; " + r.whyClosed()
	case status == exitOK && done == 0:
		state = "nothing was left to apply"
	case status == exitOK:
		state = "applied to " + many(done, "tenant")
	case status == exitClosed:
		state = "closed: " + r.whyClosed()
	default:
		state = "stopped: " + r.inWords()
	}
	if r.Lingers != nil {
		state += "; " + r.Lingers.line(time.Time{})
	}
	m.said(ctx, state)
	switch status {
	case exitOK:
		d.end(ctx, github.StatusSuccess, state)
	case exitClosed: // what is deployed to is open
		d.end(ctx, github.StatusSuccess, "applied")
	default:
		d.end(ctx, github.StatusFailure, state)
	}
	m.warn("step outputs", errors.Join(
		m.output("digest", m.fleet.Digest), m.output("failure_reason", r.reason()), m.output("run", r.Run)))
	m.warn("job summary", m.run.WriteSummary(m.behind(r)))
	m.warn("follow-up issue", m.followUp(ctx, r))
}
