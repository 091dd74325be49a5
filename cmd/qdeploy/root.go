package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/qdeploy/qdeploy/pkg/estate"
)

// program is what every command shares: where it reads and writes, and the
// flags that all have.
type program struct {
	in       io.Reader
	out, err io.Writer
	dir      string          // the estate
	problems estate.Problems // what was found in it
	now      func() time.Time
	gitEnv   estate.GitEnv // in a job: with which git programs speak with GitHub
	noColor  bool
	debug    bool
	theatre  *theatre          // of a rehearsal; nil for the real world
	over     map[string][]byte // put over the estate's files, which is tried; nil for none
}

const about = `qdeploy keeps Qlik Cloud tenants as an estate repository declares them.

An estate is a folder of CUE: regions, tenants, templates, environments with
pinned app versions, guards. qdeploy validates it without a network, compares it
with what is live, shows the difference as a plan, and applies it.

  qdeploy demo                          see it all in ten seconds, with no account
  qdeploy validate                      is the estate right? silent if it is
  qdeploy plan                          what would change, and why
  qdeploy plan --out p.json             save it for review
  qdeploy apply p.json                  apply exactly what was reviewed
  qdeploy drift                         what was changed in the tenants by hand?
  qdeploy sandbox                       a Qlik Cloud on this machine, to rehearse with

The estate is the folder given by --dir; without it, the present folder if it
holds CUE files, else the folder "estate" in it.`

const exits = `
Exit status: 0 all is well; 1 an error; 2 there are changes (plan
--detailed-exitcode); 3 the plan is stale; 4 stopped by a guard; 5 partly
applied, run again to continue; 6 another run applies, or an
environment is closed.`

func (p *program) command() *cobra.Command {
	c := &cobra.Command{
		Use:                        "qdeploy",
		Short:                      "GitOps for Qlik Cloud",
		Long:                       about + "\n" + exits,
		SilenceErrors:              true,
		SuggestionsMinimumDistance: 2,
		SilenceUsage:               true,
		Args:                       knownCommand,
		RunE:                       func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		return fail(fmt.Sprintf("%s --help lists the flags", c.CommandPath()), "%s", flagText(err))
	})
	f := c.PersistentFlags()
	f.StringVarP(&p.dir, "dir", "C", "", "the `folder` that holds the estate")
	f.BoolVar(&p.noColor, "no-color", false, "print without colours, as with NO_COLOR in the environment")
	f.BoolVar(&p.debug, "debug", false, "print each call to Qlik Cloud on stderr: method, path, status, time")
	c.AddCommand(
		p.validateCommand(), p.planCommand(), p.applyCommand(), p.driftCommand(), p.statusCommand(), p.dueCommand(),
		p.whyCommand(), p.captureCommand(), p.tryCommand(), p.promoteCommand(), p.rollbackCommand(), p.holdCommand(), p.unholdCommand(),
		p.releaseCommand(), p.adoptCommand(), p.appCommand(),
		p.demoCommand(), p.rehearseCommand(), p.sandboxCommand(), p.tenantsCommand(), p.matrixCommand(), p.kindsCommand(), p.schemaCommand(), p.versionCommand(),
	)
	return c
}

// colors follows https://no-color.org.
func (p *program) colors() bool { return !p.noColor && os.Getenv("NO_COLOR") == "" && terminal(p.out) }

// knownCommand refuses what is no command, and says which may be meant.
func knownCommand(c *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	hint := c.CommandPath() + " --help lists the commands"
	if near := c.SuggestionsFor(args[0]); len(near) > 0 {
		hint = "did you mean " + strings.Join(near, " or ") + "?"
	}
	return fail(hint, "there is no command %q", args[0])
}

// words refuses more arguments than a command takes.
func words(most int) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if len(args) <= most {
			return nil
		}
		return fail(c.CommandPath()+" --help shows how it is used", "unexpected %q", args[most])
	}
}
