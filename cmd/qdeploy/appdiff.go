package main

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"github.com/spf13/cobra"

	"github.com/qdeploy/qdeploy/pkg/qvf"
	"github.com/qdeploy/qdeploy/pkg/qvf/appdiff"
)

// diffFlags say how a difference is shown.
type diffFlags struct {
	json, markdown, summary, exitCode, textconv bool
	budget                                      int
}

func (p *program) appDiffCommand() *cobra.Command {
	var f diffFlags
	c := &cobra.Command{
		Use:   "diff OLD NEW",
		Short: "Show what differs between two revisions of an app",
		Long: `Show what differs between two apps: script lines, expressions, sheets and charts,
images, properties, section access, extensions and theme. Owners, dates and data
are no difference; they are noted where there is another.

The exit status is 0, different or not. With --exit-code it is 0 if the content is
the same, 1 if it differs, and 2 after an error.

git shows apps like this with three lines; then git diff, git show and git log -p
need no more, and git diff --ext-diff says it in fewer words:

  *.qvf diff=qvf                                            in .gitattributes
  git config diff.qvf.textconv "qdeploy app diff --git-textconv"
  git config diff.qvf.command  "qdeploy app diff"           instead, or too`,
		Example: `  qdeploy app diff old.qvf new.qvf
  qdeploy app diff main:apps/Sales.qvf apps/Sales.qvf
  GIT_EXTERNAL_DIFF="qdeploy app diff" git diff main -- apps`,
		Args: func(_ *cobra.Command, args []string) error { return f.args(args) },
		RunE: func(_ *cobra.Command, args []string) error {
			err := p.appDiff(f, args)
			var told *failure
			if f.exitCode && err != nil && !(errors.As(err, &told) && told.err == nil) {
				hint := ""
				if told != nil {
					hint = told.hint
				}
				return &failure{status: 2, err: err, hint: hint}
			}
			return err
		},
	}
	fl := c.Flags()
	fl.BoolVar(&f.json, "json", false, "print it as JSON")
	fl.BoolVar(&f.markdown, "markdown", false, "print it as Markdown, to fold and unfold")
	fl.IntVar(&f.budget, "budget", 0, "at most so many `bytes` of Markdown; what matters least is left out first")
	fl.BoolVar(&f.summary, "summary", false, "name what differs, and do not show how")
	fl.BoolVar(&f.exitCode, "exit-code", false, "exit with 1 if the content differs, and with 2 after an error")
	fl.BoolVar(&f.textconv, "git-textconv", false, "print one app as text, for git to compare")
	c.MarkFlagsMutuallyExclusive("json", "markdown", "git-textconv")
	return c
}

// args are two apps; one for git's textconv; and what git gives an external diff:
// a path, and for the old and the new file its name, its hash and its mode; for a
// rename two more; for a file that is not merged the path alone.
// Source: https://git-scm.com/docs/git#Documentation/git.txt-GITEXTERNALDIFF
func (f diffFlags) args(args []string) error {
	want := []int{2, 7, 9, 1}
	if f.textconv {
		want = []int{1}
	}
	for _, n := range want {
		if len(args) == n && (n != 1 || f.textconv || os.Getenv("GIT_DIFF_PATH_TOTAL") != "") {
			return nil // git says how many files it compares
		}
	}
	if f.textconv {
		return fail("qdeploy app diff --git-textconv FILE", "one file, not %d", len(args))
	}
	return fail("qdeploy app diff OLD NEW", "two apps, not %d", len(args))
}

func (p *program) appDiff(f diffFlags, args []string) error {
	switch {
	case f.textconv:
		return textconv(p.out, args[0])
	case len(args) != 2:
		return p.externalDiff(f, args)
	}
	old, err := openApp(args[0])
	if err != nil {
		return err
	}
	app, err := openApp(args[1])
	if err != nil {
		return err
	}
	c := appdiff.Diff(old, app)
	if err := p.writeDiff(f, c); err != nil {
		return err
	}
	if f.exitCode && !c.Empty() {
		return silent(exitError)
	}
	return nil
}

// writeDiff prints a difference. Where nothing differs, and nothing is to be
// noted, text and Markdown are empty.
func (p *program) writeDiff(f diffFlags, c *appdiff.Changes) error {
	o := appdiff.Options{Color: p.colors()}
	if f.summary {
		o.Detail = appdiff.Summary
	}
	switch nothing := c.Empty() && len(c.Notes) == 0; {
	case f.json:
		return c.WriteJSON(p.out)
	case nothing:
		return nil
	case f.markdown:
		_, err := io.WriteString(p.out, c.Markdown(f.budget, o))
		return err
	}
	return c.WriteText(p.out, o)
}

// textconv prints an app as text that differs where the app does: the parts of
// its digest, each under a heading, the script first. What is no app is size and
// hash, for git would stop at an error.
func textconv(w io.Writer, file string) error {
	text, err := appBytes(file)
	if err != nil {
		return unreadable(w, err)
	}
	app, err := qvf.DecodeBytes(text)
	if err != nil {
		return unreadable(w, undecoded("it", text, err))
	}
	parts := qvf.Parts(app)
	slices.SortStableFunc(parts, func(a, b qvf.Part) int {
		return cmp.Compare(slices.Index(first, b.Kind), slices.Index(first, a.Kind))
	})
	var b bytes.Buffer
	for _, part := range parts {
		fmt.Fprintf(&b, "=== %s\n", clean(part.Kind+" "+part.Title+" "+part.ID))
		switch part.Kind {
		case "script":
			b.Write(part.Content)
		case "media":
			fmt.Fprintf(&b, "%d bytes, sha256:%x", len(part.Content), sha256.Sum256(part.Content))
		default:
			if json.Indent(&b, part.Content, "", "  ") != nil {
				b.Write(part.Content)
			}
		}
		b.WriteString("\n\n")
	}
	_, err = io.WriteString(w, printable(b.String()))
	return err
}

// first are the parts that people look at first, from last to first.
var first = []string{"variable", "dimension", "measure", "properties", "script"}

// unreadable prints why there is nothing to show.
func unreadable(w io.Writer, err error) error {
	line := clean(err.Error())
	var f *failure
	if errors.As(err, &f) && f.hint != "" {
		line += "; " + clean(f.hint)
	}
	_, err = fmt.Fprintln(w, line)
	return err
}

// externalDiff shows what git asks for. It never fails for what cannot be shown:
// git would stop.
func (p *program) externalDiff(f diffFlags, args []string) error {
	name := args[0]
	to := name
	if len(args) == 9 {
		to = args[7]
	}
	fmt.Fprintf(p.out, "qdeploy app diff %s %s\n", clean("a/"+name), clean("b/"+to))
	if len(args) == 1 {
		_, err := fmt.Fprintln(p.out, "not merged")
		return err
	}
	old, err := sideOf(args[1])
	if err != nil {
		return unreadable(p.out, err)
	}
	app, err := sideOf(args[4])
	if err != nil {
		return unreadable(p.out, err)
	}
	c := appdiff.Diff(old, app)
	if c.Empty() && len(c.Notes) == 0 && !f.json {
		_, err := fmt.Fprintln(p.out, "the content is the same")
		return err
	}
	return p.writeDiff(f, c)
}

// sideOf opens one side of an external diff; nil if the file is not there.
func sideOf(file string) (*qvf.App, error) {
	if file == "/dev/null" || file == "nul" {
		return nil, nil
	}
	text, err := appBytes(file)
	if err != nil {
		return nil, err
	}
	app, err := qvf.DecodeBytes(text)
	if err != nil {
		return nil, undecoded("it", text, err)
	}
	return app, nil
}
