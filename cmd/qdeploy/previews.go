package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/qdeploy/qdeploy/pkg/ledger"
	"github.com/qdeploy/qdeploy/pkg/plan"
)

// longestSpace is how long the name of a space may be, in characters.
//
// https://qlik.dev/apis/rest/spaces
const longestSpace = 256

// previewSpace names the space that a pull request has in place of another: "Test #12".
func previewSpace(like, holder string) string {
	own := " #"
	if n, ok := strings.CutPrefix(holder, "#"); ok {
		own += n
	} else { // made by hand
		own = " of " + strings.Map(func(r rune) rune {
			if strings.ContainsRune(`"*?<>/|\:`, r) || r < ' ' {
				return '-'
			}
			return r
		}, holder)
	}
	suffix := []rune(own)
	suffix = suffix[:min(len(suffix), longestSpace/2)]
	name := []rune(like)
	return string(name[:min(len(name), longestSpace-len(suffix))]) + string(suffix)
}

func spaceKey(space string) plan.Key { return plan.Key{Kind: "space", Name: space} }

// addSpaces adds the spaces that pull requests have of their own in a tenant. What the
// estate declares under such a name is not one.
func (m *memory) addSpaces(h heldKeys, tenant string, desired []plan.Resource) {
	for _, p := range m.spaces {
		for _, at := range p.Places {
			key := spaceKey(at.Space)
			if at.Tenant == tenant && !slices.ContainsFunc(desired, func(r plan.Resource) bool { return r.Key == key }) {
				h[key] = previewText(p)
			}
		}
	}
}

// preview returns what the ledger knows of the preview of the same holder.
func (m *memory) preview(of ledger.Preview) (ledger.Preview, bool) {
	for _, p := range m.spaces {
		if p.Environment == of.Environment && p.Same(of) {
			return p, true
		}
	}
	return ledger.Preview{}, false
}

// setPreview remembers what was written of a preview; one without places is gone.
func (m *memory) setPreview(p ledger.Preview) {
	m.spaces = slices.DeleteFunc(m.spaces, func(o ledger.Preview) bool { return o.Environment == p.Environment && o.Same(p) })
	if len(p.Places) > 0 {
		m.spaces = append(m.spaces, p)
	}
	slices.SortFunc(m.spaces, ledger.Preview.Compare)
}

// previewText says who tries what, and since when.
func previewText(p ledger.Preview) string {
	text := fmt.Sprintf("%s tries %s there since %s", p.Holder(), releasesText(p.Apps), stampText(p.Since))
	if p.URL != "" {
		text += " (" + p.URL + ")"
	}
	return text
}

// previewLines are previews for people.
func previewLines(previews []ledger.Preview) (lines []string) {
	for _, p := range previews {
		lines = append(lines, fmt.Sprintf("%s of %s: %s", ownPlaces(p.Places), p.Environment, previewText(p)))
	}
	return lines
}

// releasesText lists apps with their versions, "Sales 1.1.0, Stock 2.0.0".
func releasesText(apps map[string]string) string {
	var names []string
	for _, app := range slices.Sorted(maps.Keys(apps)) {
		if apps[app] != "" {
			names = append(names, app+" "+version(apps[app]))
		}
	}
	return strings.Join(names, ", ")
}

// ownPlaces are the spaces of a preview for people, "dev (Test #12)".
func ownPlaces(places []ledger.PreviewPlace) string {
	var names []string
	for _, at := range places {
		names = append(names, fmt.Sprintf("%s (%s)", at.Tenant, at.Space))
	}
	return someNames(names, 5)
}

// previews adds the spaces of pull requests, of what was asked for.
func (s *status) previews(m *memory, f statusFlags) {
	for _, p := range m.spaces {
		apps := slices.Collect(maps.Keys(p.Apps))
		some := len(f.apps) == 0 || slices.ContainsFunc(f.apps, func(app string) bool { return slices.Contains(apps, app) })
		if some && (len(f.environments) == 0 || slices.Contains(f.environments, p.Environment)) {
			s.Previews = append(s.Previews, p)
		}
	}
}
