package qliktest

import (
	"slices"
	"strings"
)

var itemsService = &service{name: "items", envelope: envMeta, routes: []route{
	{method: "GET", path: "/api/v1/items", tier: tier1, query: "collectionId createdByUserId id limit name next noActions notCreatedByUserId notOwnerId ownerId prev query resourceId resourceIds resourceSubType resourceType sort spaceId spaceType", handle: listItems},
	{method: "GET", path: "/api/v1/items/{itemId}", tier: tier1, handle: getItem},
	{method: "PUT", path: "/api/v1/items/{itemId}", tier: tier2, handle: putItem},
	{method: "DELETE", path: "/api/v1/items/{itemId}", tier: tier2, handle: deleteItem},
	{method: "GET", path: "/api/v1/items/{itemId}/collections", tier: tier1, query: "limit name next prev query sort type", handle: itemCollections},
	{method: "GET", path: "/api/v1/items/{itemId}/publisheditems", tier: tier1, query: "limit next prev resourceType sort", handle: publishedItems},
}}

// An item is what the index knows about an app.
type item struct {
	ID, App, Name, Description, Space, Owner, Creator, Origin string

	Created, Updated, AppCreated, AppUpdated, Reloaded, Published stamp
	Size                                                          int
}

func (i *item) rowID() string   { return i.ID }
func (i *item) rowName() string { return i.Name }

// An itemIndex is a service of its own: it hears of apps later than they
// change.
type itemIndex struct {
	Rows    table[*item]
	Pending []itemEvent // in order of time
}

type itemEvent struct {
	At   stamp
	Item item
	Gone bool
}

// indexApp tells the index of an app that changed.
func (t *Tenant) indexApp(a *app, now stamp) {
	size := 0
	if b := t.cloud.blobs.get(a.Content); b != nil {
		size = len(b.Data)
	}
	t.tellItems(itemEvent{At: now.add(t.cloud.opts.ItemsLag), Item: item{
		ID: t.itemID(a.ID), App: a.ID, Name: a.Name, Description: a.Description, Space: a.Space, Owner: a.Owner, Creator: a.Creator, Origin: a.Origin,
		Created: now, Updated: now, AppCreated: a.Created, AppUpdated: a.Modified, Reloaded: a.Reloaded, Published: a.Published, Size: size,
	}}, now)
}

// unindexApp tells the index that an app is gone.
func (t *Tenant) unindexApp(a *app, now stamp) {
	t.tellItems(itemEvent{At: now.add(t.cloud.opts.ItemsLag), Item: item{ID: t.itemID(a.ID)}, Gone: true}, now)
}

func (t *Tenant) itemID(app string) string {
	return hex24(digest(t.cloud.opts.Seed, t.ID, "item", app))
}

func (t *Tenant) tellItems(e itemEvent, now stamp) {
	t.Items.Pending = append(t.Items.Pending, e)
	t.Items.settle(now)
}

// settle applies what the index has heard by now.
func (x *itemIndex) settle(now stamp) {
	for len(x.Pending) > 0 && x.Pending[0].At <= now {
		e := x.Pending[0]
		x.Pending = x.Pending[1:]
		if old, found := x.Rows.get(e.Item.ID); found {
			e.Item.Created = old.Created
			x.Rows.remove(old)
		}
		if !e.Gone {
			x.Rows.add(&e.Item)
		}
	}
	if len(x.Pending) == 0 {
		x.Pending = nil
	}
}

// items settles the index and returns it.
func (c *call) items() *table[*item] {
	c.tenant.Items.settle(c.now)
	return &c.tenant.Items.Rows
}

// seesItem says whether the caller may know of an item: lists are filtered by
// permission.
func (c *call) seesItem(i *item) bool {
	return c.may(&app{Space: i.Space, Owner: i.Owner}, toRead)
}

func listItems(c *call) reply {
	q := c.query
	switch ids := commas(q.Get("resourceIds")); {
	case q.Get("resourceType") == "" && (q.Has("resourceId") || q.Has("resourceIds") || q.Has("resourceSubType")):
		return c.badRequest("resourceId, resourceIds and resourceSubType need resourceType")
	case len(ids) > 100:
		return c.badRequest("resourceIds has more than 100 ids")
	}
	rows := slices.DeleteFunc(slices.Clone(c.items().rows), func(i *item) bool { return !c.matchesItem(i) || !c.seesItem(i) })
	return c.pageOfItems(rows)
}

// matchesItem checks an item against the query.
func (c *call) matchesItem(i *item) bool {
	q := c.query
	is := func(param, value string) bool { return !q.Has(param) || q.Get(param) == value }
	isNot := func(param, value string) bool { return !q.Has(param) || q.Get(param) != value }
	has := func(param, text string) bool {
		return strings.Contains(strings.ToLower(text), strings.ToLower(q.Get(param)))
	}
	types := commas(q.Get("resourceType"))
	spaceType := "personal"
	if s, found := c.tenant.Spaces.get(i.Space); found {
		spaceType = s.Type
	}
	inSpace := is("spaceId", i.Space)
	if q.Get("spaceId") == "personal" {
		inSpace = i.Space == ""
	}
	return (len(types) == 0 || slices.Contains(types, "app")) && inSpace && is("spaceType", spaceType) &&
		is("id", i.ID) && is("resourceId", i.App) && (!q.Has("resourceIds") || slices.Contains(commas(q.Get("resourceIds")), i.App)) &&
		(!q.Has("collectionId") || slices.Contains(c.collectionsOf(i.ID), q.Get("collectionId"))) &&
		is("resourceSubType", "") && is("ownerId", i.Owner) && isNot("notOwnerId", i.Owner) &&
		is("createdByUserId", i.Creator) && isNot("notCreatedByUserId", i.Creator) &&
		has("name", i.Name) && has("query", i.Name+"\n"+i.Description)
}

func (c *call) pageOfItems(rows []*item) reply {
	by := func(get func(*item) stamp) func(*item) string {
		return func(i *item) string { return get(i).String() + "\x00" + i.ID }
	}
	o, bad := sortBy(c, "+name", map[string]func(*item) string{ // assumed: by name unless asked
		"name": rowKey[*item], "createdAt": by(func(i *item) stamp { return i.Created }), "updatedAt": by(func(i *item) stamp { return i.Updated }),
		"recentlyUsed": by(func(i *item) stamp { return i.Updated }),
	})
	if s := c.query.Get("sort"); s != "" && !strings.ContainsAny(s[:1], "+-") {
		bad = "sort needs + or -"
	}
	if bad != "" {
		return c.badRequest("%s", bad)
	}
	p := byCursor(c, rows, o, 10, 100)
	if p.err != "" {
		return c.badRequest("%s", p.err)
	}
	return ok(viewPage(c, p, c.viewItem))
}

func (c *call) item() (*item, *reply) {
	i, found := c.items().get(c.arg("itemId"))
	if !found || !c.seesItem(i) {
		r := c.notFound("no item %s", c.arg("itemId"))
		return nil, &r
	}
	return i, nil
}

func getItem(c *call) reply {
	i, missing := c.item()
	if missing != nil {
		return *missing
	}
	return ok(c.viewItem(i))
}

// putItem changes the index only; the app keeps its name.
func putItem(c *call) reply {
	f := c.object("name", "description", "resourceAttributes", "resourceCustomAttributes", "resourceId", "resourceLink", "resourceSubType", "resourceType*", "resourceUpdatedAt", "spaceId", "thumbnailId")
	name, description := f.str("name"), f.str("description")
	i, missing := c.item()
	switch {
	case missing != nil:
		return *missing
	case f.err != "":
		return c.badRequest("%s", f.err)
	}
	c.items().rename(i, func() {
		if name != "" {
			i.Name = name
		}
		if f.has("description") {
			i.Description = description
		}
		i.Updated = c.now
	})
	return ok(c.viewItem(i))
}

func deleteItem(c *call) reply {
	if _, missing := c.item(); missing != nil {
		return *missing
	}
	return c.forbidden("an item of an app goes with its app") // assumed: 403
}

// publishedItems are the items of the apps published from this item's app.
func publishedItems(c *call) reply {
	i, missing := c.item()
	if missing != nil {
		return *missing
	}
	rows := slices.DeleteFunc(slices.Clone(c.items().rows), func(p *item) bool { return p.Origin != i.App || !c.seesItem(p) })
	return c.pageOfItems(rows)
}
