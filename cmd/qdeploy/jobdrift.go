package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/qdeploy/qdeploy/pkg/github"
	"github.com/qdeploy/qdeploy/pkg/plan"
)

// driftJob shows drift in a job of GitHub Actions, and keeps one issue open for
// each class of it: opened again when it comes back, closed when it is gone.
func (p *program) driftJob(ctx context.Context, f driftFlags) error {
	j, err := p.job(f.environments)
	if err != nil {
		return err
	}
	f.planFlags = j.prepare(f.planFlags, true)
	f.apps = "none"
	e, err := p.engine(ctx, f.planFlags)
	if err != nil {
		j.broken(ctx, err)
		return err
	}
	defer e.close()
	fleet, err := e.driftAll(ctx)
	if err != nil {
		return err
	}
	d := &drifted{job: j, e: e, fleet: fleet}
	if err := j.text(d.fleet, e.text(f.planFlags, nil)); err != nil {
		return err
	}
	tenants := d.fleet.Changed()
	j.warn("step outputs", errors.Join(j.output("changes", strconv.FormatBool(tenants > 0)), j.output("tenants", strconv.Itoa(tenants))))
	summary, _ := d.fleet.Markdown(d.options(summaryBudget))
	j.warn("job summary", j.run.WriteSummary(summary))
	j.warn("issues", d.issues(ctx))
	return driftStatus(d.fleet, f.detailed)
}

// driftStatus is the exit status of what was found.
func driftStatus(fleet *plan.Fleet, detailed bool) error {
	switch {
	case len(fleet.Failed()) > 0:
		return silent(exitError)
	case detailed && !fleet.Empty():
		return silent(exitChanges)
	}
	return nil
}

// drifted is drift as GitHub is told of it.
type drifted struct {
	*job
	e     *engine
	fleet *plan.Fleet
}

func (d *drifted) options(budget int) plan.MarkdownOptions {
	return plan.MarkdownOptions{
		Traits: d.e.traits, Title: "drift, " + d.set, Budget: budget, Link: d.run.URL, Rest: d.run.URL,
		Head: d.e.revision, Reads: int(d.e.reads.Load()),
	}
}

const factsBudget = 12_000 // characters of an issue for who did it, and what to write

// fenced shows a text as it is in Markdown, the beginning of it if it is long; whatever is
// in it cannot end the block.
func fenced(text string, most int) string {
	text = strings.TrimSpace(text)
	if r := []rune(text); len(r) > most {
		text = string(r[:most]) + "\n… qdeploy drift shows the rest"
	}
	if text == "" {
		return ""
	}
	fence := "```"
	for strings.Contains(text, fence) {
		fence += "`"
	}
	return "\n" + fence + "text\n" + text + "\n" + fence + "\n"
}

// issues opens, rewrites and closes the issues of the classes. What could not be
// read is not known to be as it was applied: then none is closed.
func (d *drifted) issues(ctx context.Context) error {
	prefix := "drift " + d.set + " "
	classes := d.fleet.Classes()
	var errs []error
	for _, c := range classes {
		part := plan.NewFleet(d.fleet.Revision, d.fleet.Refresh, c.Plans)
		part.Drift = true
		o := d.options(commentBudget)
		o.Next = []string{"qdeploy drift --tenant " + c.Plans[0].Tenant.Name, "qdeploy plan --refresh all --tenant " + c.Plans[0].Tenant.Name}
		body, _ := part.Markdown(o)
		body += fenced(driftText(d.e.drift.of(c.Plans), false), factsBudget)
		body += "\nTo accept what was done, write it into the estate. To undo it, apply: run the apply workflow with refresh = all.\n"
		title := fmt.Sprintf("qdeploy: drift in %s: %s", many(len(c.Plans), "tenant"), plan.CountText(part.Plans[0].Counts()))
		_, err := d.client.PutIssue(ctx, prefix+c.ID, title, body, []string{"qdeploy", "qdeploy/drift"})
		errs = append(errs, err)
	}
	if len(d.fleet.Failed()) > 0 {
		return errors.Join(errs...)
	}
	keys, err := d.client.OpenIssues(ctx, prefix)
	errs = append(errs, err)
	for _, key := range keys {
		if !slices.ContainsFunc(classes, func(c plan.Class) bool { return prefix+c.ID == key }) {
			errs = append(errs, d.client.CloseIssue(ctx, key, "It is as it was applied again: "+github.Text(d.run.URL)))
		}
	}
	return errors.Join(errs...)
}
