package qliktest_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/qdeploy/qdeploy/pkg/qlik/qliktest"
)

const dataFilesPath = "/api/v1/data-files"

// file sends the parts of a data file; without content there is no File.
func (l *lab) file(method, path, json string, content ...string) *answer {
	l.Helper()
	of := []string{"Json", json}
	if len(content) > 0 {
		of = append(of, "File", content[0])
	}
	body, kind := parts(l.T, of...)
	return l.do(method, path, body, "Content-Type", kind)
}

// filesIn makes a space and returns its ID and that of the connection to its files.
func (l *lab) filesIn(name string) (space, connection string) {
	l.Helper()
	space = l.post("/api/v1/spaces", object{"name": name, "type": "shared"}).want(201).str("id")
	return space, l.get(dataFilesPath+"/connections?spaceId="+space).want(200).str("data", 0, "id")
}

func TestDataFiles(t *testing.T) {
	l := newLab(t, qliktest.Options{})
	space, in := l.filesIn("Finance")
	list := dataFilesPath + "?connectionId=" + in
	made := l.file("POST", dataFilesPath, `{"name": "ref/2026/rates.csv", "connectionId": "`+in+`"}`, "a,b").want(201)
	require.Equal(t, space, made.str("spaceId"))
	require.Equal(t, "rates.csv", made.str("baseName"))
	require.Equal(t, "ref/2026", made.str("folderPath"))
	require.EqualValues(t, 3, made.value("size"))
	l.file("POST", dataFilesPath, `{"name": "plan.csv", "connectionId": "`+in+`"}`, "").want(201)
	require.Equal(t, []string{"plan.csv", "ref/2026/rates.csv"}, l.get(list).want(200).column("name"))
	require.Equal(t, []string{"plan.csv", "ref", "ref/2026", "ref/2026/rates.csv"}, l.get(list+"&includeFolders=true").want(200).column("name"), "missing folders are made")

	at := dataFilesPath + "/" + made.str("id")
	require.EqualValues(t, 5, l.file("PUT", at, `{"connectionId": "`+in+`"}`, "a,b,c").want(201).value("size"))
	require.Equal(t, "rates.csv", l.file("PUT", at, `{"name": "rates.csv", "connectionId": "`+in+`"}`).want(201).str("name"))
	require.EqualValues(t, 5, l.get(at).want(200).value("size"), "without content it stays")
	l.file("PUT", at, `{"name": "plan.csv", "connectionId": "`+in+`"}`).want(409)
	l.file("PUT", at, `{}`, "x").want(201)
	require.Equal(t, []string{"plan.csv"}, l.get(list).want(200).column("name"))
	require.Equal(t, []string{"rates.csv"}, l.get(dataFilesPath).want(200).column("name"), "without a connection it moves to the caller's own")

	folder := l.get(list+"&includeFolders=true&name=ref").want(200).str("data", 0, "id")
	l.file("PUT", dataFilesPath+"/"+folder, `{"connectionId": "`+in+`"}`, "x").want(400)
	l.delete(dataFilesPath + "/" + folder).want(204)
	require.Equal(t, []string{"plan.csv"}, l.get(list+"&includeFolders=true").want(200).column("name"), "a folder goes with what is in it")
	l.delete(at).want(204)
	l.get(at).want(404)
}

func TestDataFilesAreRefused(t *testing.T) {
	l := newLab(t, qliktest.Options{DataFileSize: 4})
	_, in := l.filesIn("Finance")
	named := func(name string) string { return `{"name": "` + name + `", "connectionId": "` + in + `"}` }
	l.file("POST", dataFilesPath, named("a.csv"), "x").want(201)
	for _, c := range []struct {
		json, content string
		status        int
		code          string
	}{
		{named("a.csv"), "x", 409, "HTTP-409"},
		{named("a.csv/b.csv"), "x", 409, "HTTP-409"},
		{named("b.exe"), "x", 400, "DF-010"},
		{named("b"), "x", 400, "DF-011"},
		{named("b:c.csv"), "x", 400, "DF-015"},
		{named("../b.csv"), "x", 400, "DF-015"},
		{named("b//c.csv"), "x", 400, "DF-015"},
		{named("b.csv"), "12345", 413, "HTTP-413"},
		{`{"name": "b.csv", "connectionId": "none"}`, "x", 400, "DF-014"},
		{`{"name": "b.csv", "spaceId": "none"}`, "x", 400, "HTTP-400"},
		{`{"connectionId": "` + in + `"}`, "x", 400, "HTTP-400"},
	} {
		require.Equal(t, c.code, l.file("POST", dataFilesPath, c.json, c.content).want(c.status).str("errors", 0, "code"), c.json)
	}
	require.EqualValues(t, 4, l.get(dataFilesPath+"/quotas").want(200).value("maxFileSize"))
	l.file("POST", dataFilesPath, named("b.csv")).want(400) // neither a file nor a folder

	up := l.upload("b.csv", "60", 5)
	large := `{"name": "b.csv", "connectionId": "` + in + `", "tempContentFileId": "` + up[len(up)-24:] + `"}`
	require.Equal(t, "DF-012", l.file("POST", dataFilesPath, large).want(400).str("errors", 0, "code"), "it has not all come")
	l.appendTo(up, "12345", 0).want(204)
	require.EqualValues(t, 5, l.file("POST", dataFilesPath, large).want(201).value("size"))
}

// TestDataFilesAreForMembers shows who sees them and who brings them.
func TestDataFilesAreForMembers(t *testing.T) {
	l := newLab(t, qliktest.Options{PageSize: 1})
	space, in := l.filesIn("Finance")
	for _, name := range []string{"a.csv", "b.csv"} {
		l.file("POST", dataFilesPath, `{"name": "`+name+`", "connectionId": "`+in+`"}`, "x").want(201)
	}
	names := []string{}
	for path := dataFilesPath + "?connectionId=" + in; path != ""; {
		a := l.get(path).want(200)
		names = append(names, a.column("name")...)
		next, _ := a.value("links", "next", "href").(string)
		_, path, _ = strings.Cut(next, acme)
	}
	require.Equal(t, []string{"a.csv", "b.csv"}, names, "the last page has a link to nothing")

	eve := l.as(l.tenant.AddAPIKey("eve"))
	eve.get(dataFilesPath + "?connectionId=" + in).want(400)
	l.tenant.AddAssignment("Finance", "user", "eve", "dataconsumer")
	require.Equal(t, in, eve.get(dataFilesPath+"/connections?spaceId="+space).want(200).str("data", 0, "id"))
	require.Equal(t, []string{"a.csv"}, eve.get(dataFilesPath+"?connectionId="+in).want(200).column("name"))
	require.Equal(t, "DF-013", eve.file("POST", dataFilesPath, `{"name": "c.csv", "connectionId": "`+in+`"}`, "x").want(403).str("errors", 0, "code"))
}
