package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/qdeploy/qdeploy/pkg/github"
	"github.com/qdeploy/qdeploy/pkg/plan"
)

// applyMerged applies what was merged: the head of the branch, whichever commit
// the job was started for. What is done to a tenant was reviewed, or it is not
// done.
func (p *program) applyMerged(ctx context.Context, f applyFlags, args []string, refreshGiven bool) error {
	if len(args) > 0 {
		return fail("the plans are those of the pull requests", "--from-merge takes no saved plan")
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
	fleet, err := e.planAll(ctx)
	if err != nil {
		return err
	}
	m := &merged{job: j, e: e, f: f, fleet: fleet}
	return m.apply(ctx)
}

// merged is an apply of what was merged.
type merged struct {
	*job
	e       *engine
	f       applyFlags
	fleet   *plan.Fleet
	reviews []review
	held    map[string]tenantReport
}

func (m *merged) apply(ctx context.Context) error {
	var err error
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
	m.held = judge(m.fleet, m.reviews, partly, m.f.approve)
	if err := m.text(m.fleet, m.e.text(m.f.planFlags, m.e.appChanges(m.fleet)), m.e.below(m.fleet)...); err != nil {
		return err
	}
	if len(m.fleet.Refused) > 0 {
		m.said(ctx, "stopped: refused by a guard")
		m.warn("step outputs", m.output("failure_reason", reasonGuarded))
		return silent(exitGuarded)
	}
	deployed := &deployments{job: m.job}
	m.e.begins = func(ctx context.Context, todo []*plan.Plan) { m.round(ctx, deployed, todo) }
	r, err := m.e.rollout(ctx, m.f, m.fleet, m.held)
	if err != nil {
		deployed.end(ctx, github.StatusError, firstLine(err.Error()))
		m.said(ctx, "stopped: "+firstLine(err.Error()))
		return err
	}
	w, end := github.Quote(m.p.out)
	r.print(w)
	err = end()
	m.finish(ctx, r, deployed)
	if err != nil {
		return err
	}
	return silent(r.status())
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
	if m.e.guards.Lifted {
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
	status := r.status()
	state := "applied"
	switch {
	case status == exitOK && r.Later > 0:
		state = "applied to " + many(r.count(stateDone), "tenant") + "; " + r.whyClosed()
	case status == exitOK && r.count(stateDone) == 0:
		state = "nothing was left to apply"
	case status == exitOK:
		state = "applied to " + many(r.count(stateDone), "tenant")
	case status == exitClosed:
		state = "closed: " + r.whyClosed()
	default:
		state = "stopped: " + r.inWords()
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

// followUp keeps one issue open as long as tenants stay behind.
func (m *merged) followUp(ctx context.Context, r *report) error {
	key := "apply " + m.set
	if r.status() == exitOK {
		return m.client.CloseIssue(ctx, key, "All tenants are as the estate declares them: "+m.run.URL)
	}
	n := 0
	for _, t := range r.Tenants {
		if t.State != stateDone && t.State != stateUnchanged {
			n++
		}
	}
	title := fmt.Sprintf("qdeploy: %s not as merged (%s)", many(n, "tenant"), m.set)
	_, err := m.client.PutIssue(ctx, key, title, m.behind(r), []string{"qdeploy"})
	return err
}

// behind tells what stayed behind, and how to go on.
func (m *merged) behind(r *report) string {
	var b strings.Builder
	fmt.Fprintf(&b, "Revision `%.12s`, %s: %s\n\n", m.e.revision, r.Run, m.run.URL)
	var text strings.Builder
	r.print(&text)
	b.WriteString(github.Fence("text", cutText(text.String(), 20_000)))
	if open := m.unapproved(); open != nil {
		body, _ := open.Markdown(plan.MarkdownOptions{
			Traits: m.e.traits, Title: "what was not reviewed", Budget: 30_000, Link: m.run.URL, Rest: m.run.URL, Head: m.e.revision,
			Next: []string{"gh workflow run apply.yml -f approve=" + open.Digest},
		})
		b.WriteString("\n\nWhat would be done to the tenants that are stale, and nobody has reviewed:\n\n" + body)
	}
	return b.String()
}

// unapproved is the plan of what was held back, nil if nothing was.
func (m *merged) unapproved() *plan.Fleet {
	var plans []*plan.Plan
	for _, p := range m.fleet.Plans {
		if _, ok := m.held[p.Tenant.Name]; ok {
			plans = append(plans, p)
		}
	}
	if len(plans) == 0 {
		return nil
	}
	return plan.NewFleet(m.fleet.Revision, m.fleet.Refresh, plans)
}

// cutText cuts a text at a line.
func cutText(s string, most int) string {
	if len(s) <= most {
		return s
	}
	i := strings.LastIndexByte(s[:most], '\n')
	return s[:i+1] + fmt.Sprintf("… %s more\n", many(strings.Count(s[i+1:], "\n"), "line"))
}
