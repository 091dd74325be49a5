package schema

import (
	"io/fs"
	"maps"
	"slices"
	"strings"
	"testing"

	"cuelang.org/go/cue/ast"
	"cuelang.org/go/cue/literal"
	"cuelang.org/go/cue/token"
	"github.com/stretchr/testify/require"
)

// TestForms holds that every pattern of the schema has words, and no other has, and that
// what they give as an example is one.
func TestForms(t *testing.T) {
	patterns := map[string]bool{}
	names, err := fs.Glob(files, "*.cue")
	require.NoError(t, err)
	for _, name := range names {
		f, err := parsed(name)
		require.NoError(t, err)
		ast.Walk(f, func(n ast.Node) bool {
			if x, ok := n.(*ast.UnaryExpr); ok && x.Op == token.MAT {
				pattern, err := literal.Unquote(x.X.(*ast.BasicLit).Value)
				require.NoError(t, err)
				if alternatives.FindString(pattern) == "" { // those are told one by one
					patterns[pattern] = true
				}
			}
			return true
		}, nil)
	}
	forms := embedded().forms
	require.Equal(t, slices.Sorted(maps.Keys(patterns)), slices.Sorted(maps.Keys(forms)))
	for pattern, words := range forms {
		begin, _, _ := strings.Cut(words, " ")
		require.Contains(t, []string{"be", "begin", "have", "not"}, begin, "%s must %s", pattern, words)
		require.Equal(t, words, Form(pattern))
		_, examples, _ := strings.Cut(words, `: "`)
		if _, as, ok := strings.Cut(words, `as "`); ok {
			examples = as
		}
		for i, example := range strings.Split(examples, `"`) {
			if examples != "" && i%2 == 0 && example != "" {
				require.Regexp(t, pattern, strings.ReplaceAll(example, `\n`, "\n"))
			}
		}
	}
}
