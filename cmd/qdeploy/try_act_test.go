package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/qdeploy/qdeploy/pkg/github/githubtest"
)

// TestWorkflowTry runs the workflow for a pull request that changes an app, until it is
// closed; one of a fork starts nothing.
func TestWorkflowTry(t *testing.T) {
	s := newStage(t)
	s.repo.Commit("main", "Pull requests try apps", map[string]string{
		"estate/try.cue": "package estate\n\nenvironments: test: test: \"pull-request\"\n",
	})
	s.nobodyReviewed()
	pins := readFiles(t, s.dir+"/repo")["estate/pins-test.cue"]
	files := map[string]string{"estate/pins-test.cue": strings.Replace(pins, "1.1.0", "1.0.0", 1)}
	head := s.repo.Commit("older", "Shipments as it was", files)
	n := s.repo.OpenPull(githubtest.Pull{Title: "Shipments as it was", Head: "older"})

	p := s.play("try.yml", s.repo.PullRun(n, "opened"), false, nil)
	require.True(t, p.ok, p.output)
	s.calm(p)
	s.says(p, "test: Shipments 1.0.0 of #")
	require.Equal(t, "qdeploy/try", s.repo.Statuses(head)[0].Context)
	require.Equal(t, "success", s.repo.Statuses(head)[0].State)
	require.Contains(t, s.repo.Comments(n)[0].Body, "Shipments 1.0.0")
	_, writes := s.spent()
	require.NotZero(t, writes)

	s.repo.Close(n, "ann")
	p = s.play("try.yml", s.repo.PullRun(n, "closed"), false, nil)
	require.True(t, p.ok, p.output)
	s.calm(p)
	s.says(p, "test: Shipments is 1.1.0 again in nonprod (Test)")
	s.spent()

	s.repo.Fork("mallory").Commit("older", "Shipments of mallory", files)
	n = s.repo.OpenPull(githubtest.Pull{Title: "Shipments of mallory", Head: "mallory:older"})
	p = s.play("try.yml", s.repo.PullRun(n, "opened"), true, nil)
	require.True(t, p.ok, p.output)
	require.NotContains(t, p.output, "qdeploy:")
	all, _ := s.spent()
	require.Zero(t, all, "a tenant was asked")
}
