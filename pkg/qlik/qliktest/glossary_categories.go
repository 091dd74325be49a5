package qliktest

import (
	"net/http"
	"slices"
)

var categoryRoutes = []route{
	{method: "GET", path: glossariesPath + "/{id}/categories", tier: tier1, query: "countTotal limit next prev sort", handle: listCategories},
	{method: "POST", path: glossariesPath + "/{id}/categories", tier: tier2, handle: postCategory},
	{method: "GET", path: glossariesPath + "/{id}/categories/{categoryId}", tier: tier1, handle: getCategory},
	{method: "PUT", path: glossariesPath + "/{id}/categories/{categoryId}", tier: tier2, handle: putCategory},
	{method: "DELETE", path: glossariesPath + "/{id}/categories/{categoryId}", tier: tier2, handle: deleteCategory},
}

// A category is in a glossary, or in another category of it.
type category struct {
	ID, Glossary, Name, Description, Parent string
	Stewards                                []string
	Revision                                int
	Created, Updated                        stamp
	Maker, By                               string
}

func (x *category) rowID() string   { return x.ID }
func (x *category) rowName() string { return x.Name }

type categoryView struct {
	ID          string   `json:"id"`
	GlossaryID  string   `json:"glossaryId"`
	Name        string   `json:"name"`
	Description string   `json:"description"`
	ParentID    string   `json:"parentId,omitempty"`
	Stewards    []string `json:"stewards"`
	CreatedAt   stamp    `json:"createdAt"`
	CreatedBy   string   `json:"createdBy"`
	UpdatedAt   stamp    `json:"updatedAt"`
	UpdatedBy   string   `json:"updatedBy"`
}

func (x *category) view() categoryView {
	return categoryView{x.ID, x.Glossary, x.Name, x.Description, x.Parent, append([]string{}, x.Stewards...), x.Created, x.Maker, x.Updated, x.By}
}

func (c *call) categoriesIn(g *glossary) []*category {
	return slices.DeleteFunc(slices.Clone(c.tenant.GlossaryCategories.rows), func(x *category) bool { return x.Glossary != g.ID })
}

func listCategories(c *call) reply {
	g, refused := c.glossary()
	if refused != nil {
		return *refused
	}
	return namedPage(c, c.categoriesIn(g), (*category).view)
}

// category returns the category of the path and its glossary; to change it one may edit in
// the space.
func (c *call) category() (*glossary, *category, *reply) {
	g, refused := c.glossary()
	if refused != nil {
		return nil, nil, refused
	}
	x, found := c.tenant.GlossaryCategories.get(c.arg("categoryId"))
	if !found || x.Glossary != g.ID {
		r := c.fail(http.StatusNotFound, "BG-9", "no category %s", c.arg("categoryId"))
		return nil, nil, &r
	}
	if c.req.Method == http.MethodGet {
		return g, x, nil
	}
	if !c.editsGlossaries(g.Space) {
		r := c.fail(http.StatusForbidden, "BG-3", "no right to edit in this space")
		return nil, nil, &r
	}
	return g, x, c.outdated(x.Revision)
}

// read reads a body. What is left out is empty. assumed: of PUT too.
func (x *category) read(c *call, g *glossary) *reply {
	f := c.object("name", "description", "parentId", "stewards")
	x.Name, x.Description, x.Parent, x.Stewards = f.str("name"), f.str("description"), f.str("parentId"), f.strs("stewards")
	all := c.categoriesIn(g)
	parent := slices.IndexFunc(all, func(y *category) bool { return y.ID == x.Parent })
	if x.Name == "" || x.Parent != "" && (parent < 0 || x.within(all, x.Parent)) || !c.people(x.Stewards) {
		f.fail("a category has a name, one of its glossary around it, and users as stewards")
	}
	var r reply
	switch {
	case f.err != "":
		r = c.fail(http.StatusBadRequest, "BG-12", "%s", f.err)
	case slices.ContainsFunc(all, func(y *category) bool { return y.ID != x.ID && y.Parent == x.Parent && y.Name == x.Name }):
		r = c.fail(http.StatusBadRequest, "BG-7", "there is a category %q here", x.Name)
	default:
		return nil
	}
	return &r
}

// within reports whether a category is x or in it.
func (x *category) within(all []*category, id string) bool {
	for range all {
		i := slices.IndexFunc(all, func(y *category) bool { return y.ID == id })
		if i < 0 {
			return false
		}
		if id == x.ID {
			return true
		}
		id = all[i].Parent
	}
	return false
}

// people reports whether these are users of the tenant.
func (c *call) people(ids []string) bool {
	return !slices.ContainsFunc(ids, func(id string) bool { return !c.tenant.Users.has(id) })
}

func postCategory(c *call) reply {
	g, refused := c.glossary()
	if refused != nil {
		return *refused
	}
	if !c.editsGlossaries(g.Space) {
		return c.fail(http.StatusForbidden, "BG-3", "no right to edit in this space")
	}
	x := &category{Glossary: g.ID, Created: c.now, Updated: c.now, Maker: c.caller.ID, By: c.caller.ID}
	if refused := x.read(c, g); refused != nil {
		return *refused
	}
	x.ID = c.tenant.newID("categories", g.ID+" "+x.Name, guid, c.tenant.GlossaryCategories.has)
	c.tenant.GlossaryCategories.add(x)
	return revised(created(x.view()), x.Revision, x.Updated)
}

func getCategory(c *call) reply {
	_, x, refused := c.category()
	if refused != nil {
		return *refused
	}
	return revised(ok(x.view()), x.Revision, x.Updated)
}

func putCategory(c *call) reply {
	g, x, refused := c.category()
	if refused != nil {
		return *refused
	}
	next := *x
	if refused := next.read(c, g); refused != nil {
		return *refused
	}
	next.Revision, next.Updated, next.By = x.Revision+1, c.now, c.caller.ID
	c.tenant.renamed("categories", g.ID+" "+x.Name, g.ID+" "+next.Name)
	c.tenant.GlossaryCategories.rename(x, func() { *x = next })
	return revised(ok(x.view()), x.Revision, x.Updated)
}

// deleteCategory deletes a category and those in it. Terms stay, without them.
func deleteCategory(c *call) reply {
	g, x, refused := c.category()
	if refused != nil {
		return *refused
	}
	all := c.categoriesIn(g)
	for _, y := range all {
		if !x.within(all, y.ID) {
			continue
		}
		c.tenant.GlossaryCategories.remove(y)
		c.tenant.bury("categories", g.ID+" "+y.Name)
		for _, t := range c.termsIn(g) {
			t.Categories = slices.DeleteFunc(slices.Clone(t.Categories), func(id string) bool { return id == y.ID })
		}
	}
	return empty(http.StatusNoContent)
}
