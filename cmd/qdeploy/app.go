package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode"

	"github.com/spf13/cobra"

	"github.com/qdeploy/qdeploy/pkg/qvf/lint"
)

func (p *program) appCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "app",
		Short: "Look into app files (.qvf): no network, no tenant",
		Long: `Look into app files. An app is named by its file, or as REV:PATH by a file of a
revision of the git repository at hand; nothing is checked out. A Git LFS pointer
is followed into the repository's own store.`,
		Args: knownCommand,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(p.appShowCommand(), p.appDiffCommand(), p.appUnbuildCommand(), p.appLintCommand())
	return c
}

func (p *program) appShowCommand() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "show APP",
		Short: "Show what an app is and what it needs",
		Long: `Show name, version, engine and digest of an app, how much is in it, whether it
holds data, which connections its script names, and which extensions and theme it
needs.`,
		Example: "  qdeploy app show apps/Sales.qvf\n  qdeploy app show main~1:apps/Sales.qvf --json",
		Args:    exactly("APP"),
		RunE: func(_ *cobra.Command, args []string) error {
			app, err := openApp(args[0])
			if err != nil {
				return err
			}
			facts := lint.FactsOf(app)
			if asJSON {
				return p.printJSON(facts)
			}
			show(p.out, facts)
			return nil
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print it as JSON")
	return c
}

// exactly wants an argument for each name.
func exactly(names ...string) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if len(args) == len(names) {
			return nil
		}
		return fail(c.CommandPath()+" --help shows how it is used", "%s takes %s: %s, not %d", c.CommandPath(), counted(len(names), "argument"), strings.Join(names, " "), len(args))
	}
}

func (p *program) printJSON(v any) error {
	enc := json.NewEncoder(p.out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}

// show prints facts for people.
func show(w io.Writer, f lint.Facts) {
	fmt.Fprintln(w, strings.TrimSpace(clean(f.Title)+" "+clean(f.Version)))
	if d := clean(f.Description); d != "" {
		fmt.Fprintln(w, "  "+d)
	}
	fmt.Fprintln(w)
	line := func(name, format string, args ...any) {
		fmt.Fprintf(w, "  %-15s "+format+"\n", append([]any{name}, args...)...)
	}
	n := f.Counts
	line("engine", "%s", cmp.Or(clean(f.Engine), "unknown"))
	line("digest", "%s", f.Digest)
	data := "none"
	if f.HasData {
		data = fmt.Sprintf("%s in %s", counted(f.Rows, "row"), counted(f.Tables, "table"))
	}
	line("data", "%s", data)
	access := "no"
	if f.SectionAccess {
		access = "yes: not everybody sees all rows"
	}
	line("section access", "%s", access)
	line("script", "%s in %s", counted(n.ScriptLines, "line"), counted(n.Tabs, "tab"))
	line("sheets", "%d, with %s", n.Sheets, counted(n.Charts, "chart"))
	line("master items", "%s, %s, %s", counted(n.Dimensions, "dimension"), counted(n.Measures, "measure"), counted(n.MasterCharts, "visualization"))
	line("besides", "%s, %s, %s, %s", counted(n.Variables, "variable"), counted(n.Bookmarks, "bookmark"), strings.Replace(counted(n.Stories, "story"), "storys", "stories", 1), counted(n.Images, "image"))
	line("theme", "%s", cmp.Or(clean(f.Theme), "Qlik's own"))
	var extensions []string
	for _, e := range f.Extensions {
		extensions = append(extensions, fmt.Sprintf("%s (%s)", clean(e.Name), counted(e.Charts, "chart")))
	}
	line("extensions", "%s", cmp.Or(strings.Join(extensions, ", "), "none"))
	showThings(w, f)
	showSources(w, f)
}

func showThings(w io.Writer, f lint.Facts) {
	var lines []string
	for _, t := range f.Things {
		var words []string
		if t.Private {
			words = append(words, "private")
		}
		if t.Hidden {
			words = append(words, "shown under a condition")
		}
		if t.Owner != "" {
			words = append(words, "owned by "+clean(t.Owner))
		}
		lines = append(lines, fmt.Sprintf("  %s %s: %s", clean(t.Type), clean(t.Title), strings.Join(words, ", ")))
	}
	if len(lines) > 0 {
		fmt.Fprintf(w, "\nNot everybody's:\n%s\n", strings.Join(lines, "\n"))
	}
}

// showSources prints what the script names, each once with its first place.
func showSources(w io.Writer, f lint.Facts) {
	if len(f.Sources) == 0 {
		return
	}
	fmt.Fprintln(w, "\nThe script reads and writes:")
	id := func(s lint.Source) string { return string(s.Class) + " " + s.String() }
	for i, s := range f.Sources {
		if slices.ContainsFunc(f.Sources[:i], func(q lint.Source) bool { return id(q) == id(s) }) {
			continue
		}
		more := -1
		for _, q := range f.Sources {
			if id(q) == id(s) {
				more++
			}
		}
		fmt.Fprintf(w, "  %-12s %s  %s", s.Class, clean(s.String()), clean(s.Place.String()))
		if more > 0 {
			fmt.Fprintf(w, " and %d more", more)
		}
		fmt.Fprintln(w)
	}
}

// clean makes one line of text from an app that a terminal can print.
func clean(s string) string { return strings.Join(strings.Fields(printable(s)), " ") }

// printable replaces control characters, and what changes the direction of what
// follows, but for line ends and tabs.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '\n' || r == '\t' || unicode.IsPrint(r) || unicode.IsSpace(r) && r != '\r' {
			return r
		}
		return '�'
	}, s)
}

func counted[N int | int64](n N, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
