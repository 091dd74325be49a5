package githubtest

import (
	"fmt"
	"net/http"
	"regexp"
	"time"
)

// maxStatuses is how many statuses one commit may have in one context.
const maxStatuses = 1000

type status struct {
	id                                          int64
	sha, context, state, description, targetURL string
	login                                       string
	created                                     time.Time
}

var statusRoutes = []route{
	{method: "POST", path: repoPath + "/statuses/{sha}", need: "statuses:write", create: true, handle: createStatus},
	{method: "GET", path: repoPath + "/commits/{ref...}/status", need: "statuses:read", query: "per_page page", handle: combinedStatus},
	{method: "GET", path: repoPath + "/commits/{ref...}/statuses", need: "statuses:read", query: "per_page page", handle: listStatuses},
}

var fullSHA = regexp.MustCompile(`^[0-9a-f]{40}$`)

// https://docs.github.com/rest/commits/statuses#create-a-commit-status
func createStatus(c *call) reply {
	sha := c.args["sha"]
	if !fullSHA.MatchString(sha) || c.repo.git.commit(sha) == "" {
		refuse(http.StatusUnprocessableEntity, "No commit found for SHA: %s", sha)
	}
	f := c.object("Status", "state*", "target_url", "description", "context")
	s := &status{
		sha: sha, state: f.oneOf("state", "", "error", "failure", "pending", "success"), context: f.text("context", "default"),
		// assumed: 140 characters, as for a deployment's status.
		description: f.atMost("description", "", 140), targetURL: f.text("target_url", ""), login: c.login(), created: c.now,
	}
	n := 0
	for _, old := range c.repo.statuses {
		if old.sha == sha && old.context == s.context {
			n++
		}
	}
	if n >= maxStatuses {
		invalid("Status", "base", "custom", "This SHA and context has reached the maximum number of statuses.")
	}
	s.id = c.hub.next()
	c.repo.statuses = append(c.repo.statuses, s)
	return created(c.statusView(s, true))
}

func (c *call) statusView(s *status, full bool) object {
	v := object{
		"id": s.id, "node_id": node("SC", s.id), "url": c.site.in(c.repo, "/statuses/"+s.sha), "state": s.state, "context": s.context,
		"description": orNull(s.description), "target_url": orNull(s.targetURL), "created_at": stamp(s.created), "updated_at": stamp(s.created),
		"avatar_url": fmt.Sprintf("%s/avatars/u/%d", c.site.Web, c.hub.userID(s.login)),
	}
	if full {
		v["creator"] = c.site.user(c.hub, s.login)
	}
	return v
}

// lastStatus is the newest status in a context, nil for none.
func (r *Repo) lastStatus(sha, context string) *status {
	for _, s := range backwards(r.statuses) {
		if s.sha == sha && s.context == context {
			return s
		}
	}
	return nil
}

// latest are the newest statuses of every context, in the order in which the
// contexts came.
func (r *Repo) latest(sha string) (list []*status) {
	seen := map[string]bool{}
	for _, s := range r.statuses {
		if s.sha == sha && !seen[s.context] {
			seen[s.context] = true
			list = append(list, r.lastStatus(sha, s.context))
		}
	}
	return list
}

// combined is one state for all of them.
func combined(list []*status) string {
	state := "success"
	if len(list) == 0 {
		return "pending"
	}
	for _, s := range list {
		switch {
		case s.state == "error" || s.state == "failure":
			return "failure"
		case s.state == "pending":
			state = "pending"
		}
	}
	return state
}

func combinedStatus(c *call) reply {
	sha := c.repo.resolve(c.args["ref"])
	if sha == "" {
		c.notFound()
	}
	latest := c.repo.latest(sha)
	all := []object{}
	for _, s := range latest {
		all = append(all, c.statusView(s, false))
	}
	part, rep := c.page(all)
	rep.body = object{
		"state": combined(latest), "sha": sha, "total_count": len(all), "statuses": part, "repository": c.site.smallRepo(c.repo),
		"commit_url": c.site.in(c.repo, "/commits/"+sha), "url": c.site.in(c.repo, "/commits/"+sha+"/status"),
	}
	return rep
}

// listStatuses lists the newest first.
func listStatuses(c *call) reply {
	sha := c.mustCommit(c.args["ref"])
	all := []object{}
	for _, s := range backwards(c.repo.statuses) {
		if s.sha == sha {
			all = append(all, c.statusView(s, true))
		}
	}
	return c.list(all)
}
