package githubtest

import (
	"encoding/json"
	"fmt"
	"net/http"
)

// Bounds of a repository_dispatch.
const (
	maxEventType  = 100
	maxPayload    = 64 << 10 // not reached
	maxProperties = 10
)

var dispatchRoutes = []route{
	{method: "POST", path: repoPath + "/dispatches", need: "contents:write", handle: dispatch},
}

// dispatch starts a run, also for a GITHUB_TOKEN: one of the two events that it
// may cause.
//
// https://docs.github.com/rest/repos/repos#create-a-repository-dispatch-event
func dispatch(c *call) reply {
	f := c.object("RepositoryDispatch", "event_type*", "client_payload")
	kind := f.atMost("event_type", "", maxEventType)
	var payload map[string]json.RawMessage
	f.decode("client_payload", &payload)
	switch {
	case kind == "":
		invalid("RepositoryDispatch", "event_type", "missing_field", "")
	case len(payload) > maxProperties:
		refuse(http.StatusUnprocessableEntity, "No more than %d properties are allowed; %d were supplied.", maxProperties, len(payload))
	case len(f.m["client_payload"]) >= maxPayload:
		refuse(http.StatusUnprocessableEntity, "client_payload is too large.") // assumed: the wording
	}
	c.repo.dispatched(kind, f.m["client_payload"], c.login())
	return empty()
}

// dispatched starts what a repository_dispatch starts, on main.
func (r *Repo) dispatched(kind string, payload json.RawMessage, login string) *Run {
	sha := r.git.branch("main")
	if len(payload) == 0 {
		payload = json.RawMessage("null") // assumed: where none was sent
	}
	return r.newRun(Run{
		Event: "repository_dispatch", Actor: login, Ref: "refs/heads/main", SHA: sha, HeadSHA: sha, HeadBranch: "main",
		payload: func(Site) object { return object{"action": kind, "branch": "main", "client_payload": payload} },
	})
}

// DispatchRun starts what a repository_dispatch of another program starts. payload
// is an object, nil for none.
//
// https://docs.github.com/webhooks/webhook-events-and-payloads#repository_dispatch
func (r *Repo) DispatchRun(eventType string, payload any, login string) *Run {
	b, err := json.Marshal(payload)
	if err != nil {
		panic(fmt.Sprintf("githubtest: payload of %s: %v", eventType, err))
	}
	defer r.lock()()
	return r.dispatched(eventType, b, login)
}

// ManualRun starts what somebody starts by hand on a branch, with inputs, which are
// texts in the event whatever the workflow declares.
//
// https://docs.github.com/webhooks/webhook-events-and-payloads#workflow_dispatch
func (r *Repo) ManualRun(branch string, inputs map[string]string, login string) *Run {
	defer r.lock()()
	ref := "refs/heads/" + branch
	sha := r.git.branch(branch)
	if sha == "" {
		panic(fmt.Sprintf("githubtest: %s has no branch %q", r.FullName(), branch))
	}
	return r.newRun(Run{
		Event: "workflow_dispatch", Actor: login, Ref: ref, SHA: sha, HeadSHA: sha, HeadBranch: branch,
		payload: func(Site) object {
			v := object{"inputs": nil, "ref": ref, "workflow": ".github/workflows/workflow_dispatch.yml"}
			if inputs != nil {
				v["inputs"] = inputs
			}
			return v
		},
	})
}

// LastRun is the newest run of an event, nil if there is none: what a dispatch
// has started.
func (r *Repo) LastRun(event string) *Run {
	defer r.lock()()
	for _, run := range backwards(r.runs) {
		if run.Event == event {
			return run
		}
	}
	return nil
}
