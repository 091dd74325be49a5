package githubtest

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// An issue is an issue or, with pull, a pull request: they share their
// numbers, comments and labels.
type issue struct {
	number                   int
	id                       int64
	title, body, author      string
	state, reason, closedBy  string // state is open or closed
	labels, assignees        []string
	comments                 []*comment
	events                   []*issueEvent
	created, updated, closed time.Time
	pull                     *pull
}

// An issueEvent is what was done to an issue, by whom.
type issueEvent struct {
	id          int64
	what, actor string
	label       string
	at          time.Time
}

var issueRoutes = []route{
	{
		method: "GET", path: repoPath + "/issues", need: "issues:read", handle: listIssues,
		query: "milestone state assignee creator mentioned labels sort direction since per_page page",
	},
	{method: "POST", path: repoPath + "/issues", need: "issues:write", create: true, handle: createIssue},
	{method: "GET", path: repoPath + "/issues/{issue_number}", need: "issues,pull-requests:read", handle: func(c *call) reply {
		return ok(c.issueView(c.issue("read")))
	}},
	{method: "PATCH", path: repoPath + "/issues/{issue_number}", need: "issues,pull-requests:write", handle: editIssue},
	{method: "GET", path: repoPath + "/issues/{issue_number}/events", need: "issues,pull-requests:read", query: "per_page page", handle: listEvents},
}

// note remembers what was done.
func (i *issue) note(what, actor, label string, r *Repo) {
	i.updated = r.hub.now()
	i.events = append(i.events, &issueEvent{r.hub.next(), what, actor, label, i.updated})
}

// path is where people find it.
func (i *issue) path() string {
	if i.pull != nil {
		return fmt.Sprintf("/pull/%d", i.number)
	}
	return fmt.Sprintf("/issues/%d", i.number)
}

// issue finds the issue or pull request that the path names.
func (c *call) issue(level string) *issue {
	n := c.number("issue_number")
	if n < 1 || n > int64(len(c.repo.issues)) {
		c.notFound()
	}
	i := c.repo.issues[n-1]
	c.requireOn(i, level)
	return i
}

// requireOn asks for the permission that this issue needs: either will do for
// a pull request, an issue needs its own.
func (c *call) requireOn(i *issue, level string) {
	if i.pull != nil {
		c.require(level, "issues", "pull-requests")
		return
	}
	c.require(level, "issues")
}

func (c *call) issueView(i *issue) object {
	at := c.site.in(c.repo, fmt.Sprintf("/issues/%d", i.number))
	v := object{
		"id": i.id, "node_id": node("I", i.id), "number": i.number, "url": at, "repository_url": c.site.in(c.repo, ""),
		"labels_url": at + "/labels{/name}", "comments_url": at + "/comments", "events_url": at + "/events", "html_url": c.site.web(c.repo, i.path()),
		"state": i.state, "state_reason": orNull(i.reason), "title": i.title, "body": orNull(i.body), "user": c.site.user(c.hub, i.author),
		"labels": c.labelViews(i), "assignee": nil, "milestone": nil, "locked": false, "comments": len(i.comments),
		"created_at": stamp(i.created), "updated_at": stamp(i.updated), "closed_at": stamp(i.closed), "author_association": c.repo.association(i.author),
	}
	assignees := []object{}
	for _, login := range i.assignees {
		assignees = append(assignees, c.site.user(c.hub, login))
		v["assignee"] = assignees[0]
	}
	v["assignees"] = assignees
	if i.closedBy != "" {
		v["closed_by"] = c.site.user(c.hub, i.closedBy)
	}
	if i.pull != nil {
		v["pull_request"] = object{
			"url": c.site.in(c.repo, fmt.Sprintf("/pulls/%d", i.number)), "html_url": v["html_url"], "merged_at": stamp(i.pull.mergedAt),
			"diff_url": c.site.web(c.repo, i.path()+".diff"), "patch_url": c.site.web(c.repo, i.path()+".patch"),
		}
	}
	return v
}

// listIssues lists the newest first; pull requests are issues too.
func listIssues(c *call) reply {
	state := c.query.Get("state")
	if state == "" {
		state = "open"
	}
	var labels []string
	if s := c.query.Get("labels"); s != "" {
		labels = strings.Split(s, ",")
	}
	var found []*issue
	for _, i := range c.repo.issues {
		switch creator := c.query.Get("creator"); {
		case state != "all" && i.state != state, creator != "" && creator != i.author, !i.hasAll(labels):
		default:
			found = append(found, i)
		}
	}
	if c.query.Get("sort") == "updated" {
		slices.SortStableFunc(found, func(a, b *issue) int { return a.updated.Compare(b.updated) })
	}
	if c.query.Get("direction") != "asc" {
		slices.Reverse(found)
	}
	all := []object{}
	for _, i := range found {
		all = append(all, c.issueView(i))
	}
	return c.list(all)
}

func (i *issue) hasAll(labels []string) bool {
	for _, want := range labels {
		if !slices.ContainsFunc(i.labels, func(l string) bool { return strings.EqualFold(l, want) }) {
			return false
		}
	}
	return true
}

// newIssue gives out the next number.
func (r *Repo) newIssue(author, title, body string) *issue {
	now := r.hub.now()
	i := &issue{
		number: len(r.issues) + 1, id: r.hub.next(), title: title, body: body, author: author, state: "open", created: now, updated: now,
	}
	r.issues = append(r.issues, i)
	return i
}

// issueText reads title and body.
func issueText(f *fields, i *issue) (title, body string) {
	title, body = i.title, i.body
	var number int
	if f.has("title") && f.m["title"][0] != '"' && f.decode("title", &number) { // a number will do for a title
		title = strconv.Itoa(number)
	} else {
		title = f.atMost("title", title, 256)
	}
	body = f.text("body", body)
	switch {
	case strings.TrimSpace(title) == "":
		invalid("Issue", "title", "missing_field", "")
	case len([]rune(body)) > maxBody:
		invalid("Issue", "body", "custom", fmt.Sprintf("body is too long (maximum is %d characters)", maxBody))
	}
	return title, body
}

func createIssue(c *call) reply {
	f := c.object("Issue", "title*", "body", "labels", "assignee", "assignees", "milestone")
	title, body := issueText(f, &issue{})
	var draft issue // a refusal must not use up a number
	c.setPeople(f, &draft)
	i := c.repo.newIssue(c.login(), title, body)
	i.assignees = draft.assignees
	var labels []string
	f.decode("labels", &labels)
	c.replaceLabels(i, labels)
	return created(c.issueView(i))
}

// setPeople reads the assignees.
func (c *call) setPeople(f *fields, i *issue) {
	f.decode("assignees", &i.assignees)
	if one := f.text("assignee", ""); one != "" {
		i.assignees = []string{one}
	}
	for _, login := range i.assignees {
		if c.repo.role(login) == "none" {
			invalid("Issue", "assignees", "invalid", "")
		}
	}
}

func editIssue(c *call) reply {
	i := c.issue("write")
	f := c.object("Issue", "title", "body", "labels", "assignee", "assignees", "milestone", "state", "state_reason")
	title, body := issueText(f, i)
	state := f.oneOf("state", i.state, "open", "closed")
	reason := f.oneOf("state_reason", "", "completed", "not_planned", "duplicate", "reopened")
	if i.pull != nil && i.pull.merged && state == "open" && f.has("state") {
		invalid("Issue", "state", "custom", "state cannot be changed. The pull request has been merged.")
	}
	c.setPeople(f, i)
	i.title, i.body, i.updated = title, body, c.now
	if f.has("labels") {
		var labels []string
		f.decode("labels", &labels)
		c.replaceLabels(i, labels)
	}
	c.setState(i, state, reason)
	return ok(c.issueView(i))
}

// setState opens or closes.
func (c *call) setState(i *issue, state, reason string) {
	if state == i.state {
		return
	}
	if state == "closed" {
		i.state, i.reason, i.closed, i.closedBy = state, reason, c.now, c.login()
		if reason == "" && i.pull == nil {
			i.reason = "completed"
		}
		i.note("closed", c.login(), "", c.repo)
		return
	}
	i.state, i.reason, i.closed, i.closedBy = state, "", time.Time{}, ""
	if i.pull == nil {
		i.reason = "reopened"
	}
	i.note("reopened", c.login(), "", c.repo)
}

func listEvents(c *call) reply {
	i := c.issue("read")
	all := []object{}
	for _, e := range i.events {
		v := object{
			"id": e.id, "node_id": node("LE", e.id), "url": c.site.in(c.repo, fmt.Sprintf("/issues/events/%d", e.id)), "event": e.what,
			"actor": c.site.user(c.hub, e.actor), "commit_id": nil, "commit_url": nil, "created_at": stamp(e.at), "performed_via_github_app": nil,
		}
		if l := c.repo.label(e.label); l != nil {
			v["label"] = object{"name": l.name, "color": l.color}
		}
		all = append(all, v)
	}
	return c.list(all)
}
