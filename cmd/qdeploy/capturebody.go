package main

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"strings"

	"github.com/qdeploy/qdeploy/pkg/github"
	"github.com/qdeploy/qdeploy/pkg/qvf"
	"github.com/qdeploy/qdeploy/pkg/qvf/appdiff"
)

// title names a proposal, on one line whatever the app is called.
func (c *captured) title() string {
	return "Capture " + strings.TrimSpace(clean(c.App)+" "+c.edit.version)
}

// message is the commit's. It names no person: it stays for good.
func (c *captured) message() string {
	t := trailer{tenant: c.Tenant, id: c.live.ID, edition: editionText(c.live), digest: c.Digest, file: c.File}
	return fmt.Sprintf("%s\n\nPublished to %s at %s.\n\n%s\n", c.title(), clean(c.place.String()), stampText(c.Published), t)
}

// mostFindings is how many findings the body of a pull request shows.
const mostFindings = 40

// body is what the pull request says: who published what, what the lints have
// against it, and what changed. It is the same on every run.
func (c *captured) body(app *qvf.App) string {
	e := c.edit
	var b strings.Builder
	fmt.Fprintf(&b, "Published by %s to %s at %s.\n\n", github.Text(c.By), github.Text(c.place.String()), stampText(c.Published))
	fmt.Fprintf(&b, "| app | version | file |\n|---|---|---|\n| %s | %s → **%s** | %s |\n",
		github.Text(c.App), github.Text(cmp.Or(e.current, "none")), github.Text(cmp.Or(e.version, "none")), github.Text(c.File))
	switch {
	case len(e.raised) > 0:
		fmt.Fprintf(&b, "\nMerged, it is what %s runs.%s\n", github.Text(strings.Join(e.raised, ", ")), e.keeping())
	case e.version == "" || !newer(e.version, e.current):
		b.WriteString("\n> [!WARNING]\n> The version must be raised before this is merged: no pin is moved by it.\n")
	default:
		b.WriteString("\nNo environment runs it by this alone: pin the version where it is to run.\n")
	}
	for i, f := range c.Findings {
		if i == 0 {
			b.WriteString("\n**What the lints say:**\n\n")
		}
		if i == mostFindings {
			fmt.Fprintf(&b, "- and %d more\n", len(c.Findings)-i)
			break
		}
		fmt.Fprintf(&b, "- %s", github.Text(f.String()))
		if f.Hint != "" {
			fmt.Fprintf(&b, "<br>%s", github.Text(f.Hint))
		}
		b.WriteByte('\n')
	}
	if e.before == nil {
		b.WriteString("\nThe app is new: there is nothing to compare it with.\n")
		return b.String()
	}
	b.WriteString("\n" + appdiff.Diff(e.before, app).Markdown(bodyBudget-min(b.Len(), bodyBudget/2), appdiff.Options{Detail: appdiff.Full}))
	return b.String()
}

// summary is what changed, in a line.
func (e *captureEdit) summary(app *qvf.App) string {
	if e.before == nil {
		return "a new app"
	}
	changes := appdiff.Diff(e.before, app)
	if changes.Empty() {
		return "the content is the same"
	}
	var b bytes.Buffer
	_ = changes.WriteText(&b, appdiff.Options{Detail: appdiff.Summary}) // a buffer takes everything
	return firstLine(b.String())
}

// print tells people what became of an app.
func (c *captured) print(w io.Writer, r *capturing) {
	fmt.Fprint(w, clean(c.App))
	if c.State == captureFailed {
		fmt.Fprintf(w, ": %s\n", c.State)
		return
	}
	if c.State == captureGone {
		fmt.Fprintf(w, ": it is no longer in %s\n", clean(c.Space))
		return
	}
	from := ""
	if c.edit != nil {
		from = cmp.Or(c.From, "(new)") + " → "
	}
	by := ""
	if c.By != "" {
		by = " by " + clean(c.By)
	}
	fmt.Fprintf(w, ": %s%s, published to %s at %s%s\n", from, cmp.Or(clean(c.To), "(no version)"), clean(c.place.String()), stampText(c.Published), by)
	if c.summary != "" {
		fmt.Fprintf(w, "  %s\n", c.summary)
	}
	for _, f := range c.Findings {
		fmt.Fprintf(w, "  %s\n", clean(f.String()))
		if f.Hint != "" {
			fmt.Fprintf(w, "      %s\n", clean(f.Hint))
		}
	}
	switch {
	case c.State == captureThere:
		fmt.Fprintf(w, "  %s has it already\n", r.base)
	case c.State == captureWaiting:
		fmt.Fprintf(w, "  it would be exported, and proposed on branch %s for %s\n", c.Proposed.Branch, r.base)
	default:
		state := "proposed already"
		if c.Proposed.Changed {
			state = "proposed"
		}
		fmt.Fprintf(w, "  %s: branch %s for %s, %.8s\n", state, c.Proposed.Branch, c.Proposed.Base, c.Proposed.Commit)
		c.printNext(w, r)
	}
	switch c.Copy {
	case copyRemoved:
		fmt.Fprintf(w, "  removed from %s\n", clean(c.Space))
	case copyKept:
		fmt.Fprintf(w, "  kept in %s, as the estate says\n", clean(c.Space))
	case copyLeft:
		fmt.Fprintf(w, "  left in %s: %s\n", clean(c.Space), c.Why)
	}
}

func (c *captured) printNext(w io.Writer, r *capturing) {
	if c.Proposed.Number != 0 {
		fmt.Fprintf(w, "  pull request #%d: %s\n", c.Proposed.Number, c.Proposed.URL)
	} else if r.job == nil && c.pushed {
		fmt.Fprintln(w, "  next: open a pull request")
	} else if r.job == nil && !r.f.dryRun {
		fmt.Fprintf(w, "  next: git push --force-with-lease origin %s, and open a pull request\n", c.Proposed.Branch)
	}
}

// keeping tells which environments stay with what they run.
func (e *captureEdit) keeping() string {
	if len(e.kept) == 0 {
		return ""
	}
	return " What runs in " + github.Text(strings.Join(e.kept, ", ")) + " stays: the commit that has it is pinned there from now on."
}
