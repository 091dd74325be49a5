package main

import (
	"fmt"
	"slices"
	"time"

	"github.com/qdeploy/qdeploy/pkg/apply"
	"github.com/qdeploy/qdeploy/pkg/ledger"
	"github.com/qdeploy/qdeploy/pkg/plan"
	"github.com/qdeploy/qdeploy/pkg/qlik"
)

// staying says of each delete of a plan that a later run makes, and that has a reason of its
// own, what that is.
func (s *study) staying() (notes []string) {
	for _, c := range s.plan.Changes {
		if stay := s.stays[c.Key]; stay.Why != "" {
			notes = append(notes, fmt.Sprintf("%s is deleted by a later run: %s", c.Key, stay.Why))
		}
	}
	return notes
}

// waits is what the ledger keeps of deletes that a later run makes, if nothing else is left
// to be done; nil otherwise.
func (s *study) waits(old ledger.Entry, now time.Time, outcomes []apply.Outcome) *ledger.Waits {
	w := &ledger.Waits{}
	for _, o := range outcomes {
		if o.Status == apply.Done {
			continue
		}
		until, ok := s.stillWaits(old, now, o)
		if !ok {
			return nil
		}
		w.Deletes = append(w.Deletes, o.Change.Key.String())
		if until.After(w.Until) {
			w.Until = until.UTC()
		}
	}
	if len(w.Deletes) == 0 || len(s.plan.Held) > 0 {
		return nil
	}
	slices.Sort(w.Deletes)
	return w
}

// stillWaits reports whether what was not done is a delete that a later run makes, and from
// when on. It goes on waiting if it did so before, and this run did not come to it, or Qlik
// was in trouble.
func (s *study) stillWaits(old ledger.Entry, now time.Time, o apply.Outcome) (until time.Time, ok bool) {
	if stay, ok := s.stays[o.Change.Key]; ok {
		return stay.Until, true
	}
	if !lingers(old) || old.Digest != s.digest || o.Change.Action != plan.Delete || !slices.Contains(old.Waits.Deletes, o.Change.Key.String()) {
		return until, false
	}
	if o.Status == apply.Failed {
		return tryAgain(old, now), qlik.Class(o.Err) == classPlatform
	}
	return until, true
}

// tryAgain is when deletes are tried again that could not be made now: when as much time has
// passed as since the tenant was applied to.
func tryAgain(e ledger.Entry, now time.Time) time.Time { return now.Add(now.Sub(e.Time)) }

// lingers reports whether a tenant has all that was declared, and something besides that a
// later run deletes.
func lingers(e ledger.Entry) bool { return e.Outcome == outcomePartly && e.Waits != nil }

// hasAll reports whether all that was declared is in place.
func hasAll(e ledger.Entry) bool { return e.Outcome == outcomeApplied || lingers(e) }

// waited reports whether a plan makes nothing but deletes that an earlier run has left for a
// later one.
func (m *memory) waited(p *plan.Plan) bool {
	e, _ := m.last(p.Tenant.Name)
	return lingers(e) && !slices.ContainsFunc(p.Changes, func(c plan.Change) bool {
		return c.Action != plan.Delete || !slices.Contains(e.Waits.Deletes, c.Key.String())
	})
}

// lingering are deletes that later runs make.
type lingering struct {
	Deletes int       `json:"deletes"`
	Tenants int       `json:"tenants"`
	Until   time.Time `json:"until,omitzero"` // from when on all of them may be made; zero: the next run makes them
}

// plus adds what waits in a tenant; nil is nothing.
func (l *lingering) plus(w *ledger.Waits) *lingering {
	if w == nil {
		return l
	}
	sum := lingering{Deletes: len(w.Deletes), Tenants: 1, Until: w.Until}
	if l != nil {
		sum.Deletes, sum.Tenants = sum.Deletes+l.Deletes, sum.Tenants+l.Tenants
		if l.Until.After(sum.Until) {
			sum.Until = l.Until
		}
	}
	return &sum
}

// line tells it, as it is at a time.
func (l *lingering) line(now time.Time) string {
	text := fmt.Sprintf("%s in %s %s for ", many(l.Deletes, "delete"), many(l.Tenants, "tenant"), plural(l.Deletes, "waits", "wait"))
	if !l.Until.After(now) {
		return text + "the next run"
	}
	return text + "a run after " + l.Until.UTC().Format(windowTime)
}

// linger says of a tenant in which all else is done that deletes wait.
func (t *tenantReport) linger(w *ledger.Waits) {
	if w != nil && t.State == stateDone {
		t.State, t.Waits = stateLingers, w
	}
}

// postpone keeps of tenants in which deletes could be made by now, and were not, since the
// tenant could not be read or something is in the way, when they are tried again: a schedule
// does not do so each time.
func (ro *rolling) postpone() error {
	if ro.memory.ledger == nil {
		return nil
	}
	var entries []ledger.Entry
	now := ro.stamp.now().UTC()
	for _, t := range ro.report.Tenants {
		e, ok := ro.memory.last(t.Tenant)
		if !ok || !lingers(e) || e.Waits.Until.After(now) || t.State != stateUnreadable && t.State != stateBlocked {
			continue
		}
		e.Waits = &ledger.Waits{Until: tryAgain(e, now), Deletes: e.Waits.Deletes}
		entries = append(entries, e)
	}
	return ro.memory.write(fmt.Sprintf("%s: deletes in %s are tried again later", ro.stamp.run, many(len(entries), "tenant")), entries)
}
