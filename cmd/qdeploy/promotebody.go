package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/qdeploy/qdeploy/pkg/github"
)

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// Sizes of the body of a pull request, in bytes, of 65,536 characters: how many apps
// its tables show, and how much the plan may take.
const (
	bodyApps   = 50
	bodyBudget = 45_000
)

// body is what the pull request says: what goes where, why it may, and what that
// changes in the environment.
func (m *promotion) body(ctx context.Context, commit string) (string, error) {
	var b strings.Builder
	fmt.Fprintf(&b, "| app | %s runs | it will run | from |\n|---|---|---|---|\n", github.Text(m.to.Name))
	shown, more := m.shown()
	for _, c := range shown {
		fmt.Fprintf(&b, "| %s | %s | **%s** | commit %.12s |\n", github.Text(c.App), github.Text(cmp.Or(c.From, "none")), github.Text(c.To), c.pin.Commit)
	}
	b.WriteString(more)
	b.WriteString("\n**Why it may go on:**\n\n| app | environment | runs it | since |\n|---|---|---:|---|\n")
	for _, c := range shown {
		for _, s := range c.evidence {
			fmt.Fprintf(&b, "| %s %s | %s | %d of %d | %s |\n", github.Text(c.App), github.Text(c.To), github.Text(s.Environment),
				len(s.Running), s.Places, stampText(s.Since)+github.Text(s.gates()))
		}
	}
	if err := m.bringers(ctx, &b); err != nil {
		return "", err
	}
	m.staying(&b)
	text, err := m.plannedFor(ctx, commit, m.to.Name)
	if err != nil {
		return "", err
	}
	b.WriteString("\n" + text)
	return b.String(), nil
}

// shown are the apps that are promoted, as many as the tables have room for, and how
// many more there are.
func (m *promotion) shown() (list []*candidate, more string) {
	for _, c := range m.candidates {
		if c.State == candidatePromoted {
			list = append(list, c)
		}
	}
	if n := len(list) - bodyApps; n > 0 {
		return list[:bodyApps], fmt.Sprintf("\nand %s more, which the plan below shows.\n", many(n, "app"))
	}
	return list, ""
}

// bringers lists the pull requests that brought what is promoted, and who approved
// them.
func (m *promotion) bringers(ctx context.Context, b *strings.Builder) error {
	said := map[int]bool{}
	shown, _ := m.shown()
	for _, c := range shown {
		found, err := m.pullsOf(ctx, c.pin.Commit)
		if err != nil {
			return err
		}
		for _, pr := range found {
			if !said[pr.Number] {
				fmt.Fprintf(b, "\n%s\n", pr.line())
			}
			said[pr.Number] = true
		}
	}
	return nil
}

// staying lists what is not promoted, and why.
func (m *promotion) staying(b *strings.Builder) {
	said := 0
	for _, c := range m.candidates {
		if c.State != candidateRefused {
			continue
		}
		if said++; said > bodyApps {
			continue
		}
		if said == 1 {
			b.WriteString("\n**Not promoted:**\n\n")
		}
		fmt.Fprintf(b, "- %s %s: %s\n", github.Text(c.App), github.Text(c.To), github.Text(strings.Join(c.Why, "; ")))
	}
	if said > bodyApps {
		fmt.Fprintf(b, "- and %s more\n", many(said-bodyApps, "app"))
	}
}

// plannedFor is the plan of environments for a commit, as Markdown, beside what the
// estate says now: no tenant is asked, and every run says the same. What is live is
// in the comment that the plan of the pull request makes.
func (q *proposing) plannedFor(ctx context.Context, commit string, environments ...string) (string, error) {
	f := planFlags{choice: choice{environments: environments}, parallelism: 4, refresh: "all", apps: "full", revision: commit, against: q.head}
	quiet := *q.p
	quiet.err = io.Discard
	e, fleet, err := quiet.planAgainst(ctx, f)
	if err != nil {
		return "", err
	}
	defer e.close()
	v := &view{e: e, fleet: fleet, apps: e.appChanges(fleet)}
	o := v.options(bodyBudget)
	o.Next = nil
	o.Rest = "in the comment of the plan below"
	text, _ := fleet.Markdown(o)
	return text, nil
}
