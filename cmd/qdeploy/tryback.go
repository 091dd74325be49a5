package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/qdeploy/qdeploy/pkg/estate"
	"github.com/qdeploy/qdeploy/pkg/ledger"
	"github.com/qdeploy/qdeploy/pkg/plan"
	"github.com/qdeploy/qdeploy/pkg/qlik"
)

// giveBack brings back what the estate pins, removes what it does not pin, and frees
// the slot: in this order, so that a run which is killed leaves the slot to the next
// one.
func (t *trial) giveBack(ctx context.Context, s ledger.Slot) error {
	for _, env := range t.e.est.Environments() {
		c := closedNow(env, t.e.p.now())
		if env.Name != s.Environment || c == nil {
			continue
		}
		t.say(tryLater, s.Request, "%s: %s of %s is given back later: %s", s.Environment, s.App, s.Holder(), c)
		return nil
	}
	r, err := t.pinned(s)
	if err != nil {
		return err
	}
	m := t.e.memory
	release, err := m.lock(ctx, t.e.p, t.stamp.run, t.patient)
	if err != nil {
		return err
	}
	defer release()
	now, held := m.slot(s.Environment, s.App)
	if !held || !now.Same(s) {
		return nil // another run gave it back
	}
	s.Waiting = now.Waiting
	before, err := t.current(slices.Concat(r.places, r.fresh))
	if err != nil {
		return err
	}
	m.setSlot(ledger.Slot{Environment: s.Environment, App: s.App, Waiting: s.Waiting})
	back := s
	back.Places = r.places
	failed, why := t.bring(ctx, back, r.want, before), ""
	if failed == nil {
		why, failed = t.discardAll(ctx, s, r.fresh, before)
	}
	if failed != nil || why != "" {
		m.setSlot(s)
	}
	switch {
	case failed != nil:
		t.say(tryFailed, s.Request, "%s: %s of %s is not given back: %v", s.Environment, s.App, s.Holder(), failed)
		return nil
	case why != "":
		t.say(tryLater, s.Request, "%s: %s of %s is removed later: %s", s.Environment, s.App, s.Holder(), why)
		return nil
	}
	if err := m.ledger.GiveBack(ctx, s); err != nil {
		return err
	}
	t.say(tryReturned, s.Request, "%s: %s %s; %s had it since %s", s.Environment, s.App, r.text(), s.Holder(), stampText(s.Since))
	return nil
}

// returned is what becomes of the places of a slot that is given back.
type returned struct {
	places []ledger.SlotPlace // that have a pinned version
	want   []plan.Resource    // one for each of them
	fresh  []ledger.SlotPlace // that had none before
}

// pinned sorts the places of a slot. What is no longer declared, and was there before,
// is pruned by the next apply.
func (t *trial) pinned(s ledger.Slot) (r returned, err error) {
	for _, at := range s.Places {
		if !slices.ContainsFunc(t.e.chosen, func(c estate.Tenant) bool { return c.Name == at.Tenant }) {
			continue
		}
		app, err := declaredAs(t.e.est, at.Tenant, appKey(at.Space, s.App))
		if err != nil {
			return r, err
		}
		if app != nil {
			r.want, r.places = append(r.want, *app), append(r.places, at)
		} else if at.New {
			r.fresh = append(r.fresh, at)
		}
	}
	return r, nil
}

func (r returned) text() string {
	switch {
	case len(r.want) > 0:
		return fmt.Sprintf("is %s again in %s", version(releaseOf(r.want[0].Spec)), placesText(r.places))
	case len(r.fresh) > 0:
		return "is removed from " + placesText(r.fresh)
	}
	return "is no longer declared"
}

// discardAll removes an app that was not there before it was tried, or says why it
// stays.
func (t *trial) discardAll(ctx context.Context, s ledger.Slot, places []ledger.SlotPlace, before map[string]bool) (why string, err error) {
	var entries []ledger.Entry
	for _, at := range places {
		if why, err = t.discard(ctx, s, at); err != nil || why != "" {
			break
		}
		e, err := t.entry(at.Tenant, appKey(at.Space, s.App), nil, before[at.Tenant])
		if err != nil {
			return "", err
		}
		entries = append(entries, e)
	}
	if failed := t.e.memory.write(fmt.Sprintf("%s: %s of %s removed from %s", t.stamp.run, s.App, s.Holder(), s.Environment), entries); failed != nil {
		return "", failed
	}
	return why, err
}

// discard removes the app from one place. What qdeploy did not publish is somebody
// else's by now, and stays.
func (t *trial) discard(ctx context.Context, s ledger.Slot, at ledger.SlotPlace) (why string, err error) {
	key := appKey(at.Space, s.App)
	space, err := declaredAs(t.e.est, at.Tenant, spaceKey(at.Space))
	if err != nil || space == nil { // it goes with its space
		return "", err
	}
	tenant, _ := t.e.est.Tenant(at.Tenant)
	live, err := t.e.conn.tenant(tenant, false, &t.e.reads)
	if err != nil {
		return "", err
	}
	snapshot, err := live.Read(ctx, []plan.Resource{*space, {Key: key}})
	if err != nil {
		return "", fmt.Errorf("%s: %w", at.Tenant, err)
	}
	if !snapshot.Covers(key) {
		return "", fmt.Errorf("%s: the apps of space/%s cannot be seen", at.Tenant, at.Space)
	}
	i := slices.IndexFunc(snapshot.Resources, func(r plan.Resource) bool { return r.Key == key })
	if i < 0 {
		return "", nil
	}
	if n := len(snapshot.Ambiguous[key]); n > 0 {
		return fmt.Sprintf("%s has %d of this name: delete the ones that are not needed", at.Tenant, n), nil
	}
	app, err := live.PublishedNow(ctx, snapshot.Resources[i].ID)
	switch {
	case err != nil:
		return "", fmt.Errorf("%s: %w", at.Tenant, err)
	case !strings.Contains(app.Version, "+q."):
		return "", nil
	case app.CreatedAt.IsZero() || !t.e.p.now().After(app.CreatedAt.Add(qlik.SafeAge)):
		return tooYoung([]string{s.App}), nil
	}
	if err := live.Remove(ctx, app.ID); err != nil {
		return "", fmt.Errorf("%s: %w", at.Tenant, err)
	}
	return "", nil
}
