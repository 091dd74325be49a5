package lint_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/qdeploy/qdeploy/pkg/qvf"
	"github.com/qdeploy/qdeploy/pkg/qvf/lint"
)

// with is an app with a load script, and a version.
func with(lines ...string) *qvf.App {
	a := qvf.New("Sales")
	a.Properties = json.RawMessage(`{"qTitle":"Sales","description":"What was sold {v1.0.0}"}`)
	a.Script = strings.Join(lines, "\r\n")
	return a
}

// found is a line for each finding of a code.
func found(a *qvf.App, ctx lint.Context, code lint.Code) []string {
	lines := []string{}
	for _, f := range lint.Check(a, ctx) {
		if f.Code == code {
			lines = append(lines, f.String())
		}
	}
	return lines
}

// Sources, as class, meaning and place.
func TestSources(t *testing.T) {
	for _, test := range []struct {
		name, script string
		want         []string
	}{
		{"space-aware", "LOAD * FROM [lib://:Sales/a.qvd] (qvd);", []string{"space-aware lib://:Sales 1"}},
		{"fixed", `LOAD * FROM "lib://HR data:Files/a.qvd";`, []string{"fixed-space lib://HR data:Files 1"}},
		{"plain", "LOAD * FROM 'LIB://Sales/a.qvd';", []string{"plain lib://Sales 1"}},
		{"without quotes", "LOAD * FROM lib://DataFiles/a.qvd (qvd);", []string{"plain lib://DataFiles 1"}},
		{"connect", "LIB CONNECT TO ':REST';\nlib connect to 'Space:REST';\nLib Connect To [REST];", []string{"space-aware lib://:REST 1", "fixed-space lib://Space:REST 2", "plain lib://REST 3"}},
		{"desktop", "LOAD * FROM [lib://AttachedFiles/a.xlsx];", []string{"attachment lib://AttachedFiles 1"}},
		{"a variable that is set once", "SET vDir = 'lib://:Sales';\nLOAD * FROM [$(vDir)/a.qvd];", []string{"space-aware lib://:Sales 1", "space-aware lib://:Sales 2 via vDir"}},
		{"a variable of variables", "SET a=lib://;\nSET b=$(a):Sales;\nSTORE T INTO $(b)/x.qvd;\nSTORE T INTO [$(b)/x.qvd];",
			[]string{"variable lib:// 1", "space-aware lib://:Sales 4 via b a"}},
		{"a variable that is set twice", "SET v=':A';\nSET v=':B';\nLIB CONNECT TO '$(v)';", []string{"variable '$(v)' 3"}},
		{"a variable that is computed", "LET v=':A' & x;\nLIB CONNECT TO '$(v)';", []string{"variable '$(v)' 2"}},
		{"a variable of a loop", "SET v=':A';\nFOR EACH v IN ':A', ':B'\nLIB CONNECT TO '$(v)';\nNEXT v", []string{"variable '$(v)' 3"}},
		{"a parameter", "SUB Read(v)\nLIB CONNECT TO $(v);\nEND SUB", []string{"variable $(v) 2"}},
		{"only the file is variable", "LOAD * FROM [lib://:Sales/$(vFile).qvd];", []string{"space-aware lib://:Sales 1"}},
		{"concatenated", "LET v = 'lib://' & vSpace;", []string{"variable 'lib://' 1"}},
		{"include", "$(Must_Include=lib://:Scripts/a.qvs);\n$(include=[lib://Scripts/b.qvs])", []string{"space-aware lib://:Scripts 1", "plain lib://Scripts 2"}},
		{"after a control statement", "IF x THEN\n  LIB CONNECT TO ':A';\nEND IF\nREM LIB CONNECT TO ':B';\nTRACE lib://C;", []string{"space-aware lib://:A 2"}},
		{"comments", "// lib://A/x\n/* lib://B/x\n*/ REM lib://C/x;\nLOAD * FROM [lib://:D/x]; // lib://E", []string{"space-aware lib://:D 4"}},
		{"a slash in a quote is no comment", "SET a='//'; LIB CONNECT TO ':A';", []string{"space-aware lib://:A 1"}},
		{"an inline table", "LOAD * INLINE [\npath, it's\nlib://A/x, 1\n]; LIB CONNECT TO ':B';", []string{"space-aware lib://:B 4"}},
		{"a stray quote hides nothing", "SQL SELECT it's FROM x;\nLIB CONNECT TO ':A';", []string{"space-aware lib://:A 2"}},
		{"a comment that does not end hides nothing", "/* oh\nLIB CONNECT TO ':A';", []string{"space-aware lib://:A 2"}},
		{"SQL", `SELECT a FROM "root" WHERE b = '$(v)'; SELECT x FROM $(table);`, []string{}},
		{"paths", `LOAD * FROM [C:\data\a.txt]; LOAD * FROM '\\server\a.txt'; BINARY [\\server\b.qvf];`, []string{`file [C:\data\a.txt] 1`, `file '\\server\a.txt' 1`, `file [\\server\b.qvf] 1`}},
		{"other connects", "ODBC CONNECT TO 'x';\nCONNECT TO [y];", []string{"unsupported 'x' 1", "unsupported [y] 2"}},
		{"a variable of the app", "LOAD * FROM [$(vApp)/a.qvd];", []string{"space-aware lib://:FromApp 1 via vApp"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			a := with(test.script)
			a.Variables = []qvf.Variable{qvf.NewVariable("v", "vApp", "lib://:FromApp"), qvf.NewVariable("w", "b", "=Now()")}
			got := []string{}
			for _, s := range lint.FactsOf(a).Sources {
				line := fmt.Sprintf("%s %s %d", s.Class, s, s.Line)
				if s.Via != nil {
					line += " via " + strings.Join(s.Via, " ")
				}
				got = append(got, line)
			}
			require.Equal(t, test.want, got)
		})
	}
}

func TestPlace(t *testing.T) {
	a := with("LIB CONNECT TO 'a';", "///$tab Main", "LIB CONNECT TO 'b';", "", "///$tab It's", "", "LIB CONNECT TO 'c';")
	require.Equal(t, []string{
		`warning: L2: script, line 1: connection "a" is named without a space: it is looked for in the personal space of whoever reloads`,
		`warning: L2: tab "Main", line 1: connection "b" is named without a space: it is looked for in the personal space of whoever reloads`,
		`warning: L2: tab "It's", line 2: connection "c" is named without a space: it is looked for in the personal space of whoever reloads`,
	}, found(a, lint.Context{}, lint.L2))
}

func TestData(t *testing.T) {
	a := with()
	a.Data = qvf.Data{Present: true, Tables: []qvf.Table{{Name: "Sales", Rows: 3}, {Name: "$$SysTable 1", Rows: 9}}}
	require.Equal(t, []string{"error: L1: holds data: 3 rows in 1 table"}, found(a, lint.Context{}, lint.L1))
	require.Empty(t, found(a, lint.Context{Hydrated: true}, lint.L1))
	require.Empty(t, found(with(), lint.Context{}, lint.L1))
}

func TestConnections(t *testing.T) {
	a := with("LIB CONNECT TO ':REST';", "LIB CONNECT TO ':REST';", "LOAD * FROM [lib://:DataFiles/x];")
	require.Empty(t, found(a, lint.Context{}, lint.L2), "connections are not known")
	require.Empty(t, found(a, lint.Context{Targets: []lint.Target{{Name: "acme"}}}, lint.L2), "nor here")
	targets := []lint.Target{{Name: "acme", Connections: []string{"rest"}}, {Name: "borealis", Connections: []string{}}}
	require.Equal(t, []string{`warning: L2: script, line 1: connection "REST" is missing in borealis (and in 1 more place)`}, found(a, lint.Context{Targets: targets}, lint.L2))
}

func TestOwnership(t *testing.T) {
	a := with()
	a.Meta.OwnerID = "ann"
	sheet := qvf.NewObject("s1", "sheet", "Overview")
	sheet.Meta.OwnerID = "ann"
	hidden := qvf.NewObject("s2", "sheet", "Secret")
	hidden.Root.Properties = json.RawMessage(`{"qInfo":{"qId":"s2","qType":"sheet"},"qMetaDef":{"title":"Secret"},"showCondition":{"qStringExpression":{"qExpr":"=vShow"}}}`)
	hidden.Meta = qvf.Meta{OwnerID: "bob", Owner: "auth0|bob", Published: true}
	settings := qvf.NewObject("p", "appprops", "")
	settings.Meta.OwnerID = "ann"
	settings.Root.Properties = json.RawMessage(`{"qInfo":{"qId":"p","qType":"appprops"},"theme":"northwind","defaultBookmarkId":"b"}`)
	a.Objects = []qvf.Object{sheet, hidden, settings}
	require.Equal(t, []string{
		`warning: L3: "Overview": the sheet is private: nobody but its owner sees it`,
		`info: L3: "Secret": the sheet is shown under a condition: without data, and until the app is reloaded, it may be hidden`,
		`warning: L3: 1 object, 1 of them sheets or stories, belong to "auth0|bob" and not to the owner of the app`,
		`warning: L3: the default bookmark is not in the app`,
	}, found(a, lint.Context{}, lint.L3))
	a.Bookmarks = []qvf.Bookmark{{ID: "b", Type: "bookmark", Meta: qvf.Meta{Title: "Start", OwnerID: "ann"}}}
	require.Contains(t, found(a, lint.Context{}, lint.L3), `warning: L3: "Start": the default bookmark is not public: others open the app with an error`)
	a.Objects[0].Meta = qvf.Meta{}
	require.NotContains(t, strings.Join(found(a, lint.Context{}, lint.L3), "\n"), "private", "nothing is known of who sees it")
}

func TestNeeds(t *testing.T) {
	a := with()
	chart := func(kind string) qvf.Node {
		return qvf.Node{Properties: json.RawMessage(fmt.Sprintf(`{"qInfo":{"qId":"x","qType":%[1]q},"visualization":%[1]q}`, kind))}
	}
	settings := qvf.NewObject("p", "appprops", "")
	settings.Root.Properties = json.RawMessage(`{"qInfo":{"qId":"p","qType":"appprops"},"theme":"northwind"}`)
	a.Objects = []qvf.Object{qvf.NewObject("s", "sheet", "Overview", chart("barchart"), chart("route-map"), chart("route-map")), settings}
	facts := lint.FactsOf(a)
	require.Equal(t, []lint.Extension{{Name: "route-map", Charts: 2}}, facts.Extensions)
	require.Equal(t, "northwind", facts.Theme)
	require.Equal(t, []string{`info: L4: needs extension "route-map" for 2 charts`, `info: L4: needs theme "northwind"`}, found(a, lint.Context{}, lint.L4))
	targets := []lint.Target{
		{Name: "acme", Extensions: []string{"route-map"}, Themes: []string{}},
		{Name: "borealis", Extensions: []string{}, Themes: []string{"northwind"}},
		{Name: "cygnus"},
	}
	require.Equal(t, []string{
		`warning: L4: needs extension "route-map", which borealis does not declare`,
		`warning: L4: needs theme "northwind", which acme does not declare`,
	}, found(a, lint.Context{Targets: targets}, lint.L4))
}

func TestVersion(t *testing.T) {
	say := func(description, script string) *qvf.App {
		a := with(script)
		a.Properties = json.RawMessage(fmt.Sprintf(`{"qTitle":"Sales","description":%q}`, description))
		return a
	}
	for _, test := range []struct {
		description string
		ctx         lint.Context
		want        string
	}{
		{"{v1.2.3}", lint.Context{}, ""},
		{"{v1.2.3-rc.1+q.3fa4c2d1}", lint.Context{Version: "1.2.3-rc.1"}, ""},
		{"", lint.Context{}, "warning: L5: the description notes no version"},
		{"", lint.Context{Version: "1.0.0"}, "info: L5: the description notes no version; 1.0.0 is pinned"},
		{"{v1.2}", lint.Context{}, `warning: L5: version "1.2" in the description is not a semantic version`},
		{"{v1.2.3}", lint.Context{Version: "1.2.4"}, `warning: L5: the description says version "1.2.3", and "1.2.4" is pinned`},
		{"{v1.0.0}", lint.Context{Previous: say("{v1.0.0}", "x")}, `warning: L5: the content changed, but the version went from "1.0.0" to "1.0.0"`},
		{"{v1.10.0}", lint.Context{Previous: say("{v1.9.0}", "x")}, ""},
		{"{v1.0.0-rc.2}", lint.Context{Previous: say("{v1.0.0-rc.10}", "x")}, `warning: L5: the content changed, but the version went from "1.0.0-rc.10" to "1.0.0-rc.2"`},
		{"{v1.0.0}", lint.Context{Previous: say("{v1.0.0-rc.10}", "x")}, ""},
		{"{v1.0.0}", lint.Context{Previous: say("{v1.0.0}", "")}, ""},
	} {
		require.Equal(t, test.want, strings.Join(found(say(test.description, ""), test.ctx, lint.L5), "\n"), test.description)
	}
}

func TestName(t *testing.T) {
	for _, test := range []struct {
		title string
		ctx   lint.Context
		want  []string
	}{
		{"Sales", lint.Context{Name: "Sales", Words: []string{"prod", "sales"}}, []string{}},
		{"Sales 2.1.0", lint.Context{}, []string{`warning: L6: the name "Sales 2.1.0" carries a version, "2.1.0"`}},
		{"Sales", lint.Context{Name: "Sale"}, []string{`warning: L6: the app in the file is called "Sales", and is declared as "Sale"`}},
		{"Sales - Acme Corp", lint.Context{Words: []string{"acme corp", "or"}}, []string{`warning: L6: the name "Sales - Acme Corp" carries "acme corp"`}},
		{"Sales (Prod)", lint.Context{}, []string{`warning: L6: the name "Sales (Prod)" carries an environment, "prod"`}},
		{"Sales 2026", lint.Context{}, []string{}},
		{"App Analyzer", lint.Context{File: "apps/app-analyzer-01.qvf"}, []string{}},
		{"Sales", lint.Context{File: "apps/Sales/app.qvf"}, []string{}},
		{"Sales", lint.Context{File: "apps/Stock.qvf"}, []string{`info: L6: the app is called "Sales", unlike its file and its folder`}},
	} {
		a := with()
		a.Properties = json.RawMessage(fmt.Sprintf(`{"qTitle":%q}`, test.title))
		require.Equal(t, test.want, found(a, test.ctx, lint.L6), test.title)
	}
}

func TestSectionAccess(t *testing.T) {
	open := with("LOAD 1 AS A AUTOGENERATE 1;", "SET a='section access';", "// Section Access;")
	closed := with("", "Section Access;", "LOAD * INLINE [ACCESS, USERID", "USER, ann];", "Section Application;", "LOAD 1 AS A AUTOGENERATE 1;")
	other := with("", "Section Access;", "LOAD * INLINE [ACCESS, USERID", "USER, bob];", "Section Application;", "LOAD 1 AS A AUTOGENERATE 1;")
	data := with("", "Section Access;", "LOAD * INLINE [ACCESS, USERID", "USER, ann];", "Section Application;", "LOAD 2 AS A AUTOGENERATE 1;")
	require.True(t, lint.FactsOf(closed).SectionAccess)
	require.False(t, lint.FactsOf(open).SectionAccess)
	for _, test := range []struct {
		old, new *qvf.App
		want     []string
	}{
		{open, closed, []string{"warning: L7: script, line 2: section access was added"}},
		{closed, open, []string{"warning: L7: section access was removed: everybody who can open the app sees all rows"}},
		{closed, other, []string{"warning: L7: script, line 2: section access was changed"}},
		{closed, data, []string{}},
		{open, open, []string{}},
	} {
		require.Equal(t, test.want, found(test.new, lint.Context{Previous: test.old}, lint.L7))
	}
}

func TestSecrets(t *testing.T) {
	const long = "abcdefghijklmnopqrstuvwxyz0123456789"
	for _, test := range []struct{ script, want string }{
		{"HTTPHEADER \"Authorization\" \"Bearer " + long + "\";", "error: L8: script, line 1: the script holds a bearer token"},
		{"// Bearer <token>\nSET vToken = '<token>';", ""},
		{"/*\n eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N\n*/", "error: L8: script, line 2: the script holds a JSON web token"},
		{"SET vPassword = 'hunter22';", `warning: L8: script, line 1: the value of variable "vPassword" may be a secret`},
		{"LET vApiKey = '$(vOther)'; SET vPwd=; SET vTokenDays=30;", ""},
		{"CUSTOM CONNECT TO 'x' (UserId is ann, XPassword is abcdef);", "warning: L8: script, line 1: a CONNECT holds a password"},
		{"LIB CONNECT TO ':x'; URL 'https://h.example.com/a?token=abcdef';", "warning: L8: script, line 1: the value of \"token\" may be a secret\ninfo: L8: script, line 1: the host \"h.example.com\" is written in the script"},
		{"SET u='https://ann:pw1234@h.example.com/';", "warning: L8: script, line 1: an address holds a user's name and password"},
		{"SET u='https://acme.eu.qlikcloud.com/api'; SET w='https://$(vHost)/api';", `warning: L8: script, line 1: the host "acme.eu.qlikcloud.com" is one tenant's`},
	} {
		require.Equal(t, test.want, strings.Join(found(with(test.script), lint.Context{}, lint.L8), "\n"), test.script)
	}
	for _, f := range lint.Check(with("SET vPassword = 'hunter22';"), lint.Context{}) {
		require.NotContains(t, f.Message+f.Hint, "hunter22", "a secret is not repeated")
	}
}

func TestUnused(t *testing.T) {
	a := with("LET x = vUsed;")
	a.Measures = []qvf.Item{qvf.NewMeasure("m1", "Total sold", "Sum(Amount)"), qvf.NewMeasure("m2", "Twice", "2*[Total sold]"), qvf.NewMeasure("m3", "Lonely", "1")}
	a.Dimensions = []qvf.Item{qvf.NewDimension("d1", "Lonely dimension", "Region")}
	a.Variables = []qvf.Variable{qvf.NewVariable("v1", "vUsed", "1"), qvf.NewVariable("v2", "vDead", "2")}
	sheet := qvf.NewObject("s1", "sheet", "", qvf.Node{Properties: json.RawMessage(`{"qInfo":{"qId":"c"},"visualization":"kpi","qHyperCubeDef":{"qMeasures":[{"qLibraryId":"m2"}]}}`)})
	a.Objects = []qvf.Object{sheet, qvf.NewObject("mo", "masterobject", "Chart")}
	require.Equal(t, []string{
		`info: L10: "s1": the sheet has no title`,
		`info: L10: "Lonely dimension": nothing uses the master dimension`,
		`info: L10: "Lonely": nothing uses the master measure`,
		`info: L10: "Chart": nothing uses the master visualization`,
		`info: L10: "vDead": nothing uses variable "vDead"`,
	}, found(a, lint.Context{}, lint.L10))
}

func TestSeverities(t *testing.T) {
	a := with("LIB CONNECT TO 'a';", "LIB CONNECT TO '$(b)';")
	a.Variables = []qvf.Variable{qvf.NewVariable("v", "vDead", "2")}
	got := func(s lint.Severity) (out []lint.Severity) {
		for _, f := range lint.Check(a, lint.Context{Severities: map[lint.Code]lint.Severity{lint.L2: s, lint.L10: s}}) {
			out = append(out, f.Severity)
		}
		return out
	}
	require.Equal(t, []lint.Severity{lint.Warning, lint.Info, lint.Info}, got(""))
	require.Equal(t, []lint.Severity{lint.Error, lint.Info, lint.Error}, got(lint.Error), "a remark stays one, but where there are no others")
	require.Equal(t, []lint.Severity{lint.Info, lint.Info, lint.Info}, got(lint.Info))
	require.Empty(t, got(lint.Off))
}

func TestUnreadable(t *testing.T) {
	_, err := qvf.DecodeBytes([]byte("version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n"))
	f, ok := lint.Unreadable(err)
	require.True(t, ok)
	require.Equal(t, "error: L9: the file is a Git LFS pointer, not the app", f.String())
	_, ok = lint.Unreadable(qvf.ErrNotQVF)
	require.False(t, ok)
}
