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
	proposeFlags
	environments []string
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
	f.add(c)
	c.Flags().StringArrayVar(&f.environments, "env", nil, "only this `environment`, whether it says release: true or not")
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
	Rings       []reachedRing `json:"rings,omitempty"`
	Merged      []mergedPull  `json:"pullRequests,omitempty"`
	URL         string        `json:"url,omitempty"`
	Made        bool          `json:"made"` // false when it was there already

	before *releaseTag // the release before; nil for the first
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

// reachedRing is how many tenants of a ring a release has reached.
type reachedRing struct {
	Ring    string `json:"ring"`
	Tenants int    `json:"tenants"`
}

const manifestVersion = 1

func (p *program) release(ctx context.Context, f releaseFlags) error {
	q, err := p.proposing(ctx, f.proposeFlags)
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
	m, why, err = q.manifest(env)
	if why != "" || err != nil {
		return nil, why, err
	}
	tags, err := q.releases(env)
	if err != nil {
		return nil, "", err
	}
	if n := len(tags); n > 0 {
		m.before = &tags[n-1]
		if m.before.digest == m.Digest {
			m.Tag, m.Revision, m.before = m.before.name, m.before.commit, m.before.before(tags)
		}
	}
	m.compare()
	if m.Tag == "" {
		m.Tag = nextTag(env, tags, m, q.p.now())
		if m.Made, err = q.tag(ctx, m); err != nil {
			return nil, "", err
		}
	}
	if q.job != nil {
		err = q.publish(ctx, m)
	}
	return m, "", err
}

// tag tags the head with a release. It reports whether the tag was not there before.
func (q *proposing) tag(ctx context.Context, m *manifest) (made bool, err error) {
	message, err := m.tagMessage()
	if err != nil {
		return false, err
	}
	made, err = q.repo.Tag(ctx, m.Tag, q.head, message, author, q.p.now())
	if errors.Is(err, proposal.ErrTagTaken) {
		err = fail("git fetch --tags, and run it again", "%w", err)
	}
	return made, err
}

// manifest is what an environment runs, or why that cannot be released yet.
func (q *proposing) manifest(env estate.Environment) (m *manifest, why string, err error) {
	m = &manifest{V: manifestVersion, Environment: env.Name, Revision: q.head, Apps: []releasedApp{}}
	tenants := map[string]bool{}
	for _, app := range sortedKeys(env.Apps) {
		s, ok := standingOf(q.est.Estate, q.applied(), env, app, q.p.now())
		if !ok || s.Places == 0 {
			continue
		}
		if len(s.Behind) > 0 {
			g := groupPlaces(s.Behind)[0]
			return nil, fmt.Sprintf("%s %s runs in %d of %d: %s %s %s", app, s.Version, len(s.Running), s.Places, someNames(g.tenants, 5), plural(len(g.tenants), "runs", "run"), g.what), nil
		}
		m.Apps = append(m.Apps, releasedApp{App: app, To: s.Version, Digest: s.Digest, Commit: env.Apps[app].Commit, Places: s.Places})
		for _, at := range s.Running {
			tenants[at.Tenant] = true
		}
	}
	if len(m.Apps) == 0 {
		return nil, "it runs no app", nil
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
	if m.Rings, err = q.reached(env, tenants); err != nil {
		return nil, "", err
	}
	m.Digest = m.sum()
	return m, "", nil
}

// reached says how many tenants of each ring are among those that were reached.
func (q *proposing) reached(env estate.Environment, tenants map[string]bool) (out []reachedRing, err error) {
	rollout, err := q.m.rolloutOf(env)
	if err != nil {
		return nil, err
	}
	for _, r := range rollout.Rings {
		n := 0
		for _, name := range r.Tenants {
			if tenants[name] {
				n++
			}
		}
		out = append(out, reachedRing{r.Name, n})
	}
	return out, nil
}

// sum is over what makes a release another: apps, versions, contents.
func (m *manifest) sum() string {
	h := sha256.New()
	for _, a := range m.Apps {
		fmt.Fprintf(h, "%q %q %q\n", a.App, a.To, a.Digest)
	}
	return fmt.Sprintf("sha256:%x", h.Sum(nil))
}

// compare fills in which versions the release before had.
func (m *manifest) compare() {
	if m.before == nil {
		return
	}
	m.Previous = m.before.name
	was := map[string]string{}
	for _, a := range m.before.apps {
		was[a.App] = a.To
	}
	for i := range m.Apps {
		m.Apps[i].From = was[m.Apps[i].App]
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
