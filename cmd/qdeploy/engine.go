package main

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/qdeploy/qdeploy/pkg/apply"
	"github.com/qdeploy/qdeploy/pkg/estate"
	"github.com/qdeploy/qdeploy/pkg/plan"
	"github.com/qdeploy/qdeploy/pkg/qlik"
	"github.com/qdeploy/qdeploy/schema"
)

// engine makes the plans of an estate's tenants: what is declared, what is
// remembered and what is live meet here.
type engine struct {
	p        *program
	est      *declared
	guards   plan.Guards
	said     []string // what must be said before the plan: who has overridden the guards
	chosen   []estate.Tenant
	kinds    []plan.Kind
	memory   *memory
	conn     *connections
	traits   map[plan.Kind]plan.Traits
	flags    planFlags
	revision string
	now      func() time.Time
	reads    atomic.Int64
	vault    *vault
	rotate   *rotation
	needs    appNeeds // of apps that get another content
	registry registry // what the organization says of its tenants
	births   sync.Map // by region: one tenant is made at a time

	drift   *driftFound                         // what is found of drift; nil where it is not looked for alone
	retired *leftovers                          // what nobody needs any more; nil where it is not looked for
	taken   sync.Map                            // seats that plans take, by tenant
	digests sync.Map                            // of desired states, by tenant
	waves   *waves                              // the rings of this run; nil while nothing is applied
	journal *runJournal                         // nil: none is kept
	begins  func(context.Context, []*plan.Plan) // told of each round of tenants; may be nil
	room    *apply.Room                         // for tenants that are worked on at a time
	shown   atomic.Pointer[progress]            // of what goes on
	closed  []closing                           // what holds changes back in this run
	outside string                              // why the run is applied outside of windows; "" if it is not
}

// engine loads and validates the estate, opens the ledger, and resolves the
// credentials of every region that is needed, all before any call.
func (p *program) engine(ctx context.Context, f planFlags) (*engine, error) {
	if err := f.check(); err != nil {
		return nil, err
	}
	est, err := p.load(ctx, f.revision)
	if err != nil {
		return nil, err
	}
	memory, err := p.recall(ctx, p.dir, f.remote)
	if err != nil {
		return nil, err
	}
	e, err := p.newEngine(est, memory, f)
	if err != nil || f.job == nil {
		return e, err
	}
	if err := f.job.heed(ctx, e); err != nil {
		e.close()
		return nil, err
	}
	return e, nil
}

func (p *program) newEngine(est *declared, m *memory, f planFlags) (*engine, error) {
	chosen, kinds, err := f.choose(est, m)
	if err != nil {
		return nil, err
	}
	if chosen, err = f.narrowed(est, m, chosen); err != nil {
		return nil, err
	}
	e := &engine{
		p: p, est: est, chosen: chosen, kinds: kinds, memory: m, guards: est.Guards(),
		traits: schema.Traits(), flags: f, revision: est.revision(p.dir), now: p.now,
	}
	if f.retired {
		e.retired = &leftovers{}
	}
	if f.guardsFrom != "" {
		if e.guards, err = p.guardsOf(p.dir, f.guardsFrom); err != nil {
			return nil, err
		}
	}
	if e.vault, err = openVault(p.dir); err != nil {
		return nil, err
	}
	if e.rotate, err = newRotation(f.rotate); err != nil {
		return nil, err
	}
	if e.conn, err = p.connect(est, chosen, f); err != nil {
		return nil, err
	}
	e.conn.room = e.newRoom()
	e.room = e.conn.room
	return e, nil
}

func (e *engine) close() {
	e.conn.close()
	e.memory.close()
	e.est.close()
}

func (e *engine) text(f planFlags, apps []*appChange) plan.TextOptions {
	return plan.TextOptions{
		Traits: e.traits, Color: e.p.colors(), List: f.list, Unmanaged: f.unmanaged, Reads: int(e.reads.Load()),
		Apps: writeApps(apps, f.apps, e.p.colors()),
	}
}

// planAll plans every chosen tenant, several at a time, and holds the guards
// against the whole.
func (e *engine) planAll(ctx context.Context) (*plan.Fleet, error) {
	plans, err := e.planEach(ctx)
	if err != nil {
		return nil, err
	}
	if err := e.rotate.idle(); err != nil {
		return nil, err
	}
	fleet := plan.NewFleet(e.revision, e.flags.refresh, plans)
	fleet.Shard = e.flags.shard().String()
	e.flags.sharding.guards(e.guards).Check(fleet)
	e.budget(fleet)
	return fleet, nil
}

// planOne plans one tenant. It returns nil for a tenant that need not be read.
func (e *engine) planOne(ctx context.Context, t estate.Tenant) (*plan.Plan, apply.End) {
	s, err := e.study(ctx, t, true)
	if errors.Is(err, errCurrent) {
		return nil, apply.EndWell
	}
	if err != nil {
		return &plan.Plan{Tenant: facts(t), Error: err.Error()}, endOf(qlik.Class(err), true)
	}
	return s.plan, apply.EndWell
}

// errCurrent says that a tenant has what is declared, as far as the ledger knows.
var errCurrent = errors.New("the desired state is what was applied")

// study is a tenant and its plan, and all that applying it takes.
type study struct {
	tenant  estate.Tenant
	desired []plan.Resource
	digest  string // of desired
	plan    *plan.Plan
	dropped []plan.Change          // what --kind left out of the plan
	stays   map[plan.Key]qlik.Stay // deletes that a later run makes
	live    *qlik.Tenant
	slots   heldKeys // what pull requests have in the tenant: not looked at
	traits  map[plan.Kind]plan.Traits
}

// study reads a tenant and plans it; readOnly forbids every write on the way.
func (e *engine) study(ctx context.Context, t estate.Tenant, readOnly bool) (*study, error) {
	desired, err := e.est.Resources(t.Name)
	if err != nil {
		return nil, err
	}
	step, err := e.life(ctx, t)
	if err != nil {
		return nil, err
	}
	s := &study{tenant: t, traits: e.traits, slots: e.memory.slotsIn(t.Name)}
	if step != nil && (step.idle || step.change.Action != plan.Create) {
		return e.lifeless(ctx, s, step, readOnly)
	}
	e.memory.addSpaces(s.slots, t.Name, desired)
	desired = s.slots.leave(e.vault.sums(t.Name, desired, e.traits))
	s.desired = desired
	if s.digest, err = plan.DesiredSum(desired); err != nil {
		return nil, err
	}
	e.digests.Store(t.Name, s.digest)
	if step != nil {
		return s, e.unborn(s, step)
	}
	if e.flags.refresh == "changed" && e.memory.current(t.Name, s.digest) && !e.fresh(t.Name, desired) {
		return nil, errCurrent
	}
	applied, owned, remembered, err := e.memory.applied(t.Name)
	if err != nil {
		return nil, err
	}
	applied = s.slots.leave(applied)
	if e.drift != nil {
		return e.studyDrift(ctx, s, applied, remembered)
	}
	if e.memory.ledger == nil { // who made it is not known, so only what says so is refused
		for _, r := range desired {
			owned[r.Key] = r.Adopt != plan.Refuse
		}
	}
	if s.live, err = e.conn.tenant(t, readOnly, &e.reads); err != nil {
		return nil, err
	}
	snapshot, err := s.live.Read(ctx, append(applied, desired...))
	if err != nil {
		return nil, err
	}
	s.plan, err = plan.Build(plan.Input{
		Tenant: facts(t), Desired: append(desired, snapshot.Needs...), Live: s.slots.leave(snapshot.Resources),
		Applied: renamed(applied, snapshot.Same), Remembered: remembered, Owned: owned, Revision: e.memory.revision(t.Name),
		Covers: snapshot.Covers, Twins: snapshot.Ambiguous, Blocked: blocked(snapshot, desired), Notes: append(s.slots.notes(), snapshot.Notes...), Traits: e.traits, Rotate: e.rotate.means,
	})
	if err != nil {
		return nil, err
	}
	s.dropped = only(s.plan, e.kinds)
	e.leaveShared(s)
	if err := s.live.Review(ctx, s.plan); err != nil {
		return nil, err
	}
	e.taken.Store(t.Name, s.live.Seats())
	e.vault.demand(s.plan, e.traits, !readOnly)
	e.guards.Apply(s.plan)
	s.stays = s.live.Stays(s.plan, e.p.now())
	s.plan.Notes = slices.Sorted(slices.Values(append(s.plan.Notes, s.staying()...)))
	if readOnly {
		e.look(ctx, s, snapshot)
	}
	if e.retired != nil {
		err = e.lookRetired(ctx, s, snapshot, applied)
	}
	return s, err
}

// blocked says of the resources that the client found in no fit state why they
// cannot be applied.
func blocked(s *qlik.Snapshot, desired []plan.Resource) map[plan.Key]string {
	out := map[plan.Key]string{}
	for _, r := range desired {
		if k, ok := s.Same[r.Key]; ok {
			out[r.Key] = "is the same as " + k.String() + ": declare one of them"
		}
	}
	for k, why := range s.Missing {
		out[k] = why
	}
	return out
}

// renamed gives what was applied the names that its objects have by now.
func renamed(applied []plan.Resource, same map[plan.Key]plan.Key) []plan.Resource {
	for i, r := range applied {
		if k, ok := same[r.Key]; ok {
			applied[i].Key = k
		}
	}
	return applied
}

func facts(t estate.Tenant) plan.Tenant {
	return plan.Tenant{Name: t.Name, Host: t.Host, Region: t.Region, Labels: t.Labels, Values: t.Values}
}
