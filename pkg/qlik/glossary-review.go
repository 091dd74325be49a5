package qlik

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/qdeploy/qdeploy/pkg/plan"
)

const steward = "Steward"

// noSteward reports whether the engine is known to be no Steward. A role of the tenant's
// own may make it one without the name.
func (t *Tenant) noSteward(ctx context.Context) (bool, error) {
	if _, err := t.self(ctx); err != nil {
		return false, err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, r := range t.rights {
		if r.Name == steward || !slices.Contains(everywhere, r.Name) {
			return false, nil
		}
	}
	return len(t.rights) > 0, nil
}

// stewards blocks the changes that take a Steward, if the engine is none.
func (t *Tenant) stewards(ctx context.Context, changes []*plan.Change, takes func(*plan.Change) string) error {
	none, err := t.noSteward(ctx)
	if err != nil || !none {
		return err
	}
	for _, c := range changes {
		if what := takes(c); what != "" && !(c.Action == plan.Adopted && len(c.Fields) == 0) {
			block(c, what+" takes a Steward, which qdeploy's own user is not",
				"give that user the role Steward in Qlik: Administration, Users, where it is the OAuth client that this region logs in with")
		}
	}
	return nil
}

// reviewGlossaries blocks what takes a Steward, and deleting a glossary with something in
// it that is not ours: Qlik deletes all of it.
//
// https://qlik.dev/apis/rest/glossaries
func reviewGlossaries(ctx context.Context, t *Tenant, p *plan.Plan) error {
	if err := t.stewards(ctx, of(p, "glossary"), func(*plan.Change) string { return "a glossary" }); err != nil {
		return err
	}
	goes := going(p)
	for _, c := range of(p, "glossary") {
		if !loses(c) {
			continue
		}
		categories, err := t.categoriesOf(ctx, c.Live.ID)
		if err != nil {
			return err
		}
		terms, err := t.termsOf(ctx, c.Live.ID)
		if err != nil {
			return err
		}
		var stay []string
		for _, b := range categories {
			if !goes[b.ID] {
				stay = append(stay, "category "+b.Name)
			}
		}
		for _, b := range terms {
			if !goes[b.ID] {
				stay = append(stay, "term "+b.Name)
			}
		}
		keeps(c, stay)
	}
	return nil
}

// reviewCategories blocks deleting a category with others in it that are not ours.
func reviewCategories(ctx context.Context, t *Tenant, p *plan.Plan) error {
	goes := going(p)
	for _, c := range of(p, "glossary-category") {
		if !loses(c) {
			continue
		}
		glossary, err := t.words().glossaryOf(c.Live.ID)
		if err != nil {
			return err
		}
		all, err := t.categoriesOf(ctx, glossary)
		if err != nil {
			return err
		}
		var stay []string
		for _, b := range all {
			if b.ParentID == c.Live.ID && !goes[b.ID] {
				stay = append(stay, "category "+b.Name)
			}
		}
		keeps(c, stay)
	}
	return nil
}

// reviewTerms blocks what takes a Steward: to verify a term, and to change or delete one
// that is verified. Links to apps are not part of it.
func reviewTerms(ctx context.Context, t *Tenant, p *plan.Plan) error {
	return t.stewards(ctx, of(p, "glossary-term"), func(c *plan.Change) string {
		was, becomes := statusOf(c.Live), statusOf(c.Desired)
		links := !slices.ContainsFunc(c.Fields, func(f plan.Field) bool { return f.Path != "/apps" })
		switch {
		case was == "verified" && (c.Action == plan.Delete || c.Action == plan.Move || !links):
			return "a verified term"
		case was != "verified" && becomes == "verified":
			return "to verify a term"
		}
		return ""
	})
}

func statusOf(r *plan.Resource) string {
	if r == nil {
		return ""
	}
	term, err := strict[GlossaryTerm](r.Spec)
	if err != nil {
		return ""
	}
	return term.Status
}

// loses reports whether a change deletes what is there.
func loses(c *plan.Change) bool {
	return (c.Action == plan.Delete || c.Action == plan.Replace) && c.Live != nil
}

// going returns the IDs of what a plan deletes.
func going(p *plan.Plan) map[string]bool {
	out := map[string]bool{}
	for _, c := range p.Changes {
		if loses(&c) {
			out[c.Live.ID] = true
		}
	}
	return out
}

// keeps blocks the deletion of what something is in that stays.
func keeps(c *plan.Change, stay []string) {
	slices.Sort(stay)
	if n := len(stay) - 3; n > 0 {
		stay = append(stay[:3:3], fmt.Sprintf("%d more", n))
	}
	if len(stay) > 0 {
		block(c, "it would take along what qdeploy did not apply: "+strings.Join(stay, ", "), "delete or move that in Qlik first, or declare it again")
	}
}
