package main

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/qdeploy/qdeploy/pkg/ledger"
)

// take takes the slot of an attempt and brings the app to its places. What is there
// already is not written again.
func (t *trial) take(ctx context.Context, a attempt) error {
	m, s := t.e.memory, a.slot
	old, held := m.slot(s.Environment, s.App)
	if held && !old.Same(s) {
		if free, err := t.waits(ctx, s, old); err != nil || !free {
			return err
		}
		if err := m.again(); err != nil {
			return err
		}
		old, held = m.slot(s.Environment, s.App)
	}
	if held && a.leaves(old) {
		if err := t.giveBack(ctx, old); err != nil {
			return err
		}
		if old, held = m.slot(s.Environment, s.App); held {
			return nil // as was said
		}
	}
	if c := closedNow(a.env, t.e.p.now()); c != nil && (!held || old.Release != s.Release) {
		t.say(tryWaits, s.Request, "%s: %s %s of %s waits: %s", s.Environment, s.App, version(s.Release), s.Holder(), c)
		return nil
	}
	if err := t.occupied(ctx, a, old); err != nil {
		t.tried(s, err)
		return nil
	}
	for _, at := range s.Places {
		if e, _ := m.last(at.Tenant); !at.New && e.Resources.Get(appKey(at.Space, s.App).String()) == nil {
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
		_, err := t.waits(ctx, a.slot, taken.Slot)
		return err
	}
	if err != nil {
		return err
	}
	m.setSlot(s)
	failed := t.bring(ctx, s, a.want, before)
	t.tried(s, failed)
	return nil
}

// waits says who has the slot, and has a pull request wait for it. It reports whether
// the slot is free after all.
func (t *trial) waits(ctx context.Context, s, holder ledger.Slot) (free bool, err error) {
	m, state, text := t.e.memory, tryWaits, s.Holder()+" waits"
	if s.Request != 0 {
		state = tryQueued
		if !holder.Waits(s.Request) {
			holder, err = m.ledger.Wait(ctx, s.Environment, s.App, ledger.Waiter{Request: s.Request, Since: t.e.p.now().UTC()})
			if errors.Is(err, ledger.ErrSlotFree) {
				return true, nil
			}
			if err != nil {
				return false, err
			}
			m.setSlot(holder)
		}
		text = waitersText(holder.Waiting[:1+slices.IndexFunc(holder.Waiting, func(w ledger.Waiter) bool { return w.Request == s.Request })])
	}
	t.say(state, s.Request, "%s: %s is %s; %s", s.Environment, s.App, heldText(holder), text)
	return false, nil
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

// leaves reports whether a slot has a place to which a new app goes no more: it is to be
// removed from there.
func (a attempt) leaves(had ledger.Slot) bool {
	return slices.ContainsFunc(had.Places, func(at ledger.SlotPlace) bool { return at.New && !slices.Contains(a.slot.Places, at) })
}

// occupied says why a slot cannot be taken: an app that is new in a place is there
// already, so that it is somebody else's. Places that the holder has already are not
// asked.
func (t *trial) occupied(ctx context.Context, a attempt, had ledger.Slot) error {
	for i, at := range a.slot.Places {
		if !at.New || slices.Contains(had.Places, at) {
			continue
		}
		s, err := t.study(ctx, at, a.want[i], false, true)
		if err == nil {
			err = firstBlocked(s.plan)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", at.Tenant, err)
		}
	}
	return nil
}
