package qliktest

import (
	"net/http"
	"slices"
	"strings"
)

var termRoutes = []route{
	{method: "GET", path: glossariesPath + "/{id}/terms", tier: tier1, query: "countTotal limit next prev sort", handle: listTerms},
	{method: "POST", path: glossariesPath + "/{id}/terms", tier: tier2, handle: postTerm},
	{method: "GET", path: glossariesPath + "/{id}/terms/{termId}", tier: tier1, handle: getTerm},
	{method: "PUT", path: glossariesPath + "/{id}/terms/{termId}", tier: tier2, handle: putTerm},
	{method: "DELETE", path: glossariesPath + "/{id}/terms/{termId}", tier: tier2, handle: deleteTerm},
	{method: "POST", path: glossariesPath + "/{id}/terms/{termId}/links", tier: tier2, handle: postTermLink},
	{method: "POST", path: glossariesPath + "/{id}/terms/{termId}/actions/change-status", tier: tier2, query: "status", handle: changeTermStatus},
}

type term struct {
	ID, Glossary, Name, Abbreviation, Description, Related string
	Categories, Tags, Stewards                             []string
	RelatesTo                                              []termRelation
	LinksTo                                                []termLink
	Status                                                 termStatus
	Revision                                               int
	Created, Updated                                       stamp
	Maker, By                                              string
}

func (x *term) rowID() string   { return x.ID }
func (x *term) rowName() string { return x.Name }

type termRelation struct {
	TermID string `json:"termId"`
	Type   string `json:"type"`
}

var relationTypes = strings.Fields("isA hasA seeAlso synonym antonym classifies other replaces replacedBy hasSubtype preferredTerm seeInstead defines definedBy")

type termStatus struct {
	Type      string `json:"type"`
	UpdatedAt stamp  `json:"updatedAt"`
	UpdatedBy string `json:"updatedBy"`
}

// A termLink is to an app; links to data sets and to what is in an app are left out.
type termLink struct{ ID, Type, App string }

type termLinkView struct {
	ID      string `json:"id"`
	Type    string `json:"type"`
	Name    string `json:"name"`
	AppID   string `json:"resourceId"`
	Kind    string `json:"resourceType"`
	SpaceID string `json:"resourceSpaceId,omitempty"`
}

type termView struct {
	ID           string         `json:"id"`
	GlossaryID   string         `json:"glossaryId"`
	Name         string         `json:"name"`
	Abbreviation string         `json:"abbreviation"`
	Description  string         `json:"description"`
	Related      string         `json:"relatedInformation"`
	Categories   []string       `json:"categories"`
	Tags         []string       `json:"tags"`
	Stewards     []string       `json:"stewards"`
	RelatesTo    []termRelation `json:"relatesTo"`
	ReferredBy   []termRelation `json:"referredRelations"`
	LinksTo      []termLinkView `json:"linksTo"`
	Status       termStatus     `json:"status"`
	Revision     int            `json:"revision"`
	CreatedAt    stamp          `json:"createdAt"`
	CreatedBy    string         `json:"createdBy"`
	UpdatedAt    stamp          `json:"updatedAt"`
	UpdatedBy    string         `json:"updatedBy"`
}

func (c *call) viewTerm(x *term) termView {
	v := termView{
		x.ID, x.Glossary, x.Name, x.Abbreviation, x.Description, x.Related, append([]string{}, x.Categories...), append([]string{}, x.Tags...),
		append([]string{}, x.Stewards...), append([]termRelation{}, x.RelatesTo...), []termRelation{}, []termLinkView{}, x.Status, x.Revision,
		x.Created, x.Maker, x.Updated, x.By,
	}
	for _, y := range c.tenant.GlossaryTerms.rows {
		for _, r := range y.RelatesTo {
			if r.TermID == x.ID {
				v.ReferredBy = append(v.ReferredBy, termRelation{y.ID, r.Type})
			}
		}
	}
	for _, l := range x.LinksTo {
		v.LinksTo = append(v.LinksTo, c.viewTermLink(l))
	}
	return v
}

// viewTermLink: the app may be gone. assumed: then its name is.
func (c *call) viewTermLink(l termLink) termLinkView {
	v := termLinkView{ID: l.ID, Type: l.Type, AppID: l.App, Kind: "app"}
	if a, found := c.tenant.Apps.get(l.App); found {
		v.Name, v.SpaceID = a.Name, a.Space
	}
	return v
}

func (c *call) termsIn(g *glossary) []*term {
	return slices.DeleteFunc(slices.Clone(c.tenant.GlossaryTerms.rows), func(x *term) bool { return x.Glossary != g.ID })
}

func listTerms(c *call) reply {
	g, refused := c.glossary()
	if refused != nil {
		return *refused
	}
	return namedPage(c, c.termsIn(g), c.viewTerm)
}

// term returns the term of the path and its glossary. To change it one may edit in the
// space, and be a Steward if it is verified.
func (c *call) term(links bool) (*glossary, *term, *reply) {
	g, refused := c.glossary()
	if refused != nil {
		return nil, nil, refused
	}
	x, found := c.tenant.GlossaryTerms.get(c.arg("termId"))
	var r reply
	switch {
	case !found || x.Glossary != g.ID:
		r = c.fail(http.StatusNotFound, "BG-10", "no term %s", c.arg("termId"))
	case c.req.Method == http.MethodGet:
		return g, x, nil
	case !c.editsGlossaries(g.Space):
		r = c.fail(http.StatusForbidden, "BG-3", "no right to edit in this space")
	case !links && x.Status.Type == "verified" && !c.isSteward():
		r = c.fail(http.StatusForbidden, "BG-3", "the term is verified: only a Steward")
	default:
		return g, x, c.outdated(x.Revision)
	}
	return nil, nil, &r
}

// read reads a body. What is left out is empty, but links, which are no properties of a
// term. assumed: of PUT too.
func (x *term) read(c *call, g *glossary) *reply {
	f := c.object("name*", "abbreviation", "description", "relatedInformation", "categories", "tags", "stewards", "relatesTo", "linksTo")
	x.Name, x.Abbreviation, x.Description, x.Related = f.str("name"), f.str("abbreviation"), f.str("description"), f.str("relatedInformation")
	x.Categories, x.Tags, x.Stewards, x.RelatesTo = f.strs("categories"), f.strs("tags"), f.strs("stewards"), nil
	f.decode("relatesTo", &x.RelatesTo, "a list of relations")
	categories, terms := c.categoriesIn(g), c.termsIn(g)
	for _, id := range x.Categories {
		if !slices.ContainsFunc(categories, func(y *category) bool { return y.ID == id }) {
			f.fail("no category %s", id)
		}
	}
	for _, r := range x.RelatesTo {
		if !slices.ContainsFunc(terms, func(y *term) bool { return y.ID == r.TermID }) || !slices.Contains(relationTypes, r.Type) {
			f.fail("no term %s, or no relation %q", r.TermID, r.Type)
		}
	}
	if x.Name == "" || !c.people(x.Stewards) {
		f.fail("a term has a name, and users as stewards")
	}
	var r reply
	switch {
	case f.err != "":
		r = c.fail(http.StatusBadRequest, "BG-13", "%s", f.err)
	case !isRich(x.Related):
		r = c.fail(http.StatusBadRequest, "BG-21", "this is no rich text")
	case f.has("linksTo"):
		x.LinksTo = nil
		var links []map[string]string
		f.decode("linksTo", &links, "a list of links")
		for _, l := range links {
			if refused := x.link(c, l); refused != nil {
				return refused
			}
		}
		return nil
	default:
		return nil
	}
	return &r
}

// link adds one link.
func (x *term) link(c *call, l map[string]string) *reply {
	a, found := c.tenant.Apps.get(l["resourceId"])
	kind := l["type"]
	if kind == "" {
		kind = "related" // assumed
	}
	var r reply
	switch {
	case l["resourceType"] != "app" || l["subResourceType"] != "" || !slices.Contains([]string{"related", "definition"}, kind):
		r = c.fail(http.StatusBadRequest, "BG-13", "links are to apps here")
	case !found || !c.may(a, toRead):
		r = c.fail(http.StatusNotFound, "HTTP-404", "no app %s", l["resourceId"])
	case slices.ContainsFunc(x.LinksTo, func(y termLink) bool { return y.App == a.ID && y.Type == kind }):
		r = c.fail(http.StatusBadRequest, map[string]string{"related": "BG-23", "definition": "BG-20"}[kind], "it is linked already")
	default:
		x.LinksTo = append(slices.Clone(x.LinksTo), termLink{guid(digest("link", x.Glossary, x.Name, a.ID, kind)), kind, a.ID})
		return nil
	}
	return &r
}

func postTerm(c *call) reply {
	g, refused := c.glossary()
	if refused != nil {
		return *refused
	}
	if !c.editsGlossaries(g.Space) {
		return c.fail(http.StatusForbidden, "BG-3", "no right to edit in this space")
	}
	x := &term{Glossary: g.ID, Status: termStatus{"draft", c.now, c.caller.ID}, Created: c.now, Updated: c.now, Maker: c.caller.ID, By: c.caller.ID}
	if refused := x.read(c, g); refused != nil {
		return *refused
	}
	x.ID = c.tenant.newID("terms", g.ID+" "+x.Name, guid, c.tenant.GlossaryTerms.has)
	c.tenant.GlossaryTerms.add(x)
	return revised(created(c.viewTerm(x)), x.Revision, x.Updated)
}

func getTerm(c *call) reply {
	_, x, refused := c.term(false)
	if refused != nil {
		return *refused
	}
	return revised(ok(c.viewTerm(x)), x.Revision, x.Updated)
}

// putTerm changes a term. assumed: one that is verified stays so.
func putTerm(c *call) reply {
	g, x, refused := c.term(false)
	if refused != nil {
		return *refused
	}
	next := *x
	if refused := next.read(c, g); refused != nil {
		return *refused
	}
	c.tenant.renamed("terms", g.ID+" "+x.Name, g.ID+" "+next.Name)
	c.tenant.GlossaryTerms.rename(x, func() { *x = next })
	return c.revise(x)
}

// revise makes another revision of a term, and answers with it.
func (c *call) revise(x *term) reply {
	x.Revision, x.Updated, x.By = x.Revision+1, c.now, c.caller.ID
	return revised(ok(c.viewTerm(x)), x.Revision, x.Updated)
}

func deleteTerm(c *call) reply {
	g, x, refused := c.term(false)
	if refused != nil {
		return *refused
	}
	c.tenant.GlossaryTerms.remove(x)
	c.tenant.bury("terms", g.ID+" "+x.Name)
	for _, y := range c.termsIn(g) { // assumed: relations to it go with it
		y.RelatesTo = slices.DeleteFunc(slices.Clone(y.RelatesTo), func(r termRelation) bool { return r.TermID == x.ID })
	}
	return empty(http.StatusNoContent)
}

// postTermLink takes no Steward, whatever the status. assumed: it makes no revision.
func postTermLink(c *call) reply {
	_, x, refused := c.term(true)
	if refused != nil {
		return *refused
	}
	f := c.object("resourceId*", "resourceType*", "type", "subResourceId", "subResourceName", "subResourceType")
	l := map[string]string{}
	for name := range f.m {
		l[name] = f.str(name)
	}
	if f.err != "" {
		return c.fail(http.StatusBadRequest, "BG-13", "%s", f.err)
	}
	if refused := x.link(c, l); refused != nil {
		return *refused
	}
	return revised(created(c.viewTermLink(x.LinksTo[len(x.LinksTo)-1])), x.Revision, x.Updated)
}

func changeTermStatus(c *call) reply {
	_, x, refused := c.term(false)
	status := c.query.Get("status")
	switch {
	case refused != nil:
		return *refused
	case !slices.Contains([]string{"draft", "verified", "deprecated"}, status):
		return c.fail(http.StatusBadRequest, "BG-13", "no status %q", status)
	case status == "verified" && !c.isSteward():
		return c.fail(http.StatusForbidden, "BG-3", "to verify a term takes a Steward")
	}
	x.Status = termStatus{status, c.now, c.caller.ID}
	return c.revise(x)
}
