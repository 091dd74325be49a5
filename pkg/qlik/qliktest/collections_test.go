package qliktest_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/qdeploy/qdeploy/pkg/qlik/qliktest"
)

func TestCollections(t *testing.T) {
	const path = "/api/v1/collections"
	l := newLab(t, qliktest.Options{})
	l.post(path, object{"name": "a"}).want(400)
	l.post(path, object{"name": "a", "type": "favorite"}).want(400)
	tag := path + "/" + l.post(path, object{"name": "a", "type": "public"}).want(201).str("id")
	l.post(path, object{"name": "a", "type": "public"}).want(409)
	one := path + "/" + l.post(path, object{"name": "a", "type": "publicgoverned"}).want(201).str("id")
	l.post(path, object{"name": "a", "type": "publicgoverned"}).want(201) // their names are not unique

	become := func(kind string) []object { return []object{{"op": "replace", "path": "/type", "value": kind}} }
	l.patch(one, become("private")).want(400) // it is empty
	l.post(one+"/items", object{"id": "none"}).want(404)
	l.patch(tag, become("private")).want(400)
	l.patch(one, become("public")).want(400)
	l.patch(one, []object{{"op": "replace", "path": "/name", "value": ""}}).want(400)

	require.Equal(t, "b", l.put(one, object{"name": "b"}).want(200).str("name"))
	l.put(tag, object{"description": "d"}).want(200)
	require.Equal(t, "a", l.get(tag).want(200).str("name"), "what is left out stays")
	l.delete(tag).want(204)
	l.get(tag).want(404)
}
