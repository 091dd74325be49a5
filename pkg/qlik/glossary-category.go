package qlik

import (
	"cmp"
	"context"
	"iter"
	"net/http"
	"reflect"
	"slices"
	"strings"

	"github.com/qdeploy/qdeploy/pkg/plan"
)

// GlossaryCategory is a category of a glossary. What is nil is not managed.
type GlossaryCategory struct {
	Name        string    `json:"name"`
	Space       Ref       `json:"space"`
	Glossary    Ref       `json:"glossary"` // fixed at creation
	Parent      Ref       `json:"parent,omitempty"`
	Description string    `json:"description"`
	Stewards    *[]string `json:"stewards,omitempty"`
}

// categoryBody is a category as Qlik has it, and, without its ID, as it is written.
type categoryBody struct {
	ID          string   `json:"id,omitempty"`
	Name        string   `json:"name"`
	ParentID    string   `json:"parentId,omitempty"`
	Description string   `json:"description"`
	Stewards    []string `json:"stewards"`
}

func categoriesPath(glossary string) string { return glossaryPath(glossary) + "/categories" }

// Two beside each other cannot have one name. Those that are in a category are deleted
// with it.
//
// https://qlik.dev/apis/rest/glossaries
var _ = register(Kind[GlossaryCategory]{
	Name: "glossary-category",
	Calls: calls("GET /api/v1/glossaries", "GET /api/v1/glossaries/{id}/categories", "POST /api/v1/glossaries/{id}/categories",
		"GET /api/v1/glossaries/{id}/categories/{id}", "PUT /api/v1/glossaries/{id}/categories/{id}", "DELETE /api/v1/glossaries/{id}/categories/{id}"),
	Within:  true,
	Sees:    seesGlossaries,
	Needs:   []plan.Kind{"space"},
	Uses:    usesGlossaries,
	People:  stewardsIn,
	Declare: declareStewards,
	Lacks: func(t *Tenant, r plan.Resource, declared func(plan.Key) bool) string {
		c, err := strict[GlossaryCategory](r.Spec)
		if err != nil {
			return ""
		}
		return cmp.Or(t.lacksGlossary(c.Glossary), lacksPerson(t, stewardsIn(r), declared))
	},
	Review: reviewCategories,
	List:   listCategories,
	Create: func(ctx context.Context, t *Tenant, desired GlossaryCategory) (string, error) {
		t.words().writes()
		glossary, err := t.id(ctx, desired.Glossary)
		if err != nil {
			return "", err
		}
		body, err := t.categoryOver(ctx, desired, categoryBody{Stewards: []string{}})
		if err != nil {
			return "", err
		}
		id, err := t.post(ctx, categoriesPath(glossary), body)
		if err == nil {
			t.words().put(id, glossary)
		}
		return id, err
	},
	Update: func(ctx context.Context, t *Tenant, id string, _, desired GlossaryCategory) error {
		t.words().writes()
		path, err := t.inGlossary(categoriesPath, id)
		if err != nil {
			return err
		}
		_, err = amend(ctx, t, path, func(now categoryBody) (any, error) {
			now.Stewards = append([]string{}, now.Stewards...)
			next, err := t.categoryOver(ctx, desired, now)
			if err != nil || reflect.DeepEqual(next, now) {
				return nil, err
			}
			next.ID = ""
			return next, nil
		})
		return err
	},
	Delete: func(ctx context.Context, t *Tenant, id string) error {
		t.words().writes()
		path, err := t.inGlossary(categoriesPath, id)
		if err != nil {
			return err
		}
		return t.call(ctx, http.MethodDelete, path, nil, nil, nil)
	},
})

// stewardsIn returns who is declared to look after something.
func stewardsIn(r plan.Resource) []string { return append(listIn(r.Spec, "stewards"), "bot") }

func declareStewards(t *Tenant, r plan.Resource) {
	t.words().declare(listIn(r.Spec, "stewards"), append([]string{r.Key.Name}, r.Was...)...)
}

// pathsOf returns the names of categories with those of the categories around them, by ID:
// "Profit/Margins". What has a slash in its name has no such name, nor has what is in it.
func pathsOf(all []categoryBody) map[string]string {
	byID, out := map[string]categoryBody{}, map[string]string{}
	for _, c := range all {
		byID[c.ID] = c
	}
	for _, c := range all {
		names, at, ok := []string{}, c, true
		for ok && len(names) <= len(all) { // a circle ends here
			names = append(names, at.Name)
			ok = !strings.Contains(at.Name, "/")
			if at.ParentID == "" {
				break
			}
			parent, there := byID[at.ParentID]
			at, ok = parent, ok && there
		}
		if ok && at.ParentID == "" {
			slices.Reverse(names)
			out[c.ID] = strings.Join(names, "/")
		}
	}
	return out
}

func listCategories(ctx context.Context, t *Tenant, space string) iter.Seq2[Item[GlossaryCategory], error] {
	return func(yield func(Item[GlossaryCategory], error) bool) {
		for g, err := range t.eachGlossary(ctx, space) {
			if err != nil {
				yield(Item[GlossaryCategory]{}, err)
				return
			}
			all, err := t.categoriesOf(ctx, g.ID)
			if err != nil {
				yield(Item[GlossaryCategory]{}, err)
				return
			}
			paths, in := pathsOf(all), space+"/"+g.Name
			for _, c := range all {
				path, ok := paths[c.ID]
				if !ok {
					continue
				}
				spec := GlossaryCategory{Name: c.Name, Space: Ref("space/" + space), Glossary: Ref("glossary/" + in), Description: c.Description}
				if parent := paths[c.ParentID]; parent != "" {
					spec.Parent = Ref("glossary-category/" + in + "/" + parent)
				}
				spec.Stewards = t.stewardsOf(in+"/"+path, c.Stewards)
				if !yield(Item[GlossaryCategory]{c.ID, in + "/" + path, spec}, nil) {
					return
				}
			}
		}
	}
}

// eachGlossary yields the glossaries in a space.
func (t *Tenant) eachGlossary(ctx context.Context, space string) iter.Seq2[glossaryBody, error] {
	return func(yield func(glossaryBody, error) bool) {
		all, err := t.glossariesIn(ctx, space)
		if err != nil {
			yield(glossaryBody{}, err)
		}
		for _, g := range all {
			if !yield(g, nil) {
				return
			}
		}
	}
}

// categoryOver returns what is there with what is declared over it.
func (t *Tenant) categoryOver(ctx context.Context, d GlossaryCategory, now categoryBody) (next categoryBody, err error) {
	now.Name, now.Description, now.ParentID = d.Name, d.Description, ""
	if d.Parent != "" {
		if now.ParentID, err = t.id(ctx, d.Parent); err != nil {
			return now, err
		}
	}
	now.Stewards, err = t.keepers(ctx, now.Stewards, d.Stewards)
	return now, err
}

// keepers returns the IDs of stewards as they are declared, those that are there if they
// are not.
func (t *Tenant) keepers(ctx context.Context, now []string, declared *[]string) ([]string, error) {
	if declared == nil {
		return now, nil
	}
	ids, err := t.persons(ctx, *declared)
	return asSet(now, &ids), err
}
