package plan

import (
	"math"
	"strings"
	"time"
)

// MarkdownOptions say what is told with a plan. All texts but the bodies of Apps
// are plain: nothing in them is taken for Markdown. The zero value tells the plan
// alone.
type MarkdownOptions struct {
	Traits map[Kind]Traits
	Title  string // what is planned: "prod", "all environments"

	// Budget is how many bytes there may be; 0 is no limit. Less than
	// [SmallestBudget] is taken for that.
	Budget int

	Banners    []string // said before everything
	State      string   // planned, applying ring 1/3, applied, stopped; "" if it goes without saying
	Base, Head string   // revisions; in place of those that the plans know
	Link       string   // the address of the run
	Rest       string   // where all of it is, words or an address: said where something was cut

	Apps     []AppSection
	Lints    []string
	Reads    int           // calls that making the plan took; 0 is not told
	Duration time.Duration // that applying is expected to take; 0 is unknown
	Cost     []string      // what applying costs besides, line by line
	Merge    []string      // what happens on merge, line by line
	Next     []string      // what to type next, line by line
}

// AppSection is what changes inside an app.
type AppSection struct {
	Title, Summary string

	// Body returns it as Markdown that is safe to show, in at most budget bytes;
	// all of it if budget is 0. What is longer than asked for is not shown.
	Body func(budget int) string

	// Text returns it as plain text, all of it, for [Fleet.WriteHTML]; if it is
	// nil, Body is shown there as it is.
	Text func() string
}

// SmallestBudget is what the parts that are never cut may need.
const SmallestBudget = 4096

// roomy is from where on there is room for more than the least of these parts.
const roomy = 4 * SmallestBudget

// Markdown returns the plan for a pull request's comment or a job's summary, and
// in words what was left out to keep to the budget: nothing, mostly. It is as
// [Fleet.WriteText] tells it: classes, drift apart from them, what could not be
// read; and what a reviewer asks next. Once something does not fit, what matters
// less is left out too. What is lost, what is refused, the counts and how many
// tenants could not be planned always stay.
//
// Nothing that a plan or the options hold can end its block, make markup or
// links, mention people or issues, see [prose]. The bytes depend on the fleet and
// the options alone.
func (f *Fleet) Markdown(o MarkdownOptions) (text string, cut []string) {
	m := &markdown{f: f, o: o, left: math.MaxInt}
	if o.Budget > 0 {
		m.o.Budget = max(o.Budget, SmallestBudget)
		m.left = m.o.Budget - m.closingMost()
	}
	if f.Empty() {
		text = m.keep(m.banner()) + m.keep(m.nothing()) + m.lints() + m.notes()
	} else {
		text = m.whole()
	}
	return strings.TrimRight(text, "\n") + "\n" + m.closing(), m.cut
}

// markdown fills a budget.
type markdown struct {
	f       *Fleet
	o       MarkdownOptions
	left    int      // bytes that are free
	cut     []string // what was left out
	classes []classPart
	apps    []appPart
}

// keep takes the room that s needs.
func (m *markdown) keep(s string) string {
	m.left -= len(s)
	return s
}

// share is a part of the budget that one section may take.
func (m *markdown) share(part int) int {
	if m.o.Budget == 0 {
		return m.left
	}
	return min(m.left, m.o.Budget/part)
}

func (m *markdown) tight() bool { return m.o.Budget > 0 && m.o.Budget < roomy }

// whole fills the sections in the order of what matters most, and returns them in
// the order in which they are read.
func (m *markdown) whole() string {
	m.split()
	head := m.keep(m.banner()) + m.keep(m.headline()) + m.keep(m.table())
	driftLine := m.keep(m.driftLine())
	failures := m.failures()
	forecast := m.keep(m.forecast())
	merge := m.merge()
	cost := m.cost()
	m.appLines()
	m.classLines()
	m.classBodies()
	drift := m.drift(driftLine)
	lints := m.lints()
	m.appBodies()
	next := m.next()
	notes := m.notes()
	unmanaged := m.unmanaged()

	var b strings.Builder
	b.WriteString(head)
	for _, c := range m.classes {
		b.WriteString(c.shown)
	}
	b.WriteString(drift)
	for _, a := range m.apps {
		b.WriteString(a.shown)
	}
	for _, s := range []string{failures, lints, notes, unmanaged, forecast, cost, merge, next} {
		b.WriteString(s)
	}
	return b.String()
}

// list shows the first of n items, as many as fit into most bytes between head
// and tail. If some do not, nothing that matters less is shown.
func (m *markdown) list(what string, n, most int, head, tail string, item func(int) string) string {
	var b strings.Builder
	b.WriteString(head)
	i := 0
	for ; i < n; i++ {
		next := item(i)
		if b.Len()+len(next)+len(tail) > min(most, m.left) {
			break
		}
		b.WriteString(next)
	}
	m.leaveOut(n-i, n, what)
	if i == 0 {
		return ""
	}
	b.WriteString(tail)
	return m.keep(b.String())
}

// leaveOut remembers what was cut.
func (m *markdown) leaveOut(n, of int, what string) {
	switch {
	case n == 0:
	case n == of && n == 1:
		m.cut = append(m.cut, what)
	case n == of:
		m.cut = append(m.cut, what+" (all of "+count(n)+")")
	default:
		m.cut = append(m.cut, count(n)+" of "+count(of)+" "+what)
	}
}

// full says that nothing more is to be shown, if a budget forbids it.
func (m *markdown) full() { m.left = min(m.left, 0) }

const longestRest = 240

// closing is the last line, which says what was cut.
func (m *markdown) closing() string {
	if len(m.cut) == 0 {
		return ""
	}
	s := "\nCut to fit: " + strings.Join(m.cut, ", ") + "."
	if rest := m.rest(); rest != "" {
		s += " All of it: " + rest
	}
	return s + "\n"
}

func (m *markdown) rest() string {
	if address := webAddress(m.o.Rest); address != "" {
		return link("here", address)
	}
	return prose(m.o.Rest, longestRest, codeSpan)
}

// closingMost is more than the last line can take.
func (m *markdown) closingMost() int {
	const phrases = 13 * len("1,000,000 of 1,000,000 unmanaged resources, ")
	return len("\nCut to fit: . All of it: \n\n") + phrases + len(m.rest())
}
