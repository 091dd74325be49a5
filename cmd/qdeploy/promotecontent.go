package main

import (
	"encoding/json"
	"fmt"
	"path"
	"slices"

	"github.com/qdeploy/qdeploy/pkg/estate"
)

// judgeContent says whether what is no app may be promoted, and if not why.
func (m *promotion) judgeContent(key string) (*candidate, error) {
	c := &candidate{App: key}
	s, found, err := m.contentIn(m.from, key)
	if err != nil {
		return nil, err
	}
	switch len(found) {
	case 0:
		return nil, fail("", "no tenant of %s declares %s", m.from.Name, key)
	case 1:
	default:
		c.State, c.Why = candidateRefused, []string{fmt.Sprintf("the tenants of %s have %d different ones", m.from.Name, len(found))}
		return c, nil
	}
	have := found[0]
	c.content = estate.PinOf(have.sum())
	c.From, c.To = short(m.to.Content[key].Sum()), short(have.sum())
	if m.to.Content[key].Sum() == have.sum() {
		c.State = candidateThere
		return c, nil
	}
	if h, ok := m.to.Holds[key]; ok && !h.Ended(m.p.now()) && h.Version == have.sum() {
		c.Why = append(c.Why, fmt.Sprintf("%s holds %s%s: %s; another one lifts it, or qdeploy unhold", h.By, short(h.Version), until(h), h.Why))
	}
	for _, name := range m.to.After {
		env, err := m.environment(name)
		if err != nil {
			return nil, err
		}
		if name != m.from.Name {
			if s, found, err = m.contentIn(env, key); err != nil {
				return nil, err
			}
			if len(found) != 1 || found[0].sum() != have.sum() {
				c.Why = append(c.Why, name+" has another one")
				continue
			}
		}
		c.evidence = append(c.evidence, s)
		c.Why = append(c.Why, s.unproved()...)
	}
	c.State = candidatePromoted
	if len(c.Why) > 0 {
		c.State = candidateRefused
		return c, nil
	}
	c.content.Commit = m.from.Content[key].Commit
	if c.content.Commit == "" {
		c.content.Commit, err = holding(m.git, m.head, path.Join(m.at, have.plain()))
	}
	c.pin.Commit = c.content.Commit
	return c, err
}

// contentIn says how what is no app stands in an environment, and what the estate has
// for its tenants.
func (m *promotion) contentIn(env estate.Environment, name string) (s standing, found []filed, err error) {
	s = standing{App: name, Environment: env.Name}
	for _, tenant := range env.Tenants() {
		there, err := m.declares(env, tenant, name)
		if err != nil {
			return s, nil, err
		}
		for _, key := range sortedKeys(there) {
			f := there[key]
			if !slices.ContainsFunc(found, func(g filed) bool { return f.sum() == g.sum() }) {
				found = append(found, f)
			}
			s.Places++
			s.Version, s.Release = short(f.sum()), f.sum()
			e := m.m.entries[tenant]
			at := place{Tenant: tenant, Release: m.applied().of(tenant, key), Since: e.Since[key]}
			if at.Since.IsZero() { // applied before qdeploy kept it
				at.Since = e.Time
			}
			if at.Release != f.sum() {
				s.Behind = append(s.Behind, at)
				continue
			}
			s.Running = append(s.Running, at)
			if at.Since.After(s.Since) {
				s.Since = at.Since
			}
		}
	}
	s.soak(env, m.p.now())
	return s, found, nil
}

// declares returns what the estate has of a name for a tenant, by key: one in each space
// of the environment, where the kind lives in spaces.
func (m *promotion) declares(env estate.Environment, tenant, name string) (there map[string]filed, err error) {
	desired, err := m.est.Resources(tenant)
	if err != nil {
		return nil, err
	}
	var spaces []string
	for _, t := range env.Targets {
		if slices.Contains(t.Tenants, tenant) {
			spaces = append(spaces, t.Space, t.Staging)
		}
	}
	there = map[string]filed{}
	for _, r := range desired {
		if n, ok := estate.PinName(r.Key, spaces...); !ok || n != name {
			continue
		}
		var f filed
		if err := json.Unmarshal(r.Spec, &f); err != nil {
			return nil, err
		}
		if f.sum() != "" { // a connection may be without a file
			there[r.Key.String()] = f
		}
	}
	return there, nil
}
