package main

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"os"
	"slices"

	"github.com/spf13/cobra"

	"github.com/qdeploy/qdeploy/pkg/estate"
	"github.com/qdeploy/qdeploy/pkg/plan"
	"github.com/qdeploy/qdeploy/schema"
)

type adoptFlags struct {
	kinds  []string
	into   string
	asJSON bool
}

func (p *program) adoptCommand() *cobra.Command {
	var f adoptFlags
	c := &cobra.Command{
		Use:   "adopt TENANT...",
		Short: "Declare what tenants hold already",
		Long: `Read tenants that the estate names, and write CUE that declares what they hold and
the estate does not yet: a file for each, adopted-TENANT.cue, and, of several tenants
without a template, one for a template with what they have in common. Nothing is
changed in any tenant.

What was written proves itself: it is planned at once, and what a plan would change is
taken out again, and said. So the next plan has nothing but adoptions, and once they are
applied, which changes nothing but the ledger, nothing at all. Secrets are not read back
by anybody: what has one is declared without it.

A tenant that is declared in a data file gets what it holds there: lines are added to it,
and all else in the file stays as it is.

The archives of themes and extensions, the files of brands and the definitions of
automations are downloaded to themes/, extensions/, brands/ and automations/. Automations,
sharing tasks and data alerts are those of qdeploy's own user. Users and seats are adopted
only when --kind names them, since most come by themselves: the users who have a role or a
custom group of their own or are disabled, and the seats of the tenants' users. Left out
is what is in data files, which Qlik does not show.

Published apps are exported without data to apps/, and declared. No environment pins them
yet, so that none is published.` + "\n" + exits,
		Example: "  qdeploy adopt acme\n  qdeploy adopt acme bolt --kind space --kind webhook",
		RunE:    func(c *cobra.Command, args []string) error { return p.adopt(c.Context(), f, args) },
	}
	c.Flags().StringArrayVar(&f.kinds, "kind", nil, "only this `kind` of resource; a space comes with its members, an app with the spaces it is in")
	c.Flags().StringVar(&f.into, "into", "", "write into this `folder` instead of the estate's")
	c.Flags().BoolVar(&f.asJSON, "json", false, "print what was adopted and what was left as JSON")
	return c
}

// adopted is what became of one tenant.
type adopted struct {
	Tenant  string         `json:"tenant"`
	File    string         `json:"file,omitempty"` // that declares it; "" if there was nothing to write
	Adopted map[string]int `json:"adopted"`        // by kind
	Apps    []string       `json:"apps,omitempty"` // that were exported
	Left    []leftOut      `json:"left,omitempty"`

	holds []plan.Resource
	data  string // the data file that it is declared in; "" for CUE
}

// leftOut is what was not adopted, and why.
type leftOut struct {
	What string `json:"what"`
	Why  string `json:"why,omitempty"`
}

// leftKinds are the kinds that are not adopted, and why.
var leftKinds = map[plan.Kind]string{
	"data-file":      "Qlik does not give what is in one: put the file into the estate, and declare it",
	"notes-settings": "Qlik has deprecated it",
}

// askedKinds are the kinds that are adopted only when --kind names them: there may be one
// for each person, and people come and go by themselves.
var askedKinds = []plan.Kind{"user", "license-assignment"}

// adoptable returns the kinds that are adopted, sorted.
func adoptable(only []string) ([]plan.Kind, error) {
	for _, name := range only {
		if why := leftKinds[plan.Kind(name)]; why != "" {
			return nil, fail(why, "a %s is not adopted", name)
		}
		if !slices.Contains(schema.Kinds(), plan.Kind(name)) {
			return nil, fail("kinds: "+kindList(), "--kind: there is no kind %q", name)
		}
	}
	return slices.DeleteFunc(schema.Kinds(), func(k plan.Kind) bool {
		meant := len(only) == 0 && !slices.Contains(askedKinds, k) || slices.Contains(only, string(k)) ||
			slices.Contains(only, "space") && k == "assignment" || slices.Contains(only, "app") && k == "space"
		return leftKinds[k] != "" || !meant
	}), nil
}

func (p *program) adopt(ctx context.Context, f adoptFlags, names []string) error {
	if len(names) == 0 {
		return fail("qdeploy adopt TENANT, by the name that the estate gives it", "adopt takes the tenants to look into")
	}
	kinds, err := adoptable(f.kinds)
	if err != nil {
		return err
	}
	e, err := p.engine(ctx, adoptPlan(names))
	if err != nil {
		return err
	}
	defer e.close()
	a := &adopting{p: p, dir: f.into, kinds: kinds, names: names, managed: map[string][]string{}, content: map[string][]byte{}}
	a.appsOnly = slices.Contains(f.kinds, "app") && !slices.Contains(f.kinds, "space")
	if a.dir == "" {
		a.dir = p.dir
	}
	if info, err := os.Stat(a.dir); err == nil && !info.IsDir() {
		return fail("name a folder, or one that is not there yet", "--into: %s is not a folder", a.dir)
	}
	if err := a.look(ctx, e); err != nil {
		return err
	}
	if slices.Contains(kinds, "app") {
		if err := a.apps(ctx, e); err != nil {
			a.remove(&a.exported)
			return err
		}
	}
	if err := a.settle(ctx); err != nil {
		return err
	}
	if f.asJSON {
		return p.printJSON(map[string]any{"tenants": a.tenants, "common": a.common()})
	}
	a.print()
	return nil
}

// adoptPlan is how the tenants that are adopted are planned.
func adoptPlan(names []string) planFlags {
	return planFlags{choice: choice{tenants: names}, parallelism: 8, refresh: "all", apps: "none", patience: tenMinutes}
}

// adopting is one adoption of some tenants.
type adopting struct {
	p        *program
	dir      string
	kinds    []plan.Kind
	names    []string
	template string // for what they have in common; "" for none
	shared   []plan.Resource
	tenants  []*adopted
	appsOnly bool                // spaces are looked through, and not adopted
	managed  map[string][]string // managed spaces by tenant
	exported []string            // apps, and their declarations
	content  map[string][]byte   // files that the resources consist of, by name
	drafts   []draft             // what is written besides
	others   int                 // changes that a plan has of what was declared before
}

// look reads what the tenants hold that the estate does not declare.
func (a *adopting) look(ctx context.Context, e *engine) error {
	alone := true // no tenant has a template
	for _, t := range e.chosen {
		file, templates := e.est.Written(t.Name)
		alone = alone && len(templates) == 0
		one, err := a.holdings(ctx, e, t)
		if err != nil {
			return fmt.Errorf("%s: %w", t.Name, err)
		}
		one.data = file
		a.tenants = append(a.tenants, one)
	}
	if alone && len(a.tenants) > 1 {
		a.share()
	}
	return nil
}

// holdings reads one tenant.
func (a *adopting) holdings(ctx context.Context, e *engine, t estate.Tenant) (*adopted, error) {
	live, err := e.conn.tenant(t, true, &e.reads)
	if err != nil {
		return nil, err
	}
	s, unread, err := live.Holdings(ctx, slices.DeleteFunc(slices.Clone(a.kinds), func(k plan.Kind) bool { return k == "app" }))
	if err != nil {
		return nil, err
	}
	desired, err := e.est.Resources(t.Name)
	if err != nil {
		return nil, err
	}
	one := &adopted{Tenant: t.Name}
	a.managed[t.Name] = managedSpaces(append(desired, s.Resources...))
	for _, k := range slices.Sorted(maps.Keys(unread)) {
		one.Left = append(one.Left, leftOut{string(k), "cannot be listed: " + unread[k]})
	}
	for _, n := range s.Notes {
		one.Left = append(one.Left, leftOut{What: n})
	}
	have := map[plan.Key]bool{}
	for _, r := range desired {
		have[r.Key] = true
	}
	others := 0
	for _, r := range s.Resources {
		if have[r.Key] || r.Key.Kind == "space" && a.appsOnly {
			continue
		}
		switch why := notAdopted(r, s.Ambiguous[r.Key], cmp.Or(s.Missing[r.Key], e.conn.loggedIn(t, r))); {
		case why == "-":
		case why == anybody:
			others++
		case why != "":
			one.Left = append(one.Left, leftOut{r.Key.String(), why})
		default:
			r, err := a.complete(ctx, live, t.Name, asWritten(r))
			if err != nil {
				one.Left = append(one.Left, leftOut{r.Key.String(), err.Error()})
				continue
			}
			one.holds = append(one.holds, r)
		}
	}
	if others > 0 {
		one.Left = append(one.Left, leftOut{many(others, "user"), anybody})
	}
	nameProviders(one.holds)
	return one, ctx.Err()
}
