package main

import (
	"slices"
	"time"

	"github.com/qdeploy/qdeploy/pkg/apply"
	"github.com/qdeploy/qdeploy/pkg/estate"
	"github.com/qdeploy/qdeploy/pkg/plan"
	"github.com/qdeploy/qdeploy/schema"
)

// dueDeletes lists where deletes that waited may be made by now: in tenants in which all
// else is done, that nobody must look at first, and where no window and no ring holds any of
// them back.
func dueDeletes(est *declared, m *memory, now time.Time) (list []due, err error) {
	ripe, err := ripeTenants(est, m, now)
	if err != nil || len(ripe) == 0 {
		return nil, err
	}
	closed, err := shutNow(est, m, now)
	if err != nil {
		return nil, err
	}
	traits := schema.Traits()
	ripe = slices.DeleteFunc(ripe, func(name string) bool {
		e, _ := m.last(name)
		return slices.ContainsFunc(closed, func(c closing) bool {
			return slices.ContainsFunc(e.Waits.Deletes, func(text string) bool {
				k, err := plan.ParseKey(text)
				return err != nil || c.holds(name, traits, k)
			})
		})
	})
	add := func(environment string, in func(tenant string) bool) {
		var waits *lingering
		ripe = slices.DeleteFunc(ripe, func(name string) bool {
			if !in(name) {
				return false
			}
			e, _ := m.last(name)
			waits = waits.plus(e.Waits)
			return true
		})
		if waits != nil {
			list = append(list, due{environment, many(waits.Deletes, "delete") + " that waited may be made in " + many(waits.Tenants, "tenant")})
		}
	}
	for _, env := range est.Environments() {
		if closedNow(env, now) == nil {
			add(env.Name, env.Has)
		}
	}
	for _, env := range est.Environments() { // what they publish is not touched
		add(env.Name, env.Has)
	}
	add("", func(string) bool { return true })
	return list, nil
}

// ripeTenants are those in which deletes need not wait any longer, by their age alone.
func ripeTenants(est *declared, m *memory, now time.Time) (names []string, err error) {
	for _, name := range sortedKeys(m.entries) {
		e := m.entries[name]
		if !lingers(e) || e.Stale || now.Before(e.Waits.Until) {
			continue
		}
		if t, ok := est.Tenant(name); !ok || t.State != estate.Active {
			continue
		}
		digest, err := digestOf(est, m, name)
		if err != nil {
			return nil, err
		}
		if digest == e.Digest {
			names = append(names, name)
		}
	}
	return names, nil
}

// shutNow says what holds changes back, by the ledger alone: environments that are closed,
// rings that may not begin or that people must look at, and tenants that came after a rollout
// began.
func shutNow(est *declared, m *memory, now time.Time) (out []closing, err error) {
	of := environmentsOf(est)
	for _, env := range est.Environments() {
		if shut := closedNow(env, now); shut != nil {
			out = append(out, windowClosing(env, *shut, now))
		}
		rings, err := ringsOf(est, m, env, now)
		if err != nil {
			return nil, err
		}
		in := map[string]bool{}
		for _, r := range rings {
			if r.Waits != "" || r.State == apply.Stopped {
				out = append(out, ringClosing(env, of, r.Ring, r.Waits, r.names))
			}
			for _, name := range r.names {
				in[name] = true
			}
		}
		if late := slices.DeleteFunc(env.Tenants(), func(name string) bool { return in[name] }); len(rings) > 0 && len(late) > 0 {
			out = append(out, ringClosing(env, of, newcomersRing, "", late))
		}
	}
	return out, nil
}

// environmentsOf says in how many environments each tenant is.
func environmentsOf(est *declared) map[string]int {
	of := map[string]int{}
	for _, env := range est.Environments() {
		for _, name := range env.Tenants() {
			of[name]++
		}
	}
	return of
}
