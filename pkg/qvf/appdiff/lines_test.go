package appdiff

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// apply makes the new lines of the old ones, as patch would.
func apply(t testing.TB, old []string, hunks []Hunk) []string {
	var out []string
	at := 0
	for _, h := range hunks {
		start := h.OldStart - min(h.OldLines, 1)
		out = append(out, old[at:start]...)
		require.Equal(t, h.NewStart-min(h.NewLines, 1), len(out))
		at = start
		for _, line := range h.Lines {
			if line[0] != '+' {
				require.Equal(t, old[at], line[1:])
				at++
			}
			if line[0] != '-' {
				out = append(out, line[1:])
			}
		}
		require.Equal(t, start+h.OldLines, at)
	}
	return append(out, old[at:]...)
}

// distance is the length of a shortest edit script, by the quadratic recurrence.
func distance(a, b []string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range a {
		before := row[0]
		row[0] = i + 1
		for j := range b {
			best := min(row[j], row[j+1]) + 1
			if a[i] == b[j] {
				best = before
			}
			before, row[j+1] = row[j+1], best
		}
	}
	return row[len(b)]
}

func TestUnifiedIsShortest(t *testing.T) {
	g := rand.New(rand.NewPCG(1, 2))
	text := func() string {
		var b strings.Builder
		for range g.IntN(30) {
			fmt.Fprintln(&b, g.IntN(2+g.IntN(12)))
		}
		return strings.TrimSuffix(b.String(), strings.Repeat("\n", g.IntN(2)))
	}
	for range 3000 {
		old, new := text(), text()
		hunks, ok := unified(old, new, &work{left: budget})
		require.True(t, ok)
		require.Equal(t, lines(new), apply(t, lines(old), hunks))
		edits := 0
		for _, h := range hunks {
			for _, line := range h.Lines {
				if line[0] != ' ' {
					edits++
				}
			}
		}
		require.Equal(t, distance(lines(old), lines(new)), edits, "%q %q", old, new)
	}
}

// Many lines that are all on both sides, in random order, are what costs most: it ends, and soon.
func TestUnifiedIsBounded(t *testing.T) {
	g := rand.New(rand.NewPCG(1, 2))
	list := make([]string, 200_000)
	for i := range list {
		list[i] = fmt.Sprintln(i % 50_000)
	}
	old := strings.Join(list, "")
	g.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	start := time.Now()
	w := &work{left: budget}
	_, ok := unified(old, strings.Join(list, ""), w)
	require.False(t, ok)
	require.Less(t, time.Since(start), 30*time.Second)
	s := script("///$tab a\nx\n///$tab b\n"+old, "///$tab a\ny\n///$tab b\n"+strings.Join(list, ""), &work{left: budget})
	require.Len(t, s.Tabs, 2)
	require.Equal(t, Tab{Name: "b", Action: Changed, TooDifferent: true, OldLines: 200_000, NewLines: 200_000}, s.Tabs[1])
}

func TestTabs(t *testing.T) {
	const body = "LOAD a;\nLOAD b;\nLOAD c;\nLOAD d;\n"
	for name, c := range map[string]struct{ old, new, want string }{
		"moved":           {"///$tab A\n1\n///$tab B\n2\n///$tab C\n3\n", "///$tab C\n3\n///$tab A\n1\n///$tab B\n2\n", "C changed moved"},
		"renamed":         {"///$tab A\n" + body, "///$tab B\n" + body, "A→B changed"},
		"renamed changed": {"///$tab A\n" + body, "///$tab B\n" + body + "x\n", "A→B changed +1"},
		"replaced":        {"///$tab A\n1\n", "///$tab B\n2\n", "B added +1, A removed -1"},
		"two of a name":   {"///$tab A\n1\n///$tab A\n2\n", "///$tab A\n1\n///$tab A\n3\n", "A changed +1 -1"},
		"removed":         {"///$tab A\n1\n///$tab B\n2\n///$tab C\n3\n", "///$tab A\n1\n///$tab C\n4\n", "B removed -1, C changed +1 -1"},
		"added empty":     {"", "///$tab A\n", "A added"},
		"no tabs":         {"a\n", "b\n", " changed +1 -1"},
		"line end":        {"///$tab A\na\n", "///$tab A\na", "A changed +1 -1"},
		"marker":          {"///$tab A \na\n", "///$tab A\na\n", " changed +1 -1"},
		"same":            {"a", "a", ""},
	} {
		var got []string
		if s := script(c.old, c.new, &work{left: budget}); s != nil {
			for _, tab := range s.Tabs {
				text := tab.Name + " " + string(tab.Action)
				if tab.OldName != "" {
					text = tab.OldName + "→" + text
				}
				if tab.Moved {
					text += " moved"
				}
				if tab.Inserted > 0 {
					text += fmt.Sprint(" +", tab.Inserted)
				}
				if tab.Deleted > 0 {
					text += fmt.Sprint(" -", tab.Deleted)
				}
				got = append(got, text)
			}
		}
		require.Equal(t, c.want, strings.Join(got, ", "), name)
	}
}

func TestSectionAccess(t *testing.T) {
	for text, want := range map[string]string{
		"SECTION ACCESS;\nLOAD 1;\nSection Application;\nx": " 1",
		"x;\n///$tab A\ny;\nsection\t access; ":             "A 2",
		"// Section Access;":                                "",
		"/* Section Access; */ x":                           "",
		"/* Section Access; x":                              " 1",
		"LET a='Section Access';":                           "",
		"LET a='//'; Section Access;":                       " 1",
		"LOAD [Section Access];":                            "",
		"SET a=Don't; // '\nSection Access;":                " 2",
		"LOAD * FROM [lib://x]; Section Access;":            " 1",
		"it's\nSection Access;\nisn't":                      " 2",
		"Intersection Access":                               "",
	} {
		a := sectionAccess(text)
		got := ""
		if a.text != "" {
			got = fmt.Sprint(a.tab, " ", a.line)
		}
		require.Equal(t, want, got, text)
	}
	start := time.Now()
	sectionAccess(strings.Repeat("[", 2<<20))
	sectionAccess(strings.Repeat("/* '", 1<<19))
	require.Less(t, time.Since(start), 10*time.Second)
}

func TestInOrder(t *testing.T) {
	require.Equal(t, []bool{true, false, true, true}, inOrder([]int{0, 2, 1, 3}))
	require.Equal(t, []bool{false, false}, inOrder([]int{-1, -1}))
	require.Equal(t, 1, strings.Count(fmt.Sprint(inOrder([]int{2, 1, 0})), "true"))
	require.NotContains(t, inOrder([]int{0, 1, 2, 5, 9}), false)
	require.Equal(t, []bool{false, true, true}, inOrder([]int{2, 0, 1}))
}

func TestPlain(t *testing.T) {
	for in, want := range map[string]string{"a\tb €𝄞": "a\tb €𝄞", "\x1b[31m": `\u001b[31m`, "a\u202eb": `a\u202eb`, "\xff\ufffd": `\xff` + "\ufffd",
		"\u2028\r\n": `\u2028\u000d\u000a`, "\U000e0041": `\U000e0041`, "\u0085\u200b\u00a0": `\u0085\u200b\u00a0`} {
		require.Equal(t, want, plain(in))
	}
	require.Equal(t, "ab…", clip("abcd", 3))
	require.Equal(t, "äöü", clip("äöü", 3))
	require.Equal(t, "äö…", clip("äöüä", 3))
}

func FuzzUnified(f *testing.F) {
	f.Add("a\nb\n", "b\nc")
	f.Fuzz(func(t *testing.T, old, new string) {
		hunks, ok := unified(old, new, &work{left: 1 << 20})
		if ok {
			require.True(t, slices.Equal(lines(new), apply(t, lines(old), hunks)))
			require.Equal(t, old == new, len(hunks) == 0)
		}
	})
}
