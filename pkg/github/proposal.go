package github

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	gh "github.com/google/go-github/v60/github"
)

// Proposal is a pull request that we open and keep up to date.
type Proposal struct {
	Branch, Base string // both of this repository
	Title, Body  string
	Labels       []string // put on it if they are missing
	Draft        bool     // when it is made
}

// PutPullRequest keeps one open pull request from a branch: it makes it, and
// rewrites title and body when they differ. Once more writes nothing. It needs
// pull-requests: write; a GITHUB_TOKEN also needs the setting that lets Actions
// make pull requests, and what it makes starts no workflows.
// https://docs.github.com/en/rest/pulls/pulls
func (c *Client) PutPullRequest(ctx context.Context, p Proposal) (pr PullRequest, made bool, err error) {
	what := "pull request of " + p.Branch
	old, err := c.openFrom(ctx, p)
	if err != nil {
		return PullRequest{}, false, wrap(what, err)
	}
	if old == nil {
		old, _, err = c.api.PullRequests.Create(ctx, c.owner, c.repo, &gh.NewPullRequest{
			Title: gh.String(p.Title), Body: gh.String(p.Body), Head: gh.String(p.Branch), Base: gh.String(p.Base), Draft: gh.Bool(p.Draft),
		})
		if made = err == nil; !made {
			again, lerr := c.openFrom(ctx, p) // its reply may have been lost
			if lerr != nil || again == nil {
				return PullRequest{}, false, mayNotPropose(wrap(what, err))
			}
			old, made = again, true
		}
	}
	if old.GetTitle() != p.Title || old.GetBody() != p.Body {
		old, _, err = c.api.PullRequests.Edit(ctx, c.owner, c.repo, old.GetNumber(), &gh.PullRequest{Title: gh.String(p.Title), Body: gh.String(p.Body)})
		if err != nil {
			return PullRequest{}, made, wrap(what, err)
		}
	}
	return pullRequest(old), made, wrap("labels of a pull request", c.addLabels(ctx, old, p.Labels))
}

// openFrom returns the open pull request from a branch to its base, nil if there is none.
func (c *Client) openFrom(ctx context.Context, p Proposal) (*gh.PullRequest, error) {
	list, _, err := c.api.PullRequests.List(ctx, c.owner, c.repo, &gh.PullRequestListOptions{
		State: "open", Head: c.owner + ":" + p.Branch, Base: p.Base,
	})
	if err != nil || len(list) == 0 {
		return nil, err
	}
	return list[0], nil
}

func (c *Client) addLabels(ctx context.Context, pr *gh.PullRequest, labels []string) error {
	missing := slices.DeleteFunc(slices.Clone(labels), func(name string) bool {
		return slices.ContainsFunc(pr.Labels, func(l *gh.Label) bool { return l.GetName() == name })
	})
	if len(missing) == 0 {
		return nil
	}
	_, _, err := c.api.Issues.AddLabelsToIssue(ctx, c.owner, c.repo, pr.GetNumber(), missing)
	return err
}

// mayNotPropose says what to do about a refusal.
func mayNotPropose(err error) error {
	if errors.Is(err, ErrForbidden) {
		return fmt.Errorf("%w; allow it under Settings → Actions → General → Allow GitHub Actions to create and approve pull requests, or give the workflow a GitHub App", err)
	}
	return err
}

// ClosePullRequest closes a pull request with a comment, if it is open.
func (c *Client) ClosePullRequest(ctx context.Context, number int, comment string) error {
	what := fmt.Sprintf("pull request #%d", number)
	pr, _, err := c.api.PullRequests.Get(ctx, c.owner, c.repo, number)
	if err != nil || pr.GetState() != "open" {
		return wrap(what, err)
	}
	if comment != "" {
		if _, _, err = c.api.Issues.CreateComment(ctx, c.owner, c.repo, number, &gh.IssueComment{Body: gh.String(comment)}); err != nil {
			return wrap(what, err)
		}
	}
	_, _, err = c.api.PullRequests.Edit(ctx, c.owner, c.repo, number, &gh.PullRequest{State: gh.String("closed")})
	return wrap(what, err)
}

// Approval is a person's approval of a pull request.
type Approval struct {
	Login string
	At    time.Time
}

// Approvals lists who approves a pull request, by their last word: a dismissed
// approval, or changes requested later, are none; a comment changes nothing.
// https://docs.github.com/en/rest/pulls/reviews
func (c *Client) Approvals(ctx context.Context, number int) (out []Approval, err error) {
	last := map[string]*gh.PullRequestReview{}
	err = each(func(o gh.ListOptions) (*gh.Response, error) {
		list, r, err := c.api.PullRequests.ListReviews(ctx, c.owner, c.repo, number, &o)
		for _, review := range list {
			if review.GetState() != "COMMENTED" && review.GetState() != "PENDING" {
				last[review.GetUser().GetLogin()] = review
			}
		}
		return r, err
	})
	for login, r := range last {
		if r.GetState() == "APPROVED" {
			out = append(out, Approval{login, r.GetSubmittedAt().Time})
		}
	}
	slices.SortFunc(out, func(a, b Approval) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Login, b.Login)) })
	return out, wrap(fmt.Sprintf("reviews of #%d", number), err)
}
