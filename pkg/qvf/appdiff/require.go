package appdiff

import (
	"encoding/json"
	"maps"
	"slices"

	"github.com/qdeploy/qdeploy/pkg/qvf"
)

// needs is what an app needs in its tenant: how many charts of each extension, and the theme.
type needs struct {
	extensions map[string]int
	theme      string
}

// Extensions counts the charts of an app by the extension they need; visualisations that are [Native] need
// none. The theme is that of the app's settings, empty if it has none of its own.
func Extensions(a *qvf.App) (charts map[string]int, theme string) {
	n := needsOf(a)
	return n.extensions, n.theme
}

func needsOf(a *qvf.App) needs {
	n := needs{extensions: map[string]int{}}
	for _, o := range a.Objects {
		n.add(o.Root, false)
		if o.Type == "appprops" {
			var settings struct{ Theme string }
			_ = json.Unmarshal(o.Root.Properties, &settings) // what is no text is no theme
			n.theme = settings.Theme
		}
	}
	return n
}

// add counts a node and what is in it. A root object may be of any type that a tool made up; only one that
// says so is a visualisation.
func (n *needs) add(o qvf.Node, inside bool) {
	var p struct {
		Visualization string
		QInfo         struct{ QType string }
	}
	_ = json.Unmarshal(o.Properties, &p) // what is no text is no visualisation
	kind := p.Visualization
	if kind == "" && inside {
		kind = p.QInfo.QType
	}
	if !Native(kind) && !structural[p.QInfo.QType] {
		n.extensions[kind]++
	}
	for _, c := range o.Children {
		n.add(c, true)
	}
}

func requirements(old, new *qvf.App) []Requirement {
	a, b := needsOf(old), needsOf(new)
	var list []Requirement
	for _, name := range slices.Sorted(maps.Keys(b.extensions)) {
		if a.extensions[name] == 0 {
			list = append(list, Requirement{Kind: "extension", Action: Added, Name: name, Charts: b.extensions[name]})
		}
	}
	for _, name := range slices.Sorted(maps.Keys(a.extensions)) {
		if b.extensions[name] == 0 {
			list = append(list, Requirement{Kind: "extension", Action: Removed, Name: name, Charts: a.extensions[name]})
		}
	}
	switch {
	case a.theme == b.theme:
	case a.theme == "":
		list = append(list, Requirement{Kind: "theme", Action: Added, Name: b.theme})
	case b.theme == "":
		list = append(list, Requirement{Kind: "theme", Action: Removed, Name: a.theme})
	default:
		list = append(list, Requirement{Kind: "theme", Action: Changed, Name: b.theme, OldName: a.theme})
	}
	return list
}
