package main

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/qdeploy/qdeploy/pkg/estate"
	"github.com/qdeploy/qdeploy/pkg/ledger"
	"github.com/qdeploy/qdeploy/pkg/plan"
)

// heldKeys are what pull requests try in a tenant: the apps whose slots they hold, and
// spaces of their own; with who has it. Plans of the tenant leave them alone, whatever
// is declared of them and whatever is there.
type heldKeys map[plan.Key]string

// slotsIn returns the apps of a tenant that are tried.
func (m *memory) slotsIn(tenant string) heldKeys {
	out := heldKeys{}
	for _, s := range m.slots {
		for _, at := range s.Places {
			if at.Tenant == tenant {
				out[appKey(at.Space, s.App)] = heldText(s)
			}
		}
	}
	return out
}

func appKey(space, app string) plan.Key { return plan.Key{Kind: "app", Name: space + "/" + app} }

// leave returns the resources but for those that are tried.
func (h heldKeys) leave(rs []plan.Resource) []plan.Resource {
	if len(h) == 0 {
		return rs
	}
	return slices.DeleteFunc(slices.Clone(rs), func(r plan.Resource) bool {
		_, held := h[r.Key]
		return held
	})
}

// notes say in a plan what it leaves alone.
func (h heldKeys) notes() (out []string) {
	for _, k := range slices.SortedFunc(maps.Keys(h), plan.Key.Compare) {
		out = append(out, fmt.Sprintf("%s is left alone: %s", k, h[k]))
	}
	return out
}

// heldText says who holds a slot, and since when.
func heldText(s ledger.Slot) string {
	text := fmt.Sprintf("held by %s since %s to try %s", s.Holder(), stampText(s.Since), version(s.Release))
	if s.URL != "" {
		text += " (" + s.URL + ")"
	}
	return text
}

// slot returns the slot of an app in an environment, and whether it is held.
func (m *memory) slot(environment, app string) (ledger.Slot, bool) {
	for _, s := range m.slots {
		if s.Environment == environment && s.App == app {
			return s, !s.Free()
		}
	}
	return ledger.Slot{Environment: environment, App: app}, false
}

// setSlot remembers what was written of a slot.
func (m *memory) setSlot(s ledger.Slot) {
	m.slots = slices.DeleteFunc(m.slots, func(o ledger.Slot) bool { return o.Environment == s.Environment && o.App == s.App })
	if !s.Free() || len(s.Waiting) > 0 {
		m.slots = append(m.slots, s)
	}
	slices.SortFunc(m.slots, func(a, b ledger.Slot) int {
		return cmp.Or(cmp.Compare(a.Environment, b.Environment), cmp.Compare(a.App, b.App))
	})
}

// tries reports whether apps of pull requests may run in a tenant. They come and go
// between a review and its apply: of such a tenant a part of what was reviewed is
// enough.
func (e *engine) tries(tenant string) bool {
	return slices.ContainsFunc(e.est.Environments(), func(env estate.Environment) bool {
		return env.Tries == estate.TriesInSlot && env.Has(tenant)
	})
}

// slots adds the slots that are held, of what was asked for.
func (s *status) slots(m *memory, f statusFlags) {
	wanted := func(list []string, name string) bool { return len(list) == 0 || slices.Contains(list, name) }
	for _, slot := range m.slots {
		if wanted(f.environments, slot.Environment) && wanted(f.apps, slot.App) {
			s.Slots = append(s.Slots, slot)
		}
	}
}

// slot returns the slot of an app that is tried in the tenant.
func (w *whyTenant) slot(a whyApp) (ledger.Slot, bool) {
	for _, s := range w.Slots {
		if s.App == a.App && s.Environment == a.Environment {
			return s, true
		}
	}
	return ledger.Slot{}, false
}

// slotLines are slots that are held or waited for, for people.
func slotLines(slots []ledger.Slot) (lines []string) {
	for _, s := range slots {
		text := "free"
		if !s.Free() {
			text = heldText(s)
		}
		if len(s.Waiting) > 0 {
			text += "; " + waitersText(s.Waiting)
		}
		lines = append(lines, fmt.Sprintf("%s in %s: %s", s.App, s.Environment, text))
	}
	return lines
}

// waitersText says who waits: "#3 waits", "#3, then #4 wait".
func waitersText(waiting []ledger.Waiter) string {
	var names []string
	for _, w := range waiting {
		names = append(names, fmt.Sprintf("#%d", w.Request))
	}
	return strings.Join(names, ", then ") + " " + plural(len(names), "waits", "wait")
}
