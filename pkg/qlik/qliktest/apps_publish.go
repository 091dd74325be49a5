package qliktest

import (
	"cmp"
	"net/http"
)

// A publishing is what the bodies of publish and republish have in common.
type publishing struct {
	name, description string
	hasDescription    bool
	data              string
	err               string
}

func (c *call) publishing(f *fields) publishing {
	in := c.attributes(f, "name", "description")
	p := publishing{name: in.str("name"), description: in.str("description"), hasDescription: in.has("description"), data: f.oneOf("data", "source", "target")}
	p.err = cmp.Or(f.err, in.err)
	return p
}

// publishApp makes a new app in a managed space, whatever was published there
// before.
func publishApp(c *call) reply {
	f := c.object("spaceId*", "attributes", "data", "moveApp", "originAppId")
	spaceID, move, origin := f.str("spaceId"), f.bool("moveApp"), f.str("originAppId")
	p := c.publishing(f)
	if p.err != "" {
		return c.badRequest("%s", p.err)
	}
	a, refused := c.app(toPublish)
	if refused != nil {
		return *refused
	}
	s, found := c.tenant.Spaces.get(spaceID)
	switch {
	case !found || !c.sees(s):
		return c.notFound("no space %s", spaceID)
	case s.Type != "managed":
		return c.badRequest("space %q is not managed", s.Name)
	case a.Published != 0:
		return c.badRequest("the app is itself a published copy") // assumed
	case !c.mayIn(s, toPublish):
		return c.forbidden("no right to publish into this space")
	case c.now < s.Created.add(c.cloud.opts.SpaceLag):
		return c.notFound("space %s is not ready yet", s.ID) // assumed: 404
	case move && origin == "":
		return c.badRequest("moveApp needs originAppId")
	}
	if move {
		c.tenant.Apps.rename(a, func() { a.publish(p, c.now) })
		a.Space, a.Origin = s.ID, origin
		c.tenant.indexApp(a, c.now)
		return ok(c.viewApp(a))
	}
	twin := *a
	// assumed: the copy belongs to who publishes.
	twin.Owner, twin.Space, twin.Origin = c.caller.ID, s.ID, a.ID
	twin.publish(p, c.now)
	twin.Opens = c.now.add(c.cloud.opts.PublishLag)
	twin.Kept = nil
	// assumed: data "target" on a first publish leaves the copy without data.
	twin.HasData = a.HasData && p.data != "target"
	c.addApp(&twin, "published "+a.ID+" "+s.ID)
	return ok(c.viewApp(&twin))
}

// publish sets what publishing sets.
func (a *app) publish(p publishing, now stamp) {
	a.Name, a.Published, a.Modified = cmp.Or(p.name, a.Name), now, now
	if p.hasDescription {
		a.Description = p.description
	}
}

// republishApp puts the content of the app of the path into a published app,
// whose id stays.
func republishApp(c *call) reply {
	f := c.object("targetId*", "attributes", "data", "checkOriginAppId", "spaceId")
	id, check := f.str("targetId"), !f.has("checkOriginAppId") || f.bool("checkOriginAppId")
	p := c.publishing(f)
	if p.err != "" {
		return c.badRequest("%s", p.err)
	}
	a, refused := c.app(toPublish)
	if refused != nil {
		return *refused
	}
	target, found := c.tenant.Apps.get(id)
	switch {
	case !found:
		return c.notFound("no app %s", id)
	case !c.may(target, toPublish):
		return c.forbidden("no right to publish into the space of the target")
	case target.Published == 0 || target == a:
		return c.badRequest("the target is not a published app")
	case check && target.Origin != a.ID:
		return c.fail(http.StatusBadRequest, "HTTP-400", "the target was published from %s", target.Origin)
	}
	// assumed: without attributes the target keeps its name and takes the
	// description of the source.
	target.Description = a.Description
	c.tenant.Apps.rename(target, func() { target.publish(p, c.now) })
	if c.currentScript(target).Script != c.currentScript(a).Script {
		c.tenant.stopTasks(target.ID, "", "APP-SCRIPT-UPDATED") // assumed: whosever they are
	}
	target.Content, target.Scripts, target.Weight = a.Content, a.Scripts, a.Weight
	if p.data != "target" {
		target.HasData, target.Reloaded = a.HasData, a.Reloaded
	}
	c.tenant.indexApp(target, c.now)
	return ok(c.viewApp(target))
}

type restoredView struct {
	Attributes restoredAttributes `json:"attributes"`
	Privileges []string           `json:"privileges"`
	Create     []createView       `json:"create"`
}

type restoredAttributes struct {
	ID          string `json:"id"`
	Name        string `json:"name"`
	Description string `json:"description"`
	OwnerID     string `json:"ownerId"`
	SpaceID     string `json:"spaceId,omitempty"`
	OriginAppID string `json:"originAppId,omitempty"`
	CreatedAt   stamp  `json:"createdAt"`
	UpdatedAt   stamp  `json:"updatedAt"`
	ReloadedAt  stamp  `json:"reloadedAt"`
	PromotedAt  stamp  `json:"promotedAt"`
}

// analyticsAppsService is the newer base of some app operations.
var analyticsAppsService = &service{name: "apps", envelope: envPlain, routes: []route{
	{method: "POST", path: "/api/analytics/apps/{appId}/actions/restore", tier: tier2, handle: restoreApp},
}}

// restoreApp brings a deleted app back, with its id, into its space.
func restoreApp(c *call) reply {
	t := c.tenant
	a, found := t.Trash.get(c.arg("appId"))
	if found && a.Deleted.add(trashTime) < c.now {
		t.Trash.remove(a)
		found = false
	}
	if !found {
		return c.notFound("no deleted app %s", c.arg("appId"))
	}
	if _, exists := t.Spaces.get(a.Space); a.Space != "" && !exists || a.Owner != c.caller.ID && !c.isAdmin() {
		return c.forbidden("only the owner or a TenantAdmin restores an app, and only into a space that still exists")
	}
	t.Trash.remove(a)
	a.Deleted = 0
	t.Apps.add(a)
	t.indexApp(a, c.now)
	return ok(restoredView{
		restoredAttributes{a.ID, a.Name, a.Description, a.Owner, a.Space, a.Origin, a.Created, a.Modified, a.Reloaded, a.Published},
		c.privileges(a), []createView{},
	})
}
