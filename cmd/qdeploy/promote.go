package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/qdeploy/qdeploy/pkg/estate"
)

type promoteFlags struct {
	proposeFlags
	from, to  string
	all, auto bool
}

func (p *program) promoteCommand() *cobra.Command {
	var f promoteFlags
	c := &cobra.Command{
		Use:   "promote [APP...] --to ENVIRONMENT",
		Short: "Propose that an environment runs what the one before it runs",
		Long: `Move the pins of an environment to what the environment before it runs, on a branch
for a pull request. An app may be promoted when its version runs everywhere in the
environments that come before, for as long as they say it has to soak, and nobody
holds it. Which is so the ledger knows; tenants are asked only where an environment has
gates. Themes, extensions, automations and the shapes of data connections are promoted by
kind and name: theme/northwind.

Without names it is about all apps, and all else that the environment pins: those that may go are proposed, and it is said of the others why not. There is
one branch, and one pull request, for each environment: run again, it is brought up to
date.` + "\n" + exits,
		Example: "  qdeploy promote Sales --from test --to acceptance\n  qdeploy promote --to prod --github",
		RunE:    func(c *cobra.Command, args []string) error { return p.promote(c.Context(), f, args) },
	}
	f.add(c)
	fl := c.Flags()
	fl.StringVar(&f.from, "from", "", "the `environment` whose versions are promoted; without it, the one that --to comes after")
	fl.StringVar(&f.to, "to", "", "the `environment` that is to run them")
	fl.BoolVar(&f.all, "all", false, "all apps, as without names")
	fl.BoolVar(&f.auto, "auto", false, `promote to every environment that says promote: "auto"`)
	return c
}

// candidate is an app that may be promoted, or not.
type candidate struct {
	App   string   `json:"app"`
	From  string   `json:"from"` // version; "" when the environment does not run it yet
	To    string   `json:"to"`
	State string   `json:"state"` // "promoted", "there already", "refused"
	Why   []string `json:"why,omitempty"`

	pin      estate.Pin
	content  estate.ContentPin // of a theme or an extension
	evidence []standing
}

const (
	candidatePromoted = "promoted"
	candidateThere    = "there already"
	candidateRefused  = "refused"
)

// promotion is one promotion to one environment.
type promotion struct {
	*proposing
	from, to   estate.Environment
	candidates []*candidate
}

// promotionResult is the outcome for programs.
type promotionResult struct {
	From     string       `json:"from"`
	To       string       `json:"to"`
	Apps     []*candidate `json:"apps"`
	Proposed *proposed    `json:"proposed,omitempty"`

	Withdrawn int `json:"withdrawn,omitempty"` // the pull request that was closed
}

func (p *program) promote(ctx context.Context, f promoteFlags, apps []string) error {
	if f.auto == (f.to != "") {
		return fail("qdeploy promote --to ENVIRONMENT, or qdeploy promote --auto", "promote takes either --to or --auto")
	}
	if f.all && len(apps) > 0 {
		return fail("leave out one of them", "promote takes either names or --all")
	}
	q, err := p.proposing(ctx, f.proposeFlags)
	if err != nil {
		return err
	}
	defer q.close()
	if err := named(q.est.Estate, nil, slices.DeleteFunc(slices.Clone(apps), isContent)); err != nil {
		return err
	}
	targets := []string{f.to}
	if f.auto {
		targets = nil
		for _, env := range q.est.Environments() {
			if env.Auto {
				targets = append(targets, env.Name)
			}
		}
	}
	var results []promotionResult
	refused := false
	for _, to := range targets {
		m := &promotion{proposing: q}
		if m.from, m.to, err = q.between(f.from, to); err != nil {
			return err
		}
		r, err := m.run(ctx, apps)
		if err != nil {
			return err
		}
		results = append(results, *r)
		refused = refused || r.Proposed == nil && len(apps) > 0 && slices.ContainsFunc(r.Apps, func(c *candidate) bool { return c.State == candidateRefused })
		if !f.asJSON {
			r.print(p)
		}
	}
	if f.asJSON {
		if err := p.printJSON(results); err != nil {
			return err
		}
	}
	if refused {
		return silent(exitGuarded)
	}
	return nil
}

// between finds the environments of a promotion.
func (q *proposing) between(from, to string) (a, b estate.Environment, err error) {
	if b, err = q.environment(to); err != nil {
		return a, b, err
	}
	if from == "" && len(b.After) == 1 {
		from = b.After[0]
	}
	if from == "" {
		return a, b, fail("--from names the environment whose versions are promoted", "%s comes after %s", to, cmp.Or(strings.Join(b.After, " and "), "no environment"))
	}
	if !slices.Contains(b.After, from) {
		return a, b, fail("the estate says what comes before what: environments: "+to+": after: [...]", "%s does not come after %s", to, from)
	}
	a, err = q.environment(from)
	return a, b, err
}

func (q *proposing) environment(name string) (estate.Environment, error) {
	if _, err := inEnvironments(q.est, []string{name}); err != nil {
		return estate.Environment{}, err
	}
	envs := q.est.Environments()
	return envs[slices.IndexFunc(envs, func(e estate.Environment) bool { return e.Name == name })], nil
}

func (m *promotion) branch() string { return "qdeploy/promote/" + slug(m.to.Name) }

// run judges the apps and proposes those that may be promoted.
func (m *promotion) run(ctx context.Context, apps []string) (*promotionResult, error) {
	names, err := m.names(ctx, apps)
	if err != nil {
		return nil, err
	}
	c := estate.PinChange{Environment: m.to.Name, Pins: map[string]estate.Pin{}, Content: map[string]estate.ContentPin{}}
	var moved []string
	for _, app := range names {
		one, err := m.judge(ctx, app)
		if err != nil {
			return nil, err
		}
		m.candidates = append(m.candidates, one)
		if one.State == candidatePromoted {
			moved = append(moved, app+" "+one.To)
			if isContent(app) {
				c.Content[app] = one.content
			} else {
				c.Pins[app] = one.pin
			}
			if _, held := m.to.Holds[app]; held {
				c.Unhold = append(c.Unhold, app) // something newer, or another archive, lifts it
			}
		}
	}
	r := &promotionResult{From: m.from.Name, To: m.to.Name, Apps: m.candidates}
	if len(moved) == 0 {
		r.Withdrawn, err = m.withdraw(ctx)
		return r, err
	}
	title := fmt.Sprintf("Promote to %s: %s", m.to.Name, someNames(moved, 3))
	r.Proposed, err = m.submit(ctx, m.branch(), title, c, func(commit string) (string, error) { return m.body(ctx, commit) })
	if errors.Is(err, errNothing) {
		return r, nil
	}
	return r, err
}

// names returns the apps that are meant, sorted: those that were named and those
// that are proposed already, or all.
func (m *promotion) names(ctx context.Context, apps []string) ([]string, error) {
	if len(apps) == 0 {
		return append(sortedKeys(m.from.Apps), sortedKeys(m.to.Content)...), nil
	}
	names := slices.Clone(apps)
	pending, err := m.pending(ctx)
	if err != nil {
		return nil, err
	}
	names = append(names, pending...)
	slices.Sort(names)
	return slices.Compact(names), nil
}

// pending returns the apps that the branch promotes already.
func (m *promotion) pending(ctx context.Context) (out []string, err error) {
	head, err := m.repo.Head(ctx, m.branch())
	if err != nil || head == "" {
		return nil, err
	}
	before, err := m.p.declaredBefore(head)
	if err != nil || before == nil {
		return nil, nil // what cannot be read promotes nothing; it is proposed anew
	}
	defer before.close()
	for _, app := range sortedKeys(m.from.Apps) {
		now, _ := m.est.Pin(m.to.Name, app)
		then, ok := before.Pin(m.to.Name, app)
		if ok && then.Commit != "" && then.Digest != now.Digest {
			out = append(out, app)
		}
	}
	for _, env := range before.Environments() {
		for _, key := range sortedKeys(env.Content) {
			if env.Name == m.to.Name && env.Content[key] != m.to.Content[key] {
				out = append(out, key)
			}
		}
	}
	return out, nil
}

// print tells people.
func (r *promotionResult) print(p *program) {
	for _, c := range r.Apps {
		from := c.From
		if from == "" {
			from = "(new)"
		}
		switch c.State {
		case candidateThere:
			fmt.Fprintf(p.out, "%s: %s runs %s already\n", printable(c.App), r.To, c.To)
		case candidateRefused:
			fmt.Fprintf(p.out, "%s: %s may not go from %s to %s\n", printable(c.App), c.To, r.From, r.To)
		default:
			fmt.Fprintf(p.out, "%s: %s → %s, from %s to %s\n", printable(c.App), from, c.To, r.From, r.To)
			for _, s := range c.evidence {
				fmt.Fprintf(p.out, "  %s runs it everywhere (%d of %d) since %s%s\n", s.Environment, len(s.Running), s.Places, stampText(s.Since), s.gates())
			}
		}
		for _, why := range c.Why {
			fmt.Fprintf(p.out, "  %s\n", printable(why))
		}
	}
	if r.Proposed != nil {
		r.Proposed.print(p)
		return
	}
	fmt.Fprintf(p.out, "\nnothing is promoted to %s\n", r.To)
	if r.Withdrawn != 0 {
		fmt.Fprintf(p.out, "pull request #%d is closed: nothing is left of it\n", r.Withdrawn)
	}
}
