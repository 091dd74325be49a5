package plan

import (
	"io"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// BenchmarkMarkdown and BenchmarkHTML say how much longer than the plain text a
// comment and a page take, and how long without finding the classes, which is part of
// each of them.
func BenchmarkMarkdown(b *testing.B) {
	besideText(b, func(f *Fleet) {
		out, _ := f.Markdown(MarkdownOptions{Title: "prod", Traits: kinds, Budget: 60_000})
		require.LessOrEqual(b, len(out), 60_000)
	})
}

func BenchmarkHTML(b *testing.B) {
	besideText(b, func(f *Fleet) {
		require.NoError(b, f.WriteHTML(io.Discard, MarkdownOptions{Title: "prod", Traits: kinds}))
	})
}

func besideText(b *testing.B, write func(*Fleet)) {
	f := fleetOf(b, 8500)
	b.ReportAllocs()
	var text, ours, classes time.Duration
	for b.Loop() {
		start := time.Now()
		require.NoError(b, f.WriteText(io.Discard, TextOptions{Traits: kinds}))
		text += time.Since(start)
		start = time.Now()
		write(f)
		ours += time.Since(start)
		start = time.Now()
		f.Classes()
		classes += time.Since(start)
	}
	b.ReportMetric(ours.Seconds()/float64(b.N), "s/report")
	b.ReportMetric((ours-classes).Seconds()*1000/float64(b.N), "ms/render")
	b.ReportMetric(ours.Seconds()/text.Seconds(), "x-text")
	b.ReportMetric(0, "ns/op")
}
