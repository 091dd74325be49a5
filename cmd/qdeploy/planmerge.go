package main

import (
	"bufio"
	"context"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/qdeploy/qdeploy/pkg/plan"
)

func (p *program) planMergeCommand() *cobra.Command {
	var f planFlags
	var files planFiles
	var asJSON, detailed, github bool
	c := &cobra.Command{
		Use:   "merge FILE|FOLDER...",
		Short: "Make one plan of those of all shards",
		Long: `Make one plan of those that several machines have saved, one for each shard: it is the
same, to the byte, as if it had been made at once. Guards and seats are about the whole,
and are held against it here. A folder stands for the files with .json in it. No tenant is
read, and no secret needed.` + "\n" + exits,
		Example: "  qdeploy plan merge shard-*.json --out plan.json\n  qdeploy plan merge shard-*.json --out plan.json --github",
		RunE: func(c *cobra.Command, args []string) error {
			return p.planMerge(c.Context(), f, files, args, asJSON, detailed, github)
		},
	}
	files.add(c)
	fl := c.Flags()
	fl.BoolVar(&f.list, "list", false, "name every tenant of each class")
	fl.StringVar(&f.apps, "apps", "summary", `how much to show of what changes inside apps: "summary", "full" or "none"`)
	fl.StringArrayVar(&f.environments, "env", nil, "with --github: the `environment` that the shards were planned for, as they were given")
	addRevision(c, &f.revision)
	fl.StringVar(&f.guardsFrom, "guards-from", "", "the guards of this `revision`, the protected branch, instead of the estate's own")
	fl.BoolVar(&asJSON, "json", false, "print the plan as JSON")
	fl.BoolVar(&detailed, "detailed-exitcode", false, "exit with 2 when there are changes")
	fl.BoolVar(&github, "github", false, "in a job of GitHub Actions: tell in a comment, a status, labels and the job's summary and outputs")
	return c
}

func (p *program) planMerge(ctx context.Context, f planFlags, files planFiles, names []string, asJSON, detailed, github bool) error {
	if err := files.check(); err != nil {
		return err
	}
	fleet, err := readShards(names...)
	if err != nil {
		return err
	}
	f.parallelism, f.refresh = 32, fleet.Refresh
	if github {
		if f.job, err = p.job(f.environments); err != nil {
			return err
		}
		f = f.job.prepare(f, true)
	}
	e, err := p.mergedEngine(ctx, f, fleet)
	if err != nil {
		if github {
			f.job.broken(ctx, err)
		}
		return err
	}
	defer e.close()
	e.guards.Check(fleet)
	apps := e.appChanges(fleet)
	if fleet.Apps, err = marshalApps(apps); err != nil {
		return err
	}
	fleet.Homes = nil // what follows from them is among the apps
	v := &view{job: f.job, e: e, fleet: fleet, apps: apps}
	if err := files.save(fleet, v.options(0)); err != nil {
		return err
	}
	switch {
	case github:
		if err := f.job.text(fleet, e.text(f, apps), append(e.costLines(fleet, withinTenant), e.below(fleet)...)...); err != nil {
			return err
		}
		v.tell(ctx)
		return silent(v.exit())
	case asJSON:
		err = p.writeJSON(fleet, e.shut(fleet), nil)
	default:
		if err = fleet.WriteText(p.out, e.text(f, apps)); err == nil {
			err = sayLines(p.out, append(e.costLines(fleet, withinTenant), e.below(fleet)...))
		}
	}
	return planned(fleet, detailed, err)
}

// mergedEngine is an engine that reaches no tenant, and knows what was applied.
func (p *program) mergedEngine(ctx context.Context, f planFlags, fleet *plan.Fleet) (*engine, error) {
	est, err := p.load(ctx, f.revision)
	if err != nil {
		return nil, err
	}
	e, err := p.offline(est, f)
	if err != nil {
		est.close()
		return nil, err
	}
	e.now = p.now
	if e.memory, err = p.recall(ctx, p.dir, f.remote); err != nil {
		est.close()
		return nil, err
	}
	if f.job != nil {
		if err := f.job.heed(ctx, e); err != nil {
			e.close()
			return nil, err
		}
	}
	if e.revision != fleet.Revision {
		e.close()
		return nil, fail("check that revision out, or name it with --rev", "the plan is of revision %.12s, and the estate at hand is %.12s", fleet.Revision, e.revision)
	}
	return e, nil
}

// readShards makes one plan of the saved plans of all shards. A folder stands for the
// files with .json in it.
func readShards(names ...string) (*plan.Fleet, error) {
	files, err := jsonFiles(names)
	if err != nil {
		return nil, fail("qdeploy plan --shard I/N --out FILE saves one", "%w", err)
	}
	var parts []*plan.Fleet
	for _, name := range files {
		part, err := readFleet(name)
		if err != nil {
			return nil, err
		}
		parts = append(parts, part)
	}
	fleet, err := plan.Merge(parts)
	if err != nil {
		return nil, fail("one file for each shard, all made by qdeploy plan --shard I/N --out FILE at one revision", "%w", err)
	}
	return fleet, nil
}

// jsonFiles returns files, and in place of folders those with .json that are in them,
// sorted.
func jsonFiles(names []string) (files []string, err error) {
	for _, name := range names {
		info, err := os.Stat(name)
		if err != nil {
			return nil, err
		}
		if !info.IsDir() {
			files = append(files, name)
			continue
		}
		in, err := os.ReadDir(name)
		if err != nil {
			return nil, err
		}
		for _, f := range in {
			if filepath.Ext(f.Name()) == ".json" {
				files = append(files, filepath.Join(name, f.Name()))
			}
		}
	}
	return files, nil
}

// readFleet reads a saved plan, also that of a shard, and checks that nobody changed it.
func readFleet(name string) (*plan.Fleet, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, fail("qdeploy plan --out FILE saves a plan", "%w", err)
	}
	defer file.Close()
	f, err := plan.ReadFleet(bufio.NewReader(file))
	if err != nil {
		return nil, fail("save it again with qdeploy plan --out", "%s: %w", name, err)
	}
	return f, nil
}

// planned is how a command ends that has made a plan and told of it.
func planned(fleet *plan.Fleet, detailed bool, err error) error {
	switch {
	case err != nil:
		return err
	case len(fleet.Failed()) > 0:
		return silent(exitError)
	case detailed && !fleet.Empty():
		return silent(exitChanges)
	}
	return nil
}
