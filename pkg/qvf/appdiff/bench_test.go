package appdiff_test

import (
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/qdeploy/qdeploy/pkg/qvf"
	"github.com/qdeploy/qdeploy/pkg/qvf/appdiff"
	"github.com/stretchr/testify/require"
)

// large is an app of about 2 MB: half script and half objects. Every nth line and chart says version.
func large(nth, version int) *qvf.App {
	app := qvf.New("Large")
	var b strings.Builder
	for i := range 20_000 {
		if i%500 == 0 {
			fmt.Fprintf(&b, "///$tab Tab %d\r\n", i/500)
		}
		v := 1
		if i%nth == 0 {
			v = version
		}
		fmt.Fprintf(&b, "LOAD Field%d AS Alias%d, Sum(Value%d) AS Total RESIDENT Table%d;\r\n", i, v, i%97, i%13)
	}
	app.Script = b.String()
	for i := range 60 {
		var cells []cell
		var charts []qvf.Node
		for j := range 25 {
			id, v := fmt.Sprintf("c%d-%d", i, j), 1
			if (i*25+j)%nth == 0 {
				v = version
			}
			cells = append(cells, cell{id, "barchart", j % 24, j, 4, 4})
			charts = append(charts, chart(id, "barchart", titled("Chart "+id), cube([]string{"=Field" + id}, []string{"=Sum(A)", "=Sum(B)", fmt.Sprintf("=Max(C%d)", v)}),
				`"pad":"`+strings.Repeat("x", 300)+`"`))
		}
		app.Objects = append(app.Objects, sheet(fmt.Sprintf("s%d", i), fmt.Sprintf("Sheet %d", i), float64(i), cells, charts...))
	}
	return app
}

// BenchmarkDiff compares two apps of 2 MB of which nothing, one line in a hundred, or all differs.
func BenchmarkDiff(b *testing.B) {
	old := large(100, 1)
	size := 0
	for _, p := range qvf.Parts(old) {
		size += len(p.Content)
	}
	for name, new := range map[string]*qvf.App{"same": large(100, 1), "1%": large(100, 2), "all": large(1, 2)} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(2 * size))
			b.ReportAllocs()
			for b.Loop() {
				appdiff.Diff(old, new)
			}
		})
	}
}

func BenchmarkRender(b *testing.B) {
	c := appdiff.Diff(large(100, 1), large(100, 2))
	b.Run("text", func(b *testing.B) {
		for b.Loop() {
			require.NoError(b, c.WriteText(io.Discard, appdiff.Options{}))
		}
	})
	b.Run("markdown", func(b *testing.B) {
		for b.Loop() {
			c.Markdown(60_000, appdiff.Options{})
		}
	})
	b.Run("json", func(b *testing.B) {
		for b.Loop() {
			require.NoError(b, c.WriteJSON(io.Discard))
		}
	})
}

// BenchmarkCorpus compares two revisions of a real app of 2 MB.
func BenchmarkCorpus(b *testing.B) {
	corpus(b)
	old, new := corpusApp(b, "app-analyzer-02.qvf"), corpusApp(b, "app-analyzer-03.qvf")
	b.ReportAllocs()
	for b.Loop() {
		appdiff.Diff(old, new)
	}
}
