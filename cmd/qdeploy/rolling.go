package main

import (
	"context"
	"fmt"
	"sync"

	"github.com/qdeploy/qdeploy/pkg/apply"
	"github.com/qdeploy/qdeploy/pkg/journal"
	"github.com/qdeploy/qdeploy/pkg/plan"
)

// rolling is the carrying out of a fleet's plans, ring by ring.
type rolling struct {
	*engine
	f      applyFlags
	stamp  stamp
	fleet  *plan.Fleet
	report *report
	budget *budget // of the whole run

	calls  *apply.Calls // of this run; nil: any number
	reread int          // calls that reading a tenant again is expected to take
}

// roll applies to what may be applied to, and again when that has opened other rings.
func (ro *rolling) roll(ctx context.Context) (err error) {
	if err := ro.settle(ro.stamp, ro.fleet); err != nil {
		return err
	}
	if ro.waves, err = ro.openWaves(ro.f, ro.stamp, ro.report); err != nil {
		return err
	}
	ro.conn.evaluate = ro.evaluatedFirst
	ro.budget = ro.f.failures.of(len(ro.report.todo(ro.fleet))).in(ro.f.shard())
	ro.report.Budget = ro.budget
	ctx, stop, release := ro.p.interruptible(ctx)
	defer release()
	for {
		if err := ro.waves.look(ctx); err != nil {
			return err
		}
		todo := ro.todo(ro.fleet, ro.report)
		if ctx.Err() != nil || ro.budget.spent() {
			for _, p := range todo {
				ro.report.notStarted(p)
			}
			break
		}
		if len(todo) == 0 {
			break
		}
		if err := ro.waves.begin(ctx); err != nil {
			return err
		}
		if ro.begins != nil {
			ro.begins(ctx, todo)
		}
		if err := ro.some(ctx, stop, todo); err != nil {
			return err
		}
	}
	ro.holdRest(ro.fleet, ro.report)
	if err := ro.postpone(); err != nil {
		return err
	}
	return ro.waves.end(context.WithoutCancel(ctx))
}

// some applies to some tenants, those of each ring within its own limits.
func (ro *rolling) some(ctx context.Context, stop apply.Stop, todo []*plan.Plan) error {
	if err := ro.memory.begin(ro.stamp, todo); err != nil {
		return err
	}
	books := ro.memory.keep(ro.stamp)
	books.note = ro.note()
	ro.room.For(len(todo), ro.f.parallelism) // all rings share it
	var all sync.WaitGroup
	var mu sync.Mutex
	for _, g := range ro.groups(todo) {
		all.Go(func() {
			out, started := ro.group(ctx, stop, g, books)
			mu.Lock()
			defer mu.Unlock()
			for i, p := range g.plans {
				if started[i] && out[i].State != stateNotStarted {
					ro.report.set(out[i])
				} else {
					ro.report.notStarted(p)
				}
			}
		})
	}
	all.Wait()
	return books.close()
}

// group are tenants of one ring, or of none.
type group struct {
	wave  *wave
	plans []*plan.Plan
}

// groups puts plans together by their rings, in order.
func (ro *rolling) groups(todo []*plan.Plan) (out []*group) {
	at := map[*wave]*group{}
	for _, p := range todo {
		v := ro.waves.waveOf(p.Tenant.Name)
		if at[v] == nil {
			at[v] = &group{wave: v}
			out = append(out, at[v])
		}
		at[v].plans = append(at[v].plans, p)
	}
	return out
}

// group applies to the tenants of a group.
func (ro *rolling) group(ctx context.Context, stop apply.Stop, g *group, books *books) ([]tenantReport, []bool) {
	limits := apply.Limits{AtOnce: ro.f.parallelism, Budget: apply.Budget{Failures: -1, Spent: ro.budget.spent}, Room: ro.room}
	what := "applying"
	if v := g.wave; v != nil {
		if v.ring.Concurrency > 0 {
			limits.AtOnce = min(limits.AtOnce, max(1, ro.f.share(v.ring, v.ring.Concurrency)))
		}
		limits.Budget = apply.Budget{Failures: ro.f.sharding.mayFail(v), Strict: v.ring.Strict, Spent: func() bool { return v.echo.trips() || ro.budget.spent() }}
		what = "applying, ring " + v.Ring
		fmt.Fprintf(ro.p.err, "%s: ring %s begins: %s of %d\n", v.Environment, v.Ring, many(len(g.plans), "tenant"), len(v.ring.Tenants))
	}
	progress := ro.show(what, len(g.plans))
	defer progress.end()
	begun := make([]bool, len(g.plans))
	out, started := apply.Within(ctx, stop, len(g.plans), limits, func(ctx context.Context, i int) (tenantReport, apply.End) {
		again := begun[i]
		begun[i] = true
		return ro.one(ctx, stop, g, g.plans[i], again, books, progress)
	})
	for i, t := range out {
		if t.untouched { // it is not begun any more, or that was its own trouble
			books.add(ro.memory.undo(g.plans[i].Tenant.Name))
		}
	}
	return out, started
}

// one applies to a tenant of a group; again says that it was begun before.
func (ro *rolling) one(ctx context.Context, stop apply.Stop, g *group, p *plan.Plan, again bool, books *books, progress *progress) (tenantReport, apply.End) {
	name := p.Tenant.Name
	if !again && !ro.affords(p) {
		books.add(ro.memory.undo(name))
		progress.step()
		return tenantReport{Tenant: name, State: stateNotStarted}, apply.EndWell
	}
	ro.journal.tenant(name, journal.Begun, "")
	t, entry := ro.applyOne(ctx, stop, ro.stamp, p, ro.f.within, progress)
	if !t.untouched {
		books.add(entry)
	}
	ro.journal.tenant(t.Tenant, string(t.State), t.Error)
	progress.ended(t.end())
	if t.fell() {
		ro.budget.burn()
		if g.wave != nil {
			g.wave.echo.heard(t.Signature, g.wave.ring.Alike)
		}
	}
	return t, t.end()
}
