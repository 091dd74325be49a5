package main

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/qdeploy/qdeploy/pkg/estate"
	"github.com/qdeploy/qdeploy/pkg/ledger"
)

// standing is how an app stands in an environment, as the ledger knows it: no
// tenant is asked.
type standing struct {
	App         string    `json:"app"`
	Environment string    `json:"environment"`
	Version     string    `json:"version"` // that is pinned
	Release     string    `json:"release"`
	Digest      string    `json:"digest"`
	Places      int       `json:"places"` // tenant and space, where it is to run
	Running     []place   `json:"running,omitempty"`
	Behind      []place   `json:"behind,omitempty"`   // that run another release, or none
	Since       time.Time `json:"since,omitzero"`     // when the last of all places had it; zero while some are behind
	SoakLeft    string    `json:"soakLeft,omitempty"` // "" when it has soaked, or need not

	Gates string `json:"gates,omitempty"` // that were asked, and are green where it is promoted

	measured string    // what evaluations say that gates asked for
	soaked   time.Time // when it has soaked; zero while some are behind
}

// gates tells that gates are green.
func (s standing) gates() string {
	if s.Gates == "" {
		return ""
	}
	text := "; gates are green: " + s.Gates
	if s.measured != "" {
		text += "; " + s.measured
	}
	return text
}

// place is where an app runs: a space of a tenant.
type place struct {
	Tenant  string    `json:"tenant"`
	Space   string    `json:"space"`
	Release string    `json:"release,omitempty"` // "" if it runs none that qdeploy published
	Since   time.Time `json:"since,omitzero"`

	past []ledger.Past // what ran there before
}

// replaced returns when the app came that took the place of an old release: of the
// versions since then none is a measure for the others. Where it is not known which
// release that was, it is when the app came that is there.
func (p place) replaced(old func(ledger.Past) bool) time.Time {
	at := p.Since
	for _, was := range p.past {
		if old(was) {
			return at
		}
		at = was.Since
	}
	return p.Since
}

// standings returns how each app stands in each environment that pins it: by app,
// and then in the order of the environments.
func standings(est *estate.Estate, entries map[string]ledger.Entry, now time.Time) (out []standing) {
	have := &releases{entries: entries}
	for _, env := range est.Environments() {
		for _, app := range slices.Sorted(maps.Keys(env.Apps)) {
			if s, ok := standingOf(est, have, env, app, now); ok {
				out = append(out, s)
			}
		}
	}
	slices.SortStableFunc(out, func(a, b standing) int { return cmp.Compare(a.App, b.App) })
	return out
}

func standingOf(est *estate.Estate, have *releases, env estate.Environment, app string, now time.Time) (s standing, ok bool) {
	pin, ok := est.Pin(env.Name, app)
	if !ok || pin.Digest == "" {
		return s, false
	}
	s = standing{App: app, Environment: env.Name, Version: pin.Version, Digest: pin.Digest, Release: pin.Release()}
	for _, t := range env.Targets {
		if !slices.Contains(t.Apps, app) {
			continue
		}
		for _, tenant := range t.Tenants {
			at := have.at(tenant, t.Space, app)
			s.Places++
			if at.Release != s.Release {
				s.Behind = append(s.Behind, at)
				continue
			}
			s.Running = append(s.Running, at)
			if at.Since.After(s.Since) {
				s.Since = at.Since
			}
		}
	}
	s.soak(env, now)
	return s, true
}

// soak says how long it has yet to soak.
func (s *standing) soak(env estate.Environment, now time.Time) {
	if len(s.Behind) > 0 || s.Places == 0 {
		s.Since = time.Time{}
		return
	}
	s.soaked = s.Since.Add(env.Soak)
	if now.Before(s.soaked) {
		s.SoakLeft = lasting(s.soaked.Sub(now))
	}
}

// placeOf returns what the ledger knows of an app in a space of a tenant.
func placeOf(e ledger.Entry, tenant, space, app string) place {
	key := appKey(space, app).String()
	return placeWith(e, tenant, space, key, releaseOf(e.Resources.Get(key)))
}

// placeWith is placeOf for an app of which the release is known.
func placeWith(e ledger.Entry, tenant, space, key, release string) place {
	at := place{Tenant: tenant, Space: space, Release: release}
	if at.Release != "" {
		at.Since = e.Since[key]
		if at.Since.IsZero() { // applied before qdeploy kept it
			at.Since = e.Time
		}
		at.past = e.Past[key]
	}
	return at
}

// lasting is a length of time for people: two units, rounded up to the minute.
func lasting(d time.Duration) string {
	d = (d + time.Minute - 1).Truncate(time.Minute)
	days, hours, minutes := int(d/(24*time.Hour)), int(d/time.Hour)%24, int(d/time.Minute)%60
	switch {
	case days > 0 && hours > 0:
		return strconv.Itoa(days) + "d" + " " + strconv.Itoa(hours) + "h"
	case days > 0:
		return strconv.Itoa(days) + "d"
	case hours > 0 && minutes > 0:
		return strconv.Itoa(hours) + "h" + " " + strconv.Itoa(minutes) + "m"
	case hours > 0:
		return strconv.Itoa(hours) + "h"
	}
	return strconv.Itoa(minutes) + "m"
}

// since says of each app, theme and extension from when on it has been what it is:
// from before, if it was the same release or archive then.
func since(old, e ledger.Entry) map[string]time.Time {
	out := map[string]time.Time{}
	before := old.Resources.All()
	for name, spec := range e.Resources.All() {
		now := contentOf(spec)
		if now == "" {
			continue
		}
		out[name] = e.Time
		if at, ok := old.Since[name]; ok && contentOf(before[name]) == now {
			out[name] = at
		}
	}
	return out
}

// pasts is how many releases of an app are remembered besides the one that is there.
const pasts = 10

// past says of each app which releases it had before the one that it has.
func past(old, e ledger.Entry) map[string][]ledger.Past {
	out := map[string][]ledger.Past{}
	before := old.Resources.All()
	for name, spec := range e.Resources.All() {
		list := old.Past[name]
		was := releaseOf(before[name])
		if now := releaseOf(spec); now != "" && was != "" && now != was {
			at := old.Since[name]
			if at.IsZero() { // applied before qdeploy kept it
				at = old.Time
			}
			list = append([]ledger.Past{{Release: was, Since: at}}, list[:min(len(list), pasts-1)]...)
		}
		if len(list) > 0 {
			out[name] = list
		}
	}
	return out
}

// reached says from when on a tenant has had all of its desired state.
func reached(old, e ledger.Entry) time.Time {
	switch {
	case !hasAll(e):
		return time.Time{}
	case hasAll(old) && old.Digest == e.Digest:
		return reachedAt(old)
	}
	return e.Time
}

// releaseOf returns the release of an app's spec, "" if it is none.
func releaseOf(spec json.RawMessage) string {
	var r release
	if json.Unmarshal(spec, &r) != nil {
		return ""
	}
	return r.Release
}
