package plan

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"
)

func html1(t *testing.T, f *Fleet, o MarkdownOptions) string {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, f.WriteHTML(&b, o))
	return b.String()
}

func TestHTML(t *testing.T) {
	for _, name := range []string{"classes", "hostile", "drift", "blocked", "no_changes"} {
		t.Run(name, func(t *testing.T) {
			f, o := texts[name].fleet(t), MarkdownOptions{Title: "prod", Traits: kinds}
			if name == "classes" {
				o = told
				o.Banners = []string{"this pull request edits the guards"}
			}
			out := html1(t, f, o)
			goldenFile(t, name+".html", out)
			require.Equal(t, out, html1(t, f, o))
		})
	}
}

func TestHTMLStopsWhenNobodyReads(t *testing.T) {
	require.Error(t, one(t, input(some("space/A"), nil, nil)).WriteHTML(full1{}, MarkdownOptions{}))
}
