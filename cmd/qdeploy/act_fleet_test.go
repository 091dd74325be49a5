package main

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/qdeploy/qdeploy/pkg/github/githubtest"
)

// TestWorkflowsOfAFleet runs the workflows of a fleet on two machines, for every event that
// starts one.
func TestWorkflowsOfAFleet(t *testing.T) {
	s := newStage(t)

	// What nobody reviewed is not applied, and approved by the digest of all of it.
	p := s.play("fleet-apply.yml", s.repo.PushRun("main", "", "ann"), false, nil)
	require.False(s, p.ok, p.output)
	_, writes := s.spent()
	require.Zero(s, writes, "applied, and nobody reviewed it")
	issue := s.issue("qdeploy: 13 tenants not as merged")
	require.Equal(s, "open", issue.State)
	require.Contains(s, issue.Body, "gh workflow run fleet-apply.yml -f approve=")
	digest := approveInput.FindStringSubmatch(issue.Body)
	p = s.start("fleet-apply.yml", map[string]string{"approve": digest[1], "refresh": "all"})
	require.True(s, p.ok, p.output)
	s.calm(p)
	require.Equal(s, "closed", s.issue("qdeploy: 13 tenants not as merged").State)
	require.Contains(s, string(s.cloud.Tenant("alder.eu.qlikcloud.com").Dump()), "Apps that Alder")
	s.spent()

	n := s.proposedToAFleet()
	before := s.repo.Head("main")
	s.repo.Merge(n, "ann")
	p = s.play("fleet-apply.yml", s.repo.PushRun("main", before, "ann"), false, nil)
	require.True(s, p.ok, p.output)
	s.calm(p)
	s.says(p, "[qdeploy fleet apply/apply-1]")
	s.says(p, "[qdeploy fleet apply/apply-2]")
	require.Contains(s, s.repo.Comments(n)[0].Body, "**Merged:** applied to 4 tenants")
	require.Contains(s, string(s.cloud.Tenant("alder.eu.qlikcloud.com").Dump()), "Workshop of Alder")

	s.nothingDue("fleet-apply.yml", "fleet apply/cut")
}

// proposedToAFleet opens a pull request, planned by two machines: one comment, one status,
// one label, one artifact. That of a fork is planned without a secret.
func (s *stage) proposedToAFleet() int {
	head := s.repo.Commit("workshop", "A workshop", s.changed("Workshop of \\(tenant.title)"))
	n := s.repo.OpenPull(githubtest.Pull{Title: "A workshop", Head: "workshop"})
	p := s.play("fleet-plan.yml", s.repo.PullRun(n, "opened"), false, nil)
	require.True(s, p.ok, p.output)
	s.calm(p)
	_, writes := s.spent()
	require.Zero(s, writes)
	require.Len(s, s.repo.Comments(n), 1)
	require.Contains(s, s.repo.Comments(n)[0].Body, "4 to update")
	require.Equal(s, []string{"qdeploy/change"}, s.repo.Labels(n))
	s.status(head, "4 to update in 4 tenants")

	fork := s.repo.Fork("mallory")
	fork.Commit("mine", "Mine", s.changed("Mallory was here"))
	m := s.repo.OpenPull(githubtest.Pull{Title: "Mine", Head: "mallory:mine"})
	p = s.play("fleet-plan.yml", s.repo.PullRun(m, "opened"), true, nil)
	require.True(s, p.ok, p.output)
	s.says(p, "Mallory was here")
	s.says(p, "No tenant was asked")
	all, _ := s.spent()
	require.Zero(s, all, "a tenant was asked")
	require.Empty(s, s.repo.Comments(m))
	return n
}
