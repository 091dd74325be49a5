package githubtest

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// PullRun starts what a pull_request event starts: opened, synchronize,
// reopened, labeled, unlabeled, closed or another activity. The label is for
// labeled and unlabeled. A pull request that conflicts starts nothing: it panics.
//
// https://docs.github.com/webhooks/webhook-events-and-payloads#pull_request
func (r *Repo) PullRun(number int, action string, label ...string) *Run {
	defer r.lock()()
	r.pushed()
	i := r.mustPull(number)
	p := i.pull
	if p.testMerge == "" && !p.merged {
		panic(fmt.Sprintf("githubtest: #%d conflicts: no workflow runs", number))
	}
	sha, ref := p.testMerge, fmt.Sprintf("refs/pull/%d/merge", number)
	if p.merged { // closed
		sha, ref = p.mergedSHA, "refs/heads/"+p.baseRef
	}
	return r.newRun(Run{
		Event: "pull_request", Actor: i.author, Ref: ref, SHA: sha, HeadSHA: p.headSHA, HeadBranch: p.headRef, head: p.head, pull: i,
		payload: func(s Site) object {
			v := object{"action": action, "number": number, "pull_request": s.fullPull(r, i)}
			if action == "synchronize" {
				v["before"], v["after"] = p.before, p.headSHA
			}
			for _, name := range label {
				if l := r.label(name); l != nil {
					v["label"] = s.label(r, l)
				}
			}
			return v
		},
	})
}

// PushRun starts what a push to a branch starts. before is the commit that the
// branch had, "" for a new branch.
func (r *Repo) PushRun(branch, before, actor string) *Run {
	defer r.lock()()
	r.pushed()
	ref := "refs/heads/" + branch
	sha := r.git.commit(ref)
	if sha == "" {
		panic(fmt.Sprintf("githubtest: %s has no branch %q", r.FullName(), branch))
	}
	span := before + ".." + sha
	if before == "" {
		before, span = strings.Repeat("0", 40), sha+"^!"
	}
	return r.newRun(Run{
		Event: "push", Actor: actor, Ref: ref, SHA: sha, HeadSHA: sha, HeadBranch: branch,
		payload: func(s Site) object {
			commits := []object{}
			for id := range strings.FieldsSeq(r.git.must("rev-list", "--reverse", span)) {
				commits = append(commits, s.pushedCommit(r, id))
			}
			return object{
				"ref": ref, "before": before, "after": sha, "created": strings.Trim(before, "0") == "", "deleted": false, "forced": false, "base_ref": nil,
				"compare": s.web(r, "/compare/"+before+"..."+sha), "commits": commits, "head_commit": s.pushedCommit(r, sha),
				"pusher": object{"name": actor, "email": actor + "@users.noreply.github.com"},
			}
		},
	})
}

func (s Site) pushedCommit(r *Repo, sha string) object {
	c := s.commit(r, sha)["commit"].(object)
	return object{
		"id": sha, "tree_id": c["tree"].(object)["sha"], "message": c["message"], "distinct": true, "url": s.web(r, "/commit/"+sha),
		"timestamp": c["committer"].(object)["date"], "author": person(c["author"].(object)), "committer": person(c["committer"].(object)),
	}
}

// MergeGroupRun starts what the merge queue starts for a pull request: its
// branch is gh-readonly-queue/BASE/pr-N-SHA, with the merge commit.
func (r *Repo) MergeGroupRun(number int) *Run {
	defer r.lock()()
	r.pushed()
	i := r.mustPull(number)
	p := i.pull
	if p.testMerge == "" {
		panic(fmt.Sprintf("githubtest: #%d conflicts: it cannot be queued", number))
	}
	branch := fmt.Sprintf("gh-readonly-queue/%s/pr-%d-%s", p.baseRef, number, p.baseSHA)
	ref := "refs/heads/" + branch
	sha, _ := r.git.merge(p.baseSHA, p.headSHA, fmt.Sprintf("Merge pull request #%d from %s/%s\n\n%s", number, p.head.Owner, p.headRef, i.title), false)
	r.git.must("update-ref", ref, sha)
	base := p.baseSHA
	return r.newRun(Run{
		Event: "merge_group", Actor: i.author, Ref: ref, SHA: sha, HeadSHA: sha, HeadBranch: branch,
		payload: func(s Site) object {
			return object{"action": "checks_requested", "merge_group": object{
				"head_sha": sha, "head_ref": ref, "base_sha": base, "base_ref": "refs/heads/" + p.baseRef, "head_commit": s.pushedCommit(r, sha),
			}}
		},
	})
}

// ScheduleRun starts what a schedule starts, on main.
func (r *Repo) ScheduleRun(cron string) *Run {
	defer r.lock()()
	sha := r.git.branch("main")
	return r.newRun(Run{
		Event: "schedule", Actor: r.Owner, Ref: "refs/heads/main", SHA: sha, HeadSHA: sha, HeadBranch: "main",
		payload: func(Site) object { return object{"schedule": cron} },
	})
}

// Payload is the JSON of the event.
func (run *Run) Payload(s Site) []byte {
	defer run.repo.lock()()
	v := run.payload(s)
	v["repository"], v["sender"] = s.fullRepo(run.repo), s.user(run.repo.hub, run.Actor)
	b, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		panic(err) // plain data
	}
	return b
}

// Environ is the environment that Actions gives to a step, as NAME=VALUE in a
// fixed order. Its files, the event among them, are written to dir. There is no
// token in it: a workflow passes that on itself.
//
// https://docs.github.com/actions/reference/workflows-and-actions/variables
func (run *Run) Environ(s Site, dir string) ([]string, error) {
	files := map[string][]byte{"event.json": run.Payload(s), "step_summary.md": nil, "output": nil, "env": nil}
	for name, b := range files {
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
			return nil, err
		}
	}
	defer run.repo.lock()()
	env := []string{
		"CI=true", "GITHUB_ACTIONS=true", "GITHUB_API_URL=" + s.API, "GITHUB_SERVER_URL=" + s.Web, "GITHUB_GRAPHQL_URL=" + s.GraphQL(),
		"GITHUB_REPOSITORY=" + run.repo.FullName(), "GITHUB_REPOSITORY_OWNER=" + run.repo.Owner,
		"GITHUB_EVENT_NAME=" + run.Event, "GITHUB_EVENT_PATH=" + filepath.Join(dir, "event.json"),
		"GITHUB_SHA=" + run.SHA, "GITHUB_REF=" + run.Ref, "GITHUB_REF_NAME=" + short(run.Ref), "GITHUB_REF_TYPE=branch",
		"GITHUB_RUN_ID=" + strconv.FormatInt(run.ID, 10), "GITHUB_RUN_NUMBER=" + strconv.Itoa(run.number), "GITHUB_RUN_ATTEMPT=" + strconv.Itoa(run.attempt),
		"GITHUB_ACTOR=" + run.Actor, "GITHUB_TRIGGERING_ACTOR=" + run.Actor, "GITHUB_WORKFLOW=" + run.Workflow,
		"GITHUB_WORKFLOW_REF=" + run.repo.FullName() + "/.github/workflows/" + run.file() + "@" + run.Ref, "GITHUB_JOB=" + run.Job,
		"GITHUB_STEP_SUMMARY=" + filepath.Join(dir, "step_summary.md"), "GITHUB_OUTPUT=" + filepath.Join(dir, "output"), "GITHUB_ENV=" + filepath.Join(dir, "env"),
	}
	head, base := "", "" // set, and empty, outside pull requests
	if run.pull != nil {
		head, base = run.pull.pull.headRef, run.pull.pull.baseRef
	}
	return append(env, "GITHUB_HEAD_REF="+head, "GITHUB_BASE_REF="+base), nil
}

// file is that of the workflow which qdeploy's users have for the event.
func (run *Run) file() string {
	if run.pull != nil || run.Event == "merge_group" {
		return "plan.yml"
	}
	return "apply.yml"
}
