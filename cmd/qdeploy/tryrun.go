package main

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/qdeploy/qdeploy/pkg/estate"
	"github.com/qdeploy/qdeploy/pkg/ledger"
	"github.com/qdeploy/qdeploy/pkg/plan"
)

// take takes the slot of an attempt and brings the app to its places. What is there
// already is not written again.
func (t *trial) take(ctx context.Context, a attempt) error {
	m, s := t.e.memory, a.slot
	old, held := m.slot(s.Environment, s.App)
	if held && !old.Same(s) {
		t.waits(s, old)
		return nil
	}
	if c := closedNow(a.env, t.e.p.now()); c != nil && (!held || old.Release != s.Release) {
		t.say(tryWaits, s.Request, "%s: %s %s of %s waits: %s", s.Environment, s.App, version(s.Release), s.Holder(), c)
		return nil
	}
	for _, at := range s.Places {
		if e, _ := m.last(at.Tenant); e.Resources[appKey(at.Space, s.App).String()] == nil {
			t.say(tryWaits, s.Request, "%s: %s %s of %s waits: it was never applied to %s (%s)", s.Environment, s.App, version(s.Release), s.Holder(), at.Tenant, at.Space)
			return nil
		}
	}
	s.Since = t.e.p.now().UTC()
	if held {
		s.Since = old.Since
	}
	if held && old.Release == s.Release && slices.Equal(old.Places, s.Places) {
		done, err := t.inPlace(ctx, s.Places, a.want)
		if err != nil || done {
			t.tried(s, err)
			return nil
		}
	}
	release, err := t.e.memory.lock(ctx, t.e.p, t.stamp.run, t.patient)
	if err != nil {
		return err
	}
	defer release()
	before, err := t.current(s.Places)
	if err != nil {
		return err
	}
	s, err = m.ledger.Take(ctx, s)
	var taken *ledger.SlotError
	if errors.As(err, &taken) {
		t.waits(a.slot, taken.Slot)
		return nil
	}
	if err != nil {
		return err
	}
	m.setSlot(s)
	failed := t.bring(ctx, s, a.want, before)
	t.tried(s, failed)
	return nil
}

func (t *trial) waits(s, holder ledger.Slot) {
	t.say(tryWaits, s.Request, "%s: %s is %s; %s waits", s.Environment, s.App, heldText(holder), s.Holder())
}

func (t *trial) tried(s ledger.Slot, failed error) {
	if failed != nil {
		t.say(tryFailed, s.Request, "%s: %s %s of %s: %v", s.Environment, s.App, version(s.Release), s.Holder(), failed)
		return
	}
	t.say(tryRuns, s.Request, "%s: %s %s of %s is tried in %s since %s", s.Environment, s.App, version(s.Release), s.Holder(), placesText(s.Places), stampText(s.Since))
}

func placesText(places []ledger.SlotPlace) string {
	var names []string
	for _, at := range places {
		names = append(names, fmt.Sprintf("%s (%s)", at.Tenant, at.Space))
	}
	return someNames(names, 5)
}

// giveBack brings back what the estate pins, and frees the slot: in this order, so
// that a run which is killed leaves the slot to the next one.
func (t *trial) giveBack(ctx context.Context, s ledger.Slot) error {
	for _, env := range t.e.est.Environments() {
		c := closedNow(env, t.e.p.now())
		if env.Name != s.Environment || c == nil {
			continue
		}
		t.say(tryWaits, s.Request, "%s: %s of %s is given back later: %s", s.Environment, s.App, s.Holder(), c)
		return nil
	}
	var places []ledger.SlotPlace
	var want []plan.Resource
	for _, at := range s.Places { // what is no longer declared is pruned by the next apply
		if !slices.ContainsFunc(t.e.chosen, func(c estate.Tenant) bool { return c.Name == at.Tenant }) {
			continue
		}
		r, err := declaredAs(t.e.est, at.Tenant, appKey(at.Space, s.App))
		if err != nil {
			return err
		}
		if r != nil {
			want, places = append(want, *r), append(places, at)
		}
	}
	m := t.e.memory
	release, err := t.e.memory.lock(ctx, t.e.p, t.stamp.run, t.patient)
	if err != nil {
		return err
	}
	defer release()
	if now, held := m.slot(s.Environment, s.App); !held || !now.Same(s) {
		return nil // another run gave it back
	}
	before, err := t.current(places)
	if err != nil {
		return err
	}
	m.setSlot(ledger.Slot{Environment: s.Environment, App: s.App})
	back := s
	back.Places = places
	if failed := t.bring(ctx, back, want, before); failed != nil {
		m.setSlot(s)
		t.say(tryFailed, s.Request, "%s: %s of %s is not given back: %v", s.Environment, s.App, s.Holder(), failed)
		return nil
	}
	if err := m.ledger.Free(ctx, s); err != nil {
		return err
	}
	text := "is no longer declared"
	if len(want) > 0 {
		text = fmt.Sprintf("is %s again in %s", version(releaseOf(want[0].Spec)), placesText(places))
	}
	t.say(tryReturned, s.Request, "%s: %s %s; %s had it since %s", s.Environment, s.App, text, s.Holder(), stampText(s.Since))
	return nil
}
