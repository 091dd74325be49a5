package qlik

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/qdeploy/qdeploy/pkg/plan"
)

// Qlik's event types, and which changes they tell of.
func TestEventTypesTellOfChanges(t *testing.T) {
	there := &plan.Resource{ID: "1"}
	for _, c := range []struct {
		event string
		kind  plan.Kind
		live  *plan.Resource
		tells bool
	}{
		{"com.qlik.core.space.updated", "space", there, true},
		{"com.qlik.space.updated", "space", there, true},
		{"com.qlik.core.space.settings.updated", "space", there, false},
		{"com.qlik.core.space.deleted", "space", there, false},
		{"com.qlik.core.space.deleted", "space", nil, true},
		{"com.qlik.core.space.updated", "space", nil, false},
		{"com.qlik.core.space.assignment.updated", "assignment", there, true},
		{"com.qlik.core.space.assignment.updated", "space", there, false},
		{"com.qlik.license.assignment.updated", "license-assignment", there, true},
		{"com.qlik.license.assignment.updated", "assignment", there, false},
		{"com.qlik.v1.group-setting.updated", "group-settings", there, true},
		{"com.qlik.v1.group.users.modified", "group", there, false},
		{"com.qlik.web-integration.created", "web-integration", there, true},
		{"com.qlik.v1.automation.run.ended", "automation", there, false},
		{"updated", "space", there, false},
		{"com.qlik.", "space", there, false},
	} {
		require.Equal(t, c.tells, tells(c.event, plan.Change{Key: plan.Key{Kind: c.kind, Name: "A"}, Live: c.live}), c.event+" of "+string(c.kind))
	}
}

// Events have many forms, and one that nobody knows is about nothing.
func TestEventsAreAboutResources(t *testing.T) {
	tenant := NewTenant(nil, TenantOptions{})
	tenant.learn(plan.Key{Kind: "space", Name: "HR"}, "s1")
	tenant.learn(plan.Key{Kind: "group", Name: "Readers"}, "g1")
	for _, c := range []struct {
		event, key, id string
		about          bool
	}{
		{`{"data": {"id": "7"}}`, "space/HR", "7", true},
		{`{"data": {"id": "8"}}`, "space/HR", "7", false},
		{`{"data": {"id": "9"}}`, "assignment/HR/group:Readers", "s1/9", true},
		{`{"data": {"attributes": {"id": "7"}}}`, "app/Prod/Sales", "7", true},
		{`{"data": {"id": 5}, "extensions": {"topLevelResourceId": "7"}}`, "task/A/B/C", "7", true},
		{`{"data": "what"}`, "space/HR", "7", false},
		{`{"data": {"id": ""}}`, "space/HR", "", false},
		{`{"data": {"name": "HR"}}`, "space/HR", "-", true},
		{`{"data": {"name": "HR2"}}`, "space/HR", "-", false},
		{`{"data": {"spaceId": "s1", "assigneeId": "g1"}}`, "assignment/HR/group:Readers", "-", true},
		{`{"data": {"spaceId": "s2", "assigneeId": "g1"}}`, "assignment/HR/group:Readers", "-", false},
		{`{}`, "group-settings/tenant", "", true},
	} {
		var e event
		require.NoError(t, json.Unmarshal([]byte(c.event), &e))
		key, err := plan.ParseKey(c.key)
		require.NoError(t, err)
		change := plan.Change{Key: key}
		if c.id != "-" {
			change.Live = &plan.Resource{ID: c.id}
		}
		require.Equal(t, c.about, tenant.isAbout(e, change), c.event+" of "+c.key)
	}
}
