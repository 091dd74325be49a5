package main

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"sync"

	"github.com/qdeploy/qdeploy/pkg/estate"
	"github.com/qdeploy/qdeploy/pkg/plan"
	"github.com/qdeploy/qdeploy/pkg/qlik"
	"github.com/qdeploy/qdeploy/pkg/qvf/lint"
)

// appNeeds are what the apps that get another content need, and what their tenants
// have of it.
type appNeeds struct {
	mu    sync.Mutex
	facts map[string]*lint.Facts // by file; nil for what cannot be read
	homes map[pair][]lint.Home
}

// pair is a content that replaces another one, or is the first.
type pair struct{ app, from, to, file string }

// newContent returns what of a change says that an app gets another content, and
// false if it says no such thing.
func newContent(c plan.Change) (k pair, first, ok bool) {
	if c.Key.Kind != "app" || c.Desired == nil {
		return pair{}, false, false
	}
	var live, desired release
	if json.Unmarshal(c.Desired.Spec, &desired) != nil {
		return pair{}, false, false
	}
	if first = c.Live == nil; !first && (json.Unmarshal(c.Live.Spec, &live) != nil || live.Release == desired.Release && c.Action != plan.Replace) {
		return pair{}, false, false
	}
	return pair{desired.Name, live.Release, desired.Release, desired.File}, first, true
}

// look asks a tenant for what the apps need that it gets with a plan. It asks for
// nothing else: connections only in spaces that a script names them of, extensions
// and themes only where one is not declared. A failure is for the reader of the
// plan, and stops nothing.
func (e *engine) look(ctx context.Context, s *study, snapshot *qlik.Snapshot) {
	if e.flags.apps == "none" {
		return
	}
	l := &looker{ctx: ctx, study: s, snapshot: snapshot, connections: map[string]lint.Held{}}
	for _, c := range s.plan.Changes {
		k, _, ok := newContent(c)
		if !ok {
			continue
		}
		facts := e.factsOf(k.file)
		if facts == nil {
			continue
		}
		home := l.home(*facts, c.Desired.Key, e.declaredApp(k.app).Lints)
		e.needs.mu.Lock()
		if e.needs.homes == nil {
			e.needs.homes = map[pair][]lint.Home{}
		}
		e.needs.homes[k] = append(e.needs.homes[k], home)
		e.needs.mu.Unlock()
	}
}

// factsOf reads an app once; nil if it cannot be read, which validate has told.
func (e *engine) factsOf(file string) *lint.Facts {
	e.needs.mu.Lock()
	defer e.needs.mu.Unlock()
	if facts, done := e.needs.facts[file]; done {
		return facts
	}
	if e.needs.facts == nil {
		e.needs.facts = map[string]*lint.Facts{}
	}
	e.needs.facts[file] = nil
	if app, err := e.est.appOf(file); err == nil {
		facts := lint.FactsOf(app)
		e.needs.facts[file] = &facts
	}
	return e.needs.facts[file]
}

func (e *engine) declaredApp(name string) estate.App {
	if a, ok := e.est.App(name); ok {
		return a
	}
	return estate.App{Name: name}
}

// lacking says what the tenants lack that get a content.
func (e *engine) lacking(k pair) []lint.Finding {
	facts := e.factsOf(k.file)
	if facts == nil {
		return nil
	}
	e.needs.mu.Lock()
	homes := e.needs.homes[k]
	e.needs.mu.Unlock()
	return facts.Lacking(homes, e.declaredApp(k.app).Lints)
}

// looker looks around in one tenant, at each thing once.
type looker struct {
	ctx         context.Context
	study       *study
	snapshot    *qlik.Snapshot
	connections map[string]lint.Held // by space
	installed   map[plan.Kind]lint.Held
}

// home says what there is of what an app needs that is published to a place.
func (l *looker) home(facts lint.Facts, app plan.Key, given map[lint.Code]lint.Severity) lint.Home {
	h := lint.Home{Tenant: l.study.tenant.Name, Space: l.study.traits["app"].ParentOf(app).Name, Connections: map[string]lint.Held{}}
	if lint.Rated(lint.L2, given) != lint.Off {
		for _, space := range facts.Wanted() {
			if space == "" {
				space = h.Space
			}
			h.Connections[space] = l.in(space)
		}
	}
	if lint.Rated(lint.L4, given) == lint.Off {
		return h
	}
	var names []string
	for _, x := range facts.Extensions {
		names = append(names, x.Name)
	}
	h.Extensions = l.have("extension", names)
	if facts.Theme != "" {
		h.Themes = l.have("theme", []string{facts.Theme})
	}
	return h
}

// in returns the connections of a space. One that the plan makes has none yet.
func (l *looker) in(space string) lint.Held {
	if held, done := l.connections[space]; done {
		return held
	}
	key, name := plan.Key{Kind: "space", Name: space}, space
	held := lint.Held{}
	for _, c := range l.study.plan.Changes {
		if c.Key == key && c.Live != nil {
			name = c.Live.Key.Name // it is renamed with this plan
		}
	}
	id := l.study.live.SpaceID(name)
	switch {
	case id != "":
		names, err := l.study.live.Connections(l.ctx, id)
		held = l.planned(space, heldOf(names, err))
	case l.declares(key):
		held = l.planned(space, lint.Held{Known: true})
	case l.snapshot.Covers(key):
		held.Absent = true
	default:
		held.Unknown = "the spaces of the tenant are not all known"
	}
	l.connections[space] = held
	return held
}

// planned adds to what a space holds the connections that are declared there, and
// takes out those that the plan deletes.
func (l *looker) planned(space string, held lint.Held) lint.Held {
	is := func(k plan.Key) (name string, ok bool) {
		name, ok = strings.CutPrefix(k.Name, space+"/")
		return name, ok && k.Kind == "data-connection"
	}
	for _, c := range l.study.plan.Changes {
		if name, ok := is(c.Key); ok && c.Action == plan.Delete {
			held.Names = slices.DeleteFunc(held.Names, func(n string) bool { return n == name })
		}
	}
	for _, r := range l.study.desired {
		if name, ok := is(r.Key); ok {
			held.Names = append(held.Names, name)
		}
	}
	return held
}

// have returns what a tenant has of a kind once the plan is applied, if it takes
// more than the estate to know whether the given names are among it.
func (l *looker) have(k plan.Kind, names []string) lint.Held {
	undeclared := slices.ContainsFunc(names, func(n string) bool { return !l.declares(plan.Key{Kind: k, Name: n}) })
	if !undeclared {
		return lint.Held{Known: true, Names: names}
	}
	if held, done := l.installed[k]; done {
		return held
	}
	found, err := l.study.live.Installed(l.ctx, l.snapshot, k)
	held := heldOf(found, err)
	held.Names = slices.DeleteFunc(held.Names, func(n string) bool {
		return slices.ContainsFunc(l.study.plan.Changes, func(c plan.Change) bool {
			return c.Action == plan.Delete && c.Key == plan.Key{Kind: k, Name: n}
		})
	})
	for _, r := range l.study.desired {
		if r.Key.Kind == k {
			held.Names = append(held.Names, r.Key.Name)
		}
	}
	if l.installed == nil {
		l.installed = map[plan.Kind]lint.Held{}
	}
	l.installed[k] = held
	return held
}

func (l *looker) declares(k plan.Key) bool {
	return slices.ContainsFunc(l.study.desired, func(r plan.Resource) bool { return r.Key == k })
}

func heldOf(names []string, err error) lint.Held {
	if err != nil {
		return lint.Held{Unknown: err.Error()}
	}
	return lint.Held{Known: true, Names: names}
}
