package appdiff_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/qdeploy/qdeploy/pkg/qvf"
	"github.com/qdeploy/qdeploy/pkg/qvf/appdiff"
	"github.com/stretchr/testify/require"
)

// Without a difference in content there is none to show, and the other way round.
func TestEmptyIsSameDigest(t *testing.T) {
	same := 0
	for seed := range uint64(400) {
		g := newGen(seed)
		old, new := newGen(seed).app(), g.app()
		for range g.IntN(3) {
			g.mutate(new)
		}
		c := appdiff.Diff(old, new)
		require.Equal(t, qvf.Digest(old) == qvf.Digest(new), c.Empty(), seed)
		if c.Empty() {
			require.Empty(t, append(c.Requires, make([]appdiff.Requirement, len(c.Security))...), seed)
			same++
		}
		require.True(t, appdiff.Diff(new, new).Empty(), seed)
	}
	require.Greater(t, same, 20)
	require.Less(t, same, 380)
}

// Two forms of one content are no change, and what lies outside of the digest is a note.
func TestVolatile(t *testing.T) {
	for name, change := range map[string]func(a *qvf.App){
		"engine":    func(a *qvf.App) { replace(&a.Properties, "12.2741.0", "12.9999.0") },
		"line ends": func(a *qvf.App) { a.Script = strings.ReplaceAll(a.Script, "\r\n", "\n") },
		"format": func(a *qvf.App) {
			replace(&a.Measures[0].Properties, `,"qNumFormat":{"qType":"U","qnDec":10,"qUseThou":0}`, ``)
		},
		"noted":      func(a *qvf.App) { replace(&a.Properties, "{v2.0.0}", "{v2.0.0+q.3fa4c2d1}") },
		"created":    func(a *qvf.App) { a.Objects[0].Meta.Created = "2026-01-01T00:00:00Z" },
		"data":       func(a *qvf.App) { a.Data.Present = true },
		"owner":      func(a *qvf.App) { a.Measures[0].Meta.Owner = "bob" },
		"published":  func(a *qvf.App) { a.Objects[1].Meta.Published = true },
		"variables":  func(a *qvf.App) { a.ScriptVariables = nil },
		"bookmarks":  func(a *qvf.App) { a.Bookmarks[0].Body = nil },
		"order":      func(a *qvf.App) { a.Measures[0], a.Measures[1] = a.Measures[1], a.Measures[0] },
		"whitespace": func(a *qvf.App) { replace(&a.Dimensions[0].Properties, `{"qInfo":`, "{\n  \"qInfo\" : ") },
	} {
		app := sales()
		change(app)
		c := appdiff.Diff(sales(), app)
		require.True(t, c.Empty(), name)
		for _, n := range c.Notes {
			require.Equal(t, name, n.Kind)
		}
	}
}

// An app that is not there, on either side.
func TestNoApp(t *testing.T) {
	c := appdiff.Diff(nil, sales())
	require.Len(t, c.Measures, 3)
	require.Equal(t, appdiff.Added, c.Objects[0].Action)
	require.Len(t, c.Script.Tabs, 4)
	c = appdiff.Diff(sales(), nil)
	require.Equal(t, appdiff.Removed, c.Objects[0].Action)
	require.True(t, appdiff.Diff(nil, nil).Empty())
}

// What JSON cannot tell apart, or is none, still is a difference.
func TestOddContents(t *testing.T) {
	for name, docs := range map[string][2]string{
		"two members":    {`{"a":1,"a":2}`, `{"a":3,"a":2}`},
		"surrogates":     {`{"a":"\ud800"}`, `{"a":"\ud801"}`},
		"not json":       {`{`, `{"a":1}`},
		"not json twice": {`{`, `[`},
		"tree or not":    {`{"qProperty":{"a":1}}`, `{"a":1}`},
		"deep":           {strings.Repeat(`[`, 400) + strings.Repeat(`]`, 400), strings.Repeat(`[`, 401) + strings.Repeat(`]`, 401)},
		"null":           {`{"a":null}`, `{}`},
		"number":         {`{"a":1}`, `{"a":"1"}`},
		"order":          {`{"a":[{"id":"x"},{"id":"y"}]}`, `{"a":[{"id":"y"},{"id":"x"}]}`},
	} {
		app := func(doc string) *qvf.App {
			a := &qvf.App{Properties: json.RawMessage(doc)}
			a.Measures = []qvf.Item{{ID: "m", Properties: json.RawMessage(doc)}}
			a.Objects = []qvf.Object{{ID: "o", Type: "sheet", Root: qvf.Node{Properties: json.RawMessage(doc), Children: []qvf.Node{{}}}},
				{ID: "p", Root: qvf.Node{Properties: json.RawMessage(doc)}}}
			return a
		}
		c := appdiff.Diff(app(docs[0]), app(docs[1]))
		require.NotEmpty(t, c.Properties, name)
		require.NotEmpty(t, c.Measures[0].Fields, name)
		require.Len(t, c.Objects, 2, name)
		for _, o := range c.Objects {
			require.NotEmpty(t, append(o.Fields, make([]appdiff.Field, len(o.Children))...), name)
		}
		check(t, c)
	}
}

// Parts that share an id match by content first.
func TestSharedIDs(t *testing.T) {
	app := func(texts ...string) *qvf.App {
		a := qvf.New("x")
		for _, s := range texts {
			a.Measures = append(a.Measures, qvf.NewMeasure("m", s, s))
		}
		return a
	}
	require.True(t, appdiff.Diff(app("a", "b"), app("b", "a")).Empty())
	c := appdiff.Diff(app("a", "b", "c"), app("b", "d"))
	require.Len(t, c.Measures, 2)
}

// Objects match by id wherever they stand in a sheet.
func TestMovedIntoContainer(t *testing.T) {
	box := chart("box", "container", titled("Box"))
	old := &qvf.App{Objects: []qvf.Object{sheet("s", "S", 1, []cell{{"a", "kpi", 0, 0, 1, 1}, {"box", "container", 1, 1, 1, 1}}, chart("a", "kpi", titled("A")), box)}}
	box.Children = []qvf.Node{chart("a", "kpi", titled("A"))}
	new := &qvf.App{Objects: []qvf.Object{sheet("s", "S", 1, []cell{{"box", "container", 1, 1, 1, 1}}, box)}}
	c := appdiff.Diff(old, new)
	require.Len(t, c.Objects, 1)
	moved := c.Objects[0].Children[0].Children[0]
	require.Equal(t, appdiff.Object{ID: "a", Action: appdiff.Changed, Type: "kpi", Visualization: "kpi", Title: "A", From: "S"}, moved)
	require.Equal(t, []string{"a"}, c.Objects[0].Layout.Moved)
}

// Merely moving things is layout and nothing else.
func TestPureLayout(t *testing.T) {
	c := appdiff.Diff(sales(), func() *qvf.App {
		a := sales()
		replace(&a.Objects[0].Root.Properties, `"row":6`, `"row":7`)
		replace(&a.Objects[0].Root.Properties, `"rank":1`, `"rank":1.5`)
		return a
	}())
	require.False(t, c.Empty())
	require.Len(t, c.Objects, 1)
	require.Empty(t, c.Objects[0].Fields)
	require.Empty(t, c.Objects[0].Children)
	require.Equal(t, []string{"c3"}, c.Objects[0].Layout.Moved)
	require.Equal(t, "/rank", c.Objects[0].Layout.Fields[0].Path)
}

func TestExtensions(t *testing.T) {
	charts, theme := appdiff.Extensions(sales2())
	require.Equal(t, map[string]int{"acme-radar": 1}, charts)
	require.Equal(t, "acme-dark", theme)
	require.True(t, appdiff.Native("barchart"))
	require.False(t, appdiff.Native("acme-radar"))
}

// The same apps give the same bytes, and what is written as JSON is read as the same changes.
func TestDeterministic(t *testing.T) {
	for seed := range uint64(20) {
		g := newGen(seed)
		old, new := g.app(), g.app()
		want := appdiff.Diff(old, new)
		require.Equal(t, want, appdiff.Diff(old, new))
		var b bytes.Buffer
		require.NoError(t, want.WriteJSON(&b))
		var got struct {
			Schema string
			Empty  bool
			appdiff.Changes
		}
		require.NoError(t, json.Unmarshal(b.Bytes(), &got))
		require.Equal(t, appdiff.Schema, got.Schema)
		require.Equal(t, want.Empty(), got.Empty)
		var again bytes.Buffer
		require.NoError(t, got.WriteJSON(&again))
		require.Equal(t, b.String(), again.String())
	}
}
