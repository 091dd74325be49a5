package main

import (
	"context"
	"errors"
	"slices"

	"github.com/qdeploy/qdeploy/pkg/apply"
	"github.com/qdeploy/qdeploy/pkg/estate"
	"github.com/qdeploy/qdeploy/pkg/plan"
	"github.com/qdeploy/qdeploy/schema"
)

// refreshNone is the refresh of a plan for which no tenant was asked anything.
const refreshNone = "none"

// planAgainst plans from one revision of the estate to another, as if every
// tenant were as the first declares it. It takes no secret and makes no call, so
// it is what a pull request from a fork can have.
func (p *program) planAgainst(ctx context.Context, f planFlags) (*engine, *plan.Fleet, error) {
	est, err := p.load(ctx, f.revision)
	if err != nil {
		return nil, nil, err
	}
	e, err := p.offline(est, f)
	if err != nil {
		est.close()
		return nil, nil, err
	}
	if f.job != nil {
		if err := f.job.heed(ctx, e); err != nil {
			e.close()
			return nil, nil, err
		}
	}
	before, err := p.declaredBefore(f.against)
	if err != nil {
		e.close()
		return nil, nil, err
	}
	if before != nil {
		defer before.close()
	}
	results, _ := apply.Each(ctx, apply.Stop{}, len(e.chosen), f.parallelism, func(_ context.Context, i int) *plan.Plan {
		pl, err := e.since(before, e.chosen[i])
		if err != nil {
			return &plan.Plan{Tenant: facts(e.chosen[i]), Error: err.Error()}
		}
		return pl
	})
	if err := ctx.Err(); err != nil {
		e.close()
		return nil, nil, err
	}
	fleet := plan.NewFleet(e.revision, refreshNone, results)
	fleet.Shard = f.shard().String()
	e.guards.Check(fleet)
	return e, fleet, nil
}

// offline is an engine that reaches no tenant.
func (p *program) offline(est *declared, f planFlags) (*engine, error) {
	chosen, kinds, err := f.choose(est, &memory{})
	if err != nil {
		return nil, err
	}
	chosen = f.sharding.among(est, chosen)
	e := &engine{
		p: p, est: est, chosen: chosen, kinds: kinds, memory: &memory{}, conn: &connections{}, guards: est.Guards(),
		traits: schema.Traits(), flags: f, revision: est.revision(p.dir),
	}
	if f.guardsFrom != "" {
		e.guards, err = p.guardsOf(p.dir, f.guardsFrom)
	}
	return e, err
}

// declaredBefore is the estate of the revision to compare with; nil if it has none.
func (p *program) declaredBefore(revision string) (*declared, error) {
	r, err := estate.At(p.dir, revision, p.gitEnv)
	if errors.Is(err, estate.ErrNoEstate) {
		return nil, nil
	}
	if err != nil {
		return nil, fail("--against names a branch, a tag or a commit that git has here", "%w", err)
	}
	d := &declared{at: r}
	if found, err := r.HasEstate(); err != nil || !found {
		d.close()
		return nil, err
	}
	if d.Estate, err = estate.Load(p.dir, estate.Options{Files: r.Files, GitEnv: p.gitEnv, Cache: cacheDir()}); err != nil {
		d.close()
		return nil, fail("", "the estate of %s is not valid: %w", revision, err)
	}
	return d, nil
}

// since plans one tenant from what was declared before.
func (e *engine) since(before *declared, t estate.Tenant) (*plan.Plan, error) {
	desired, err := e.est.Resources(t.Name)
	if err != nil {
		return nil, err
	}
	var old []plan.Resource
	revision := ""
	if before != nil {
		revision = before.at.Commit
		if was, ok := before.Tenant(t.Name); ok && was.State != estate.Ignored {
			if old, err = before.Resources(t.Name); err != nil {
				return nil, err
			}
		}
	}
	pl, err := plan.Build(plan.Input{
		Tenant: facts(t), Desired: desired, Live: old, Applied: slices.Clone(old), Remembered: true,
		Covers: func(plan.Key) bool { return true }, Traits: e.traits,
	})
	if err != nil {
		return nil, err
	}
	pl.Since = revision
	for i, c := range pl.Changes {
		if c.Action == plan.Delete {
			pl.Changes[i].Reason = "no longer declared" // whether it was applied nobody looked
		}
	}
	only(pl, e.kinds)
	e.guards.Apply(pl)
	return pl, nil
}
