package main

import (
	"bufio"
	"cmp"
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/qdeploy/qdeploy/pkg/apply"
	"github.com/qdeploy/qdeploy/pkg/plan"
)

type applyFlags struct {
	planFlags
	yes       bool
	asJSON    bool
	within    int           // changes at a time in one tenant
	patient   time.Duration // how long to wait while another run applies
	fromMerge bool
	approve   string // the digest of what nobody has reviewed in a pull request
	outside   string // why closed environments are applied to
	join      bool   // tenants that came after a rollout began join it
	failures  allowed
	journal   string // the file; "" for one in the repository
	out       string // the file for what became of the run; "" for none
	resume    string // a run, or the file of its journal
}

// withinTenant is how many changes are made at a time within one tenant.
const withinTenant = 4

func (p *program) applyCommand() *cobra.Command {
	var f applyFlags
	c := &cobra.Command{
		Use:   "apply [PLAN]",
		Short: "Make the tenants as the estate declares them",
		Long: `Apply a saved plan, exactly as it was reviewed, or plan anew, show it, ask, and
apply. Each tenant's plan is computed again just before it is touched: a tenant
that moved since the plan was made is stale, and is skipped and listed, while the
others go on.

Within a tenant, changes go in the order in which they depend on one another; a
failure stops only what depends on it. One tenant's trouble is not another's. An
interrupt lets running calls end and starts nothing new; a second one breaks off.
Running again continues: what is done is not done twice. With --resume it does so in
the tenants that a run left, by the journal that it kept.` + "\n" + exits,
		Example: "  qdeploy apply --tenant acme\n  qdeploy apply plan.json --yes\n  qdeploy apply --resume r-20261125-090000",
		Args:    words(1),
		RunE: func(c *cobra.Command, args []string) error {
			if f.resume != "" {
				f.planFlags.resume = &resumption{p: p, run: f.resume}
			}
			if f.fromMerge {
				return p.applyMerged(c.Context(), f, args, c.Flags().Changed("refresh"))
			}
			return p.apply(c.Context(), f, args)
		},
	}
	f.add(p, c)
	c.AddCommand(p.applyMergeCommand())
	f.applies = true
	c.Flags().BoolVar(&f.fromMerge, "from-merge", false, "in a job of GitHub Actions: apply the head of the branch, as it was reviewed in the pull requests that were merged")
	c.Flags().StringVar(&f.approve, "approve", "", "with --from-merge: apply also what was not reviewed in a pull request, if it is the plan with this `digest`")
	c.Flags().StringVar(&f.outside, "outside-windows", "", "apply to environments that are closed too, for this `reason`; the ledger keeps it")
	c.Flags().BoolVar(&f.join, "join", false, "tenants that came after a rollout began join its last ring; they wait for its end otherwise")
	c.Flags().Var(&f.failures, "max-failures", "how many tenants may fail by what is asked of them, in all rings together: a number, or a `part` of those that change, rounded down; one more, and nothing new begins")
	c.Flags().StringVar(&f.journal, "journal", "", "keep the journal of the run in this `file`, line by line; without it, in the git repository")
	c.Flags().StringVar(&f.out, "out", "", "save what became of the run in this `file`, for apply merge")
	c.Flags().StringVar(&f.resume, "resume", "", "go on with what this `run` left: its name, or the file of its journal")
	c.Flags().DurationVar(&f.patient, "lock-timeout", 10*time.Minute, "how long to wait while another run applies")
	c.Flags().BoolVar(&f.yes, "yes", false, "do not ask; needed where there is no terminal")
	c.Flags().IntVar(&f.within, "parallelism-per-tenant", withinTenant, "changes at a time within one tenant")
	c.Flags().BoolVar(&f.asJSON, "json", false, "print the outcome as JSON")
	return c
}

func (p *program) apply(ctx context.Context, f applyFlags, args []string) error {
	if f.approve != "" {
		return fail("a saved plan is applied with: qdeploy apply PLAN", "--approve goes with --from-merge")
	}
	if f.resume != "" && len(args) > 0 {
		return fail("what is left is planned anew: look at it with qdeploy plan, and apply that", "--resume takes no saved plan")
	}
	if !f.yes && !terminal(p.in) {
		return fail("--yes applies without asking", "there is no terminal to ask on")
	}
	var saved *plan.Fleet
	if len(args) == 1 {
		var err error
		if saved, err = readPlan(args[0]); err != nil {
			return err
		}
	}
	e, err := p.engine(ctx, f.planFlags)
	if err != nil {
		return err
	}
	defer e.close()
	if err := e.goOutside(f.outside); err != nil {
		return err
	}
	if saved != nil {
		if err := e.narrow(saved); err != nil {
			return err
		}
		e.guards.Check(saved)
		saved = f.sharding.part(e.est, saved)
	} else if saved, err = e.planAll(ctx); err != nil {
		return err
	}
	return e.applyFleet(ctx, f, saved)
}

// applyFleet shows a plan, asks, carries it out, and says what became of it.
func (e *engine) applyFleet(ctx context.Context, f applyFlags, fleet *plan.Fleet) error {
	show := e.p.out
	if f.asJSON {
		show = e.p.err
	}
	if err := fleet.WriteText(show, e.text(f.planFlags, e.appChanges(fleet))); err != nil {
		return err
	}
	if err := sayLines(show, append(e.costLines(fleet, f.within), e.below(fleet)...)); err != nil {
		return err
	}
	if len(fleet.Refused) > 0 {
		return silent(exitGuarded)
	}
	if tenants := fleet.Changed(); tenants > 0 && !f.yes && !e.p.agreed(tenants) {
		return fail("", "not applied")
	}
	took := e.watch(fleet, f.within)
	r, err := e.rollout(ctx, f, fleet, nil)
	if err != nil {
		return err
	}
	r.Spent = took()
	if f.asJSON {
		err = e.p.printJSON(r)
	} else {
		r.print(e.p.out)
	}
	if err != nil {
		return err
	}
	if s := r.status(); s != exitOK {
		return silent(s)
	}
	return nil
}

// readPlan reads a saved plan, or a folder with those of all shards, and checks that
// nobody changed it.
func readPlan(path string) (f *plan.Fleet, err error) {
	if info, serr := os.Stat(path); serr == nil && info.IsDir() {
		f, err = readShards(path)
	} else {
		f, err = readFleet(path)
	}
	if err != nil {
		return nil, err
	}
	if f.Shard != "" {
		return nil, fail("qdeploy plan merge FILE... --out PLAN makes one plan of those of all shards", "%s is shard %s of a plan: guards and budgets are about the whole", path, f.Shard)
	}
	if f.Refresh == refreshNone {
		return nil, fail("make one without --against", "%s was made without looking at a tenant: it cannot be applied", path)
	}
	return f, nil
}

// narrow keeps of the chosen tenants those that a saved plan is about. A tenant
// of the plan that the estate no longer has cannot be applied to.
func (e *engine) narrow(saved *plan.Fleet) error {
	var gone []string
	for _, p := range saved.Plans {
		if _, ok := e.est.Tenant(p.Tenant.Name); !ok {
			gone = append(gone, p.Tenant.Name)
		}
	}
	if len(gone) > 0 {
		return &failure{status: exitStale, err: fmt.Errorf("the estate has no tenant %s any more", strings.Join(gone, ", ")), hint: "plan again"}
	}
	return nil
}

func (p *program) agreed(tenants int) bool {
	what := fmt.Sprintf("%d tenants", tenants)
	if tenants == 1 {
		what = "1 tenant"
	}
	fmt.Fprintf(p.err, "\nApply this to %s? Only \"yes\" applies: ", what)
	answer, _ := bufio.NewReader(p.in).ReadString('\n') // no answer is no
	return strings.TrimSpace(answer) == "yes"
}

// rollout carries out the plans of a fleet, several tenants at a time, but for the
// tenants that are held back. One run at a time applies.
func (e *engine) rollout(ctx context.Context, f applyFlags, fleet *plan.Fleet, held map[string]tenantReport) (*report, error) {
	s := stamp{run: newRun(e.now()), revision: e.revision, now: e.now}
	r := newReport(s.run, fleet)
	for _, t := range held {
		r.set(t)
	}
	e.memory.part, e.memory.of = f.shard().String(), e.revision
	release, err := e.memory.lock(ctx, e.p, s.run, f.patient)
	if err != nil {
		return nil, err
	}
	defer release()
	if err := e.memory.holdBack(s, fleet, held); err != nil {
		return nil, err
	}
	if e.journal, err = e.openJournal(f.journal, s, r.left(fleet)); err != nil {
		return nil, err
	}
	if e.journal != nil {
		e.conn.intend = e.journal.intend
	}
	ro := &rolling{engine: e, f: f, stamp: s, fleet: fleet, report: r, reread: e.readsEach(fleet)}
	if f.maxCalls > 0 {
		ro.calls = apply.NewCalls(f.maxCalls, e.made)
	}
	err = ro.roll(ctx)
	r.outOfCalls, r.refused = ro.calls.Spent(), e.room.Over()
	if rest := r.rest(); len(rest) > 0 || err != nil {
		r.Continue = cmp.Or(e.continues(f, s.run), "qdeploy apply"+tenantFlags(rest))
	}
	if err != nil {
		e.journal.end(exitError)
		fmt.Fprintf(e.p.err, "continue with: %s\n", r.Continue)
		return nil, err
	}
	e.journal.end(r.status())
	return r, f.save(r, e.revision)
}

// newRun names a run by the time at which it began.
func newRun(now time.Time) string { return "r-" + now.UTC().Format("20060102-150405") }
