package qlik

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"net/http"
	"slices"
	"strings"

	"github.com/qdeploy/qdeploy/pkg/plan"
)

// GlossaryTerm is a term of a glossary. What is nil or "" is not managed, but for what
// every term has.
type GlossaryTerm struct {
	Name         string      `json:"name"`
	Space        Ref         `json:"space"`
	Glossary     Ref         `json:"glossary"` // fixed at creation
	Abbreviation string      `json:"abbreviation"`
	Description  string      `json:"description"`
	Related      *string     `json:"relatedInformation,omitempty"` // as [plainText]
	Categories   *[]Ref      `json:"categories,omitempty"`         // in any order, as all lists here
	Tags         *[]string   `json:"tags,omitempty"`
	Status       string      `json:"status,omitempty"`
	Stewards     *[]string   `json:"stewards,omitempty"`
	RelatesTo    *[]Relation `json:"relatesTo,omitempty"`
	Apps         []Ref       `json:"apps,omitempty"` // there may be others
}

// Relation is what a term has to do with another.
type Relation struct {
	Term Ref    `json:"term"`
	Type string `json:"type"`
}

// termText is what of a term PUT replaces, as Qlik has it and as it is written.
type termText struct {
	Name         string         `json:"name"`
	Abbreviation string         `json:"abbreviation"`
	Description  string         `json:"description"`
	Related      string         `json:"relatedInformation,omitempty"` // rich text
	Categories   []string       `json:"categories"`
	Tags         []string       `json:"tags"`
	Stewards     []string       `json:"stewards"`
	RelatesTo    []relationBody `json:"relatesTo"`
}

type relationBody struct {
	TermID string `json:"termId"`
	Type   string `json:"type"`
}

type termBody struct {
	ID string `json:"id"`
	termText
	LinksTo []termLink `json:"linksTo"`
	Status  struct {
		Type string `json:"type"`
	} `json:"status"`
}

// link is what is linked to a term, as it is written.
type linked struct {
	ResourceID      string `json:"resourceId"`
	ResourceType    string `json:"resourceType"`
	Type            string `json:"type,omitempty"`
	SubResourceID   string `json:"subResourceId,omitempty"`
	SubResourceName string `json:"subResourceName,omitempty"`
	SubResourceType string `json:"subResourceType,omitempty"`
}

type termLink struct {
	linked
	Name    string `json:"name"`
	SpaceID string `json:"resourceSpaceId"`
}

// toApp reports whether a link is to an app, and not to something in one.
func (l termLink) toApp() bool { return l.ResourceType == "app" && l.SubResourceType == "" }

func termsPath(glossary string) string { return glossaryPath(glossary) + "/terms" }

// A term may have the name of another of its glossary. A Steward changes a verified one as
// it is: whether that takes its status away, Qlik's answer says.
//
// https://qlik.dev/apis/rest/glossaries
var _ = register(Kind[GlossaryTerm]{
	Name: "glossary-term",
	Calls: calls("GET /api/v1/glossaries", "GET /api/v1/glossaries/{id}/categories", "GET /api/v1/glossaries/{id}/terms",
		"POST /api/v1/glossaries/{id}/terms", "GET /api/v1/glossaries/{id}/terms/{id}", "PUT /api/v1/glossaries/{id}/terms/{id}",
		"POST /api/v1/glossaries/{id}/terms/{id}/links", "POST /api/v1/glossaries/{id}/terms/{id}/actions/change-status",
		"DELETE /api/v1/glossaries/{id}/terms/{id}"),
	Within:  true,
	Sees:    seesGlossaries,
	Needs:   []plan.Kind{"space"},
	Uses:    usesGlossaries,
	People:  stewardsIn,
	Declare: declareStewards,
	Lacks:   lacksTerm,
	Review:  reviewTerms,
	List:    listTerms,
	Create:  createTerm,
	Update:  updateTerm,
	Delete: func(ctx context.Context, t *Tenant, id string) error {
		path, err := t.inGlossary(termsPath, id)
		if err != nil {
			return err
		}
		return t.call(ctx, http.MethodDelete, path, nil, nil, nil)
	},
})

func lacksTerm(t *Tenant, r plan.Resource, declared func(plan.Key) bool) string {
	d, err := strict[GlossaryTerm](r.Spec)
	if err != nil {
		return ""
	}
	in := d.Glossary.Name() + "/"
	if d.Categories != nil {
		for _, c := range *d.Categories {
			if !strings.HasPrefix(c.Name(), in) {
				return fmt.Sprintf("%s is of another glossary", c)
			}
		}
	}
	if d.RelatesTo != nil {
		for _, rel := range *d.RelatesTo {
			if !strings.HasPrefix(rel.Term.Name(), in) {
				return fmt.Sprintf("%s is of another glossary", rel.Term)
			}
		}
	}
	return cmp.Or(needlesslyRich("relatedInformation", d.Related), t.lacksGlossary(d.Glossary), lacksPerson(t, stewardsIn(r), declared))
}

// listTerms lists the terms in the glossaries of a space.
func listTerms(ctx context.Context, t *Tenant, space string) iter.Seq2[Item[GlossaryTerm], error] {
	return func(yield func(Item[GlossaryTerm], error) bool) {
		for g, err := range t.eachGlossary(ctx, space) {
			var terms []termBody
			var categories []categoryBody
			if err == nil {
				categories, err = t.categoriesOf(ctx, g.ID)
			}
			if err == nil {
				terms, err = t.termsOf(ctx, g.ID)
			}
			if err != nil {
				yield(Item[GlossaryTerm]{}, err)
				return
			}
			in, paths, names := space+"/"+g.Name, pathsOf(categories), map[string]string{}
			for _, b := range terms {
				names[b.ID] = b.Name
			}
			for _, b := range terms {
				spec := b.spec(space, in, paths, names)
				spec.Apps = t.appsLinked(b)
				spec.Stewards = t.stewardsOf(in+"/"+b.Name, b.Stewards)
				if !yield(Item[GlossaryTerm]{b.ID, in + "/" + b.Name, spec}, nil) {
					return
				}
			}
		}
	}
}

func (t *Tenant) termsOf(ctx context.Context, glossary string) (terms []termBody, err error) {
	for b, err := range list[termBody](ctx, t.Client, termsPath(glossary), everything()) {
		if err != nil {
			return nil, err
		}
		t.words().put(b.ID, glossary)
		terms = append(terms, b)
	}
	return terms, nil
}

// spec is a term as the estate would say it. paths are of categories, and names of terms,
// by their IDs; what has none, such as a term of another glossary, is left out.
func (b termBody) spec(space, in string, paths, names map[string]string) GlossaryTerm {
	related, tags, categories, relations := plainText(b.Related), append([]string{}, b.Tags...), []Ref{}, []Relation{}
	for _, id := range b.Categories {
		if path := paths[id]; path != "" {
			categories = append(categories, Ref("glossary-category/"+in+"/"+path))
		}
	}
	for _, r := range b.RelatesTo {
		if name := names[r.TermID]; name != "" {
			relations = append(relations, Relation{Ref("glossary-term/" + in + "/" + name), r.Type})
		}
	}
	slices.Sort(categories)
	return GlossaryTerm{
		Name: b.Name, Space: Ref("space/" + space), Glossary: Ref("glossary/" + in), Abbreviation: b.Abbreviation, Description: b.Description,
		Related: &related, Categories: &categories, Tags: &tags, Status: b.Status.Type, RelatesTo: &relations,
	}
}

// appsLinked returns the apps that a term is linked to.
//
// assumed: what a link says of an app is its name and its space as they are now.
func (t *Tenant) appsLinked(b termBody) (apps []Ref) {
	for _, l := range b.LinksTo {
		if space, ok := t.nameOf("space", l.SpaceID); ok && l.toApp() && l.Name != "" {
			apps = append(apps, Ref("app/"+space+"/"+l.Name))
		}
	}
	slices.Sort(apps)
	return slices.Compact(apps)
}
