package main

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/qdeploy/qdeploy/pkg/estate"
	"github.com/qdeploy/qdeploy/pkg/proposal"
)

type releaseFlags struct {
	environments   []string
	base           string
	github, asJSON bool
}

func (p *program) releaseCommand() *cobra.Command {
	var f releaseFlags
	c := &cobra.Command{
		Use:   "release",
		Short: "Tag what an environment runs, once all of it does",
		Long: `When an environment that says release: true runs everywhere what it pins, as far as
the ledger knows, tag the estate and, on GitHub, publish a release: each app from which
version to which, what changed in it, the tenants that it has reached, and a manifest
for programs. What is released already is not released again.` + "\n" + exits,
		Example: "  qdeploy release --env prod\n  qdeploy release --github",
		Args:    words(0),
		RunE:    func(c *cobra.Command, _ []string) error { return p.release(c.Context(), f) },
	}
	fl := c.Flags()
	fl.StringArrayVar(&f.environments, "env", nil, "only this `environment`, whether it says release: true or not")
	fl.StringVar(&f.base, "base", "", "the `branch` that is tagged; without it, the one that is checked out")
	fl.BoolVar(&f.github, "github", false, "in a job of GitHub Actions: push the tag and publish the release")
	fl.BoolVar(&f.asJSON, "json", false, "print the manifests as JSON")
	return c
}

// manifest is a release for programs: what runs where, and where it came from.
type manifest struct {
	V           int           `json:"v"`
	Environment string        `json:"environment"`
	Tag         string        `json:"tag"`
	Previous    string        `json:"previous,omitempty"` // the tag of the release before
	Revision    string        `json:"revision"`           // of the estate
	Digest      string        `json:"digest"`             // over apps, versions and contents: equal for equal releases
	Apps        []releasedApp `json:"apps"`
	Tenants     []string      `json:"tenants"`
	Regions     []region      `json:"regions"`
	Merged      []mergedPull  `json:"pullRequests,omitempty"`
	URL         string        `json:"url,omitempty"`
	Made        bool          `json:"made"` // false when it was there already

	changes []appChangeText
}

// releasedApp is an app of a release.
type releasedApp struct {
	App    string `json:"app"`
	From   string `json:"from,omitempty"` // version in the release before
	To     string `json:"to"`
	Digest string `json:"digest"`
	Commit string `json:"commit,omitempty"` // that holds it; "" for the revision itself
	Places int    `json:"places"`
}

// region is how many tenants of a region a release has reached.
type region struct {
	Region  string `json:"region"`
	Tenants int    `json:"tenants"`
}

const manifestVersion = 1

func (p *program) release(ctx context.Context, f releaseFlags) error {
	q, err := p.proposing(ctx, f.base, f.github)
	if err != nil {
		return err
	}
	defer q.close()
	if _, err := inEnvironments(q.est, f.environments); err != nil {
		return err
	}
	out := []*manifest{}
	for _, env := range q.est.Environments() {
		if !slices.Contains(f.environments, env.Name) && (len(f.environments) > 0 || !env.Release) {
			continue
		}
		m, why, err := q.releaseOf(ctx, env)
		if err != nil {
			return err
		}
		if why != "" {
			if !f.asJSON {
				fmt.Fprintf(p.out, "%s: not released: %s\n", env.Name, printable(why))
			}
			continue
		}
		out = append(out, m)
		if !f.asJSON {
			m.print(p)
		}
	}
	if f.asJSON {
		return p.printJSON(out)
	}
	return nil
}

// releaseOf releases an environment, or says why there is nothing to release.
func (q *proposing) releaseOf(ctx context.Context, env estate.Environment) (m *manifest, why string, err error) {
	m, why = q.manifest(env)
	if why != "" {
		return nil, why, nil
	}
	tags, err := q.releases(env)
	if err != nil {
		return nil, "", err
	}
	if n := len(tags); n > 0 {
		last := tags[n-1]
		if last.digest == m.Digest {
			m.Tag, m.Revision = last.name, last.commit
			if n > 1 {
				m.Previous = tags[n-2].name
			}
			m.from(q, last.before(tags))
			return m, "", q.publish(ctx, env, m)
		}
		m.Previous = last.name
		m.from(q, &last)
	}
	m.Tag = nextTag(env, tags, m, q.p.now())
	message, err := m.tagMessage()
	if err != nil {
		return nil, "", err
	}
	m.Made, err = q.repo.Tag(ctx, m.Tag, q.head, message, author, q.p.now())
	if errors.Is(err, proposal.ErrTagTaken) {
		return nil, "", fail("git fetch --tags, and run it again", "%w", err)
	}
	if err != nil {
		return nil, "", err
	}
	return m, "", q.publish(ctx, env, m)
}

// manifest is what an environment runs, or why that cannot be released yet.
func (q *proposing) manifest(env estate.Environment) (m *manifest, why string) {
	m = &manifest{V: manifestVersion, Environment: env.Name, Revision: q.head, Apps: []releasedApp{}}
	tenants := map[string]bool{}
	for _, app := range sortedKeys(env.Apps) {
		s, ok := standingOf(q.est.Estate, q.m.entries, env, app, q.p.now())
		if !ok || s.Places == 0 {
			continue
		}
		if len(s.Behind) > 0 {
			g := groupPlaces(s.Behind)[0]
			return nil, fmt.Sprintf("%s %s runs in %d of %d: %s %s %s", app, s.Version, len(s.Running), s.Places, someNames(g.tenants, 5), plural(len(g.tenants), "runs", "run"), g.what)
		}
		m.Apps = append(m.Apps, releasedApp{App: app, To: s.Version, Digest: s.Digest, Commit: env.Apps[app].Commit, Places: s.Places})
		for _, at := range s.Running {
			tenants[at.Tenant] = true
		}
	}
	if len(m.Apps) == 0 {
		return nil, "it runs no app"
	}
	count := map[string]int{}
	for _, name := range sortedKeys(tenants) {
		m.Tenants = append(m.Tenants, name)
		t, _ := q.est.Tenant(name)
		count[t.Region]++
	}
	for _, name := range sortedKeys(count) {
		m.Regions = append(m.Regions, region{name, count[name]})
	}
	m.Digest = m.sum()
	return m, ""
}

// sum is over what makes a release another: apps, versions, contents.
func (m *manifest) sum() string {
	h := sha256.New()
	for _, a := range m.Apps {
		fmt.Fprintf(h, "%q %q %q\n", a.App, a.To, a.Digest)
	}
	return fmt.Sprintf("sha256:%x", h.Sum(nil))
}

// from fills in which versions the release before had.
func (m *manifest) from(q *proposing, last *releaseTag) {
	if last == nil {
		return
	}
	was := map[string]releasedApp{}
	for _, a := range last.apps {
		was[a.App] = a
	}
	for i := range m.Apps {
		a := &m.Apps[i]
		if old, ok := was[a.App]; ok && (old.To != a.To || old.Digest != a.Digest) {
			a.From = old.To
			m.changes = append(m.changes, q.changed(old, *a, last.commit, m.Revision))
		} else if ok {
			a.From = a.To
		}
	}
}

// tagMessage is the annotation of the tag: what people read, and what the next
// release is compared with.
func (m *manifest) tagMessage() (string, error) {
	var b strings.Builder
	fmt.Fprintf(&b, "%s runs everywhere what it pins\n\n", m.Environment)
	for _, a := range m.Apps {
		fmt.Fprintf(&b, "%s: %s\n", a.App, a.step())
	}
	text, err := json.Marshal(tagData{m.V, m.Environment, m.Digest, m.Apps})
	fmt.Fprintf(&b, "\n%s%s\n", tagWord, text)
	return b.String(), err
}

// step is the versions from and to.
func (a releasedApp) step() string {
	if a.From == a.To {
		return a.To + ", as before"
	}
	return cmp.Or(a.From, "(new)") + " → " + a.To
}

func (m *manifest) print(p *program) {
	if !m.Made {
		fmt.Fprintf(p.out, "%s: released already, as %s\n", m.Environment, m.Tag)
	} else {
		fmt.Fprintf(p.out, "%s: released as %s, revision %.8s\n", m.Environment, m.Tag, m.Revision)
		for _, a := range m.Apps {
			fmt.Fprintf(p.out, "  %s: %s in %s\n", printable(a.App), a.step(), many(a.Places, "place"))
		}
	}
	if m.URL != "" {
		fmt.Fprintf(p.out, "  %s\n", m.URL)
	}
}
