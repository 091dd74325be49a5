package github

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	gh "github.com/google/go-github/v60/github"
)

// State is the state of a commit status or of a deployment.
type State string

// The states that commits and deployments have in common, and one of deployments.
const (
	StatusSuccess        State = "success"
	StatusFailure        State = "failure"
	StatusError          State = "error"
	StatusPending        State = "pending"
	DeploymentInProgress State = "in_progress"
)

// Status is a commit status, which branch protection can ask for by its context.
type Status struct {
	State       State
	Context     string
	Description string // cut to what GitHub takes
	URL         string
}

// mostDescription is how long descriptions of statuses may be, in characters.
const mostDescription = 140

func describe(s string) *string {
	r := []rune(strings.Join(strings.Fields(s), " "))
	if len(r) > mostDescription {
		r = append(r[:mostDescription-1], '…')
	}
	text := string(r)
	return &text
}

// Status sets a commit status.
// https://docs.github.com/en/rest/commits/statuses
func (c *Client) Status(ctx context.Context, sha string, s Status) error {
	state := string(s.State)
	_, _, err := c.api.Repositories.CreateStatus(ctx, c.owner, c.repo, sha, &gh.RepoStatus{
		State: &state, Context: &s.Context, Description: describe(s.Description), TargetURL: &s.URL,
	})
	return wrap("status of "+sha, err)
}

// Labels of pull requests.
const (
	LabelChange   = "qdeploy/change"
	LabelDestroy  = "qdeploy/destroy"
	LabelNoChange = "qdeploy/no-change"
)

// labelColors are what our labels look like when they are made.
var labelColors = map[string]string{LabelChange: "1d76db", LabelDestroy: "d73a4a", LabelNoChange: "0e8a16"}

// Labels makes label the one of ours that a pull request has.
func (c *Client) Labels(ctx context.Context, number int, label string) error {
	what := fmt.Sprintf("labels of #%d", number)
	have, err := c.labels(ctx, number)
	if err != nil {
		return err
	}
	for _, other := range []string{LabelChange, LabelDestroy, LabelNoChange} {
		if other == label || !slices.Contains(have, other) {
			continue
		}
		if _, err := c.api.Issues.RemoveLabelForIssue(ctx, c.owner, c.repo, number, other); err != nil {
			if err = wrap(what, err); !isNotFound(err) { // somebody was faster
				return err
			}
		}
	}
	if slices.Contains(have, label) {
		return nil
	}
	if err := c.makeLabel(ctx, label); err != nil {
		return err
	}
	_, _, err = c.api.Issues.AddLabelsToIssue(ctx, c.owner, c.repo, number, []string{label})
	return wrap(what, err)
}

// labels lists what a pull request is labelled with.
func (c *Client) labels(ctx context.Context, number int) (names []string, err error) {
	err = each(func(o gh.ListOptions) (*gh.Response, error) {
		list, r, err := c.api.Issues.ListLabelsByIssue(ctx, c.owner, c.repo, number, &o)
		for _, l := range list {
			names = append(names, l.GetName())
		}
		return r, err
	})
	return names, wrap(fmt.Sprintf("labels of #%d", number), err)
}

// makeLabel makes a label of the repository in its colour, if there is none.
func (c *Client) makeLabel(ctx context.Context, name string) error {
	_, _, err := c.api.Issues.GetLabel(ctx, c.owner, c.repo, name)
	if err = wrap("label "+name, err); !isNotFound(err) {
		return err
	}
	color := labelColors[name]
	if color == "" {
		color = "ededed"
	}
	_, _, err = c.api.Issues.CreateLabel(ctx, c.owner, c.repo, &gh.Label{Name: &name, Color: &color})
	var r *gh.ErrorResponse
	if errors.As(err, &r) && slices.ContainsFunc(r.Errors, func(e gh.Error) bool { return e.Code == "already_exists" }) {
		return nil // another job was faster
	}
	return wrap("label "+name, err)
}

// Unlabel takes a label off a pull request. It reports whether it was there.
func (c *Client) Unlabel(ctx context.Context, number int, label string) (was bool, err error) {
	_, err = c.api.Issues.RemoveLabelForIssue(ctx, c.owner, c.repo, number, label)
	err = wrap(fmt.Sprintf("label %s of #%d", label, number), err)
	if isNotFound(err) {
		return false, nil
	}
	return err == nil, err
}

// LabelledBy says who put a label on a pull request that has it now, when, and
// whether they may write to the repository. It fails with [ErrNotFound] if the
// pull request does not have the label.
func (c *Client) LabelledBy(ctx context.Context, number int, label string) (login string, at time.Time, may bool, err error) {
	what := fmt.Sprintf("label %s of #%d", label, number)
	have, err := c.labels(ctx, number)
	if err != nil {
		return "", time.Time{}, false, err
	}
	// The events alone do not tell of a label that was deleted or renamed.
	on, there := false, slices.ContainsFunc(have, func(l string) bool { return strings.EqualFold(l, label) })
	err = each(func(o gh.ListOptions) (*gh.Response, error) {
		list, r, err := c.api.Issues.ListIssueEvents(ctx, c.owner, c.repo, number, &o)
		for _, e := range list {
			if !strings.EqualFold(e.GetLabel().GetName(), label) {
				continue
			}
			switch e.GetEvent() {
			case "labeled":
				on, login, at = true, e.GetActor().GetLogin(), e.GetCreatedAt().Time
			case "unlabeled":
				on = false
			}
		}
		return r, err
	})
	if err != nil {
		return "", time.Time{}, false, wrap(what, err)
	}
	if !on || !there {
		return "", time.Time{}, false, &refusal{"github: " + what + ": not there", ErrNotFound}
	}
	p, _, err := c.api.Repositories.GetPermissionLevel(ctx, c.owner, c.repo, login)
	if err != nil {
		return "", time.Time{}, false, wrap("permission of "+login, err)
	}
	return login, at, p.GetPermission() == "admin" || p.GetPermission() == "write", nil
}

// PullRequestsOf lists the pull requests that a commit belongs to.
// https://docs.github.com/en/rest/commits/commits#list-pull-requests-associated-with-a-commit
func (c *Client) PullRequestsOf(ctx context.Context, sha string) (out []PullRequest, err error) {
	err = each(func(o gh.ListOptions) (*gh.Response, error) {
		list, r, err := c.api.PullRequests.ListPullRequestsWithCommit(ctx, c.owner, c.repo, sha, &o)
		for _, p := range list {
			out = append(out, pullRequest(p))
		}
		return r, err
	})
	return out, wrap("pull requests of "+sha, err)
}

// PullRequest returns a pull request by its number.
// https://docs.github.com/en/rest/pulls/pulls#get-a-pull-request
func (c *Client) PullRequest(ctx context.Context, number int) (PullRequest, error) {
	p, _, err := c.api.PullRequests.Get(ctx, c.owner, c.repo, number)
	if err != nil {
		return PullRequest{}, wrap(fmt.Sprintf("pull request #%d", number), err)
	}
	return pullRequest(p), nil
}

func pullRequest(p *gh.PullRequest) PullRequest {
	out := PullRequest{
		Number: p.GetNumber(), Title: p.GetTitle(), Body: p.GetBody(), Head: p.GetHead().GetSHA(), Base: p.GetBase().GetSHA(),
		URL: p.GetHTMLURL(), HeadRef: p.GetHead().GetRef(), BaseRef: p.GetBase().GetRef(), Author: p.GetUser().GetLogin(),
		Closed: p.GetState() == "closed",
		Merged: p.GetMerged() || p.MergedAt != nil, MergedAt: p.GetMergedAt().Time, MergedBy: p.GetMergedBy().GetLogin(), MergeCommit: p.GetMergeCommitSHA(),
		Fork: p.GetHead().GetRepo().GetFullName() != p.GetBase().GetRepo().GetFullName(),
	}
	for _, l := range p.Labels {
		out.Labels = append(out.Labels, l.GetName())
	}
	return out
}
