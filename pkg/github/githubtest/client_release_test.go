package githubtest_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-github/v60/github"
	"github.com/stretchr/testify/require"

	"github.com/qdeploy/qdeploy/pkg/github/githubtest"
)

// assets puts a file beside a release, where the release says.
func (d *driver) assets(r *github.RepositoryRelease) {
	at, _, _ := strings.Cut(r.GetUploadURL(), "{")
	for _, status := range []int{201, 422} { // a name is taken once
		req, err := d.c.NewUploadRequest(at+"?name=manifest.json", strings.NewReader("{}"), 2, "application/octet-stream")
		require.NoError(d, err)
		resp, _ := d.c.Do(d.ctx, req, nil)
		require.Equal(d, status, resp.StatusCode)
	}
	got, _, err := d.c.Repositories.GetRelease(d.ctx, acme, tenants, r.GetID())
	require.NoError(d, err)
	require.Len(d, got.Assets, 1)
	a, _, err := d.c.Repositories.GetReleaseAsset(d.ctx, acme, tenants, got.Assets[0].GetID())
	require.NoError(d, err)
	require.Equal(d, 2, a.GetSize())
	require.Equal(d, "{}", string(d.repo.Releases()[0].Assets["manifest.json"]))
	_, err = d.c.Repositories.DeleteReleaseAsset(d.ctx, acme, tenants, a.GetID())
	require.NoError(d, err)
	require.Empty(d, d.repo.Releases()[0].Assets)
}

func (d *driver) reviews() {
	d.repo.AddReview(d.number, "ann", "APPROVED")
	list, _, err := d.c.PullRequests.ListReviews(d.ctx, acme, tenants, d.number, nil)
	require.NoError(d, err)
	require.Equal(d, "ann", list[0].GetUser().GetLogin())
	require.Equal(d, "APPROVED", list[0].GetState())
}

func (d *driver) dispatches() {
	payload := json.RawMessage(`{"app":"Sales"}`)
	_, _, err := d.c.Repositories.Dispatch(d.ctx, acme, tenants, github.DispatchRequestOptions{EventType: "capture", ClientPayload: &payload})
	require.NoError(d, err)
	run := d.repo.LastRun("repository_dispatch")
	_, event := d.step(run)
	require.Equal(d, []any{"capture", "main", "Sales", "github-actions[bot]"}, []any{event["action"], event["branch"], at(event, "client_payload", "app"), run.Actor})
	require.Nil(d, d.repo.LastRun("nothing"))
}

func TestDispatchRules(t *testing.T) {
	l := newLab(t)
	l.post("/dispatches", object{}).want(422)
	l.post("/dispatches", object{"event_type": strings.Repeat("x", 101)}).want(422)
	l.post("/dispatches", object{"event_type": "x", "client_payload": "text"}).want(422)
	l.post("/dispatches", object{"event_type": "x", "client_payload": object{"a": strings.Repeat("x", 64<<10)}}).want(422)
	many := object{}
	for n := range 11 {
		many[number(int64(n))] = n
	}
	l.post("/dispatches", object{"event_type": "x", "client_payload": many}).want(422)
	l.as("weak", githubtest.Token{Permissions: map[string]string{"contents": "read"}}).post("/dispatches", object{"event_type": "x"}).want(403)
	require.Nil(t, l.repo.LastRun("repository_dispatch"))

	env, event := l.step(l.repo.ManualRun("main", map[string]string{"force": "true"}, "ann"))
	require.Equal(t, []any{"workflow_dispatch", "ann", "true", "refs/heads/main"}, []any{env["GITHUB_EVENT_NAME"], env["GITHUB_ACTOR"], at(event, "inputs", "force"), event["ref"]})
	require.Panics(t, func() { l.repo.ManualRun("nowhere", nil, "ann") })
}

func TestReviewRules(t *testing.T) {
	l := newLab(t)
	l.topic("topic")
	l.repo.AddReview(1, "ann", "CHANGES_REQUESTED")
	l.repo.AddReview(1, "ann", "DISMISSED")
	l.repo.AddReview(1, "ann", "APPROVED")
	l.repo.AddReview(1, "acme", "COMMENTED")
	require.Equal(t, []any{"DISMISSED", "APPROVED", "COMMENTED"}, l.get("/pulls/1/reviews").want(200).column(nil, "state"))
	require.Panics(t, func() { l.repo.AddReview(1, "acme", "APPROVED") })
	require.Panics(t, func() { l.repo.AddReview(1, "bob", "DISMISSED") })
	require.Panics(t, func() { l.repo.AddReview(1, "bob", "approve") })

	l.in("no-actions-pulls")
	l.repo.Commit("second", "Second", map[string]string{"x": "1"})
	pull := object{"title": "x", "head": "second", "base": "main"}
	require.Equal(t, "GitHub Actions is not permitted to create or approve pull requests.", l.post("/pulls", pull).want(403).value("message"))
	l.as("app", githubtest.Token{Kind: githubtest.AppToken, Login: "deployer[bot]", Permissions: map[string]string{"pull-requests": "write"}}).post("/pulls", pull).want(201)
}

func TestDraftsAndFiles(t *testing.T) {
	l := newLab(t)
	draft := object{"tag_name": "v1", "draft": true}
	first, second := l.post("/releases", draft).want(201), l.post("/releases", draft).want(201)
	l.get("/releases/tags/v1").want(404)
	require.Contains(t, l.repo.Dump(), "release v1 \"\" by github-actions[bot], a draft\n")
	l.patch("/releases/"+number(first.id()), object{"draft": false, "prerelease": true}).want(200)
	require.Contains(t, l.repo.Dump(), "release v1 \"\" by github-actions[bot], a prerelease\n")
	l.patch("/releases/"+number(second.id()), object{"draft": false}).want(422)

	at := "/releases/" + number(first.id()) + "/assets"
	l.in("fail-half=POST:/repos/*/*/releases/*/assets:1")
	l.do("POST", at+"?name=a+plan.txt", "text", "Content-Type", "text/plain").want(502)
	l.do("POST", at+"?name=a+plan.txt", "text", "Content-Type", "text/plain").want(422)
	assets := func() any { return l.get("/releases/tags/v1").want(200).value("assets", 0, "state") }
	require.Equal(t, "starter", assets())
	require.Contains(t, l.repo.Releases()[0].Assets, "a.plan.txt")
	l.delete("/releases/assets/1").want(404)

	l.site = githubtest.Enterprise(l.server.URL)
	require.Contains(t, l.get("/releases/tags/v1").want(200).value("upload_url"), "/api/uploads/repos/acme/tenants"+at+"{?name,label}")
	l.do("POST", at+"?name=b.txt", "text", "Content-Type", "text/plain").want(404)
	require.Len(t, l.hub.Complaints(), 1)
}
