package qliktest_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/qdeploy/qdeploy/pkg/qlik/qliktest"
)

// TestGlossaries goes through a glossary as a Steward, and as who is none.
func TestGlossaries(t *testing.T) {
	l := newLab(t, qliktest.Options{})
	space := l.post("/api/v1/spaces", object{"name": "Finance", "type": "shared"}).want(201).str("id")
	body := object{"name": "Words", "spaceId": space, "overview": `[{"type":"paragraph","children":[{"text":"x"}]}]`, "tags": []string{"a"}}
	l.post("/api/v1/glossaries", body).want(403) // an administrator is no Steward
	l.tenant.GiveRole(`qlikbot\robot`, "Steward")
	made := l.post("/api/v1/glossaries", body).want(201)
	at := "/api/v1/glossaries/" + made.str("id")
	require.NotEqual(t, made.str("id"), l.post("/api/v1/glossaries", body).want(201).str("id"), "two may have one name")
	require.Equal(t, "BG-21", l.post("/api/v1/glossaries", object{"name": "W", "overview": "plain"}).want(400).str("errors", 0, "code"))
	require.Equal(t, "BG-6", l.post("/api/v1/glossaries", object{"name": ""}).want(400).str("errors", 0, "code"))
	l.put(at, object{"name": "Words"}).want(200)
	require.Empty(t, l.get(at).want(200).str("overview"), "PUT leaves nothing")
	require.Len(t, l.get("/api/v1/glossaries?limit=1&sort=-name").want(200).column("name"), 1)
	l.put(at, object{"name": "Words", "spaceId": space}).want(200)

	profit := l.post(at+"/categories", object{"name": "Profit"}).want(201).str("id")
	margins := l.post(at+"/categories", object{"name": "Margins", "parentId": profit}).want(201).str("id")
	require.Equal(t, "BG-7", l.post(at+"/categories", object{"name": "Margins", "parentId": profit}).want(400).str("errors", 0, "code"))
	l.post(at+"/categories", object{"name": "Margins"}).want(201)
	l.put(at+"/categories/"+profit, object{"name": "Profit", "parentId": margins}).want(400) // in itself
	l.put(at+"/categories/"+margins, object{"name": "Margins", "parentId": profit, "stewards": []string{l.bot()}}).want(200)
	l.get(at + "/categories/" + made.str("id")).want(404)

	term := l.post(at+"/terms", object{"name": "Margin", "categories": []string{margins}, "relatedInformation": ""}).want(201)
	one := at + "/terms/" + term.str("id")
	require.Equal(t, "draft", term.str("status", "type"))
	l.post(at+"/terms", object{"name": "T", "categories": []string{term.str("id")}}).want(400)
	other := l.post(at+"/terms", object{"name": "Revenue", "relatesTo": []object{{"termId": term.str("id"), "type": "defines"}}}).want(201)
	require.Equal(t, other.str("id"), l.get(one).want(200).str("referredRelations", 0, "termId"))
	app := l.tenant.ImportApp(qliktest.AppSpec{Space: "Finance", Name: "Sales"})
	link := object{"resourceId": app, "resourceType": "app"}
	require.Equal(t, "Sales", l.post(one+"/links", link).want(201).str("name"))
	require.Equal(t, "BG-23", l.post(one+"/links", link).want(400).str("errors", 0, "code"))
	l.post(one+"/actions/change-status?status=verified", nil).want(200)
	l.post(one+"/actions/change-status?status=sure", nil).want(400)

	tag := l.get(one).want(200).header.Get("Etag")
	require.Equal(t, 412, l.do("PUT", one, object{"name": "M"}, "If-Match", `"0"`).status)
	require.Equal(t, "verified", l.do("PUT", one, object{"name": "Margin", "categories": []string{margins}}, "If-Match", tag).want(200).str("status", "type"))
	require.Equal(t, app, l.get(one).want(200).str("linksTo", 0, "resourceId"), "links are no properties of a term")

	l.tenant.AddUser(qliktest.UserSpec{Subject: "ed"})
	l.tenant.AddAssignment("Finance", "user", "ed", "producer")
	ed := l.as(l.tenant.AddAPIKey("ed"))
	ed.put(one, object{"name": "Mine"}).want(403)
	ed.post(one+"/actions/change-status?status=draft", nil).want(403)
	ed.post(at+"/terms/"+other.str("id")+"/actions/change-status?status=verified", nil).want(403)
	ed.put(at+"/terms/"+other.str("id"), object{"name": "Turnover"}).want(200)
	ed.delete(at).want(403)
	l.tenant.AddUser(qliktest.UserSpec{Subject: "out"})
	l.as(l.tenant.AddAPIKey("out")).get(at).want(404)

	l.delete(at + "/categories/" + profit).want(204)
	require.Equal(t, []string{"Margins"}, l.get(at+"/categories").want(200).column("name"), "with those in it")
	require.Empty(t, l.get(one).want(200).value("categories"))
	l.delete("/api/v1/spaces/" + space).want(412)
	l.delete(at + "/terms/" + other.str("id")).want(204)
	l.delete(at).want(204)
	l.get(one).want(404)
}
