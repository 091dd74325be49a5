package appdiff

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/qdeploy/qdeploy/pkg/qvf"
)

// notes lists what differs outside of the digest.
func notes(old, new *qvf.App) []Note {
	var list []Note
	note := func(kind, text string) {
		if text != "" {
			list = append(list, Note{kind, text})
		}
	}
	note("data", dataNote(old.Data, new.Data))
	note("owner", ownerNote(old, new))
	note("published", publishedNote(old, new))
	note("variables", variablesNote(old.ScriptVariables, new.ScriptVariables))
	note("bookmarks", bookmarksNote(old.Bookmarks, new.Bookmarks))
	return list
}

func dataNote(old, new qvf.Data) string {
	switch {
	case !old.Present && new.Present:
		return "the file carries data now: " + plural(int(new.Rows()), "row")
	case old.Present && !new.Present:
		return "the file carries no data any more"
	case old.Rows() != new.Rows():
		return fmt.Sprintf("the data has %s, it had %s", plural(int(new.Rows()), "row"), count(int(old.Rows())))
	}
	return ""
}

// metas are the records of an app's objects by kind and id.
func metas(a *qvf.App) map[[2]string]qvf.Meta {
	m := map[[2]string]qvf.Meta{}
	for _, i := range a.Measures {
		m[[2]string{"measure", i.ID}] = i.Meta
	}
	for _, i := range a.Dimensions {
		m[[2]string{"dimension", i.ID}] = i.Meta
	}
	for _, o := range a.Objects {
		m[[2]string{"object", o.ID}] = o.Meta
	}
	for _, b := range a.Bookmarks {
		m[[2]string{"bookmark", b.ID}] = b.Meta
	}
	return m
}

func ownerNote(old, new *qvf.App) string {
	n := 0
	was := metas(old)
	for key, m := range metas(new) {
		if before, ok := was[key]; ok && before.Owner != m.Owner {
			n++
		}
	}
	var parts []string
	if old.Meta.Owner != new.Meta.Owner && old.Meta.Owner != "" && new.Meta.Owner != "" {
		parts = append(parts, "the app")
	}
	if n > 0 {
		parts = append(parts, plural(n, "object"))
	}
	if len(parts) == 0 {
		return ""
	}
	return "another owner of " + strings.Join(parts, " and ")
}

func publishedNote(old, new *qvf.App) string {
	public, private := 0, 0
	was := metas(old)
	for key, m := range metas(new) {
		before, ok := was[key]
		switch {
		case !ok || before.Published == m.Published:
		case m.Published:
			public++
		default:
			private++
		}
	}
	var parts []string
	if public > 0 {
		parts = append(parts, plural(public, "object")+" became public")
	}
	if private > 0 {
		parts = append(parts, plural(private, "object")+" became private")
	}
	return strings.Join(parts, ", ")
}

func variablesNote(old, new []qvf.Variable) string {
	was := map[string][]byte{}
	for _, v := range old {
		was[v.Name] = v.Properties
	}
	added, changed := 0, 0
	for _, v := range new {
		before, ok := was[v.Name]
		switch {
		case !ok:
			added++
		case !bytes.Equal(before, v.Properties):
			changed++
		}
		delete(was, v.Name)
	}
	text := tally(added, changed, len(was))
	if text == "" {
		return ""
	}
	return "made by the last reload: " + text
}

func bookmarksNote(old, new []qvf.Bookmark) string {
	was := map[string][]byte{}
	for _, b := range old {
		was[b.ID] = b.Body
	}
	n := 0
	for _, b := range new {
		if before, ok := was[b.ID]; ok && !bytes.Equal(before, b.Body) {
			n++
		}
	}
	if n == 0 {
		return ""
	}
	return "another content of " + plural(n, "bookmark")
}
