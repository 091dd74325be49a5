package plan

import (
	"cmp"
	"fmt"
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
	list, grave := m.warnings()
	for _, s := range list {
		say(s)
	}
	switch {
	case b.Len() == 0:
		return ""
	case grave:
		return "> [!CAUTION]\n" + b.String() + "\n"
	}
	return "> [!WARNING]\n" + b.String() + "\n"
}

// warnings are what is lost, blocked and refused, and whether anything is.
func (m *markdown) warnings() (list []string, grave bool) {
	if lost := (&text{}).lost(m.f); lost != "" {
		list = append(list, lost)
	}
	if changes, tenants := stopped(m.f); changes > 0 {
		list = append(list, fmt.Sprintf("Blocked: %s in %s.", plural(changes, "change"), plural(tenants, "tenant")))
	}
	const most = 3 // a guard says one thing or two
	for _, r := range m.f.Refused[:min(len(m.f.Refused), most)] {
		list = append(list, "Refused: "+r)
	}
	if len(m.f.Refused) > 0 {
		list = append(list, "Nothing of this plan can be applied.")
	}
	return list, len(list) > 0
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
	title := prose(m.o.Title, longestTitle, codeSpan)
	if title == "" {
		title = "Plan"
	}
	return "### " + title + ": " + m.what() + "\n**" + m.where() + "**" + m.stamp() + "\n\n" + m.refresh() + "\n\n"
}

// what says what is to be done, in counts.
func (m *markdown) what() string {
	counts, _ := m.f.Counts()
	switch what := CountText(counts); {
	case what != "":
		return what
	case m.f.Empty():
		return "no changes"
	case len(m.f.Failed()) == len(m.f.Plans):
		return "none could be planned"
	}
	return "nothing to change"
}

// where says in how many tenants.
func (m *markdown) where() string {
	tenants := m.f.Changed()
	of := plural(len(m.f.Plans), "tenant")
	if m.f.Refresh == "changed" {
		of += " that were read"
	}
	verb := "change"
	if tenants == 1 {
		verb = "changes"
	}
	return fmt.Sprintf("%s of %s %s", count(tenants), of, verb)
}

// revisions returns the revision that was applied, "" if that is not one or the
// same, and the one that is planned.
func (m *markdown) revisions() (from, to string) {
	from, to = short(cmp.Or(m.o.Base, since(m.f))), short(cmp.Or(m.o.Head, m.f.Revision))
	if from == to {
		from = ""
	}
	return from, to
}

// stamp is the state, the revisions, the digest and the run.
func (m *markdown) stamp() string {
	var parts []string
	if s := prose(m.o.State, longestState, codeSpan); s != "" {
		parts = append(parts, s)
	}
	name := func(revision string) string { return codeSpan(clip(plain(revision), 40)) }
	switch from, to := m.revisions(); {
	case to == "":
	case from == "":
		parts = append(parts, "revision "+name(to))
	default:
		parts = append(parts, "revision "+name(from)+" → "+name(to))
	}
	parts = append(parts, "digest "+name(short(m.f.Digest)))
	if run := link("run", m.o.Link); run != "run" {
		parts = append(parts, run)
	}
	return " · " + strings.Join(parts, " · ")
}

// refresh says what was read to make the plan, and so what it cannot know.
func (m *markdown) refresh() string {
	switch m.f.Refresh {
	case "none":
		return "No tenant was asked: this is what changes in the estate, not what is live."
	case "changed":
		return "Only tenants whose declared state is not what was applied were read; drift in others is not seen."
	}
	return "Every tenant was read."
}

func (m *markdown) nothing() string {
	title := prose(m.o.Title, longestTitle, codeSpan)
	if title != "" {
		title += ": "
	}
	found := strings.TrimSuffix((&text{}).nothing(m.f), ".")
	return "**" + title + "no changes** · " + prose(found, longestState, codeSpan) + m.stamp() + "\n\n"
}
