package main

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/qdeploy/qdeploy/pkg/estate"
	"github.com/qdeploy/qdeploy/pkg/ledger"
)

// tryByHand tries one app, or gives it back.
func (p *program) tryByHand(ctx context.Context, f tryFlags) error {
	if f.app == "" {
		return fail("qdeploy try --env test --app Sales --from my-branch", "--app names the app to try")
	}
	t, err := p.trial(ctx, f, "", nil)
	if err != nil {
		return err
	}
	defer t.e.close()
	if f.release {
		err = t.release(ctx, f)
	} else {
		err = t.tryFrom(ctx, f)
	}
	if err != nil {
		return err
	}
	t.print()
	return silent(t.status())
}

// release gives back the slot of the app that was named, whoever holds it, or removes
// the spaces that whoever asks has it in.
func (t *trial) release(ctx context.Context, f tryFlags) error {
	repo, err := estate.OpenRepository(t.e.p.dir)
	if err != nil {
		return err
	}
	me := ledger.Preview{Who: personOf(repo)}
	held := slices.DeleteFunc(slices.Clone(t.e.memory.slots), func(s ledger.Slot) bool { return s.Free() || s.App != f.app || !t.meant(s.Environment) })
	mine := slices.DeleteFunc(slices.Clone(t.e.memory.spaces), func(p ledger.Preview) bool {
		return !p.Same(me) || p.Apps[f.app] == "" || !t.meant(p.Environment)
	})
	switch {
	case len(held)+len(mine) == 0:
		return fail("qdeploy status shows what is tried, and who does; spaces of a pull request go when it is closed", "nobody tries %s", f.app)
	case len(held)+len(mine) > 1:
		return fail("", "%s is tried in several environments: --env says which is meant", f.app)
	case len(mine) == 1:
		return t.dropOwn(ctx, mine[0])
	}
	return t.giveBack(ctx, held[0])
}

func namesOf(envs []estate.Environment) (names []string) {
	for _, e := range envs {
		names = append(names, e.Name)
	}
	return names
}

// tryFrom tries the app that was named as another revision has it.
func (t *trial) tryFrom(ctx context.Context, f tryFlags) error {
	p := t.e.p
	if len(t.envs) != 1 {
		return fail("--env says which", "apps may be tried in: %s", cmp.Or(strings.Join(namesOf(t.envs), ", "), "no environment"))
	}
	env := t.envs[0]
	head, err := p.declaredBefore(f.from)
	if err != nil {
		return err
	}
	if head == nil {
		return fail("", "%s has no estate", f.from)
	}
	defer head.close()
	if err := named(head.Estate, nil, []string{f.app}); err != nil {
		return err
	}
	repo, err := estate.OpenRepository(p.dir)
	if err != nil {
		return err
	}
	s := ledger.Slot{Environment: env.Name, App: f.app, Who: personOf(repo), Commit: head.at.Commit}
	a, why, err := t.attempt(head, env, s)
	if err == nil && why != "" {
		err = errors.New(why)
	}
	if err != nil {
		return err
	}
	if env.Tries == estate.TriesInSlot {
		return t.take(ctx, a)
	}
	o, err := t.own(head, []attempt{a})
	if err != nil {
		return err
	}
	return t.takeOwn(ctx, o)
}
