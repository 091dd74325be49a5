package main

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/qdeploy/qdeploy/pkg/estate"
	"github.com/qdeploy/qdeploy/pkg/plan"
	"github.com/qdeploy/qdeploy/pkg/qlik"
)

// lifeKind is the kind of the one change that makes or ends a tenant. It is no kind of
// the estate: what is in a tenant cannot make it.
const lifeKind plan.Kind = "tenant"

// lifeStep is what makes or ends a tenant; nil for one that is there, as it should be.
type lifeStep struct {
	change plan.Change
	idle   bool // nothing is to be done, and there is nothing to look at
}

// registry is what the organization says of its tenants, asked once in a run.
type registry struct {
	once    sync.Once
	tenants []qlik.OrgTenant
	byHost  map[string]qlik.OrgTenant
	err     error
}

// organization lists the tenants of the organization.
func (e *engine) organization(ctx context.Context) (*registry, error) {
	r := &e.registry
	r.once.Do(func() {
		o := e.est.Organization()
		console, err := e.conn.console(o, &e.reads)
		if err == nil {
			r.tenants, err = qlik.OrgTenants(ctx, console, o.Subscription)
		}
		if err != nil {
			r.err = fmt.Errorf("the organization's tenants: %w", err)
			return
		}
		r.byHost = byHost(r.tenants)
	})
	return r, r.err
}

// byHost finds tenants by each of their hosts.
func byHost(list []qlik.OrgTenant) map[string]qlik.OrgTenant {
	out := map[string]qlik.OrgTenant{}
	for _, t := range list {
		for _, host := range t.Hostnames {
			out[strings.ToLower(host)] = t
		}
	}
	return out
}

// life says what is to be done to make a tenant what its state says, before anything in
// it is looked at.
func (e *engine) life(ctx context.Context, t estate.Tenant) (*lifeStep, error) {
	known := e.memory.lifeOf(t.Name)
	switch {
	case t.State == estate.Deactivated && !known.Deactivated.IsZero() && e.flags.refresh != "all":
		return &lifeStep{idle: true}, nil
	case t.State == estate.Deactivated:
		return e.ending(ctx, t)
	case !known.Deactivated.IsZero():
		c := lifeChange(t, plan.Update, "it is made active again, and is not purged")
		c.Live, c.Desired = lifeSpec(c.Key, "state", "deactivated"), lifeSpec(c.Key, "state", "active")
		c.Fields = []plan.Field{{Path: "/state", Live: []byte(`"deactivated"`), Desired: []byte(`"active"`)}}
		return &lifeStep{change: c}, nil
	case t.Create == nil || known.Made():
		return nil, nil
	}
	if entry, ok := e.memory.last(t.Name); ok && entry.Outcome != outcomeNone && !entry.Resources.IsZero() {
		return nil, nil // it was applied to
	}
	r, err := e.organization(ctx)
	if err != nil {
		return nil, err
	}
	if _, there := r.byHost[t.Host]; there {
		return nil, nil
	}
	c := lifeChange(t, plan.Create, "")
	if e.memory.ledger == nil {
		c.Blocked, c.Hint = "what is about to be made is written into the ledger first", "keep the estate in a git repository"
	}
	c.Desired = lifeSpec(c.Key, "alias", t.Host, "licenseOf", t.Create.LicenseOf, "name", t.Title)
	return &lifeStep{change: c}, nil
}

// ending says what is to be done to deactivate a tenant.
func (e *engine) ending(ctx context.Context, t estate.Tenant) (*lifeStep, error) {
	r, err := e.organization(ctx)
	if err != nil {
		return nil, err
	}
	found, there := r.byHost[t.Host]
	if there && found.Status == "disabled" && !e.memory.lifeOf(t.Name).Deactivated.IsZero() {
		return &lifeStep{idle: true}, nil
	}
	reason := "it is deactivated: nobody may log in, and its tasks and automations stop"
	if t.Deactivate != nil {
		reason += fmt.Sprintf("; it is purged after %d days, unless it is made active again", t.Deactivate.PurgeAfterDays)
	}
	c := lifeChange(t, plan.Delete, reason)
	c.Live = lifeSpec(c.Key, "state", "active")
	if t.Deactivate != nil { // part of what is reviewed
		c.Fields = []plan.Field{{Path: "/purgeAfterDays", Desired: []byte(fmt.Sprint(t.Deactivate.PurgeAfterDays))}}
	}
	switch {
	case !there:
		c.Blocked = "the organization has no tenant of the host " + t.Host
		c.Hint = "it is purged already, or never was: remove it from the estate"
	case t.Deactivate == nil:
		c.Blocked = "it is not confirmed"
		c.Hint = fmt.Sprintf("write its host into the estate, in a change of its own: tenants: %s: deactivate: confirm: %q", t.Name, t.Host)
	}
	return &lifeStep{change: c}, nil
}

// lifeChange is the change that makes or ends a tenant.
func lifeChange(t estate.Tenant, action plan.Action, reason string) plan.Change {
	return plan.Change{Action: action, Key: plan.Key{Kind: lifeKind, Name: t.Name}, Reason: reason, Writes: 1, Cause: plan.Changed}
}

// lifeSpec is what is said of a tenant itself: names and values in turn.
func lifeSpec(k plan.Key, words ...string) *plan.Resource {
	spec := map[string]string{}
	for i := 0; i+1 < len(words); i += 2 {
		spec[words[i]] = words[i+1]
	}
	text, _ := json.Marshal(spec) // texts always can be
	return &plan.Resource{Key: k, Spec: text}
}

// unborn is the plan of a tenant that is to be made: all that is declared is created,
// and where Qlik has defaults, fields are what the estate says.
func (e *engine) unborn(s *study, step *lifeStep) (err error) {
	s.plan, err = plan.Build(plan.Input{
		Tenant: facts(s.tenant), Desired: s.desired, Covers: func(plan.Key) bool { return true }, Traits: e.traits,
		Notes: []string{"the tenant is made first, and what is in it is planned again when it is there"},
	})
	if err != nil {
		return err
	}
	s.dropped = only(s.plan, e.kinds)
	s.plan.Lead(step.change)
	return nil
}

// lifeless plans a tenant of which only its life is looked at.
func (e *engine) lifeless(ctx context.Context, s *study, step *lifeStep, readOnly bool) (*study, error) {
	if step.idle {
		return nil, errCurrent
	}
	s.plan = &plan.Plan{Tenant: facts(s.tenant), Since: e.memory.revision(s.tenant.Name)}
	if step.change.Action == plan.Delete && step.change.Blocked == "" {
		if err := e.leaving(ctx, s, readOnly); err != nil {
			return nil, err
		}
	}
	s.plan.Trail(step.change)
	e.guards.Apply(s.plan)
	return s, nil
}

// lifeLines tells which tenants are deactivated, and when they are purged.
func (e *engine) lifeLines() (lines []string) {
	for _, t := range e.chosen {
		l := e.memory.lifeOf(t.Name)
		if l.Deactivated.IsZero() {
			continue
		}
		now, verb := e.now(), "is purged on"
		if !l.Purge.After(now) {
			verb = "was to be purged on"
		}
		line := fmt.Sprintf("%s has been deactivated since %s, and %s %s", t.Name, stampText(l.Deactivated), verb, stampText(l.Purge))
		if t.State == estate.Deactivated && l.Purge.After(now) {
			line += `, unless its state is "active" again`
		}
		lines = append(lines, line)
	}
	return lines
}

// lifeOf is the change that makes or ends the tenant of a plan; nil if there is none.
func lifeOf(p *plan.Plan) *plan.Change {
	i := slices.IndexFunc(p.Changes, func(c plan.Change) bool { return c.Key.Kind == lifeKind })
	if i < 0 {
		return nil
	}
	return &p.Changes[i]
}
