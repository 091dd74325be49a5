package qlik

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/qdeploy/qdeploy/pkg/qlik/qliktest"
)

// TestCollectionWaitsForTheIndex shows that a new app, of which the index of items has
// not heard, is waited for.
func TestCollectionWaitsForTheIndex(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSandbox(t, lagging)
		want := s.with(s.app("Sales", "1.0.0"), resource("collection/C", `{"name":"C","description":"","items":["app/Production/Sales"]}`))
		require.Contains(t, s.converge(want...), "create collection/C")
		require.Empty(t, s.converge(want...))
	})
}

// TestLargeCollection shows that all pages of the members are read.
func TestLargeCollection(t *testing.T) {
	s := newSandbox(t, qliktest.Options{PageSize: 7, NoLimits: true})
	s.converge(s.with()...)
	var apps []string
	for i := range 20 {
		name := fmt.Sprintf("A%02d", i)
		s.tenant.ImportApp(qliktest.AppSpec{Space: "Production", Name: name})
		apps = append(apps, fmt.Sprintf("%q", "app/Production/"+name))
	}
	spec := func(apps []string) string {
		return fmt.Sprintf(`{"name":"C","description":"","items":[%s]}`, strings.Join(apps, ","))
	}
	all := s.with(resource("tag/C", spec(apps)))
	require.Equal(t, []string{"create tag/C"}, s.converge(all...))
	require.Empty(t, s.converge(all...))
	require.Empty(t, s.converge(s.with(resource("tag/C", `{"name":"C","description":""}`))...), "members that are not declared are not read")

	fewer := s.with(resource("tag/C", spec(apps[:18])))
	calls := s.since(func() { require.Equal(t, []string{"update tag/C"}, s.converge(fewer...)) })
	require.Equal(t, 2, count(calls, "DELETE /api/v1/collections/{id}/items/{id}"))
	require.Zero(t, count(calls, "POST /api/v1/collections/{id}/items"))
}
