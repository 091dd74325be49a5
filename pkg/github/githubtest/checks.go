package githubtest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"
)

// maxAnnotations is how many annotations one request may bring.
const maxAnnotations = 50

// A check is a check run.
type check struct {
	id                     int64
	sha, name              string
	state, conclusion      string
	externalID, detailsURL string
	title, summary, text   string
	login                  string
	started, completed     time.Time
	annotations            []object
}

var checkRoutes = []route{
	{method: "POST", path: repoPath + "/check-runs", need: "checks:write", create: true, handle: createCheck},
	{method: "PATCH", path: repoPath + "/check-runs/{check_run_id}", need: "checks:write", handle: updateCheck},
	{method: "GET", path: repoPath + "/check-runs/{check_run_id}", need: "checks:read", handle: func(c *call) reply { return ok(c.checkView(c.check())) }},
	{method: "GET", path: repoPath + "/check-runs/{check_run_id}/annotations", need: "checks:read", query: "per_page page", handle: func(c *call) reply {
		return c.list(c.check().annotations)
	}},
	{
		method: "GET", path: repoPath + "/commits/{ref...}/check-runs", need: "checks:read", handle: listChecks,
		query: "check_name status filter per_page page app_id",
	},
}

func (c *call) check() *check {
	id := c.number("check_run_id")
	for _, x := range c.repo.checks {
		if x.id == id {
			return x
		}
	}
	c.notFound()
	return nil
}

// https://docs.github.com/rest/checks/runs#create-a-check-run
func createCheck(c *call) reply {
	f := c.object("CheckRun", "name*", "head_sha*", "details_url", "external_id", "status", "started_at", "conclusion", "completed_at", "output", "actions")
	x := &check{sha: f.text("head_sha", ""), state: "queued", login: c.login(), started: c.now}
	if c.repo.git.commit(x.sha) == "" {
		refuse(http.StatusUnprocessableEntity, "No commit found for SHA: %s", x.sha)
	}
	c.fillCheck(f, x)
	x.id = c.hub.next()
	c.repo.checks = append(c.repo.checks, x)
	return created(c.checkView(x))
}

func updateCheck(c *call) reply {
	old := c.check()
	f := c.object("CheckRun", "name", "details_url", "external_id", "status", "started_at", "conclusion", "completed_at", "output", "actions")
	x := *old // a refusal must not leave it half changed
	c.fillCheck(f, &x)
	*old = x
	return ok(c.checkView(old))
}

// fillCheck reads what creating and updating have in common.
func (c *call) fillCheck(f *fields, x *check) {
	x.name = f.text("name", x.name)
	x.detailsURL, x.externalID = f.text("details_url", x.detailsURL), f.text("external_id", x.externalID)
	x.conclusion = f.oneOf("conclusion", x.conclusion, "action_required", "cancelled", "failure", "neutral", "success", "skipped", "timed_out")
	state := x.state
	if f.has("conclusion") {
		state = "completed" // a conclusion completes
	}
	x.state = f.oneOf("status", state, "queued", "in_progress", "completed", "waiting", "requested", "pending")
	f.decode("started_at", &x.started)
	f.decode("completed_at", &x.completed)
	if x.state == "completed" {
		if x.conclusion == "" {
			invalid("CheckRun", "conclusion", "missing_field", "")
		}
		if x.completed.IsZero() {
			x.completed = c.now
		}
	}
	var output json.RawMessage
	if f.decode("output", &output) {
		c.fillOutput(output, x)
	}
}

// fillOutput replaces title, summary and text, and appends annotations.
func (c *call) fillOutput(raw json.RawMessage, x *check) {
	f := &fields{c: c, kind: "CheckRun"}
	if json.Unmarshal(raw, &f.m) != nil {
		refuse(http.StatusUnprocessableEntity, "Invalid request.\n\nFor 'output', %s is not an object.", raw)
	}
	f.check([]string{"title", "summary*", "text", "annotations", "images"})
	x.title, x.summary, x.text = f.text("title", x.title), f.atMost("summary", "", 65535), f.atMost("text", x.text, 65535)
	var list []json.RawMessage
	f.decode("annotations", &list)
	if len(list) > maxAnnotations {
		refuse(http.StatusUnprocessableEntity, "Invalid request.\n\nNo more than %d items are allowed; %d were supplied.", maxAnnotations, len(list))
	}
	added := x.annotations[:len(x.annotations):len(x.annotations)]
	for _, one := range list {
		added = append(added, c.annotation(one, x))
	}
	x.annotations = added
}

func (c *call) annotation(raw json.RawMessage, x *check) object {
	f := &fields{c: c, kind: "CheckRun"}
	if json.Unmarshal(raw, &f.m) != nil {
		refuse(http.StatusUnprocessableEntity, "Invalid request.\n\nFor 'annotations', %s is not an object.", raw)
	}
	f.check([]string{"path*", "start_line*", "end_line*", "start_column", "end_column", "annotation_level*", "message*", "title", "raw_details"})
	var start, end, from, to int
	f.decode("start_line", &start)
	f.decode("end_line", &end)
	columns := f.decode("start_column", &from)
	columns = f.decode("end_column", &to) || columns
	switch {
	case end < start:
		invalid("CheckRun", "annotations", "invalid", "end_line is before start_line")
	case columns && start != end:
		invalid("CheckRun", "annotations", "invalid", "columns are for annotations of one line")
	}
	v := object{
		"path": f.text("path", ""), "start_line": start, "end_line": end, "start_column": nil, "end_column": nil,
		"annotation_level": f.oneOf("annotation_level", "", "notice", "warning", "failure"), "title": orNull(f.atMost("title", "", 255)),
		"message": f.atMost("message", "", 64<<10), "raw_details": orNull(f.atMost("raw_details", "", 64<<10)),
		"blob_href": c.site.in(c.repo, "/git/blobs/"+x.sha),
	}
	if columns {
		v["start_column"], v["end_column"] = from, to
	}
	return v
}

func (c *call) checkView(x *check) object {
	at := c.site.in(c.repo, fmt.Sprintf("/check-runs/%d", x.id))
	page := c.site.web(c.repo, fmt.Sprintf("/runs/%d", x.id))
	details := x.detailsURL
	if details == "" {
		details = page
	}
	return object{
		"id": x.id, "node_id": node("CR", x.id), "head_sha": x.sha, "name": x.name, "url": at, "html_url": page, "details_url": details,
		"status": x.state, "conclusion": orNull(x.conclusion), "started_at": stamp(x.started), "completed_at": stamp(x.completed),
		"external_id": x.externalID, "check_suite": object{"id": c.repo.id}, "app": nil, "pull_requests": []object{},
		"output": object{
			"title": orNull(x.title), "summary": orNull(x.summary), "text": orNull(x.text), "annotations_count": len(x.annotations), "annotations_url": at + "/annotations",
		},
	}
}

// listChecks lists the newest first; with filter=latest, which is the default,
// one of each name.
func listChecks(c *call) reply {
	sha := c.mustCommit(c.args["ref"])
	all, seen := []object{}, map[string]bool{}
	for _, x := range backwards(c.repo.checks) {
		name, state := c.query.Get("check_name"), c.query.Get("status")
		if x.sha != sha || name != "" && name != x.name || state != "" && state != x.state || seen[x.name] {
			continue
		}
		seen[x.name] = c.query.Get("filter") != "all"
		all = append(all, c.checkView(x))
	}
	return c.listIn("check_runs", all)
}
