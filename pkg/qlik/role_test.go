package qlik

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/qdeploy/qdeploy/pkg/qlik/qliktest"
)

func TestRoleConverges(t *testing.T) {
	s := newSandbox(t, qliktest.Options{})
	for _, spec := range []string{
		`{"name":"R","description":"Look","assignedScopes":["admin.apps","knowledgebase"]}`,
		`{"name":"R","description":"","assignedScopes":["admin.apps","admin.apps:read"]}`,
		`{"name":"R","description":"","assignedScopes":[]}`,
	} {
		want := resource("role/R", spec)
		require.Len(t, s.converge(want), 1, spec)
		require.Empty(t, s.converge(want), spec)
	}
	require.Empty(t, s.converge(resource("role/R", `{"name":"R","description":""}`)))

	renamed := resource("role/S", `{"name":"S","description":""}`)
	renamed.Was = []string{"R"}
	require.Equal(t, []string{"move role/S"}, s.converge(renamed))
	require.Equal(t, []string{"delete role/S"}, s.prune(renamed))
}

func TestAsDeclared(t *testing.T) {
	for _, c := range []struct{ live, declared, want []string }{
		{nil, nil, []string{}},
		{[]string{"b", "a"}, nil, []string{"a", "b"}},
		{[]string{"a", "a.b", "a:read", "ab"}, []string{"a"}, []string{"a", "ab"}},
		{[]string{"a", "a.b"}, []string{"a", "a.b"}, []string{"a", "a.b"}},
		{[]string{"a"}, []string{"a", "a.b"}, []string{"a", "a.b"}},
		{[]string{"a"}, []string{"a.b"}, []string{"a", "a.b"}},                        // more than is declared
		{[]string{"a:strict", "a:strict.b"}, nil, []string{"a:strict", "a:strict.b"}}, // it includes nothing
	} {
		require.Equal(t, c.want, asDeclared(c.live, c.declared), "%v as %v", c.live, c.declared)
	}
}
