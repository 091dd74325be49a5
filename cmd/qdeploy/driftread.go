package main

import (
	"context"
	"slices"

	"github.com/qdeploy/qdeploy/pkg/plan"
)

// studyDrift reads a tenant and holds it against what was applied: the plan is the one
// that would be made if the estate said what it said then, so that what differs is what
// the tenant changed. What the estate at hand ignores is ignored.
func (e *engine) studyDrift(ctx context.Context, s *study, applied []plan.Resource, remembered bool) (_ *study, err error) {
	then, notes := e.asDeclared(applied, s.desired)
	if !remembered {
		s.plan = &plan.Plan{Tenant: facts(s.tenant), Notes: []string{"it was never applied, as far as the ledger knows, so nothing is known of drift"}}
		if e.retired == nil {
			return s, nil
		}
		then = s.desired
	}
	if s.live, err = e.conn.tenant(s.tenant, true, &e.reads); err != nil {
		return nil, err
	}
	snapshot, err := s.live.Read(ctx, then)
	if err != nil {
		return nil, err
	}
	if e.retired != nil {
		if err := e.lookRetired(ctx, s, snapshot, applied); err != nil || !remembered {
			return s, err
		}
	}
	in := plan.Input{
		Tenant: facts(s.tenant), Desired: slices.Concat(then, snapshot.Needs), Live: s.slots.leave(snapshot.Resources),
		Applied: renamed(slices.Clone(applied), snapshot.Same), Remembered: true, Revision: e.memory.revision(s.tenant.Name),
		Covers: snapshot.Covers, Blocked: blocked(snapshot, then), Notes: slices.Concat(notes, s.slots.notes(), snapshot.Notes), Traits: e.traits,
	}
	if s.plan, err = plan.Build(in); err != nil {
		return nil, err
	}
	s.dropped = only(s.plan, e.kinds)
	e.leaveShared(s)
	if !s.plan.Drifted() {
		return s, nil
	}
	in.Desired = s.desired
	now, err := plan.Build(in)
	if err != nil {
		return nil, err
	}
	return s, e.examine(ctx, s, now)
}

// asDeclared returns what was applied as if it was declared: with the place of its
// declaration, and what is ignored, where it is still declared. What refers to something
// that is not remembered cannot be compared, and is left out.
func (e *engine) asDeclared(applied, desired []plan.Resource) (out []plan.Resource, notes []string) {
	declared := byKey(desired)
	out = slices.Clone(applied)
	for i, r := range out {
		if d, ok := declared[r.Key]; ok {
			out[i].Pos, out[i].Ignore = d.Pos, d.Ignore
		}
	}
	for {
		there, before := byKey(out), len(out)
		out = slices.DeleteFunc(out, func(r plan.Resource) bool {
			for target, soft := range e.traits[r.Key.Kind].Targets(r.Spec) {
				if _, ok := there[target]; !ok && !soft {
					notes = append(notes, r.Key.String()+" refers to "+target.String()+", which is not remembered, and is not compared")
					return true
				}
			}
			return false
		})
		if len(out) == before {
			return out, notes
		}
	}
}

func byKey(rs []plan.Resource) map[plan.Key]plan.Resource {
	out := make(map[plan.Key]plan.Resource, len(rs))
	for _, r := range rs {
		out[r.Key] = r
	}
	return out
}
