package githubtest_test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-github/v60/github"
	"github.com/stretchr/testify/require"

	"github.com/qdeploy/qdeploy/pkg/github/githubtest"
)

// A driver is go-github against a hub.
type driver struct {
	*lab
	ctx    context.Context
	c      *github.Client
	number int
	head   string
}

const acme, tenants = "acme", "tenants"

func newDriver(l *lab) *driver {
	c, err := github.NewClient(nil).WithAuthToken(l.token).WithEnterpriseURLs(l.server.URL, l.server.URL)
	require.NoError(l, err)
	return &driver{lab: l, ctx: context.Background(), c: c}
}

// TestEveryRoute drives every operation of the hub, most of them with
// go-github, and expects each to succeed.
func TestEveryRoute(t *testing.T) {
	var mu sync.Mutex
	driven := map[string]bool{}
	l := newLabWith(t, githubtest.Options{NoLimits: true, Calls: func(c githubtest.Call) {
		mu.Lock()
		defer mu.Unlock()
		driven[githubtest.RouteOf(c.Method, c.Path)] = c.Status < 400 || driven[githubtest.RouteOf(c.Method, c.Path)]
	}})
	l.repo.SetRole("ann", "write")
	l.repo.AddEnvironment("prod")
	d := newDriver(l)
	d.number, d.head = l.topic("topic")
	d.comments()
	d.labels()
	d.issues()
	d.statusesAndChecks()
	d.deployments()
	d.reviews()
	d.refsAndReleases()
	d.artifacts()
	d.pulls()
	d.dispatches()
	d.people()
	for _, r := range githubtest.Routes() {
		require.True(t, driven[r], "no test drives %s", r)
	}
	require.Empty(t, l.hub.Complaints())
}

func (d *driver) comments() {
	one, _, err := d.c.Issues.CreateComment(d.ctx, acme, tenants, d.number, &github.IssueComment{Body: github.String("one")})
	require.NoError(d, err)
	_, _, err = d.c.Issues.EditComment(d.ctx, acme, tenants, one.GetID(), &github.IssueComment{Body: github.String("two")})
	require.NoError(d, err)
	got, _, err := d.c.Issues.GetComment(d.ctx, acme, tenants, one.GetID())
	require.NoError(d, err)
	require.Equal(d, "two", got.GetBody())
	require.Equal(d, "github-actions[bot]", got.GetUser().GetLogin())
	d.repo.AddComment(d.number, "ann", "three")
	list, _, err := d.c.Issues.ListComments(d.ctx, acme, tenants, d.number, nil)
	require.NoError(d, err)
	require.Len(d, list, 2)
	d.post("//graphql", object{
		"query":     `mutation($id: ID!) { minimizeComment(input: {subjectId: $id, classifier: OUTDATED}) { minimizedComment { isMinimized minimizedReason } } }`,
		"variables": object{"id": one.GetNodeID()},
	}).want(200)
	require.Equal(d, "OUTDATED", d.repo.Comments(d.number)[0].Minimized)
	_, err = d.c.Issues.DeleteComment(d.ctx, acme, tenants, one.GetID())
	require.NoError(d, err)
	require.Len(d, d.repo.Comments(d.number), 1)
}

func (d *driver) labels() {
	_, _, err := d.c.Issues.CreateLabel(d.ctx, acme, tenants, &github.Label{Name: github.String("qdeploy/change"), Color: github.String("0e8a16")})
	require.NoError(d, err)
	_, _, err = d.c.Issues.GetLabel(d.ctx, acme, tenants, "qdeploy/change")
	require.NoError(d, err)
	_, _, err = d.c.Issues.AddLabelsToIssue(d.ctx, acme, tenants, d.number, []string{"qdeploy/change", "new"})
	require.NoError(d, err)
	_, err = d.c.Issues.RemoveLabelForIssue(d.ctx, acme, tenants, d.number, "qdeploy/change")
	require.NoError(d, err)
	_, _, err = d.c.Issues.ReplaceLabelsForIssue(d.ctx, acme, tenants, d.number, []string{"a", "b"})
	require.NoError(d, err)
	d.delete("/issues/1/labels/b").want(200)
	all, _, err := d.c.Issues.ListLabels(d.ctx, acme, tenants, nil)
	require.NoError(d, err)
	require.Len(d, all, 4)
	on, _, err := d.c.Issues.ListLabelsByIssue(d.ctx, acme, tenants, d.number, nil)
	require.NoError(d, err)
	require.Equal(d, "a", on[0].GetName())
	d.repo.AddLabel(d.number, "qdeploy/allow", "ann")
	events, _, err := d.c.Issues.ListIssueEvents(d.ctx, acme, tenants, d.number, nil)
	require.NoError(d, err)
	last := events[len(events)-1]
	require.Equal(d, []string{"labeled", "qdeploy/allow", "ann"}, []string{last.GetEvent(), last.GetLabel().GetName(), last.GetActor().GetLogin()})
	level, _, err := d.c.Repositories.GetPermissionLevel(d.ctx, acme, tenants, "ann")
	require.NoError(d, err)
	require.Equal(d, "write", level.GetPermission())
}

func (d *driver) issues() {
	i, _, err := d.c.Issues.Create(d.ctx, acme, tenants, &github.IssueRequest{Title: github.String("Drift"), Body: github.String("Of spaces"), Labels: &[]string{"drift"}, Assignees: &[]string{"ann"}})
	require.NoError(d, err)
	_, _, err = d.c.Issues.Edit(d.ctx, acme, tenants, i.GetNumber(), &github.IssueRequest{State: github.String("closed"), StateReason: github.String("completed")})
	require.NoError(d, err)
	got, _, err := d.c.Issues.Get(d.ctx, acme, tenants, i.GetNumber())
	require.NoError(d, err)
	require.Equal(d, "github-actions[bot]", got.GetClosedBy().GetLogin())
	list, _, err := d.c.Issues.ListByRepo(d.ctx, acme, tenants, &github.IssueListByRepoOptions{State: "closed", Labels: []string{"drift"}})
	require.NoError(d, err)
	require.Len(d, list, 1)
	_, _, err = d.c.Issues.Edit(d.ctx, acme, tenants, i.GetNumber(), &github.IssueRequest{State: github.String("open")})
	require.NoError(d, err)
	d.get("/issues/" + number(int64(i.GetNumber())) + "/events").want(200)
}

func (d *driver) statusesAndChecks() {
	_, _, err := d.c.Repositories.CreateStatus(d.ctx, acme, tenants, d.head, &github.RepoStatus{State: github.String("pending"), Context: github.String("qdeploy/plan")})
	require.NoError(d, err)
	_, _, err = d.c.Repositories.CreateStatus(d.ctx, acme, tenants, d.head, &github.RepoStatus{State: github.String("success"), Context: github.String("qdeploy/plan"), TargetURL: github.String("https://example.com/1")})
	require.NoError(d, err)
	all, _, err := d.c.Repositories.GetCombinedStatus(d.ctx, acme, tenants, "heads/topic", nil)
	require.NoError(d, err)
	require.Equal(d, "success", all.GetState())
	list, _, err := d.c.Repositories.ListStatuses(d.ctx, acme, tenants, d.head, nil)
	require.NoError(d, err)
	require.Len(d, list, 2)

	run, _, err := d.c.Checks.CreateCheckRun(d.ctx, acme, tenants, github.CreateCheckRunOptions{Name: "qdeploy", HeadSHA: d.head})
	require.NoError(d, err)
	for n := range 2 {
		run, _, err = d.c.Checks.UpdateCheckRun(d.ctx, acme, tenants, run.GetID(), github.UpdateCheckRunOptions{
			Name: "qdeploy", Status: github.String("completed"), Conclusion: github.String("success"),
			Output: &github.CheckRunOutput{Title: github.String("4 to change"), Summary: github.String("all well"), Annotations: []*github.CheckRunAnnotation{
				{Path: github.String("hr.cue"), StartLine: github.Int(n + 1), EndLine: github.Int(n + 1), AnnotationLevel: github.String("warning"), Message: github.String("hm"), StartColumn: github.Int(1), EndColumn: github.Int(2)},
			}},
		})
		require.NoError(d, err)
	}
	require.Equal(d, 2, run.GetOutput().GetAnnotationsCount())
	_, _, err = d.c.Checks.GetCheckRun(d.ctx, acme, tenants, run.GetID())
	require.NoError(d, err)
	notes, _, err := d.c.Checks.ListCheckRunAnnotations(d.ctx, acme, tenants, run.GetID(), nil)
	require.NoError(d, err)
	require.Len(d, notes, 2)
	checks, _, err := d.c.Checks.ListCheckRunsForRef(d.ctx, acme, tenants, d.head, &github.ListCheckRunsOptions{CheckName: github.String("qdeploy")})
	require.NoError(d, err)
	require.Equal(d, 1, checks.GetTotal())
}

func (d *driver) deployments() {
	x, _, err := d.c.Repositories.CreateDeployment(d.ctx, acme, tenants, &github.DeploymentRequest{
		Ref: github.String(d.repo.Head("main")), Environment: github.String("prod"), AutoMerge: github.Bool(false), RequiredContexts: &[]string{},
		Description: github.String("ring 1"), Payload: map[string]string{"digest": "sha256:1"},
	})
	require.NoError(d, err)
	for _, state := range []string{"in_progress", "success"} {
		_, _, err = d.c.Repositories.CreateDeploymentStatus(d.ctx, acme, tenants, x.GetID(), &github.DeploymentStatusRequest{State: github.String(state), LogURL: github.String("https://example.com/2"), AutoInactive: github.Bool(false)})
		require.NoError(d, err)
	}
	states, _, err := d.c.Repositories.ListDeploymentStatuses(d.ctx, acme, tenants, x.GetID(), nil)
	require.NoError(d, err)
	require.Equal(d, "success", states[0].GetState())
	_, _, err = d.c.Repositories.GetDeployment(d.ctx, acme, tenants, x.GetID())
	require.NoError(d, err)
	list, _, err := d.c.Repositories.ListDeployments(d.ctx, acme, tenants, &github.DeploymentsListOptions{Environment: "prod"})
	require.NoError(d, err)
	require.JSONEq(d, `{"digest":"sha256:1"}`, string(list[0].Payload))
	_, _, err = d.c.Repositories.GetEnvironment(d.ctx, acme, tenants, "prod")
	require.NoError(d, err)
}

func (d *driver) refsAndReleases() {
	sha := d.repo.Head("main")
	_, _, err := d.c.Git.CreateRef(d.ctx, acme, tenants, &github.Reference{Ref: github.String("refs/qdeploy/ledger"), Object: &github.GitObject{SHA: &sha}})
	require.NoError(d, err)
	ref, _, err := d.c.Git.GetRef(d.ctx, acme, tenants, "qdeploy/ledger")
	require.NoError(d, err)
	require.Equal(d, sha, ref.GetObject().GetSHA())
	_, _, err = d.c.Git.UpdateRef(d.ctx, acme, tenants, &github.Reference{Ref: github.String("refs/qdeploy/ledger"), Object: &github.GitObject{SHA: &d.head}}, false)
	require.NoError(d, err)
	_, err = d.c.Git.DeleteRef(d.ctx, acme, tenants, "refs/qdeploy/ledger")
	require.NoError(d, err)

	made, _, err := d.c.Repositories.CreateRelease(d.ctx, acme, tenants, &github.RepositoryRelease{TagName: github.String("prod/v1"), TargetCommitish: &sha, Name: github.String("One"), Body: github.String("notes")})
	require.NoError(d, err)
	_, _, err = d.c.Repositories.EditRelease(d.ctx, acme, tenants, made.GetID(), &github.RepositoryRelease{Body: github.String("better notes")})
	require.NoError(d, err)
	got, _, err := d.c.Repositories.GetReleaseByTag(d.ctx, acme, tenants, "prod/v1")
	require.NoError(d, err)
	require.Equal(d, "better notes", got.GetBody())
	_, _, err = d.c.Repositories.GetRelease(d.ctx, acme, tenants, made.GetID())
	require.NoError(d, err)
	list, _, err := d.c.Repositories.ListReleases(d.ctx, acme, tenants, nil)
	require.NoError(d, err)
	require.Len(d, list, 1)
	d.assets(list[0])
	tags, _, err := d.c.Repositories.ListTags(d.ctx, acme, tenants, nil)
	require.NoError(d, err)
	require.Equal(d, sha, tags[0].GetCommit().GetSHA())
}

func (d *driver) artifacts() {
	run := d.repo.PullRun(d.number, "opened")
	require.NoError(d, d.repo.AddArtifact(run, "plan", []byte("PK zip")))
	require.ErrorContains(d, d.repo.AddArtifact(run, "plan", nil), "already")
	list, _, err := d.c.Actions.ListArtifacts(d.ctx, acme, tenants, nil)
	require.NoError(d, err)
	require.Equal(d, d.head, list.Artifacts[0].GetWorkflowRun().GetHeadSHA())
	require.Equal(d, float64(1), d.get("/actions/artifacts?name=plan").want(200).value("total_count"))
	require.Equal(d, float64(0), d.get("/actions/artifacts?name=pla").want(200).value("total_count"))
	of, _, err := d.c.Actions.ListWorkflowRunArtifacts(d.ctx, acme, tenants, run.ID, nil)
	require.NoError(d, err)
	one, _, err := d.c.Actions.GetArtifact(d.ctx, acme, tenants, of.Artifacts[0].GetID())
	require.NoError(d, err)
	at, _, err := d.c.Actions.DownloadArtifact(d.ctx, acme, tenants, one.GetID(), 0)
	require.NoError(d, err)
	resp, err := http.Get(at.String())
	require.NoError(d, err)
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	require.NoError(d, err)
	require.Equal(d, "PK zip", string(b))
	got, _, err := d.c.Actions.GetWorkflowRunByID(d.ctx, acme, tenants, run.ID)
	require.NoError(d, err)
	require.Equal(d, []string{"pull_request", "in_progress", d.head}, []string{got.GetEvent(), got.GetStatus(), got.GetHeadSHA()})
	run.Finish("success")
	require.Equal(d, "success", d.get("/actions/runs/"+number(run.ID)).want(200).value("conclusion"))
}

func (d *driver) pulls() {
	d.repo.Commit("second", "Second", map[string]string{"dir/b c.txt": "b\n", "README.md": ""})
	p, _, err := d.c.PullRequests.Create(d.ctx, acme, tenants, &github.NewPullRequest{Title: github.String("Second"), Head: github.String("second"), Base: github.String("main"), Body: github.String("")})
	require.NoError(d, err)
	n := p.GetNumber()
	_, _, err = d.c.PullRequests.Edit(d.ctx, acme, tenants, n, &github.PullRequest{Title: github.String("The second")})
	require.NoError(d, err)
	list, _, err := d.c.PullRequests.List(d.ctx, acme, tenants, &github.PullRequestListOptions{Head: "acme:second", Base: "main"})
	require.NoError(d, err)
	require.Equal(d, "The second", list[0].GetTitle())
	files, _, err := d.c.PullRequests.ListFiles(d.ctx, acme, tenants, n, nil)
	require.NoError(d, err)
	require.Len(d, files, 2)
	require.Equal(d, "removed", files[0].GetStatus())
	require.Equal(d, 1, files[1].GetAdditions())
	d.get("/pulls/" + number(int64(n)) + "/merge").want(404)
	res, _, err := d.c.PullRequests.Merge(d.ctx, acme, tenants, n, "", &github.PullRequestOptions{SHA: p.GetHead().GetSHA(), MergeMethod: "squash"})
	require.NoError(d, err)
	merged, _, err := d.c.PullRequests.IsMerged(d.ctx, acme, tenants, n)
	require.NoError(d, err)
	require.True(d, merged)
	of, _, err := d.c.PullRequests.ListPullRequestsWithCommit(d.ctx, acme, tenants, res.GetSHA(), nil)
	require.NoError(d, err)
	require.Equal(d, n, of[0].GetNumber())
	got, _, err := d.c.PullRequests.Get(d.ctx, acme, tenants, n)
	require.NoError(d, err)
	require.Equal(d, res.GetSHA(), got.GetMergeCommitSHA())
	commit, _, err := d.c.Repositories.GetCommit(d.ctx, acme, tenants, "main", nil)
	require.NoError(d, err)
	require.Equal(d, "The second (#"+number(int64(n))+")", strings.TrimSpace(commit.GetCommit().GetMessage()))
	require.Len(d, commit.Parents, 1)
	cmp, _, err := d.c.Repositories.CompareCommits(d.ctx, acme, tenants, "topic", "main", nil)
	require.NoError(d, err)
	require.Equal(d, []any{"diverged", 1, 1}, []any{cmp.GetStatus(), cmp.GetAheadBy(), cmp.GetBehindBy()})
}
