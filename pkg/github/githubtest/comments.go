package githubtest

import (
	"fmt"
	"time"
)

// maxBody is how many characters a comment may have.
const maxBody = 65536

// A comment stands under an issue or a pull request.
type comment struct {
	id               int64
	on               *issue
	author, body     string
	created, updated time.Time
	minimized        string // the reason, "" while it shows
}

var commentRoutes = []route{
	{method: "GET", path: repoPath + "/issues/{issue_number}/comments", need: "issues,pull-requests:read", query: "since per_page page", handle: listComments},
	{method: "POST", path: repoPath + "/issues/{issue_number}/comments", need: "issues,pull-requests:write", create: true, handle: createComment},
	{method: "GET", path: repoPath + "/issues/comments/{comment_id}", need: "issues,pull-requests:read", handle: func(c *call) reply {
		return ok(c.commentView(c.comment("read")))
	}},
	{method: "PATCH", path: repoPath + "/issues/comments/{comment_id}", need: "issues,pull-requests:write", handle: editComment},
	{method: "DELETE", path: repoPath + "/issues/comments/{comment_id}", need: "issues,pull-requests:write", handle: deleteComment},
}

// comment finds the comment that the path names.
func (c *call) comment(level string) *comment {
	id := c.number("comment_id")
	for _, i := range c.repo.issues {
		for _, x := range i.comments {
			if x.id == id {
				c.requireOn(i, level)
				return x
			}
		}
	}
	c.notFound()
	return nil
}

func (c *call) commentView(x *comment) object {
	at := c.site.in(c.repo, fmt.Sprintf("/issues/comments/%d", x.id))
	return object{
		"id": x.id, "node_id": node("IC", x.id), "url": at, "body": x.body, "user": c.site.user(c.hub, x.author),
		"html_url":  fmt.Sprintf("%s#issuecomment-%d", c.site.web(c.repo, x.on.path()), x.id),
		"issue_url": c.site.in(c.repo, fmt.Sprintf("/issues/%d", x.on.number)), "created_at": stamp(x.created), "updated_at": stamp(x.updated),
		"author_association": c.repo.association(x.author), "performed_via_github_app": nil,
	}
}

// association is what an author is to the repository.
func (r *Repo) association(login string) string {
	switch {
	case login == r.Owner:
		return "OWNER"
	case r.role(login) != "none":
		return "COLLABORATOR"
	}
	return "NONE"
}

// listComments lists by ascending id.
func listComments(c *call) reply {
	i := c.issue("read")
	all := []object{}
	for _, x := range i.comments {
		if since, err := time.Parse(time.RFC3339, c.query.Get("since")); err == nil && x.updated.Before(since) {
			continue
		}
		all = append(all, c.commentView(x))
	}
	return c.list(all)
}

// commentBody reads the one member that a comment has.
func commentBody(c *call) string {
	body := c.object("IssueComment", "body*").text("body", "")
	switch {
	case body == "":
		invalid("IssueComment", "data", "unprocessable", "Body cannot be blank")
	case len([]rune(body)) > maxBody:
		invalid("IssueComment", "data", "unprocessable", fmt.Sprintf("Body is too long (maximum is %d characters)", maxBody))
	}
	return body
}

func createComment(c *call) reply {
	i := c.issue("write")
	body := commentBody(c)
	x := &comment{id: c.hub.next(), on: i, author: c.login(), body: body, created: c.now, updated: c.now}
	i.comments = append(i.comments, x)
	i.updated = c.now
	return created(c.commentView(x))
}

func editComment(c *call) reply {
	x := c.comment("write")
	x.body, x.updated = commentBody(c), c.now
	return ok(c.commentView(x))
}

func deleteComment(c *call) reply {
	x := c.comment("write")
	list := x.on.comments[:0]
	for _, other := range x.on.comments {
		if other != x {
			list = append(list, other)
		}
	}
	x.on.comments = list
	return empty()
}
