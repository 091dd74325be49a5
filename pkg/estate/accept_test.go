package estate

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/qdeploy/qdeploy/pkg/plan"
)

// What may be written about drift, where it is declared in a tenant, a template, a data
// file, or not at all.
func TestAnswer(t *testing.T) {
	e := loadText(t, `
-- a.cue --
package estate

tenantFiles: ["t.yaml"]
tenants: acme: {region: "eu", alias: "acme", template: "all"}
tenants: acme: space: Own: {type: "shared", ignore: ["/owner"]}
templates: all: {
	space: HR: {type: "shared", description: "People", members: "group:Readers": ["consumer"]}
	role: Watcher: assignedScopes: ["admin.apps:read"]
	"license-settings": autoAssignAnalyzer: true
	webhook: Chat: {url: "https://a.example", eventTypes: [], secret: env: "S"}
}
-- t.yaml --
- name: bolt
  region: eu
  alias: bolt
  space:
    Lab: {type: shared}
`)
	live := func(fields ...plan.Field) plan.Change {
		return plan.Change{Live: &plan.Resource{}, Desired: &plan.Resource{}, Fields: fields}
	}
	text := func(path, is string) plan.Field {
		return plan.Field{Path: path, Live: json.RawMessage(is), Desired: json.RawMessage(`"was"`)}
	}
	own := live(text("/description", `"Ours"`))
	own.Desired.Ignore = []string{"/owner"}
	for _, c := range []struct {
		tenant, key string
		change      plan.Change
		want        string
	}{
		{"acme", "space/HR", live(text("/description", `"Jo's"`)),
			`replace a.cue:7:30 description: "Jo's"; ignore add a.cue:7:9 templates: all: space: HR: ignore: ["/description"]`},
		{"acme", "space/HR", live(text("/owner", `"user:jo"`)),
			`add a.cue:7:9 templates: all: space: HR: owner: "user:jo"; ignore add a.cue:7:9 templates: all: space: HR: ignore: ["/owner"]`},
		{"acme", "space/HR", live(text("/description", ``)),
			`replace a.cue:7:30 description: ""; ignore add a.cue:7:9 templates: all: space: HR: ignore: ["/description"]`},
		{"acme", "space/Own", own,
			`add a.cue:5:23 tenants: acme: space: Own: description: "Ours"; ignore replace a.cue:5:45 ignore: ["/owner","/description"]`},
		{"bolt", "space/Lab", live(text("/description", `"x"`)),
			`inside t.yaml:5:5 description: "x"; ignore inside t.yaml:5:5 ignore: ["/description"]`},
		{"acme", "space/HR", plan.Change{Desired: &plan.Resource{}}, `delete a.cue:7:9; what is gone cannot be ignored`},
		{"acme", "space/Gone", live(text("/description", `"x"`)), `the estate does not declare it any more`},
		{"acme", "assignment/HR/group:Readers", live(text("/roles", `["producer"]`)),
			`replace a.cue:7:62 "group:Readers": ["producer"]; a list of roles cannot be ignored`},
		{"acme", "license-settings/tenant", live(text("/autoAssignAnalyzer", `false`)),
			`replace a.cue:9:22 autoAssignAnalyzer: false; a setting is not ignored; a field that the estate does not mention is left alone`},
		{"acme", "webhook/Chat", live(plan.Field{Path: "/secret", Hidden: true}), `a secret is neither shown nor ignored`},
		{"acme", "webhook/Chat", live(text("/owner", `"me"`)), `owner is not declared by itself`},
		{"acme", "app/Prod/Sales", live(), `it follows from something else: qdeploy capture takes over what people publish`},
	} {
		key, err := plan.ParseKey(c.key)
		require.NoError(t, err)
		c.change.Key = key
		if c.change.Live == nil {
			c.change.Action = plan.Create
		}
		a, err := e.Answer(c.tenant, c.change)
		require.NoError(t, err)
		require.Equal(t, c.want, said(a), c.key)
	}
	_, err := e.Answer("acmee", plan.Change{})
	require.ErrorContains(t, err, `"acmee"`)
}

func said(a Answer) (out string) {
	add := func(s string) {
		if out != "" {
			out += "; "
		}
		out += s
	}
	paste := func(p Paste) string {
		if p.Text == "" {
			return fmt.Sprintf("%s %s", p.How, p.At)
		}
		return fmt.Sprintf("%s %s %s", p.How, p.At, p.Text)
	}
	for _, p := range a.Accept {
		add(paste(p))
	}
	if a.Ignore != nil {
		add("ignore " + paste(*a.Ignore))
	}
	if a.Why != "" {
		add(a.Why)
	}
	return out
}
