package plan

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

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

// rows counts by region, and all.
func (m *markdown) rows() (total *row, rows map[string]*row) {
	total, rows = &row{actions: map[Action]int{}}, map[string]*row{}
	for _, p := range m.f.Plans {
		region := p.Tenant.Region
		if rows[region] == nil {
			rows[region] = &row{actions: map[Action]int{}}
		}
		rows[region].add(p)
		total.add(p)
	}
	return total, rows
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
	total, rows := m.rows()
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
