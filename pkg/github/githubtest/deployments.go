package githubtest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"
)

type deployment struct {
	id                                              int64
	sha, ref, task, environment, description, login string
	payload                                         json.RawMessage
	production, transient                           bool
	created, updated                                time.Time
	statuses                                        []*deploymentStatus
}

type deploymentStatus struct {
	id                                                  int64
	state, description, environment, envURL, logURL, by string
	created                                             time.Time
}

var deploymentRoutes = []route{
	{method: "POST", path: repoPath + "/deployments", need: "deployments:write", create: true, handle: createDeployment},
	{method: "GET", path: repoPath + "/deployments", need: "deployments:read", query: "sha ref task environment per_page page", handle: listDeployments},
	{method: "GET", path: repoPath + "/deployments/{deployment_id}", need: "deployments:read", handle: func(c *call) reply {
		return ok(c.deploymentView(c.deployment()))
	}},
	{method: "POST", path: repoPath + "/deployments/{deployment_id}/statuses", need: "deployments:write", create: true, handle: createDeploymentStatus},
	{method: "GET", path: repoPath + "/deployments/{deployment_id}/statuses", need: "deployments:read", query: "per_page page", handle: func(c *call) reply {
		d, all := c.deployment(), []object{}
		for _, s := range backwards(d.statuses) {
			all = append(all, c.deploymentStatusView(d, s))
		}
		return c.list(all)
	}},
}

func (c *call) deployment() *deployment {
	id := c.number("deployment_id")
	for _, d := range c.repo.deployments {
		if d.id == id {
			return d
		}
	}
	c.notFound()
	return nil
}

// https://docs.github.com/rest/deployments/deployments#create-a-deployment
func createDeployment(c *call) reply {
	f := c.object("Deployment", "ref*", "task", "auto_merge", "required_contexts", "payload", "environment", "description", "transient_environment", "production_environment")
	d := &deployment{
		ref: f.text("ref", ""), task: f.text("task", "deploy"), environment: f.text("environment", "production"), description: f.text("description", ""),
		payload: json.RawMessage("{}"), transient: f.flag("transient_environment", false), login: c.login(), created: c.now, updated: c.now,
	}
	d.production = f.flag("production_environment", d.environment == "production")
	if f.has("payload") {
		d.payload = f.m["payload"]
	}
	if d.sha = c.repo.resolve(d.ref); d.sha == "" {
		refuse(http.StatusUnprocessableEntity, "No ref found for: %s", d.ref)
	}
	if f.flag("auto_merge", true) {
		if rep := c.autoMerge(d); rep != nil {
			return *rep
		}
	}
	c.requireGreen(f, d)
	d.id = c.hub.next()
	c.repo.deployments = append(c.repo.deployments, d)
	return created(c.deploymentView(d))
}

// autoMerge merges main into a branch that is behind it, instead of deploying.
func (c *call) autoMerge(d *deployment) *reply {
	git := c.repo.git
	if git.branch(d.ref) == "" || git.isAncestor("refs/heads/main", d.sha) {
		return nil
	}
	sha, merged := git.merge(d.sha, git.branch("main"), "Merge branch 'main' into "+d.ref, false)
	if !merged {
		refuse(http.StatusConflict, "Conflict merging main into %s.", d.ref)
	}
	git.must("update-ref", "refs/heads/"+d.ref, sha, d.sha)
	c.repo.pushed()
	return &reply{status: http.StatusAccepted, body: object{"message": "Auto-merged main into " + d.ref + " on deployment."}}
}

// requireGreen refuses a commit that has contexts which are not green: those
// that the caller names, or all. None at all is green.
func (c *call) requireGreen(f *fields, d *deployment) {
	var wanted []string
	if !f.decode("required_contexts", &wanted) {
		for _, s := range c.repo.latest(d.sha) {
			wanted = append(wanted, s.context)
		}
		for _, x := range c.repo.checks {
			if x.sha == d.sha {
				wanted = append(wanted, x.name)
			}
		}
	}
	var contexts []object
	for _, name := range wanted {
		if state := c.repo.contextState(d.sha, name); state != "success" {
			contexts = append(contexts, object{"context": name, "state": state})
		}
	}
	if len(contexts) > 0 {
		r := problem(http.StatusConflict, "Conflict: Commit status checks failed for %s.", d.ref)
		r.body.(object)["errors"] = []object{{"contexts": contexts, "resource": "Deployment", "field": "required_contexts", "code": "invalid"}}
		panic(refusal{r})
	}
}

// contextState is the state of a status or check run by its name.
func (r *Repo) contextState(sha, name string) string {
	if s := r.lastStatus(sha, name); s != nil {
		return s.state
	}
	for _, x := range backwards(r.checks) {
		if x.sha != sha || x.name != name {
			continue
		}
		switch x.conclusion {
		case "":
			return "pending"
		case "success", "neutral", "skipped":
			return "success"
		}
		return "failure"
	}
	return "pending"
}

func (c *call) deploymentView(d *deployment) object {
	at := c.site.in(c.repo, fmt.Sprintf("/deployments/%d", d.id))
	return object{
		"id": d.id, "node_id": node("DE", d.id), "url": at, "sha": d.sha, "ref": d.ref, "task": d.task, "payload": d.payload, "environment": d.environment,
		"original_environment": d.environment, "description": orNull(d.description), "creator": c.site.user(c.hub, d.login),
		"created_at": stamp(d.created), "updated_at": stamp(d.updated), "statuses_url": at + "/statuses", "repository_url": c.site.in(c.repo, ""),
		"transient_environment": d.transient, "production_environment": d.production,
	}
}

// listDeployments lists the newest first.
func listDeployments(c *call) reply {
	all := []object{}
	for _, d := range backwards(c.repo.deployments) {
		fits := true
		for name, value := range map[string]string{"sha": d.sha, "ref": d.ref, "task": d.task, "environment": d.environment} {
			want := c.query.Get(name)
			fits = fits && (want == "" || want == "none" || want == value)
		}
		if fits {
			all = append(all, c.deploymentView(d))
		}
	}
	return c.list(all)
}

func (c *call) deploymentStatusView(d *deployment, s *deploymentStatus) object {
	at := c.site.in(c.repo, fmt.Sprintf("/deployments/%d", d.id))
	return object{
		"id": s.id, "node_id": node("DES", s.id), "url": fmt.Sprintf("%s/statuses/%d", at, s.id), "state": s.state, "description": s.description,
		"environment": s.environment, "environment_url": s.envURL, "log_url": s.logURL, "target_url": s.logURL, "creator": c.site.user(c.hub, s.by),
		"created_at": stamp(s.created), "updated_at": stamp(s.created), "deployment_url": at, "repository_url": c.site.in(c.repo, ""),
	}
}

// https://docs.github.com/rest/deployments/statuses#create-a-deployment-status
func createDeploymentStatus(c *call) reply {
	d := c.deployment()
	f := c.object("DeploymentStatus", "state*", "target_url", "log_url", "description", "environment", "environment_url", "auto_inactive")
	s := &deploymentStatus{
		state:       f.oneOf("state", "", "error", "failure", "inactive", "in_progress", "queued", "pending", "success"),
		description: f.atMost("description", "", 140), environment: f.text("environment", d.environment), envURL: f.text("environment_url", ""),
		logURL: f.text("log_url", f.text("target_url", "")), by: c.login(), created: c.now,
	}
	s.id = c.hub.next()
	d.statuses, d.environment, d.updated = append(d.statuses, s), s.environment, c.now
	if s.state == "success" && f.flag("auto_inactive", true) {
		c.deactivate(d)
	}
	return created(c.deploymentStatusView(d, s))
}

// deactivate adds inactive to what was deployed to the environment before,
// unless that is for good: production or transient.
func (c *call) deactivate(now *deployment) {
	for _, d := range c.repo.deployments {
		if d == now || d.environment != now.environment || d.production || d.transient || d.state() != "success" {
			continue
		}
		d.statuses = append(d.statuses, &deploymentStatus{id: c.hub.next(), state: "inactive", environment: d.environment, by: c.login(), created: c.now})
	}
}

// state is the newest status, "" for none.
func (d *deployment) state() string {
	if len(d.statuses) == 0 {
		return ""
	}
	return d.statuses[len(d.statuses)-1].state
}
