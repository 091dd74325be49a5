package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/qdeploy/qdeploy/pkg/github"
)

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
			if state, text := conclusion(rs); !other.Closed {
				j.tryStatusOf(ctx, other.Head, state, text)
			}
		}
	}
	pr := j.run.PullRequest
	if pr == nil {
		return
	}
	own := t.of(pr.Number)
	state, text := conclusion(own)
	j.tryStatus(ctx, state, text)
	j.warn("comment", t.comment(ctx, j, pr, own))
}

// conclusion is what the commit status of a pull request says.
func conclusion(rs []tryResult) (github.State, string) {
	if len(rs) == 0 {
		return github.StatusSuccess, "no app of it is tried"
	}
	state := github.StatusSuccess
	for _, r := range rs {
		switch {
		case r.state == tryFailed:
			state = github.StatusFailure
		case (r.state == tryWaits || r.state == tryQueued) && state == github.StatusSuccess:
			state = github.StatusPending
		}
	}
	return state, sentence(rs)
}

// of returns what became of the slots of a pull request.
func (t *trial) of(request int) []tryResult {
	return slices.DeleteFunc(slices.Clone(t.results), func(r tryResult) bool { return r.request != request })
}

// hints say what moves on what is not tried.
var hints = map[string]string{
	tryQueued: "  Its turn comes by itself, with the job that gives the slot back.\n",
	tryWaits:  "  Run this job again then, or push.\n",
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
		body += hints[r.state]
	}
	if len(own) == 0 {
		body += "No app of this pull request is tried.\n"
	}
	_, err := j.client.PutComment(ctx, pr.Number, github.Marker{V: github.MarkerVersion, Env: env, Head: pr.Head, Base: pr.Base}, body)
	return err
}

// tryStatus sets the commit status about what is tried of the pull request at hand.
func (j *job) tryStatus(ctx context.Context, state github.State, description string) {
	if j.run.PullRequest != nil {
		j.tryStatusOf(ctx, j.head(), state, description)
	}
}

func (j *job) tryStatusOf(ctx context.Context, commit string, state github.State, description string) {
	name := "qdeploy/try"
	if j.set != setOf(nil) {
		name += " (" + j.set + ")"
	}
	j.warn("commit status", j.client.Status(ctx, commit, github.Status{State: state, Context: name, Description: description, URL: j.run.URL}))
}

// sentence is a list of results as one line.
func sentence(rs []tryResult) string {
	var parts []string
	for _, r := range rs {
		parts = append(parts, r.text)
	}
	return strings.Join(parts, "; ")
}
