package lint

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Home is where an app is published to: a space of a tenant, and what of its
// needs is there.
type Home struct {
	Tenant string `json:"tenant"`
	Space  string `json:"space"`
	// Connections are those of spaces, by name; a space that is not in it was not looked at.
	Connections map[string]Held `json:"connections,omitempty"`
	Extensions  Held            `json:"extensions,omitzero"`
	Themes      Held            `json:"themes,omitzero"`
}

// Held are the names of what is at a place. The zero Held says nothing: nobody looked.
type Held struct {
	Known  bool     `json:"known,omitempty"`
	Names  []string `json:"names,omitempty"`
	Absent bool     `json:"absent,omitempty"` // the place itself, a space, does not exist
	// Unknown says why the names are not known although somebody looked.
	Unknown string `json:"unknown,omitempty"`
}

// IsZero reports whether it says nothing.
func (h Held) IsZero() bool { return !h.Known && len(h.Names) == 0 && !h.Absent && h.Unknown == "" }

func (h Held) has(name string) bool {
	return slices.ContainsFunc(h.Names, func(n string) bool { return strings.EqualFold(n, name) })
}

// Rated returns the severity that findings of a code have that are warnings by
// themselves, given what the app says of it.
func Rated(code Code, given map[Code]Severity) Severity {
	if s := given[code]; s != "" {
		return s
	}
	return Warning
}

// Wanted returns the names of the spaces whose connections the app names, the
// empty name for the space that it is in; sorted.
func (f Facts) Wanted() []string {
	spaces := map[string]bool{}
	for _, s := range f.Sources {
		if s.homed() {
			spaces[s.Space] = true
		}
	}
	return slices.Sorted(maps.Keys(spaces))
}

// homed reports whether a source names a connection of a space that can be looked
// for. Every space has DataFiles.
func (s Source) homed() bool {
	return (s.Class == SpaceAware || s.Class == FixedSpace) && fold(s.Name) != "datafiles"
}

// Lacking says what the app needs and its homes do not have: findings of L2 and
// L4. Homes that lack the same are one finding. What could not be looked at is a
// remark, and never missing.
func (f Facts) Lacking(homes []Home, given map[Code]Severity) []Finding {
	l := lacking{homes: homes, given: given}
	if Rated(L2, given) != Off {
		l.connections(f.Sources)
	}
	if Rated(L4, given) != Off {
		for _, e := range f.Extensions {
			l.installed("extension", e.Name, func(h Home) Held { return h.Extensions })
		}
		if f.Theme != "" {
			l.installed("theme", f.Theme, func(h Home) Held { return h.Themes })
		}
	}
	return append(l.found, l.unseen...)
}

type lacking struct {
	homes         []Home
	given         map[Code]Severity
	found, unseen []Finding
}

// connections looks for each connection once, where it is first named.
func (l *lacking) connections(sources []Source) {
	done := map[string]bool{}
	for _, s := range sources {
		if id := fold(s.String()); s.homed() && !done[id] {
			done[id] = true
			l.connection(s, !done[" "+s.Space])
			done[" "+s.Space] = true
		}
	}
}

// connection looks for a connection in every home; first is told of the first that
// is looked for in a space, with which it is said what cannot be seen.
func (l *lacking) connection(s Source, first bool) {
	lacks, gone, unseen := groups{}, groups{}, groups{}
	for _, h := range l.homes {
		space := s.Space
		if space == "" {
			space = h.Space
		}
		held, looked := h.Connections[space]
		switch {
		case !looked, held.has(s.Name): // what is declared is known even where nobody may look
		case held.Unknown != "":
			unseen.add(space+"\x00"+held.Unknown, h.Tenant)
		case held.Absent:
			gone.add(space, h.Tenant)
		case held.Known && !held.has(s.Name):
			lacks.add(space, h.Tenant)
		}
	}
	lacks.each(func(space, where string) {
		l.add(L2, s.Place, fmt.Sprintf("connection %q is missing in space %q of %s", s.Name, space, where), "make the connection there, under this name")
	})
	gone.each(func(space, where string) {
		l.add(L2, s.Place, fmt.Sprintf("connection %q is missing: there is no space %q in %s", s.Name, space, where), "write "+strconv.Quote("lib://:"+s.Name)+", the connection of the space that the app is in")
	})
	if !first {
		return
	}
	unseen.each(func(what, where string) {
		space, why, _ := strings.Cut(what, "\x00")
		l.unknown(L2, fmt.Sprintf("the connections of space %q in %s could not be looked at: %s", space, where, why))
	})
}

// installed looks for an extension or a theme in every home.
func (l *lacking) installed(what, name string, held func(Home) Held) {
	lacks, unseen := groups{}, groups{}
	for _, h := range l.homes {
		switch in := held(h); {
		case in.has(name):
		case in.Unknown != "":
			unseen.add(in.Unknown, h.Tenant)
		case in.Known:
			lacks.add("", h.Tenant)
		}
	}
	lacks.each(func(_, where string) {
		l.add(L4, Place{}, fmt.Sprintf("%s %q is neither declared nor live in %s", what, name, where),
			fmt.Sprintf("declare it: %s: %q: file: \"%ss/%s\"", what, name, what, strings.ReplaceAll(name, `"`, "")))
	})
	unseen.each(func(why, where string) {
		l.unknown(L4, fmt.Sprintf("%s %q could not be looked for in %s: %s", what, name, where, why))
	})
}

func (l *lacking) add(code Code, at Place, message, hint string) {
	l.found = append(l.found, Finding{Code: code, Severity: Rated(code, l.given), Place: at, Message: message, Hint: hint})
}

func (l *lacking) unknown(code Code, message string) {
	l.unseen = append(l.unseen, Finding{Code: code, Severity: Info, Message: message})
}

// groups are tenants that have something in common, by what that is.
type groups map[string][]string

func (g groups) add(what, tenant string) { g[what] = append(g[what], tenant) }

// each yields what is in common, sorted, and whose it is: the tenant, or their
// number and the first of them.
func (g groups) each(yield func(what, where string)) {
	for _, what := range slices.Sorted(maps.Keys(g)) {
		tenants := slices.Compact(slices.Sorted(slices.Values(g[what])))
		where := tenants[0]
		if len(tenants) > 1 {
			where = fmt.Sprintf("%d tenants (%s)", len(tenants), some(tenants))
		}
		yield(what, where)
	}
}
