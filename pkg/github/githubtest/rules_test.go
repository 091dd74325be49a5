package githubtest_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/qdeploy/qdeploy/pkg/github/githubtest"
)

func TestCommentRules(t *testing.T) {
	l := newLab(t)
	l.topic("topic")
	long := strings.Repeat("ä", 65536) // characters, not bytes
	one := l.post("/issues/1/comments", object{"body": long}).want(201)
	a := l.post("/issues/1/comments", object{"body": long + "x"}).want(422)
	require.Equal(t, object{
		"resource": "IssueComment", "code": "unprocessable", "field": "data", "message": "Body is too long (maximum is 65536 characters)",
	}, a.value("errors", 0))
	l.patch("/issues/comments/"+number(one.id()), object{"body": long + "x"}).want(422)
	l.post("/issues/1/comments", object{"body": ""}).want(422)
	l.post("/issues/1/comments", object{}).want(422)
	l.post("/issues/1/comments", "{").want(400)
	l.post("/issues/9/comments", object{"body": "x"}).want(404)
	l.post("/issues/x/comments", object{"body": "x"}).want(404)
	l.delete("/issues/comments/9").want(404)
	require.Empty(t, l.hub.Complaints())
	require.Len(t, l.repo.Comments(1), 1)
}

func TestComplaints(t *testing.T) {
	l := newLab(t)
	l.topic("topic")
	l.post("/issues/1/comments", object{"body": "x", "sticky": true}).want(422)
	l.get("/issues/1/comments?size=3").want(422)
	l.get("/stars").want(404)
	l.do("GET", "//_store/acme/tenants/1", nil).want(400)
	require.Equal(t, []string{
		`POST /repos/{owner}/{repo}/issues/{issue_number}/comments: unknown member "sticky"`,
		`GET /repos/{owner}/{repo}/issues/{issue_number}/comments: unknown query parameter size`,
		`GET /repos/acme/tenants/stars: no such route`,
		`GET /_store/acme/tenants/1: a token was sent to the store of artifacts`,
	}, l.hub.Complaints())
	require.Empty(t, l.repo.Comments(1))
}

// TestPages walks a list of 205 by the links, at both kinds of address.
func TestPages(t *testing.T) {
	l := newLab(t)
	l.topic("topic")
	for n := range 205 {
		l.repo.AddComment(1, "ann", fmt.Sprint(n))
	}
	for _, site := range []githubtest.Site{githubtest.Public(l.server.URL), githubtest.Enterprise(l.server.URL)} {
		l.site = site
		var bodies []any
		var sizes []int
		path := "/issues/1/comments?per_page=1000" // gets 100
		for path != "" {
			a := l.get(path).want(200)
			part := a.column(nil, "body")
			bodies, sizes, path = append(bodies, part...), append(sizes, len(part)), ""
			for _, link := range strings.Split(a.header.Get("Link"), ", ") {
				if at, isNext := strings.CutSuffix(link, `>; rel="next"`); isNext {
					require.True(t, strings.HasPrefix(at, "<"+site.API+"/repos/acme/tenants/"), at)
					path = strings.TrimPrefix(at, "<"+site.API+"/repos/acme/tenants")
				}
			}
		}
		require.Equal(t, []int{100, 100, 5}, sizes)
		require.Equal(t, []any{"0", "204"}, []any{bodies[0], bodies[204]})
	}
	require.Len(t, l.get("/issues/1/comments").want(200).value(), 30)
	require.Empty(t, l.get("/issues/1/comments?page=9").want(200).value())
}

func TestStatusRules(t *testing.T) {
	l := newLab(t)
	sha := l.repo.Head("main")
	l.post("/statuses/"+strings.Repeat("0", 40), object{"state": "success"}).want(422)
	l.post("/statuses/main", object{"state": "success"}).want(422)
	l.post("/statuses/"+sha, object{"state": "succes"}).want(422)
	l.post("/statuses/"+sha, object{"state": "success", "description": strings.Repeat("x", 141)}).want(422)
	require.Equal(t, "pending", l.get("/commits/main/status").want(200).value("state"))
	for range 1000 {
		l.repo.SetStatus(sha, "busy", "pending")
	}
	l.post("/statuses/"+sha, object{"state": "success", "context": "busy"}).want(422)
	l.post("/statuses/"+sha, object{"state": "success", "context": "idle"}).want(201)
	l.post("/statuses/"+sha, object{"state": "failure", "context": "bad"}).want(201)
	require.Equal(t, "failure", l.get("/commits/main/status").want(200).value("state"))
	l.get("/commits/nowhere/status").want(404)
}

func TestCheckRules(t *testing.T) {
	l := newLab(t)
	sha := l.repo.Head("main")
	notes := func(n int) []object {
		list := make([]object, n)
		for i := range list {
			list[i] = object{"path": "a", "start_line": 1, "end_line": 1, "annotation_level": "notice", "message": "m"}
		}
		return list
	}
	output := func(n int) object {
		return object{"title": "t", "summary": "s", "annotations": notes(n)}
	}
	run := l.post("/check-runs", object{"name": "c", "head_sha": sha, "output": output(50)}).want(201)
	at := "/check-runs/" + number(run.id())
	l.patch(at, object{"output": output(51)}).want(422)
	require.Equal(t, 100.0, l.patch(at, object{"output": output(50)}).want(200).value("output", "annotations_count"))
	l.patch(at, object{"output": object{"title": "t", "summary": strings.Repeat("x", 65536)}}).want(422)
	l.patch(at, object{"output": object{"title": "no summary"}}).want(422)
	l.patch(at, object{"status": "completed"}).want(422)
	wide := notes(1)
	wide[0]["end_line"], wide[0]["start_column"] = 2, 1
	l.patch(at, object{"output": object{"title": "t", "summary": "s", "annotations": wide}}).want(422)
	require.Equal(t, "completed", l.patch(at, object{"conclusion": "neutral"}).want(200).value("status"))
	require.Len(t, l.repo.Checks(sha)[0].Annotations, 100)
	l.post("/check-runs", object{"name": "c", "head_sha": sha}).want(201)
	require.Equal(t, 1.0, l.get("/commits/main/check-runs").want(200).value("total_count"))
	require.Equal(t, 2.0, l.get("/commits/main/check-runs?filter=all").want(200).value("total_count"))
	l.get("/check-runs/1").want(404)
}

func TestDeploymentRules(t *testing.T) {
	l := newLab(t)
	_, head := l.topic("topic")
	l.post("/statuses/"+head, object{"state": "pending", "context": "ci"}).want(201)
	a := l.post("/deployments", object{"ref": "topic"}).want(409)
	require.Equal(t, "ci", a.value("errors", 0, "contexts", 0, "context"))
	l.post("/deployments", object{"ref": "topic", "required_contexts": []string{"other"}}).want(409)
	l.post("/deployments", object{"ref": "topic", "required_contexts": []string{}}).want(201)
	l.post("/deployments", object{"ref": "nowhere"}).want(422)

	l.repo.Commit("main", "Go on", map[string]string{"more.txt": "x\n"})
	l.post("/deployments", object{"ref": "topic", "required_contexts": []string{}}).want(202)
	require.NotEqual(t, head, l.repo.Head("topic"))
	require.Equal(t, l.repo.Head("topic"), l.repo.Issues()[0].HeadSHA)
	l.repo.Commit("main", "Collide", map[string]string{"topic.txt": "other\n"})
	l.post("/deployments", object{"ref": "topic", "required_contexts": []string{}}).want(409)

	for _, environment := range []string{"test", "test", "production", "production"} {
		d := l.post("/deployments", object{"ref": head, "environment": environment, "required_contexts": []string{}, "auto_merge": false}).want(201)
		l.post("/deployments/"+number(d.id())+"/statuses", object{"state": "success"}).want(201)
		l.post("/deployments/"+number(d.id())+"/statuses", object{"state": "done"}).want(422)
	}
	var states [][]string
	for _, d := range l.repo.Deployments()[1:] {
		states = append(states, d.States)
	}
	require.Equal(t, [][]string{{"success", "inactive"}, {"success"}, {"success"}, {"success"}}, states)
	require.Len(t, l.get("/deployments?environment=test").want(200).value(), 2)
}

func TestRefRules(t *testing.T) {
	l := newLab(t)
	_, head := l.topic("topic")
	main := l.repo.Head("main")
	l.post("/git/refs", object{"ref": "refs/heads/topic", "sha": main}).want(422)
	require.Equal(t, "Reference already exists", l.post("/git/refs", object{"ref": "refs/heads/main", "sha": head}).want(422).value("message"))
	for _, name := range []string{"heads/x", "refs/x", "refs/heads/..", "refs/pull/7/head"} {
		l.post("/git/refs", object{"ref": name, "sha": main}).want(422)
	}
	l.post("/git/refs", object{"ref": "refs/heads/x", "sha": strings.Repeat("1", 40)}).want(422)
	l.patch("/git/refs/heads/topic", object{"sha": main}).want(422)
	l.patch("/git/refs/heads/topic", object{"sha": main, "force": true}).want(200)
	l.get("/git/ref/heads/nowhere").want(404)
	l.delete("/git/refs/heads/nowhere").want(422)
	l.delete("/git/refs/heads/topic").want(204)
	require.Equal(t, "closed", l.repo.Issues()[0].State) // a pull request ends with its branch
}

func TestReleaseRules(t *testing.T) {
	l := newLab(t)
	l.post("/releases", object{"tag_name": "v1"}).want(201)
	l.post("/releases", object{"tag_name": "v1"}).want(422)
	l.post("/releases", object{"tag_name": "v 2"}).want(422)
	l.post("/releases", object{"tag_name": "v2", "target_commitish": "nowhere"}).want(422)
	draft := l.post("/releases", object{"tag_name": "v3", "draft": true}).want(201)
	l.get("/releases/tags/v3").want(404)
	require.Len(t, l.get("/tags").want(200).value(), 1)
	l.patch("/releases/"+number(draft.id()), object{"draft": false}).want(200)
	l.get("/releases/tags/v3").want(200)

	// A workflow's token may not tag other workflows than those of main.
	sha := l.repo.Commit("flows", "Workflows", map[string]string{".github/workflows/a.yml": "on: push\n"})
	l.post("/releases", object{"tag_name": "v4", "target_commitish": sha}).want(404)
	l.as("acme", githubtest.Token{Kind: githubtest.Personal, Login: "acme"}).post("/releases", object{"tag_name": "v4", "target_commitish": sha}).want(201)
}

func TestPullRules(t *testing.T) {
	l := newLab(t)
	l.topic("topic")
	open := func(head, base string) *answer {
		return l.post("/pulls", object{"title": "x", "head": head, "base": base})
	}
	require.Equal(t, "A pull request already exists for acme:topic.", open("topic", "main").want(422).value("errors", 0, "message"))
	require.Equal(t, "No commits between main and main", open("main", "main").want(422).value("errors", 0, "message"))
	require.Equal(t, "head", open("nowhere", "main").want(422).value("errors", 0, "field"))
	require.Equal(t, "base", open("topic", "nowhere").want(422).value("errors", 0, "field"))
	l.get("/pulls/2").want(404)
	l.put("/pulls/1/merge", object{"merge_method": "rebase"}).want(405)

	l.repo.Protect("main", "ci")
	require.Contains(t, l.put("/pulls/1/merge", object{}).want(405).value("message"), `"ci" is expected`)
	l.repo.SetStatus(l.repo.Issues()[0].HeadSHA, "ci", "success")

	l.repo.Commit("main", "Collide", map[string]string{"topic.txt": "other\n"})
	v := l.get("/pulls/1").want(200)
	require.Equal(t, []any{false, "dirty"}, []any{v.value("mergeable"), v.value("mergeable_state")})
	l.put("/pulls/1/merge", object{}).want(405)
	require.Panics(t, func() { l.repo.PullRun(1, "opened") })
	l.repo.Commit("topic", "Yield", map[string]string{"topic.txt": ""})
	l.repo.Commit("main", "Give way", map[string]string{"topic.txt": ""})
	l.repo.SetStatus(l.repo.Issues()[0].HeadSHA, "ci", "success")
	l.repo.Merge(1, "acme")
	l.patch("/pulls/1", object{"state": "open"}).want(422)
	l.patch("/issues/1", object{"state": "open"}).want(422)
}

func TestArtifactRules(t *testing.T) {
	l := newLab(t)
	run := l.repo.ScheduleRun("0 4 * * *")
	require.NoError(t, l.repo.AddArtifact(run, "plan", []byte("zip")))
	at := "/actions/artifacts/" + number(l.repo.Artifacts()[0].ID)
	signed := l.get(at + "/zip").want(302).header.Get("Location")
	status := func() int {
		resp, err := http.Get(signed)
		require.NoError(t, err)
		defer resp.Body.Close()
		return resp.StatusCode
	}
	require.Equal(t, 200, status())
	l.clock.add(2 * time.Minute)
	require.Equal(t, 403, status())
	signed = strings.Replace(signed, "sig=", "sig=0", 1)
	require.Equal(t, 403, status())
	l.clock.add(91 * 24 * time.Hour)
	require.Equal(t, true, l.get(at).want(200).value("expired"))
	l.get(at + "/zip").want(410)
	l.get("/actions/runs/1").want(404)
	l.get("/actions/artifacts/1").want(404)
}
