package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/qdeploy/qdeploy/pkg/apply"
	"github.com/qdeploy/qdeploy/pkg/estate"
	"github.com/qdeploy/qdeploy/pkg/ledger"
	"github.com/qdeploy/qdeploy/pkg/plan"
	"github.com/qdeploy/qdeploy/pkg/qlik"
)

// applyLife makes a tenant and then applies what is declared in it, or ends it, or brings
// it back. What is in a new tenant was not reviewed, and cannot be lost: it is planned
// anew. The entry is what to remember; nil when nothing was applied.
func (e *engine) applyLife(ctx context.Context, stop apply.Stop, s stamp, now *study, within int, g *progress) (tenantReport, *ledger.Entry) {
	t, c := now.tenant, *lifeOf(now.plan)
	var outcomes []apply.Outcome
	if c.Action == plan.Delete {
		outcomes = e.leave(ctx, stop, now, within, g)
	}
	outcomes = append(outcomes, apply.Outcome{Change: c, Status: apply.NotStarted})
	last := &outcomes[len(outcomes)-1]
	if slices.ContainsFunc(outcomes[:len(outcomes)-1], func(o apply.Outcome) bool { return o.Status != apply.Done }) {
		return newTenantReport(t.Name, outcomes), e.memory.undo(t.Name)
	}
	if last.Status = apply.Done; ctx.Err() != nil {
		last.Status = apply.NotStarted
		return newTenantReport(t.Name, outcomes), e.memory.undo(t.Name)
	}
	carryOut := e.journal.around(t.Name, func(ctx context.Context, c plan.Change) error { return e.carryOut(ctx, s, t, c) })
	if err := carryOut(ctx, c); err != nil {
		g.line("%s: %v", t.Name, err)
		last.Status, last.Err = apply.Failed, err
		return newTenantReport(t.Name, outcomes), e.memory.undo(t.Name)
	}
	if c.Action != plan.Create {
		return newTenantReport(t.Name, outcomes), left(e.memory.undo(t.Name), outcomes)
	}
	inside, err := e.study(ctx, t, false)
	if err != nil {
		r := tenantReport{Tenant: t.Name, State: stateUnreadable, Error: "it was made, but cannot be read yet: " + err.Error(), Class: qlik.Class(err)}
		return r, e.memory.undo(t.Name)
	}
	if b := inside.plan.Blocked(); len(b) > 0 {
		return tenantReport{Tenant: t.Name, State: stateBlocked, Error: fmt.Sprintf("it was made, but %s: %s", b[0].Key, b[0].Blocked)}, e.memory.undo(t.Name)
	}
	r, entry := e.applyTo(ctx, stop, s, inside, within, g)
	r.Outcomes = append(newTenantReport(t.Name, outcomes).Outcomes, r.Outcomes...)
	return r, entry
}

// carryOut does to a tenant itself what is to be done.
func (e *engine) carryOut(ctx context.Context, s stamp, t estate.Tenant, c plan.Change) error {
	turn, _ := e.births.LoadOrStore(t.Region, &sync.Mutex{})
	turn.(*sync.Mutex).Lock()
	defer turn.(*sync.Mutex).Unlock()
	register, err := e.conn.register(e.est.Region(t.Region), &e.reads)
	if err != nil {
		return err
	}
	if c.Action == plan.Create {
		return e.bear(ctx, s, t, register)
	}
	l, err := e.found(ctx, t)
	if err != nil {
		return err
	}
	if c.Action == plan.Update {
		if err := qlik.ReactivateTenant(ctx, register, l.ID, t.Host); err != nil {
			return err
		}
		l.Deactivated, l.Purge = time.Time{}, time.Time{}
		return e.memory.live(ctx, s.run+": "+t.Name+" is active again", l)
	}
	l.Deactivated = s.now().UTC().Truncate(time.Second)
	if l.Purge, err = qlik.DeactivateTenant(ctx, register, l.ID, t.Host, t.Deactivate.PurgeAfterDays); err != nil {
		return err
	}
	if l.Purge.IsZero() {
		l.Purge = l.Deactivated.AddDate(0, 0, t.Deactivate.PurgeAfterDays)
	}
	l.Purge = l.Purge.UTC()
	return e.memory.live(ctx, s.run+": "+t.Name+" is deactivated", l)
}

// found is what is known of a tenant that is there, with its ID.
func (e *engine) found(ctx context.Context, t estate.Tenant) (ledger.Life, error) {
	l := e.memory.lifeOf(t.Name)
	if l.ID != "" {
		return l, nil
	}
	r, err := e.organization(ctx)
	if err != nil {
		return l, err
	}
	there, ok := r.byHost[t.Host]
	if !ok {
		return l, fmt.Errorf("the organization has no tenant of the host %s", t.Host)
	}
	l.Tenant, l.Host, l.ID, l.Permanent = t.Name, t.Host, there.ID, there.Host()
	return l, nil
}

// bear makes a tenant, and gives it its name and its alias. What is about to be done is
// written down before, and what came of it after, so that a run that dies in between
// leaves no tenant that nobody knows.
func (e *engine) bear(ctx context.Context, s stamp, t estate.Tenant, register *qlik.Client) (err error) {
	l := e.memory.lifeOf(t.Name)
	if l.ID == "" && !l.Asked.IsZero() {
		if l, err = e.claim(ctx, t, l); err != nil {
			return err
		}
	}
	if l.ID == "" {
		l = ledger.Life{Tenant: t.Name, Host: t.Host, Asked: s.now().UTC(), Run: s.run}
		if l, err = e.make(ctx, s, t, l, register); err != nil {
			return err
		}
	}
	if err := e.memory.live(ctx, s.run+": "+t.Name+" is "+l.Permanent, l); err != nil {
		return err
	}
	own, err := e.conn.office(l.Permanent, e.conn.logins[t.Region], false, &e.reads)
	if err != nil {
		return err
	}
	if err := qlik.NameTenant(ctx, own, l.ID, t.Title, t.Host); err != nil {
		return fmt.Errorf("it is made, and called %s, but: %w", l.Permanent, err)
	}
	l.Named = s.now().UTC()
	return e.memory.live(ctx, s.run+": "+t.Name+" has its alias", l)
}

// make asks for a tenant, with the licence key of another.
func (e *engine) make(ctx context.Context, s stamp, t estate.Tenant, l ledger.Life, register *qlik.Client) (ledger.Life, error) {
	from, _ := e.est.Tenant(t.Create.LicenseOf)
	giver, err := e.conn.tenant(from, true, &e.reads)
	if err != nil {
		return l, err
	}
	key, err := giver.LicenseKey(ctx)
	if err != nil {
		return l, fmt.Errorf("the licence key of %s: %w", from.Name, err)
	}
	if err := e.memory.live(ctx, s.run+": "+t.Name+" is about to be made", l); err != nil {
		return l, err
	}
	made, err := qlik.MakeTenant(ctx, register, key)
	if err != nil && !qlik.Uncertain(err) {
		l.Asked, l.Run = time.Time{}, "" // nothing was made
		return l, errors.Join(err, e.memory.live(ctx, s.run+": "+t.Name+" was not made", l))
	}
	if err != nil {
		return l, fmt.Errorf("%w; whether it was made the next run finds out", err)
	}
	l.ID, l.Permanent = made.ID, made.Host()
	return l, nil
}

// listingLag is how long the organization's listing may take to show a new tenant.
// assumed: Qlik does not say; its other listings take minutes at most.
const listingLag = 10 * time.Minute

// claim finds the tenant that an earlier run asked for and was not told of: made since
// then in the region, and without an alias, for to give it one is what comes next.
func (e *engine) claim(ctx context.Context, t estate.Tenant, l ledger.Life) (ledger.Life, error) {
	r, err := e.organization(ctx)
	if err != nil {
		return l, err
	}
	var hosts []string
	for _, o := range r.tenants {
		if o.Region != t.Region || o.Status != "active" || len(o.Hostnames) != 1 || o.Created.Before(l.Asked.Add(-time.Minute)) || e.knows(o) {
			continue
		}
		hosts = append(hosts, o.Host())
		l.ID, l.Permanent = o.ID, o.Host()
	}
	switch after := l.Asked.Add(listingLag); {
	case len(hosts) == 1:
		return l, nil
	case len(hosts) > 1:
		return l, fail("give the right one the alias in Qlik's console, and deactivate those that nobody needs", "it was asked for at %s and the answer was lost; since then %d tenants without an alias were made in %s: %s",
			stampText(l.Asked), len(hosts), t.Region, strings.Join(hosts, ", "))
	case e.now().Before(after):
		return l, fail("apply again after "+stampText(after), "it was asked for at %s and the answer was lost; the organization does not list it yet, and may still", stampText(l.Asked))
	}
	return l, nil
}

// knows reports whether a tenant of the organization is one of the estate's, or one that
// we made for it.
func (e *engine) knows(o qlik.OrgTenant) bool {
	e.memory.livesLock.Lock()
	defer e.memory.livesLock.Unlock()
	for _, l := range e.memory.lives {
		if l.ID == o.ID {
			return true
		}
	}
	return slices.ContainsFunc(e.est.Tenants(), func(t estate.Tenant) bool {
		return slices.ContainsFunc(o.Hostnames, func(h string) bool { return strings.EqualFold(h, t.Host) })
	})
}

// lifeOf is what is remembered of a tenant's life.
func (m *memory) lifeOf(tenant string) ledger.Life {
	m.livesLock.Lock()
	defer m.livesLock.Unlock()
	return m.lives[tenant]
}

// live keeps what has become of a tenant's life.
func (m *memory) live(ctx context.Context, message string, l ledger.Life) error {
	m.livesLock.Lock()
	defer m.livesLock.Unlock()
	if m.ledger == nil {
		return nil
	}
	if err := m.ledger.PutLife(ctx, message, l); err != nil {
		return err
	}
	m.lives[l.Tenant] = l
	return nil
}
