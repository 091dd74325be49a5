package plan

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// goldenFile compares text with a file of testdata/report.
func goldenFile(t *testing.T, name, text string) {
	t.Helper()
	path := filepath.Join("testdata", "report", name)
	if *update {
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o644))
		return
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, string(want), text)
}

func section(title, body string) AppSection {
	return AppSection{Title: title, Summary: "2 measures changed, 1 script line added", Body: func(int) string { return body }}
}

var told = MarkdownOptions{
	Title: "prod", State: "planned", Traits: kinds, Reads: 160, Duration: 38 * time.Minute,
	Link: "https://github.com/acme/estate/actions/runs/1234",
	Rest: "the job summary and the artifact plan",
	Apps: []AppSection{section("app/Overview 2.0.9 → 2.1.0 in 36 tenants", "**2 measures changed**\n\n- `Margin`\n")},
	Lints: []string{
		"apps/overview.qvf: warning: variable vTop is set but never read",
		"tenants/acme.cue:12:3: warning: space/Sales has no description",
	},
	Cost:  []string{"Cost: about 99 writes (tier 2) in 36 tenants, and 160 reads (tier 1)", "Imports: 36 apps, at most 1 in one tenant"},
	Merge: []string{"ring canary: 4 tenants, then 30 minutes of rest", "ring early: 80 tenants", "at most 4 tenants may fail"},
	Next:  []string{"qdeploy plan --tenant customer-07", "qdeploy explain customer-07 space/Old"},
}

func TestMarkdown(t *testing.T) {
	for name, tt := range texts {
		if tt.o.Color || tt.o.List {
			continue
		}
		t.Run(name, func(t *testing.T) {
			o := MarkdownOptions{Title: "prod", Traits: kinds, Reads: tt.o.Reads}
			if name == "classes" || name == "no_changes_many" {
				o = told
			}
			f := tt.fleet(t)
			out, cut := f.Markdown(o)
			require.Empty(t, cut)
			require.NoError(t, sound(out))
			require.True(t, strings.HasSuffix(out, "\n"))
			again, _ := f.Markdown(o)
			require.Equal(t, out, again)
			goldenFile(t, name+".md", out)
		})
	}
}

// TestMarkdownOfHostileWords has every evil word in every place once, to be read.
func TestMarkdownOfHostileWords(t *testing.T) {
	var words []string
	for _, s := range evil {
		if len(s) < 60 {
			words = append(words, s)
		}
	}
	at := func(i int) string { return words[i%len(words)] }
	var plans []*Plan
	for i := range words {
		p := &Plan{Tenant: Tenant{Name: at(i), Region: at(i % 7)}, Notes: []string{at(i + 1)}, Unmanaged: map[Kind][]string{Kind(at(i % 5)): {"x"}}}
		if i%9 == 8 {
			p.Error = at(i + 2)
		} else {
			p.Changes = []Change{{Action: Actions[i%len(Actions)], Key: Key{"space", at(i + 3)}, Cause: []Cause{Changed, Drift}[i%2], Reason: at(i + 4), Hint: at(i + 5)}}
		}
		plans = append(plans, p)
	}
	f := NewFleet("<b>@jo", "all", plans)
	f.Refused = []string{"</details> #12"}
	o := MarkdownOptions{
		Title: "@jo", State: "<!-- applied -->", Banners: words, Lints: words, Merge: words, Next: words, Link: "https://x/)", Rest: "www.evil.example",
		Apps: []AppSection{{Title: "a | @jo", Summary: "![x](https://evil.example)", Body: func(int) string { return "safe\n" }}},
	}
	out, _ := fits(t, f, o)
	goldenFile(t, "hostile_words.md", out)
}
