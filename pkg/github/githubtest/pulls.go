package githubtest

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// A pull is what a pull request has more than an issue.
type pull struct {
	head             *Repo // the repository or a fork
	headRef, baseRef string
	headSHA, baseSHA string
	before           string // headSHA before the last push
	testMerge        string // of refs/pull/N/merge, "" when they conflict
	draft            bool
	reviews          []*review

	merged    bool
	mergedAt  time.Time
	mergedBy  string
	mergedSHA string
}

var pullRoutes = []route{
	{method: "GET", path: repoPath + "/pulls", need: "pull-requests:read", query: "state head base sort direction per_page page", handle: listPulls},
	{method: "POST", path: repoPath + "/pulls", need: "pull-requests:write", create: true, handle: createPull},
	{method: "GET", path: repoPath + "/pulls/{pull_number}", need: "pull-requests:read", handle: func(c *call) reply { return ok(c.pullView(c.pull())) }},
	{method: "PATCH", path: repoPath + "/pulls/{pull_number}", need: "pull-requests:write", handle: editPull},
	{method: "GET", path: repoPath + "/pulls/{pull_number}/files", need: "pull-requests:read", query: "per_page page", handle: listFiles},
	{method: "GET", path: repoPath + "/pulls/{pull_number}/merge", need: "pull-requests:read", handle: isMerged},
	{method: "PUT", path: repoPath + "/pulls/{pull_number}/merge", need: "contents:write", handle: mergePull},
	{method: "GET", path: repoPath + "/commits/{commit_sha}/pulls", need: "pull-requests:read", query: "per_page page", handle: pullsOfCommit},
}

// pull finds the pull request that the path names.
func (c *call) pull() *issue {
	n := c.number("pull_number")
	if n < 1 || n > int64(len(c.repo.issues)) || c.repo.issues[n-1].pull == nil {
		c.notFound()
	}
	return c.repo.issues[n-1]
}

// end is the head or base of a pull request.
func (s Site) end(r *Repo, ref, sha string) object {
	return object{"label": r.Owner + ":" + ref, "ref": ref, "sha": sha, "user": s.user(r.hub, r.Owner), "repo": s.fullRepo(r)}
}

// simplePull is a pull request as lists have it.
func (s Site) simplePull(r *Repo, i *issue) object {
	p, at, page := i.pull, s.in(r, fmt.Sprintf("/pulls/%d", i.number)), s.web(r, i.path())
	issueAt := s.in(r, fmt.Sprintf("/issues/%d", i.number))
	statuses := s.in(r, "/statuses/"+p.headSHA)
	v := object{
		"id": i.id + 1, "node_id": node("PR", i.id+1), "number": i.number, "url": at, "html_url": page, "diff_url": page + ".diff", "patch_url": page + ".patch",
		"issue_url": issueAt, "commits_url": at + "/commits", "review_comments_url": at + "/comments", "review_comment_url": at + "/comments{/number}",
		"comments_url": issueAt + "/comments", "statuses_url": statuses, "state": i.state, "locked": false, "title": i.title, "body": orNull(i.body),
		"user": s.user(r.hub, i.author), "labels": s.labels(r, i), "assignee": nil, "assignees": []object{}, "milestone": nil, "draft": p.draft,
		"requested_reviewers": []object{}, "requested_teams": []object{}, "auto_merge": nil, "author_association": r.association(i.author),
		"created_at": stamp(i.created), "updated_at": stamp(i.updated), "closed_at": stamp(i.closed), "merged_at": stamp(p.mergedAt),
		"merge_commit_sha": orNull(p.testMerge), "head": s.end(p.head, p.headRef, p.headSHA), "base": s.end(r, p.baseRef, p.baseSHA),
	}
	if p.merged {
		v["merge_commit_sha"] = p.mergedSHA
	}
	links := object{}
	for name, to := range map[string]any{
		"self": at, "html": page, "issue": issueAt, "comments": issueAt + "/comments", "review_comments": at + "/comments",
		"review_comment": at + "/comments{/number}", "commits": at + "/commits", "statuses": statuses,
	} {
		links[name] = object{"href": to}
	}
	v["_links"] = links
	return v
}

// fullPull is a pull request by itself.
func (s Site) fullPull(r *Repo, i *issue) object {
	v, p := s.simplePull(r, i), i.pull
	files := r.files(p.baseSHA, p.headSHA)
	added, removed := 0, 0
	for _, f := range files {
		added, removed = added+f.added, removed+f.removed
	}
	v["merged"], v["merged_by"], v["mergeable"], v["mergeable_state"] = p.merged, nil, nil, "unknown"
	if p.merged {
		v["merged_by"] = s.user(r.hub, p.mergedBy)
	} else if i.state == "open" {
		v["mergeable"], v["mergeable_state"] = p.testMerge != "", "clean"
		if p.testMerge == "" {
			v["mergeable_state"] = "dirty"
		}
	}
	v["comments"], v["review_comments"], v["maintainer_can_modify"] = len(i.comments), 0, false
	v["commits"], v["additions"], v["deletions"], v["changed_files"] = r.git.count(p.baseSHA+".."+p.headSHA), added, removed, len(files)
	return v
}

func (c *call) pullView(i *issue) object {
	c.repo.pushed()
	return c.site.fullPull(c.repo, i)
}

func listPulls(c *call) reply {
	c.repo.pushed()
	state := c.query.Get("state")
	if state == "" {
		state = "open"
	}
	var found []*issue
	for _, i := range c.repo.issues {
		if i.pull == nil || state != "all" && i.state != state {
			continue
		}
		head, base := c.query.Get("head"), c.query.Get("base")
		// A head without an owner is ignored, as GitHub does.
		if strings.Contains(head, ":") && head != i.pull.head.Owner+":"+i.pull.headRef || base != "" && base != i.pull.baseRef {
			continue
		}
		found = append(found, i)
	}
	if by := c.query.Get("sort"); by == "updated" {
		slices.SortStableFunc(found, func(a, b *issue) int { return a.updated.Compare(b.updated) })
	}
	if c.query.Get("direction") != "asc" {
		slices.Reverse(found)
	}
	all := []object{}
	for _, i := range found {
		all = append(all, c.site.simplePull(c.repo, i))
	}
	return c.list(all)
}

func createPull(c *call) reply {
	if c.token.Kind == Actions && c.hub.mood.NoActionsPulls {
		refuse(http.StatusForbidden, "GitHub Actions is not permitted to create or approve pull requests.")
	}
	c.repo.pushed()
	f := c.object("PullRequest", "title*", "head*", "base*", "body", "draft", "maintainer_can_modify", "head_repo")
	title, body := issueText(f, &issue{})
	p := Pull{Title: title, Body: body, Head: f.text("head", ""), Base: f.text("base", ""), Author: c.login(), Draft: f.flag("draft", false)}
	i, field, why := c.repo.openPull(p)
	if i == nil {
		code := "invalid"
		if why != "" {
			code = "custom"
		}
		invalid("PullRequest", field, code, why)
	}
	return created(c.pullView(i))
}

func editPull(c *call) reply {
	i := c.pull()
	f := c.object("PullRequest", "title", "body", "state", "base", "maintainer_can_modify")
	title, body := issueText(f, i)
	state := f.oneOf("state", i.state, "open", "closed")
	base := f.text("base", i.pull.baseRef)
	switch {
	case c.repo.git.branch(base) == "":
		invalid("PullRequest", "base", "invalid", "")
	case i.pull.merged && state == "open" && f.has("state"):
		invalid("PullRequest", "state", "custom", "state cannot be changed. The pull request has been merged.")
	}
	i.title, i.body, i.updated = title, body, c.now
	if base != i.pull.baseRef {
		i.pull.baseRef, i.pull.baseSHA = base, ""
	}
	c.setState(i, state, "")
	return ok(c.pullView(i))
}

// pullsOfCommit lists the pull requests that brought a commit: the one that
// merged it, or, for a commit that is not on main, those that have it.
//
// https://docs.github.com/rest/commits/commits#list-pull-requests-associated-with-a-commit
func pullsOfCommit(c *call) reply {
	c.repo.pushed()
	sha := c.mustCommit(c.args["commit_sha"])
	onMain := c.repo.git.isAncestor(sha, "refs/heads/main")
	all := []object{}
	for _, i := range c.repo.issues {
		switch p := i.pull; {
		case p == nil, onMain && !p.merged:
		case p.merged && p.mergedSHA == sha, c.repo.brings(p, sha):
			all = append(all, c.site.simplePull(c.repo, i))
		}
	}
	return c.list(all)
}

// brings says whether a commit is one of the pull request's own.
func (r *Repo) brings(p *pull, sha string) bool {
	return r.git.isAncestor(sha, p.headSHA) && !r.git.isAncestor(sha, p.baseSHA)
}
