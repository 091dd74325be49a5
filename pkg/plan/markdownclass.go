package plan

import (
	"cmp"
	"slices"
	"strings"
)

// classPart is a class as it is shown: folded, in one line, or not at all.
type classPart struct {
	Class
	name    string
	changes []Change // those that are told here
	drift   []Change // those that are told apart
	shown   string
}

// split sorts changes into what people merged and what is drift. What is lost or
// blocked is never told apart, whatever its cause.
func (m *markdown) split() {
	for i, c := range m.f.Classes() {
		part := classPart{Class: c, name: letter(i)}
		for _, ch := range c.Changes {
			if ch.Cause == Drift && !grave(ch) {
				part.drift = append(part.drift, ch)
			} else {
				part.changes = append(part.changes, ch)
			}
		}
		m.classes = append(m.classes, part)
	}
}

// grave reports whether a change loses something or may not be applied.
func grave(c Change) bool { return c.Action == Delete || c.Action == Replace || c.Blocked != "" }

// order is the classes from the one that matters most: first those that lose
// something or are blocked, then by how many tenants are in them.
func (m *markdown) order() []*classPart {
	var out []*classPart
	for i := range m.classes {
		if c := &m.classes[i]; len(c.changes) > 0 {
			out = append(out, c)
		}
	}
	slices.SortStableFunc(out, func(a, b *classPart) int {
		return cmp.Compare(bit(slices.ContainsFunc(b.changes, grave)), bit(slices.ContainsFunc(a.changes, grave)))
	})
	return out
}

// classLines takes room for a line about each class, so that none is passed over
// for the body of another.
func (m *markdown) classLines() {
	order, left := m.order(), m.share(3)
	for i, c := range order {
		line := m.title(c, codeSpan, "**", "**") + "\n\n"
		if left -= len(line); left < 0 {
			m.leaveOut(len(order)-i, len(order), "classes")
			return
		}
		c.shown = m.keep(line)
	}
}

// classBodies puts what happens in a class in place of the line about it.
func (m *markdown) classBodies() {
	order := m.order()
	for i, c := range order {
		if c.shown == "" {
			m.full()
			return
		}
		m.left += len(c.shown)
		body, shown := m.body(c)
		if shown > 0 {
			c.shown = body
		}
		if m.keep(c.shown); shown == len(c.changes) {
			continue
		}
		if shown > 0 {
			m.leaveOut(len(c.changes)-shown, len(c.changes), "changes of class "+c.name)
			i++
		}
		lines := 0
		for _, c := range order[i:] {
			lines += min(len(c.shown), 1)
		}
		m.leaveOut(lines, len(order), "classes but for one line")
		m.full()
		return
	}
}

const closeFold = "\n</details>\n\n"

// body is a class, folded, with as many of its changes as fit.
func (m *markdown) body(c *classPart) (text string, shown int) {
	rest := "><summary>" + m.title(c, codeTag, "<b>", "</b>") + "</summary>\n\n"
	if len(c.Plans) > 1 {
		rest += names(c.Plans) + "\n\n"
	}
	fence, shown, lines := m.diff(c.changes, m.left-len("<details open")-len(rest)-len(closeFold))
	open := "<details"
	if lines < 10 || slices.ContainsFunc(c.changes, func(c Change) bool { return c.Blocked != "" }) {
		open += " open"
	}
	return open + rest + fence + closeFold, shown
}

// title sums a class up on one line.
func (m *markdown) title(c *classPart, code func(string) string, bold, thin string) string {
	var b strings.Builder
	each := ""
	b.WriteString(bold + "class " + c.name + thin + " · ")
	if len(c.Plans) > 1 {
		each = "each "
		b.WriteString(plural(len(c.Plans), "tenant"))
		if regions := spread(c.Plans); regions != "" {
			b.WriteString(" (" + prose(regions, 160, code) + ")")
		}
	} else {
		b.WriteString(nameIn(code, c.Plans[0].Tenant.Name, 80))
		if region := c.Plans[0].Tenant.Region; region != "" {
			b.WriteString(" (" + prose(region, 80, code) + ")")
		}
	}
	counts, blocked := map[Action]int{}, 0
	for _, ch := range c.changes {
		counts[ch.Action]++
		if ch.Blocked != "" {
			blocked++
		}
	}
	b.WriteString(" · " + each + CountText(counts))
	if blocked > 0 {
		b.WriteString(" · " + bold + count(blocked) + " blocked" + thin)
	}
	return b.String()
}

// names lists the first tenants.
func names(plans []*Plan) string {
	const most = 8
	var parts []string
	for _, p := range plans[:min(most, len(plans))] {
		parts = append(parts, nameIn(codeSpan, p.Tenant.Name, 60))
	}
	s := strings.Join(parts, ", ")
	if n := len(plans) - most; n > 0 {
		s += " and " + count(n) + " more"
	}
	return s
}

// diff is a block of code with as many changes as fit into most bytes: in their
// order, but if some do not fit, then rather those that lose something.
func (m *markdown) diff(changes []Change, most int) (text string, shown, lines int) {
	pieces := make([]string, len(changes))
	size, ticks := len("diff\n\n… 1,000,000 more changes\n"), 0
	fits := func(i int) bool {
		pieces[i] = m.change(changes[i])
		size, ticks = size+len(pieces[i]), max(ticks, ticksIn(pieces[i]))
		return size+2*max(3, ticks+1) <= most
	}
	for _, first := range []bool{true, false} {
		for i, c := range changes {
			if grave(c) != first {
				continue
			}
			if !fits(i) {
				pieces[i] = ""
				return m.fenceOf(pieces, shown)
			}
			shown++
		}
	}
	return m.fenceOf(pieces, shown)
}

func (m *markdown) fenceOf(pieces []string, shown int) (string, int, int) {
	all := strings.Join(pieces, "")
	if n := len(pieces) - shown; n > 0 {
		all += "… " + plural(n, "more change") + "\n"
	}
	return fence("diff", all), shown, strings.Count(all, "\n")
}

// mostLines of one change are shown; the last of them, which say why, always.
const mostLines = 40

// change prints a change as [Fleet.WriteText] does, from the first column on, so
// that what comes and what goes has its colour.
func (m *markdown) change(c Change) string {
	lines := changeLines(c, m.o.Traits)
	var b strings.Builder
	for i, line := range lines {
		switch gone := len(lines) - mostLines; {
		case gone <= 0 || i < mostLines-4 || i >= len(lines)-3:
			b.WriteString(fenced(strings.TrimPrefix(line, "  ")))
		case i == mostLines-4:
			b.WriteString(indent[2:] + "… " + plural(gone+1, "more line") + "\n")
		}
	}
	return b.String()
}

// changeLines prints a change, line by line.
func changeLines(c Change, traits map[Kind]Traits) []string {
	var b strings.Builder
	t := &text{w: &b, o: TextOptions{Traits: traits}, paint: painter(false)}
	t.change(c)
	t.flush()
	return strings.Split(strings.TrimSuffix(b.String(), "\n"), "\n")
}
