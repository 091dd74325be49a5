package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/qdeploy/qdeploy/pkg/apply"
	"github.com/qdeploy/qdeploy/pkg/ledger"
	"github.com/qdeploy/qdeploy/pkg/plan"
)

// inPlace reports whether all places have what is wanted already.
func (t *trial) inPlace(ctx context.Context, places []ledger.SlotPlace, want []plan.Resource) (bool, error) {
	for i, at := range places {
		s, err := t.study(ctx, at.Tenant, want[i], true)
		if err != nil {
			return false, fmt.Errorf("%s: %w", at.Tenant, err)
		}
		e, _ := t.e.memory.last(at.Tenant)
		if !s.plan.Empty() || releaseOf(e.Resources[want[i].Key.String()]) != releaseOf(want[i].Spec) {
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
		if err := t.bringOne(ctx, stop, at.Tenant, want[i]); err != nil {
			failed = append(failed, fmt.Errorf("%s: %w", at.Tenant, err))
			continue
		}
		e, err := t.entry(at.Tenant, want[i], before[at.Tenant])
		if err != nil {
			return err
		}
		entries = append(entries, e)
	}
	failed = append(failed, t.e.memory.write(fmt.Sprintf("%s: %s in %s for %s", t.stamp.run, s.App, s.Environment, s.Holder()), entries))
	return errors.Join(failed...)
}

func (t *trial) bringOne(ctx context.Context, stop apply.Stop, tenant string, want plan.Resource) error {
	s, err := t.study(ctx, tenant, want, false)
	if err != nil {
		return err
	}
	if b := s.plan.Blocked(); len(b) > 0 {
		return fmt.Errorf("%s: %s", b[0].Key, b[0].Blocked)
	}
	for _, o := range apply.Run(ctx, stop, s.plan, withinTenant, s.live.Do, func(apply.Outcome) {}) {
		switch {
		case o.Err != nil:
			return o.Err
		case o.Status != apply.Done:
			return errors.New("interrupted")
		}
	}
	return nil
}

// study plans one app of a tenant, and nothing else there.
func (t *trial) study(ctx context.Context, tenant string, want plan.Resource, readOnly bool) (*study, error) {
	e := t.e
	at, _ := e.est.Tenant(tenant)
	s := &study{tenant: at, traits: e.traits}
	spaces, err := t.around(tenant, want)
	if err != nil {
		return nil, err
	}
	if s.live, err = e.conn.tenant(at, readOnly, &e.reads); err != nil {
		return nil, err
	}
	snapshot, err := s.live.Read(ctx, append(spaces, want))
	if err != nil {
		return nil, err
	}
	desired, applied := append([]plan.Resource{want}, snapshot.Needs...), []plan.Resource{}
	if entry, _ := e.memory.last(tenant); entry.Resources[want.Key.String()] != nil {
		applied = append(applied, plan.Resource{Key: want.Key, Spec: entry.Resources[want.Key.String()]})
	}
	var live []plan.Resource
	for _, r := range snapshot.Resources {
		if r.Key == want.Key {
			live = append(live, r)
		}
		if slices.ContainsFunc(spaces, func(o plan.Resource) bool { return o.Key == r.Key }) { // taken as it is
			live = append(live, r)
			desired = append(desired, plan.Resource{Key: r.Key, Spec: r.Spec})
			applied = append(applied, plan.Resource{Key: r.Key, Spec: r.Spec})
		}
	}
	for _, r := range spaces {
		if !slices.ContainsFunc(live, func(o plan.Resource) bool { return o.Key == r.Key }) {
			return nil, fmt.Errorf("%s is not in the tenant", r.Key)
		}
	}
	s.plan, err = plan.Build(plan.Input{
		Tenant: facts(at), Desired: desired, Live: live, Applied: applied, Remembered: true,
		Covers: snapshot.Covers, Blocked: blocked(snapshot, []plan.Resource{want}), Traits: e.traits,
	})
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

// entry is what to remember of a tenant: one app of it is another. A tenant that had
// what is declared has it still.
func (t *trial) entry(tenant string, want plan.Resource, current bool) (ledger.Entry, error) {
	old, _ := t.e.memory.last(tenant)
	e := old
	e.Resources = maps.Clone(old.Resources)
	e.Resources[want.Key.String()] = want.Spec
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
