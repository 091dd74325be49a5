package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/qdeploy/qdeploy/pkg/estate"
	"github.com/qdeploy/qdeploy/pkg/github"
)

type holdFlags struct {
	proposeFlags
	environment, version, why, until string
}

func (f *holdFlags) add(c *cobra.Command) {
	f.proposeFlags.add(c)
	c.Flags().StringVar(&f.environment, "env", "", "the `environment` that it is not promoted to")
}

func (p *program) holdCommand() *cobra.Command {
	var f holdFlags
	c := &cobra.Command{
		Use:   "hold APP --env ENVIRONMENT --why TEXT",
		Short: "Propose that an app is not promoted to an environment",
		Long: `Put a hold on an app, on a branch for a pull request: qdeploy promote does not
bring the version that is held, or an older one, to the environment. A newer version
lifts the hold, and so does qdeploy unhold. Of what is no app, theme/northwind, it is one
content that is held, by its md5 or digest, and any other lifts it.` + "\n" + exits,
		Example: "  qdeploy hold Sales --env prod --why 'waits for the audit' --until 7d",
		Args:    words(1),
		RunE:    func(c *cobra.Command, args []string) error { return p.hold(c.Context(), f, args, true) },
	}
	f.add(c)
	c.Flags().StringVar(&f.version, "version", "", "the `version` that is held; without it, the newest that an environment pins")
	c.Flags().StringVar(&f.why, "why", "", "what others should know")
	c.Flags().StringVar(&f.until, "until", "", "when it ends by itself: a `time` as 2026-11-30T12:00:00Z, or a length as 48h or 7d")
	return c
}

func (p *program) unholdCommand() *cobra.Command {
	var f holdFlags
	c := &cobra.Command{
		Use:     "unhold APP --env ENVIRONMENT",
		Short:   "Propose that a hold is lifted",
		Long:    "Take the hold of an app away, on a branch for a pull request.\n" + exits,
		Example: "  qdeploy unhold Sales --env prod",
		Args:    words(1),
		RunE:    func(c *cobra.Command, args []string) error { return p.hold(c.Context(), f, args, false) },
	}
	f.add(c)
	return c
}

func (p *program) hold(ctx context.Context, f holdFlags, args []string, put bool) error {
	if len(args) == 0 || f.environment == "" || put && f.why == "" {
		return fail("qdeploy hold --help shows how it is used", "hold takes an app, an environment and, to put one, a reason: APP --env ENVIRONMENT --why TEXT")
	}
	end, err := p.end(f.until)
	if err != nil {
		return err
	}
	q, err := p.proposing(ctx, f.proposeFlags)
	if err != nil {
		return err
	}
	defer q.close()
	app := args[0]
	if err := named(q.est.Estate, nil, slices.DeleteFunc(slices.Clone(args), isContent)); err != nil {
		return err
	}
	env, err := q.environment(f.environment)
	if err != nil {
		return err
	}
	h := estate.Hold{Version: cmp.Or(f.version, q.newest(app)), By: q.who(), Why: f.why, Since: p.now().UTC(), Until: end}
	if put && h.Version == "" {
		return fail("--version says which", "no environment pins %s", app)
	}
	if isContent(app) && put && !isSum(h.Version) {
		return fail("the pins of an environment have it: content", "--version of a theme or an extension is its md5, of an automation or a connection its digest")
	}
	c := estate.PinChange{Environment: env.Name, Holds: map[string]estate.Hold{app: h}}
	title := fmt.Sprintf("Hold %s %s: not to %s", app, short(h.Version), env.Name)
	was, held := env.Holds[app]
	there := ""
	switch {
	case !put && !held:
		there = fmt.Sprintf("%s is not held in %s", app, env.Name)
	case !put:
		h = was
		c, title = estate.PinChange{Environment: env.Name, Unhold: []string{app}}, fmt.Sprintf("Lift the hold of %s %s in %s", app, short(was.Version), env.Name)
	case held && was.Version == h.Version && was.Why == h.Why:
		h, there = was, fmt.Sprintf("%s %s is held in %s already, by %s%s", app, short(was.Version), env.Name, was.By, until(was))
	}
	var out *proposed
	if there == "" {
		out, err = q.submit(ctx, "qdeploy/hold/"+slug(env.Name)+"/"+slug(app), title, c, func(string) (string, error) { return holdBody(env.Name, app, h), nil })
		if err != nil && !errors.Is(err, errNothing) {
			return err
		}
	}
	switch {
	case f.asJSON:
		return p.printJSON(map[string]any{"environment": env.Name, "app": app, "hold": h, "proposed": out})
	case out == nil:
		fmt.Fprintln(p.out, printable(cmp.Or(there, q.base+" has it so already")))
	default:
		fmt.Fprintln(p.out, printable(title))
		out.print(p)
	}
	return nil
}

func holdBody(environment, app string, h estate.Hold) string {
	return fmt.Sprintf("%s %s in %s, by %s%s: %s\n\nNothing changes in any tenant.\n",
		github.Text(app), github.Text(short(h.Version)), github.Text(environment), github.Text(h.By), until(h), github.Text(h.Why))
}

// newest is the newest version of an app that an environment pins, "" if none does.
func (q *proposing) newest(app string) (version string) {
	for _, env := range q.est.Environments() {
		if pin, ok := q.est.Pin(env.Name, app); ok && newer(pin.Version, version) {
			version = pin.Version
		}
	}
	return version
}

// end is when something ends that lasts until a time, or for a length; nil for "".
func (p *program) end(text string) (*time.Time, error) {
	if text == "" {
		return nil, nil
	}
	if at, err := time.Parse(time.RFC3339, text); err == nil {
		at = at.UTC().Truncate(time.Second)
		return &at, nil
	}
	units := map[string]time.Duration{"m": time.Minute, "h": time.Hour, "d": 24 * time.Hour}
	for unit, length := range units {
		if n, err := strconv.Atoi(strings.TrimSuffix(text, unit)); err == nil && strings.HasSuffix(text, unit) && n > 0 && n < 100_000 {
			at := p.now().UTC().Add(time.Duration(n) * length).Truncate(time.Second)
			return &at, nil
		}
	}
	return nil, fail("a time as 2026-11-30T12:00:00Z, or a length as 48h or 7d", "--until is %q", text)
}
