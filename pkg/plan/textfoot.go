package plan

import (
	"fmt"
	"slices"
	"strings"
)

// nothing says what a plan without changes found.
func (t *text) nothing(f *Fleet) string {
	n := 0
	for _, p := range f.Plans {
		n += p.Unchanged
	}
	switch {
	case f.Drift && !slices.ContainsFunc(f.Plans, func(p *Plan) bool { return p.Since != "" || p.Unchanged > 0 }):
		return "nothing is known of any tenant, for none was applied."
	case f.Drift:
		return "in " + plural(len(f.Plans), "tenant") + " all is as it was applied."
	case f.Refresh == "none":
		return fmt.Sprintf("both revisions declare the same (%s).", plural(n, "resource"))
	case len(f.Plans) == 0 && f.Refresh == "changed":
		return "what is declared was applied to every tenant before; none was read."
	case len(f.Plans) == 0:
		return "there is no tenant to plan for."
	case len(f.Plans) == 1:
		return fmt.Sprintf("%s is as declared (%s).", quiet(f.Plans[0].Tenant.Name), plural(n, "resource"))
	case f.Refresh == "changed":
		return fmt.Sprintf("the %s that were read are as declared (%s).", plural(len(f.Plans), "tenant"), plural(n, "resource"))
	}
	return fmt.Sprintf("all %s are as declared (%s).", plural(len(f.Plans), "tenant"), plural(n, "resource"))
}

func (t *text) footer(f *Fleet) {
	t.line("")
	counts, tenants := f.Counts()
	var parts []string
	if c := CountText(counts); c != "" {
		parts = append(parts, c)
		if len(f.Plans) > 1 {
			parts[0] += " in " + plural(tenants, "tenant")
		}
	} else if len(f.Failed()) == len(f.Plans) {
		parts = append(parts, "none could be made")
	} else {
		parts = append(parts, "nothing to change")
	}
	if n := asDeclared(f); n > 0 && len(f.Plans) > 1 {
		as := " as declared"
		if f.Drift {
			as = " as applied"
		}
		parts = append(parts, plural(n, "tenant")+as)
	}
	if n := len(f.Failed()); n > 0 && n < len(f.Plans) {
		parts = append(parts, plural(n, "tenant")+" could not be planned")
	}
	word := "Plan:"
	if f.Drift {
		word = "To undo it:"
	}
	t.line("%s %s.", t.paint(bold, word), strings.Join(parts, "; "))
	if n := drifted(f); n > 0 && !f.Drift {
		t.line("%s %s what was changed in the tenant, not in the estate.",
			t.paint(magenta, "Drift:"), plural(n, "change")+undo(n))
	}
	t.blocked(f)
	for _, r := range f.Refused {
		t.line("%s %s.", t.paint(red, "Refused:"), plain(r))
	}
	if len(f.Refused) > 0 {
		t.line("Nothing of this plan can be applied.")
	}
	if t.o.Reads > 0 {
		t.line("Calls: %s made to read, about %s to apply.", count(t.o.Reads), count(f.Writes()))
	}
}

func (t *text) blocked(f *Fleet) {
	changes, tenants := 0, 0
	for _, p := range f.Plans {
		n := len(p.Blocked())
		changes += n
		tenants += min(n, 1)
	}
	switch {
	case changes == 0:
	case len(f.Plans) == 1:
		t.line("%s %s.", t.paint(red, "Blocked:"), plural(changes, "change"))
	default:
		t.line("%s %s in %s.", t.paint(red, "Blocked:"), plural(changes, "change"), plural(tenants, "tenant"))
	}
}

func asDeclared(f *Fleet) (n int) {
	for _, p := range f.Plans {
		if p.Empty() {
			n++
		}
	}
	return n
}

// CountText says how many changes there are of each action: "3 to create, 1 to
// delete". Deletes and replacements come first.
func CountText(counts map[Action]int) string {
	var parts []string
	for _, a := range slices.Backward(Actions) {
		if n := counts[a]; n > 0 {
			parts = append(parts, count(n)+" to "+string(a))
		}
	}
	return strings.Join(parts, ", ")
}

func drifted(f *Fleet) (n int) {
	for _, p := range f.Plans {
		for _, c := range p.Changes {
			if c.Cause == Drift || c.Cause == Both {
				n++
			}
		}
	}
	return n
}

func undo(n int) string {
	if n == 1 {
		return " undoes"
	}
	return " undo"
}

// drifting counts the tenants that have changes.
func drifting(f *Fleet) int {
	n := f.Changed()
	return n
}
