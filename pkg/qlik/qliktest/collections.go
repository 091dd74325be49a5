package qliktest

import (
	"net/http"
	"slices"
	"strings"
)

var collectionsService = &service{name: "collections", envelope: envMeta, routes: []route{
	{method: "GET", path: "/api/v1/collections", tier: tier1, query: "creatorId id limit name next prev query sort type types", handle: listCollections},
	{method: "POST", path: "/api/v1/collections", tier: tier2, handle: postCollection},
	{method: "GET", path: "/api/v1/collections/{collectionId}", tier: tier1, handle: getCollection},
	{method: "PUT", path: "/api/v1/collections/{collectionId}", tier: tier2, handle: putCollection},
	{method: "PATCH", path: "/api/v1/collections/{collectionId}", tier: tier2, handle: patchCollection},
	{method: "DELETE", path: "/api/v1/collections/{collectionId}", tier: tier2, handle: deleteCollection},
	{method: "GET", path: "/api/v1/collections/{collectionId}/items", tier: tier1, query: "limit name next noActions prev query resourceId resourceType sort spaceId", handle: listCollectionItems},
	{method: "POST", path: "/api/v1/collections/{collectionId}/items", tier: tier2, handle: postCollectionItem},
	{method: "GET", path: "/api/v1/collections/{collectionId}/items/{itemId}", tier: tier1, handle: getCollectionItem},
	{method: "DELETE", path: "/api/v1/collections/{collectionId}/items/{itemId}", tier: tier2, handle: deleteCollectionItem},
}}

// Types of collections: a public one is a tag, a governed one is what people call a
// public collection.
const (
	privateType  = "private"
	tagType      = "public"
	governedType = "publicgoverned"
)

// A collection is a tag, or a personal or public collection.
type collection struct {
	ID, Name, Description, Type string
	Items                       []string // ids of items, in order of their coming
	Creator, Updater            string
	Created, Updated            stamp
}

func (x *collection) rowID() string   { return x.ID }
func (x *collection) rowName() string { return x.Name }

type collectionView struct {
	ID          string          `json:"id"`
	TenantID    string          `json:"tenantId"`
	Name        string          `json:"name"`
	Description string          `json:"description"`
	Type        string          `json:"type"`
	ItemCount   int             `json:"itemCount"` // of those that the caller sees
	Full        bool            `json:"full"`
	CreatorID   string          `json:"creatorId"`
	UpdaterID   string          `json:"updaterId"`
	CreatedAt   stamp           `json:"createdAt"`
	UpdatedAt   stamp           `json:"updatedAt"`
	Links       collectionLinks `json:"links"`
}

type collectionLinks struct {
	Self  href `json:"self"`
	Items href `json:"items"`
}

func (c *call) viewCollection(x *collection) collectionView {
	path := "/api/v1/collections/" + x.ID
	return collectionView{
		ID: x.ID, TenantID: c.tenant.ID, Name: x.Name, Description: x.Description, Type: x.Type, ItemCount: len(c.itemsIn(x)),
		CreatorID: x.Creator, UpdaterID: x.Updater, CreatedAt: x.Created, UpdatedAt: x.Updated,
		Links: collectionLinks{href{c.link(path)}, href{c.link(path + "/items")}},
	}
}

// itemsIn are the items of a collection that the caller sees.
func (c *call) itemsIn(x *collection) (rows []*item) {
	for _, id := range x.Items {
		if i, found := c.items().get(id); found && c.seesItem(i) {
			rows = append(rows, i)
		}
	}
	return rows
}

// collectionsOf are the ids of the collections, which the caller sees, of an item.
func (c *call) collectionsOf(id string) []string {
	out := []string{}
	for _, x := range c.tenant.Collections.rows {
		if c.seesCollection(x) && slices.Contains(x.Items, id) {
			out = append(out, x.ID)
		}
	}
	return out
}

func (c *call) seesCollection(x *collection) bool {
	return x.Type != privateType || x.Creator == c.caller.ID
}

// curates says whether the caller may make and change collections of a type.
// assumed: tags and public collections take a TenantAdmin or a CollectionCurator.
func (c *call) curates(kind string) bool {
	return kind == privateType || c.isAdmin() || c.tenant.hasRole(c.caller, "CollectionCurator")
}

func listCollections(c *call) reply {
	q := c.query
	rows := slices.DeleteFunc(slices.Clone(c.tenant.Collections.rows), func(x *collection) bool {
		return !c.seesCollection(x) || !c.matchesCollection(x)
	})
	for _, kind := range append(commas(q.Get("types")), q.Get("type")) {
		if kind != "" && !slices.Contains([]string{privateType, tagType, governedType}, kind) {
			return c.badRequest("there is no type %q", kind)
		}
	}
	return c.pageOfCollections(rows)
}

func (c *call) matchesCollection(x *collection) bool {
	q := c.query
	is := func(param, value string) bool { return !q.Has(param) || q.Get(param) == value }
	text := strings.ToLower(x.Name + "\n" + x.Description)
	return is("id", x.ID) && is("type", x.Type) && is("creatorId", x.Creator) && strings.Contains(x.Name, q.Get("name")) && // assumed: a part
		(!q.Has("types") || slices.Contains(commas(q.Get("types")), x.Type)) && strings.Contains(text, strings.ToLower(q.Get("query")))
}

func (c *call) pageOfCollections(rows []*collection) reply {
	o, bad := sortBy(c, "+name", map[string]func(*collection) string{ // assumed: by name unless asked
		"name":      rowKey[*collection],
		"createdAt": func(x *collection) string { return x.Created.String() + "\x00" + x.ID },
		"updatedAt": func(x *collection) string { return x.Updated.String() + "\x00" + x.ID },
	})
	if bad != "" {
		return c.badRequest("%s", bad)
	}
	p := byCursor(c, rows, o, 10, 100)
	if p.err != "" {
		return c.badRequest("%s", p.err)
	}
	return ok(viewPage(c, p, c.viewCollection))
}

// tagged reports whether another tag has a name: only their names are unique.
func (c *call) tagged(kind, name, id string) bool {
	return kind == tagType && slices.ContainsFunc(c.tenant.Collections.rows, func(x *collection) bool {
		return x.Type == tagType && x.Name == name && x.ID != id
	})
}

func postCollection(c *call) reply {
	f := c.object("name*", "type*", "description")
	x := &collection{
		Name: f.str("name"), Description: f.str("description"), Type: f.oneOf("type", privateType, tagType, governedType),
		Creator: c.caller.ID, Updater: c.caller.ID, Created: c.now, Updated: c.now,
	}
	switch {
	case f.err != "":
		return c.badRequest("%s", f.err)
	case x.Name == "":
		return c.badRequest("name is empty")
	case !c.curates(x.Type):
		return c.forbidden("no right to make a collection of type %s", x.Type)
	case c.tagged(x.Type, x.Name, ""):
		return c.fail(http.StatusConflict, "HTTP-409", "tag %q exists", x.Name)
	}
	x.ID = c.tenant.newID("collection", x.Type+" "+x.Name, hex24, c.tenant.Collections.has)
	c.tenant.Collections.add(x)
	return created(c.viewCollection(x))
}

// collection returns the collection of the path.
func (c *call) collection() (*collection, *reply) {
	x, found := c.tenant.Collections.get(c.arg("collectionId"))
	var r reply
	switch {
	case !found || !c.seesCollection(x):
		r = c.notFound("no collection %s", c.arg("collectionId"))
	case c.req.Method != http.MethodGet && !c.curates(x.Type):
		r = c.forbidden("no right to change a collection of type %s", x.Type) // assumed: 403
	default:
		return x, nil
	}
	return nil, &r
}

func getCollection(c *call) reply {
	x, missing := c.collection()
	if missing != nil {
		return *missing
	}
	return ok(c.viewCollection(x))
}

// putCollection leaves alone what is left out.
func putCollection(c *call) reply {
	f := c.object("name", "description")
	name, description := f.str("name"), f.str("description")
	x, missing := c.collection()
	switch {
	case missing != nil:
		return *missing
	case f.err != "":
		return c.badRequest("%s", f.err)
	}
	next := *x
	if f.has("name") {
		next.Name = name
	}
	if f.has("description") {
		next.Description = description
	}
	return c.changeCollection(x, next)
}

func patchCollection(c *call) reply {
	x, missing := c.collection()
	if missing != nil {
		return *missing
	}
	list, bad := c.patches(replaceOnly, []string{"/name", "/description", "/type"})
	if bad != "" {
		return c.badRequest("%s", bad)
	}
	next := *x
	for _, op := range list {
		s, isText := op.str()
		if !isText {
			return c.badRequest("%s takes a text", op.path)
		}
		switch op.path {
		case "/name":
			next.Name = s
		case "/description":
			next.Description = s
		default:
			next.Type = s
		}
	}
	return c.changeCollection(x, next)
}

func (c *call) changeCollection(x *collection, next collection) reply {
	switch {
	case next.Name == "":
		return c.badRequest("name is empty")
	case next.Type != x.Type && (x.Type == tagType || next.Type != privateType && next.Type != governedType):
		return c.badRequest("a collection of type %s cannot become %q", x.Type, next.Type)
	case next.Type != x.Type && len(x.Items) == 0:
		return c.badRequest("an empty collection cannot become %s", next.Type)
	case c.tagged(next.Type, next.Name, x.ID):
		return c.fail(http.StatusConflict, "HTTP-409", "tag %q exists", next.Name)
	}
	next.Updated, next.Updater = c.now, c.caller.ID
	c.tenant.renamed("collection", x.Type+" "+x.Name, next.Type+" "+next.Name)
	c.tenant.Collections.rename(x, func() { *x = next })
	return ok(c.viewCollection(x))
}

func deleteCollection(c *call) reply {
	x, missing := c.collection()
	if missing != nil {
		return *missing
	}
	c.tenant.Collections.remove(x)
	c.tenant.bury("collection", x.Type+" "+x.Name)
	return empty(http.StatusNoContent)
}
