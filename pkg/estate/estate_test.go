package estate

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"cuelang.org/go/cue"
	"cuelang.org/go/cue/cuecontext"
	"github.com/rogpeppe/go-internal/txtar"
	"github.com/stretchr/testify/require"

	"github.com/qdeploy/qdeploy/pkg/estate/estatetest"
	"github.com/qdeploy/qdeploy/pkg/plan"
)

const sampleDir = "../../estate"

// load returns the estate in a text archive; it must be sound.
func loadText(t testing.TB, text string) *Estate {
	files, _ := archive(t, txtar.Parse([]byte(text)))
	e, err := Load("", Options{Files: files})
	require.NoError(t, err)
	return e
}

// list prints resources, a line each.
func list(rs []plan.Resource) string {
	var b strings.Builder
	for _, r := range rs {
		fmt.Fprintf(&b, "%s %s %s", r.Pos, r.Key, r.Spec)
		if r.Adopt != plan.Take {
			fmt.Fprintf(&b, " %s", r.Adopt)
		}
		if r.Was != nil {
			fmt.Fprintf(&b, " was %q", r.Was)
		}
		b.WriteString("\n")
	}
	return b.String()
}

// golden compares got with a file in testdata, or writes it with -update.
func golden(t *testing.T, name, got string) {
	name = filepath.Join("testdata", name)
	if *update {
		require.NoError(t, os.WriteFile(name, []byte(got), 0o644))
	}
	want, err := os.ReadFile(name)
	require.NoError(t, err)
	require.Equal(t, string(want), got)
}

func TestSample(t *testing.T) {
	ps, err := Validate(context.Background(), sampleDir, Options{})
	require.NoError(t, err)
	require.Empty(t, ps)
	e, err := Load(sampleDir, Options{})
	require.NoError(t, err)
	require.Len(t, e.Tenants(), 13)
	require.Equal(t, []string{"ap", "eu", "us"}, e.Regions())
	var names []string
	for _, env := range e.Environments() {
		names = append(names, env.Name)
	}
	require.Equal(t, []string{"dev", "test", "acceptance", "prod"}, names)
	for _, name := range []string{"nonprod", "harborline"} {
		rs, err := e.Resources(name)
		require.NoError(t, err)
		golden(t, name+".golden", list(rs))
	}
}

// TestSampleApps holds that the apps in the repository are those that the code
// makes. When it fails: go generate ./pkg/estate/estatetest
func TestSampleApps(t *testing.T) {
	apps := estatetest.SampleApps()
	found, err := filepath.Glob(filepath.Join(sampleDir, "apps", "*.qvf"))
	require.NoError(t, err)
	require.Len(t, found, len(apps))
	for name, want := range apps {
		got, err := os.ReadFile(filepath.Join(sampleDir, name))
		require.NoError(t, err)
		require.Equal(t, want, got, name)
		require.Less(t, len(got), 64<<10, name)
	}
}

// TestSpecs holds that every spec is one that the definition of its kind allows,
// complete.
func TestSpecs(t *testing.T) {
	e, err := Load(sampleDir, Options{})
	require.NoError(t, err)
	ctx := cuecontext.New()
	root := ctx.BuildInstance(e.src.parse().schema)
	kinds := map[plan.Kind]bool{}
	for _, tenant := range e.Tenants() {
		rs, err := e.Resources(tenant.Name)
		require.NoError(t, err)
		for _, r := range rs {
			kinds[r.Key.Kind] = true
			def := strings.ToUpper(string(r.Key.Kind[:1])) + string(r.Key.Kind[1:])
			v := root.LookupPath(cue.MakePath(cue.Def(def))).Unify(ctx.CompileBytes(r.Spec))
			require.NoError(t, v.Validate(cue.Concrete(true)), "%s: %s", tenant.Name, r.Key)
			canonical, err := plan.Canonical(r.Spec)
			require.NoError(t, err)
			require.Equal(t, string(canonical), string(r.Spec))
		}
	}
	require.Len(t, kinds, 6, "the sample shows every kind")
}

func TestResources(t *testing.T) {
	e := loadText(t, `
-- a.cue --
package estate

adopt: "refuse"
tenantFiles: ["*.yaml"]
_base: space: Base: {type: "shared", description: "Below <all> & \"more\""}
templates: {
	customer: _base & {
		tenant: _
		for n in ["One", "Two"] {
			space: "\(tenant.name) \(n)": type: "managed"
		}
		group: "\(tenant.variables.a)": {}
		group: "\(tenant.variables.b)": {}
		if tenant.labels.tier == "gold" {
			space: Gold: type: "shared"
		}
	}
	more: space: More: type: "managed"
}
-- acme.yaml --
title: Acme Ltd
region: eu
alias: acme
template: [customer, more]
labels:
  tier: gold
variables:
  a: Alpha
  b: Beta
space:
  Own:
    type: shared
    adopt: take
    previously: [Old, Older]
    owner: email:jo@acme.example
    members:
      group:Alpha: [producer, consumer, consumer]
      user:auth0|1: [facilitator]
  Gold:
    description: Mine
`)
	rs, err := e.Resources("acme")
	require.NoError(t, err)
	require.Equal(t, `acme.yaml:17:7 assignment/Own/group:Alpha {"assignee":"group:Alpha","group":"group/Alpha","roles":["consumer","producer"],"space":"space/Own"}
acme.yaml:18:7 assignment/Own/user:auth0|1 {"assignee":"user:auth0|1","roles":["facilitator"],"space":"space/Own"}
a.cue:12:10 group/Alpha {"name":"Alpha","providerType":"idp"} refuse
a.cue:13:10 group/Beta {"name":"Beta","providerType":"idp"} refuse
a.cue:5:15 space/Base {"description":"Below <all> & \"more\"","name":"Base","type":"shared"} refuse
acme.yaml:19:3 space/Gold {"description":"Mine","name":"Gold","type":"shared"} refuse
a.cue:18:15 space/More {"description":"","name":"More","type":"managed"} refuse
acme.yaml:11:3 space/Own {"description":"","name":"Own","owner":"email:jo@acme.example","type":"shared"} was ["Old" "Older"]
a.cue:10:11 space/acme One {"description":"","name":"acme One","type":"managed"} refuse
a.cue:10:11 space/acme Two {"description":"","name":"acme Two","type":"managed"} refuse
`, list(rs))

	var wg sync.WaitGroup
	again := make([]string, 8)
	for i := range again {
		wg.Go(func() {
			rs, err := e.Resources("acme")
			again[i] = fmt.Sprint(list(rs), err)
		})
	}
	wg.Wait()
	for _, got := range again {
		require.Equal(t, list(rs)+"<nil>", got)
	}
}

func TestProblemsJSON(t *testing.T) {
	ps := Problems{
		{Severity: Error, Pos: "a.cue:1:2", Tenant: "acme", Tenants: 3, Key: plan.Key{Kind: "space", Name: "HR"}, Message: "m", Hint: "h", shape: "s", alone: "b.cue:1:1"},
		{Severity: Warning, Message: "w"},
	}
	b, err := json.Marshal(ps)
	require.NoError(t, err)
	require.JSONEq(t, `[
		{"severity": "error", "pos": "a.cue:1:2", "tenant": "acme", "tenants": 3, "key": "space/HR", "message": "m", "hint": "h"},
		{"severity": "warning", "message": "w"}
	]`, string(b))
	require.Len(t, ps.Errors(), 1)
}

func TestNoDirectory(t *testing.T) {
	_, err := Load(filepath.Join(t.TempDir(), "none"), Options{})
	require.ErrorIs(t, err, os.ErrNotExist)
}
