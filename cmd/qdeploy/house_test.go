package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/qdeploy/qdeploy/pkg/plan"
	"github.com/qdeploy/qdeploy/pkg/qlik"
	"github.com/qdeploy/qdeploy/schema"
)

const module = "github.com/qdeploy/qdeploy/"

// rooms says what each package may import besides the standard library: other
// rooms by path in this module, other modules by a prefix. What is not listed
// here has no room.
var rooms = map[string][]string{
	"pkg/plan":                        {},
	"pkg/qvf":                         {},
	"pkg/qvf/appdiff":                 {"pkg/qvf"},
	"pkg/qvf/unbuild":                 {"pkg/qvf"},
	"pkg/qvf/lint":                    {"pkg/qvf"},
	"pkg/automation":                  {},
	"pkg/apply":                       {"pkg/plan"},
	"pkg/journal":                     {},
	"pkg/compact":                     {},
	"pkg/ledger":                      {"pkg/gitwire", "pkg/compact", "github.com/go-git/"},
	"pkg/gitwire":                     {"github.com/go-git/"},
	"pkg/gitwire/gitwiretest":         {},
	"pkg/proposal":                    {"pkg/gitwire", "github.com/go-git/"},
	"pkg/qlik":                        {"pkg/automation", "pkg/plan", "golang.org/x/", "github.com/cenkalti/backoff", "go.yaml.in/yaml"},
	"pkg/qlik/qliktest":               {},
	"pkg/github":                      {"pkg/plan", "github.com/google/go-github/", "github.com/golang-jwt/jwt/", "github.com/cenkalti/backoff", "golang.org/x/"},
	"pkg/github/githubtest":           {},
	"pkg/github/githubtest/contract":  {"github.com/getkin/kin-openapi"},
	"schema":                          {"pkg/plan", "cuelang.org/go"},
	"pkg/window":                      {"github.com/teambition/rrule-go"},
	"pkg/estate":                      {"pkg/automation", "pkg/compact", "pkg/plan", "pkg/qvf", "pkg/qvf/lint", "pkg/window", "schema", "cuelang.org/go", "github.com/go-git/", "github.com/agext/levenshtein", "go.yaml.in/yaml", "golang.org/x/"},
	"estate":                          {},
	"cmd/qdeploy":                     {"pkg/", "schema", "estate", "github.com/", "golang.org/x/"},
	"pkg/qlik/qliktest/contract":      {"github.com/getkin/kin-openapi"},
	"pkg/estate/estatetest":           {"pkg/qvf"},
	"pkg/estate/estatetest/gensample": {"pkg/estate/estatetest"},
}

// never lists imports that a prefix above would allow and the design forbids.
var never = map[string][]string{
	"cmd/qdeploy": {"cuelang.org/go", "pkg/qlik/qliktest/contract"},
}

// TestHouseArrows holds the arrows of the design: who may import whom.
func TestHouseArrows(t *testing.T) {
	out, err := exec.Command("go", "list", "-f", `{{.ImportPath}} {{join .Imports " "}}`, module+"...").CombinedOutput()
	require.NoError(t, err, string(out))
	for line := range strings.Lines(string(out)) {
		fields := strings.Fields(line)
		room := strings.TrimPrefix(fields[0], module)
		allowed, ok := rooms[room]
		require.True(t, ok, "%s has no room in the design: add it to rooms, with what it may know", room)
		for _, imported := range fields[1:] {
			if !strings.Contains(imported, ".") {
				continue // the standard library
			}
			path := strings.TrimPrefix(imported, module)
			fits := func(prefix string) bool {
				return path == prefix || strings.HasPrefix(path, strings.TrimSuffix(prefix, "/")+"/") && strings.HasSuffix(prefix, "/") ||
					strings.HasPrefix(path, prefix) && strings.Contains(prefix, ".")
			}
			require.True(t, slices.ContainsFunc(allowed, fits), "%s may not import %s", room, path)
			require.False(t, slices.ContainsFunc(never[room], fits), "%s may not import %s", room, path)
		}
	}
}

// TestHouseEveryKindIsWhole holds that a kind is three files that agree.
func TestHouseEveryKindIsWhole(t *testing.T) {
	require.Equal(t, schema.Kinds(), qlik.Kinds(), "schema and client list the same kinds")
	for _, k := range schema.Kinds() {
		require.FileExists(t, filepath.Join("testdata", "script", string(k)+".txtar"), "every kind has its script")
		require.FileExists(t, filepath.Join("..", "..", "schema", string(k)+".cue"))
		require.FileExists(t, filepath.Join("..", "..", "pkg", "qlik", string(k)+".go"))
	}
}

// TestAgreement holds that schema and client know the same fields: each kind's
// example, which has them all, survives being read strictly and written again.
func TestAgreement(t *testing.T) {
	for _, k := range schema.Kinds() {
		want, err := plan.Canonical(schema.Example(k))
		require.NoError(t, err)
		again, err := qlik.Roundtrip(k, want)
		require.NoError(t, err, k)
		got, err := plan.Canonical(again)
		require.NoError(t, err)
		require.Equal(t, string(want), string(got), k)
	}
}

// TestHouseIsBuiltOfSmallParts holds that files stay below 300 lines and
// functions below 80.
func TestHouseIsBuiltOfSmallParts(t *testing.T) {
	fset := token.NewFileSet()
	err := filepath.WalkDir("../..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) != ".go" {
			if d != nil && d.Name() == "node_modules" {
				return fs.SkipDir
			}
			return err
		}
		f, err := parser.ParseFile(fset, path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		require.LessOrEqual(t, fset.File(f.Pos()).LineCount(), 301, "%s is too long to be read at once", path)
		for _, decl := range f.Decls {
			if fn, ok := decl.(*ast.FuncDecl); ok {
				lines := fset.Position(fn.End()).Line - fset.Position(fn.Pos()).Line + 1
				require.LessOrEqual(t, lines, 80, "%s: %s is too long to be read at once", path, fn.Name.Name)
			}
		}
		return nil
	})
	require.NoError(t, err)
}
