package lint

import (
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/qdeploy/qdeploy/pkg/qvf"
)

// Facts is what an app is and needs, as far as the app itself says.
type Facts struct {
	Title string `json:"title"`
	// Version is what the description notes in braces, without the v; empty if it notes none.
	Version     string `json:"version,omitempty"`
	Description string `json:"description,omitempty"`
	Engine      string `json:"engine,omitempty"`
	Digest      string `json:"digest"`
	Counts      Counts `json:"counts"`
	// Rows and Tables are the data inside the app; both are 0 without.
	HasData bool  `json:"hasData"`
	Rows    int64 `json:"rows,omitempty"`
	Tables  int   `json:"tables,omitempty"`
	// Sources are what the script names, in its order.
	Sources []Source `json:"sources,omitempty"`
	// Extensions are the visualisations that are not Qlik's own, sorted. Theme is empty if it is Qlik's own.
	Extensions []Extension `json:"extensions,omitempty"`
	Theme      string      `json:"theme,omitempty"`
	// SectionAccess says that the app shows each user other rows.
	SectionAccess bool `json:"sectionAccess"`
	// Things are objects that not everybody sees, or that belong to somebody else than the app.
	Things []Thing `json:"things,omitempty"`
	// DefaultBookmark is the id of the bookmark that the app opens with.
	DefaultBookmark string `json:"defaultBookmark,omitempty"`
}

// Counts are how many of each an app has.
type Counts struct {
	Tabs         int `json:"tabs"`
	ScriptLines  int `json:"scriptLines"`
	Sheets       int `json:"sheets"`
	Charts       int `json:"charts"`
	MasterCharts int `json:"masterCharts"`
	Measures     int `json:"measures"`
	Dimensions   int `json:"dimensions"`
	Variables    int `json:"variables"` // made by users
	Bookmarks    int `json:"bookmarks"`
	Stories      int `json:"stories"`
	Images       int `json:"images"`
}

// Extension is a visualisation that an app needs from its tenant.
type Extension struct {
	Name   string `json:"name"`
	Charts int    `json:"charts"`
}

// Thing is a sheet, a story or another root object of which something is to be told.
type Thing struct {
	Type  string `json:"type"`
	Title string `json:"title"`
	// Private says that only its owner sees it, Hidden that a condition decides; Owner is set if it is not
	// the owner of the app.
	Private bool   `json:"private,omitempty"`
	Hidden  bool   `json:"hidden,omitempty"`
	Owner   string `json:"owner,omitempty"`
}

// FactsOf reads an app.
func FactsOf(a *qvf.App) Facts { return factsOf(a, read(a)) }

func factsOf(a *qvf.App, s *script) Facts {
	d := describe(a)
	p := Facts{
		Title: a.Title(), Description: d, Version: version(d), Engine: a.Engine(), Digest: qvf.Digest(a),
		HasData: a.Data.Present, Rows: a.Data.Rows(),
		Sources: s.sources(), SectionAccess: a.SectionAccess() || len(s.access()) > 0,
		Counts: Counts{
			Tabs: len(qvf.Tabs(a.Script)), ScriptLines: strings.Count(a.Script, "\n"),
			Measures: len(a.Measures), Dimensions: len(a.Dimensions), Variables: len(a.Variables), Images: len(a.Media),
		},
	}
	if a.Script != "" && !strings.HasSuffix(a.Script, "\n") {
		p.Counts.ScriptLines++
	}
	for _, t := range a.Data.Tables {
		if a.Data.Present && !t.System() {
			p.Tables++
		}
	}
	for _, b := range a.Bookmarks {
		if b.Type == "bookmark" {
			p.Counts.Bookmarks++
		}
	}
	extensions := map[string]int{}
	for _, o := range a.Objects {
		p.object(a, o, extensions)
	}
	for _, name := range slices.Sorted(maps.Keys(extensions)) {
		p.Extensions = append(p.Extensions, Extension{name, extensions[name]})
	}
	return p
}

// object takes down what a root object says.
func (p *Facts) object(a *qvf.App, o qvf.Object, extensions map[string]int) {
	h := headOf(o.Root)
	switch fold(o.Type) {
	case "sheet":
		p.Counts.Sheets++
	case "story":
		p.Counts.Stories++
	case "appprops":
		if p.DefaultBookmark = h.DefaultBookmark; !qvf.NativeTheme(h.Theme) {
			p.Theme = h.Theme
		}
	}
	for _, c := range charts(o) {
		if c.master {
			p.Counts.MasterCharts++
		} else {
			p.Counts.Charts++
		}
		if c.kind != "" && !qvf.Native(c.kind) {
			extensions[c.kind]++
		}
	}
	t := Thing{Type: o.Type, Title: name(o)}
	public := fold(o.Type) == "sheet" || fold(o.Type) == "story"
	t.Private = public && known(o.Meta) && !o.Meta.Published
	t.Hidden = fold(o.Type) == "sheet" && conditional(h.Condition)
	if who(o.Meta) != "" && who(a.Meta) != "" && who(o.Meta) != who(a.Meta) {
		t.Owner = owner(o.Meta)
	}
	if t.Private || t.Hidden || t.Owner != "" {
		p.Things = append(p.Things, t)
	}
}

// known says whether Qlik noted anything about an object. Files that were not written by Qlik have no notes,
// and then nothing can be said of who sees what.
func known(m qvf.Meta) bool { return who(m) != "" || m.Created != "" }

// who tells owners apart, owner names one.
func who(m qvf.Meta) string {
	if m.OwnerID != "" {
		return m.OwnerID
	}
	return m.Owner
}

func owner(m qvf.Meta) string {
	if m.Owner != "" {
		return m.Owner
	}
	return m.OwnerID
}

// describe returns the description of an app: of its properties, or else of its notes.
func describe(a *qvf.App) string {
	var p struct {
		Description string `json:"description"`
	}
	if unmarshal(a.Properties, &p); p.Description != "" {
		return p.Description
	}
	return a.Meta.Description
}

var (
	versionNote = regexp.MustCompile(`\{v([^{}]*)\}`)
	semver      = regexp.MustCompile(`^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*)?(\+[0-9A-Za-z.-]+)?$`)
)

// version is what stands between {v and } in a description, by Qlik's convention.
func version(description string) string {
	if m := versionNote.FindStringSubmatch(description); m != nil {
		return m[1]
	}
	return ""
}
