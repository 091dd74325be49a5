package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/qdeploy/qdeploy/pkg/apply"
	"github.com/qdeploy/qdeploy/pkg/ledger"
	"github.com/qdeploy/qdeploy/pkg/plan"
)

// inPlace reports whether all places have what is wanted already.
func (t *trial) inPlace(ctx context.Context, places []ledger.SlotPlace, want []plan.Resource) (bool, error) {
	for i, at := range places {
		s, err := t.study(ctx, at, want[i], at.New, true)
		if err != nil {
			return false, fmt.Errorf("%s: %w", at.Tenant, err)
		}
		e, _ := t.e.memory.last(at.Tenant)
		if !s.plan.Empty() || releaseOf(e.Resources.Get(want[i].Key.String())) != releaseOf(want[i].Spec) {
			return false, nil
		}
	}
	return true, nil
}

// bring makes the places of a slot have what is wanted, and remembers it. The error
// tells of all that failed.
func (t *trial) bring(ctx context.Context, s ledger.Slot, want []plan.Resource, before map[string]bool) error {
	ctx, stop, release := t.e.p.interruptible(ctx)
	defer release()
	var entries []ledger.Entry
	var failed []error
	for i, at := range s.Places {
		if err := t.bringOne(ctx, stop, at, want[i]); err != nil {
			failed = append(failed, fmt.Errorf("%s: %w", at.Tenant, err))
			continue
		}
		e, err := t.entry(at.Tenant, want[i].Key, want[i].Spec, before[at.Tenant])
		if err != nil {
			return err
		}
		entries = append(entries, e)
	}
	failed = append(failed, t.e.memory.write(fmt.Sprintf("%s: %s in %s for %s", t.stamp.run, s.App, s.Environment, s.Holder()), entries))
	return errors.Join(failed...)
}

func (t *trial) bringOne(ctx context.Context, stop apply.Stop, at ledger.SlotPlace, want plan.Resource) error {
	s, err := t.study(ctx, at, want, at.New, false)
	if err != nil {
		return err
	}
	if err := firstBlocked(s.plan); err != nil {
		return err
	}
	return applied(apply.Run(ctx, stop, s.plan, withinTenant, s.live.Do, func(apply.Outcome) {}))
}

// firstBlocked says why a plan may not be applied, nil if it may.
func firstBlocked(p *plan.Plan) error {
	if b := p.Blocked(); len(b) > 0 {
		return fmt.Errorf("%s: %s", b[0].Key, b[0].Blocked)
	}
	return nil
}

// applied is the first error of what was applied, nil if all of it was.
func applied(outcomes []apply.Outcome) error {
	for _, o := range outcomes {
		switch {
		case o.Err != nil:
			return o.Err
		case o.Status != apply.Done:
			return errors.New("interrupted")
		}
	}
	return nil
}

// study plans the app of a slot, and nothing else in its tenant. What is owned is the
// slot's although it was not applied.
func (t *trial) study(ctx context.Context, at ledger.SlotPlace, want plan.Resource, owned, readOnly bool) (*study, error) {
	w := wish{want: []plan.Resource{want}, owned: map[plan.Key]bool{want.Key: owned}}
	var err error
	if w.around, err = t.around(at.Tenant, want); err != nil {
		return nil, err
	}
	entry, _ := t.e.memory.last(at.Tenant)
	if spec := entry.Resources.Get(want.Key.String()); spec != nil {
		w.applied = append(w.applied, plan.Resource{Key: want.Key, Spec: spec})
	}
	return t.wished(ctx, at.Tenant, w, readOnly)
}

// wish is some resources of a tenant that are planned without the others.
type wish struct {
	want    []plan.Resource
	around  []plan.Resource // spaces that they refer to, which must be there and are taken as they are
	once    []plan.Resource // made where they are not there, and taken as they are where they are
	applied []plan.Resource
	owned   map[plan.Key]bool // what is ours though it was not applied
}

// wished plans a wish.
func (t *trial) wished(ctx context.Context, tenant string, w wish, readOnly bool) (*study, error) {
	e := t.e
	at, _ := e.est.Tenant(tenant)
	s := &study{tenant: at, traits: e.traits}
	var err error
	if s.live, err = e.conn.tenant(at, readOnly, &e.reads); err != nil {
		return nil, err
	}
	snapshot, err := s.live.Read(ctx, slices.Concat(w.around, w.want, w.once))
	if err != nil {
		return nil, err
	}
	has := func(rs []plan.Resource, k plan.Key) bool {
		return slices.ContainsFunc(rs, func(r plan.Resource) bool { return r.Key == k })
	}
	desired, applied := slices.Concat(w.want, snapshot.Needs), slices.Clone(w.applied)
	var live []plan.Resource
	for _, r := range snapshot.Resources {
		if has(w.want, r.Key) {
			live = append(live, r)
		} else if has(w.around, r.Key) || has(w.once, r.Key) {
			live = append(live, r)
			desired = append(desired, plan.Resource{Key: r.Key, Spec: r.Spec})
			applied = append(applied, plan.Resource{Key: r.Key, Spec: r.Spec})
		}
	}
	for _, r := range w.around {
		if !has(live, r.Key) {
			return nil, fmt.Errorf("%s is not in the tenant", r.Key)
		}
	}
	for _, r := range w.once {
		if !has(live, r.Key) {
			desired = append(desired, r)
		}
	}
	s.plan, err = plan.Build(plan.Input{
		Tenant: facts(at), Desired: desired, Live: live, Applied: applied, Remembered: true, Owned: w.owned,
		Covers: snapshot.Covers, Blocked: blocked(snapshot, w.want), Traits: e.traits,
	})
	if err == nil {
		e.vault.demand(s.plan, e.traits, !readOnly)
	}
	return s, err
}

// around returns the spaces that an app refers to, as they are declared.
func (t *trial) around(tenant string, want plan.Resource) (out []plan.Resource, err error) {
	var spec struct{ Space, Staging string }
	if err := json.Unmarshal(want.Spec, &spec); err != nil {
		return nil, fmt.Errorf("%s: %w", want.Key, err)
	}
	for _, name := range []string{spec.Space, spec.Staging} {
		key, err := plan.ParseKey(name)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", want.Key, err)
		}
		r, err := declaredAs(t.e.est, tenant, key)
		if err != nil {
			return nil, err
		}
		if r != nil {
			out = append(out, *r)
		}
	}
	return out, nil
}

// current reports of each tenant whether it has what is declared, as far as the
// ledger knows, but for what is tried.
func (t *trial) current(places []ledger.SlotPlace) (map[string]bool, error) {
	out := map[string]bool{}
	for _, at := range places {
		digest, err := digestOf(t.e.est, t.e.memory, at.Tenant)
		if err != nil {
			return nil, err
		}
		out[at.Tenant] = t.e.memory.current(at.Tenant, digest)
	}
	return out, nil
}

// entry is what to remember of a tenant: one app of it is another or, without a spec,
// is no more. A tenant that had what is declared has it still.
func (t *trial) entry(tenant string, app plan.Key, spec json.RawMessage, current bool) (ledger.Entry, error) {
	old, _ := t.e.memory.last(tenant)
	e := old
	specs := old.Resources.All()
	if delete(specs, app.String()); spec != nil {
		specs[app.String()] = spec
	}
	e.Resources = ledger.NewSpecs(specs)
	e.Run, e.Time = t.stamp.run, t.stamp.now().UTC()
	e.Since, e.Past = since(old, e), past(old, e)
	if current {
		var err error
		if e.Digest, err = digestOf(t.e.est, t.e.memory, tenant); err != nil {
			return e, err
		}
	}
	return e, nil
}
