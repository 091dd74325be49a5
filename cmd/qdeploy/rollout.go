package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/qdeploy/qdeploy/pkg/apply"
	"github.com/qdeploy/qdeploy/pkg/ledger"
	"github.com/qdeploy/qdeploy/pkg/plan"
	"github.com/qdeploy/qdeploy/pkg/qlik"
)

// applyOne plans a tenant again, compares that with what was approved, and
// carries it out. The entry is what to remember; nil when nothing was done.
func (e *engine) applyOne(ctx context.Context, stop apply.Stop, s stamp, approved *plan.Plan, within int, g *progress) (tenantReport, *ledger.Entry) {
	name := approved.Tenant.Name
	t, _ := e.est.Tenant(name)
	now, err := e.study(ctx, t, false)
	nothing := errors.Is(err, errCurrent) || err == nil && now.plan.Empty()
	if nothing && e.flags.job != nil && e.memory.reached(name, e.revision) { // a job is run again
		return tenantReport{Tenant: name, State: stateAlready}, e.memory.undo(name)
	}
	if errors.Is(err, errCurrent) {
		return stale(approved, nil, "its desired state is what was applied last"), e.memory.moved(name)
	}
	if err != nil {
		r := tenantReport{Tenant: name, State: stateUnreadable, Error: err.Error(), Class: qlik.Class(err)}
		r.untouched = r.Class == classPlatform
		return r, e.memory.undo(name)
	}
	if now.plan.Digest != approved.Digest {
		return stale(approved, now.plan, "what is there, or what is declared, is not what was planned"), e.memory.moved(name)
	}
	if b := now.plan.Blocked(); len(b) > 0 {
		return tenantReport{Tenant: name, State: stateBlocked, Error: fmt.Sprintf("%s: %s", b[0].Key, b[0].Blocked)}, e.memory.undo(name)
	}
	if lifeOf(now.plan) != nil {
		if waits := e.waiting(now.plan, e.closed); len(waits) > 0 { // a tenant is not made in part
			r := newTenantReport(name, nil)
			r.hold(waits, e.closed)
			return r, e.memory.undo(name)
		}
		return e.applyLife(ctx, stop, s, now, within, g)
	}
	return e.applyTo(ctx, stop, s, now, within, g)
}

// applyTo carries out what was found to be done in a tenant that is there.
func (e *engine) applyTo(ctx context.Context, stop apply.Stop, s stamp, now *study, within int, g *progress) (tenantReport, *ledger.Entry) {
	name := now.tenant.Name
	waits := e.drop(now)
	for _, note := range now.staying() {
		g.line("%s: note: %s", name, note)
	}
	now.leaveOut(func(k plan.Key) bool { _, stays := now.stays[k]; return stays })
	outcomes := apply.Run(ctx, stop, now.plan, within, e.journal.around(name, now.live.Do), func(o apply.Outcome) {
		if o.Status == apply.Failed {
			g.line("%s: %v", name, o.Err)
		}
	})
	for _, note := range now.live.Notices() {
		g.line("%s: note: %s", name, note)
	}
	entry := e.memory.entry(s, now, outcomes)
	r := newTenantReport(name, outcomes)
	r.hold(waits, e.closed)
	r.linger(entry.Waits)
	return r, &entry
}

// settle remembers the tenants that had nothing to change although what is
// remembered of them is not what is declared now.
func (e *engine) settle(s stamp, fleet *plan.Fleet) error {
	if e.memory.ledger == nil || len(e.kinds) > 0 {
		return nil
	}
	var entries []ledger.Entry
	for _, p := range fleet.Plans {
		if !p.Empty() {
			continue
		}
		desired, err := e.est.Resources(p.Tenant.Name)
		if err != nil {
			return err
		}
		slots := e.memory.slotsIn(p.Tenant.Name)
		desired = slots.leave(desired)
		digest, err := plan.DesiredSum(desired)
		if err != nil {
			return err
		}
		if was, _ := e.memory.last(p.Tenant.Name); was.Stale || !e.memory.current(p.Tenant.Name, digest) {
			entries = append(entries, e.memory.entry(s, &study{desired: desired, digest: digest, plan: p, traits: e.traits, slots: slots}, nil))
		}
	}
	return e.memory.write(fmt.Sprintf("%s: nothing to do in %d tenants", s.run, len(entries)), entries)
}

// books collects entries from many goroutines and writes them a few seconds'
// worth at a time, so that a long run which is killed has remembered most of
// itself, and a short one makes a single commit.
type books struct {
	memory *memory
	stamp  stamp
	note   string // for the end of each commit's message
	mu     sync.Mutex
	held   []ledger.Entry
	last   time.Time
	err    error
}

const bookEvery = 5 * time.Second

func (m *memory) keep(s stamp) *books { return &books{memory: m, stamp: s, last: time.Now()} }

func (b *books) add(e *ledger.Entry) {
	if e == nil {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.held = append(b.held, *e)
	if time.Since(b.last) >= bookEvery {
		b.flush()
	}
}

func (b *books) flush() {
	err := b.memory.write(fmt.Sprintf("%s: applied to %d tenants", b.stamp.run, len(b.held))+b.note, b.held)
	b.err = errors.Join(b.err, err)
	b.held, b.last = nil, time.Now()
}

// close writes what is left and returns what went wrong with the writing.
func (b *books) close() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.flush()
	b.memory.before = nil // the run is over
	if b.err != nil {
		return &failure{status: exitPartly, err: b.err, hint: "the tenants were applied to, but that is not remembered: apply again"}
	}
	return nil
}

// stale says what moved between the approved plan and the one of now.
func stale(approved, now *plan.Plan, why string) tenantReport {
	r := tenantReport{Tenant: approved.Tenant.Name, State: stateStale, Error: why}
	then, today := lines(approved), []string{}
	if now != nil {
		today = lines(now)
	}
	for _, l := range then {
		if !slices.Contains(today, l) {
			r.Moved = append(r.Moved, "approved: "+l)
		}
	}
	for _, l := range today {
		if !slices.Contains(then, l) {
			r.Moved = append(r.Moved, "now:      "+l)
		}
	}
	return r
}

// lines tells each change of a plan on a line, with what it sets.
func lines(p *plan.Plan) []string {
	var out []string
	for _, c := range p.Changes {
		head := fmt.Sprintf("%s %s", c.Action, c.Key)
		for _, f := range c.Fields {
			out = append(out, fmt.Sprintf("%s %s: %s → %s", head, f.Path, orNone(f.Live), orNone(f.Desired)))
		}
		if len(c.Fields) == 0 {
			if c.Desired != nil {
				head += " " + string(c.Desired.Spec)
			}
			out = append(out, head)
		}
	}
	return out
}

func orNone(b []byte) string {
	if len(b) == 0 {
		return "(none)"
	}
	return string(b)
}
