package main

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	sample "github.com/qdeploy/qdeploy/estate"
	"github.com/qdeploy/qdeploy/pkg/qlik/qliktest"
)

// TestWorkflowCapture runs the workflow as a schedule and as Qlik's automation start
// it: there is a pull request, the copy goes, and then there is nothing to do.
func TestWorkflowCapture(t *testing.T) {
	s := newStage(t)
	tenant := s.cloud.Tenant("northwind-dev.eu.qlikcloud.com")
	require.NotNil(t, tenant)
	tenant.AddSpace(qliktest.SpaceSpec{Name: "Commit", Type: "managed"})
	tenant.AddBot("sandbox-eu")
	tenant.AddAssignment("Commit", "bot", `qlikbot\sandbox-eu`, "facilitator")
	app, err := sample.Files.ReadFile("apps/Shipments 1.0.0.qvf")
	require.NoError(t, err)
	tenant.ImportApp(qliktest.AppSpec{Space: "Commit", Name: "Shipments", Description: "{v1.2.0}", Content: app, Age: 2 * time.Hour})

	p := s.play("capture.yml", s.repo.ScheduleRun("7 6-18 * * 1-5"), false, nil)
	require.True(t, p.ok, p.output)
	s.calm(p)
	s.says(p, "Shipments: 1.1.0 → 1.2.0, published to nonprod/Commit")
	s.says(p, "removed from Commit")
	require.Contains(t, s.repo.Dump(), "Capture Shipments 1.2.0 (acme:qdeploy/capture/Shipments into main, by github-actions[bot])")
	require.NotContains(t, string(tenant.Dump()), "1.2.0")
	_, writes := s.spent()
	require.Equal(t, 2, writes, "one export, one deletion")

	run := s.repo.ScheduleRun("")
	run.Event = "repository_dispatch"
	var payload map[string]any
	require.NoError(t, json.Unmarshal(run.Payload(s.site), &payload))
	delete(payload, "schedule")
	payload["action"], payload["client_payload"] = "qdeploy-capture", map[string]any{"app": "$(whoami)"}
	event, err := json.Marshal(payload)
	require.NoError(t, err)
	p = s.play("capture.yml", run, false, event)
	require.True(t, p.ok, p.output)
	s.says(p, "nothing is published to nonprod/Commit")
	_, writes = s.spent()
	require.Zero(t, writes)
}
