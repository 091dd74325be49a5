package qliktest

import (
	"net/http"
	"slices"
)

// listCollectionItems pages like items, but without the links, as it is published.
func listCollectionItems(c *call) reply {
	x, missing := c.collection()
	if missing != nil {
		return *missing
	}
	rows := slices.DeleteFunc(c.itemsIn(x), func(i *item) bool { return !c.matchesItem(i) })
	r := c.pageOfItems(rows)
	if page, isPage := r.body.(listView[itemView]); isPage {
		r.body = struct {
			Data []itemView `json:"data"`
		}{page.Data}
	}
	return r
}

func postCollectionItem(c *call) reply {
	f := c.object("id*")
	id := f.str("id")
	x, missing := c.collection()
	switch {
	case missing != nil:
		return *missing
	case f.err != "":
		return c.badRequest("%s", f.err)
	}
	i, found := c.items().get(id)
	switch {
	case !found || !c.seesItem(i):
		return c.notFound("no item %s", id)
	case slices.Contains(x.Items, id):
		return c.fail(http.StatusConflict, "HTTP-409", "item %s is in the collection", id)
	}
	x.Items = append(x.Items, id)
	return created(c.viewItem(i))
}

// collectionItem returns the collection and the item of the path.
func (c *call) collectionItem() (*collection, *item, *reply) {
	x, missing := c.collection()
	if missing != nil {
		return nil, nil, missing
	}
	i, missing := c.item()
	if missing == nil && !slices.Contains(x.Items, i.ID) {
		r := c.notFound("item %s is not in the collection", i.ID)
		missing = &r
	}
	return x, i, missing
}

func getCollectionItem(c *call) reply {
	_, i, missing := c.collectionItem()
	if missing != nil {
		return *missing
	}
	return ok(c.viewItem(i))
}

func deleteCollectionItem(c *call) reply {
	x, i, missing := c.collectionItem()
	if missing != nil {
		return *missing
	}
	x.Items = slices.DeleteFunc(x.Items, func(id string) bool { return id == i.ID })
	return empty(http.StatusNoContent)
}

// itemCollections are the collections that an item is in.
func itemCollections(c *call) reply {
	i, missing := c.item()
	if missing != nil {
		return *missing
	}
	rows := slices.DeleteFunc(slices.Clone(c.tenant.Collections.rows), func(x *collection) bool {
		return !slices.Contains(x.Items, i.ID) || !c.seesCollection(x) || !c.matchesCollection(x)
	})
	return c.pageOfCollections(rows)
}

// ItemID returns the ID by which the index of items knows an app.
func (t *Tenant) ItemID(app string) string { return t.itemID(app) }

type dumpCollection struct {
	Name        string   `json:"name"`
	Type        string   `json:"type"`
	Description string   `json:"description"`
	Items       []string `json:"items"` // spaces and names of apps
	ID          string   `json:"id"`
}

func (t *Tenant) dumpCollections() (list []dumpCollection) {
	for _, x := range t.Collections.rows {
		d := dumpCollection{x.Name, x.Type, x.Description, []string{}, x.ID}
		for _, id := range x.Items {
			if i, found := t.Items.Rows.get(id); found {
				s, _ := t.Spaces.get(i.Space)
				name := i.Name
				if s != nil {
					name = s.Name + "/" + name
				}
				d.Items = append(d.Items, name)
			}
		}
		slices.Sort(d.Items)
		list = append(list, d)
	}
	return list
}
