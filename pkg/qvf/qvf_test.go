package qvf_test

import (
	"testing"

	"github.com/qdeploy/qdeploy/pkg/qvf"
	"github.com/stretchr/testify/require"
)

// sales is a small app with one of everything.
func sales() *qvf.App {
	app := qvf.New("Sales")
	app.ID, app.SpaceID = "00000000-0000-4000-8000-000000000001", "650000000000000000000001"
	app.Meta.Owner, app.Meta.OwnerID = "ACME\\ann", "u1"
	app.Script = "///$tab Main\r\nSET DateFormat='YYYY-MM-DD';\r\n///$tab Load\r\nLOAD * FROM [lib://:Files/sales.qvd] (qvd);\r\n"
	app.Variables = []qvf.Variable{qvf.NewVariable("v1", "vYear", "=Year(Today())")}
	app.ScriptVariables = []qvf.Variable{qvf.NewVariable("v2", "DateFormat", "YYYY-MM-DD")}
	app.Dimensions = []qvf.Item{qvf.NewDimension("d1", "Region", "Region")}
	app.Measures = []qvf.Item{qvf.NewMeasure("m1", "Revenue €", "Sum(Amount)")}
	chart := qvf.Node{Properties: []byte(`{"qInfo":{"qId":"c1","qType":"barchart"},"image":"/media/logo.png"}`)}
	sheet := qvf.NewObject("s1", "sheet", "Overview", chart)
	sheet.Meta.Published, sheet.Meta.Tags = true, []string{"a", "b"}
	app.Objects = []qvf.Object{sheet, qvf.NewObject("LoadModel", "LoadModel", "")}
	app.Bookmarks = []qvf.Bookmark{{ID: "b1", Type: "bookmark", Meta: qvf.Meta{Title: "Mine"}, Body: []byte{1, 2, 3}}}
	app.Media = []qvf.Media{{Name: "logo.png", Content: []byte("\x89PNG\r\n\x1a\nlogo")}}
	app.Model = []byte(`{"qtables":[]}`)
	app.Data = qvf.Data{Present: true, Fields: []string{"Region", "Amount"}, Tables: []qvf.Table{
		{Name: "Sales", Source: "sales.qvd", Fields: 2, Rows: 40}, {Name: "$$SysTable 1", Fields: 3, Rows: 2}}}
	app.Other = []qvf.Entry{{Name: "data/field_0", Type: "qvapp_cfield", Size: 700}, {Name: "qvapp_qaccess", Size: 27}}
	return app
}

func TestRoundTrip(t *testing.T) {
	for _, app := range []*qvf.App{{}, qvf.New("Empty"), sales()} {
		b, err := qvf.Encode(app)
		require.NoError(t, err)
		again, err := qvf.DecodeBytes(b)
		require.NoError(t, err)
		require.Equal(t, app, again)
		second, err := qvf.Encode(again)
		require.NoError(t, err)
		require.Equal(t, b, second)
	}
}

func TestFacts(t *testing.T) {
	app := sales()
	require.Equal(t, "Sales", app.Title())
	require.Equal(t, "12.2741.0", app.Engine())
	require.InDelta(t, 1.43, app.FileVersion(), 0)
	require.Equal(t, "50699", app.Build())
	require.False(t, app.SectionAccess())
	require.EqualValues(t, 40, app.Data.Rows())
	require.Equal(t, "Overview", app.Objects[0].Title())
	require.Equal(t, "Revenue €", app.Measures[0].Title())
}

func TestTabs(t *testing.T) {
	require.Nil(t, qvf.Tabs(""))
	require.Equal(t, []qvf.Tab{{Line: 1, Text: "LET a=1;"}}, qvf.Tabs("LET a=1;"))
	require.Equal(t, []qvf.Tab{
		{Line: 1, Text: "// top\n"},
		{Name: "Main", Line: 2, Text: "LET a=1;\r\n"},
		{Name: "** Load **", Line: 4},
		{Name: "Empty", Line: 5, Text: "x ///$tab no\n"},
	}, qvf.Tabs("// top\n///$tab Main\r\nLET a=1;\r\n///$tab ** Load ** \r\n///$tab Empty\nx ///$tab no\n"))
}
