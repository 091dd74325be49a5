package estate

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/qdeploy/qdeploy/pkg/plan"
)

func held(key, spec string) plan.Resource {
	k, err := plan.ParseKey(key)
	if err != nil {
		panic(err)
	}
	return plan.Resource{Key: k, Spec: json.RawMessage(spec)}
}

// holds is what the tests add: two spaces, and a member of one.
var holds = []plan.Resource{
	held("assignment/Finance/group:Readers", `{"space":"space/Finance","assignee":"group:Readers","roles":["consumer"]}`),
	held("space/Finance", `{"name":"Finance","type":"shared","description":"yes"}`),
	held("space/Live: 1", `{"name":"Live: 1","type":"managed","description":"two\nlines"}`),
}

// TestInData shows what becomes of data files: lines are added, and all that was there stays.
func TestInData(t *testing.T) {
	const added = `
  space:
    Finance:
      type: shared
      description: "yes"
      members:
        group:Readers:
          - consumer
    'Live: 1':
      type: managed
      description: |-
        two
        lines
`
	alone := strings.ReplaceAll(added[1:], "\n  ", "\n")[2:]
	for _, c := range []struct{ name, file, text, want string }{
		{"one", "acme.yaml", "# ours\nregion: eu # here\n\nalias: acme", "# ours\nregion: eu # here\n\nalias: acme\n" + alone},
		{"a map", "all.yaml", "acme:\n  region: eu\n  labels:\n  - a\n\n# the other\nbolt:\n  region: eu\n", "acme:\n  region: eu\n  labels:\n  - a" + added + "\n# the other\nbolt:\n  region: eu\n"},
		{"a list", "all.yaml", "- name: bolt\n  region: us\n- region: eu\n  name: acme\n", "- name: bolt\n  region: us\n- region: eu\n  name: acme" + added},
		{"with spaces", "all.yaml", "acme:\n  space:\n    Finance:\n      title: x # of\n    More: {type: shared}\n  region: eu\n",
			"acme:\n  space:\n    Finance:\n      title: x # of\n      type: shared\n      description: \"yes\"\n      members:\n        group:Readers:\n          - consumer\n    More: {type: shared}\n    'Live: 1':\n      type: managed\n      description: |-\n        two\n        lines\n  region: eu\n"},
		{"braces", "all.yaml", "acme: {region: eu, labels: {a: \"}\"}} # why\nbolt: {region: us}\n", "acme: # why\n  region: eu\n  labels: {a: \"}\"}" + added + "bolt: {region: us}\n"},
		{"braces in a list", "all.yaml", "- {name: acme, region: eu}\n", "- name: acme\n  region: eu" + added},
		{"braces in a list, and why", "all.yaml", "- {name: acme,\n   region: eu} # why\n- name: bolt\n", "- # why\n  name: acme\n  region: eu" + added + "- name: bolt\n"},
		{"braces inside", "acme.yaml", "space: {Finance: {title: it's}}\nregion: eu\n", "space:\n  Finance:\n    title: it's\n    type: shared\n    description: \"yes\"\n    members:\n      group:Readers:\n        - consumer\n  'Live: 1':\n    type: managed\n    description: |-\n      two\n      lines\nregion: eu\n"},
		{"a block text", "acme.yaml", "region: eu\nvariables:\n  note: |\n    # text\n    more\n# end\n", "region: eu\nvariables:\n  note: |\n    # text\n    more\n" + alone + "# end\n"},
		{"carriage returns", "acme.yml", "region: eu\r\nalias: acme\r\n", "region: eu\r\nalias: acme\r\n" + strings.ReplaceAll(alone, "\n", "\r\n")},
		{"JSON in one line", "acme.json", `{"region": "eu"}`, `{"region": "eu", "space": {"Finance":{"type":"shared","description":"yes","members":{"group:Readers":["consumer"]}},"Live: 1":{"type":"managed","description":"two\nlines"}}}`},
		{"JSON in lines", "all.json", "[\n\t{\n\t\t\"name\": \"acme\"\n\t}\n]\n", "[\n\t{\n\t\t\"name\": \"acme\",\n\t\t\"space\": {\n\t\t\t\"Finance\": {\n\t\t\t\t\"type\": \"shared\",\n\t\t\t\t\"description\": \"yes\",\n\t\t\t\t\"members\": {\n\t\t\t\t\t\"group:Readers\": [\n\t\t\t\t\t\t\"consumer\"\n\t\t\t\t\t]\n\t\t\t\t}\n\t\t\t},\n\t\t\t\"Live: 1\": {\n\t\t\t\t\"type\": \"managed\",\n\t\t\t\t\"description\": \"two\\nlines\"\n\t\t\t}\n\t\t}\n\t}\n]\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			out, err := InData(c.file, []byte(c.text), []Adoption{{Tenant: "acme", Holds: holds}})
			require.NoError(t, err)
			require.Equal(t, c.want, string(out))
		})
	}
	out, err := InData("all.yaml", []byte("acme: {region: eu}\nbolt:\n  region: eu\n"), []Adoption{{Tenant: "acme", Template: "adopted"}, {Tenant: "bolt", Template: "adopted"}})
	require.NoError(t, err)
	require.Equal(t, "acme:\n  region: eu\n  template: adopted\nbolt:\n  region: eu\n  template: adopted\n", string(out))
}

// TestNotInData shows files that nothing can be added to, and that are left as they are.
func TestNotInData(t *testing.T) {
	for _, c := range []struct{ file, text, want string }{
		{"all.yaml", "bolt:\n  region: eu\n", "all.yaml:1:1: acme: the tenant is not in this file any more"},
		{"all.yaml", "acme: &a\n  region: eu\nbolt: *a\n", "all.yaml:3:1: bolt: nothing can be added here: it would say something else than it should"},
		{"all.yaml", "bolt: &a\n  region: eu\nacme: *a\n", "nothing can be added here: it is no mapping"},
		{"acme.yaml", "region: eu\nspace:\n  Finance:\n    type: managed\n", "Finance: type: it is no mapping"},
		{"acme.yaml", "region: eu\nspace:\n", "acme.yaml:2:1: acme: nothing can be added here: space: it is no mapping"},
		{"acme.yaml", "region: [\n", "acme.yaml:"},
		{"acme.json", `{"region": "eu", "space": {"Finance": {"type": "shared"}}}`, "space: Finance: type: it is there already"},
	} {
		_, err := InData(c.file, []byte(c.text), []Adoption{{Tenant: "acme", Holds: holds}})
		require.ErrorContains(t, err, c.want, "%s", c.text)
	}
}

func FuzzInData(f *testing.F) {
	f.Add("acme: {region: eu, a: ['}', \"]\"]}\n", true)
	f.Add("- name: acme\n  region: |\n   x\n", true)
	f.Add(`{"acme": {"region": "eu"}}`, false)
	f.Fuzz(func(t *testing.T, text string, inYAML bool) {
		file := map[bool]string{true: "acme.yaml", false: "acme.json"}[inYAML]
		out, err := InData(file, []byte(text), []Adoption{{Tenant: "acme", Holds: holds}})
		if err == nil && len(out) < len(text)/4 {
			t.Fatalf("most of it is gone: %q", out)
		}
	})
}
