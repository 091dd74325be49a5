package qliktest_test

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/qdeploy/qdeploy/pkg/qlik/qliktest"
)

func TestPagesToTheEnd(t *testing.T) {
	l := newLab(t, qliktest.Options{})
	space := l.post("/api/v1/spaces", object{"name": "S", "type": "shared"}).want(201).str("id")
	for i := range 25 {
		user := fmt.Sprintf("user %02d", i)
		l.tenant.AddUser(qliktest.UserSpec{Subject: user})
		l.tenant.AddGroup(fmt.Sprintf("group %02d", i))
		l.tenant.AddSpace(qliktest.SpaceSpec{Name: fmt.Sprintf("space %02d", i)})
		l.tenant.AddAssignment("S", "user", user, "consumer")
		l.post("/api/v1/roles", object{"name": fmt.Sprintf("role %02d", i)}).want(201)
		l.importApp(fmt.Sprintf("?spaceId=%s&name=app+%02d", space, i), appFile)
	}
	for _, c := range []struct {
		path        string
		usual, rows int
	}{
		{"/api/v1/users", 20, 27}, // with the bot and the owner of the spaces
		{"/api/v1/groups", 20, 25},
		{"/api/v1/roles", 20, 37},
		{"/api/v1/spaces", 10, 26},
		{"/api/v1/spaces/" + space + "/assignments", 10, 25},
		{"/api/v1/items", 10, 25},
	} {
		t.Run(c.path, func(t *testing.T) {
			l := *l
			l.T = t
			whole := l.get(c.path + "?limit=100").want(200).column("id")
			require.Len(t, whole, c.rows)
			require.Len(t, l.get(c.path).want(200).column("id"), c.usual)
			for _, limit := range []int{1, 7, c.rows, 100} {
				got, pages := l.walk(fmt.Sprintf("%s?limit=%d", c.path, limit), "id", "next")
				require.Equal(t, whole, got)
				require.Equal(t, (c.rows+limit-1)/limit, pages)
			}
			require.Empty(t, l.get(c.path+"?limit=7").linkTo("prev"))
			require.Equal(t, whole[:7], l.get(l.get(l.get(c.path+"?limit=7").linkTo("next")).linkTo("prev")).column("id"))
		})
	}
}

func TestPagesBackwards(t *testing.T) {
	l := newLab(t, qliktest.Options{PageSize: 2})
	for _, name := range []string{"A", "B", "C", "D", "E"} {
		l.tenant.AddSpace(qliktest.SpaceSpec{Name: name})
	}
	names, pages := l.walk("/api/v1/spaces?limit=100&sort=-name", "name", "next") // PageSize caps the limit
	require.Equal(t, []string{"E", "D", "C", "B", "A"}, names)
	require.Equal(t, 3, pages)
	last := l.get(l.get(l.get("/api/v1/spaces?sort=-name").linkTo("next")).linkTo("next"))
	require.Equal(t, []string{"A"}, last.column("name"))
	require.Equal(t, []string{"C", "B"}, l.get(last.linkTo("prev")).column("name"))
}

// TestPagesHoldStill: rows that come and go between two pages neither repeat
// nor hide others.
func TestPagesHoldStill(t *testing.T) {
	l := newLab(t, qliktest.Options{})
	ids := map[string]string{}
	for _, name := range []string{"A", "C", "E", "G"} {
		ids[name] = l.tenant.AddSpace(qliktest.SpaceSpec{Name: name})
	}
	first := l.get("/api/v1/spaces?limit=2").want(200)
	l.delete("/api/v1/spaces/" + ids["A"]).want(204)
	l.delete("/api/v1/spaces/" + ids["C"]).want(204) // the edge itself
	l.tenant.AddSpace(qliktest.SpaceSpec{Name: "B"})
	require.Equal(t, []string{"E", "G"}, l.get(first.linkTo("next")).want(200).column("name"))
}

func TestFiltersSurvivePages(t *testing.T) {
	l := newLab(t, qliktest.Options{PageSize: 1})
	for _, name := range []string{"HR & more", "HR dev", "Sales"} {
		l.tenant.AddSpace(qliktest.SpaceSpec{Name: name})
	}
	names, _ := l.walk("/api/v1/spaces?name="+url.QueryEscape("hr"), "name", "next")
	require.Equal(t, []string{"HR & more", "HR dev"}, names)
	require.True(t, slices.IsSorted(names) && strings.HasPrefix(names[0], "HR"))
}
