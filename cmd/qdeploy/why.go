package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/qdeploy/qdeploy/pkg/estate"
	"github.com/qdeploy/qdeploy/pkg/ledger"
)

// whyTenant is where a tenant stands, and what will happen next.
type whyTenant struct {
	Tenant string        `json:"tenant"`
	Host   string        `json:"host"`
	State  string        `json:"state"`
	Last   *lastRun      `json:"last,omitempty"`
	Error  string        `json:"error,omitempty"`
	Apps   []whyApp      `json:"apps"`
	Rings  []ringStatus  `json:"rings,omitempty"` // that it is in
	Closed []closed      `json:"closed,omitempty"`
	Slots  []ledger.Slot `json:"slots,omitempty"` // apps that are tried in it before they are merged
	Next   []string      `json:"next"`

	Previews []ledger.Preview `json:"previews,omitempty"` // spaces of pull requests in it
}

// whyApp is an app that an environment runs in the tenant.
type whyApp struct {
	App         string    `json:"app"`
	Environment string    `json:"environment"`
	Space       string    `json:"space"`
	Pinned      string    `json:"pinned"`
	Runs        string    `json:"runs,omitempty"`
	Since       time.Time `json:"since,omitzero"`
	Hold        *heldApp  `json:"hold,omitempty"`
}

// lastRun is what became of a tenant, last.
type lastRun struct {
	Tenant   string    `json:"tenant"`
	Outcome  string    `json:"outcome"`
	Run      string    `json:"run"`
	Time     time.Time `json:"time"`
	Revision string    `json:"revision"`

	Waits *ledger.Waits `json:"waits,omitempty"` // all else is done
}

// lastOf is what became of a tenant, last, as the ledger knows it.
func lastOf(e ledger.Entry) lastRun {
	at := lastRun{Tenant: e.Tenant, Outcome: e.Outcome, Run: e.Run, Time: e.Time, Revision: e.Revision}
	if lingers(e) {
		at.Waits = e.Waits
	}
	return at
}

func (p *program) whyCommand() *cobra.Command {
	var revision string
	var asJSON bool
	c := &cobra.Command{
		Use:   "why TENANT",
		Short: "Say where a tenant stands, why, and what happens next",
		Long: `Say what was applied to a tenant last and what became of it, which apps it is to run
and which it runs, what holds them, when its environments may be applied to, and what
the next run does: from the ledger and the estate, without asking the tenant.`,
		Example: "  qdeploy why acme",
		Args:    words(1),
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) == 0 {
				return fail("qdeploy status lists them by app", "why takes the name of a tenant")
			}
			return p.why(c.Context(), args[0], revision, asJSON)
		},
	}
	addRevision(c, &revision)
	c.Flags().BoolVar(&asJSON, "json", false, "print it as JSON")
	return c
}

func (p *program) why(ctx context.Context, name, revision string, asJSON bool) error {
	est, m, err := p.known(ctx, revision, nil)
	if err != nil {
		return err
	}
	defer est.close()
	defer m.close()
	t, ok := est.Tenant(name)
	if !ok {
		_, err := est.Select([]string{name})
		if err == nil {
			err = fmt.Errorf("there is no tenant %q", name)
		}
		return fail("", "%w", err)
	}
	w, err := p.whyOf(est, m, t)
	if err != nil {
		return err
	}
	if asJSON {
		return p.printJSON(w)
	}
	_, err = fmt.Fprint(p.out, w.text())
	return err
}

func (p *program) whyOf(est *declared, m *memory, t estate.Tenant) (*whyTenant, error) {
	f := facts(t)
	w := &whyTenant{Tenant: t.Name, Host: f.Host, State: string(t.State), Apps: []whyApp{}, Next: []string{}}
	e, applied := m.last(t.Name)
	if applied {
		w.Last, w.Error = new(lastOf(e)), e.Error
	}
	w.Slots = slices.DeleteFunc(slices.Clone(m.slots), func(s ledger.Slot) bool { return !s.In(t.Name) })
	w.Previews = slices.DeleteFunc(slices.Clone(m.spaces), func(p ledger.Preview) bool { return !p.In(t.Name) })
	for _, env := range est.Environments() {
		if w.add(est, m, env, p.now()) {
			rings, err := ringsOf(est, m, env, p.now())
			if err != nil {
				return nil, err
			}
			w.Rings = append(w.Rings, slices.DeleteFunc(rings, func(r ringStatus) bool { return !slices.Contains(r.names, w.Tenant) })...)
			if c := closedNow(env, p.now()); c != nil {
				w.Closed = append(w.Closed, *c)
			}
		}
	}
	digest, err := digestOf(est, m, t.Name)
	if err != nil {
		return nil, err
	}
	w.next(t, applied, e.Digest == digest, p.now())
	return w, nil
}

// add adds the apps that an environment runs in the tenant; it reports whether any.
func (w *whyTenant) add(est *declared, m *memory, env estate.Environment, now time.Time) (any bool) {
	for _, target := range env.Targets {
		if !target.Has(w.Tenant) {
			continue
		}
		any = true
		for _, app := range target.Apps {
			pin, _ := est.Pin(env.Name, app)
			e, _ := m.last(w.Tenant)
			at := placeOf(e, w.Tenant, target.Space, app)
			a := whyApp{App: app, Environment: env.Name, Space: target.Space, Pinned: pin.Release(), Runs: at.Release, Since: at.Since}
			if h, ok := env.Holds[app]; ok && !h.Ended(now) {
				a.Hold = &heldApp{env.Name, app, h}
			}
			w.Apps = append(w.Apps, a)
		}
	}
	return any
}

// next says what the next run does; same says that what is declared is what was applied.
func (w *whyTenant) next(t estate.Tenant, applied, same bool, now time.Time) {
	say := func(format string, args ...any) { w.Next = append(w.Next, fmt.Sprintf(format, args...)) }
	switch {
	case t.State == estate.Ignored:
		say("nothing: the estate says that it is ignored")
	case applied && same && w.Last.Outcome == outcomeApplied:
		say("nothing: it is as the estate declares it, as far as the ledger knows; qdeploy plan --tenant %s asks it", w.Tenant)
	case !applied:
		say("the next apply brings all of it: nothing was applied to it yet")
	case w.Last.Waits != nil && same:
		at := "the next run"
		if until := w.Last.Waits.Until; until.After(now) {
			at = "a run after " + stampText(until)
		}
		say("%s deletes %s: all else is done", at, firstNames(w.Last.Waits.Deletes, 5))
	case w.Error != "":
		say("the next apply goes on where the last one failed")
	default:
		say("the next apply brings what the estate says now, once it is reviewed")
	}
	for _, a := range w.Apps {
		if s, held := w.slot(a); held {
			say("%s in %s goes to %s when %s gives it back", a.App, a.Space, version(a.Pinned), s.Holder())
		} else if a.Runs != a.Pinned && t.State != estate.Ignored {
			say("%s in %s goes to %s", a.App, a.Space, version(a.Pinned))
		}
	}
}

func version(release string) string {
	v, _, _ := strings.Cut(release, "+q.")
	return v
}

// text is it for people.
func (w *whyTenant) text() string {
	var b strings.Builder
	line := func(what, format string, args ...any) {
		fmt.Fprintf(&b, "  %-9s %s\n", what, printable(fmt.Sprintf(format, args...)))
	}
	fmt.Fprintf(&b, "%s, %s\n", printable(w.Tenant), printable(w.Host))
	if w.Last == nil {
		line("last run", "none, as far as the ledger knows")
	} else {
		line("last run", "%s, %s: %s, revision %.8s", w.Last.Run, stampText(w.Last.Time), w.Last.Outcome, w.Last.Revision)
	}
	if w.Error != "" {
		line("error", "%s", w.Error)
	}
	for _, a := range w.Apps {
		runs := "runs none"
		if a.Runs != "" {
			runs = fmt.Sprintf("runs %s since %s", version(a.Runs), stampText(a.Since))
		}
		line("app", "%s in %s: %s pins %s; it %s", a.App, a.Space, a.Environment, version(a.Pinned), runs)
		if a.Hold != nil {
			line("held", "%s %s in %s: by %s%s: %s", a.App, a.Hold.Version, a.Environment, a.Hold.By, until(a.Hold.Hold), a.Hold.Why)
		}
	}
	for _, r := range w.Rings {
		line("ring", "%s of %s: %s", r.Ring, r.Environment, r.tenant())
	}
	for _, text := range append(slotLines(w.Slots), previewLines(w.Previews)...) {
		line("tried", "%s", text)
	}
	for _, c := range w.Closed {
		line("closed", "%s", c)
	}
	for _, n := range w.Next {
		line("next", "%s", n)
	}
	return b.String()
}
