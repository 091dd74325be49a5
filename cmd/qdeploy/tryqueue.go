package main

import (
	"context"
	"fmt"
	"slices"

	"github.com/qdeploy/qdeploy/pkg/github"
	"github.com/qdeploy/qdeploy/pkg/ledger"
)

// serve gives the slots that are free to those who wait for them, whoever's job this is:
// the first that still can have it takes it.
func (t *trial) serve(ctx context.Context, j *job, base string, own wanted) error {
	asked := map[int]wanted{}
	if pr := j.run.PullRequest; pr != nil {
		asked[pr.Number] = own
	}
	for _, s := range slices.Clone(t.e.memory.slots) {
		if !s.Free() || !t.meant(s.Environment) {
			continue
		}
		for _, next := range s.Waiting {
			done, err := t.turn(ctx, j, base, s, next, asked)
			if err != nil {
				return err
			}
			if done {
				break
			}
		}
	}
	return nil
}

// turn has one pull request take a slot that is free. It reports whether the others are
// to wait on: it has the slot, or nobody may take it now.
func (t *trial) turn(ctx context.Context, j *job, base string, s ledger.Slot, next ledger.Waiter, asked map[int]wanted) (done bool, err error) {
	w, known := asked[next.Request]
	if !known {
		if w, err = t.ask(ctx, j, base, next.Request); err != nil {
			t.say(tryWaits, next.Request, "%s: %s of #%d is passed over: %s", s.Environment, s.App, next.Request, firstLine(err.Error()))
		}
		asked[next.Request] = w
	}
	name := s.Environment + "\x00" + s.App
	a, still := w.slots[name]
	if !still {
		return false, t.leave(ctx, s, next.Request)
	}
	delete(w.slots, name) // it had its turn, if it is the one at hand too
	if err := t.take(ctx, a); err != nil {
		return false, err
	}
	_, held := t.e.memory.slot(s.Environment, s.App)
	return held || closedNow(a.env, t.e.p.now()) != nil, nil
}

// ask returns what another pull request is to have, as its head is now; nothing if it
// is closed.
func (t *trial) ask(ctx context.Context, j *job, base string, request int) (w wanted, err error) {
	other, err := t.other(ctx, j, request)
	if err != nil || other.Closed || other.Fork {
		return w, err
	}
	if other.Head, err = fetchPull(ctx, j.p.dir, *j.remote(), request); err != nil {
		return w, err
	}
	t.others[request] = other
	return t.changed(j.p, &other, base)
}

// other returns a pull request that is not the one at hand.
func (t *trial) other(ctx context.Context, j *job, request int) (github.PullRequest, error) {
	if other, known := t.others[request]; known {
		return other, nil
	}
	other, err := j.client.PullRequest(ctx, request)
	if err == nil {
		t.others[request] = other
	}
	return other, err
}

// leave takes a pull request from those who wait for a slot.
func (t *trial) leave(ctx context.Context, s ledger.Slot, request int) error {
	now, err := t.e.memory.ledger.Leave(ctx, s.Environment, s.App, request)
	if err != nil {
		return fmt.Errorf("%s in %s: %w", s.App, s.Environment, err)
	}
	t.e.memory.setSlot(now)
	return nil
}

// leaveAll has the pull request at hand wait for nothing that it does not want any more.
func (t *trial) leaveAll(ctx context.Context, pr *github.PullRequest, w wanted) error {
	for _, s := range slices.Clone(t.e.memory.slots) {
		if _, still := w.slots[s.Environment+"\x00"+s.App]; pr == nil || still || !s.Waits(pr.Number) || !t.meant(s.Environment) {
			continue
		}
		if err := t.leave(ctx, s, pr.Number); err != nil {
			return err
		}
	}
	return nil
}
