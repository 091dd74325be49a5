package appdiff_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/qdeploy/qdeploy/pkg/qvf"
	"github.com/qdeploy/qdeploy/pkg/qvf/appdiff"
	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write the golden files anew")

func text(t testing.TB, c *appdiff.Changes, o appdiff.Options) string {
	var b strings.Builder
	require.NoError(t, c.WriteText(&b, o))
	return b.String()
}

func golden(t *testing.T, name, got string) {
	path := filepath.Join("testdata", name)
	if *update {
		require.NoError(t, os.MkdirAll("testdata", 0o755))
		require.NoError(t, os.WriteFile(path, []byte(got), 0o644))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err, "run with -update")
	require.Equal(t, string(want), got, name)
}

// hostile is an app whose every text tries to be more than text.
func hostile() *qvf.App {
	const evil = "`` @team #1 <!-- qdeploy:plan --> </details><b>\x1b[2J\u202etxt.exe\r\n```\n~~~ [x](http://y) ::error::"
	app := sales()
	app.Script = "///$tab " + evil + "\nLOAD 1; " + evil + "\n```````\n"
	app.Measures = append(app.Measures, qvf.NewMeasure("e1", evil, evil), qvf.NewMeasure("e2", "`", " "))
	app.Variables = append(app.Variables, qvf.NewVariable("e3", evil, "<!--"+evil))
	app.Objects = append(app.Objects, sheet("e4", evil, 9, nil, chart("e5", `x`, titled(evil), cube([]string{"=" + evil}, nil))))
	app.Media = append(app.Media, qvf.Media{Name: "`#1`.png", Content: []byte(evil)})
	app.Bookmarks[0].Meta.Title = evil
	return app
}

func TestGolden(t *testing.T) {
	secured := sales2()
	secured.Script = sales().Script + "///$tab Access\nSection Access;\nLOAD 1;\n"
	for _, c := range []struct {
		name     string
		old, new *qvf.App
	}{
		{"everything", sales(), sales2()},
		{"nothing", sales(), sales()},
		{"new", nil, sales()},
		{"opened", secured, sales()},
		{"hostile", sales(), hostile()},
	} {
		d := appdiff.Diff(c.old, c.new)
		golden(t, c.name+".txt", text(t, d, appdiff.Options{}))
		golden(t, c.name+".md", d.Markdown(60_000, appdiff.Options{}))
		check(t, d)
	}
	d := appdiff.Diff(sales(), sales2())
	golden(t, "everything_summary.txt", text(t, d, appdiff.Options{Detail: appdiff.Summary}))
	golden(t, "everything_summary.md", d.Markdown(60_000, appdiff.Options{Detail: appdiff.Summary}))
	golden(t, "everything_cut.md", d.Markdown(2_500, appdiff.Options{}))
	golden(t, "everything_color.txt", text(t, d, appdiff.Options{Color: true}))
	var b bytes.Buffer
	require.NoError(t, d.WriteJSON(&b))
	golden(t, "everything.json", b.String())
}

// check holds what must be true of whatever is shown of any two apps.
func check(t testing.TB, c *appdiff.Changes) {
	out := text(t, c, appdiff.Options{})
	require.True(t, utf8.ValidString(out))
	unsafe := func(r rune) bool { return r != '\n' && r != '\t' && r != ' ' && !unicode.IsPrint(r) }
	require.Equal(t, -1, strings.IndexFunc(out, unsafe))
	full := c.Markdown(0, appdiff.Options{})
	checkMarkdown(t, full)
	for _, budget := range []int{1, 500, 3_000, len(full) / 2, len(full) - 1, len(full)} {
		md := c.Markdown(budget, appdiff.Options{})
		checkMarkdown(t, md)
		require.LessOrEqual(t, len(md), max(budget, 3_000))
		if budget < len(full) && budget > 0 {
			require.Contains(t, md, "Cut to fit: ")
		}
		head, _, _ := strings.Cut(full, "\n\n<details")
		require.True(t, strings.HasPrefix(md, head))
	}
	var b bytes.Buffer
	require.NoError(t, c.WriteJSON(&b))
	require.True(t, json.Valid(b.Bytes()))
}

var (
	ours    = regexp.MustCompile(`^(<details>|<details open>)<summary>[^<@#` + "`" + `]*</summary>$`)
	foul    = regexp.MustCompile("[`<@#\\[\\]]|://|::|~~")
	fencing = regexp.MustCompile("^ *(`{3,})(diff)?$")
)

// checkMarkdown reads Markdown as GitHub does: outside of code there is nothing but what this package says.
func checkMarkdown(t testing.TB, md string) {
	require.NotContains(t, md, "<!--")
	require.True(t, utf8.ValidString(md))
	fence, depth := "", 0
	for line := range strings.Lines(md) {
		line = strings.TrimSuffix(line, "\n")
		m := fencing.FindStringSubmatch(line)
		switch {
		case fence == "" && m != nil:
			require.Equal(t, "diff", m[2], line)
			fence = m[1]
		case fence != "":
			if m != nil && len(m[1]) >= len(fence) {
				require.Equal(t, m[1], fence)
				fence = ""
			}
		case ours.MatchString(line):
			depth++
		case line == "</details>":
			depth--
		default:
			rest := outsideCode(line)
			if foul.MatchString(strings.ReplaceAll(rest, "[!CAUTION]", "")) {
				require.Fail(t, "markup from the app", line)
			}
		}
		if depth < 0 || depth > 1 {
			require.Fail(t, "sections that overlap", line)
		}
	}
	require.Empty(t, fence, "an open fence")
	require.Zero(t, depth, "an open section")
}

// outsideCode is a line without its spans of code, found as CommonMark finds them.
func outsideCode(line string) string {
	var b strings.Builder
	run := func(s string) int { return len(s) - len(strings.TrimLeft(s, "`")) }
	for len(line) > 0 {
		n := run(line)
		if n == 0 {
			b.WriteByte(line[0])
			line = line[1:]
			continue
		}
		end := -1
		for i := n; i < len(line); i += max(1, run(line[i:])) {
			if run(line[i:]) == n {
				end = i + n
				break
			}
		}
		if end < 0 {
			return b.String() + line
		}
		line = line[end:]
	}
	return b.String()
}

// What matters least goes first, and whatever goes is named.
func TestMarkdownCutsInOrder(t *testing.T) {
	c := appdiff.Diff(sales(), sales2())
	order := []string{"Script", "Measures", "Dimensions", "Variables", "Sheets and charts", "Bookmarks", "Images", "App properties and settings", "Layout"}
	full := c.Markdown(0, appdiff.Options{})
	for _, title := range order {
		require.Contains(t, full, "<summary>"+title)
	}
	for budget := len(full); budget > 0; budget -= 50 {
		md := c.Markdown(budget, appdiff.Options{})
		require.Contains(t, md, "section access added to the script")
		_, footer, cut := strings.Cut(md, "Cut to fit: ")
		gone := false
		for _, title := range order {
			here := strings.Contains(md, "<summary>"+title)
			require.False(t, gone && here, "%s is shown, something before is not", title)
			all := strings.Contains(footer, strings.ToLower(title)+" (all of")
			require.Equal(t, !here, all, "%d %s", budget, title)
			gone = gone || cut && strings.Contains(footer, strings.ToLower(title)+" (")
		}
	}
}

func TestGenerated(t *testing.T) {
	for seed := range uint64(60) {
		g := newGen(seed)
		old, new := newGen(seed).app(), g.app()
		if seed%2 == 0 {
			new = newGen(seed).app()
			g.mutate(new)
		}
		check(t, appdiff.Diff(old, new))
	}
}
