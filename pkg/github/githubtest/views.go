package githubtest

import (
	"fmt"
	"strings"
	"time"
)

// stamp writes a time as GitHub does; the zero time is null.
func stamp(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UTC().Format("2006-01-02T15:04:05Z")
}

// node makes the id that GraphQL knows a thing by.
func node(kind string, id int64) string { return fmt.Sprintf("%s_kwDO%08x", kind, id) }

// in is the API's address of something in a repository.
func (s Site) in(r *Repo, path string) string { return s.API + "/repos/" + r.FullName() + path }

// web is the address for people.
func (s Site) web(r *Repo, path string) string { return s.Web + "/" + r.FullName() + path }

// orNull is a text, or null for "".
func orNull(text string) any {
	if text == "" {
		return nil
	}
	return text
}

func (s Site) user(h *Hub, login string) object {
	if login == "" {
		return nil
	}
	at, id := s.API+"/users/"+login, h.userID(login)
	kind := "User"
	if strings.HasSuffix(login, "[bot]") {
		kind = "Bot"
	}
	u := object{
		"login": login, "id": id, "node_id": node("U", id), "type": kind, "site_admin": false, "gravatar_id": "",
		"avatar_url": fmt.Sprintf("%s/avatars/u/%d", s.Web, id), "html_url": s.Web + "/" + strings.TrimSuffix(login, "[bot]"), "url": at,
		"following_url": at + "/following{/other_user}", "gists_url": at + "/gists{/gist_id}", "starred_url": at + "/starred{/owner}{/repo}",
		"events_url": at + "/events{/privacy}", "organizations_url": at + "/orgs",
	}
	for _, name := range []string{"followers", "repos", "received_events", "subscriptions"} {
		u[name+"_url"] = at + "/" + name
	}
	return u
}

// repoLinks are the addresses that every view of a repository has, after its own.
var repoLinks = map[string]string{
	"archive": "/{archive_format}{/ref}", "assignees": "/assignees{/user}", "blobs": "/git/blobs{/sha}", "branches": "/branches{/branch}",
	"collaborators": "/collaborators{/collaborator}", "comments": "/comments{/number}", "commits": "/commits{/sha}",
	"compare": "/compare/{base}...{head}", "contents": "/contents/{+path}", "contributors": "/contributors", "deployments": "/deployments",
	"downloads": "/downloads", "events": "/events", "forks": "/forks", "git_commits": "/git/commits{/sha}", "git_refs": "/git/refs{/sha}",
	"git_tags": "/git/tags{/sha}", "hooks": "/hooks", "issue_comment": "/issues/comments{/number}", "issue_events": "/issues/events{/number}",
	"issues": "/issues{/number}", "keys": "/keys{/key_id}", "labels": "/labels{/name}", "languages": "/languages", "merges": "/merges",
	"milestones": "/milestones{/number}", "notifications": "/notifications{?since,all,participating}", "pulls": "/pulls{/number}",
	"releases": "/releases{/id}", "stargazers": "/stargazers", "statuses": "/statuses/{sha}", "subscribers": "/subscribers",
	"subscription": "/subscription", "tags": "/tags", "teams": "/teams", "trees": "/git/trees{/sha}",
}

// smallRepo is the repository as it is named inside other things.
func (s Site) smallRepo(r *Repo) object {
	v := object{
		"id": r.id, "node_id": node("R", r.id), "name": r.Name, "full_name": r.FullName(), "owner": s.user(r.hub, r.Owner),
		"private": true, "fork": r.parent != nil, "description": nil, "url": s.in(r, ""), "html_url": s.web(r, ""),
	}
	for name, path := range repoLinks {
		v[name+"_url"] = s.in(r, path)
	}
	return v
}

// fullRepo is the repository with everything.
func (s Site) fullRepo(r *Repo) object {
	v := s.smallRepo(r)
	git := s.web(r, ".git")
	for name, value := range map[string]any{
		"clone_url": git, "git_url": git, "ssh_url": git, "svn_url": s.web(r, ""), "default_branch": "main", "homepage": nil, "language": nil,
		"mirror_url": nil, "license": nil, "pushed_at": stamp(r.created), "created_at": stamp(r.created), "updated_at": stamp(r.created),
		"visibility": "private",
	} {
		v[name] = value
	}
	for _, name := range []string{"has_downloads", "has_issues", "has_projects", "has_wiki"} {
		v[name] = true
	}
	for _, name := range []string{"has_pages", "has_discussions", "archived", "disabled"} {
		v[name] = false
	}
	for _, name := range []string{
		"forks", "forks_count", "open_issues", "open_issues_count", "size", "stargazers_count", "watchers", "watchers_count", "network_count", "subscribers_count",
	} {
		v[name] = 0
	}
	open := 0
	for _, i := range r.issues {
		if i.state == "open" {
			open++
		}
	}
	v["open_issues"], v["open_issues_count"] = open, open
	if r.parent != nil {
		v["parent"], v["source"] = s.parentRepo(r.parent), s.parentRepo(r.parent)
	}
	return v
}

func (s Site) parentRepo(r *Repo) object {
	v := s.fullRepo(r)
	delete(v, "parent")
	delete(v, "source")
	return v
}
