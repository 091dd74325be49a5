package main

import (
	"context"
	"fmt"
	"slices"

	"github.com/qdeploy/qdeploy/pkg/apply"
	"github.com/qdeploy/qdeploy/pkg/ledger"
	"github.com/qdeploy/qdeploy/pkg/plan"
)

const seatKind plan.Kind = "license-assignment"

// leaving plans what is given back before a tenant is deactivated: the seats that the
// estate assigned in it and in no other tenant of the subscription. They would stay taken
// otherwise, also when it is purged, and nobody could log in to free them.
func (e *engine) leaving(ctx context.Context, s *study, readOnly bool) error {
	applied, _, remembered, err := e.memory.applied(s.tenant.Name)
	if err != nil {
		return err
	}
	seats := slices.DeleteFunc(applied, func(r plan.Resource) bool {
		return r.Key.Kind != seatKind || len(e.est.Claims(s.tenant.Name, r.Key.Name)) > 0
	})
	if len(seats) == 0 {
		return nil
	}
	if s.live, err = e.conn.tenant(s.tenant, readOnly, &e.reads); err != nil {
		return err
	}
	snapshot, err := s.live.Read(ctx, seats)
	if err != nil { // the tenant may be what nobody can reach any longer
		s.plan.Notes = append(s.plan.Notes, fmt.Sprintf("%s that the estate assigned stay taken, because they cannot be read: %v", many(len(seats), "seat"), err))
		s.live = nil
		return nil
	}
	free, err := plan.Build(plan.Input{
		Tenant: facts(s.tenant), Live: snapshot.Resources, Applied: seats, Remembered: remembered,
		Revision: e.memory.revision(s.tenant.Name), Covers: snapshot.Covers, Traits: e.traits,
	})
	if err != nil {
		return err
	}
	for i := range free.Changes {
		free.Changes[i].Reason = "the tenant is deactivated, and the seat is free for others"
	}
	s.plan.Changes = free.Changes
	return nil
}

// leave gives seats back.
func (e *engine) leave(ctx context.Context, stop apply.Stop, now *study, within int, g *progress) []apply.Outcome {
	if now.live == nil {
		return nil
	}
	seats := *now.plan
	seats.Changes = slices.DeleteFunc(slices.Clone(seats.Changes), func(c plan.Change) bool { return c.Key.Kind != seatKind })
	return apply.Run(ctx, stop, &seats, within, e.journal.around(now.tenant.Name, now.live.Do), func(o apply.Outcome) {
		if o.Status == apply.Failed {
			g.line("%s: %v", now.tenant.Name, o.Err)
		}
	})
}

// left is what is remembered of a tenant without the seats that were given back: where it
// is made active again, they are new.
func left(e *ledger.Entry, outcomes []apply.Outcome) *ledger.Entry {
	if e == nil {
		return nil
	}
	specs := e.Resources.All()
	for _, o := range outcomes {
		if o.Change.Key.Kind == seatKind {
			delete(specs, o.Change.Key.String())
			e.Digest = "" // not all that was declared is there
		}
	}
	e.Resources = ledger.NewSpecs(specs)
	return e
}
