package qlik

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"reflect"
	"slices"
)

// written is a term as it is written whole.
//
// assumed: links that are written as they are stay. They are not properties of a term, but
// may be written with it.
type written struct {
	termText
	LinksTo []linked `json:"linksTo,omitempty"`
}

func (b termBody) whole() written {
	w := written{termText: b.termText}
	for _, l := range b.LinksTo {
		w.LinksTo = append(w.LinksTo, l.linked)
	}
	return w
}

// filled has an empty list where there is none.
func (b termText) filled() termText {
	b.Categories, b.Tags, b.Stewards = append([]string{}, b.Categories...), append([]string{}, b.Tags...), append([]string{}, b.Stewards...)
	b.RelatesTo = append([]relationBody{}, b.RelatesTo...)
	return b
}

// createTerm makes a term, which is a draft at first.
func createTerm(ctx context.Context, t *Tenant, desired GlossaryTerm) (string, error) {
	glossary, err := t.id(ctx, desired.Glossary)
	if err != nil {
		return "", err
	}
	b := termBody{termText: termText{}.filled()}
	if b.termText, err = t.termOver(ctx, desired, b.termText); err != nil {
		return "", err
	}
	w := b.whole()
	if w.LinksTo, err = t.links(ctx, desired, b); err != nil {
		return "", err
	}
	id, err := t.post(ctx, termsPath(glossary), w)
	if err != nil {
		return "", err
	}
	t.words().put(id, glossary)
	return id, t.setStatus(ctx, termsPath(glossary)+"/"+url.PathEscape(id), "draft", desired.Status)
}

func updateTerm(ctx context.Context, t *Tenant, id string, live, desired GlossaryTerm) error {
	path, err := t.inGlossary(termsPath, id)
	if err != nil {
		return err
	}
	var before termBody
	now, err := amend(ctx, t, path, func(now termBody) (any, error) {
		now.termText = now.filled()
		before = now
		next := now
		var err error
		if next.termText, err = t.termOver(ctx, desired, now.termText); err != nil || reflect.DeepEqual(next, now) {
			return nil, err
		}
		return next.whole(), nil
	})
	if err != nil {
		return err
	}
	missing, err := t.links(ctx, desired, before)
	if err != nil {
		return err
	}
	for _, l := range missing {
		if err := t.call(ctx, http.MethodPost, path+"/links", nil, l, nil); err != nil {
			return err
		}
	}
	return t.setStatus(ctx, path, now.Status.Type, cmp.Or(desired.Status, before.Status.Type))
}

// setStatus gives a term the status that it is to have, "" for whichever.
func (t *Tenant) setStatus(ctx context.Context, path, now, want string) error {
	if want == "" || want == now {
		return nil
	}
	return t.call(ctx, http.MethodPost, path+"/actions/change-status", url.Values{"status": {want}}, nil, nil)
}

// termOver returns what is there with what is declared over it.
func (t *Tenant) termOver(ctx context.Context, d GlossaryTerm, now termText) (next termText, err error) {
	now.Name, now.Abbreviation, now.Description, now.Tags = d.Name, d.Abbreviation, d.Description, asSet(now.Tags, d.Tags)
	if err := say(&now.Related, d.Related); err != nil {
		return now, err
	}
	if d.Categories != nil {
		ids := []string{}
		for _, c := range *d.Categories {
			id, err := t.id(ctx, c)
			if err != nil {
				return now, err
			}
			ids = append(ids, id)
		}
		now.Categories = asSet(now.Categories, &ids)
	}
	if d.RelatesTo != nil {
		if now.RelatesTo, err = t.relations(ctx, *d.RelatesTo, now.RelatesTo); err != nil {
			return now, err
		}
	}
	now.Stewards, err = t.keepers(ctx, now.Stewards, d.Stewards)
	return now, err
}

// relations returns those that are declared, and those to terms that the estate cannot
// name, in the order in which they are there.
func (t *Tenant) relations(ctx context.Context, declared []Relation, now []relationBody) ([]relationBody, error) {
	var want []relationBody
	for _, r := range declared {
		id, err := t.id(ctx, r.Term)
		if err != nil {
			return nil, err
		}
		if b := (relationBody{id, r.Type}); !slices.Contains(want, b) {
			want = append(want, b)
		}
	}
	out := []relationBody{}
	for _, b := range now {
		_, named := t.nameOf("glossary-term", b.TermID)
		if slices.Contains(want, b) || !named {
			out = append(out, b)
		}
	}
	for _, b := range want {
		if !slices.Contains(out, b) {
			out = append(out, b)
		}
	}
	return out, nil
}

// links returns the links to apps that are declared and not there.
func (t *Tenant) links(ctx context.Context, d GlossaryTerm, now termBody) (missing []linked, err error) {
	for _, app := range d.Apps {
		id, err := t.id(ctx, app)
		if err != nil {
			return nil, err
		}
		if !slices.ContainsFunc(now.LinksTo, func(l termLink) bool { return l.toApp() && l.ResourceID == id }) {
			missing = append(missing, linked{ResourceID: id, ResourceType: "app", Type: "related"})
		}
	}
	return missing, nil
}
