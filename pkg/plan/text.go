package plan

import (
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
}

// WriteText prints the plan for people: classes of tenants with the same
// changes, then what could not be read, then the counts. The bytes depend on
// the fleet and the options alone.
func (f *Fleet) WriteText(w io.Writer, o TextOptions) error {
	t := &text{o: o, paint: painter(o.Color)}
	t.header(f)
	classes := f.Classes()
	for i, c := range classes {
		t.class(letter(i), c)
	}
	t.unreadable(f)
	t.notes(f)
	t.unmanaged(f)
	t.footer(f, len(classes))
	_, err := io.WriteString(w, t.b.String())
	return err
}

type text struct {
	o     TextOptions
	paint func(style, string) string
	b     strings.Builder
}

func (t *text) line(format string, args ...any) { fmt.Fprintf(&t.b, format+"\n", args...) }

func (t *text) header(f *Fleet) {
	what := plural(len(f.Plans), "tenant")
	if len(f.Plans) == 1 {
		what = plain(f.Plans[0].Tenant.Name)
	}
	if regions := spread(f.Plans); regions != "" && len(f.Plans) > 1 {
		what += " (" + regions + ")"
	}
	at := ""
	if f.Revision != "" {
		at = "   revision " + short(f.Revision)
	}
	t.line("%s   digest %s", t.paint(bold, "Plan for "+what)+at, short(f.Digest))
	if f.Refresh == "changed" {
		t.line("Only tenants whose desired state differs from what was applied were read.")
	}
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
		parts = append(parts, fmt.Sprintf("%s %d", r, n[r]))
	}
	return strings.Join(parts, ", ")
}

func (t *text) class(name string, c Class) {
	t.line("")
	names := tenantNames(c.Plans)
	if len(c.Plans) == 1 {
		t.line("%s", t.paint(bold, names[0]))
	} else {
		t.line("%s   %s (%s)", t.paint(bold, "class "+name), plural(len(c.Plans), "tenant"), spread(c.Plans))
		t.line("  %s", t.tenants(names))
	}
	for _, ch := range c.Changes {
		t.change(ch)
	}
}

const listed = 6 // tenants of a class named without being asked for all

func (t *text) tenants(names []string) string {
	if t.o.List || len(names) <= listed {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s, … %d more (--list names them)", strings.Join(names[:listed-1], ", "), len(names)-listed+1)
}

func (t *text) unreadable(f *Fleet) {
	failed := f.Failed()
	if len(failed) == 0 {
		return
	}
	t.line("")
	t.line("%s", t.paint(bold, "could not be read"))
	for _, p := range failed {
		t.line("  %s %s: %s", t.paint(red, "!"), plain(p.Tenant.Name), plain(p.Error))
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
		t.line("  %s (%s)", plain(n), t.tenants(tenantNames(about[n])))
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
	t.line("")
	var parts []string
	for _, k := range slices.Sorted(maps.Keys(n)) {
		parts = append(parts, plural(n[k], string(k)))
	}
	if !t.o.Unmanaged {
		t.line("Unmanaged, and left alone: %s (--unmanaged lists them)", strings.Join(parts, ", "))
		return
	}
	t.line("Unmanaged, and left alone: %s", strings.Join(parts, ", "))
	for _, p := range f.Plans {
		for _, k := range slices.Sorted(maps.Keys(p.Unmanaged)) {
			for _, name := range p.Unmanaged[k] {
				t.line("    %s %s", plain(p.Tenant.Name), plain(Key{k, name}.String()))
			}
		}
	}
}

func (t *text) footer(f *Fleet, classes int) {
	t.line("")
	counts, tenants := f.Counts()
	if f.Empty() {
		t.line("%s %s as declared.", t.paint(bold, "No changes:"), beAs(len(f.Plans)))
		return
	}
	parts := []string{fmt.Sprintf("%s to change in %s", plural(tenants, "tenant"), classCount(classes))}
	if tenants == 0 {
		parts[0] = "no tenant to change"
	}
	if c := CountText(counts); c != "" {
		parts = append(parts, c)
	}
	if n := len(f.Failed()); n > 0 {
		parts = append(parts, fmt.Sprintf("%d could not be read", n))
	}
	t.line("%s %s.", t.paint(bold, "Plan:"), strings.Join(parts, "; "))
	if n := blockedIn(f); n > 0 {
		t.line("%s %s in %s.", t.paint(red, "Blocked:"), plural(n, "change"), plural(tenantsBlocked(f), "tenant"))
	}
	for _, r := range f.Refused {
		t.line("%s %s.", t.paint(red, "Refused:"), plain(r))
	}
	if t.o.Reads > 0 {
		t.line("Calls: %d made to read, about %d to apply.", t.o.Reads, f.Writes())
	}
}

func beAs(n int) string {
	if n == 1 {
		return "the tenant is"
	}
	return fmt.Sprintf("all %d tenants are", n)
}

func classCount(n int) string {
	if n == 1 {
		return "1 class"
	}
	return fmt.Sprintf("%d classes", n)
}

func blockedIn(f *Fleet) (n int) {
	for _, p := range f.Plans {
		n += len(p.Blocked())
	}
	return n
}

func tenantsBlocked(f *Fleet) (n int) {
	for _, p := range f.Plans {
		if len(p.Blocked()) > 0 {
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
			parts = append(parts, fmt.Sprintf("%d to %s", n, a))
		}
	}
	return strings.Join(parts, ", ")
}

func tenantNames(plans []*Plan) []string {
	out := make([]string, len(plans))
	for i, p := range plans {
		out[i] = plain(p.Tenant.Name)
	}
	return out
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// letter names the i-th class: A to Z, then AA, AB and so on.
func letter(i int) string {
	s := ""
	for i++; i > 0; i = (i - 1) / 26 {
		s = string(rune('A'+(i-1)%26)) + s
	}
	return s
}

func short(hash string) string { return hash[:min(len(hash), 8)] }
