package estate

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

const capturing = `package estate

import "github.com/qdeploy/qdeploy/schema"

schema.#Estate

regions: eu: apiKey: env: "KEY"
tenants: acme: {region: "eu", alias: "acme", space: {Dev: type: "shared", Commit: type: "managed"}}
tenants: gone: {region: "eu", alias: "gone", state: "ignored"}
`

func TestCaptures(t *testing.T) {
	for _, test := range []struct{ name, capture, want string }{
		{"none", ``, ``},
		{"one", `capture: [{tenant: "acme", space: "Commit"}]`, ``},
		{"no such tenant", `capture: [{tenant: "acne", space: "Commit"}]`,
			"estate.cue:10:12: there is no tenant \"acne\"\n\tdid you mean \"acme\"?"},
		{"ignored", `capture: [{tenant: "gone", space: "Commit"}]`,
			"estate.cue:10:12: tenant \"gone\" is ignored, and nothing is captured from it\n\tremove the capture, or the state of the tenant"},
		{"no such space", `capture: [{tenant: "acme", space: "Comit"}]`,
			"estate.cue:10:11: acme: space \"Comit\" is captured, and this tenant does not declare it\n\tdid you mean \"Commit\"?"},
		{"shared", `capture: [{tenant: "acme", space: "Dev"}]`,
			"estate.cue:10:11: acme: space \"Dev\" is captured, and is a shared space; it must be a managed one\n\tpeople publish to it: type: \"managed\""},
		{"twice", `capture: [{tenant: "acme", space: "Commit"}, {tenant: "acme", space: "Commit", keep: true}]`,
			"estate.cue:10:46: acme/Commit is captured twice\n\tthe other is at estate.cue:10:11"},
		{"a field too many", `capture: [{tenant: "acme", space: "Commit", keeps: true}]`,
			"estate.cue:10:45: unknown field \"keeps\"\n\tdid you mean \"keep\"?"},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			require.NoError(t, os.WriteFile(filepath.Join(dir, "estate.cue"), []byte(capturing+test.capture+"\n"), 0o600))
			ps, err := Validate(context.Background(), dir, Options{})
			require.NoError(t, err)
			require.Equal(t, test.want, ps.Error())
		})
	}
}

func TestCapturesAreRead(t *testing.T) {
	dir := t.TempDir()
	text := capturing + "capture: [{tenant: \"acme\", space: \"Commit\", keep: true}]\n"
	require.NoError(t, os.WriteFile(filepath.Join(dir, "estate.cue"), []byte(text), 0o600))
	e, err := Load(dir, Options{})
	require.NoError(t, err)
	require.Equal(t, []Capture{{Tenant: "acme", Space: "Commit", Keep: true, Pos: "estate.cue:10:11"}}, e.Captures())
}

// People choose names: none is more than a name.
func TestDeclareApp(t *testing.T) {
	for _, name := range []string{"Sales", `a"b`, `\(1/0)`, "a: b", "Größe", "__x", "#D"} {
		dir := t.TempDir()
		require.NoError(t, os.WriteFile(filepath.Join(dir, "estate.cue"), []byte(capturing), 0o600))
		require.NoError(t, os.WriteFile(filepath.Join(dir, "app-x.cue"), DeclareApp(App{Name: name, File: "apps/" + name + ".qvf", Description: name + "\n{v}"}), 0o600))
		ps, err := Validate(context.Background(), dir, Options{})
		require.NoError(t, err)
		require.Len(t, ps, 1, name)
		require.Contains(t, ps[0].Message, "apps/", name) // there is no such file; all else is right
	}
}
