package lint

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/qdeploy/qdeploy/pkg/qvf"
)

// count is "1 row" or "3 rows".
func count[N int | int64](n N, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// data is L1.
func (c *check) data() {
	if !c.facts.HasData || c.ctx.Hydrated {
		return
	}
	c.add(L1, Error, Place{}, fmt.Sprintf("holds data: %s in %s", count(c.facts.Rows, "row", "rows"), count(c.facts.Tables, "table", "tables")),
		"export the app without data; or say that it shall bring its data along: hydrated: true")
}

// connections is L2. What is wrong with one connection is told once, where it is first named.
func (c *check) connections() {
	times := map[string]int{}
	for _, s := range c.facts.Sources {
		times[string(s.Class)+s.String()]++
	}
	for _, s := range c.facts.Sources {
		id := string(s.Class) + s.String()
		n := times[id]
		if n == 0 {
			continue
		}
		times[id] = 0
		more := ""
		if n > 1 {
			more = " (and in " + count(n-1, "more place", "more places") + ")"
		}
		c.connection(s, more)
	}
}

func (c *check) connection(s Source, more string) {
	aware := strconv.Quote("lib://:" + s.Name)
	switch s.Class {
	case FixedSpace:
		c.add(L2, Warning, s.Place, fmt.Sprintf("%q always reads from space %q, whichever space the app is in%s", s.String(), s.Space, more),
			"write "+aware+", the connection of the space that the app is in")
	case Plain:
		c.add(L2, Warning, s.Place, fmt.Sprintf("connection %q is named without a space: it is looked for in the personal space of whoever reloads%s", s.Name, more),
			"write "+aware+", the connection of the space that the app is in")
	case Attachment:
		c.add(L2, Warning, s.Place, "a file attached in Qlik Sense Desktop is read, which Qlik Cloud does not have"+more,
			`upload the file to the space, and write "lib://:DataFiles"`)
	case File:
		c.add(L2, Warning, s.Place, fmt.Sprintf("%q is a path of a computer, which Qlik Cloud cannot read%s", s.Text, more),
			`upload the file to the space, and write "lib://:DataFiles"`)
	case Unsupported:
		c.add(L2, Warning, s.Place, "Qlik Cloud knows no CONNECT but LIB CONNECT TO"+more, "make a data connection in the space, and write LIB CONNECT TO ':Name'")
	case Variable:
		c.add(L2, Info, s.Place, fmt.Sprintf("what %q means is known at reload only: it cannot be checked%s", s.Text, more),
			"a variable that the script sets once, to a text, can be checked")
	case SpaceAware:
		if missing := c.ctx.without(s.Name, func(t Target) []string { return t.Connections }); len(missing) > 0 && fold(s.Name) != "datafiles" {
			c.add(L2, Warning, s.Place, fmt.Sprintf("connection %q is missing in %s%s", s.Name, some(missing), more), "make the connection there, under this name")
		}
	}
}

// ownership is L3.
func (c *check) ownership() {
	foreign := map[string]map[string]int{} // owner → type → how many
	for _, t := range c.facts.Things {
		if t.Private {
			c.add(L3, Warning, Place{Object: t.Title}, "the "+t.Type+" is private: nobody but its owner sees it", "publish it in the app, or delete it, and export again")
		}
		if t.Hidden {
			c.add(L3, Info, Place{Object: t.Title}, "the sheet is shown under a condition: without data, and until the app is reloaded, it may be hidden", "")
		}
		if t.Owner != "" {
			if foreign[t.Owner] == nil {
				foreign[t.Owner] = map[string]int{}
			}
			foreign[t.Owner][t.Type]++
		}
	}
	for _, owner := range slices.Sorted(maps.Keys(foreign)) {
		n, sheets := 0, foreign[owner]["sheet"]+foreign[owner]["story"]
		for _, k := range foreign[owner] {
			n += k
		}
		severity := Info
		if sheets > 0 {
			severity = Warning
		}
		c.add(L3, severity, Place{}, fmt.Sprintf("%s, %d of them sheets or stories, belong to %q and not to the owner of the app", count(n, "object", "objects"), sheets, owner),
			"after an import all of them belong to whoever imports")
	}
	c.defaultBookmark()
}

func (c *check) defaultBookmark() {
	id := c.facts.DefaultBookmark
	if id == "" {
		return
	}
	i := slices.IndexFunc(c.app.Bookmarks, func(b qvf.Bookmark) bool { return b.ID == id })
	switch {
	case i < 0:
		c.add(L3, Warning, Place{}, "the default bookmark is not in the app", "choose another default bookmark, and export again")
	case known(c.app.Bookmarks[i].Meta) && !c.app.Bookmarks[i].Meta.Published:
		c.add(L3, Warning, Place{Object: c.app.Bookmarks[i].Meta.Title}, "the default bookmark is not public: others open the app with an error", "make the bookmark public, and export again")
	}
}

// needs is L4. Where targets are not known it is a remark of what they must have.
func (c *check) needs() {
	c.found = append(c.found, c.facts.Missing(c.ctx.Targets)...)
	if c.ctx.Targets != nil {
		return
	}
	for _, e := range c.facts.Extensions {
		c.add(L4, Info, Place{}, fmt.Sprintf("needs extension %q for %s", e.Name, count(e.Charts, "chart", "charts")), "")
	}
	if c.facts.Theme != "" {
		c.add(L4, Info, Place{}, fmt.Sprintf("needs theme %q", c.facts.Theme), "")
	}
}

// Missing says which extensions, and which theme, targets do not have: findings of code L4.
func (f Facts) Missing(targets []Target) (found []Finding) {
	ctx := Context{Targets: targets}
	add := func(what, name, without string) {
		found = append(found, Finding{Code: L4, Severity: Warning,
			Message: fmt.Sprintf("needs %s %q, which %s does not declare", what, name, without),
			Hint:    fmt.Sprintf("declare it: %s: %q: file: \"%ss/%s\"", what, name, what, strings.ReplaceAll(name, `"`, ""))})
	}
	for _, e := range f.Extensions {
		if missing := ctx.without(e.Name, func(t Target) []string { return t.Extensions }); len(missing) > 0 {
			add("extension", e.Name, some(missing))
		}
	}
	if f.Theme == "" {
		return found
	}
	if missing := ctx.without(f.Theme, func(t Target) []string { return t.Themes }); len(missing) > 0 {
		add("theme", f.Theme, some(missing))
	}
	return found
}
