package githubtest_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/qdeploy/qdeploy/pkg/github/githubtest"
)

// TestStory goes from a branch to a merge by the API alone.
func TestStory(t *testing.T) {
	l := newLab(t)
	l.repo.SetRole("ann", "write")
	first := l.repo.Commit("hr", "Add HR", map[string]string{"hr.cue": "hr: {}\n"})
	pull := l.post("/pulls", object{"title": "HR", "head": "hr", "base": "main", "body": "A space for HR"}).want(201)
	require.Equal(t, first, pull.value("head", "sha"))
	require.Equal(t, true, pull.value("mergeable"))
	require.Equal(t, float64(1), pull.value("changed_files"))
	one := l.post("/issues/1/comments", object{"body": "plan: 3 to change\nmore"}).want(201)
	l.patch(fmt.Sprintf("/issues/comments/%d", one.id()), object{"body": "plan: 4 to change\nmore"}).want(200)
	l.post("/issues/1/labels", []string{"qdeploy/change"}).want(200)
	l.post("/statuses/"+first, object{"state": "success", "context": "qdeploy/plan", "description": "4 to change"}).want(201)
	second := l.repo.Commit("hr", "More HR", map[string]string{"hr.cue": "hr: {x: 1}\n"})
	require.Equal(t, second, l.get("/pulls/1").want(200).value("head", "sha"))
	l.put("/pulls/1/merge", object{"sha": first}).want(409)
	merged := l.put("/pulls/1/merge", object{"sha": second}).want(200).value("sha").(string)
	require.Equal(t, merged, l.repo.Head("main"))
	require.Equal(t, []any{1.0}, l.get("/commits/"+merged+"/pulls").want(200).column(nil, "number"))
	l.post("/deployments", object{"ref": merged, "environment": "prod", "auto_merge": false, "required_contexts": []string{}}).want(201)
	run := l.repo.PushRun("main", "", "ann")
	require.NoError(t, l.repo.AddArtifact(run, "plan", []byte("zip")))
	l.post("/issues", object{"title": "Drift", "labels": []string{"drift"}}).want(201)
	l.patch("/issues/2", object{"state": "closed"}).want(200)
	require.Equal(t, `acme/tenants
  heads/hr: More HR
  heads/main: Merge pull request #1 from acme/hr
  #1 pull request, merged: HR (acme:hr into main, by github-actions[bot])
    | A space for HR
    label qdeploy/change
    comment by github-actions[bot]
      | plan: 4 to change
      | more
  #2 issue, closed completed: Drift (by github-actions[bot])
    label drift
  status of "Add HR": qdeploy/plan success: 4 to change
  deployment of "Merge pull request #1 from acme/hr" to prod by github-actions[bot]
  artifact plan of run 1, push
`, l.hub.Dump())
	require.Empty(t, l.hub.Complaints())
	require.Equal(t, l.hub.Dump(), l.repo.Dump())
	require.Equal(t, []string{"qdeploy/change"}, l.repo.Labels(1))
	require.Equal(t, []githubtest.Status{{Context: "qdeploy/plan", State: "success", Description: "4 to change", Author: "github-actions[bot]"}}, l.repo.Statuses(first))
}
