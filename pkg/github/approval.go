package github

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	gh "github.com/google/go-github/v60/github"
)

// Approval is a person's approval of a pull request.
type Approval struct {
	Login  string
	At     time.Time
	Commit string // the head that was approved; later pushes may have followed
}

// Approvals lists who approves a pull request, by their last word, the first
// first: a dismissed approval, or changes requested later, are none; a comment
// changes nothing. Bots do not count. Whether somebody may write to the
// repository is not asked: that an approval counts is for the rules of the branch.
// https://docs.github.com/en/rest/pulls/reviews#list-reviews-for-a-pull-request
func (c *Client) Approvals(ctx context.Context, number int) (out []Approval, err error) {
	last := map[string]*gh.PullRequestReview{}
	err = each(func(o gh.ListOptions) (*gh.Response, error) {
		list, r, err := c.api.PullRequests.ListReviews(ctx, c.owner, c.repo, number, &o)
		for _, review := range list { // oldest first
			login := review.GetUser().GetLogin() // "" when the account was deleted
			if login == "" || review.GetUser().GetType() == "Bot" {
				continue
			}
			if s := review.GetState(); s == "APPROVED" || s == "CHANGES_REQUESTED" || s == "DISMISSED" {
				last[login] = review
			}
		}
		return r, err
	})
	if err != nil {
		return nil, wrap(fmt.Sprintf("reviews of #%d", number), err)
	}
	for login, r := range last {
		if r.GetState() == "APPROVED" {
			out = append(out, Approval{login, r.GetSubmittedAt().Time, r.GetCommitID()})
		}
	}
	slices.SortFunc(out, func(a, b Approval) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Login, b.Login)) })
	return out, nil
}
