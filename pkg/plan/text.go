package plan

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

// TextOptions say how a plan is printed. The zero value prints plain text.
type TextOptions struct {
	Traits    map[Kind]Traits
	Color     bool
	List      bool // every tenant of each class by name
	Unmanaged bool // the unmanaged resources by name
	Reads     int  // read calls that making the plan took; 0 is not printed

	// Apps is what changes inside apps, printed as it is before the counts.
	Apps string
}

// WriteText prints the plan for people: classes of tenants with the same
// changes, then what could not be read, then the counts. A plan with nothing to
// say is one line. The bytes depend on the fleet and the options alone.
func (f *Fleet) WriteText(w io.Writer, o TextOptions) error {
	t := &text{w: w, o: o, paint: painter(o.Color)}
	if f.Empty() {
		word := "No changes:"
		if f.Drift {
			word = "No drift:"
		}
		t.line("%s %s%s", t.paint(bold, word), t.nothing(f), t.stamp(f))
	} else {
		classes := f.Classes()
		t.header(f, len(classes))
		for i, c := range classes {
			t.class(f, letter(i), c)
		}
		t.unreadable(f)
		if o.Apps != "" {
			t.line("\n%s", strings.TrimSuffix(o.Apps, "\n"))
		}
	}
	t.notes(f)
	t.unmanaged(f)
	if !f.Empty() {
		t.footer(f)
	}
	t.flush()
	return t.err
}

// text collects what is printed and passes it on piece by piece.
type text struct {
	w     io.Writer
	o     TextOptions
	paint func(style, string) string
	b     strings.Builder
	err   error
}

const piece = 64 << 10

func (t *text) line(format string, args ...any) {
	fmt.Fprintf(&t.b, format+"\n", args...)
	if t.b.Len() > piece {
		t.flush()
	}
}

func (t *text) flush() {
	if t.err == nil {
		_, t.err = io.WriteString(t.w, t.b.String())
	}
	t.b.Reset()
}

func (t *text) header(f *Fleet, classes int) {
	what := plural(len(f.Plans), "tenant")
	if len(f.Plans) == 1 {
		what = quiet(f.Plans[0].Tenant.Name)
	} else if regions := spread(f.Plans); regions != "" {
		what += " (" + regions + ")"
	}
	if classes > 1 {
		what += fmt.Sprintf(", %d classes", classes)
	}
	word := "Plan for "
	if f.Drift {
		word = "Drift in "
		what = strings.Replace(what, plural(len(f.Plans), "tenant"), fmt.Sprintf("%d of %s", drifting(f), plural(len(f.Plans), "tenant")), 1)
	}
	t.line("%s%s", t.paint(bold, word+what), t.stamp(f))
	if f.Refresh == "none" {
		t.line("No tenant was asked: this is what changes in the estate, not what is live.")
	}
	if f.Refresh == "changed" {
		t.line("Only tenants whose declared state is not what was applied were read; drift in others is not seen.")
	}
	if lost := t.lost(f); lost != "" {
		t.line("%s", t.paint(red, "! "+lost))
	}
}

// stamp says what was planned: from which revision to which, and the digest.
func (t *text) stamp(f *Fleet) string {
	from, to := since(f), short(f.Revision)
	s := ""
	switch {
	case to == "":
	case from == "" || from == to:
		s = "   revision " + plain(to)
	default:
		s = "   revision " + plain(from) + " → " + plain(to)
	}
	return s + "   digest " + short(f.Digest)
}

// since returns the revision that was applied last, if it is one for all.
func since(f *Fleet) string {
	if len(f.Plans) == 0 {
		return ""
	}
	first := f.Plans[0].Since
	if slices.ContainsFunc(f.Plans, func(p *Plan) bool { return p.Since != first }) {
		return ""
	}
	return short(first)
}

// lost is the banner over a plan that deletes or replaces.
func (t *text) lost(f *Fleet) string {
	n, tenants := map[Action]int{}, 0
	for _, p := range f.Plans {
		c := p.Counts()
		n[Delete], n[Replace] = n[Delete]+c[Delete], n[Replace]+c[Replace]
		tenants += min(c[Delete]+c[Replace], 1)
	}
	var parts []string
	if n[Delete] > 0 {
		parts = append(parts, "deletes "+plural(n[Delete], "resource"))
	}
	switch {
	case n[Replace] == 1:
		parts = append(parts, "replaces 1 resource, whose ID is lost")
	case n[Replace] > 1:
		parts = append(parts, "replaces "+plural(n[Replace], "resource")+", whose IDs are lost")
	}
	if len(parts) == 0 {
		return ""
	}
	if len(f.Plans) == 1 {
		return fmt.Sprintf("This plan %s.", strings.Join(parts, " and "))
	}
	return fmt.Sprintf("In %s this plan %s.", plural(tenants, "tenant"), strings.Join(parts, " and "))
}

// spread says how many tenants each region has.
func spread(plans []*Plan) string {
	n := map[string]int{}
	for _, p := range plans {
		if p.Tenant.Region != "" {
			n[p.Tenant.Region]++
		}
	}
	var parts []string
	for _, r := range slices.Sorted(maps.Keys(n)) {
		parts = append(parts, fmt.Sprintf("%s %s", plain(r), count(n[r])))
	}
	return strings.Join(parts, ", ")
}

func (t *text) class(f *Fleet, name string, c Class) {
	t.line("")
	names := tenantNames(c.Plans)
	switch {
	case len(c.Plans) > 1:
		head := t.paint(bold, "class "+name) + "   " + plural(len(c.Plans), "tenant")
		if regions := spread(c.Plans); regions != "" {
			head += " (" + regions + ")"
		}
		t.line("%s", head)
		t.line("%s", t.tenants("  ", names))
	case len(f.Plans) > 1:
		head := t.paint(bold, names[0])
		if r := c.Plans[0].Tenant.Region; r != "" {
			head += " (" + plain(r) + ")"
		}
		t.line("%s", head)
	}
	for _, ch := range c.Changes {
		t.change(ch)
	}
}

const listed = 6 // tenants of a class named without being asked for all

func (t *text) tenants(indent string, names []string) string {
	if t.o.List || len(names) <= listed {
		return wrap(indent, names)
	}
	more := fmt.Sprintf("… %s more (--list names them)", count(len(names)-listed+1))
	return wrap(indent, append(slices.Clone(names[:listed-1]), more))
}

// unreadable prints each error once, with the tenants that it is about.
func (t *text) unreadable(f *Fleet) {
	if len(f.Failed()) == 0 {
		return
	}
	t.line("")
	t.line("%s", t.paint(bold, "could not be planned"))
	reasons, about := f.reasons()
	for _, why := range reasons {
		if same := about[why]; len(same) == 1 {
			t.line("  %s %s: %s", t.paint(red, "!"), quiet(same[0].Tenant.Name), plain(why))
		} else {
			t.line("  %s %s", t.paint(red, "!"), plain(why))
			t.line("%s", t.tenants("      in ", tenantNames(same)))
		}
	}
}

// notes prints each note once, with the tenants that it is about.
func (t *text) notes(f *Fleet) {
	about := map[string][]*Plan{}
	for _, p := range f.Plans {
		for _, n := range p.Notes {
			about[n] = append(about[n], p)
		}
	}
	if len(about) == 0 {
		return
	}
	t.line("")
	t.line("%s", t.paint(bold, "notes"))
	for _, n := range slices.Sorted(maps.Keys(about)) {
		t.line("  %s", plain(n))
		if len(f.Plans) > 1 {
			t.line("%s", t.tenants("      in ", tenantNames(about[n])))
		}
	}
}

func (t *text) unmanaged(f *Fleet) {
	n := map[Kind]int{}
	for _, p := range f.Plans {
		for k, names := range p.Unmanaged {
			n[k] += len(names)
		}
	}
	if len(n) == 0 {
		return
	}
	if !f.Empty() {
		t.line("")
	}
	var parts []string
	for _, k := range slices.Sorted(maps.Keys(n)) {
		parts = append(parts, plural(n[k], string(k)))
	}
	if !t.o.Unmanaged {
		t.line("Unmanaged, and left alone: %s (--unmanaged lists them).", strings.Join(parts, ", "))
		return
	}
	t.line("Unmanaged, and left alone: %s:", strings.Join(parts, ", "))
	for _, p := range f.Plans {
		for _, k := range slices.Sorted(maps.Keys(p.Unmanaged)) {
			for _, name := range p.Unmanaged[k] {
				t.line("    %s %s", quiet(p.Tenant.Name), quietKey(Key{k, name}))
			}
		}
	}
}

func tenantNames(plans []*Plan) []string {
	out := make([]string, len(plans))
	for i, p := range plans {
		out[i] = quiet(p.Tenant.Name)
	}
	return out
}

// letter names the i-th class: A to Z, then AA, AB and so on.
func letter(i int) string {
	s := ""
	for i++; i > 0; i = (i - 1) / 26 {
		s = string(rune('A'+(i-1)%26)) + s
	}
	return cmp.Or(s, "A")
}
