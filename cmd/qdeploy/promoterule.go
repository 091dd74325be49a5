package main

import (
	"context"
	"fmt"
	"path"
	"slices"
	"time"

	"golang.org/x/mod/semver"

	"github.com/qdeploy/qdeploy/pkg/estate"
	"github.com/qdeploy/qdeploy/pkg/ledger"
	"github.com/qdeploy/qdeploy/pkg/qlik"
)

// judge says whether an app may be promoted, and if not why.
func (m *promotion) judge(ctx context.Context, app string) (*candidate, error) {
	if isContent(app) {
		return m.judgeContent(app)
	}
	c := &candidate{App: app}
	source, ok := m.est.Pin(m.from.Name, app)
	if !ok {
		return nil, fail("", "%s does not pin %s", m.from.Name, app)
	}
	now, runs := m.est.Pin(m.to.Name, app)
	c.From, c.To, c.pin = now.Version, source.Version, source
	if runs && now.Version == source.Version && now.Digest == source.Digest {
		c.State = candidateThere
		return c, nil
	}
	c.Why = m.obstacles(c, now, runs)
	if len(c.Why) == 0 {
		var err error
		if c.Why, err = m.gated(ctx, c); err != nil {
			return nil, err
		}
	}
	if len(c.Why) > 0 {
		c.State = candidateRefused
		return c, nil
	}
	c.State = candidatePromoted
	if source.Commit == "" {
		a, _ := m.est.App(app)
		var err error
		if c.pin.Commit, err = holding(m.git, m.head, path.Join(m.at, a.FileOf(source.Version))); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// obstacles is the rule: why an app may not be promoted now.
func (m *promotion) obstacles(c *candidate, now estate.Pin, runs bool) (why []string) {
	if runs && newer(now.Version, c.pin.Version) {
		return []string{fmt.Sprintf("%s runs %s, which is older than the %s of %s; qdeploy rollback goes back", m.from.Name, c.pin.Version, now.Version, m.to.Name)}
	}
	if runs && c.pin.Version == now.Version {
		why = append(why, fmt.Sprintf("%s runs another content under the same version %s: raise the version", m.from.Name, now.Version))
	}
	if h, ok := m.to.Holds[c.App]; ok && !h.Ended(m.p.now()) && !newer(c.pin.Version, h.Version) {
		why = append(why, fmt.Sprintf("%s holds %s%s: %s; a newer version lifts it, or qdeploy unhold", h.By, h.Version, until(h), h.Why))
	}
	for _, name := range m.to.After {
		why = append(why, m.proved(c, name)...)
	}
	return why
}

// proved says why an environment has not proved a version yet.
func (m *promotion) proved(c *candidate, name string) []string {
	env, err := m.environment(name)
	if err != nil {
		return []string{err.Error()}
	}
	s, ok := standingOf(m.est.Estate, m.applied(), env, c.App, m.p.now())
	switch {
	case !ok:
		return []string{fmt.Sprintf("%s does not run it", name)}
	case s.Digest != c.pin.Digest:
		return []string{fmt.Sprintf("%s runs %s", name, s.Version)}
	}
	c.evidence = append(c.evidence, s)
	return s.unproved()
}

// unproved says why what runs in an environment has not proved itself yet.
func (s standing) unproved() []string {
	switch {
	case s.Places == 0:
		return []string{fmt.Sprintf("no tenant runs it in %s", s.Environment)}
	case len(s.Behind) > 0:
		g := groupPlaces(s.Behind)[0]
		return []string{fmt.Sprintf("in %s %d of %d run it: %s %s %s", s.Environment, len(s.Running), s.Places, someNames(g.tenants, 5), plural(len(g.tenants), "runs", "run"), g.what)}
	case s.SoakLeft != "":
		return []string{fmt.Sprintf("it has to soak in %s: %s left, until %s", s.Environment, s.SoakLeft, stampText(s.soaked))}
	}
	return nil
}

// gated asks the gates of the environments before, where all else is well, and says
// why they are not green. The measure of a version is what runs where it would go: what
// was tried in between, and was not good enough, is none.
func (m *promotion) gated(ctx context.Context, c *candidate) (why []string, err error) {
	runs := ""
	if now, ok := m.est.Pin(m.to.Name, c.App); ok && now.Digest != "" {
		runs = now.Release()
	}
	for i := range c.evidence {
		s := &c.evidence[i]
		env, err := m.environment(s.Environment)
		if err != nil {
			return nil, err
		}
		if env.Gates.None() {
			continue
		}
		e, err := m.asker(env)
		if err != nil {
			return nil, err
		}
		since := map[[2]string]qlik.Span{}
		var tenants []string
		for _, at := range s.Running {
			until := at.replaced(func(was ledger.Past) bool { return was.Release == runs })
			since[[2]string{at.Tenant, at.Space}] = qlik.Span{Since: at.Since, Until: until}
			tenants = append(tenants, at.Tenant)
		}
		said := e.ask(ctx, question{env.Gates, env, slices.Compact(tenants), func(tenant, space, app string) (qlik.Span, bool) {
			at, ok := since[[2]string{tenant, space}]
			return at, ok && app == c.App
		}})
		s.Gates, s.measured = env.Gates.String(), said.measured()
		if !said.green() {
			why = append(why, "in "+env.Name+" "+said.String())
		}
	}
	return why, nil
}

// asker is an engine that asks the tenants of an environment. It applies nothing.
func (m *promotion) asker(env estate.Environment) (*engine, error) {
	f := planFlags{choice: choice{environments: []string{env.Name}}, parallelism: 32, refresh: "all", patience: 10 * time.Minute}
	return m.p.newEngine(m.est, m.m, f)
}

// newer reports whether a is a newer version than b, which is "" where there is none.
func newer(a, b string) bool { return b == "" || semver.Compare("v"+a, "v"+b) > 0 }
