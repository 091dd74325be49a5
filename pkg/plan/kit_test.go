package plan

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write the golden files")

// golden compares text with a file of testdata.
func golden(t *testing.T, name, text string) {
	t.Helper()
	path := filepath.Join("testdata", name+".txt")
	if *update {
		require.NoError(t, os.MkdirAll("testdata", 0o755))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o644))
		return
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, string(want), text)
}

// kinds are the traits that tests plan with: those of the real kinds, and of
// some that show the rest.
var kinds = map[Kind]Traits{
	"space": {Immutable: []string{"/type"}, Container: true},
	"group": {Immutable: []string{"/providerType"}, Set: []string{"/roles"}},
	"assignment": {
		Immutable: []string{"/assignee"}, Set: []string{"/roles"}, Parent: "/space", Cascade: true,
		Refs: []Ref{{Path: "/space", Kind: "space"}, {Path: "/group", Kind: "group", Soft: true}},
	},
	"app": {
		Create: Publish, Update: Republish, Writes: 3, Parent: "/space",
		Input: []string{"/file", "/staging", "/data", "/digest"},
		Refs:  []Ref{{Path: "/space", Kind: "space"}, {Path: "/staging", Kind: "space"}},
	},
	"task":     {Refs: []Ref{{Path: "/app", Kind: "app"}, {Path: "/after/*", Kind: "task"}}},
	"theme":    {Immutable: []string{"/name"}, Input: []string{"/file"}},
	"role":     {Include: []string{"/scopes"}},
	"hook":     {Secret: []string{"/auth/password", "/headers/*/value"}, Immutable: []string{"/auth/user"}},
	"client":   {Issued: []string{"/to"}},
	"settings": {Singleton: true, First: true, Set: []string{"/everyone/roles"}},
	"policy":   {Last: true},
	"widget":   {Parent: "/assignment", Cascade: true, Refs: []Ref{{Path: "/assignment", Kind: "assignment"}}},
}

// res makes a resource from a key and, after a space, its spec.
func res(text string) Resource {
	key, spec, _ := strings.Cut(text, " {")
	k, err := ParseKey(strings.TrimSpace(key))
	if err != nil {
		panic(err)
	}
	r := Resource{Key: k, Spec: json.RawMessage("{}")}
	if spec != "" {
		r.Spec = json.RawMessage("{" + spec)
	}
	return r
}

// some makes resources of lines.
func some(lines ...string) []Resource {
	out := make([]Resource, len(lines))
	for i, l := range lines {
		out[i] = res(l)
	}
	return out
}

// live makes resources with IDs.
func live(lines ...string) []Resource {
	out := some(lines...)
	for i := range out {
		out[i].ID = fmt.Sprintf("id-%03d", i)
	}
	return out
}

func was(r Resource, names ...string) Resource {
	r.Was = names
	return r
}

func all(Key) bool { return true }

// input is what most tests begin with: a remembered tenant whose listings were
// read completely.
func input(desired, live, applied []Resource) Input {
	return Input{
		Tenant:  Tenant{Name: "acme", Host: "acme.eu.qlikcloud.com", Region: "eu"},
		Desired: desired, Live: live, Applied: applied, Remembered: true, Revision: "41ac0de", Covers: all, Traits: kinds,
	}
}

func build(t *testing.T, in Input) *Plan {
	t.Helper()
	p, err := Build(in)
	require.NoError(t, err)
	return p
}

// brief tells the changes of a plan, one a line: action, key, where from, cause,
// the fields, and whether it is blocked.
func brief(p *Plan) []string {
	out := []string{}
	for _, c := range p.Changes {
		s := string(c.Action) + " "
		if !c.From.IsZero() {
			s += c.From.String() + " > "
		}
		s += c.Key.String()
		if c.Cause != "" {
			s += " (" + string(c.Cause) + ")"
		}
		for _, f := range c.Fields {
			s += " " + f.Path
			if f.Cause != c.Cause {
				s += "(" + string(f.Cause) + ")"
			}
		}
		if c.Blocked != "" {
			s += ": " + c.Blocked
		}
		out = append(out, s)
	}
	return out
}

func marshal(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	require.NoError(t, err)
	return string(b)
}
