package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/qdeploy/qdeploy/pkg/github"
	"github.com/qdeploy/qdeploy/pkg/plan"
	"github.com/qdeploy/qdeploy/pkg/qvf/appdiff"
)

// view is a plan as GitHub is told of it.
type view struct {
	*job  // nil outside of a job
	e     *engine
	fleet *plan.Fleet
	apps  []*appChange
}

// exit is the exit status, and why it is not 0 for those who read the outputs.
func (v *view) exit() int {
	switch v.reason() {
	case reasonUnreadable:
		return exitError
	case reasonGuarded:
		return exitGuarded
	}
	return exitOK
}

func (v *view) reason() string {
	switch {
	case len(v.fleet.Refused) > 0 || v.blocked() > 0:
		return reasonGuarded
	case len(v.fleet.Failed()) > 0:
		return reasonUnreadable
	}
	return ""
}

func (v *view) blocked() (n int) {
	for _, p := range v.fleet.Plans {
		n += len(p.Blocked())
	}
	return n
}

// tell tells GitHub, the comment last.
func (v *view) tell(ctx context.Context) {
	tenants := v.fleet.Changed()
	v.warn("step outputs", errors.Join(
		v.output("changes", strconv.FormatBool(tenants > 0)), v.output("tenants", strconv.Itoa(tenants)),
		v.output("digest", v.fleet.Digest), v.output("artifact", artifactName(v.set, v.head())),
		v.output("failure_reason", v.reason())))
	summary, _ := v.fleet.Markdown(v.options(summaryBudget))
	v.warn("job summary", v.run.WriteSummary(summary))
	conclusion := "success"
	if v.reason() != "" {
		conclusion = "failure"
	}
	v.annotate(ctx, conclusion, v.short(), v.short(), v.p.problems)
	state := github.StatusSuccess
	if v.reason() != "" {
		state = github.StatusFailure
	}
	v.status(ctx, state, v.short())
	if v.run.PullRequest == nil || v.fork() {
		return
	}
	v.warn("labels", v.client.Labels(ctx, v.run.PullRequest.Number, v.label()))
	v.warn("comment", v.comment(ctx))
}

// short is the plan in a line.
func (v *view) short() string {
	counts, tenants := v.fleet.Counts()
	var parts []string
	if len(v.fleet.Refused) > 0 {
		parts = append(parts, "refused by a guard")
	}
	if n := v.blocked(); n > 0 {
		parts = append(parts, fmt.Sprintf("%d blocked", n))
	}
	if n := len(v.fleet.Failed()); n > 0 {
		parts = append(parts, many(n, "tenant")+" could not be planned")
	}
	if tenants == 0 {
		return strings.Join(append(parts, "no changes"), "; ")
	}
	return strings.Join(append(parts, plan.CountText(counts)+" in "+many(tenants, "tenant")), "; ")
}

func many(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return strconv.Itoa(n) + " " + what + "s"
}

func (v *view) label() string {
	counts, tenants := v.fleet.Counts()
	switch {
	case counts[plan.Delete]+counts[plan.Replace] > 0:
		return github.LabelDestroy
	case tenants > 0:
		return github.LabelChange
	}
	return github.LabelNoChange
}

// artifactName is the artifact that holds the saved plan of a commit.
func artifactName(set, head string) string {
	safe := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '.' {
			return r
		}
		return '_'
	}, set)
	return "qdeploy-plan-" + safe + "-" + head
}

// comment writes the one comment of this set of environments. Where there is
// nothing to say and nothing was said before, nothing is.
func (v *view) comment(ctx context.Context) error {
	n := v.run.PullRequest.Number
	if v.fleet.Empty() {
		old, err := v.client.Comment(ctx, n, v.set)
		if err != nil || old == nil {
			return err
		}
	}
	body, cut := v.fleet.Markdown(v.options(commentBudget))
	m := github.Marker{
		V: github.MarkerVersion, Env: v.set, Root: v.fleet.Digest, Head: v.run.PullRequest.Head, Base: v.run.PullRequest.Base,
		Run: v.run.ID, Truncated: len(cut) > 0, State: "planned",
	}
	_, err := v.client.PutComment(ctx, n, m, body)
	return err
}

// options say what is told with the plan.
func (v *view) options(budget int) plan.MarkdownOptions {
	o := plan.MarkdownOptions{
		Traits: v.e.traits, Title: setOf(v.e.flags.environments), Budget: budget, Reads: int(v.e.reads.Load()),
		Duration: v.e.speed(withinTenant).forecast(v.fleet, v.e.readsEach(v.fleet)), Banners: v.e.said, Next: v.next(),
		Cost: v.e.costLines(v.fleet, withinTenant),
	}
	if v.job != nil {
		o.Link, o.Rest, o.Head, o.Base, o.Merge = v.run.URL, v.run.URL, v.head(), v.base(), v.onMerge()
	}
	o.Merge = append(o.Merge, v.e.below(v.fleet)...)
	for _, w := range v.e.est.Warnings() {
		o.Lints = append(o.Lints, w.String())
	}
	for _, a := range v.apps {
		s := plan.AppSection{
			Title:   fmt.Sprintf("app/%s: %s → %s in %s", a.App, cmp.Or(a.From, "(no release)"), a.To, many(a.Tenants, "tenant")),
			Summary: "what changes in it is unknown: " + a.Unknown,
		}
		if a.Changes != nil {
			var b bytes.Buffer
			_ = a.Changes.WriteText(&b, appdiff.Options{Detail: appdiff.Summary}) // a buffer takes everything
			s.Summary = firstLine(b.String())
			s.Text = func() string {
				var b bytes.Buffer
				_ = a.Changes.WriteText(&b, appdiff.Options{Detail: appdiff.Full})
				return b.String()
			}
			s.Body = func(budget int) string { return a.Changes.Markdown(budget, appdiff.Options{Detail: appdiff.Full}) }
		}
		o.Apps = append(o.Apps, s)
		for _, l := range a.Lints {
			o.Lints = append(o.Lints, a.App+": "+l.String())
		}
	}
	return o
}

// onMerge says what merging does.
func (v *view) onMerge() []string {
	tenants := v.fleet.Changed()
	switch {
	case tenants == 0:
		return nil
	case v.reason() == reasonGuarded:
		return []string{"What is blocked or refused is not applied, merged or not."}
	case v.fleet.Refresh == refreshNone:
		return []string{"No tenant was asked: a pull request of another repository, or of Dependabot, has no secrets. A maintainer's run on a branch of this one shows what is live."}
	}
	return []string{
		"Merging applies this to " + many(tenants, "tenant") + ", once the apply workflow's environment is approved.",
		"Each tenant is planned again first. One that is no longer as it was is skipped and listed; the others go on.",
	}
}

// next says what a reviewer may want to type.
func (v *view) next() []string {
	if v.fleet.Empty() {
		return nil
	}
	if classes := v.fleet.Classes(); len(classes) > 0 {
		return []string{
			"qdeploy plan --tenant " + classes[0].Plans[0].Tenant.Name + " --apps full",
			"qdeploy plan --refresh all --unmanaged",
		}
	}
	return nil
}
