package qliktest

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
)

const glossariesPath = "/api/v1/glossaries"

// Import, export, revisions, changes by JSON Patch, and single links are left out.
var glossariesService = &service{name: "glossaries", envelope: envPlain, routes: append([]route{
	{method: "GET", path: glossariesPath, tier: tier1, query: "countTotal limit next prev sort", handle: listGlossaries},
	{method: "POST", path: glossariesPath, tier: tier2, handle: postGlossary},
	{method: "GET", path: glossariesPath + "/{id}", tier: tier1, handle: getGlossary},
	{method: "PUT", path: glossariesPath + "/{id}", tier: tier2, handle: putGlossary},
	{method: "DELETE", path: glossariesPath + "/{id}", tier: tier2, handle: deleteGlossary},
}, append(categoryRoutes, termRoutes...)...)}

// A glossary is in a space or, without one, in the personal space of its owner.
type glossary struct {
	ID, Name, Description, Overview, Template, Space, Owner string
	Tags                                                    []string
	Revision                                                int
	Created, Updated                                        stamp
	By                                                      string // who changed it last
}

func (x *glossary) rowID() string   { return x.ID }
func (x *glossary) rowName() string { return x.Name }

type glossaryView struct {
	ID          string       `json:"id"`
	Name        string       `json:"name"`
	Description string       `json:"description"`
	Overview    string       `json:"overview"`
	Tags        []string     `json:"tags"`
	Template    templateView `json:"termTemplate"`
	SpaceID     string       `json:"spaceId"`
	OwnerID     string       `json:"ownerId"`
	CreatedAt   stamp        `json:"createdAt"`
	CreatedBy   string       `json:"createdBy"`
	UpdatedAt   stamp        `json:"updatedAt"`
	UpdatedBy   string       `json:"updatedBy"`
}

type templateView struct {
	RelatedInformation string `json:"relatedInformation"`
}

func (x *glossary) view() glossaryView {
	return glossaryView{
		x.ID, x.Name, x.Description, x.Overview, append([]string{}, x.Tags...), templateView{x.Template}, x.Space, x.Owner, x.Created, x.Owner, x.Updated, x.By,
	}
}

// revised adds the headers of what has revisions.
func revised(r reply, revision int, updated stamp) reply {
	return r.with("Etag", etag(revision)).with("Last-Modified", updated.time().Format(http.TimeFormat))
}

func etag(revision int) string { return strconv.Quote(strconv.Itoa(revision)) }

// outdated reports whether a request is on condition of another revision.
//
// assumed: all three kinds of things answer 412; it is documented for terms.
func (c *call) outdated(revision int) *reply {
	if match := c.req.Header.Get("If-Match"); match == "" || match == etag(revision) {
		return nil
	}
	r := c.fail(http.StatusPreconditionFailed, "HTTP-412", "it was changed meanwhile")
	return &r
}

// isSteward reports whether the caller may make glossaries and verify terms. It is a role
// of the tenant. assumed: a TenantAdmin is not one by itself.
func (c *call) isSteward() bool { return c.tenant.hasRole(c.caller, "Steward") }

// seesGlossary and editsIn: whoever sees the content of a space sees its glossaries, and
// whoever may edit there may change what is in them. assumed: the same roles as for apps.
func (c *call) seesGlossary(x *glossary) bool {
	if s, found := c.tenant.Spaces.get(x.Space); found {
		return c.mayIn(s, toRead)
	}
	return x.Owner == c.caller.ID
}

func (c *call) editsGlossaries(spaceID string) bool {
	s, found := c.tenant.Spaces.get(spaceID)
	return found && c.mayIn(s, toUpdate)
}

// glossary returns the glossary of the path, to who sees it.
func (c *call) glossary() (*glossary, *reply) {
	x, found := c.tenant.Glossaries.get(c.arg("id"))
	if !found || !c.seesGlossary(x) {
		r := c.fail(http.StatusNotFound, "BG-8", "no glossary %s", c.arg("id"))
		return nil, &r
	}
	return x, nil
}

// namedPage answers with a page of a list, ordered by name.
func namedPage[T row, V any](c *call, rows []T, view func(T) V) reply {
	o, bad := sortBy(c, "+name", map[string]func(T) string{"name": rowKey[T]}) // assumed: by name unless asked
	if bad != "" {
		return c.badRequest("%s", bad)
	}
	p := byCursor(c, rows, o, 20, 100)
	if p.err != "" {
		return c.badRequest("%s", p.err)
	}
	return ok(viewPage(c, p, view))
}

func listGlossaries(c *call) reply {
	rows := slices.DeleteFunc(slices.Clone(c.tenant.Glossaries.rows), func(x *glossary) bool { return !c.seesGlossary(x) })
	return namedPage(c, rows, (*glossary).view)
}

// isRich reports whether a text is rich text, or none: blocks with a type and children.
func isRich(s string) bool {
	type block struct {
		Type     string
		Children []json.RawMessage
	}
	var blocks []block
	return s == "" || json.Unmarshal([]byte(s), &blocks) == nil && !slices.ContainsFunc(blocks, func(b block) bool { return b.Type == "" || len(b.Children) == 0 })
}

// read reads a body. What is left out is empty. assumed: of PUT too.
func (x *glossary) read(c *call) *reply {
	f := c.object("name*", "description", "overview", "spaceId", "tags", "termTemplate")
	x.Name, x.Description, x.Overview, x.Space, x.Tags = f.str("name"), f.str("description"), f.str("overview"), f.str("spaceId"), f.strs("tags")
	var template templateView
	f.decode("termTemplate", &template, "a template")
	x.Template = template.RelatedInformation
	var r reply
	switch {
	case f.err != "" && f.has("name"):
		r = c.fail(http.StatusBadRequest, "BG-11", "%s", f.err)
	case x.Name == "":
		r = c.fail(http.StatusBadRequest, "BG-6", "a name is required")
	case !isRich(x.Overview) || !isRich(x.Template):
		r = c.fail(http.StatusBadRequest, "BG-21", "this is no rich text")
	case !c.isSteward() || x.Space != "" && !c.editsGlossaries(x.Space): // assumed: it takes both
		r = c.fail(http.StatusForbidden, "BG-3", "only a Steward, who may edit in the space")
	default:
		return nil
	}
	return &r
}

func postGlossary(c *call) reply {
	x := &glossary{Owner: c.caller.ID, By: c.caller.ID, Created: c.now, Updated: c.now}
	if refused := x.read(c); refused != nil {
		return *refused
	}
	x.ID = c.tenant.newID("glossaries", x.Space+" "+x.Name, guid, c.tenant.Glossaries.has)
	c.tenant.Glossaries.add(x)
	return revised(created(x.view()), x.Revision, x.Updated)
}

func getGlossary(c *call) reply {
	x, refused := c.glossary()
	if refused != nil {
		return *refused
	}
	return revised(ok(x.view()), x.Revision, x.Updated)
}

func putGlossary(c *call) reply {
	x, refused := c.glossary()
	if refused == nil {
		refused = c.outdated(x.Revision)
	}
	if refused != nil {
		return *refused
	}
	next := *x
	if refused := next.read(c); refused != nil {
		return *refused
	}
	next.Revision, next.Updated, next.By = x.Revision+1, c.now, c.caller.ID
	c.tenant.renamed("glossaries", x.Space+" "+x.Name, next.Space+" "+next.Name)
	c.tenant.Glossaries.rename(x, func() { *x = next })
	return revised(ok(x.view()), x.Revision, x.Updated)
}

// deleteGlossary deletes a glossary and all that is in it.
func deleteGlossary(c *call) reply {
	x, refused := c.glossary()
	switch {
	case refused != nil:
		return *refused
	case !c.isSteward():
		return c.fail(http.StatusForbidden, "BG-3", "only a Steward")
	}
	for _, t := range c.termsIn(x) {
		c.tenant.GlossaryTerms.remove(t)
		c.tenant.bury("terms", x.ID+" "+t.Name)
	}
	for _, g := range c.categoriesIn(x) {
		c.tenant.GlossaryCategories.remove(g)
		c.tenant.bury("categories", x.ID+" "+g.Name)
	}
	c.tenant.Glossaries.remove(x)
	c.tenant.bury("glossaries", x.Space+" "+x.Name)
	return empty(http.StatusNoContent)
}
