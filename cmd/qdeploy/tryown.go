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
	loading, err := t.bringOwn(ctx, studies, ready, a)
	failed = errors.Join(failed, err)
	p, err = t.dropUnwanted(ctx, p, a)
	failed = errors.Join(failed, err)
	if len(p.Places) > 0 {
		if err := t.remember(ctx, p); err != nil {
			return err
		}
	}
	t.triedOwn(a, p, loading, failed)
	return nil
}

func (t *trial) triedOwn(a ownAttempt, p ledger.Preview, loading bool, failed error) {
	what := fmt.Sprintf("%s: %s of %s", p.Environment, releasesText(a.preview.Apps), p.Holder())
	if failed != nil {
		t.say(tryFailed, p.Request, "%s: %v", what, failed)
		return
	}
	text := ""
	if loading {
		text = "; data are being loaded"
	}
	t.say(tryRuns, p.Request, "%s %s tried in %s since %s%s", what, plural(len(a.preview.Apps), "is", "are"), ownPlaces(a.preview.Places), stampText(p.Since), text)
}

// remember writes what is known of a preview, where that changed.
func (t *trial) remember(ctx context.Context, p ledger.Preview) error {
	m := t.e.memory
	if old, had := m.preview(p); had && old.Commit == p.Commit && maps.Equal(old.Apps, p.Apps) &&
		slices.Equal(old.Places, p.Places) && slices.Equal(old.Connections, p.Connections) {
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
	p.Connections = slices.Compact(slices.Sorted(slices.Values(slices.Concat(p.Connections, old.Connections))))
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
		s, err := t.studyPlace(ctx, at, a.want[i], a.once[i], slices.Contains(old.Places, at))
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
func (t *trial) studyPlace(ctx context.Context, at ledger.PreviewPlace, want, once []plan.Resource, ours bool) (*study, error) {
	declared, err := declaredAs(t.e.est, at.Tenant, spaceKey(at.Space))
	if err != nil {
		return nil, err
	}
	if declared != nil {
		return nil, fmt.Errorf("%s is a space of the estate", declared.Key)
	}
	w := wish{want: want, once: once, owned: map[plan.Key]bool{}}
	for _, r := range want {
		w.owned[r.Key] = ours
	}
	if w.around, err = t.around(at.Tenant, want[1]); err != nil {
		return nil, err
	}
	like, err := declaredAs(t.e.est, at.Tenant, spaceKey(at.Like))
	if err != nil {
		return nil, err
	}
	if like != nil { // whose members it gets
		w.around = append(w.around, *like)
	}
	s, err := t.wished(ctx, at.Tenant, w, false)
	if err != nil {
		return nil, err
	}
	return s, firstBlocked(s.plan)
}

// bringOwn applies what was studied, lets those see it who see the space that it is like,
// and begins the reloads. It reports whether any began.
func (t *trial) bringOwn(ctx context.Context, studies []*study, places []ledger.PreviewPlace, a ownAttempt) (loading bool, failed error) {
	ctx, stop, release := t.e.p.interruptible(ctx)
	defer release()
	for i, s := range studies {
		err := applied(apply.Run(ctx, stop, s.plan, withinTenant, s.live.Do, func(apply.Outcome) {}))
		if err == nil {
			err = s.live.MirrorMembers(ctx, places[i].Like, places[i].Space)
		}
		if n := slices.Index(a.preview.Places, places[i]); err == nil && a.once[n] != nil {
			for _, c := range s.plan.Changes {
				if c.Key.Kind == "app" && err == nil {
					err = s.live.BeginReload(ctx, c.Key)
					loading = loading || err == nil
				}
			}
		}
		if err != nil {
			failed = errors.Join(failed, fmt.Errorf("%s: %w", places[i].Tenant, err))
		}
	}
	return loading, failed
}
