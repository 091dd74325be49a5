package plan

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestMarkdownCutsTheLeastImportantFirst makes the budget smaller and smaller:
// what is gone stays gone, and goes in this order.
func TestMarkdownCutsTheLeastImportantFirst(t *testing.T) {
	var plans []*Plan
	add := func(name string, changes ...Change) {
		plans = append(plans, &Plan{Tenant: Tenant{Name: name, Region: "eu"}, Changes: changes, Unmanaged: map[Kind][]string{"theme": {"x"}}, Notes: []string{"a note"}})
	}
	many := func(action Action, cause Cause, name string) (out []Change) {
		for i := range 60 {
			out = append(out, Change{Action: action, Key: Key{"space", fmt.Sprintf("%s %02d", name, i)}, Cause: cause})
		}
		return out
	}
	for i := range 5 {
		add(fmt.Sprint("big", i), many(Create, Changed, "Big")...)
	}
	for i := range 2 {
		add(fmt.Sprint("mid", i), many(Create, Changed, "Mid")...)
	}
	add("lost", many(Delete, Changed, "Lost")...)
	add("moved", many(Update, Drift, "Drifted")...)
	plans = append(plans, &Plan{Tenant: Tenant{Name: "gone", Region: "eu"}, Error: "suspended"})
	f := NewFleet("77b12fa", "all", plans)
	o := told
	o.Apps = []AppSection{section("Overview", strings.Repeat("- `Margin`\n", 50))}
	o.Lints = nil
	for i := range 40 {
		o.Lints = append(o.Lints, fmt.Sprintf("lint %d says something", i))
	}
	last := []string{ // the last words of each section, from what goes first
		"Unmanaged, and left alone: 9 themes", "a note", "qdeploy plan --tenant", "- `Margin`", "lint 39 says", "space/Drifted 59", "space/Mid 59", "space/Big 59", "space/Lost 59",
	}
	out, cut := f.Markdown(o)
	require.Empty(t, cut)
	for _, s := range last {
		require.Contains(t, out, s)
	}
	goneAt := 0
	for o.Budget = len(out) + 1000; o.Budget >= SmallestBudget; o.Budget -= 100 {
		out, cut := fits(t, f, o)
		gone := 0
		for i, s := range last {
			if !strings.Contains(out, s) {
				require.Equal(t, i, gone, "%s is gone before %s, with %d bytes", s, last[gone], o.Budget)
				gone++
			}
		}
		require.GreaterOrEqual(t, gone, goneAt)
		require.Equal(t, gone > 0, len(cut) > 0, "%d bytes", o.Budget)
		goneAt = gone
		require.Contains(t, out, "`gone`: suspended")
		require.Contains(t, out, "When this is merged")
		if len(cut) > 0 {
			require.True(t, strings.HasSuffix(out, " All of it: the job summary and the artifact plan\n"), out)
		}
	}
	require.Equal(t, len(last)-1, goneAt) // what is lost is still there
	o.Budget = 9000
	small, _ := f.Markdown(o)
	goldenFile(t, "cut.md", small)
}

func TestMarkdownOfOneHugeClass(t *testing.T) {
	p := &Plan{Tenant: Tenant{Name: "acme"}}
	for i := range 2000 {
		p.Changes = append(p.Changes, Change{Action: Create, Key: Key{"space", fmt.Sprintf("S%04d", i)}})
	}
	p.Changes[1500].Action = Delete
	out, cut := fits(t, NewFleet("", "all", []*Plan{p}), MarkdownOptions{Budget: 10_000})
	require.Contains(t, out, "-   space/S1500  delete\n… ") // what is lost is not what is cut
	require.Len(t, cut, 1)
	require.Regexp(t, `^1,\d\d\d of 2,000 changes of class A$`, cut[0])
}

func TestMarkdownOfOneHugeChange(t *testing.T) {
	c := Change{Action: Update, Key: Key{"space", "S"}, Reason: "it is so", Blocked: "stop", Hint: "go on"}
	for i := range 500 {
		c.Fields = append(c.Fields, Field{Path: fmt.Sprintf("/f%03d", i), Live: []byte(`1`), Desired: []byte(`2`)})
	}
	out, cut := fits(t, NewFleet("", "all", []*Plan{{Tenant: Tenant{Name: "acme"}, Changes: []Change{c}}}), MarkdownOptions{})
	require.Empty(t, cut)
	require.Contains(t, out, "      f034: 1 → 2\n      … 465 more lines\n      because: it is so\n      blocked: stop\n      hint: go on\n")
}

func TestMarkdownOfManyClasses(t *testing.T) {
	var plans []*Plan
	for i := range 3000 {
		plans = append(plans, &Plan{Tenant: Tenant{Name: fmt.Sprintf("t%04d", i), Region: fmt.Sprintf("r%02d", i%40)}, Changes: []Change{{Action: Create, Key: Key{"space", fmt.Sprintf("only %d", i)}}}})
	}
	out, cut := fits(t, NewFleet("", "changed", plans), MarkdownOptions{Budget: 60_000})
	require.Len(t, cut, 3, cut)
	require.Contains(t, out, "**3,000 of 3,000 tenants that were read change**")
	require.Greater(t, strings.Count(out, "\n<details open>"), 100)
	require.Greater(t, len(out), 55_000)
}
