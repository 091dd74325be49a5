package qliktest

import "slices"

type dumpGlossary struct {
	Space       string         `json:"space"`
	Name        string         `json:"name"`
	Description string         `json:"description"`
	Overview    string         `json:"overview"`
	Tags        []string       `json:"tags,omitempty"`
	Template    string         `json:"termTemplate,omitempty"`
	ID          string         `json:"id"`
	Categories  []dumpCategory `json:"categories,omitempty"`
	Terms       []dumpTerm     `json:"terms,omitempty"`
}

type dumpCategory struct {
	Name        string   `json:"name"`
	In          string   `json:"in,omitempty"` // the name of the one around it
	Description string   `json:"description"`
	Stewards    []string `json:"stewards,omitempty"`
	ID          string   `json:"id"`
}

type dumpTerm struct {
	Name         string   `json:"name"`
	Abbreviation string   `json:"abbreviation,omitempty"`
	Description  string   `json:"description"`
	Related      string   `json:"relatedInformation,omitempty"`
	Categories   []string `json:"categories,omitempty"` // by name, as the others
	Tags         []string `json:"tags,omitempty"`
	Stewards     []string `json:"stewards,omitempty"`
	RelatesTo    []string `json:"relatesTo,omitempty"`
	LinksTo      []string `json:"linksTo,omitempty"`
	Status       string   `json:"status"`
	Revision     int      `json:"revision"`
	ID           string   `json:"id"`
}

func (t *Tenant) dumpGlossaries() (list []dumpGlossary) {
	for _, x := range t.Glossaries.rows {
		d := dumpGlossary{Name: x.Name, Description: x.Description, Overview: x.Overview, Tags: x.Tags, Template: x.Template, ID: x.ID}
		if s, found := t.Spaces.get(x.Space); found {
			d.Space = s.Name
		}
		for _, c := range t.GlossaryCategories.rows {
			if c.Glossary == x.ID {
				parent, _ := t.GlossaryCategories.get(c.Parent)
				in := ""
				if parent != nil {
					in = parent.Name
				}
				d.Categories = append(d.Categories, dumpCategory{c.Name, in, c.Description, t.subjects(c.Stewards), c.ID})
			}
		}
		for _, w := range t.GlossaryTerms.rows {
			if w.Glossary == x.ID {
				d.Terms = append(d.Terms, t.dumpTerm(w))
			}
		}
		list = append(list, d)
	}
	return list
}

func (t *Tenant) dumpTerm(x *term) dumpTerm {
	d := dumpTerm{
		Name: x.Name, Abbreviation: x.Abbreviation, Description: x.Description, Related: x.Related, Tags: x.Tags,
		Stewards: t.subjects(x.Stewards), Status: x.Status.Type, Revision: x.Revision, ID: x.ID,
	}
	for _, id := range x.Categories {
		if c, found := t.GlossaryCategories.get(id); found {
			d.Categories = append(d.Categories, c.Name)
		}
	}
	for _, r := range x.RelatesTo {
		if y, found := t.GlossaryTerms.get(r.TermID); found {
			d.RelatesTo = append(d.RelatesTo, r.Type+" "+y.Name)
		}
	}
	for _, l := range x.LinksTo {
		if a, found := t.Apps.get(l.App); found {
			d.LinksTo = append(d.LinksTo, l.Type+" "+a.Name)
		}
	}
	return d
}

// subjects are those of users, sorted.
func (t *Tenant) subjects(ids []string) (list []string) {
	for _, id := range ids {
		list = append(list, t.subject(id))
	}
	slices.Sort(list)
	return list
}
