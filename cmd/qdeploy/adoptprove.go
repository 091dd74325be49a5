package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/qdeploy/qdeploy/pkg/estate"
	"github.com/qdeploy/qdeploy/pkg/plan"
)

const tenMinutes = 10 * time.Minute

// adoptTries is how often what does not prove itself is taken out before it is given up:
// what refers to something that was taken out goes with it, a step at a time.
const adoptTries = 5

// common is the name of the template, "" if there is none.
func (a *adopting) common() string {
	if len(a.shared) == 0 {
		return ""
	}
	return a.template
}

// share moves what all tenants hold alike to a template.
func (a *adopting) share() {
	a.template = "adopted"
	count := map[string]int{}
	id := func(r plan.Resource) string { return r.Key.String() + " " + string(r.Spec) }
	for _, t := range a.tenants {
		for _, r := range t.holds {
			count[id(r)]++
		}
	}
	for i, t := range a.tenants {
		kept := []plan.Resource{}
		for _, r := range t.holds {
			switch {
			case count[id(r)] < len(a.tenants):
				kept = append(kept, r)
			case i == 0:
				a.shared = append(a.shared, r)
			}
		}
		t.holds = kept
	}
}

// settle tries what was found in the estate, takes out what does not prove itself, and
// then writes the rest where it belongs. Nothing stays written if something fails.
func (a *adopting) settle(ctx context.Context) (err error) {
	defer func() {
		if err != nil {
			a.remove(&a.exported)
		}
	}()
	for range adoptTries {
		if err := a.draft(); err != nil {
			return err
		}
		wrong, err := a.prove(ctx)
		if err != nil {
			return err
		}
		if len(wrong) == 0 {
			a.count()
			return a.write()
		}
		if !a.takeOut(wrong) {
			return fail("adopt fewer kinds with --kind", "what was found does not fit the estate: %s", wrong[0].Why)
		}
	}
	return fail("adopt fewer kinds with --kind", "what was found does not settle")
}

func (a *adopting) remove(files *[]string) {
	for _, f := range *files {
		_ = os.Remove(f) // if it stays, the next run says that it is there
	}
	*files = nil
}

// misfit is a resource that a plan would change, or that the estate refuses.
type misfit struct {
	leftOut
	tenant string // "" for all
	key    plan.Key
}

// prove loads the estate with what is to be written, and plans it.
func (a *adopting) prove(ctx context.Context) (wrong []misfit, err error) {
	over := a.over()
	problems, err := estate.Validate(ctx, a.p.dir, estate.Options{GitEnv: a.p.gitEnv, Over: over})
	if err != nil {
		return nil, err
	}
	for _, p := range problems.Errors() {
		wrong = append(wrong, misfit{leftOut{p.Key.String(), p.Message}, p.Tenant, p.Key})
	}
	if len(wrong) > 0 {
		return wrong, nil
	}
	quiet := *a.p
	quiet.err, quiet.over = io.Discard, over
	e, err := quiet.engine(ctx, adoptPlan(a.names))
	if err != nil {
		return nil, err
	}
	defer e.close()
	fleet, err := e.planAll(ctx)
	if err != nil {
		return nil, err
	}
	written := a.written()
	a.others = 0
	for _, p := range fleet.Plans {
		if p.Error != "" {
			return nil, errors.New(p.Tenant.Name + ": " + p.Error)
		}
		for _, c := range p.Changes {
			if c.Action == plan.Adopted && len(c.Fields) == 0 && c.Blocked == "" {
				continue
			}
			if !written[""][c.Key] && !written[p.Tenant.Name][c.Key] {
				a.others++
				continue
			}
			why := c.Blocked
			if why == "" {
				var fields []string
				for _, f := range c.Fields {
					fields = append(fields, strings.TrimPrefix(f.Path, "/"))
				}
				why = "a plan would still " + string(c.Action) + " it: " + cmp.Or(strings.Join(fields, ", "), c.Reason)
			}
			wrong = append(wrong, misfit{leftOut{c.Key.String(), why}, p.Tenant.Name, c.Key})
		}
	}
	return wrong, nil
}

// written are the resources that are being adopted, by tenant; those of all under "".
func (a *adopting) written() map[string]map[plan.Key]bool {
	out := map[string]map[plan.Key]bool{}
	note := func(tenant string, rs []plan.Resource) {
		out[tenant] = map[plan.Key]bool{}
		for _, r := range rs {
			out[tenant][r.Key] = true
		}
	}
	note("", a.shared)
	for _, t := range a.tenants {
		note(t.Tenant, t.holds)
	}
	return out
}

// takeOut takes out what does not prove itself, and says so. What tenants share is taken
// out for all of them.
func (a *adopting) takeOut(wrong []misfit) (some bool) {
	for _, w := range wrong {
		is := func(r plan.Resource) bool { return r.Key == w.key }
		shared := slices.ContainsFunc(a.shared, is)
		a.shared = slices.DeleteFunc(a.shared, is)
		some = some || shared
		for _, t := range a.tenants {
			mine := (w.tenant == "" || w.tenant == t.Tenant) && slices.ContainsFunc(t.holds, is)
			if mine {
				t.holds, some = slices.DeleteFunc(t.holds, is), true
			}
			if (mine || shared) && !slices.ContainsFunc(t.Left, func(l leftOut) bool { return l.What == w.What }) {
				t.Left = append(t.Left, w.leftOut)
			}
		}
	}
	return some
}

func (a *adopting) count() {
	for _, t := range a.tenants {
		t.Adopted = map[string]int{}
		for _, r := range slices.Concat(a.shared, t.holds) {
			t.Adopted[string(r.Key.Kind)]++
		}
	}
}

// print tells people.
func (a *adopting) print() {
	out := a.p.out
	for _, t := range a.tenants {
		var parts []string
		n := 0
		for _, k := range slices.Sorted(maps.Keys(t.Adopted)) {
			parts = append(parts, fmt.Sprintf("%s %d", k, t.Adopted[k]))
			n += t.Adopted[k]
		}
		fmt.Fprintf(out, "%s: %s adopted", printable(t.Tenant), many(n, "resource"))
		if n > 0 {
			fmt.Fprintf(out, ": %s", strings.Join(parts, ", "))
		}
		fmt.Fprintln(out)
		for _, app := range t.Apps {
			fmt.Fprintf(out, "  app: %s\n", printable(app))
		}
		for _, l := range t.Left {
			what := l.What
			if l.Why != "" {
				what += ": " + l.Why
			}
			fmt.Fprintf(out, "  left: %s\n", printable(what))
		}
	}
	if len(a.drafts)+len(a.exported) == 0 {
		fmt.Fprintln(out, "\nnothing is written: all that is adopted is declared already")
		return
	}
	fmt.Fprintln(out)
	for _, d := range a.drafts {
		what := "written"
		if d.before != nil && a.here() {
			what = "added to"
		}
		fmt.Fprintf(out, "%s: %s\n", what, filepath.Join(a.dir, d.name))
	}
	for _, f := range a.exported {
		fmt.Fprintf(out, "written: %s\n", f)
	}
	if a.others > 0 {
		fmt.Fprintf(out, "a plan changes nothing of this; it has %s of what was declared before\nnext: read and commit them, and see qdeploy plan\n", many(a.others, "change"))
		return
	}
	fmt.Fprintln(out, "a plan changes nothing in these tenants\nnext: read and commit them; qdeploy apply writes nothing but the ledger")
}
