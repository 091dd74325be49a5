package main

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/qdeploy/qdeploy/pkg/plan"
)

type driftFlags struct {
	planFlags
	asJSON, detailed, github bool
}

func (p *program) driftCommand() *cobra.Command {
	var f driftFlags
	c := &cobra.Command{
		Use:   "drift",
		Short: "Show what was changed in the tenants since they were applied",
		Long: `Read every chosen tenant and hold it against what was applied to it last, by the
ledger: what differs was changed in the tenant although nobody merged anything. What
changed in the estate since is not shown; qdeploy plan shows both. Nothing is written
to any tenant.

For each resource stands who changed it and when, as far as the audit events of the
tenant tell, and what to write into the estate: the line that accepts it, and the
"ignore" that leaves it to people. To undo it, apply.` + "\n" + exits,
		Example: "  qdeploy drift --tenant region=eu --detailed-exitcode",
		Args:    words(0),
		RunE: func(c *cobra.Command, _ []string) error {
			if f.github {
				return p.driftJob(c.Context(), f)
			}
			return p.drift(c.Context(), f)
		},
	}
	f.add(p, c)
	addRetired(c, &f.planFlags)
	c.Flags().BoolVar(&f.asJSON, "json", false, "print the drift as a plan in JSON: of what undoes it")
	c.Flags().BoolVar(&f.github, "github", false, "in a job of GitHub Actions: keep an issue open for each class of drift, as long as there is any")
	c.Flags().BoolVar(&f.detailed, "detailed-exitcode", false, "exit with 2 when there is drift")
	return c
}

func (p *program) drift(ctx context.Context, f driftFlags) error {
	f.apps = "none"
	e, err := p.engine(ctx, f.planFlags)
	if err != nil {
		return err
	}
	defer e.close()
	fleet, err := e.driftAll(ctx)
	if err != nil {
		return err
	}
	if f.asJSON {
		err = p.writeDriftJSON(fleet, e.drift.findings(), e.retired)
	} else if err = fleet.WriteText(p.out, e.text(f.planFlags, nil)); err == nil {
		_, err = io.WriteString(p.out, driftText(e.drift.findings(), f.list)+e.retired.text())
	}
	if err != nil {
		return err
	}
	return driftStatus(fleet, f.detailed)
}

// driftAll reads every chosen tenant and returns what they changed. That nobody can be
// named for it is said on stderr.
func (e *engine) driftAll(ctx context.Context) (*plan.Fleet, error) {
	e.drift = &driftFound{}
	all, err := e.planAll(ctx)
	if err != nil {
		return nil, err
	}
	if what := e.drift.complaint(); what != "" {
		fmt.Fprintf(e.p.err, "qdeploy: %s\n", what)
	}
	return all.DriftOnly(), nil
}
