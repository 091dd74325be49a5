package qvf_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/qdeploy/qdeploy/pkg/qvf"
	"github.com/stretchr/testify/require"
)

// gen makes apps from random numbers.
type gen struct{ *rand.Rand }

func newGen(seed uint64) gen { return gen{rand.New(rand.NewPCG(seed, 0))} }

var alphabet = []rune("aåZ09 -_.,:;'\"\\/<>&{}[]€𝄞\t\r\n\u2028\ufffd")

func (g gen) text(n int) string {
	var b strings.Builder
	for range g.IntN(n + 1) {
		b.WriteRune(alphabet[g.IntN(len(alphabet))])
	}
	return b.String()
}

func (g gen) json(depth int) json.RawMessage {
	v, err := json.Marshal(g.value(depth))
	if err != nil {
		panic(err)
	}
	return v
}

func (g gen) value(depth int) any {
	switch n := g.IntN(8); {
	case depth > 0 && n < 2:
		m := map[string]any{}
		for range g.IntN(4) {
			m[g.text(6)] = g.value(depth - 1)
		}
		return m
	case depth > 0 && n == 2:
		list := []any{}
		for range g.IntN(4) {
			list = append(list, g.value(depth-1))
		}
		return list
	case n == 3:
		return nil
	case n == 4:
		return g.IntN(2) == 0
	case n < 7:
		return g.NormFloat64()
	}
	return g.text(20)
}

// properties is an object that holds what must be there and something random.
func (g gen) properties(must map[string]any) json.RawMessage {
	must["x"] = g.value(3)
	b, err := json.Marshal(must)
	if err != nil {
		panic(err)
	}
	return b
}

func (g gen) meta() qvf.Meta {
	m := qvf.Meta{Title: g.text(9), Description: g.text(99), Owner: g.text(5), OwnerID: g.text(5),
		Published: g.IntN(2) == 0, Approved: g.IntN(2) == 0, Created: "2024-07-11T13:48:32.661Z"}
	for range g.IntN(3) {
		m.Tags = append(m.Tags, g.text(5))
	}
	return m
}

func (g gen) node(depth int) qvf.Node {
	n := qvf.Node{Properties: g.properties(map[string]any{})}
	if depth > 0 {
		for range g.IntN(4) {
			n.Children = append(n.Children, g.node(depth-1))
		}
	}
	if g.IntN(4) == 0 {
		n.Extra = map[string]json.RawMessage{"qEmbeddedSnapshotRef": g.json(2), g.text(4): g.json(0)}
	}
	return n
}

func (g gen) bytes(n int) []byte {
	var b []byte
	for range g.IntN(n) {
		b = append(b, byte(g.Uint32()))
	}
	return b
}

func (g gen) variables(prefix string) []qvf.Variable {
	var list []qvf.Variable
	for i := range g.IntN(4) {
		name := fmt.Sprintf("%s%d%s", prefix, i, g.text(3))
		list = append(list, qvf.Variable{Name: name, Properties: g.properties(map[string]any{"qName": name})})
	}
	return list
}

func (g gen) data() qvf.Data {
	if g.IntN(2) == 0 {
		return qvf.Data{}
	}
	d := qvf.Data{Present: true}
	for range g.IntN(9) {
		d.Fields = append(d.Fields, g.text(90))
	}
	for range g.IntN(9) {
		d.Tables = append(d.Tables, qvf.Table{Name: g.text(200), Source: g.text(20), Fields: g.IntN(9), Rows: g.Int64N(1 << 32)})
	}
	return d
}

func (g gen) app() *qvf.App {
	app := qvf.New(g.text(20))
	app.ID, app.SpaceID, app.Meta = g.text(9), g.text(9), g.meta()
	app.Saved = time.UnixMilli(1.6e12 + g.Int64N(1e11)).UTC()
	app.Script = g.text(2000)
	app.Variables, app.ScriptVariables = g.variables("v"), g.variables("s")
	id := 0
	next := func() string { id++; return fmt.Sprintf("%d", id) + strings.Repeat("é/", g.IntN(50)) }
	for range g.IntN(20) {
		app.Dimensions = append(app.Dimensions, qvf.Item{ID: next(), Meta: g.meta(), Properties: g.properties(map[string]any{})})
		app.Measures = append(app.Measures, qvf.Item{ID: next(), Meta: g.meta(), Properties: g.properties(map[string]any{})})
		app.Objects = append(app.Objects, qvf.Object{ID: next(), Type: g.text(5), Meta: g.meta(), Root: g.node(3)})
		app.Bookmarks = append(app.Bookmarks, qvf.Bookmark{ID: next(), Type: "bookmark", Meta: g.meta(), Body: g.bytes(200)})
	}
	for i := range g.IntN(40) {
		app.Media = append(app.Media, qvf.Media{Name: fmt.Sprintf("%02d/bild å.png", i), Content: g.bytes(9000)})
		app.Other = append(app.Other, qvf.Entry{Name: fmt.Sprintf("data/field_%02d", i), Type: "qvapp_cfield", Size: g.Int64N(9999)})
	}
	app.Data = g.data()
	if g.IntN(2) == 0 {
		app.Model = json.RawMessage(`{"qtables":[],"q":1}`)
	}
	return app
}

func TestRoundTripGenerated(t *testing.T) {
	for seed := range uint64(50) {
		app := newGen(seed).app()
		b, err := qvf.Encode(app)
		require.NoError(t, err, seed)
		again, err := qvf.DecodeBytes(b)
		require.NoError(t, err, seed)
		require.Equal(t, app, again, seed)
		require.Equal(t, qvf.Digest(app), qvf.Digest(again), seed)
		second, err := qvf.Encode(again)
		require.NoError(t, err, seed)
		require.Equal(t, b, second, seed)
	}
}

// The order of entries, owners, dates and data are not what an app is.
func TestDigestIgnores(t *testing.T) {
	for seed := range uint64(50) {
		app := newGen(seed).app()
		want := qvf.Digest(app)
		app.ID, app.SpaceID, app.Meta = "other", "other", qvf.Meta{}
		app.Saved, app.Data, app.Model, app.Other, app.ScriptVariables = time.Time{}, qvf.Data{}, nil, nil, nil
		app.Header = nil
		slices.Reverse(app.Measures)
		slices.Reverse(app.Objects)
		slices.Reverse(app.Variables)
		for i := range app.Objects {
			app.Objects[i].Meta.Owner, app.Objects[i].Meta.Published = "other", !app.Objects[i].Meta.Published
		}
		for i := range app.Bookmarks {
			app.Bookmarks[i].Meta.Owner, app.Bookmarks[i].Body = "other", nil
		}
		require.Equal(t, want, qvf.Digest(app))
	}
}
