package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/qdeploy/qdeploy/pkg/github"
	"github.com/qdeploy/qdeploy/pkg/plan"
)

// followUp keeps one issue open as long as tenants stay behind.
func (m *merged) followUp(ctx context.Context, r *report) error {
	key := "apply " + m.set
	if r.status() == exitOK {
		return m.client.CloseIssue(ctx, key, "All tenants are as the estate declares them: "+m.run.URL)
	}
	n := 0
	for _, t := range r.Tenants {
		if !slices.Contains([]tenantState{stateDone, stateLingers, stateAlready, stateUnchanged}, t.State) {
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
			Next: []string{"gh workflow run " + m.run.Workflow + " -f approve=" + open.Digest},
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
