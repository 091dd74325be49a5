package github

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	gh "github.com/google/go-github/v60/github"
)

// Proposal is a pull request that we open and keep up to date.
type Proposal struct {
	Branch, Base string   // both of this repository
	Title, Body  string   // ours: what people write there is written over; a title that is too long is cut
	Labels       []string // put on it if they are missing
	Draft        bool     // when it is made
}

// mostPullTitle is how long a title may be, in characters.
const mostPullTitle = 256

// PutPullRequest keeps one open pull request from a branch to a base: it makes it,
// or rewrites title and body when they differ. Once more writes nothing. made
// reports whether it was made now. One that was closed stays closed, and there is
// another.
//
// It needs pull-requests: write. A GITHUB_TOKEN also needs the setting that lets
// Actions make pull requests, and what it makes starts no workflows by itself; an
// App needs neither.
// https://docs.github.com/en/rest/pulls/pulls#create-a-pull-request
func (c *Client) PutPullRequest(ctx context.Context, p Proposal) (pr PullRequest, made bool, err error) {
	what := "pull request of " + p.Branch
	p.Title = cut(strings.Join(strings.Fields(p.Title), " "), mostPullTitle)
	now, err := c.openFrom(ctx, p)
	if err != nil {
		return PullRequest{}, false, c.mayNotPropose(what, err)
	}
	if now == nil {
		if now, made, err = c.propose(ctx, p); err != nil {
			return PullRequest{}, false, c.mayNotPropose(what, err)
		}
	}
	if !sameText(now.GetTitle(), p.Title) || !sameText(now.GetBody(), p.Body) {
		now, _, err = c.api.PullRequests.Edit(ctx, c.owner, c.repo, now.GetNumber(), &gh.PullRequest{Title: gh.String(p.Title), Body: gh.String(p.Body)})
		if err != nil {
			return PullRequest{}, made, c.mayNotPropose(what, err)
		}
	}
	pr = pullRequest(now)
	pr.Labels, err = c.addLabels(ctx, pr.Number, pr.Labels, p.Labels)
	return pr, made, err
}

// openFrom returns the open pull request from a branch to its base, nil if there is
// none: GitHub has one at most.
func (c *Client) openFrom(ctx context.Context, p Proposal) (*gh.PullRequest, error) {
	list, _, err := c.api.PullRequests.List(ctx, c.owner, c.repo, &gh.PullRequestListOptions{
		State: "open", Head: c.owner + ":" + p.Branch, Base: p.Base, ListOptions: gh.ListOptions{PerPage: page},
	})
	for _, pr := range list {
		// GitHub passes over a filter that it does not understand.
		if one := pullRequest(pr); one.HeadRef == p.Branch && one.BaseRef == p.Base && !one.Fork {
			return pr, nil
		}
	}
	return nil, err
}

// propose makes the pull request. When the answer is lost it looks whether it is
// there before it tries again. Another job may be faster: then theirs is ours.
func (c *Client) propose(ctx context.Context, p Proposal) (pr *gh.PullRequest, made bool, err error) {
	for try := 0; ; try++ {
		pr, _, err = c.api.PullRequests.Create(ctx, c.owner, c.repo, &gh.NewPullRequest{
			Title: gh.String(p.Title), Body: gh.String(p.Body), Head: gh.String(p.Branch), Base: gh.String(p.Base), Draft: gh.Bool(p.Draft),
		})
		if err == nil {
			return pr, true, nil
		}
		lost := ambiguous(err)
		if ctx.Err() != nil || !lost && statusOf(err) != http.StatusUnprocessableEntity {
			return nil, false, err
		}
		there, lerr := c.openFrom(ctx, p)
		switch {
		case lerr != nil:
			return nil, false, errors.Join(err, lerr)
		case there != nil:
			return there, lost, nil
		case try > 0 || !lost:
			return nil, false, err
		}
	}
}

// sameText compares texts as GitHub keeps them: its web pages end lines with CR and
// LF, and blanks at the ends do not count.
func sameText(a, b string) bool {
	plain := func(s string) string { return strings.TrimSpace(strings.ReplaceAll(s, "\r\n", "\n")) }
	return plain(a) == plain(b)
}

// addLabels puts on what is missing of labels, and returns what is on it then.
func (c *Client) addLabels(ctx context.Context, number int, have, labels []string) ([]string, error) {
	var missing []string
	for _, name := range labels {
		if !slices.ContainsFunc(have, func(l string) bool { return strings.EqualFold(l, name) }) {
			missing = append(missing, name)
		}
	}
	if len(missing) == 0 {
		return have, nil
	}
	for _, name := range missing {
		if err := c.makeLabel(ctx, name); err != nil {
			return have, err
		}
	}
	err := again(ctx, func() error {
		_, _, err := c.api.Issues.AddLabelsToIssue(ctx, c.owner, c.repo, number, missing)
		return err
	})
	if err != nil {
		return have, c.mayNotPropose(fmt.Sprintf("labels of #%d", number), err)
	}
	return append(have, missing...), nil
}

// mayNotPropose says where an error is from, and what to do about a refusal.
// https://docs.github.com/en/repositories/managing-your-repositorys-settings-and-features/enabling-features-for-your-repository/managing-github-actions-settings-for-a-repository#preventing-github-actions-from-creating-or-approving-pull-requests
func (c *Client) mayNotPropose(what string, err error) error {
	hint := "the job needs permissions: pull-requests: write"
	switch {
	case statusOf(err) != http.StatusForbidden:
		return wrap(what, err)
	case c.app:
		hint = "the App needs the permission Pull requests: write, also where it is installed"
	case strings.Contains(err.Error(), "not permitted to create"):
		hint = `allow it under Settings → Actions → General → "Allow GitHub Actions to create and approve pull requests", or act as a GitHub App with QDEPLOY_GITHUB_APP_ID and QDEPLOY_GITHUB_APP_KEY`
	}
	return fmt.Errorf("%w; %s", wrap(what, err), hint)
}

// OpenPullRequests lists the open pull requests from branches of this repository,
// not of forks, whose names begin with prefix, oldest first.
// https://docs.github.com/en/rest/pulls/pulls#list-pull-requests
func (c *Client) OpenPullRequests(ctx context.Context, branchPrefix string) (out []PullRequest, err error) {
	err = each(func(o gh.ListOptions) (*gh.Response, error) {
		list, r, err := c.api.PullRequests.List(ctx, c.owner, c.repo, &gh.PullRequestListOptions{State: "open", Sort: "created", Direction: "asc", ListOptions: o})
		for _, p := range list {
			if pr := pullRequest(p); !pr.Fork && strings.HasPrefix(pr.HeadRef, branchPrefix) {
				out = append(out, pr)
			}
		}
		return r, err
	})
	return out, wrap("open pull requests", err)
}

// ClosePullRequest says why and closes a pull request, if it is open. After a
// failure it can be called again: what was said is not said twice.
func (c *Client) ClosePullRequest(ctx context.Context, number int, comment string) error {
	what := fmt.Sprintf("pull request #%d", number)
	pr, _, err := c.api.PullRequests.Get(ctx, c.owner, c.repo, number)
	if err != nil || pr.GetState() != "open" {
		return wrap(what, err)
	}
	if comment != "" {
		if err := c.sayOnce(ctx, number, comment); err != nil {
			return c.mayNotPropose(fmt.Sprintf("comment of #%d", number), err)
		}
	}
	_, _, err = c.api.PullRequests.Edit(ctx, c.owner, c.repo, number, &gh.PullRequest{State: gh.String("closed")})
	return c.mayNotPropose(what, err)
}

// sayOnce comments, unless that was the last that we said.
func (c *Client) sayOnce(ctx context.Context, number int, text string) error {
	for try := 0; ; try++ {
		last, err := c.lastWord(ctx, number)
		if err != nil || sameText(last, text) {
			return err
		}
		_, _, err = c.api.Issues.CreateComment(ctx, c.owner, c.repo, number, &gh.IssueComment{Body: &text})
		if err == nil || try > 0 || !ambiguous(err) || ctx.Err() != nil {
			return err
		}
	}
}

// lastWord is the newest comment that we made, "" if there is none.
func (c *Client) lastWord(ctx context.Context, number int) (last string, err error) {
	me, err := c.me(ctx)
	if err != nil {
		return "", err
	}
	err = each(func(o gh.ListOptions) (*gh.Response, error) {
		list, r, err := c.api.Issues.ListComments(ctx, c.owner, c.repo, number, &gh.IssueListCommentsOptions{ListOptions: o})
		for _, x := range list {
			if sameLogin(x.GetUser(), me) {
				last = x.GetBody()
			}
		}
		return r, err
	})
	return last, err
}
