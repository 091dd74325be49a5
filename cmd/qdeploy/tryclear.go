package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/qdeploy/qdeploy/pkg/estate"
	"github.com/qdeploy/qdeploy/pkg/ledger"
	"github.com/qdeploy/qdeploy/pkg/qlik"
)

// dropOwn removes the spaces of a pull request and what it had in them. The ledger
// forgets them one by one, so that the next run goes on with what is left.
func (t *trial) dropOwn(ctx context.Context, p ledger.Preview) error {
	for _, env := range t.e.est.Environments() {
		if c := closedNow(env, t.e.p.now()); env.Name == p.Environment && c != nil {
			t.say(tryLater, p.Request, "%s: %s %s removed later: %s", p.Environment, ownPlaces(p.Places), plural(len(p.Places), "is", "are"), c)
			return nil
		}
	}
	m := t.e.memory
	release, err := m.lock(ctx, t.e.p, t.stamp.run, t.patient)
	if err != nil {
		return err
	}
	defer release()
	p, had := m.preview(p)
	if !had {
		return nil // another run removed it
	}
	p.Apps = maps.Clone(p.Apps)
	tried := releasesText(p.Apps)
	var gone []ledger.PreviewPlace
	for _, at := range slices.Clone(p.Places) {
		why, err := t.clearPlace(ctx, p, at)
		if err != nil {
			t.say(tryFailed, p.Request, "%s: %s is not removed from %s: %v", p.Environment, at.Space, at.Tenant, err)
			continue
		}
		if why != "" {
			t.stays(p, at, why)
			continue
		}
		gone = append(gone, at)
		p.Places = slices.DeleteFunc(p.Places, func(o ledger.PreviewPlace) bool { return o == at })
	}
	if len(gone) > 0 {
		t.say(tryReturned, p.Request, "%s: %s %s removed; %s tried %s there since %s", p.Environment, ownPlaces(gone), plural(len(gone), "is", "are"), p.Holder(), tried, stampText(p.Since))
	}
	return t.forget(ctx, p)
}

// forget writes which places of a preview are left.
func (t *trial) forget(ctx context.Context, p ledger.Preview) error {
	if len(p.Places) > 0 {
		return t.remember(ctx, p)
	}
	if err := t.e.memory.ledger.DropPreview(ctx, p); err != nil {
		return err
	}
	t.e.memory.setPreview(p)
	return nil
}

// clearPlace removes one space of a pull request, or says why it stays. A
// tenant that the estate has no more is out of reach: nobody waits for it.
func (t *trial) clearPlace(ctx context.Context, p ledger.Preview, at ledger.PreviewPlace) (why string, err error) {
	if tenant, declared := t.e.est.Tenant(at.Tenant); !declared {
		return "", nil
	} else if tenant.State == estate.Ignored {
		return "the estate says that the tenant is ignored", nil
	}
	i := slices.IndexFunc(t.e.chosen, func(c estate.Tenant) bool { return c.Name == at.Tenant })
	live, err := t.e.conn.tenant(t.e.chosen[i], false, &t.e.reads)
	if err != nil {
		return "", err
	}
	young, others, err := t.clear(ctx, live, at.Space, func(x qlik.Thing) bool {
		_, ours := p.Apps[x.Name]
		return x.Published() && ours || x.Kind == "connection" && slices.Contains(p.Connections, x.Name)
	})
	switch {
	case err != nil:
		return "", err
	case len(others) > 0:
		return "it holds " + someNames(others, 5) + ", which " + plural(len(others), "is", "are") + " not of " + p.Holder() + ": delete or move what is not needed", nil
	case len(young) > 0:
		return tooYoung(young), nil
	}
	err = live.RemoveSpace(ctx, at.Space)
	if errors.Is(err, qlik.ErrNotEmpty) {
		return "Qlik says that there is something in it", nil
	}
	return "", err
}

func tooYoung(apps []string) string {
	return fmt.Sprintf("%s %s younger than %.0f minutes, and could not be restored", someNames(apps, 5), plural(len(apps), "is", "are"), qlik.SafeAge.Minutes())
}

// clear removes what of a space ours accepts, apps only if they are old enough to be
// restored. It returns those that are too young, and what else the space holds. An app of
// which there are two is somebody else's, whichever it is.
func (t *trial) clear(ctx context.Context, live *qlik.Tenant, space string, ours func(qlik.Thing) bool) (young, others []string, err error) {
	things, err := live.Contents(ctx, space)
	if err != nil {
		return nil, nil, err
	}
	count := map[string]int{}
	for _, x := range things {
		if x.Published() {
			count[x.Name]++
		}
	}
	for _, x := range things {
		switch {
		case !ours(x) || x.Published() && count[x.Name] > 1:
			others = append(others, x.Kind+" "+x.Name)
		case x.Kind == "app" && (x.CreatedAt.IsZero() || !t.e.p.now().After(x.CreatedAt.Add(qlik.SafeAge))):
			young = append(young, x.Name)
		default:
			if err := live.Discard(ctx, x); err != nil {
				return nil, nil, fmt.Errorf("%s %s: %w", x.Kind, x.Name, err)
			}
		}
	}
	return young, others, nil
}

// dropUnwanted removes what a pull request had before and does not try any more: apps,
// and spaces like those that are no targets now. It returns what the ledger is to know.
func (t *trial) dropUnwanted(ctx context.Context, p ledger.Preview, a ownAttempt) (ledger.Preview, error) {
	var failed []error
	stale := false
	stays := map[string]bool{}
	for _, at := range slices.Clone(p.Places) {
		if a.whole && !slices.Contains(a.preview.Places, at) {
			why, err := t.clearPlace(ctx, p, at)
			if err == nil && why == "" {
				p.Places = slices.DeleteFunc(p.Places, func(o ledger.PreviewPlace) bool { return o == at })
				continue
			}
			stale = true
			failed = append(failed, err)
			t.stays(p, at, why)
			continue
		}
		young, err := t.clearApps(ctx, p, at)
		if err != nil {
			stale = true
			failed = append(failed, fmt.Errorf("%s: %w", at.Tenant, err))
		}
		for _, app := range young {
			stays[app] = true
		}
	}
	p.Apps = maps.Clone(p.Apps)
	maps.DeleteFunc(p.Apps, func(app, release string) bool { return release == "" && !stays[app] && !stale })
	return p, errors.Join(failed...)
}

// stays tells that a space is removed later; of one that is gone, nothing.
func (t *trial) stays(p ledger.Preview, at ledger.PreviewPlace, why string) {
	if why != "" {
		t.say(tryLater, p.Request, "%s: %s stays in %s: %s", p.Environment, at.Space, at.Tenant, why)
	}
}

// clearApps removes the apps of a space that are tried no longer, and returns those
// that are too young.
func (t *trial) clearApps(ctx context.Context, p ledger.Preview, at ledger.PreviewPlace) ([]string, error) {
	if !slices.Contains(slices.Collect(maps.Values(p.Apps)), "") {
		return nil, nil
	}
	tenant, _ := t.e.est.Tenant(at.Tenant)
	live, err := t.e.conn.tenant(tenant, false, &t.e.reads)
	if err != nil {
		return nil, err
	}
	young, _, err := t.clear(ctx, live, at.Space, func(x qlik.Thing) bool {
		release, had := p.Apps[x.Name]
		return x.Published() && had && release == ""
	})
	if len(young) > 0 {
		t.stays(p, at, tooYoung(young))
	}
	return young, err
}
