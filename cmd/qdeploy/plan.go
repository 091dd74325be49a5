package main

import (
	"context"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/qdeploy/qdeploy/pkg/ledger"
	"github.com/qdeploy/qdeploy/pkg/plan"
)

// planFlags are the flags that plan and apply share.
type planFlags struct {
	choice
	byLast
	sharding
	resume      *resumption // nil: all that is chosen
	parallelism int
	maxRPS      int // requests a second, to all hosts; 0: any number
	maxCalls    int // of the whole run; 0: any number
	refresh     string
	rotate      []string // whose secrets are written again
	patience    time.Duration
	contexts    string
	list        bool
	cost        bool // whether the forecast is told of small plans too
	unmanaged   bool
	retired     bool // whether what nobody needs any more is looked for
	apps        string
	revision    string
	guardsFrom  string
	against     string
	remote      *ledger.Remote // where the ledger is; nil for the repository at hand
	job         *job           // nil outside of GitHub Actions
}

func (f *planFlags) add(p *program, c *cobra.Command) {
	f.choice.add(p, c)
	f.byLast.add(c)
	f.sharding.add(c)
	fl := c.Flags()
	fl.IntVar(&f.parallelism, "parallelism", 32, "tenants at a time")
	addMaxRPS(c, &f.maxRPS)
	fl.IntVar(&f.maxCalls, "max-calls", 0, "begin no more tenants than this `number` of calls is enough for, those made to plan among them; a plan that does not fit is none; 0 is any number")
	fl.StringVar(&f.refresh, "refresh", "all", `which tenants to read: "all", or "changed": those whose desired state is not what was applied last`)
	fl.StringArrayVar(&f.rotate, "rotate", nil, "write these `secrets` again, changed or not: of a KIND/NAME, of a kind, or of all")
	fl.DurationVar(&f.patience, "patience", 10*time.Minute, "how long a tenant may fail, or refuse everything by its rate limits, before it is given up; and how long all of them may before the run ends")
	fl.StringVar(&f.contexts, "qlik-contexts", "", "log in with the contexts of qlik-cli in this `file`, for tenants that have one there")
	fl.BoolVar(&f.list, "list", false, "name every tenant of each class")
	fl.BoolVar(&f.cost, "cost", false, "say what applying costs: calls, uploads, imports, time; plans of 1,000 writes or a minute always do")
	fl.StringVar(&f.apps, "apps", "summary", `how much to show of what changes inside apps: "summary", "full" or "none"`)
	addRevision(c, &f.revision)
	fl.StringVar(&f.guardsFrom, "guards-from", "", "the guards of this `revision`, the protected branch, instead of the estate's own")
	fl.BoolVar(&f.unmanaged, "unmanaged", false, "list what lives in the tenants and is not managed")
}

// addRetired adds the flag that looks for leftovers.
func addRetired(c *cobra.Command, f *planFlags) {
	c.Flags().BoolVar(&f.retired, "retired", false, "look also for what nobody needs any more: connections, empty spaces, staged copies, idle automations, alerts without an app; nothing is deleted")
}

func (f *planFlags) check() error {
	if f.apps != "" && !slices.Contains(appDetails, f.apps) {
		return fail("", "--apps is %q: it is one of %s", f.apps, strings.Join(appDetails, ", "))
	}
	if f.parallelism < 1 {
		return fail("", "--parallelism is %d: it is at least 1", f.parallelism)
	}
	if err := checkMaxRPS(f.maxRPS); err != nil {
		return err
	}
	if f.maxCalls < 0 {
		return fail("0 is any number", "--max-calls is %d", f.maxCalls)
	}
	if f.patience <= 0 {
		return fail("", "--patience is %s: it is more than nothing", f.patience)
	}
	if err := f.byLast.check(f); err != nil {
		return err
	}
	if err := f.sharding.check(f); err != nil {
		return err
	}
	if f.refresh != "all" && f.refresh != "changed" {
		return fail("", `--refresh is %q: it is "all" or "changed"`, f.refresh)
	}
	return nil
}

func (p *program) planCommand() *cobra.Command {
	var f planFlags
	var asJSON, detailed, github bool
	var files planFiles
	c := &cobra.Command{
		Use:   "plan",
		Short: "Show what would change, and why",
		Long: `Compare the estate with what is live and with what was applied last, and print
what applying would do. Nothing is written to any tenant: the transport refuses.
Tenants with the same changes are one class, and printed once.

  +   create, or publish an app     =   adopt: exists, managed from now on
  ~   update                        ^   republish an app; its ID stays
  >   move: rename; the ID stays    -/+ replace: deleted and created; the ID is lost
  -   delete

(drift) marks what the tenant changed since it was applied, (change+drift) what
both changed; the rest is the estate's own change.` + "\n" + exits,
		Example: "  qdeploy plan --tenant tier=gold --tenant region=eu --out plan.json",
		Args:    words(0),
		RunE: func(c *cobra.Command, _ []string) error {
			if github {
				return p.planJob(c.Context(), f, files, c.Flags().Changed("refresh"))
			}
			return p.plan(c.Context(), f, files, asJSON, detailed)
		},
	}
	f.add(p, c)
	c.AddCommand(p.planMergeCommand())
	c.Flags().StringVar(&f.against, "against", "", "compare with the estate of this `revision` instead of with the tenants: no call is made and no secret needed")
	addRetired(c, &f)
	files.add(c)
	c.Flags().BoolVar(&github, "github", false, "in a job of GitHub Actions: plan what the event is about, and tell in a comment, a status, labels and the job's summary and outputs")
	c.Flags().BoolVar(&asJSON, "json", false, "print the plan as JSON")
	c.Flags().BoolVar(&detailed, "detailed-exitcode", false, "exit with 2 when there are changes")
	return c
}

func (p *program) plan(ctx context.Context, f planFlags, files planFiles, asJSON, detailed bool) error {
	if err := files.check(); err != nil {
		return err
	}
	e, fleet, err := p.planFor(ctx, f)
	if err != nil {
		return err
	}
	defer e.close()
	apps := e.appChanges(fleet)
	if fleet.Apps, err = marshalApps(apps); err != nil {
		return err
	}
	if fleet.Shard != "" {
		if fleet.Homes, err = e.homes(); err != nil {
			return err
		}
	}
	v := &view{e: e, fleet: fleet, apps: apps}
	if err := files.save(fleet, v.options(0)); err != nil {
		return err
	}
	if asJSON {
		err = p.writeJSON(fleet, e.shut(fleet), e.retired)
	} else if err = fleet.WriteText(p.out, e.text(f, apps)); err == nil {
		err = sayLines(p.out, append(e.costLines(fleet, withinTenant), e.below(fleet)...))
		if err == nil {
			_, err = io.WriteString(p.out, e.retired.text())
		}
	}
	return planned(fleet, detailed, err)
}

// planFor plans against the tenants, or against another revision.
func (p *program) planFor(ctx context.Context, f planFlags) (*engine, *plan.Fleet, error) {
	if f.against != "" {
		if f.retired {
			return nil, nil, fail("leave out one of them", "--retired looks into the tenants, and --against asks none")
		}
		if err := f.check(); err != nil {
			return nil, nil, err
		}
		return p.planAgainst(ctx, f)
	}
	e, err := p.engine(ctx, f)
	if err != nil {
		return nil, nil, err
	}
	fleet, err := e.planAll(ctx)
	if err != nil {
		e.close()
		return nil, nil, err
	}
	return e, fleet, nil
}

// only drops the changes of other kinds from a plan and returns them; no kinds
// means all.
func only(p *plan.Plan, kinds []plan.Kind) (dropped []plan.Change) {
	if len(kinds) == 0 {
		return nil
	}
	var kept []plan.Change
	for _, c := range p.Changes {
		if slices.Contains(kinds, c.Key.Kind) {
			kept = append(kept, c)
		} else {
			dropped = append(dropped, c)
		}
	}
	for k := range p.Unmanaged {
		if !slices.Contains(kinds, k) {
			delete(p.Unmanaged, k)
		}
	}
	p.Changes = kept
	p.Digest = p.Sum()
	return dropped
}
