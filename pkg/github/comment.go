package github

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"unicode/utf8"

	gh "github.com/google/go-github/v60/github"
)

// Comment is one of our comments.
type Comment struct {
	ID          int64
	NodeID, URL string
	Body        string // with its marker
	Marker      Marker
}

// Comment returns the comment about a set of environments in a pull request, nil
// if there is none. Only ours counts: others can write a marker too.
func (c *Client) Comment(ctx context.Context, number int, env string) (*Comment, error) {
	ours, err := c.comments(ctx, number, env)
	if err != nil || len(ours) == 0 {
		return nil, err
	}
	return &ours[0], nil
}

// comments lists our comments about a set of environments, oldest first.
func (c *Client) comments(ctx context.Context, number int, env string) (ours []Comment, err error) {
	me, err := c.me(ctx)
	if err != nil {
		return nil, err
	}
	err = each(func(o gh.ListOptions) (*gh.Response, error) {
		list, r, err := c.api.Issues.ListComments(ctx, c.owner, c.repo, number, &gh.IssueListCommentsOptions{ListOptions: o})
		for _, x := range list {
			if m, ok := ParseMarker(x.GetBody()); ok && m.Env == env && sameLogin(x.GetUser(), me) {
				ours = append(ours, Comment{ID: x.GetID(), NodeID: x.GetNodeID(), URL: x.GetHTMLURL(), Body: x.GetBody(), Marker: m})
			}
		}
		return r, err
	})
	return ours, wrap(fmt.Sprintf("comments of #%d", number), err)
}

// sameLogin compares a login with what GraphQL calls us: there an App has no
// "[bot]" behind its name.
func sameLogin(u *gh.User, me string) bool {
	return strings.TrimSuffix(u.GetLogin(), "[bot]") == strings.TrimSuffix(me, "[bot]") &&
		(u.GetType() == "Bot" || !strings.HasSuffix(me, "[bot]"))
}

// PutComment makes body, below the marker, the one comment about m.Env: it
// rewrites the comment that is there, if anything differs, or makes it. Should
// there be several, the oldest stays and the others are folded away.
func (c *Client) PutComment(ctx context.Context, number int, m Marker, body string) (*Comment, error) {
	text := m.String() + "\n" + body
	if len(text) > MaxComment && utf8.RuneCountInString(text) > MaxComment {
		return nil, fmt.Errorf("github: comment of #%d: %d bytes are more than a comment can have", number, len(text))
	}
	ours, err := c.comments(ctx, number, m.Env)
	if err != nil {
		return nil, err
	}
	if len(ours) == 0 {
		return c.addComment(ctx, number, m, text)
	}
	now := ours[0]
	if now.Body != text {
		_, _, err := c.api.Issues.EditComment(ctx, c.owner, c.repo, now.ID, &gh.IssueComment{Body: &text})
		if err != nil {
			return nil, wrap(fmt.Sprintf("comment of #%d", number), err)
		}
		now.Body, now.Marker = text, m
	}
	for _, x := range ours[1:] {
		if err := c.minimize(ctx, x.NodeID); err != nil {
			return nil, err
		}
	}
	return &now, nil
}

// addComment makes a comment. When the answer is lost it looks whether the comment
// is there before it tries again: twice the same would stay for ever.
func (c *Client) addComment(ctx context.Context, number int, m Marker, text string) (*Comment, error) {
	for try := 0; ; try++ {
		x, _, err := c.api.Issues.CreateComment(ctx, c.owner, c.repo, number, &gh.IssueComment{Body: &text})
		if err == nil {
			return &Comment{ID: x.GetID(), NodeID: x.GetNodeID(), URL: x.GetHTMLURL(), Body: text, Marker: m}, nil
		}
		if try > 0 || !ambiguous(err) || ctx.Err() != nil {
			return nil, wrap(fmt.Sprintf("comment of #%d", number), err)
		}
		there, lerr := c.Comment(ctx, number, m.Env)
		if lerr != nil {
			return nil, lerr
		}
		if there != nil {
			return there, nil
		}
	}
}

// ambiguous reports whether what was asked for may have been done in spite of the error.
func ambiguous(err error) bool {
	var r *gh.ErrorResponse
	if errors.As(err, &r) {
		return r.Response == nil || r.Response.StatusCode >= 500
	}
	var l *LimitError
	return !errors.As(err, &l)
}

// minimize folds a comment away as outdated.
// https://docs.github.com/en/graphql/reference/mutations#minimizecomment
func (c *Client) minimize(ctx context.Context, node string) error {
	const mutation = "mutation($id: ID!) { minimizeComment(input: {subjectId: $id, classifier: OUTDATED}) { minimizedComment { isMinimized } } }"
	var out struct{}
	return c.query(ctx, map[string]any{"query": mutation, "variables": map[string]string{"id": node}}, &out)
}

const largestAnswer = 8 << 20

// query asks GraphQL, which go-github does not speak.
func (c *Client) query(ctx context.Context, q map[string]any, out any) error {
	b, err := json.Marshal(q)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.graphQL, bytes.NewReader(b))
	if err != nil {
		return fmt.Errorf("github: GraphQL: %w", err)
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := c.http.Do(req)
	if err != nil {
		return fmt.Errorf("github: GraphQL: %w", err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(io.LimitReader(resp.Body, largestAnswer))
	if err != nil {
		return fmt.Errorf("github: GraphQL: %w", err)
	}
	var failed struct {
		Message string `json:"message"`
		Errors  []struct {
			Message string `json:"message"`
		} `json:"errors"`
	}
	if resp.StatusCode != http.StatusOK || json.Unmarshal(text, &failed) != nil {
		return fmt.Errorf("github: GraphQL: %d %s", resp.StatusCode, failed.Message)
	}
	if len(failed.Errors) > 0 {
		return fmt.Errorf("github: GraphQL: %s", failed.Errors[0].Message)
	}
	return json.Unmarshal(text, out)
}
