package qliktest_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/qdeploy/qdeploy/pkg/qlik/qliktest"
)

func TestSpaceLifecycle(t *testing.T) {
	l := newLab(t, qliktest.Options{})
	made := l.post("/api/v1/spaces", object{"name": "Finance", "type": "shared", "description": "money"}).want(201)
	id := made.str("id")
	require.Len(t, id, 24)
	require.Equal(t, l.bot(), made.str("ownerId"))
	require.ElementsMatch(t, []any{"facilitator", "producer", "codeveloper", "consumer", "dataconsumer"}, made.value("meta", "assignableRoles"))
	require.Equal(t, made.value("meta", "assignableRoles"), made.value("meta", "roles"))

	require.Equal(t, "Finance", l.get("/api/v1/spaces/"+id).want(200).str("name"))
	taken := l.post("/api/v1/spaces", object{"name": "Finance", "type": "managed"}).want(409)
	require.Equal(t, "SpaceNameConflict", taken.str("code"))
	require.Equal(t, "SpaceNameConflict", taken.str("errors", 0, "code"))

	patched := l.patch("/api/v1/spaces/"+id, ops(op("/description", ""), op("/name", "Money"))).want(200)
	require.Equal(t, "Money", patched.str("name"))
	require.Equal(t, "", patched.str("description"))
	put := l.put("/api/v1/spaces/"+id, object{"description": "all"}).want(200)
	require.Equal(t, "Money", put.str("name"))

	l.delete("/api/v1/spaces/" + id).want(204)
	l.get("/api/v1/spaces/" + id).want(404)
	again := l.post("/api/v1/spaces", object{"name": "Finance", "type": "shared"}).want(201)
	require.NotEqual(t, id, again.str("id"))
}

func TestSpaceRefusals(t *testing.T) {
	l := newLab(t, qliktest.Options{})
	id := l.tenant.AddSpace(qliktest.SpaceSpec{Name: "A"})
	l.tenant.AddSpace(qliktest.SpaceSpec{Name: "B"})
	for _, c := range []struct {
		name, method, path string
		body               any
		status             int
	}{
		{"bad name", "POST", "/api/v1/spaces", object{"name": "a/b", "type": "shared"}, 400},
		{"bad type", "POST", "/api/v1/spaces", object{"name": "a", "type": "personal"}, 400},
		{"no type", "POST", "/api/v1/spaces", object{"name": "a"}, 400},
		{"unknown field", "POST", "/api/v1/spaces", object{"name": "a", "type": "shared", "color": "red"}, 400},
		{"wrong case", "POST", "/api/v1/spaces", object{"Name": "a", "type": "shared"}, 400},
		{"unknown query", "GET", "/api/v1/spaces?nme=x", nil, 400},
		{"bad limit", "GET", "/api/v1/spaces?limit=101", nil, 400},
		{"bad cursor", "GET", "/api/v1/spaces?next=%21", nil, 400},
		{"both cursors", "GET", "/api/v1/spaces?next=YQ&prev=YQ", nil, 400},
		{"bad sort", "GET", "/api/v1/spaces?sort=color", nil, 400},
		{"bad path", "PATCH", "/api/v1/spaces/" + id, ops(op("/type", "data")), 400},
		{"bad op", "PATCH", "/api/v1/spaces/" + id, ops(object{"op": "add", "path": "/name", "value": "x"}), 400},
		{"bad value", "PATCH", "/api/v1/spaces/" + id, ops(op("/name", 7)), 400},
		{"taken name", "PATCH", "/api/v1/spaces/" + id, ops(op("/name", "B")), 409},
		{"no such owner", "PATCH", "/api/v1/spaces/" + id, ops(op("/ownerId", "x")), 400},
		{"not there", "PATCH", "/api/v1/spaces/0", ops(op("/name", "C")), 404},
		{"no such route", "POST", "/api/v1/spaces/" + id, object{}, 404},
	} {
		t.Run(c.name, func(t *testing.T) { l.do(c.method, c.path, c.body).want(c.status) })
	}
}
