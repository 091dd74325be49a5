package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/qdeploy/qdeploy/pkg/qvf"
	"github.com/qdeploy/qdeploy/pkg/qvf/lint"
)

// lintFlags are what app lint is told of the apps.
type lintFlags struct {
	json, hydrated bool
	previous       string
}

// linted is what was found in one app.
type linted struct {
	App      string         `json:"app"`
	Findings []lint.Finding `json:"findings"`
	// Error says why the app could not be looked at.
	Error string `json:"error,omitempty"`
}

func (p *program) appLintCommand() *cobra.Command {
	var f lintFlags
	c := &cobra.Command{
		Use:   "lint APP...",
		Short: "Show what should not be so in apps",
		Long: `Look for data inside apps, for connections that are not the space's own, private
sheets, missing versions, secrets, and what nobody uses; docs/lints.md describes
each code. Remarks are shown too. qdeploy validate does the same for the apps of
an estate, and knows more: names, pinned versions, what each tenant declares.

The exit status is 1 if there is an error.`,
		Example: "  qdeploy app lint apps/*.qvf\n  qdeploy app lint apps/Sales.qvf --previous main:apps/Sales.qvf",
		Args:    cobra.MinimumNArgs(1),
		RunE:    func(_ *cobra.Command, args []string) error { return p.appLint(f, args) },
	}
	fl := c.Flags()
	fl.BoolVar(&f.json, "json", false, "print the findings as JSON")
	fl.BoolVar(&f.hydrated, "hydrated", false, "data inside the apps are meant to be there")
	fl.StringVar(&f.previous, "previous", "", "the revision before of the one `app`: was the version raised, did section access change")
	return c
}

func (p *program) appLint(f lintFlags, args []string) error {
	ctx := lint.Context{Hydrated: f.hydrated}
	if f.previous != "" {
		if len(args) > 1 {
			return fail("", "--previous is the revision before of one app, not of %d", len(args))
		}
		var err error
		if ctx.Previous, err = openApp(f.previous); err != nil {
			return err
		}
	}
	list := []linted{}
	bad := false
	for _, name := range args {
		l := lintOne(name, ctx)
		bad = bad || l.Error != "" || lint.Worst(l.Findings) == lint.Error
		list = append(list, l)
	}
	if f.json {
		if err := p.printJSON(map[string][]linted{"apps": list}); err != nil {
			return err
		}
	} else {
		p.tellFindings(list)
	}
	if bad {
		return silent(exitError)
	}
	return nil
}

// lintOne looks at one app. That it is a Git LFS pointer is a finding.
func lintOne(name string, ctx lint.Context) linted {
	text, _, err := fileOrBlob(name)
	if err != nil {
		return linted{App: name, Findings: []lint.Finding{}, Error: err.Error()}
	}
	app, err := qvf.DecodeBytes(text)
	if errors.Is(err, qvf.ErrLFSPointer) {
		if text, ferr := appBytes(name); ferr == nil {
			app, err = qvf.DecodeBytes(text)
		}
	}
	if pointer, ok := lint.Unreadable(err); ok {
		return linted{App: name, Findings: []lint.Finding{pointer}}
	}
	if err != nil {
		return linted{App: name, Findings: []lint.Finding{}, Error: undecoded(name, text, err).Error()}
	}
	ctx.File = name
	found := lint.Check(app, ctx)
	if found == nil {
		found = []lint.Finding{}
	}
	return linted{App: name, Findings: found}
}

// tellFindings prints findings, a line or two each.
func (p *program) tellFindings(list []linted) {
	for _, l := range list {
		if l.Error != "" {
			fmt.Fprintf(p.out, "%s\n", l.Error)
			p.annotate("error", l.App, 0, 0, "", l.Error)
		}
		for _, f := range l.Findings {
			fmt.Fprintf(p.out, "%s: %s\n", l.App, f)
			if f.Hint != "" {
				fmt.Fprintf(p.out, "\t%s\n", f.Hint)
			}
			p.annotateFinding(l.App, f)
		}
	}
}

func (p *program) annotateFinding(app string, f lint.Finding) {
	text := f.Message
	if at := f.Place.String(); at != "" {
		text = at + ": " + text
	}
	if f.Hint != "" {
		text += "\n" + f.Hint
	}
	p.annotate(string(f.Severity), app, 0, 0, string(f.Code), text)
}
