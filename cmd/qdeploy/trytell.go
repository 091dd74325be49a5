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
