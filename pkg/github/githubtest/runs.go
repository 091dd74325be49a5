package githubtest

import (
	"fmt"
	"strings"
	"time"
)

// A Run is a workflow run: what Actions would start for an event.
type Run struct {
	ID         int64
	Event      string // pull_request, push, merge_group, schedule, repository_dispatch or workflow_dispatch
	Workflow   string // name; "" in Environ is the event
	Job        string
	Actor      string
	Ref        string // GITHUB_REF
	SHA        string // GITHUB_SHA: the merge commit for pull_request
	HeadSHA    string
	HeadBranch string

	repo, head *Repo
	pull       *issue // nil but for pull_request
	payload    func(Site) object
	number     int
	attempt    int
	created    time.Time
	conclusion string // "" while it runs
}

// newRun starts a run. It needs the hub's lock.
func (r *Repo) newRun(run Run) *Run {
	run.ID, run.repo, run.created, run.number, run.attempt = r.hub.next(), r, r.hub.now(), len(r.runs)+1, 1
	if run.head == nil {
		run.head = r
	}
	if run.Workflow == "" {
		run.Workflow = run.Event
	}
	if run.Job == "" {
		run.Job = "qdeploy"
	}
	r.runs = append(r.runs, &run)
	return &run
}

// Again starts another attempt of the run: same commit, same id.
func (run *Run) Again() {
	defer run.repo.lock()()
	run.attempt++
	run.conclusion = ""
}

// Finish ends the run: success, failure, cancelled, …
func (run *Run) Finish(conclusion string) {
	defer run.repo.lock()()
	run.conclusion = conclusion
}

func (s Site) run(run *Run) object {
	r := run.repo
	at := s.in(r, fmt.Sprintf("/actions/runs/%d", run.ID))
	state := "in_progress"
	if run.conclusion != "" {
		state = "completed"
	}
	pulls := []object{}
	if i := run.pull; i != nil && run.head == r { // empty for forks
		pulls = append(pulls, object{
			"id": i.id + 1, "number": i.number, "url": s.in(r, fmt.Sprintf("/pulls/%d", i.number)),
			"head": s.runEnd(run.head, i.pull.headRef, run.HeadSHA), "base": s.runEnd(r, i.pull.baseRef, i.pull.baseSHA),
		})
	}
	head := s.commit(r, run.HeadSHA)["commit"].(object)
	return object{
		"id": run.ID, "node_id": node("WFR", run.ID), "name": run.Workflow, "head_branch": orNull(run.HeadBranch), "head_sha": run.HeadSHA,
		"path": ".github/workflows/" + run.Workflow + ".yml", "run_number": run.number, "run_attempt": run.attempt, "event": run.Event,
		"display_title": r.subject(run.HeadSHA), "status": state, "conclusion": orNull(run.conclusion), "workflow_id": r.id, "pull_requests": pulls,
		"url": at, "html_url": s.web(r, fmt.Sprintf("/actions/runs/%d", run.ID)), "jobs_url": at + "/jobs", "logs_url": at + "/logs",
		"check_suite_url": s.in(r, fmt.Sprintf("/check-suites/%d", run.ID)), "artifacts_url": at + "/artifacts", "cancel_url": at + "/cancel",
		"rerun_url": at + "/rerun", "workflow_url": s.in(r, fmt.Sprintf("/actions/workflows/%d", r.id)), "previous_attempt_url": nil,
		"created_at": stamp(run.created), "updated_at": stamp(run.created), "run_started_at": stamp(run.created),
		"actor": s.user(r.hub, run.Actor), "triggering_actor": s.user(r.hub, run.Actor),
		"head_commit": object{
			"id": run.HeadSHA, "tree_id": head["tree"].(object)["sha"], "message": head["message"], "timestamp": head["committer"].(object)["date"],
			"author": person(head["author"].(object)), "committer": person(head["committer"].(object)),
		},
		"repository": s.smallRepo(r), "head_repository": s.smallRepo(run.head),
	}
}

func person(o object) object { return object{"name": o["name"], "email": o["email"]} }

func (s Site) runEnd(r *Repo, ref, sha string) object {
	return object{"ref": ref, "sha": sha, "repo": object{"id": r.id, "url": s.in(r, ""), "name": r.Name}}
}

// short is what GITHUB_REF_NAME has.
func short(ref string) string {
	for _, prefix := range []string{"refs/heads/", "refs/tags/", "refs/pull/"} {
		if name, ok := strings.CutPrefix(ref, prefix); ok {
			return name
		}
	}
	return ref
}
