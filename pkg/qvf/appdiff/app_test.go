package appdiff_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/qdeploy/qdeploy/pkg/qvf"
)

// object is a chart with properties besides what every object has.
func chart(id, kind string, more ...string) qvf.Node {
	doc := fmt.Sprintf(`{"qInfo":{"qId":%q,"qType":%q},"qMetaDef":{},"visualization":%[2]q`, id, kind)
	for _, m := range more {
		doc += "," + m
	}
	return qvf.Node{Properties: json.RawMessage(doc + "}")}
}

func titled(s string) string { return `"title":` + quote(s) }

func quote(s string) string {
	b, err := json.Marshal(s)
	if err != nil {
		panic(err)
	}
	return string(b)
}

// cube is a chart's hypercube: dimensions and measures by the id of a master item, or an expression after "=".
func cube(dimensions, measures []string) string {
	column := func(s, def string) string {
		if e, ok := strings.CutPrefix(s, "="); ok {
			return fmt.Sprintf(`{"qDef":{"cId":"c%s",%s}}`, quote(e)[1:3], fmt.Sprintf(def, quote(e)))
		}
		return fmt.Sprintf(`{"qLibraryId":%s,"qDef":{"cId":"c-%[2]s"}}`, quote(s), s)
	}
	var d, m []string
	for _, s := range dimensions {
		d = append(d, column(s, `"qFieldDefs":[%s]`))
	}
	for _, s := range measures {
		m = append(m, column(s, `"qDef":%s`))
	}
	return fmt.Sprintf(`"qHyperCubeDef":{"qDimensions":[%s],"qMeasures":[%s]}`, strings.Join(d, ","), strings.Join(m, ","))
}

type cell struct {
	name, kind     string
	col, row, w, h int
}

func sheet(id, title string, rank float64, cells []cell, children ...qvf.Node) qvf.Object {
	o := qvf.NewObject(id, "sheet", title, children...)
	var list []string
	for _, c := range cells {
		list = append(list, fmt.Sprintf(`{"name":%q,"type":%q,"col":%d,"row":%d,"colspan":%d,"rowspan":%d,"bounds":{"x":%[3]d}}`,
			c.name, c.kind, c.col, c.row, c.w, c.h))
	}
	replace(&o.Root.Properties, `"qMetaDef"`, fmt.Sprintf(`"rank":%v,"columns":24,"rows":12,"cells":[%s],"qMetaDef"`, rank, strings.Join(list, ",")))
	return o
}

// replace changes JSON, and makes sure that it does.
func replace(doc *json.RawMessage, old, new string) {
	s := strings.Replace(string(*doc), old, new, 1)
	if s == string(*doc) {
		panic("no " + old)
	}
	*doc = json.RawMessage(s)
}

// sales is an app with some of everything.
func sales() *qvf.App {
	app := qvf.New("Sales")
	replace(&app.Properties, `"description":""`, `"description":"Orders and returns. {v2.0.0}"`)
	app.Script = "///$tab Main\r\nSET DateFormat='YYYY-MM-DD';\r\nSET vRegion='EMEA';\r\n" +
		"///$tab Orders\r\nOrders:\r\nLOAD OrderID,\r\n     Customer,\r\n     Amount\r\nFROM [lib://:Sales/orders.qvd] (qvd);\r\n" +
		"///$tab Calendar\r\nCalendar:\r\nLOAD Date, Year(Date) AS Year\r\nRESIDENT Orders;\r\n" +
		"///$tab Old\r\nDROP TABLE Tmp;\r\n"
	app.Variables = []qvf.Variable{qvf.NewVariable("v1", "vYear", "=Year(Today())"), qvf.NewVariable("v2", "vTarget", "1000"),
		qvf.NewVariable("v3", "vUnused", "0")}
	app.ScriptVariables = []qvf.Variable{qvf.NewVariable("v9", "DateFormat", "YYYY-MM-DD")}
	app.Dimensions = []qvf.Item{qvf.NewDimension("d1", "Region", "Region"), qvf.NewDimension("d2", "Customer", "Customer")}
	app.Measures = []qvf.Item{qvf.NewMeasure("m1", "Revenue", "Sum(Amount)"), qvf.NewMeasure("m2", "Margin", "Sum(Amount)\n  - Sum(Cost)\n  - Sum(Freight)"),
		qvf.NewMeasure("m3", "Orders", "Count(DISTINCT OrderID)")}
	app.Objects = []qvf.Object{
		sheet("s1", "Overview", 1, []cell{{"c1", "barchart", 0, 0, 12, 6}, {"c2", "kpi", 12, 0, 6, 3}, {"c3", "table", 0, 6, 24, 6}},
			chart("c1", "barchart", titled("Revenue by region"), cube([]string{"d1"}, []string{"m1"})),
			chart("c2", "kpi", titled("Orders"), cube(nil, []string{"m3"})),
			chart("c3", "table", titled("Customers"), cube([]string{"d2"}, []string{"m1", "=Avg(Amount)"}))),
		sheet("s2", "Details", 2, []cell{{"c4", "linechart", 0, 0, 24, 12}},
			chart("c4", "linechart", titled("Trend"), cube([]string{"=Month"}, []string{"m1"}))),
		qvf.NewObject("mo1", "masterobject", "Revenue gauge"),
		{ID: "ap", Type: "appprops", Root: qvf.Node{Properties: []byte(`{"qInfo":{"qId":"ap","qType":"appprops"},"theme":"horizon"}`)}},
	}
	app.Bookmarks = []qvf.Bookmark{{ID: "b1", Type: "bookmark", Meta: qvf.Meta{Title: "This year"}, Body: []byte{1}}}
	app.Media = []qvf.Media{{Name: "logo.png", Content: []byte("\x89PNG old")}, {Name: "back.png", Content: []byte("\x89PNG back")}}
	return app
}

// sales2 is the next revision of sales, in which some of everything changed.
func sales2() *qvf.App {
	app := sales()
	replace(&app.Properties, "v2.0.0", "v2.1.0+q.3fa4c2d1")
	replace(&app.Properties, `"hassectionaccess":false`, `"hassectionaccess":true,"modifiedDate":"2026-01-01"`)
	app.Script = strings.ReplaceAll(app.Script, "'EMEA'", "'World'")
	app.Script = strings.Replace(app.Script, "     Amount\r\n", "     Amount,\r\n     Cost\r\n", 1)
	app.Script = strings.Replace(app.Script, "$tab Calendar", "$tab Master calendar", 1)
	app.Script = app.Script[:strings.Index(app.Script, "///$tab Old")] +
		"///$tab Access\r\nSection Access;\r\nLOAD * INLINE [ACCESS, USERID\r\nADMIN, ANN];\r\nSection Application;\r\n"
	replace(&app.Variables[1].Properties, "1000", "If(vYear > 2025,\\n  1200,\\n  1000)")
	app.Variables[2] = qvf.NewVariable("v4", "vRate", "=Max(Rate)")
	app.ScriptVariables = nil
	app.Dimensions = []qvf.Item{qvf.NewDimension("d1", "Sales region", "Region"), app.Dimensions[1], qvf.NewDimension("d3", "Product", "=Upper(Product)")}
	app.Measures[0] = qvf.NewMeasure("m1", "Revenue", "Sum({<Year={$(vYear)}>} Amount)")
	app.Measures[1] = qvf.NewMeasure("m2", "Net margin", "Sum(Amount)\n  - Sum(Cost)\n  - Sum(Freight) * 1.1")
	app.Measures[2] = qvf.NewMeasure("m4", "Rate", "Avg(Rate) < 1 & 'x'")
	table := chart("c3", "table", titled("Customers"), `"showCondition":{"qStringExpression":{"qExpr":"=vYear>2020"}}`,
		cube([]string{"d2"}, []string{"m1", "=Avg(Amount)", "m4"}))
	replace(&table.Properties, `"qDef":"Avg(Amount)"`, `"qDef":"Avg({<Amount={\">0\"}>} Amount)"`)
	app.Objects[0] = sheet("s1", "Overview", 1, []cell{{"c1", "linechart", 0, 0, 18, 6}, {"c5", "acme-radar", 18, 0, 6, 3}, {"c3", "table", 0, 7, 24, 5}},
		chart("c1", "linechart", titled("Revenue by region"), cube([]string{"d1"}, []string{"m1"})),
		chart("c5", "acme-radar", titled("Profile"), cube([]string{"d1", "d3"}, []string{"m1"})), table)
	app.Objects[1] = sheet("s2", "Details", 3, []cell{{"c4", "linechart", 2, 0, 22, 12}}, app.Objects[1].Root.Children...)
	app.Objects[2] = sheet("s3", "Products", 2, nil, chart("c6", "filterpane"), chart("c7", "sn-layout-container"))
	app.Objects[2].Root.Children[0].Children = []qvf.Node{chart("c8", "listbox"), chart("c9", "listbox")}
	replace(&app.Objects[3].Root.Properties, "horizon", "acme-dark")
	app.Bookmarks[0].Meta.Title = "This fiscal year"
	app.Media = []qvf.Media{{Name: "logo.png", Content: []byte("\x89PNG new logo")}, {Name: "tile.png", Content: make([]byte, 45678)}}
	app.Data = qvf.Data{Present: true, Tables: []qvf.Table{{Name: "Orders", Rows: 84783}}}
	app.Meta.Owner = "bob"
	return app
}

// gen makes apps from random numbers.
type gen struct{ *rand.Rand }

func newGen(seed uint64) gen { return gen{rand.New(rand.NewPCG(seed, 1))} }

var pieces = []string{"a", "B", " ", "\n", "\r\n", "///$tab x\n", "Section Access;\n", "`", "```", "<!-- qdeploy:plan -->", "@someone", "#123",
	"</details>", "<b>", "\x1b[31m", "\u202e", "\\", "\"", "'", "[", "//", "/*", "*/", "€", "𝄞", "://x.example", "|", "*"}

func (g gen) text(n int) string {
	var b strings.Builder
	for range g.IntN(n + 1) {
		b.WriteString(pieces[g.IntN(len(pieces))])
	}
	return b.String()
}

func (g gen) value(depth int) any {
	switch n := g.IntN(7); {
	case depth > 0 && n < 2:
		m := map[string]any{}
		for _, key := range []string{"qDef", "qLibraryId", "name", "x/~y", "cells", g.text(2)} {
			if g.IntN(3) == 0 {
				m[key] = g.value(depth - 1)
			}
		}
		return m
	case depth > 0 && n < 4:
		list := []any{}
		for range g.IntN(4) {
			list = append(list, map[string]any{"id": g.text(2), "qDef": g.value(depth - 1)})
		}
		return list
	case n == 4:
		return nil
	case n == 5:
		return g.IntN(3)
	}
	return g.text(6)
}

func (g gen) properties(id, kind string) json.RawMessage {
	b, err := json.Marshal(map[string]any{"qInfo": map[string]string{"qId": id, "qType": kind}, "qMetaDef": map[string]string{"title": g.text(5)},
		"visualization": g.text(2), "rank": g.IntN(3), "cells": g.value(3), "qHyperCubeDef": map[string]any{"qMeasures": g.value(3)}, "y": g.value(3)})
	if err != nil {
		panic(err)
	}
	return b
}

func (g gen) node(depth int) qvf.Node {
	n := qvf.Node{Properties: g.properties(fmt.Sprint("o", g.IntN(12)), g.text(1))}
	for range g.IntN(4) * min(depth, 1) {
		n.Children = append(n.Children, g.node(depth-1))
	}
	if g.IntN(5) == 0 {
		n.Extra = map[string]json.RawMessage{"qEmbeddedSnapshotRef": json.RawMessage(quote(g.text(3)))}
	}
	return n
}

func (g gen) app() *qvf.App {
	app := qvf.New(g.text(5))
	app.Script = g.text(60)
	for i := range g.IntN(4) {
		id := fmt.Sprint(i)
		app.Variables = append(app.Variables, qvf.Variable{Name: "v" + id, Properties: g.properties(id, "variable")})
		app.Measures = append(app.Measures, qvf.Item{ID: "m" + id, Properties: g.properties(id, "measure")})
		app.Dimensions = append(app.Dimensions, qvf.NewDimension("d"+id, g.text(3), g.text(3)))
		app.Objects = append(app.Objects, qvf.Object{ID: "r" + id, Type: []string{"sheet", "masterobject", "appprops", "x"}[g.IntN(4)], Root: g.node(3)})
		app.Bookmarks = append(app.Bookmarks, qvf.Bookmark{ID: "b" + id, Type: "bookmark", Meta: qvf.Meta{Title: g.text(3)}})
		app.Media = append(app.Media, qvf.Media{Name: id + ".png", Content: []byte(g.text(4))})
	}
	return app
}

// mutate changes one thing or nothing.
func (g gen) mutate(a *qvf.App) {
	b := g.app()
	swap := func(doc, other json.RawMessage) json.RawMessage {
		m, o := map[string]any{}, map[string]any{}
		_, _ = json.Unmarshal(doc, &m), json.Unmarshal(other, &o)
		for _, key := range slices.Sorted(maps.Keys(o)) {
			if m != nil && g.IntN(3) == 0 {
				m[key] = o[key]
			}
		}
		out, err := json.Marshal(m)
		if err != nil {
			panic(err)
		}
		return out
	}
	switch i := g.IntN(4); g.IntN(9) {
	case 0:
		a.Script = b.Script
	case 1:
		a.Properties = swap(a.Properties, json.RawMessage(`{"description":"x {v1.0.0+q.1}","qThumbnail":{"qUrl":"/media/x"},"modifiedDate":"now","hash":"1"}`))
	case 2:
		a.Measures = b.Measures
	case 3:
		if i < min(len(a.Variables), len(b.Variables)) {
			a.Variables[i].Properties = swap(a.Variables[i].Properties, b.Variables[i].Properties)
		}
	case 4:
		if i < min(len(a.Objects), len(b.Objects)) {
			a.Objects[i].Root.Properties = swap(a.Objects[i].Root.Properties, b.Objects[i].Root.Properties)
		}
	case 5:
		if i < min(len(a.Objects), len(b.Objects)) {
			a.Objects[i].Root.Children = b.Objects[i].Root.Children
		}
	case 6:
		a.Media = b.Media
	case 7:
		a.Meta, a.Data.Present, a.ScriptVariables = qvf.Meta{Owner: "x"}, true, b.Variables
	case 8:
		a.Bookmarks, a.Objects = b.Bookmarks, a.Objects[:len(a.Objects)/2]
	}
}
