package lint_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/qdeploy/qdeploy/pkg/qvf/lint"
)

// Whatever a script says, looking at it ends, and places lie in it.
func FuzzScript(f *testing.F) {
	for _, s := range []string{"SET a='lib://:x'; LOAD * FROM [$(a)/y];", "///$tab A\r\n/* ' \" [ ` $(", "REM x;IF a THEN\nTRACE b", "$(include=lib://a);FOR EACH x IN 'a'\n", "SET a=$(b);SET b=$(a)$(a);LIB CONNECT TO '$(a)'"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, script string) {
		a := with(script)
		facts, list := lint.Look(a, lint.Context{Previous: with("Section Access;")})
		n := strings.Count(script, "\n") + 1
		for _, s := range facts.Sources {
			require.LessOrEqual(t, s.Line, n)
			require.Positive(t, s.Line)
		}
		for _, f := range list {
			require.LessOrEqual(t, f.Line, n)
			require.NotContains(t, f.String(), "\n")
		}
	})
}
