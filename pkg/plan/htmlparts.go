package plan

import (
	"maps"
	"slices"
	"strings"
)

// pageClass is a class, or the drift of one, on the page.
type pageClass struct {
	m       *markdown
	part    *classPart
	changes []Change
	Open    bool
}

// few classes are all shown unfolded.
const fewClasses = 12

func (r *report) Classes() []pageClass {
	return r.pick(func(c *classPart) []Change { return c.changes })
}
func (r *report) Drift() []pageClass {
	return r.pick(func(c *classPart) []Change { return c.drift })
}

func (r *report) pick(of func(*classPart) []Change) (out []pageClass) {
	for i := range r.m.classes {
		c := &r.m.classes[i]
		if changes := of(c); len(changes) > 0 {
			out = append(out, pageClass{r.m, c, changes, len(r.m.classes) <= fewClasses || slices.ContainsFunc(changes, grave)})
		}
	}
	return out
}

func (r *report) DriftLine() string { return r.m.driftLine() }

func (c pageClass) Name() string { return "class " + c.part.name }
func (c pageClass) Many() bool   { return len(c.part.Plans) > 1 }

// ID is the anchor of the class.
func (c pageClass) ID() string { return "class-" + c.part.name }

// Where is how many tenants there are in which regions, or the only one.
func (c pageClass) Where() string {
	if c.Many() {
		s := plural(len(c.part.Plans), "tenant")
		if regions := spread(c.part.Plans); regions != "" {
			s += " (" + regions + ")"
		}
		return s
	}
	t := c.part.Plans[0].Tenant
	if t.Region == "" {
		return quiet(t.Name)
	}
	return quiet(t.Name) + " (" + quiet(t.Region) + ")"
}

func (c pageClass) What() string {
	counts := map[Action]int{}
	for _, ch := range c.changes {
		counts[ch.Action]++
	}
	if c.Many() {
		return "each " + CountText(counts)
	}
	return CountText(counts)
}

// Blocked says how many of the changes may not be applied.
func (c pageClass) Blocked() string {
	n := 0
	for _, ch := range c.changes {
		if ch.Blocked != "" {
			n++
		}
	}
	if n == 0 {
		return ""
	}
	return count(n) + " blocked"
}

func (c pageClass) Tenants() []string { return tenantNames(c.part.Plans) }

// All is how many tenants there are to name.
func (c pageClass) All() string { return "all " + plural(len(c.part.Plans), "tenant") }

// pageChange is a change as the page shows it. Look is how it is coloured.
type pageChange struct {
	Look string
	Head string
	Rest []pageLine
}

type pageLine struct {
	Text string
	Bad  bool
}

var looks = map[Action]string{
	Create: "plus", Publish: "plus", Adopted: "adopt", Update: "tilde", Republish: "again",
	Move: "tilde", Replace: "minus", Delete: "minus",
}

func (c pageClass) Changes() []pageChange {
	out := make([]pageChange, len(c.changes))
	for i, ch := range c.changes {
		lines := changeLines(ch, c.m.o.Traits)
		out[i] = pageChange{Look: looks[ch.Action], Head: strings.TrimPrefix(lines[0], "  ")}
		for _, line := range lines[1:] {
			line = strings.TrimPrefix(line, "  ")
			out[i].Rest = append(out[i].Rest, pageLine{line, ch.Blocked != "" && strings.HasPrefix(line, indent[2:]+"blocked: ")})
		}
	}
	return out
}

// pageAbout is something that is said of some tenants, or of what is in them.
type pageAbout struct {
	Text  string
	Names []string
}

// Short reports whether the names can stand beside the text.
func (a pageAbout) Short() bool { return len(a.Names) <= listed }

func (a pageAbout) All() string { return "all " + count(len(a.Names)) }

func (r *report) Failures() (out []pageAbout) {
	reasons, about := r.m.f.reasons()
	for _, s := range reasons {
		out = append(out, pageAbout{plain(s), tenantNames(about[s])})
	}
	return out
}

func (r *report) FailureLine() string {
	return plural(len(r.m.f.Failed()), "tenant") + " could not be planned"
}

func (r *report) Notes() (out []pageAbout) {
	notes, about := r.m.noted()
	for _, s := range notes {
		out = append(out, pageAbout{plain(s), tenantNames(about[s])})
	}
	return out
}

// Unmanaged is what lives in the tenants and is not the estate's, by kind.
func (r *report) Unmanaged() (out []pageAbout) {
	names := map[Kind][]string{}
	for _, p := range r.m.f.Plans {
		for k, list := range p.Unmanaged {
			for _, name := range list {
				names[k] = append(names[k], quiet(p.Tenant.Name)+": "+quiet(name))
			}
		}
	}
	for _, k := range slices.Sorted(maps.Keys(names)) {
		slices.Sort(names[k])
		out = append(out, pageAbout{plain(plural(len(names[k]), string(k))), names[k]})
	}
	return out
}

// pageApp is what changes inside an app.
type pageApp struct{ Title, Summary, Text string }

func (r *report) Apps() (out []pageApp) {
	for _, a := range r.m.o.Apps {
		p := pageApp{Title: plain(a.Title), Summary: plain(a.Summary)}
		switch {
		case a.Text != nil:
			p.Text = a.Text()
		case a.Body != nil:
			p.Text = a.Body(0)
		}
		lines := plainly(strings.Split(strings.TrimRight(p.Text, "\n"), "\n"))
		p.Text = strings.Join(lines, "\n")
		out = append(out, p)
	}
	return out
}

// pageTenant is a row of the list of all tenants.
type pageTenant struct {
	Name, Host, Region, Class, Href, What, Digest string
	Bad                                           bool
}

func (r *report) Tenants() []pageTenant {
	class := map[string]*classPart{}
	for i := range r.m.classes {
		for _, p := range r.m.classes[i].Plans {
			class[p.Tenant.Name] = &r.m.classes[i]
		}
	}
	out := make([]pageTenant, len(r.m.f.Plans))
	for i, p := range r.m.f.Plans {
		t := pageTenant{Name: quiet(p.Tenant.Name), Host: plain(p.Tenant.Host), Digest: plain(short(p.Digest))}
		if p.Tenant.Region != "" {
			t.Region = quiet(p.Tenant.Region)
		}
		c := class[p.Tenant.Name]
		blocked := 0
		for _, ch := range p.Changes {
			blocked += int(bit(ch.Blocked != ""))
		}
		switch {
		case p.Error != "":
			t.What, t.Bad = plain(p.Error), true
		case c == nil:
			t.What = "as declared"
		default:
			t.Class, t.What = c.name, CountText(p.Counts())
			if t.Href = "#class-" + c.name; len(c.changes) == 0 {
				t.Href = "#drift-class-" + c.name
			}
		}
		if blocked > 0 {
			t.What, t.Bad = t.What+", "+count(blocked)+" blocked", true
		}
		out[i] = t
	}
	return out
}
