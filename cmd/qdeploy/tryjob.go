package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

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

// request gives back slots of closed pull requests, and takes those that the one at
// hand needs.
func (t *trial) request(ctx context.Context, j *job, base string) error {
	pr, attempts := j.run.PullRequest, map[string]attempt{}
	open := pr != nil && j.run.Action != "closed"
	if open {
		var err error
		if attempts, err = t.changed(j.p, pr, base); err != nil {
			return err
		}
	}
	for _, s := range slices.Clone(t.e.memory.slots) {
		if !t.meant(s.Environment) || s.Request == 0 {
			continue
		}
		over := false
		if pr != nil && s.Request == pr.Number {
			_, still := attempts[s.Environment+"\x00"+s.App]
			over = !still
		} else {
			other, err := j.client.PullRequest(ctx, s.Request)
			if err != nil {
				return err
			}
			over, t.others[s.Request] = other.Closed, other
		}
		if over {
			if err := t.giveBack(ctx, s); err != nil {
				return err
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(attempts)) {
		if err := t.take(ctx, attempts[name]); err != nil {
			return err
		}
	}
	return nil
}

// changed returns what a pull request changes, of apps that environments let be
// tried: the content or the version that its head pins is not that of where it began.
func (t *trial) changed(p *program, pr *github.PullRequest, base string) (map[string]attempt, error) {
	began, err := mergeBase(p.dir, base, pr.Head)
	if err != nil {
		return nil, err
	}
	head, err := p.declaredBefore(pr.Head)
	if err != nil || head == nil {
		return nil, err
	}
	defer head.close()
	before, err := p.declaredBefore(began)
	if err != nil || before == nil {
		return nil, err
	}
	defer before.close()
	out := map[string]attempt{}
	for _, env := range t.envs {
		for _, app := range slices.Sorted(maps.Keys(env.Apps)) {
			was, _ := before.Pin(env.Name, app)
			if now, ok := head.Pin(env.Name, app); !ok || now.Digest == was.Digest && now.Version == was.Version {
				continue
			}
			s := ledger.Slot{Environment: env.Name, App: app, Request: pr.Number, URL: pr.URL, Who: pr.Author, Commit: pr.Head}
			a, why, err := t.attempt(head, env, s)
			if err != nil {
				return nil, err
			}
			if why != "" {
				fmt.Fprintf(p.err, "qdeploy: %s\n", why)
				continue
			}
			out[env.Name+"\x00"+app] = a
		}
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

// tell tells the pull request what became of it, and the job's summary all.
func (t *trial) tell(ctx context.Context, j *job) {
	var lines strings.Builder
	for _, r := range t.results {
		fmt.Fprintf(&lines, "- %s\n", github.Text(r.text))
	}
	j.warn("job summary", j.run.WriteSummary("### Tried before merging\n\n"+lines.String()))
	for _, n := range slices.Sorted(maps.Keys(t.others)) {
		if rs := t.of(n); len(rs) > 0 {
			other := t.others[n]
			j.warn("comment", t.comment(ctx, j, &other, rs))
		}
	}
	pr := j.run.PullRequest
	if pr == nil {
		return
	}
	own := t.of(pr.Number)
	state, text := github.StatusSuccess, sentence(own)
	for _, r := range own {
		switch {
		case r.state == tryFailed:
			state = github.StatusFailure
		case r.state == tryWaits && state == github.StatusSuccess:
			state = github.StatusPending
		}
	}
	if len(own) == 0 {
		text = "no app of it is tried"
	}
	j.tryStatus(ctx, state, text)
	j.warn("comment", t.comment(ctx, j, pr, own))
}

// of returns what became of the slots of a pull request.
func (t *trial) of(request int) []tryResult {
	return slices.DeleteFunc(slices.Clone(t.results), func(r tryResult) bool { return r.request != request })
}

// comment writes the one comment about what is tried. Where there is nothing to say
// and nothing was said before, nothing is.
func (t *trial) comment(ctx context.Context, j *job, pr *github.PullRequest, own []tryResult) error {
	env := "try " + j.set
	if len(own) == 0 {
		old, err := j.client.Comment(ctx, pr.Number, env)
		if err != nil || old == nil {
			return err
		}
	}
	body := "### Tried before merging\n\n"
	for _, r := range own {
		body += "- " + github.Text(r.text) + "\n"
		if r.state == tryWaits {
			body += "  Run this job again when it is free, or push.\n"
		}
	}
	if len(own) == 0 {
		body += "No app of this pull request is tried.\n"
	}
	_, err := j.client.PutComment(ctx, pr.Number, github.Marker{V: github.MarkerVersion, Env: env, Head: pr.Head, Base: pr.Base}, body)
	return err
}

// tryStatus sets the commit status about what is tried.
func (j *job) tryStatus(ctx context.Context, state github.State, description string) {
	if j.run.PullRequest == nil {
		return
	}
	name := "qdeploy/try"
	if j.set != setOf(nil) {
		name += " (" + j.set + ")"
	}
	j.warn("commit status", j.client.Status(ctx, j.head(), github.Status{State: state, Context: name, Description: description, URL: j.run.URL}))
}

// sentence is a list of results as one line.
func sentence(rs []tryResult) string {
	var parts []string
	for _, r := range rs {
		parts = append(parts, r.text)
	}
	return strings.Join(parts, "; ")
}
