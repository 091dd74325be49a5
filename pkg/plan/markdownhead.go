package plan

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// banner says what nobody may overlook: what the caller has to say first, what is
// lost, what is blocked and refused.
func (m *markdown) banner() string {
	lines, longest := 10, 400
	if m.tight() {
		lines, longest = 3, 160
	}
	if m.o.Budget == 0 {
		lines = len(m.o.Banners)
	}
	var b strings.Builder
	say := func(s string) { b.WriteString("> " + item(s, longest) + "\n") }
	shown := m.o.Banners[:min(lines, len(m.o.Banners))]
	for _, s := range shown {
		say(s)
	}
	m.leaveOut(len(m.o.Banners)-len(shown), len(m.o.Banners), "banners")
	kind := "> [!WARNING]\n"
	if lost := (&text{}).lost(m.f); lost != "" {
		kind = "> [!CAUTION]\n"
		say(lost)
	}
	if changes, tenants := stopped(m.f); changes > 0 {
		kind = "> [!CAUTION]\n"
		say(fmt.Sprintf("Blocked: %s in %s.", plural(changes, "change"), plural(tenants, "tenant")))
	}
	for _, r := range m.f.Refused[:min(len(m.f.Refused), 3)] {
		kind = "> [!CAUTION]\n"
		say("Refused: " + r)
	}
	if len(m.f.Refused) > 0 {
		say("Nothing of this plan can be applied.")
	}
	if b.Len() == 0 {
		return ""
	}
	return kind + b.String() + "\n"
}

// stopped counts the changes that may not be applied, and their tenants.
func stopped(f *Fleet) (changes, tenants int) {
	for _, p := range f.Plans {
		before := changes
		for i := range p.Changes {
			if p.Changes[i].Blocked != "" {
				changes++
			}
		}
		tenants += min(changes-before, 1)
	}
	return changes, tenants
}

const (
	longestTitle = 100
	longestState = 160
)

// headline is the title with what is to be done, then where and from what to what.
func (m *markdown) headline() string {
	counts, tenants := m.f.Counts()
	what := CountText(counts)
	switch {
	case what != "":
	case len(m.f.Failed()) == len(m.f.Plans):
		what = "none could be planned"
	default:
		what = "nothing to change"
	}
	title := prose(m.o.Title, longestTitle, codeSpan)
	if title == "" {
		title = "Plan"
	}
	of := plural(len(m.f.Plans), "tenant")
	if m.f.Refresh == "changed" {
		of += " that were read"
	}
	verb := "change"
	if tenants == 1 {
		verb = "changes"
	}
	who := fmt.Sprintf("**%s of %s %s**", count(tenants), of, verb)
	return "### " + title + ": " + what + "\n" + who + m.stamp() + "\n" + m.refresh()
}

// stamp is the state, the revisions, the digest and the run.
func (m *markdown) stamp() string {
	var parts []string
	if s := prose(m.o.State, longestState, codeSpan); s != "" {
		parts = append(parts, s)
	}
	name := func(revision string) string { return codeSpan(clip(plain(short(revision)), 40)) }
	from, to := m.o.Base, m.o.Head
	if to == "" {
		to = m.f.Revision
	}
	if from == "" {
		from = since(m.f)
	}
	switch {
	case to == "":
	case from == "" || short(from) == short(to):
		parts = append(parts, "revision "+name(to))
	default:
		parts = append(parts, "revision "+name(from)+" → "+name(to))
	}
	parts = append(parts, "digest "+name(m.f.Digest))
	if run := link("run", m.o.Link); run != "run" {
		parts = append(parts, run)
	}
	return " · " + strings.Join(parts, " · ")
}

// refresh says what was read to make the plan, and so what it cannot know.
func (m *markdown) refresh() string {
	switch m.f.Refresh {
	case "none":
		return "\nNo tenant was asked: this is what changes in the estate, not what is live.\n\n"
	case "changed":
		return "\nOnly tenants whose declared state is not what was applied were read; drift in others is not seen.\n\n"
	}
	return "\nEvery tenant was read.\n\n"
}

func (m *markdown) nothing() string {
	title := prose(m.o.Title, longestTitle, codeSpan)
	if title != "" {
		title += ": "
	}
	found := strings.TrimSuffix((&text{}).nothing(m.f), ".")
	return "**" + title + "no changes** · " + prose(found, longestState, codeSpan) + m.stamp() + "\n\n"
}

// row counts what happens in the tenants of a region.
type row struct {
	tenants, changed, blocked, failed int
	actions                           map[Action]int
}

func (r *row) add(p *Plan) {
	r.tenants++
	r.changed += min(len(p.Changes), 1)
	if p.Error != "" {
		r.failed++
	}
	for i := range p.Changes {
		r.actions[p.Changes[i].Action]++
		if p.Changes[i].Blocked != "" {
			r.blocked++
		}
	}
}

// columns are what the table has if there is any.
var columns = []struct {
	head string
	of   func(*row) int
}{
	{"`-` delete", func(r *row) int { return r.actions[Delete] }},
	{"`-/+` replace", func(r *row) int { return r.actions[Replace] }},
	{"`+` create", func(r *row) int { return r.actions[Create] + r.actions[Publish] }},
	{"`=` adopt", func(r *row) int { return r.actions[Adopted] }},
	{"`~` update", func(r *row) int { return r.actions[Update] }},
	{"`^` republish", func(r *row) int { return r.actions[Republish] }},
	{"`>` move", func(r *row) int { return r.actions[Move] }},
	{"blocked", func(r *row) int { return r.blocked }},
	{"not planned", func(r *row) int { return r.failed }},
}

// table counts changes by region. Of too many regions, the smallest are in one row.
func (m *markdown) table() string {
	most := 20
	if m.tight() {
		most = 3
	}
	total, rows := &row{actions: map[Action]int{}}, map[string]*row{}
	for _, p := range m.f.Plans {
		region := p.Tenant.Region
		if rows[region] == nil {
			rows[region] = &row{actions: map[Action]int{}}
		}
		rows[region].add(p)
		total.add(p)
	}
	regions := slices.Sorted(maps.Keys(rows))
	if m.o.Budget > 0 && len(regions) > most+1 {
		slices.SortStableFunc(regions, func(a, b string) int { return rows[b].tenants - rows[a].tenants })
		m.leaveOut(len(regions)-most, len(regions), "regions in the table")
		regions = regions[:most]
		slices.Sort(regions)
	}
	var b strings.Builder
	b.WriteString("| region | tenants | that change |")
	line := "|---|---:|---:|"
	for _, c := range columns {
		if c.of(total) > 0 {
			b.WriteString(" " + c.head + " |")
			line += "---:|"
		}
	}
	b.WriteString("\n" + line + "\n")
	for _, region := range regions {
		name := "(none)"
		if region != "" {
			name = nameIn(codeCell, region, 40)
		}
		cells(&b, name, rows[region], total)
	}
	if len(rows) > 1 {
		cells(&b, "all "+count(len(rows)), total, total)
	}
	return b.String() + "\n"
}

func cells(b *strings.Builder, name string, r, total *row) {
	fmt.Fprintf(b, "| %s | %s | %s |", name, count(r.tenants), count(r.changed))
	for _, c := range columns {
		if c.of(total) > 0 {
			b.WriteString(" " + count(c.of(r)) + " |")
		}
	}
	b.WriteByte('\n')
}
