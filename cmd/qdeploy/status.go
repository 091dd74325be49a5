package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/qdeploy/qdeploy/pkg/estate"
	"github.com/qdeploy/qdeploy/pkg/ledger"
)

// status is what runs where, as far as the ledger knows.
type status struct {
	Revision string        `json:"revision"` // of the estate
	Apps     []standing    `json:"apps"`
	Holds    []heldApp     `json:"holds,omitempty"`
	Rings    []ringStatus  `json:"rings,omitempty"`
	Live     *liveStatus   `json:"live,omitempty"`
	Closed   []closed      `json:"closed,omitempty"`     // environments that may not be applied to now
	Slots    []ledger.Slot `json:"slots,omitempty"`      // apps that are tried before they are merged
	Tenants  []lastRun     `json:"unfinished,omitempty"` // whose last run did not do all
	Last     *lastRun      `json:"last,omitempty"`       // the newest entry

	Previews []ledger.Preview `json:"previews,omitempty"` // spaces of pull requests, where apps are tried

	environments []string // in their order
	now          time.Time
}

// heldApp is a hold that has not ended.
type heldApp struct {
	Environment string `json:"environment"`
	App         string `json:"app"`
	estate.Hold
}

type statusFlags struct {
	environments, apps []string
	revision           string
	live, asJSON       bool
}

func (p *program) statusCommand() *cobra.Command {
	var f statusFlags
	c := &cobra.Command{
		Use:   "status",
		Short: "Show what runs where, and what holds it up",
		Long: `Show which version of each app each environment pins and how many of its places,
a space of a tenant each, run it: from the ledger, without asking any tenant, or with
--live from the tenants. Below
it stand what is behind, how long versions have yet to soak, what is held, and the
tenants whose last run did not do all.`,
		Example: "  qdeploy status --env prod --app Sales",
		Args:    words(0),
		RunE:    func(c *cobra.Command, _ []string) error { return p.status(c.Context(), f) },
	}
	fl := c.Flags()
	fl.StringArrayVar(&f.environments, "env", nil, "only this `environment`")
	fl.StringArrayVar(&f.apps, "app", nil, "only this `app`")
	addRevision(c, &f.revision)
	fl.BoolVar(&f.live, "live", false, "ask the tenants which versions they run, with one listing of items each, and say where that is not what the ledger knows, and which quotas are almost used up")
	fl.BoolVar(&f.asJSON, "json", false, "print it as JSON")
	return c
}

func (p *program) status(ctx context.Context, f statusFlags) error {
	est, m, err := p.known(ctx, f.revision, nil)
	if err != nil {
		return err
	}
	defer est.close()
	defer m.close()
	if err := named(est.Estate, f.environments, f.apps); err != nil {
		return err
	}
	entries := m.entries
	var live *liveStatus
	if f.live {
		if entries, live, err = p.asked(ctx, est, m, f.environments); err != nil {
			return err
		}
	}
	s := statusOf(est.Estate, entries, p.now(), f)
	s.Live = live
	s.Revision = est.revision(p.dir)
	if err := s.addRings(est, m, p.now(), f); err != nil {
		return err
	}
	s.slots(m, f)
	s.previews(m, f)
	if f.asJSON {
		err = p.printJSON(s)
	} else {
		err = s.write(p.out)
	}
	if err != nil {
		return err
	}
	if live != nil && len(live.Unknown) > 0 {
		return silent(exitError)
	}
	return nil
}

// known loads the estate and what the ledger knows of it.
func (p *program) known(ctx context.Context, revision string, remote *ledger.Remote) (*declared, *memory, error) {
	est, err := p.load(ctx, revision)
	if err != nil {
		return nil, nil, err
	}
	m, err := p.recall(ctx, p.dir, remote)
	if err != nil {
		est.close()
		return nil, nil, err
	}
	return est, m, nil
}

// named checks that the environments and apps that were asked for are declared.
func named(est *estate.Estate, environments, apps []string) error {
	if _, err := inEnvironments(&declared{Estate: est}, environments); err != nil {
		return err
	}
	var known []string
	for _, a := range est.Apps() {
		known = append(known, a.Name)
	}
	for _, name := range apps {
		if !slices.Contains(known, name) {
			return fail("apps: "+cmp.Or(strings.Join(known, ", "), "none"), "there is no app %q", name)
		}
	}
	return nil
}

func statusOf(est *estate.Estate, entries map[string]ledger.Entry, now time.Time, f statusFlags) *status {
	wanted := func(list []string, name string) bool { return len(list) == 0 || slices.Contains(list, name) }
	s := &status{Apps: []standing{}, now: now}
	for _, env := range est.Environments() {
		if !wanted(f.environments, env.Name) {
			continue
		}
		if len(env.Apps) > 0 {
			s.environments = append(s.environments, env.Name)
		}
		if c := closedNow(env, now); c != nil {
			s.Closed = append(s.Closed, *c)
		}
		for _, app := range slices.Sorted(maps.Keys(env.Holds)) {
			if h := env.Holds[app]; wanted(f.apps, app) && !h.Ended(now) {
				s.Holds = append(s.Holds, heldApp{env.Name, app, h})
			}
		}
	}
	for _, a := range standings(est, entries, now) {
		if wanted(f.environments, a.Environment) && wanted(f.apps, a.App) {
			s.Apps = append(s.Apps, a)
		}
	}
	meant := map[string]bool{}
	for _, env := range est.Environments() {
		for _, t := range env.Targets {
			for _, name := range t.Tenants {
				meant[name] = meant[name] || wanted(f.environments, env.Name)
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(entries)) {
		e := entries[name]
		if len(f.environments) > 0 && !meant[name] {
			continue
		}
		at := lastOf(e)
		if t, ok := est.Tenant(name); ok && t.State != estate.Ignored && e.Outcome != outcomeApplied {
			s.Tenants = append(s.Tenants, at)
		}
		if s.Last == nil || e.Time.After(s.Last.Time) {
			s.Last = &at
		}
	}
	return s
}

// write prints the matrix, and below it what it does not say.
func (s *status) write(w io.Writer) error {
	var b strings.Builder
	t := tabwriter.NewWriter(&b, 0, 0, 3, ' ', 0)
	fmt.Fprintln(t, strings.Join(append([]string{"app"}, s.environments...), "\t"))
	for i := 0; i < len(s.Apps); {
		app := s.Apps[i].App
		cells := map[string]string{}
		for ; i < len(s.Apps) && s.Apps[i].App == app; i++ {
			cells[s.Apps[i].Environment] = s.Apps[i].cell()
		}
		row := []string{printable(app)}
		for _, env := range s.environments {
			row = append(row, cells[env])
		}
		fmt.Fprintln(t, strings.Join(row, "\t"))
	}
	_ = t.Flush() // a strings.Builder takes all
	var out strings.Builder
	for line := range strings.Lines(b.String()) {
		out.WriteString(strings.TrimRight(line, " \n") + "\n")
	}
	s.details(&out)
	_, err := io.WriteString(w, out.String())
	return err
}

// cell is an app in an environment: its version, and how far it has got.
func (a standing) cell() string {
	text := a.Version
	if a.Places == 0 {
		return text + " nowhere"
	}
	text += fmt.Sprintf(" %d/%d", len(a.Running), a.Places)
	if a.SoakLeft != "" {
		text += " soaking"
	}
	return text
}

func (s *status) details(w io.Writer) {
	var lines []string
	for _, a := range s.Apps {
		if a.SoakLeft != "" {
			lines = append(lines, fmt.Sprintf("soaking    %s %s in %s: %s left, since %s", a.App, a.Version, a.Environment, a.SoakLeft, stampText(a.Since)))
		}
	}
	for _, a := range s.Apps {
		for _, g := range groupPlaces(a.Behind) {
			lines = append(lines, fmt.Sprintf("behind     %s in %s: %s %s %s", a.App, a.Environment, someNames(g.tenants, 5), plural(len(g.tenants), "runs", "run"), g.what))
		}
	}
	lines = append(lines, s.Live.lines()...)
	for _, r := range s.Rings {
		lines = append(lines, "ring       "+r.line())
	}
	for _, h := range s.Holds {
		lines = append(lines, fmt.Sprintf("held       %s %s in %s: by %s%s: %s", h.App, short(h.Version), h.Environment, h.By, until(h.Hold), h.Why))
	}
	for _, text := range append(slotLines(s.Slots), previewLines(s.Previews)...) {
		lines = append(lines, "tried      "+text)
	}
	for _, c := range s.Closed {
		lines = append(lines, "closed     "+c.String())
	}
	var waits *lingering
	for _, t := range s.Tenants {
		if waits = waits.plus(t.Waits); t.Waits == nil {
			lines = append(lines, fmt.Sprintf("unfinished %s: %s in %s, %s", t.Tenant, t.Outcome, t.Run, stampText(t.Time)))
		}
	}
	if waits != nil {
		lines = append(lines, "deletes    "+waits.line(s.now))
	}
	if s.Last != nil {
		lines = append(lines, fmt.Sprintf("last run   %s, %s", s.Last.Run, stampText(s.Last.Time)))
	} else {
		lines = append(lines, "nothing was applied yet, as far as the ledger here knows; what jobs have applied is in the ledger on GitHub:",
			"  git fetch origin +refs/qdeploy/ledger:refs/qdeploy/ledger")
	}
	fmt.Fprintln(w)
	for _, l := range lines {
		fmt.Fprintln(w, printable(l))
	}
}

func until(h estate.Hold) string {
	if h.Until == nil {
		return ""
	}
	return " until " + stampText(*h.Until)
}

func stampText(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 UTC") }
