package qlik

import (
	"cmp"
	"context"
	"iter"
	"net/http"
	"net/url"
	"reflect"
	"slices"

	"github.com/qdeploy/qdeploy/pkg/plan"
)

// Glossary is a business glossary in a space. What is nil is not managed.
type Glossary struct {
	Name        string    `json:"name"`
	Space       Ref       `json:"space"`
	Description string    `json:"description"`
	Overview    string    `json:"overview"` // as [plainText]
	Tags        *[]string `json:"tags,omitempty"`
	Template    *string   `json:"termTemplate,omitempty"` // as [plainText]
}

// glossaryBody is a glossary as Qlik has it, and, without its ID, as it is written.
type glossaryBody struct {
	ID          string   `json:"id,omitempty"`
	Name        string   `json:"name"`
	SpaceID     string   `json:"spaceId"`
	Description string   `json:"description"`
	Overview    string   `json:"overview,omitempty"` // rich text
	Tags        []string `json:"tags"`
	Template    struct {
		RelatedInformation string `json:"relatedInformation,omitempty"` // rich text
	} `json:"termTemplate"`
}

const glossariesPath = "/api/v1/glossaries"

func glossaryPath(id string) string { return glossariesPath + "/" + url.PathEscape(id) }

// seesGlossaries says who sees the glossaries of a space: whoever sees its content.
//
// assumed: as of apps; a TenantAdmin as such does not.
func seesGlossaries(role string) bool { return !slices.Contains(blind, role) }

// usesGlossaries: whoever may edit in a space may edit what is in its glossaries.
//
// https://help.qlik.com/en-US/cloud-services/Subsystems/Hub/Content/Sense_Hub/Catalog/BusinessGlossary/Working-business-glossaries.htm
func usesGlossaries(r plan.Resource) []use {
	return []use{{spaceOf(r.Key), [][]string{{"facilitator", "producer"}}}}
}

// A glossary may have the name of another. What PUT leaves out is gone: the whole is
// written. A glossary in a personal space is its owner's business.
//
// https://qlik.dev/apis/rest/glossaries
var _ = register(Kind[Glossary]{
	Name: "glossary",
	Calls: calls("GET /api/v1/glossaries", "POST /api/v1/glossaries", "GET /api/v1/glossaries/{id}", "PUT /api/v1/glossaries/{id}",
		"DELETE /api/v1/glossaries/{id}", "GET /api/v1/glossaries/{id}/categories", "GET /api/v1/glossaries/{id}/terms"),
	Within: true,
	Sees:   seesGlossaries,
	Needs:  []plan.Kind{"space"},
	Uses:   usesGlossaries,
	People: func(plan.Resource) []string { return []string{"bot"} }, // is it a Steward?
	Lacks: func(_ *Tenant, r plan.Resource, _ func(plan.Key) bool) string {
		g, err := strict[Glossary](r.Spec)
		if err != nil {
			return ""
		}
		return cmp.Or(needlesslyRich("overview", &g.Overview), needlesslyRich("termTemplate", g.Template))
	},
	Review: reviewGlossaries,
	List: func(ctx context.Context, t *Tenant, space string) iter.Seq2[Item[Glossary], error] {
		return func(yield func(Item[Glossary], error) bool) {
			all, err := t.glossariesIn(ctx, space)
			if err != nil {
				yield(Item[Glossary]{}, err)
			}
			for _, g := range all {
				if !yield(Item[Glossary]{g.ID, space + "/" + g.Name, g.spec(space)}, nil) {
					return
				}
			}
		}
	},
	Create: createGlossary,
	Update: func(ctx context.Context, t *Tenant, id string, _, desired Glossary) error {
		t.words().writes()
		_, err := amend(ctx, t, glossaryPath(id), func(now glossaryBody) (any, error) {
			now.Tags = append([]string{}, now.Tags...)
			next, err := desired.over(now)
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
		return t.call(ctx, http.MethodDelete, glossaryPath(id), nil, nil, nil)
	},
})

func (g glossaryBody) spec(space string) Glossary {
	template, tags := plainText(g.Template.RelatedInformation), append([]string{}, g.Tags...)
	return Glossary{g.Name, Ref("space/" + space), g.Description, plainText(g.Overview), &tags, &template}
}

// over returns what is there with what is declared over it.
func (d Glossary) over(now glossaryBody) (glossaryBody, error) {
	now.Name, now.Description, now.Tags = d.Name, d.Description, asSet(now.Tags, d.Tags)
	if err := say(&now.Overview, &d.Overview); err != nil {
		return now, err
	}
	return now, say(&now.Template.RelatedInformation, d.Template)
}

// say makes rich text say what is declared, unless that is nil or so already.
func say(now *string, declared *string) (err error) {
	if declared != nil && plainText(*now) != *declared {
		*now, err = richText(*declared)
	}
	return err
}

// asSet is a set that is declared, in the order in which it is there if it is the same.
func asSet(now []string, declared *[]string) []string {
	if declared == nil {
		return now
	}
	a, b := slices.Sorted(slices.Values(now)), slices.Sorted(slices.Values(*declared))
	if slices.Equal(slices.Compact(a), slices.Compact(b)) {
		return now
	}
	return *declared
}

func createGlossary(ctx context.Context, t *Tenant, desired Glossary) (string, error) {
	t.words().writes()
	body, err := desired.over(glossaryBody{Tags: []string{}})
	if err == nil {
		body.SpaceID, err = t.id(ctx, desired.Space)
	}
	if err != nil {
		return "", err
	}
	return t.post(ctx, glossariesPath, body)
}
