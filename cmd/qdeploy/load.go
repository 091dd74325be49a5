package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/qdeploy/qdeploy/pkg/estate"
	"github.com/qdeploy/qdeploy/pkg/plan"
)

// estateDir is the folder of the estate: the one asked for, else the present one
// if it holds CUE files, else the folder "estate" in it.
func (p *program) estateDir() (string, error) {
	dir := p.dir
	if dir == "" {
		dir = "."
		if here, _ := filepath.Glob("*.cue"); len(here) == 0 {
			dir = "estate"
		}
	}
	info, err := os.Stat(dir)
	if err != nil || !info.IsDir() {
		return "", fail("--dir names the folder of the estate", "no estate here: %s is not a folder", dir)
	}
	return dir, nil
}

// load reads the estate and checks all of it, every tenant too, so that nothing
// is called for an estate that is wrong. Warnings go to stderr. It is the estate of
// a revision, or, where that is empty, of the folder as it is.
func (p *program) load(ctx context.Context, revision string) (*declared, error) {
	dir, err := p.estateDir()
	if err != nil {
		return nil, err
	}
	p.dir = dir
	d := &declared{}
	if d.at, err = p.at(dir, revision); err != nil {
		return nil, err
	}
	o := estate.Options{GitEnv: p.gitEnv, Cache: cacheDir(), Over: p.over}
	if p.over != nil { // it is tried, and not kept
		o.Cache = ""
	}
	if p.theatre != nil { // what is kept would take the rehearsal's place in the cache, and time from what it measures
		o.Copies, o.Cache = p.theatre.copies, ""
	}
	if d.at != nil {
		o.Files = d.at.Files
	}
	e, err := estate.Load(dir, o)
	d.Estate = e
	if err == nil {
		err = e.Each(ctx, 0, nil, func(estate.Tenant, []plan.Resource) error { return nil }) // it keeps them
	}
	var problems estate.Problems
	if errors.As(err, &problems) {
		if all, err := estate.Validate(ctx, dir, o); err == nil && len(all.Errors()) > 0 {
			problems = all // what Load has found may not be the end of it
		}
		return nil, p.invalid(problems)
	}
	if err != nil {
		return nil, err
	}
	p.problems = e.Warnings()
	for _, w := range p.problems {
		fmt.Fprintln(p.err, w)
	}
	return d, nil
}

// cacheDir is where what large estates come to is kept between runs: QDEPLOY_CACHE, or a
// folder of the user's cache; "" where nothing is kept.
func cacheDir() string {
	if dir, ok := os.LookupEnv("QDEPLOY_CACHE"); ok {
		return dir
	}
	dir, err := os.UserCacheDir()
	if err != nil {
		return ""
	}
	return filepath.Join(dir, "qdeploy")
}

// declared is an estate that was checked.
type declared struct {
	*estate.Estate
	at *estate.Revision // nil for the folder as it is
}

// close releases the repository that the estate was read from, and what was kept of it.
func (d *declared) close() {
	if d.Estate != nil {
		_ = d.Estate.Close() // nothing is sent any more
	}
	if d.at != nil {
		_ = d.at.Close() // nothing was written
	}
}

// revision names the revision of the estate, see [revisionOf].
func (d *declared) revision(dir string) string {
	if d.at != nil {
		return d.at.Commit
	}
	return revisionOf(dir)
}

func (p *program) invalid(problems estate.Problems) error {
	p.problems = problems
	for _, problem := range problems {
		fmt.Fprintln(p.err, problem)
	}
	if n := len(problems.Errors()); n != 1 {
		return fmt.Errorf("the estate has %d errors", n)
	}
	return errors.New("the estate has 1 error")
}

func (p *program) validateCommand() *cobra.Command {
	var asJSON, remarks bool
	var revision string
	c := &cobra.Command{
		Use:   "validate",
		Short: "Check the estate; silent when all is well",
		Long: `Check everything that can be known without a network: syntax, fields, names, roles
that a type of space does not know, references, app files. All that is wrong is
reported at once, sorted by place. Tenants are evaluated one by one, on several
cores. Nothing is called and no secret is needed.

Apps are looked into: docs/lints.md describes what for, and how to set in the
estate how bad each is. In GitHub Actions all that is found is shown in the pull
request too.`,
		Example: "  qdeploy validate -C estate\n  qdeploy validate --json",
		Args:    words(0),
		RunE:    func(c *cobra.Command, _ []string) error { return p.validate(c.Context(), revision, asJSON, remarks) },
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print the problems as JSON, also when there are none")
	addRevision(c, &revision)
	c.Flags().BoolVar(&remarks, "remarks", false, "print also what is merely worth knowing of the apps")
	return c
}

func (p *program) validate(ctx context.Context, revision string, asJSON, remarks bool) error {
	dir, err := p.estateDir()
	if err != nil {
		return err
	}
	r, err := p.at(dir, revision)
	if err != nil {
		return err
	}
	o := estate.Options{Remarks: remarks, GitEnv: p.gitEnv, Cache: cacheDir()}
	if r != nil {
		defer r.Close()
		o.Files = r.Files
	}
	problems, err := estate.Validate(ctx, dir, o)
	for _, problem := range problems {
		p.annotateProblem(dir, problem)
	}
	switch {
	case err != nil:
		return err
	case asJSON:
		if problems == nil {
			problems = estate.Problems{}
		}
		if err := p.printJSON(map[string]estate.Problems{"problems": problems}); err != nil {
			return err
		}
		if len(problems.Errors()) > 0 {
			return silent(exitError)
		}
	case len(problems.Errors()) > 0:
		return p.invalid(problems)
	default:
		for _, w := range problems {
			fmt.Fprintln(p.err, w)
		}
	}
	return nil
}
