package main

import (
	"encoding/json"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/qdeploy/qdeploy/pkg/estate"
)

const md5Length = 32 // in hexadecimal digits

// isContent reports whether what is to be promoted is a theme or an extension, by its
// key, and no app.
func isContent(name string) bool {
	return strings.HasPrefix(name, "theme/") || strings.HasPrefix(name, "extension/")
}

// archived is what tells an archive of the estate from another.
type archived struct{ File, MD5 string }

// plain returns the path in the estate, whatever commit it is pinned to.
func (a archived) plain() string {
	if _, file, ok := strings.Cut(a.File, ":"); ok {
		return file
	}
	return a.File
}

// short stands for an archive where people read versions; a version is as it is.
func short(version string) string {
	if len(version) == md5Length && !strings.Contains(version, ".") {
		return version[:8]
	}
	return version
}

// judgeContent says whether a theme or an extension may be promoted, and if not why.
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
	c.content = estate.ContentPin{MD5: have.MD5}
	c.From, c.To = short(m.to.Content[key].MD5), short(have.MD5)
	if m.to.Content[key].MD5 == have.MD5 {
		c.State = candidateThere
		return c, nil
	}
	if h, ok := m.to.Holds[key]; ok && !h.Ended(m.p.now()) && h.Version == have.MD5 {
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
			if len(found) != 1 || found[0].MD5 != have.MD5 {
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

// contentIn says how a theme or an extension stands in an environment, and what the
// estate has for its tenants.
func (m *promotion) contentIn(env estate.Environment, key string) (s standing, found []archived, err error) {
	s = standing{App: key, Environment: env.Name}
	for _, tenant := range env.Tenants() {
		a, err := m.declares(tenant, key)
		if err != nil {
			return s, nil, err
		}
		if a.MD5 == "" {
			continue
		}
		if !slices.ContainsFunc(found, func(b archived) bool { return a.MD5 == b.MD5 }) {
			found = append(found, a)
		}
		s.Places++
		s.Version, s.Release = short(a.MD5), a.MD5
		e := m.m.entries[tenant]
		at := place{Tenant: tenant, Release: contentOf(e.Resources[key]), Since: e.Since[key]}
		if at.Since.IsZero() { // applied before qdeploy kept it
			at.Since = e.Time
		}
		if at.Release != a.MD5 {
			s.Behind = append(s.Behind, at)
			continue
		}
		s.Running = append(s.Running, at)
		if at.Since.After(s.Since) {
			s.Since = at.Since
		}
	}
	s.soak(env, m.p.now())
	return s, found, nil
}

// declares returns the archive that the estate has for a tenant, none if it declares
// none.
func (m *promotion) declares(tenant, key string) (a archived, err error) {
	desired, err := m.est.Resources(tenant)
	if err != nil {
		return a, err
	}
	for _, r := range desired {
		if r.Key.String() == key {
			err = json.Unmarshal(r.Spec, &a)
		}
	}
	return a, err
}

// contentPin is what an environment of an estate pins of a theme or an extension.
func contentPin(est *declared, environment, key string) estate.ContentPin {
	for _, env := range est.Environments() {
		if env.Name == environment {
			return env.Content[key]
		}
	}
	return estate.ContentPin{}
}
