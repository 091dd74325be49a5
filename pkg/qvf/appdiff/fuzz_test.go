package appdiff_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/qdeploy/qdeploy/pkg/qvf"
	"github.com/qdeploy/qdeploy/pkg/qvf/appdiff"
	"github.com/stretchr/testify/require"
)

// FuzzDiff compares generated apps in which bytes of the fuzzer's stand everywhere.
func FuzzDiff(f *testing.F) {
	f.Add(uint64(1), uint64(2), []byte(`{"qInfo":{"qId":"a"},"cells":[{"name":"a","col":1}]}`), []byte(`{"cells":[{"name":"a","col":2}],"rank":1}`), "a", "b")
	f.Add(uint64(3), uint64(3), []byte(`{"qProperty":{},"qChildren":[{}]}`), []byte(`{"qHyperCubeDef":{"qMeasures":[{"qDef":{"cId":"x"}}]}}`), "///$tab x\nSection Access;", "```\n<!-- @x #1")
	f.Add(uint64(4), uint64(4), []byte(`[1,{"id":"a"}]`), []byte("{\"a\":\"\\ud800\xff\"}"), "\xff\x1b", "\u202e")
	f.Fuzz(func(t *testing.T, seed, change uint64, docA, docB []byte, textA, textB string) {
		app := func(doc []byte, s string) *qvf.App {
			a := newGen(seed).app()
			a.Script += s
			a.Measures = append(a.Measures, qvf.Item{ID: s, Properties: doc})
			a.Objects = append(a.Objects, qvf.Object{ID: "f" + s, Type: s, Root: qvf.Node{Properties: doc, Children: []qvf.Node{{Properties: doc}}}},
				qvf.Object{ID: "g", Type: "sheet", Root: qvf.Node{Properties: doc, Children: []qvf.Node{{Properties: doc,
					Extra: map[string]json.RawMessage{s: doc}}}}})
			a.Media = append(a.Media, qvf.Media{Name: s, Content: doc})
			a.Bookmarks = append(a.Bookmarks, qvf.Bookmark{ID: "f", Type: s, Meta: qvf.Meta{Title: s}})
			return a
		}
		old, new := app(docA, textA), app(docB, textB)
		newGen(change).mutate(new)
		c := appdiff.Diff(old, new)
		require.Equal(t, qvf.Digest(old) == qvf.Digest(new), c.Empty())
		check(t, c)
	})
}

// hostileApps are pairs that a careless comparison spends hours or all memory on.
func hostileApps() map[string][2]*qvf.App {
	with := func(docs ...string) [2]*qvf.App {
		var pair [2]*qvf.App
		for i, doc := range docs {
			pair[i] = &qvf.App{Objects: []qvf.Object{{ID: "s", Type: "sheet", Root: qvf.Node{Properties: json.RawMessage(doc)}}}}
		}
		return pair
	}
	values := func(n int) string {
		var list []string
		for i := range 5_000 {
			list = append(list, fmt.Sprintf(`"%d":%d`, i, i*n))
		}
		return "{" + strings.Join(list, ",") + "}"
	}
	long := `{"` + strings.Repeat("k", 1<<20) + `":%s}`
	nested := func(leaf string) string {
		return strings.Repeat(`{"a":[{"id":"x","b":`, 250) + leaf + strings.Repeat(`}]}`, 250)
	}
	chain, flat := qvf.Node{Properties: []byte(`{}`)}, qvf.Node{Properties: []byte(`{}`)}
	for i := range 400 {
		chain = qvf.Node{Properties: fmt.Appendf(nil, `{"i":%d}`, i), Children: []qvf.Node{chain}}
	}
	for i := range 10_000 {
		flat.Children = append(flat.Children, qvf.Node{Properties: fmt.Appendf(nil, `{"qInfo":{"qId":"%d"}}`, i)})
	}
	tree := func(n qvf.Node) *qvf.App { return &qvf.App{Objects: []qvf.Object{{ID: "s", Type: "sheet", Root: n}}} }
	reversed := qvf.Node{Properties: []byte(`{}`)}
	for i := range flat.Children {
		reversed.Children = append(reversed.Children, flat.Children[len(flat.Children)-1-i])
	}
	return map[string][2]*qvf.App{
		"long key": with(fmt.Sprintf(long, values(1)), fmt.Sprintf(long, values(2))),
		"nested":   with(nested("1"), nested("2")),
		"chain":    {tree(chain), tree(flat)},
		"no tree":  {nil, tree(chain)},
		"children": {tree(flat), tree(reversed)},
	}
}

func TestHostileIsBounded(t *testing.T) {
	for name, pair := range hostileApps() {
		start := time.Now()
		c := appdiff.Diff(pair[0], pair[1])
		require.False(t, c.Empty(), name)
		check(t, c)
		require.Less(t, time.Since(start), 60*time.Second, name)
	}
}
