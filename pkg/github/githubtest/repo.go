package githubtest

import (
	"fmt"
	"net/http"
	"slices"
	"time"
)

// A Repo is a repository: a bare git repository on disk, and what GitHub keeps
// beside it.
type Repo struct {
	Owner, Name string

	hub     *Hub
	id      int64
	created time.Time
	git     gitDir
	parent  *Repo // of a fork

	roles        map[string]string   // by login
	protected    map[string][]string // contexts by branch
	environments map[string]int64    // ids by name
	issues       []*issue            // and pull requests: number n is at n-1
	labels       []*label
	statuses     []*status
	checks       []*check
	deployments  []*deployment
	releases     []*release
	runs         []*Run
	artifacts    []*artifact
	large        map[string][]byte // files in Git LFS, by the hash that names them
}

// FullName is "owner/name".
func (r *Repo) FullName() string { return r.Owner + "/" + r.Name }

// Dir is the path of the bare git repository.
func (r *Repo) Dir() string { return r.git.path }

// lock locks the hub, and returns how to unlock it.
func (r *Repo) lock() (unlock func()) {
	r.hub.mu.Lock()
	return r.hub.mu.Unlock
}

// Commit writes files to a branch as a user's push would, and returns the
// commit. A branch that is not there begins at main. An empty text removes the
// file.
func (r *Repo) Commit(branch, message string, files map[string]string) string {
	defer r.lock()()
	from := r.git.branch(branch)
	if from == "" {
		from = r.git.branch("main")
	}
	sha := r.git.write(branch, from, r.Owner, message, files)
	r.pushed()
	return sha
}

// Head returns the commit of a branch, "" if there is none.
func (r *Repo) Head(branch string) string { return r.git.branch(branch) }

// Fork makes a copy of the repository for another owner; pull requests may
// come from there.
func (r *Repo) Fork(owner string) *Repo {
	defer r.lock()()
	f := r.hub.newRepo(owner + "/" + r.Name)
	f.parent = r
	f.git.must("clone", "--quiet", "--bare", "--no-hardlinks", r.git.path, f.git.path)
	f.git.must("remote", "remove", "origin")
	return f
}

// SetRole gives a person a role: admin, maintain, write, triage, read or none.
// The owner is an admin from the beginning.
func (r *Repo) SetRole(login, role string) {
	if !slices.Contains([]string{"admin", "maintain", "write", "triage", "read", "none"}, role) {
		panic(fmt.Sprintf("githubtest: no role %q", role))
	}
	defer r.lock()()
	r.hub.userID(login)
	r.roles[login] = role
}

func (r *Repo) role(login string) string {
	if role := r.roles[login]; role != "" {
		return role
	}
	return "none"
}

// Protect makes merging into a branch wait for statuses of these contexts.
func (r *Repo) Protect(branch string, contexts ...string) {
	defer r.lock()()
	r.protected[branch] = contexts
}

// AddEnvironment adds an environment for deployments.
func (r *Repo) AddEnvironment(name string) {
	defer r.lock()()
	r.environments[name] = r.hub.next()
}

var repoRoutes = []route{
	{method: "GET", path: repoPath, need: "metadata:read", handle: func(c *call) reply { return ok(c.site.fullRepo(c.repo)) }},
	{method: "GET", path: repoPath + "/collaborators/{username}/permission", need: "metadata:read", handle: permission},
	{method: "GET", path: repoPath + "/environments/{environment_name}", need: "actions:read", handle: environment},
	{method: "GET", path: "/user", handle: user},
}

// https://docs.github.com/rest/collaborators/collaborators#get-repository-permissions-for-a-user
func permission(c *call) reply {
	login := c.args["username"]
	if c.hub.users[login] == 0 {
		c.notFound()
	}
	role := c.repo.role(login)
	level := map[string]string{"maintain": "write", "triage": "read"}[role]
	if level == "" {
		level = role
	}
	who := c.site.user(c.hub, login)
	who["role_name"] = role
	return ok(object{"permission": level, "role_name": role, "user": who})
}

func environment(c *call) reply {
	name := c.args["environment_name"]
	id := c.repo.environments[name]
	if id == 0 {
		c.notFound()
	}
	return ok(object{
		"id": id, "node_id": node("EN", id), "name": name, "url": c.site.in(c.repo, "/environments/"+name),
		"html_url": c.site.web(c.repo, "/deployments/activity_log?environments_filter="+name), "created_at": stamp(c.repo.created), "updated_at": stamp(c.repo.created),
		"protection_rules": []object{}, "deployment_branch_policy": nil,
	})
}

// user is for people only: an installation is nobody.
func user(c *call) reply {
	if c.token.Kind != Personal {
		refuse(http.StatusForbidden, "Resource not accessible by integration")
	}
	u := c.site.user(c.hub, c.token.Login)
	for _, name := range []string{"bio", "blog", "company", "email", "hireable", "location", "name"} {
		u[name] = nil
	}
	for _, name := range []string{"followers", "following", "public_gists", "public_repos"} {
		u[name] = 0
	}
	u["created_at"], u["updated_at"], u["user_view_type"] = stamp(c.now), stamp(c.now), "public"
	return ok(u)
}
