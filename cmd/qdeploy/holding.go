package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/qdeploy/qdeploy/pkg/plan"
)

// todo returns the plans that this run has not touched and of which something may be
// applied now.
func (e *engine) todo(fleet *plan.Fleet, r *report) []*plan.Plan {
	e.closed = e.closings(e.p.now())
	return slices.DeleteFunc(r.todo(fleet), func(p *plan.Plan) bool { return len(e.waiting(p, e.closed)) == len(p.Changes) })
}

// holdRest reports the tenants that were not touched because all that is to be done
// there waits.
func (e *engine) holdRest(fleet *plan.Fleet, r *report) {
	r.Closed = e.shut(fleet)
	for _, p := range r.todo(fleet) {
		t := tenantReport{Tenant: p.Tenant.Name, State: stateDone}
		t.hold(e.waiting(p, e.closed), e.closed)
		r.set(t)
	}
}

// drop takes out of a study what waits, and returns that with the index of what it
// waits for. The ledger learns that it was not done.
func (e *engine) drop(s *study) map[plan.Key]int {
	waits := e.waiting(s.plan, e.closed)
	if len(waits) == 0 {
		return nil
	}
	s.leaveOut(func(k plan.Key) bool { _, ok := waits[k]; return ok })
	return waits
}

// leaveOut takes changes out of a study. The ledger learns that they were not made.
func (s *study) leaveOut(is func(plan.Key) bool) {
	var kept []plan.Change
	for _, c := range s.plan.Changes {
		if is(c.Key) {
			s.dropped = append(s.dropped, c)
		} else {
			kept = append(kept, c)
		}
	}
	s.plan.Changes = kept
}

// hold says of a tenant that some of its changes wait: for a window, or for a ring
// before theirs.
func (t *tenantReport) hold(waits map[plan.Key]int, closed []closing) {
	for _, i := range waits {
		if closed[i].Ring == "" {
			t.Held++
		} else {
			t.Later++
		}
	}
	switch {
	case t.State != stateDone:
	case t.Held > 0:
		t.State = stateClosed
	case t.Later > 0:
		t.State = stateLater
	}
}

// held is how many changes wait, for the line with the counts.
func (r *report) held() (text string) {
	if r.Held > 0 {
		text = fmt.Sprintf(" · closed %d", r.Held)
	}
	if r.Later > 0 {
		text += fmt.Sprintf(" · later %d", r.Later)
	}
	if r.Lingers != nil {
		text += fmt.Sprintf(" · deletes that wait %d", r.Lingers.Deletes)
	}
	return text
}

// whyClosed tells what waits in one line.
func (r *report) whyClosed() string { return strings.Join(closedLines(r.Closed), "; ") }

// about reports whether the run is about a tenant.
func (r *report) about(tenant string) bool {
	_, ok := r.at[tenant]
	return ok
}

// state is what became of a tenant, "" if the run is not about it.
func (r *report) state(tenant string) tenantState {
	if i, ok := r.at[tenant]; ok {
		return r.Tenants[i].State
	}
	return ""
}
