package qliktest_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/qdeploy/qdeploy/pkg/qlik/qliktest"
)

// TestPlainKinds takes every plain kind through its life.
func TestPlainKinds(t *testing.T) {
	for _, c := range []struct {
		path         string
		first        func(i int) object // a body
		patch, put   any
		field        string // that patch or put changes
		want         any
		unknownField string
	}{
		{
			path: "/api/v1/csp-origins", first: func(i int) object { return object{"origin": fmt.Sprintf("https://o%02d.example", i), "imgSrc": true} },
			put: object{"origin": "https://o00.example", "fontSrc": true}, field: "imgSrc", want: false,
		},
		{
			path: "/api/v1/web-integrations", first: func(i int) object {
				return object{"name": fmt.Sprintf("w%02d", i), "validOrigins": []string{"https://a.example"}}
			},
			patch: op("/validOrigins", []string{"https://b.example"}), field: "validOrigins", want: []any{"https://b.example"},
		},
		{
			path: "/api/core/ip-policies", first: func(i int) object {
				return object{"name": fmt.Sprintf("p%02d", i), "allowedIps": []string{"203.0.113.7"}}
			},
			patch: op("/enabled", true), field: "enabled", want: true,
		},
	} {
		t.Run(c.path, func(t *testing.T) {
			l := newLab(t, qliktest.Options{})
			var ids []string
			for i := range 25 {
				ids = append(ids, l.post(c.path, c.first(i)).want(201).str("id"))
			}
			got, pages := l.walk(c.path+"?limit=10", "id", "next")
			require.Equal(t, 3, pages)
			require.ElementsMatch(t, ids, got)

			one := c.path + "/" + ids[0]
			if c.put != nil {
				l.put(one, c.put).want(200)
				l.put(one, object{}).want(400)
			} else {
				l.patch(one, []any{c.patch}).want(204)
				l.patch(one, ops(op("/id", "x"))).want(400)
				l.patch(one, ops(op("/name", 7))).want(400)
			}
			require.Equal(t, c.want, l.get(one).want(200).value(c.field))
			l.post(c.path, object{"colour": "red"}).want(400)
			l.as(l.tenant.AddAPIKey("ann")).delete(one).want(403)
			l.delete(one).want(204)
			l.get(one).want(404)
			require.NotEqual(t, ids[0], l.post(c.path, c.first(0)).want(201).str("id"))
		})
	}
}

func TestCSPOrigins(t *testing.T) {
	l := newLab(t, qliktest.Options{})
	for _, origin := range []string{"https://a.example", "https://b.example"} {
		l.post("/api/v1/csp-origins", object{"origin": origin, "name": "N"}).want(201)
	}
	l.post("/api/v1/csp-origins", object{"origin": "https://a.example"}).want(400)
	require.Equal(t, []string{"https://b.example"}, l.get("/api/v1/csp-origins?origin=B.EX&name=n").want(200).column("origin"))
	require.Equal(t, []string{"https://b.example", "https://a.example"}, l.get("/api/v1/csp-origins?sort=-origin").want(200).column("origin"))
}
