package estate

import (
	"strings"
	"testing"

	"cuelang.org/go/cue/ast"
	"cuelang.org/go/cue/cuecontext"
	"github.com/stretchr/testify/require"

	"github.com/qdeploy/qdeploy/pkg/plan"
)

func TestTenants(t *testing.T) {
	e := loadText(t, `
-- a.cue --
package estate

regions: gov: {domain: "gov.example.com", apiKey: env: "KEY"}
regions: ap: client: {id: file: "id.txt", secret: file: "secret.txt"}
tenantFiles: ["tenants/*", "tenants/*.yaml"]
tenants: incue: {region: "gov", alias: "incue", labels: stage: "dev"}
-- tenants/one.yaml --
# A file is one tenant ...
region: eu
alias: one
-- tenants/list.yaml --
# ... or a list ...
- &two
  name: two
  region: eu
  alias: two
  variables: {limit: 1e3, share: 0.10, on: true, none: null, list: [a, {b: c}]}
- <<: *two
  name: three
  alias: three
-- tenants/stream.yml --
name: four
region: eu
alias: four
---
name: five
region: eu
alias: five
-- tenants/map.json --
{"six": {"region": "eu", "host": "Six.Example.com:8443", "title": "Number 6", "state": "ignored"}}
`)
	var names []string
	for _, t := range e.Tenants() {
		names = append(names, t.Name+" "+t.Host+" "+t.Pos)
	}
	require.Equal(t, []string{
		"five five.eu.qlikcloud.com tenants/stream.yml:5:1",
		"four four.eu.qlikcloud.com tenants/stream.yml:1:1",
		"incue incue.gov.example.com a.cue:6:10",
		"one one.eu.qlikcloud.com tenants/one.yaml:1:1",
		"six six.example.com:8443 tenants/map.json:1:3",
		"three three.eu.qlikcloud.com tenants/list.yaml:3:3",
		"two two.eu.qlikcloud.com tenants/list.yaml:3:3",
	}, names)
	six, ok := e.Tenant("six")
	require.True(t, ok)
	require.Equal(t, Tenant{
		Tenant: plan.Tenant{
			Name: "six", Host: "six.example.com:8443", Region: "eu", Labels: map[string]string{},
			Values: map[string]string{"name": "six", "title": "Number 6", "region": "eu", "host": "six.example.com:8443"},
		},
		Title: "Number 6", State: Ignored, Pos: "tenants/map.json:1:3",
	}, six)
	two, _ := e.Tenant("two")
	require.Equal(t, map[string]string{
		"name": "two", "title": "two", "region": "eu", "host": "two.eu.qlikcloud.com",
		"variables.limit": "1E+3", "variables.share": "0.10", "variables.on": "true",
		"variables.list.0": "a", "variables.list.1.b": "c",
	}, two.Values)
	_, ok = e.Tenant("seven")
	require.False(t, ok)
	require.Equal(t, Region{Name: "gov", Domain: "gov.example.com", APIKey: SecretRef{"env", "KEY"}}, e.Region("gov"))
	require.Equal(t, &Client{ID: SecretRef{"file", "id.txt"}, Secret: SecretRef{"file", "secret.txt"}}, e.Region("ap").Client)
	require.Equal(t, "file id.txt", e.Region("ap").Client.ID.String())
	require.Equal(t, "environment variable KEY", e.Region("gov").APIKey.String())
	require.Equal(t, plan.Guards{DeletesPerTenant: 5, Deletes: 50, Tenants: -1, Replace: []plan.Kind{}}, e.Guards())
}

func TestEnvironments(t *testing.T) {
	e := loadText(t, `
-- a.cue --
package estate

tenantFiles: ["all.yaml"]
apps: Sales: {file: "apps/Sales {version}.qvf", previously: ["Turnover"], data: "source"}
apps: Stock: {file: "apps/Stock.qvf", adopt: "refuse", description: "What is there"}
environments: {
	prod: {
		after: ["test"]
		apps: {Sales: version: "1.0.0", Stock: version: "3.0.0"}
		targets: [
			{select: {tier: ["gold", "silver"], stage: "prod"}, staging: "S", space: "P"},
			{tenants: ["b", "a"], staging: "S", space: "Q", apps: ["Stock"]},
		]
	}
	test: apps: {Sales: version: "1.1.0-rc.1", Stock: version: "3.0.0"}
	test: targets: [{select: {}, staging: "S", space: "Test"}]
}
templates: t: space: {S: type: "shared", P: type: "managed", Q: type: "managed", Test: type: "managed"}
-- all.yaml --
- {name: a, region: eu, alias: a, template: t, labels: {tier: gold, stage: prod}}
- {name: b, region: eu, alias: b, template: t, labels: {tier: bronze, stage: prod}}
- {name: c, region: eu, alias: c, template: t, labels: {tier: silver}}
- {name: d, region: eu, alias: d, template: t, labels: {tier: silver, stage: prod}}
- {name: e, region: eu, alias: e, template: t, labels: {tier: silver, stage: prod}, state: ignored}
-- apps/Sales 1.0.0.qvf --
app
-- apps/Sales 1.1.0-rc.1.qvf --
app
-- apps/Stock.qvf --
app
`)
	require.Equal(t, []Environment{
		{
			Name: "test", Apps: map[string]Pin{"Sales": {Version: "1.1.0-rc.1"}, "Stock": {Version: "3.0.0"}}, Pos: "a.cue:15:2", Tags: "date",
			Targets: []Target{{Tenants: []string{"a", "b", "c", "d"}, Staging: "S", Space: "Test", Apps: []string{"Sales", "Stock"}, Pos: "a.cue:16:18"}},
		},
		{
			Name: "prod", After: []string{"test"}, Apps: map[string]Pin{"Sales": {Version: "1.0.0"}, "Stock": {Version: "3.0.0"}}, Pos: "a.cue:7:2", Tags: "date",
			Targets: []Target{
				{Tenants: []string{"a", "d"}, Staging: "S", Space: "P", Apps: []string{"Sales", "Stock"}, Pos: "a.cue:11:4"},
				{Tenants: []string{"a", "b"}, Staging: "S", Space: "Q", Apps: []string{"Stock"}, Pos: "a.cue:12:4"},
			},
		},
	}, e.Environments())
	require.Equal(t, []App{
		{Name: "Sales", File: "apps/Sales {version}.qvf", Data: "source", Previously: []string{"Turnover"}},
		{Name: "Stock", File: "apps/Stock.qvf", Data: "target", Adopt: plan.Refuse, Description: "What is there"},
	}, e.Apps())
	rs, err := e.Resources("b")
	require.NoError(t, err)
	var apps []plan.Resource
	for _, r := range rs {
		if r.Key.Kind == "app" {
			apps = append(apps, r)
		}
	}
	got := list(apps)
	require.Equal(t, 3, strings.Count(got, "\n"))
	require.Contains(t, got, `a.cue:9:35 app/Q/Stock {"data":"target","description":"What is there","digest":"sha256:`)
	require.Contains(t, got, `"name":"Sales","release":"1.1.0-rc.1+q.`)
	require.Contains(t, got, `was ["Test/Turnover"]`)
	require.Contains(t, got, ` refuse`)
}

// FuzzTenants holds that a tenant file, whatever it says, gives tenants or
// problems with a position, and tenants that CUE can build.
func FuzzTenants(f *testing.F) {
	for _, text := range []string{
		"region: eu\nalias: acme\nlabels: {tier: gold}\n", "- {name: a}\n- 7\n", "a: {region: eu}\nb: none\n", "a: &x [*x]\n", "? [a]\n: b\n",
		`{"region": "eu", "region": "us"}`, `[{"name": "a"}]`, "", "---\n---\n", "a: 1\n<<: {a: 2}\n", "x: !!binary aGk=\n", "x: .inf\ny: 0x_1\n", "\t", "a: |\n  b\n",
	} {
		f.Add("t.yaml", []byte(text))
		f.Add("t.json", []byte(text))
	}
	f.Fuzz(func(t *testing.T, name string, text []byte) {
		if name != "t.json" {
			name = "t.yaml"
		}
		entries, ps := decodeTenants(name, text)
		for _, p := range ps {
			file, line, col := splitPos(p.Pos)
			require.Equal(t, name, file)
			require.Positive(t, line)
			require.Positive(t, col)
			require.NotEmpty(t, p.Message)
		}
		if len(text) > 1<<10 {
			return
		}
		ctx := cuecontext.New()
		for _, en := range entries {
			newIndexOf(en.data)
			_ = ctx.BuildExpr(&ast.StructLit{Elts: en.data.Elts}).Validate()
		}
	})
}
