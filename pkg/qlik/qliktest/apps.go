package qliktest

import (
	"cmp"
	"net/http"
	"time"
)

var appsService = &service{name: "apps", envelope: envText, routes: []route{
	{method: "POST", path: "/api/v1/apps", tier: tier2, handle: postApp},
	{method: "POST", path: "/api/v1/apps/import", tier: tier2, query: "NoData appId fallbackName fileId mode name spaceId", handle: importApp, raw: true},
	{method: "GET", path: "/api/v1/apps/privileges", tier: tier1, handle: appPrivileges},
	{method: "GET", path: "/api/v1/apps/{appId}", tier: tier1, handle: getApp},
	{method: "PUT", path: "/api/v1/apps/{appId}", tier: tier2, handle: putApp},
	{method: "DELETE", path: "/api/v1/apps/{appId}", tier: tier2, handle: deleteApp},
	{method: "POST", path: "/api/v1/apps/{appId}/copy", tier: tier2, handle: copyApp},
	{method: "POST", path: "/api/v1/apps/{appId}/export", tier: tier2, query: "NoData", handle: exportApp},
	{method: "POST", path: "/api/v1/apps/{appId}/publish", tier: tier2, handle: publishApp},
	{method: "PUT", path: "/api/v1/apps/{appId}/publish", tier: tier2, handle: republishApp},
	{method: "PUT", path: "/api/v1/apps/{appId}/space", tier: tier2, handle: moveApp},
	{method: "DELETE", path: "/api/v1/apps/{appId}/space", tier: tier2, handle: unplaceApp},
	{method: "PUT", path: "/api/v1/apps/{appId}/owner", tier: tier2, handle: changeAppOwner},
	{method: "GET", path: "/api/v1/apps/{appId}/scripts", tier: tier1, query: "filter limit page", handle: listScripts},
	{method: "POST", path: "/api/v1/apps/{appId}/scripts", tier: tier2, handle: postScript},
	{method: "GET", path: "/api/v1/apps/{appId}/scripts/{id}", tier: tier1, handle: getScript},
	{method: "PATCH", path: "/api/v1/apps/{appId}/scripts/{id}", tier: tier2, handle: patchScript},
	{method: "DELETE", path: "/api/v1/apps/{appId}/scripts/{id}", tier: tier2, handle: deleteScript},
}}

// An app lives in a space or, without one, in its owner's personal space.
type app struct {
	ID, Name, Description, Usage  string
	Space, Owner, Creator, Origin string
	Content                       string // sum of its blob
	HasData                       bool
	Kept                          []string        // what people have made in it, and with its id: bookmarks, private sheets, tasks
	Scripts                       []scriptVersion // oldest first; none means the script of the content
	Weight                        *Findings       // what evaluations find of the content; nil: what follows from it

	Created, Modified, Reloaded, Published stamp
	Opens                                  stamp // assumed: until then a new published app answers 403 to everyone
	Deleted                                stamp
	Natural                                string // what its id was derived from
}

func (a *app) rowID() string   { return a.ID }
func (a *app) rowName() string { return a.Name }

type appView struct {
	Attributes appAttributes `json:"attributes"`
	Privileges []string      `json:"privileges"`
	Create     []createView  `json:"create"`
}

type appAttributes struct {
	ID               string   `json:"id"`
	Name             string   `json:"name"`
	Description      string   `json:"description"`
	Thumbnail        string   `json:"thumbnail"`
	LastReloadTime   stamp    `json:"lastReloadTime"`
	CreatedDate      stamp    `json:"createdDate"`
	ModifiedDate     stamp    `json:"modifiedDate"`
	Owner            string   `json:"owner"`
	OwnerID          string   `json:"ownerId"`
	Published        bool     `json:"published"`
	PublishTime      stamp    `json:"publishTime"`
	OriginAppID      string   `json:"originAppId,omitempty"`
	SpaceID          string   `json:"spaceId,omitempty"`
	HasSectionAccess bool     `json:"hasSectionAccess"`
	Encrypted        bool     `json:"encrypted"`
	DirectQuery      bool     `json:"isDirectQueryMode"`
	Usage            string   `json:"usage"`
	Custom           struct{} `json:"custom"`
}

type createView struct {
	Resource  string `json:"resource"`
	CanCreate bool   `json:"canCreate"`
}

func (c *call) viewApp(a *app) appView {
	return appView{
		Attributes: appAttributes{
			ID: a.ID, Name: a.Name, Description: a.Description, LastReloadTime: a.Reloaded, CreatedDate: a.Created, ModifiedDate: a.Modified,
			Owner: "auth0|" + a.Owner, OwnerID: a.Owner, PublishTime: a.Published, OriginAppID: a.Origin, SpaceID: a.Space,
			Encrypted: true, Usage: cmp.Or(a.Usage, "ANALYTICS"),
		},
		Privileges: c.privileges(a), Create: []createView{{"sheet", c.may(a, toUpdate)}, {"bookmark", true}},
	}
}

// app returns the app of the path if the caller may do this with it.
func (c *call) app(d deed) (*app, *reply) {
	c.tenant.settleReloads(c.now)
	c.tenant.settleEvaluations(c.now)
	a, found := c.tenant.Apps.get(c.arg("appId"))
	var r reply
	switch {
	case !found:
		r = c.notFound("no app %s", c.arg("appId"))
	case !c.may(a, d):
		r = c.forbidden("no right to %s this app", d)
	case c.now < a.Opens && d != toPublish && d != toDelete:
		r = c.forbidden("access to this app is not ready yet")
	default:
		return a, nil
	}
	return nil, &r
}

// target checks a space that an app is to live in; "" is the personal space.
func (c *call) target(id string) *reply {
	if id == "" {
		return nil
	}
	var r reply
	switch s, found := c.tenant.Spaces.get(id); {
	case !found || !c.sees(s):
		r = c.notFound("no space %s", id)
	case s.Type != "shared": // assumed: 403
		r = c.forbidden("apps get into a %s space by publishing only", s.Type)
	case !c.mayIn(s, toImport):
		r = c.forbidden("no right to create apps in this space")
	default:
		return nil
	}
	return &r
}

// addApp stores a new app and tells the index.
func (c *call) addApp(a *app, natural string) {
	a.Natural, a.Created, a.Modified, a.Creator = natural, c.now, c.now, a.Owner
	a.ID = c.tenant.newID("app", natural, guid, func(id string) bool { return c.tenant.Apps.has(id) || c.tenant.Trash.has(id) })
	c.tenant.Apps.add(a)
	c.tenant.indexApp(a, c.now)
}

// attributes reads the attributes object of a body.
func (c *call) attributes(f *fields, names ...string) *fields {
	if !f.has("attributes") {
		return &fields{}
	}
	in := c.members(f.m["attributes"], names...)
	if in.err != "" {
		f.fail("attributes: %s", in.err)
	}
	return in
}

func postApp(c *call) reply {
	f := c.object("attributes")
	in := c.attributes(f, "name", "description", "spaceId", "locale", "usage")
	a := &app{Name: in.str("name"), Description: in.str("description"), Space: in.str("spaceId"), Usage: in.oneOf("usage", "ANALYTICS", "DATA_PREPARATION", "DATAFLOW_PREP", "SINGLE_TABLE_PREP", "DIRECT_QUERY_MODE"), Owner: c.caller.ID}
	if bad := cmp.Or(f.err, in.err); bad != "" {
		return c.badRequest("%s", bad)
	}
	if refused := c.target(a.Space); refused != nil {
		return *refused
	}
	a.Name = cmp.Or(a.Name, "New app")
	b, _ := c.cloud.blobs.put(QVF(QVFSpec{Title: a.Name, Description: a.Description}))
	a.Content = b.sum
	c.addApp(a, a.Space+" "+a.Name)
	return ok(c.viewApp(a))
}

func appPrivileges(c *call) reply {
	return ok([]string{"can_create_app", "can_import_app", "can_create_session_app"})
}

func getApp(c *call) reply {
	a, refused := c.app(toRead)
	if refused != nil {
		return *refused
	}
	return ok(c.viewApp(a))
}

// putApp changes name and description; nothing else of an app can be put.
func putApp(c *call) reply {
	f := c.object("attributes*")
	in := c.attributes(f, "name", "description")
	name, description := in.str("name"), in.str("description")
	if bad := cmp.Or(f.err, in.err); bad != "" {
		return c.badRequest("%s", bad)
	}
	a, refused := c.app(toUpdate)
	if refused != nil {
		return *refused
	}
	c.tenant.Apps.rename(a, func() {
		a.Name = cmp.Or(name, a.Name)
		if in.has("description") {
			a.Description = description
		}
		a.Modified = c.now
	})
	c.tenant.indexApp(a, c.now)
	return ok(c.viewApp(a))
}

func copyApp(c *call) reply {
	f := c.object("attributes")
	in := c.attributes(f, "name", "description", "spaceId", "locale", "usage")
	name, description, space := in.str("name"), in.str("description"), in.str("spaceId")
	if bad := cmp.Or(f.err, in.err); bad != "" {
		return c.badRequest("%s", bad)
	}
	a, refused := c.app(toDuplicate)
	if refused == nil {
		refused = c.target(space)
	}
	if refused != nil {
		return *refused
	}
	twin := *a
	twin.Name, twin.Description = cmp.Or(name, a.Name), cmp.Or(description, a.Description)
	twin.Space, twin.Owner, twin.Origin, twin.Published, twin.Opens = space, c.caller.ID, "", 0, 0
	c.addApp(&twin, space+" "+twin.Name)
	return ok(c.viewApp(&twin))
}

func moveApp(c *call) reply {
	f := c.object("spaceId*")
	space := f.str("spaceId")
	if f.err != "" {
		return c.badRequest("%s", f.err)
	}
	return c.placeApp(space)
}

func unplaceApp(c *call) reply { return c.placeApp("") }

func (c *call) placeApp(space string) reply {
	a, refused := c.app(toChangeSpace)
	if refused == nil {
		refused = c.target(space)
	}
	if refused != nil {
		return *refused
	}
	a.Space, a.Modified = space, c.now
	c.tenant.stopTasks(a.ID, "", "APP-MOVED-SPACE")
	c.tenant.indexApp(a, c.now)
	return ok(c.viewApp(a))
}

func changeAppOwner(c *call) reply {
	f := c.object("ownerId*")
	owner := f.str("ownerId")
	if f.err != "" {
		return c.badRequest("%s", f.err)
	}
	a, refused := c.app(toChangeOwner)
	if refused != nil {
		return *refused
	}
	if !c.tenant.Users.has(owner) {
		return c.notFound("no user %s", owner)
	}
	a.Owner, a.Modified = owner, c.now
	c.tenant.indexApp(a, c.now)
	return ok(c.viewApp(a))
}

// What is known of deletion: an app older than softAge can be restored for
// trashTime, a younger one is gone at once.
const (
	softAge   = 45 * time.Minute
	trashTime = 14 * 24 * time.Hour
)

func deleteApp(c *call) reply {
	a, refused := c.app(toDelete)
	if refused != nil {
		return *refused
	}
	t := c.tenant
	t.Apps.remove(a)
	t.dropTasks(a.ID)
	t.dropSharing(a.ID)
	t.unindexApp(a, c.now)
	t.bury("app", a.Natural)
	if a.Created.add(softAge) < c.now {
		a.Deleted = c.now
		t.Trash.add(a)
	}
	return empty(http.StatusOK)
}
