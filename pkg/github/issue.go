package github

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	gh "github.com/google/go-github/v60/github"
)

// IssueLabel is on every issue that we open: how they are found.
const IssueLabel = "qdeploy"

func isNotFound(err error) bool { return errors.Is(err, ErrNotFound) }

// ours is an issue that we opened.
type ours struct {
	number      int
	open        bool
	title, body string
}

// issues lists our issues by key; of several with one key, the oldest.
func (c *Client) issues(ctx context.Context, state string) (map[string]ours, error) {
	me, err := c.me(ctx)
	if err != nil {
		return nil, err
	}
	out := map[string]ours{}
	err = each(func(o gh.ListOptions) (*gh.Response, error) {
		list, r, err := c.api.Issues.ListByRepo(ctx, c.owner, c.repo, &gh.IssueListByRepoOptions{
			State: state, Labels: []string{IssueLabel}, Sort: "created", Direction: "asc", ListOptions: o,
		})
		for _, x := range list {
			key, ok := parseKey(x.GetBody())
			if _, seen := out[key]; ok && !seen && !x.IsPullRequest() && sameLogin(x.GetUser(), me) {
				out[key] = ours{x.GetNumber(), x.GetState() == "open", x.GetTitle(), x.GetBody()}
			}
		}
		return r, err
	})
	return out, wrap("issues", err)
}

// PutIssue keeps one open issue for a key: it makes it, rewrites it when it
// differs, and opens it again when it was closed. It has [IssueLabel] beside labels.
func (c *Client) PutIssue(ctx context.Context, key, title, body string, labels []string) (number int, err error) {
	text := keyMarker{MarkerVersion, key}.String() + "\n" + body
	all, err := c.issues(ctx, "all")
	if err != nil {
		return 0, err
	}
	old, known := all[key]
	if !known {
		if !slices.Contains(labels, IssueLabel) {
			labels = append([]string{IssueLabel}, labels...)
		}
		for _, l := range labels {
			if err := c.makeLabel(ctx, l); err != nil {
				return 0, err
			}
		}
		x, _, err := c.api.Issues.Create(ctx, c.owner, c.repo, &gh.IssueRequest{Title: &title, Body: &text, Labels: &labels})
		return x.GetNumber(), wrap("issue "+key, err)
	}
	if old.open && old.title == title && old.body == text {
		return old.number, nil
	}
	open := "open"
	_, _, err = c.api.Issues.Edit(ctx, c.owner, c.repo, old.number, &gh.IssueRequest{Title: &title, Body: &text, State: &open})
	return old.number, wrap(fmt.Sprintf("issue #%d", old.number), err)
}

// CloseIssue closes the issue of a key with a comment, if it is open.
func (c *Client) CloseIssue(ctx context.Context, key, comment string) error {
	all, err := c.issues(ctx, "open")
	if err != nil {
		return err
	}
	old, known := all[key]
	if !known {
		return nil
	}
	what := fmt.Sprintf("issue #%d", old.number)
	if _, _, err := c.api.Issues.CreateComment(ctx, c.owner, c.repo, old.number, &gh.IssueComment{Body: &comment}); err != nil {
		return wrap(what, err)
	}
	state, reason := "closed", "completed"
	_, _, err = c.api.Issues.Edit(ctx, c.owner, c.repo, old.number, &gh.IssueRequest{State: &state, StateReason: &reason})
	return wrap(what, err)
}

// OpenIssues lists the keys of our open issues that begin with prefix.
func (c *Client) OpenIssues(ctx context.Context, prefix string) (keys []string, err error) {
	all, err := c.issues(ctx, "open")
	for key := range all {
		if strings.HasPrefix(key, prefix) {
			keys = append(keys, key)
		}
	}
	return keys, err
}
