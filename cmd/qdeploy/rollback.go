package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/spf13/cobra"

	"github.com/qdeploy/qdeploy/pkg/estate"
	"github.com/qdeploy/qdeploy/pkg/github"
)

type rollbackFlags struct {
	proposeFlags
	environment, to string
	why, until      string
}

func (p *program) rollbackCommand() *cobra.Command {
	var f rollbackFlags
	c := &cobra.Command{
		Use:   "rollback [APP...] --env ENVIRONMENT",
		Short: "Propose that an environment runs an older version again",
		Long: `Move the pins of an environment back, on a branch for a pull request: to what it
pinned before, or to what it pinned at a revision, such as the tag of a release. The
version that it leaves is held: qdeploy promote does not bring it back until something
newer is promoted, or somebody lifts the hold.

Applying it republishes the older version into the app that is there: its ID stays, and
so do bookmarks, private sheets and, unless the app says otherwise, the data. What else is
pinned goes back by kind and name: theme/northwind.` + "\n" + exits,
		Example: "  qdeploy rollback Sales --env prod --why 'the totals are wrong'\n  qdeploy rollback --env prod --to release/2026.11.20.1",
		RunE:    func(c *cobra.Command, args []string) error { return p.rollback(c.Context(), f, args) },
	}
	f.add(c)
	fl := c.Flags()
	fl.StringVar(&f.environment, "env", "", "the `environment`")
	fl.StringVar(&f.to, "to", "", "what it pinned at this `revision`, a tag for example; without it, what each was before")
	fl.StringVar(&f.why, "why", "", "what others should know")
	fl.StringVar(&f.until, "until", "", "when the hold ends by itself: a `time` as 2026-11-30T12:00:00Z, or a length as 48h or 7d")
	return c
}

// step is an app that goes back.
type step struct {
	App  string      `json:"app"`
	From string      `json:"from"`
	To   string      `json:"to"`
	Pin  estate.Pin  `json:"pin,omitzero"`
	Hold estate.Hold `json:"hold"`

	Content *estate.ContentPin `json:"content,omitempty"` // of what is no app
	left    string             // what is held: From, or the md5 that it stands for
}

// retreat is a rollback of one environment.
type retreat struct {
	*proposing
	f     rollbackFlags
	env   estate.Environment
	steps []step
	left  []string // what stays as it is, and why

	content map[string]estate.ContentPin // whose way back is looked for
}

func (p *program) rollback(ctx context.Context, f rollbackFlags, apps []string) error {
	if f.environment == "" {
		return fail("qdeploy rollback --env ENVIRONMENT", "rollback takes an environment")
	}
	until, err := p.end(f.until)
	if err != nil {
		return err
	}
	q, err := p.proposing(ctx, f.proposeFlags)
	if err != nil {
		return err
	}
	defer q.close()
	if err := named(q.est.Estate, nil, slices.DeleteFunc(slices.Clone(apps), isContent)); err != nil {
		return err
	}
	b := &retreat{proposing: q, f: f, content: map[string]estate.ContentPin{}}
	if b.env, err = q.environment(f.environment); err != nil {
		return err
	}
	if err := b.find(apps); err != nil {
		return err
	}
	if len(b.steps) == 0 {
		for _, l := range b.left {
			fmt.Fprintln(p.out, printable(l))
		}
		return fail("--to names the revision whose pins are meant", "there is nothing to roll back in %s", f.environment)
	}
	kept := b.proposedHolds(ctx)
	c := estate.PinChange{
		Environment: b.env.Name, Pins: map[string]estate.Pin{}, Content: map[string]estate.ContentPin{}, Holds: map[string]estate.Hold{},
	}
	var moved []string
	for i := range b.steps {
		s := &b.steps[i]
		s.Hold = estate.Hold{Version: s.left, By: q.who(), Why: cmp.Or(f.why, "rolled back to "+s.To), Since: p.now().UTC(), Until: until}
		if old, ok := kept[s.App]; ok && old.Version == s.left && (f.why == "" || f.why == old.Why) {
			s.Hold = old
		}
		if c.Holds[s.App] = s.Hold; s.Content != nil {
			c.Content[s.App] = *s.Content
		} else {
			c.Pins[s.App] = s.Pin
		}
		moved = append(moved, fmt.Sprintf("%s %s → %s", s.App, s.From, s.To))
	}
	title := fmt.Sprintf("Roll back %s: %s", b.env.Name, someNames(moved, 3))
	out, err := q.submit(ctx, b.branch(), title, c, func(commit string) (string, error) { return b.body(ctx, commit) })
	if err != nil && !errors.Is(err, errNothing) {
		return err
	}
	return b.tell(out)
}

func (b *retreat) branch() string { return "qdeploy/rollback/" + slug(b.env.Name) }

// proposedHolds returns the holds that the branch puts already, so that to ask
// again changes nothing.
func (b *retreat) proposedHolds(ctx context.Context) map[string]estate.Hold {
	head, err := b.repo.Head(ctx, b.branch())
	if err != nil || head == "" {
		return nil
	}
	there, err := b.p.declaredBefore(head)
	if err != nil || there == nil {
		return nil
	}
	defer there.close()
	for _, env := range there.Environments() {
		if env.Name == b.env.Name {
			return env.Holds
		}
	}
	return nil
}

// find finds what each app goes back to.
func (b *retreat) find(apps []string) error {
	if len(apps) == 0 {
		apps = append(sortedKeys(b.env.Apps), sortedKeys(b.env.Content)...)
	}
	open := map[string]estate.Pin{}
	for _, app := range apps {
		if isContent(app) {
			if err := b.openContent(app); err != nil {
				return err
			}
			continue
		}
		pin, ok := b.est.Pin(b.env.Name, app)
		if !ok {
			return fail("", "%s does not pin %s", b.env.Name, app)
		}
		if h, held := b.env.Holds[app]; held && b.f.to == "" && newer(h.Version, pin.Version) {
			b.left = append(b.left, fmt.Sprintf("%s: %s is rolled back already, from %s", app, pin.Version, h.Version))
			continue
		}
		open[app] = pin
	}
	if b.f.to != "" {
		commit, err := resolve(b.git, b.f.to)
		if err != nil {
			return err
		}
		return b.compare(commit, open, true)
	}
	looked := 0
	for at := plumbing.NewHash(b.head); len(open)+len(b.content) > 0 && looked < mostRevisions; {
		c, err := commitOf(b.git, at)
		if err != nil {
			return err
		}
		if c == nil || len(c.ParentHashes) == 0 {
			break
		}
		before := c.ParentHashes[0]
		if !sameCUE(b.git, at, before, b.at) {
			looked++
			if err := b.compare(before.String(), open, false); err != nil {
				return err
			}
		}
		at = before
	}
	for _, app := range sortedKeys(open) {
		b.left = append(b.left, fmt.Sprintf("%s: %s has never pinned an older version than %s, as far as the history goes", app, b.env.Name, open[app].Version))
	}
	for _, key := range sortedKeys(b.content) {
		b.left = append(b.left, fmt.Sprintf("%s: %s has never pinned another one than %s, as far as the history goes", key, b.env.Name, short(b.content[key].Sum())))
	}
	slices.SortFunc(b.steps, func(x, y step) int { return strings.Compare(x.App, y.App) })
	return nil
}

// compare takes from open the apps that had an older version at a commit; or, if
// all is meant, any other.
func (b *retreat) compare(commit string, open map[string]estate.Pin, all bool) error {
	then, err := b.p.declaredBefore(commit)
	if err != nil && all {
		return err
	}
	if err != nil || then == nil {
		return nil // an estate that was not valid ran nowhere
	}
	defer then.close()
	b.compareContent(then, all)
	for _, app := range sortedKeys(open) {
		now := open[app]
		was, ok := then.Pin(b.env.Name, app)
		switch {
		case !ok && all:
			b.left = append(b.left, fmt.Sprintf("%s: %s did not pin it then", app, b.env.Name))
			continue
		case !ok, was.Release() == now.Release(), !all && !newer(now.Version, was.Version):
			continue
		}
		if was.Commit == "" {
			a, _ := then.App(app)
			if was.Commit, err = holding(b.git, commit, path.Join(b.at, a.FileOf(was.Version))); err != nil {
				return err
			}
		}
		b.steps = append(b.steps, step{App: app, From: now.Version, To: was.Version, Pin: was, left: now.Version})
		delete(open, app)
	}
	return nil
}

// tell says what is proposed.
func (b *retreat) tell(out *proposed) error {
	if b.f.asJSON {
		return b.p.printJSON(map[string]any{"environment": b.env.Name, "apps": b.steps, "proposed": out})
	}
	for _, s := range b.steps {
		fmt.Fprintf(b.p.out, "%s: %s → %s in %s; %s is held by %s%s: %s\n", printable(s.App), s.From, s.To, b.env.Name, s.From, printable(s.Hold.By), until(s.Hold), printable(s.Hold.Why))
	}
	for _, l := range b.left {
		fmt.Fprintln(b.p.out, printable(l))
	}
	if out == nil {
		fmt.Fprintf(b.p.out, "\n%s has these pins already\n", b.base)
		return nil
	}
	out.print(b.p)
	return nil
}

func (b *retreat) body(ctx context.Context, commit string) (string, error) {
	var t strings.Builder
	fmt.Fprintf(&t, "| app | %s runs | it will run again | why |\n|---|---|---|---|\n", github.Text(b.env.Name))
	for _, s := range b.steps {
		fmt.Fprintf(&t, "| %s | %s | **%s** | %s, %s |\n", github.Text(s.App), github.Text(s.From), github.Text(s.To), github.Text(s.Hold.Why), github.Text(s.Hold.By))
	}
	t.WriteString("\nThe version that it leaves is held: it is not promoted again until something newer is, or until somebody runs `qdeploy unhold`. App IDs stay, and so do bookmarks and private sheets.\n\n")
	text, err := b.plannedFor(ctx, commit, b.env.Name)
	return t.String() + text, err
}
