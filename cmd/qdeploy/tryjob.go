package main

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/go-git/go-git/v5/plumbing"

	"github.com/qdeploy/qdeploy/pkg/estate"
	"github.com/qdeploy/qdeploy/pkg/github"
	"github.com/qdeploy/qdeploy/pkg/ledger"
)

// tryJob tries what a pull request changes, and gives back what it and others that
// were closed had: GitHub may drop the job that a closing starts.
func (p *program) tryJob(ctx context.Context, f tryFlags) error {
	if f.app != "" || f.release || f.from != "HEAD" {
		return fail("the pull request says which apps, and of which commit", "--app, --from and --release do not go with --github")
	}
	j, err := p.job(f.environments)
	if err != nil {
		return err
	}
	if j.secretless() {
		return &failure{
			status: exitGuarded, err: fmt.Errorf("#%d is of another repository, or of Dependabot: nothing of it is tried in a tenant", j.run.PullRequest.Number),
			hint: "who trusts it pushes its branch to this repository, and opens a pull request there",
		}
	}
	if p.dir, err = p.estateDir(); err != nil {
		return err
	}
	branch := j.branch()
	if j.run.PullRequest != nil {
		branch = j.run.PullRequest.BaseRef
	}
	base, err := fetchHead(ctx, p.dir, *j.remote(), branch)
	if err != nil {
		return fail("the job needs contents: write", "%w", err)
	}
	t, err := p.trial(ctx, f, base, j.remote())
	if err != nil {
		j.tryStatus(ctx, github.StatusError, firstLine(err.Error()))
		return err
	}
	defer t.e.close()
	t.e.memory.as(j.identity())
	if err := t.request(ctx, j, base); err != nil {
		j.tryStatus(ctx, github.StatusError, firstLine(err.Error()))
		return err
	}
	w, end := github.Quote(p.out)
	for _, r := range t.results {
		fmt.Fprintln(w, printable(r.text))
	}
	if err := end(); err != nil {
		return err
	}
	t.tell(ctx, j)
	return silent(t.status())
}

// wanted is what a pull request is to have.
type wanted struct {
	slots  map[string]attempt    // by environment and app
	spaces map[string]ownAttempt // by environment
}

// request gives back what closed pull requests have, gives it to those who wait for it,
// and takes what the one at hand needs.
func (t *trial) request(ctx context.Context, j *job, base string) error {
	pr, w := j.run.PullRequest, wanted{}
	if pr != nil && j.run.Action != "closed" {
		var err error
		if w, err = t.changed(j.p, pr, base); err != nil {
			return err
		}
	}
	if err := t.leaveAll(ctx, pr, w); err != nil {
		return err
	}
	for _, s := range slices.Clone(t.e.memory.slots) {
		_, still := w.slots[s.Environment+"\x00"+s.App]
		over, err := t.over(ctx, j, s.Environment, s.Request, still)
		if err == nil && over {
			err = t.giveBack(ctx, s)
		}
		if err != nil {
			return err
		}
	}
	for _, p := range slices.Clone(t.e.memory.spaces) {
		_, still := w.spaces[p.Environment]
		over, err := t.over(ctx, j, p.Environment, p.Request, still)
		if err == nil && over {
			err = t.dropOwn(ctx, p)
		}
		if err != nil {
			return err
		}
	}
	if err := t.serve(ctx, j, base, w); err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(w.slots)) {
		if err := t.take(ctx, w.slots[name]); err != nil {
			return err
		}
	}
	for _, name := range slices.Sorted(maps.Keys(w.spaces)) {
		if err := t.takeOwn(ctx, w.spaces[name]); err != nil {
			return err
		}
	}
	return nil
}

// over reports whether a pull request is done with what it has in an environment: it is
// closed or, if it is the one at hand, does not want it any more.
func (t *trial) over(ctx context.Context, j *job, environment string, request int, wanted bool) (bool, error) {
	switch pr := j.run.PullRequest; {
	case !t.meant(environment) || request == 0:
		return false, nil
	case pr != nil && pr.Number == request:
		return !wanted, nil
	}
	other, err := t.other(ctx, j, request)
	return other.Closed, err
}

// changed returns what a pull request changes, of apps that environments let be
// tried: the content or the version that its head pins is not that of where it began.
func (t *trial) changed(p *program, pr *github.PullRequest, base string) (w wanted, err error) {
	began, err := mergeBase(p.dir, base, pr.Head)
	if err != nil {
		return w, err
	}
	head, err := p.declaredBefore(pr.Head)
	if err != nil || head == nil {
		return w, err
	}
	defer head.close()
	before, err := p.declaredBefore(began)
	if err != nil || before == nil {
		return w, err
	}
	defer before.close()
	w.slots, w.spaces = map[string]attempt{}, map[string]ownAttempt{}
	for _, env := range t.envs {
		attempts, err := t.changedIn(env, head, before, pr)
		switch {
		case err != nil:
			return w, err
		case len(attempts) == 0:
		case env.Tries == estate.TriesInSlot:
			for _, a := range attempts {
				w.slots[env.Name+"\x00"+a.slot.App] = a
			}
		default:
			o, err := t.own(head, attempts)
			if err != nil {
				return w, err
			}
			o.whole = true
			w.spaces[env.Name] = o
		}
	}
	return w, nil
}

// changedIn returns what a pull request changes in one environment.
func (t *trial) changedIn(env estate.Environment, head, before *declared, pr *github.PullRequest) (out []attempt, err error) {
	for _, app := range head.Apps() {
		was, _ := before.Pin(env.Name, app.Name)
		if now, ok := head.Pin(env.Name, app.Name); !ok || now.Digest == was.Digest && now.Version == was.Version {
			continue
		}
		s := ledger.Slot{Environment: env.Name, App: app.Name, Request: pr.Number, URL: pr.URL, Who: pr.Author, Commit: pr.Head}
		a, why, err := t.attempt(head, env, s)
		if err != nil {
			return nil, err
		}
		if why != "" {
			fmt.Fprintf(t.e.p.err, "qdeploy: %s\n", why)
			continue
		}
		out = append(out, a)
	}
	return out, nil
}

// mergeBase returns the commit at which a branch left another.
func mergeBase(dir, base, head string) (string, error) {
	repo, err := estate.OpenRepository(dir)
	if err != nil {
		return "", err
	}
	theirs, err := repo.CommitObject(plumbing.NewHash(head))
	if err != nil {
		return "", fail("check out with fetch-depth: 0", "git: commit %s of the pull request: %w", head, err)
	}
	ours, err := repo.CommitObject(plumbing.NewHash(base))
	if err != nil {
		return "", err
	}
	found, err := ours.MergeBase(theirs)
	if err != nil || len(found) == 0 {
		return base, err
	}
	return found[0].Hash.String(), nil
}
