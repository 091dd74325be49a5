package plan

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// driftLine says how much drift is undone that is told apart from the rest.
func (m *markdown) driftLine() string {
	changes, tenants := 0, 0
	for _, c := range m.classes {
		if n := len(c.drift); n > 0 {
			changes, tenants = changes+n*len(c.Plans), tenants+len(c.Plans)
		}
	}
	if changes == 0 {
		return ""
	}
	return fmt.Sprintf("Drift: %s in %s%s what was changed in the tenants, not in the estate",
		plural(changes, "change"), plural(tenants, "tenant"), undo(changes))
}

// drift shows, folded, what undoes changes that nobody merged. line has its room.
func (m *markdown) drift(line string) string {
	if line == "" {
		return ""
	}
	var parts []classPart
	for _, c := range m.classes {
		if len(c.drift) > 0 {
			parts = append(parts, c)
		}
	}
	head, tail := "<details><summary>"+line+"</summary>\n\n", "</details>\n\n"
	left := m.left - len(head) - len(tail)
	var b strings.Builder
	i := 0
	for ; i < len(parts); i++ {
		who := m.who(&parts[i]) + "\n\n"
		fence, shown, _ := m.diff(parts[i].drift, left-len(who)-1)
		if shown < len(parts[i].drift) {
			break
		}
		b.WriteString(who + fence + "\n")
		left = m.left - len(head) - len(tail) - b.Len()
	}
	if i < len(parts) {
		m.leaveOut(len(parts)-i, len(parts), "classes of drift")
	}
	if i > 0 {
		m.keep(head + tail + b.String())
		line = head + b.String() + tail
	} else {
		line += ".\n\n"
	}
	if i < len(parts) {
		m.full()
	}
	return line
}

func (m *markdown) who(c *classPart) string {
	if len(c.Plans) == 1 {
		return nameIn(codeSpan, c.Plans[0].Tenant.Name, 80)
	}
	return "class " + c.name + ", " + plural(len(c.Plans), "tenant") + ": " + names(c.Plans)
}

// failures says which tenants could not be planned, the most common reason first.
func (m *markdown) failures() string {
	failed := m.f.Failed()
	if len(failed) == 0 {
		return ""
	}
	reasons, about := m.f.reasons()
	head := "**" + plural(len(failed), "tenant") + " could not be planned:**"
	list := m.list("reasons why tenants could not be planned", len(reasons), m.share(6), head+"\n\n", "\n", func(i int) string {
		return "- " + names(about[reasons[i]]) + ": " + prose(reasons[i], 300, codeSpan) + "\n"
	})
	if list != "" {
		return list
	}
	var few []string
	for _, p := range failed[:min(3, len(failed))] {
		few = append(few, nameIn(codeSpan, p.Tenant.Name, 40))
	}
	s := head + " " + strings.Join(few, ", ")
	if n := len(failed) - len(few); n > 0 {
		s += " and " + count(n) + " more"
	}
	return m.keep(s + "\n\n")
}

// lints are folded if they are many.
func (m *markdown) lints() string {
	n := len(m.o.Lints)
	open := ""
	if n < 10 {
		open = " open"
	}
	head := "<details" + open + "><summary>Lints: " + count(n) + "</summary>\n\n"
	return m.fill("lints", n, head, closeFold, func(i int) string {
		return item(m.o.Lints[i], longestLine) + "\n"
	})
}

// notes are told once each, with the tenants that they are about.
func (m *markdown) notes() string {
	notes, about := m.noted()
	head := "<details><summary>Notes: " + count(len(notes)) + "</summary>\n\n"
	return m.fill("notes", len(notes), head, closeFold, func(i int) string {
		s := item(notes[i], longestLine)
		if len(m.f.Plans) > 1 {
			s += " (in " + names(about[notes[i]]) + ")"
		}
		return s + "\n"
	})
}

// fill is a list that may take all that is left, and leaves nothing if that is
// not enough.
func (m *markdown) fill(what string, n int, head, tail string, item func(int) string) string {
	if n == 0 {
		return ""
	}
	before := len(m.cut)
	s := m.list(what, n, m.left, head, tail, item)
	if len(m.cut) > before {
		m.full()
	}
	return s
}

// noted returns the notes, with the plans that have them.
func (m *markdown) noted() (list []string, about map[string][]*Plan) {
	about = map[string][]*Plan{}
	for _, p := range m.f.Plans {
		for _, n := range p.Notes {
			about[n] = append(about[n], p)
		}
	}
	return slices.Sorted(maps.Keys(about)), about
}

// unmanaged counts what is not the estate's.
func (m *markdown) unmanaged() string {
	n, all := map[Kind]int{}, 0
	for _, p := range m.f.Plans {
		for k, names := range p.Unmanaged {
			n[k], all = n[k]+len(names), all+len(names)
		}
	}
	if all == 0 {
		return ""
	}
	var parts []string
	for _, k := range slices.Sorted(maps.Keys(n)) {
		parts = append(parts, plural(n[k], string(k)))
	}
	return m.fill("counts of unmanaged resources", 1, "", "", func(int) string {
		return "Unmanaged, and left alone: " + prose(strings.Join(parts, ", "), 1000, codeSpan) + "\n\n"
	})
}

// forecast is what the plan took and what applying it will take.
func (m *markdown) forecast() string {
	var parts []string
	if m.o.Reads > 0 {
		parts = append(parts, count(m.o.Reads)+" made to read")
	}
	parts = append(parts, "about "+count(m.f.Writes())+" to apply")
	s := "Calls: " + strings.Join(parts, ", ")
	if m.o.Duration > 0 {
		s += ", in about " + roughly(m.o.Duration)
	}
	return s + ".\n\n"
}

// cost is what applying costs, folded.
func (m *markdown) cost() string {
	return m.list("lines about the cost", len(m.o.Cost), m.share(6), "<details><summary>What applying costs</summary>\n\n", closeFold, func(i int) string {
		return item(m.o.Cost[i], longestLine) + "\n"
	})
}

// roughly says how long something takes, as exactly as one can know.
func roughly(d time.Duration) string {
	switch {
	case d < 90*time.Second:
		return plural(max(1, int(d.Round(time.Second)/time.Second)), "second")
	case d < 90*time.Minute:
		return plural(int(d.Round(time.Minute)/time.Minute), "minute")
	case d < 48*time.Hour:
		return plural(int(d.Round(time.Hour)/time.Hour), "hour")
	}
	return plural(int(d.Round(24*time.Hour)/(24*time.Hour)), "day")
}

// merge says what happens on merge.
func (m *markdown) merge() string {
	if len(m.o.Merge) == 0 {
		return ""
	}
	return m.list("lines about the merge", len(m.o.Merge), m.share(6), "**When this is merged:**\n\n", "\n", func(i int) string {
		return item(m.o.Merge[i], longestLine) + "\n"
	})
}

// next is what to type next.
func (m *markdown) next() string {
	if len(m.o.Next) == 0 {
		return ""
	}
	var b strings.Builder
	for _, line := range m.o.Next {
		b.WriteString(fenced(plain(line)))
	}
	return m.fill("what to type next", 1, "**Next:**\n\n", "\n", func(int) string { return fence("sh", b.String()) })
}
