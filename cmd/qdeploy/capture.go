package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/spf13/cobra"

	"github.com/qdeploy/qdeploy/pkg/estate"
	"github.com/qdeploy/qdeploy/pkg/github"
	"github.com/qdeploy/qdeploy/pkg/qlik"
	"github.com/qdeploy/qdeploy/pkg/qvf/lint"
)

type captureFlags struct {
	proposeFlags
	dryRun bool
}

func (p *program) captureCommand() *cobra.Command {
	var f captureFlags
	c := &cobra.Command{
		Use:   "capture [APP...]",
		Short: "Propose what people published as new versions of apps",
		Long: `Take the apps that people published to the spaces that the estate captures, export
them without data, and put each on a branch for a pull request, with what changed in it.
The version is what stands in the description, in braces: {v1.2.0}. Once the repository
has an app, its copy in the space is removed, but never while it is so young that it
could not be restored.

There is one branch, and one pull request, for each app: run again, it is brought up to
date, and what is there already is not exported again. One that cannot be merged any
longer, for another app's pin stands next to its own, is made anew on the base. The exit status is 1 if an app
could not be captured, or has an error that docs/lints.md describes.` + "\n" + exits,
		Example: "  qdeploy capture --dry-run\n  qdeploy capture Sales\n  qdeploy capture --github",
		RunE:    func(c *cobra.Command, args []string) error { return p.capture(c.Context(), f, args) },
	}
	f.add(c)
	c.Flags().BoolVar(&f.dryRun, "dry-run", false, "only say what would be done; nothing is exported")
	return c
}

// captured is an app that somebody published, and what became of it.
type captured struct {
	App       string         `json:"app"`
	Tenant    string         `json:"tenant"`
	Space     string         `json:"space"`
	From      string         `json:"from,omitempty"` // version in the base; "" when there is none
	To        string         `json:"to,omitempty"`   // version that was published; "" when it says none
	Published time.Time      `json:"published,omitzero"`
	By        string         `json:"publishedBy,omitempty"`
	State     captureState   `json:"state"`
	File      string         `json:"file,omitempty"` // seen from the top of the repository
	Digest    string         `json:"digest,omitempty"`
	Findings  []lint.Finding `json:"findings,omitempty"`
	Proposed  *proposed      `json:"proposed,omitempty"`
	Copy      copyState      `json:"copy,omitempty"` // what became of it in the space
	Why       string         `json:"why,omitempty"`  // why it is left there
	Removable time.Time      `json:"removable,omitzero"`
	Error     string         `json:"error,omitempty"`

	place   estate.Capture
	tenant  *qlik.Tenant
	live    qlik.PublishedApp
	edit    *captureEdit // nil when nothing is proposed
	summary string       // what changed, in a line
	pushed  bool         // a remote has the commit
}

// captureState is where a version of an app is.
type captureState string

const (
	captureProposed captureState = "proposed"
	captureThere    captureState = "there already" // the base has it
	captureGone     captureState = "gone"          // somebody has removed it meanwhile
	captureWaiting  captureState = "would be proposed"
	captureFailed   captureState = "failed"
)

// copyState is what became of the copy in the space.
type copyState string

const (
	copyRemoved copyState = "removed"
	copyLeft    copyState = "left"
	copyKept    copyState = "kept" // the estate says so
)

// capturing is one run over all spaces that are captured.
type capturing struct {
	*proposing
	f        captureFlags
	conn     *connections
	trailers trailers
	reads    atomic.Int64
}

func (p *program) capture(ctx context.Context, f captureFlags, names []string) error {
	q, err := p.proposing(ctx, f.proposeFlags)
	if err != nil {
		return err
	}
	defer q.close()
	r := &capturing{proposing: q, f: f}
	if len(q.est.Captures()) == 0 {
		return fail(`write one into the estate: capture: [{tenant: "nonprod", space: "Commit"}]`, "no space is captured")
	}
	if err := r.connect(); err != nil {
		return err
	}
	defer r.conn.close()
	list, errs := r.list(ctx)
	if list, err = withNames(list, names, len(errs) == 0); err != nil {
		return err
	}
	for _, c := range list {
		err := ctx.Err()
		if err == nil && c.Error == "" {
			err = r.one(ctx, c)
		} else if err == nil {
			err = errors.New(c.Error)
		}
		if err != nil {
			c.State, c.Error = captureFailed, err.Error()
			errs = append(errs, fmt.Errorf("%s: %s: %w", c.place, clean(c.App), err))
		}
	}
	anew, mendErrs := r.mend(ctx, names)
	errs = append(errs, mendErrs...)
	if err := r.tell(list, anew, len(errs) == 0); err != nil {
		return err
	}
	if len(errs) > 0 {
		return together(errs)
	}
	if slices.ContainsFunc(list, func(c *captured) bool { return lint.Worst(c.Findings) == lint.Error }) {
		return silent(exitError)
	}
	return nil
}

// together is all errors as one, with the hints of each.
func together(errs []error) error {
	var hints []string
	for _, err := range errs {
		var f *failure
		if errors.As(err, &f) && f.hint != "" && !slices.Contains(hints, f.hint) {
			hints = append(hints, f.hint)
		}
	}
	return fail(strings.Join(hints, "; "), "%w", errors.Join(errs...))
}

// connect resolves the credentials of the tenants that are captured.
func (r *capturing) connect() (err error) {
	var tenants []estate.Tenant
	for _, c := range r.est.Captures() {
		t, _ := r.est.Tenant(c.Tenant)
		if !slices.ContainsFunc(tenants, func(u estate.Tenant) bool { return u.Name == t.Name }) {
			tenants = append(tenants, t)
		}
	}
	r.conn, err = r.p.connect(r.est, tenants, planFlags{patience: 10 * time.Minute})
	return err
}

// list lists what is published in all spaces, by name. An app has one name
// everywhere: what is published twice under one name is told, and left alone, for
// nobody can say which is the newer version.
func (r *capturing) list(ctx context.Context) (out []*captured, errs []error) {
	tenants := map[string]*qlik.Tenant{}
	for _, place := range r.est.Captures() {
		t := tenants[place.Tenant]
		if t == nil {
			var err error
			known, _ := r.est.Tenant(place.Tenant)
			if t, err = r.conn.tenant(known, r.f.dryRun, &r.reads); err != nil {
				errs = append(errs, fmt.Errorf("%s: %w", place.Tenant, err))
				continue
			}
			tenants[place.Tenant] = t
		}
		apps, err := t.Published(ctx, place.Space)
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", place.Tenant, err))
			continue
		}
		for _, a := range apps {
			out = append(out, &captured{App: a.Name, Tenant: place.Tenant, Space: place.Space, place: place, tenant: t, live: a})
		}
	}
	slices.SortStableFunc(out, func(a, b *captured) int { return strings.Compare(a.App, b.App) })
	for i, c := range out {
		if i > 0 && out[i-1].App == c.App || i+1 < len(out) && out[i+1].App == c.App {
			c.Error = fmt.Sprintf("it is published more than once (this is %s); delete all but one of them", c.live.ID)
		}
	}
	return out, errs
}

// withNames returns the apps of these names, or all without names. One that nobody
// published is an error, if everything could be listed.
func withNames(list []*captured, names []string, complete bool) ([]*captured, error) {
	if len(names) == 0 {
		return list, nil
	}
	for _, name := range names {
		if complete && !slices.ContainsFunc(list, func(c *captured) bool { return c.App == name }) {
			return nil, fail("qdeploy capture --dry-run lists what is published", "nobody published an app %q", name)
		}
	}
	return slices.DeleteFunc(list, func(c *captured) bool { return !slices.Contains(names, c.App) }), nil
}

// tell prints the outcome. In a job the runner is to take nothing in it for a
// command: people chose the names. What could not be listed is not nothing.
func (r *capturing) tell(list []*captured, anew []mended, complete bool) (err error) {
	if r.f.asJSON {
		if list == nil {
			list = []*captured{}
		}
		if anew == nil {
			anew = []mended{}
		}
		return r.p.printJSON(map[string]any{"apps": list, "madeAnew": anew})
	}
	w, end := r.p.out, func() error { return nil }
	if r.job != nil {
		w, end = github.Quote(r.p.out)
	}
	if len(list) == 0 && complete {
		_, err = fmt.Fprintf(w, "nothing is published to %s\n", r.places())
	}
	for i, c := range list {
		if i > 0 {
			fmt.Fprintln(w)
		}
		c.print(w, r)
	}
	for _, m := range anew {
		m.print(w, r.base)
	}
	return errors.Join(err, end())
}

func (r *capturing) places() string {
	var names []string
	for _, c := range r.est.Captures() {
		names = append(names, c.String())
	}
	return strings.Join(names, ", ")
}
