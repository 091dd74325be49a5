package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/qdeploy/qdeploy/pkg/apply"
	"github.com/qdeploy/qdeploy/pkg/ledger"
	"github.com/qdeploy/qdeploy/pkg/plan"
)

// takeOwn brings the apps of an attempt to spaces of its own. The ledger is told of
// them before they are made, so that a run which is killed leaves nothing to nobody.
func (t *trial) takeOwn(ctx context.Context, a ownAttempt) error {
	m, p := t.e.memory, a.preview
	old, had := m.preview(p)
	if c := closedNow(a.env, t.e.p.now()); c != nil && !(had && maps.Equal(old.Apps, p.Apps)) {
		t.say(tryWaits, p.Request, "%s: %s of %s waits: %s", p.Environment, releasesText(p.Apps), p.Holder(), c)
		return nil
	}
	release, err := m.lock(ctx, t.e.p, t.stamp.run, t.patient)
	if err != nil {
		return err
	}
	defer release()
	old, had = m.preview(p)
	studies, ready, failed := t.studyOwn(ctx, a, old)
	p = a.beside(old, ready)
	if !had {
		p.Since = t.e.p.now().UTC()
	}
	if len(p.Places) > 0 {
		if err := t.remember(ctx, p); err != nil {
			return err
		}
	}
	failed = errors.Join(failed, t.bringOwn(ctx, studies, ready))
	p, err = t.dropUnwanted(ctx, p, a)
	failed = errors.Join(failed, err)
	if len(p.Places) > 0 {
		if err := t.remember(ctx, p); err != nil {
			return err
		}
	}
	t.triedOwn(a, p, failed)
	return nil
}

func (t *trial) triedOwn(a ownAttempt, p ledger.Preview, failed error) {
	what := fmt.Sprintf("%s: %s of %s", p.Environment, releasesText(a.preview.Apps), p.Holder())
	if failed != nil {
		t.say(tryFailed, p.Request, "%s: %v", what, failed)
		return
	}
	t.say(tryRuns, p.Request, "%s %s tried in %s since %s", what, plural(len(a.preview.Apps), "is", "are"), ownPlaces(a.preview.Places), stampText(p.Since))
}

// remember writes what is known of a preview, where that changed.
func (t *trial) remember(ctx context.Context, p ledger.Preview) error {
	m := t.e.memory
	if old, had := m.preview(p); had && old.Commit == p.Commit && maps.Equal(old.Apps, p.Apps) && slices.Equal(old.Places, p.Places) {
		return nil
	}
	if err := m.ledger.PutPreview(ctx, p); err != nil {
		return err
	}
	m.setPreview(p)
	return nil
}

// beside is what the ledger is to know while the attempt goes on, beside what it knew:
// the places that are ready, and what is tried no longer and may be there yet.
func (a ownAttempt) beside(old ledger.Preview, ready []ledger.PreviewPlace) ledger.Preview {
	p := a.preview
	p.Since, p.Apps = old.Since, maps.Clone(p.Apps)
	for app, release := range old.Apps {
		if _, wanted := p.Apps[app]; wanted {
			continue
		}
		if a.whole {
			release = ""
		}
		p.Apps[app] = release
	}
	p.Places = slices.Clone(ready)
	for _, at := range old.Places {
		if !slices.Contains(p.Places, at) {
			p.Places = append(p.Places, at)
		}
	}
	return p
}

// studyOwn plans the places of an attempt. Those that can be worked in are ready; the
// error tells of the others.
func (t *trial) studyOwn(ctx context.Context, a ownAttempt, old ledger.Preview) (studies []*study, ready []ledger.PreviewPlace, failed error) {
	for i, at := range a.preview.Places {
		s, err := t.studyPlace(ctx, at, a.want[i], slices.Contains(old.Places, at))
		if err != nil {
			failed = errors.Join(failed, fmt.Errorf("%s: %w", at.Tenant, err))
			continue
		}
		studies, ready = append(studies, s), append(ready, at)
	}
	return studies, ready, failed
}

// studyPlace plans the space of a pull request, and nothing else in its tenant. What is
// there under its name is the pull request's only if the ledger knew of it before.
func (t *trial) studyPlace(ctx context.Context, at ledger.PreviewPlace, want []plan.Resource, ours bool) (*study, error) {
	declared, err := declaredAs(t.e.est, at.Tenant, spaceKey(at.Space))
	if err != nil {
		return nil, err
	}
	if declared != nil {
		return nil, fmt.Errorf("%s is a space of the estate", declared.Key)
	}
	w := wish{want: want, owned: map[plan.Key]bool{}}
	for _, r := range want {
		w.owned[r.Key] = ours
	}
	if w.around, err = t.around(at.Tenant, want[1]); err != nil {
		return nil, err
	}
	s, err := t.wished(ctx, at.Tenant, w, false)
	if err != nil {
		return nil, err
	}
	return s, firstBlocked(s.plan)
}

// bringOwn applies what was studied, and lets those see it who see the space that it is
// like.
func (t *trial) bringOwn(ctx context.Context, studies []*study, places []ledger.PreviewPlace) error {
	ctx, stop, release := t.e.p.interruptible(ctx)
	defer release()
	var failed []error
	for i, s := range studies {
		err := applied(apply.Run(ctx, stop, s.plan, withinTenant, s.live.Do, func(apply.Outcome) {}))
		if err == nil {
			err = s.live.MirrorMembers(ctx, places[i].Like, places[i].Space)
		}
		if err != nil {
			failed = append(failed, fmt.Errorf("%s: %w", places[i].Tenant, err))
		}
	}
	return errors.Join(failed...)
}
