package main

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/qdeploy/qdeploy/pkg/github/githubtest"
)

// TestWorkflows runs the workflows that users copy, for every event that starts one.
func TestWorkflows(t *testing.T) {
	s := newStage(t)
	s.nobodyReviewed()
	n := s.proposed()
	s.stranger() // while it is open
	s.merged(n)
	s.byHand()
	s.goesOn()
}

var approveInput = regexp.MustCompile(`approve=([0-9a-f]{64})`)

// nobodyReviewed pushes the first estate without a pull request: nothing is applied,
// an issue says so, and the workflow started by hand with the digest applies it.
func (s *stage) nobodyReviewed() {
	p := s.play("apply.yml", s.repo.PushRun("main", "", "ann"), false, nil)
	require.False(s, p.ok, p.output)
	_, writes := s.spent()
	require.Zero(s, writes, "applied, and nobody reviewed it")
	issue := s.issue("qdeploy: 13 tenants not as merged")
	require.Equal(s, "open", issue.State)
	digest := approveInput.FindStringSubmatch(issue.Body)
	require.NotNil(s, digest, issue.Body)

	p = s.start("apply.yml", map[string]string{"approve": digest[1], "refresh": "all"})
	require.True(s, p.ok, p.output)
	s.says(p, "failed 0 · skipped 0 · not started 0")
	require.Equal(s, "closed", s.issue("qdeploy: 13 tenants not as merged").State)
	require.Contains(s, string(s.cloud.Tenant("alder.eu.qlikcloud.com").Dump()), "Apps that Alder")
	s.spent()
}

// start starts a workflow by hand.
func (s *stage) start(workflow string, inputs map[string]string) played {
	s.Helper()
	run := s.repo.PushRun("main", "", "ann")
	run.Event = "workflow_dispatch"
	var payload map[string]any
	require.NoError(s, json.Unmarshal(run.Payload(s.site), &payload))
	payload["inputs"] = inputs
	event, err := json.Marshal(payload)
	require.NoError(s, err)
	return s.play(workflow, run, false, event)
}

func (s *stage) issue(title string) githubtest.Issue {
	s.Helper()
	for _, i := range s.repo.Issues() {
		if !i.Pull && strings.HasPrefix(i.Title, title) {
			return i
		}
	}
	s.Fatalf("there is no issue %q:\n%s", title, s.repo.Dump())
	return githubtest.Issue{}
}

// changed is the template of the sample estate with another text in it.
func (s *stage) changed(text string) map[string]string {
	const name, was = "estate/customer.cue", "Apps that \\(tenant.title) makes"
	old := readFiles(s.T, s.dir+"/repo")[name]
	require.Contains(s, old, was)
	return map[string]string{name: strings.Replace(old, was, text, 1)}
}

// proposed opens a pull request: it gets a comment, a status, a label and an
// artifact, and so does the merge queue, without a comment. Tenants are only read.
func (s *stage) proposed() int {
	head := s.repo.Commit("workshop", "A workshop", s.changed("Workshop of \\(tenant.title)"))
	n := s.repo.OpenPull(githubtest.Pull{Title: "A workshop", Head: "workshop"})
	p := s.play("plan.yml", s.repo.PullRun(n, "opened"), false, nil)
	require.True(s, p.ok, p.output)
	s.calm(p)
	all, writes := s.spent()
	require.NotZero(s, all)
	require.Zero(s, writes)
	comments := s.repo.Comments(n)
	require.Len(s, comments, 1)
	require.Contains(s, comments[0].Body, "Workshop of")
	require.Equal(s, []string{"qdeploy/change"}, s.repo.Labels(n))
	s.status(head, "4 to update in 4 tenants")
	artifacts := s.repo.Artifacts()
	require.Len(s, artifacts, 1)
	require.Contains(s, artifacts[0].Name, head)

	queued := s.repo.MergeGroupRun(n)
	p = s.play("plan.yml", queued, false, nil)
	require.True(s, p.ok, p.output)
	s.status(queued.SHA, "4 to update in 4 tenants")
	require.Len(s, s.repo.Comments(n), 1)
	s.spent()
	return n
}

func (s *stage) status(sha, description string) {
	s.Helper()
	statuses := s.repo.Statuses(sha)
	require.Len(s, statuses, 1, s.repo.Dump())
	require.Equal(s, githubtest.Status{Context: "qdeploy/plan", State: "success", Description: description, TargetURL: statuses[0].TargetURL, Author: "github-actions[bot]"}, statuses[0])
}

// stranger opens a pull request from a fork: no secret, no tenant, nothing written.
func (s *stage) stranger() {
	fork := s.repo.Fork("mallory")
	head := fork.Commit("mine", "Mine", s.changed("Mallory was here"))
	n := s.repo.OpenPull(githubtest.Pull{Title: "Mine", Head: "mallory:mine"})
	p := s.play("plan.yml", s.repo.PullRun(n, "opened"), true, nil)
	require.True(s, p.ok, p.output)
	s.says(p, "Mallory was here")
	s.says(p, "No tenant was asked")
	all, _ := s.spent()
	require.Zero(s, all, "a tenant was asked")
	require.Empty(s, s.repo.Comments(n))
	require.Empty(s, s.repo.Labels(n))
	require.Empty(s, s.repo.Statuses(head))
}

// merged merges what was reviewed: it is applied, and the comment says so.
func (s *stage) merged(n int) {
	before := s.repo.Head("main")
	s.repo.Merge(n, "ann")
	p := s.play("apply.yml", s.repo.PushRun("main", before, "ann"), false, nil)
	require.True(s, p.ok, p.output)
	s.calm(p)
	s.says(p, "done 4 · failed 0 · skipped 0 · not started 0")
	require.Contains(s, s.repo.Comments(n)[0].Body, "applied to 4 tenants")
	require.Contains(s, string(s.cloud.Tenant("alder.eu.qlikcloud.com").Dump()), "Workshop of Alder")

	s.nothingDue("apply.yml", "--from-merge")
}

// nothingDue holds that half an hour later nothing is due: the jobs that have secrets, whose
// logs would hold the given text, do not begin.
func (s *stage) nothingDue(workflow, text string) {
	s.Helper()
	s.spent()
	p := s.play(workflow, s.repo.ScheduleRun("7,37 * * * *"), false, nil)
	require.True(s, p.ok, p.output)
	require.NotContains(s, p.output, text)
	reads, writes := s.spent()
	require.Zero(s, reads+writes)
}

// byHand changes a tenant by hand: the nightly run opens an issue, and closes it
// when the change is gone.
func (s *stage) byHand() {
	tenant := s.cloud.Tenant("alder.eu.qlikcloud.com")
	hand := handOf(s.cloud, s.qlik, tenant.Host)
	describe := func(text string) {
		require.NoError(s, hand.call("PATCH", withIDs(tenant, "/api/v1/spaces/{space:Workshop}"),
			`[{"op":"replace","path":"/description","value":"`+text+`"}]`, nil))
	}
	describe("Ask Jo")
	s.spent()
	p := s.play("drift.yml", s.repo.ScheduleRun("17 3 * * *"), false, nil)
	require.True(s, p.ok, p.output)
	s.calm(p)
	require.Contains(s, s.issue("qdeploy: drift in 1 tenant").Body, "Ask Jo")
	require.Equal(s, "open", s.issue("qdeploy: drift in 1 tenant").State)
	_, writes := s.spent()
	require.Zero(s, writes)

	describe("Workshop of Alder & Sons")
	p = s.play("drift.yml", s.repo.ScheduleRun("17 3 * * *"), false, nil)
	require.True(s, p.ok, p.output)
	require.Equal(s, "closed", s.issue("qdeploy: drift in 1 tenant").State)
}

// goesOn promotes what test runs, once, and releases nothing that is not asked for;
// no tenant is asked.
func (s *stage) goesOn() {
	s.spent()
	p := s.play("promote.yml", s.repo.ScheduleRun("17 5 * * *"), false, nil)
	require.True(s, p.ok, p.output)
	require.NotContains(s, s.repo.Dump(), "qdeploy/promote", "nothing says that it is promoted by itself")
	for range 2 {
		p = s.start("promote.yml", map[string]string{"to": "acceptance"})
		require.True(s, p.ok, p.output)
		s.calm(p)
		require.Equal(s, 1, strings.Count(s.repo.Dump(), "pull request, open: Promote to acceptance: Freight Costs 2.0.0"), s.repo.Dump())
	}
	s.says(p, "proposed already")
	p = s.start("release.yml", nil)
	require.True(s, p.ok, p.output)
	require.Empty(s, s.repo.Releases())
	reads, writes := s.spent()
	require.Zero(s, reads+writes)
}
