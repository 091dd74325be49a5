package main

import (
	"context"

	"github.com/spf13/cobra"
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
		Long: `Read every chosen tenant and show what is no longer as it was applied although
nobody merged anything: what applying would undo. What changed in the estate since
is not shown; qdeploy plan shows both. Nothing is written to any tenant.

To accept what somebody did by hand, write it into the estate; to undo it, apply.` + "\n" + exits,
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
	all, err := e.planAll(ctx)
	if err != nil {
		return err
	}
	fleet := all.DriftOnly()
	if f.asJSON {
		err = fleet.WriteJSON(p.out)
	} else {
		err = fleet.WriteText(p.out, e.text(f.planFlags, nil))
	}
	if err != nil {
		return err
	}
	return driftStatus(fleet, f.detailed)
}
