package qliktest

import (
	"encoding/json"
	"net/http"
	"strings"
	"unicode/utf8"
)

const pinnedLinksPath = "/api/v1/ui-config/pinned-links"

var uiConfigService = &service{name: "ui-config", envelope: envPlain, routes: []route{
	{method: "GET", path: pinnedLinksPath, tier: tier1, handle: listPinnedLinks},
	{method: "POST", path: pinnedLinksPath + "/actions/bulk-create-pinned-links", tier: tier2, handle: pinLinks},
	{method: "POST", path: pinnedLinksPath + "/actions/delete-all-pinned-links", tier: tier2, handle: unpinLinks},
}}

// A pinnedLink is one of the tenant's, in the order in which they were made.
type pinnedLink struct {
	ID, Name, Link string
	Created        stamp
	By             string
}

type pinnedLinkView struct {
	ID        string `json:"id"`
	TenantID  string `json:"tenantId"`
	Name      string `json:"name"`
	Link      string `json:"link"`
	Scope     string `json:"scope"`
	Type      string `json:"type"`
	CreatedAt stamp  `json:"createdAt"`
	CreatedBy string `json:"createdBy"`
}

func (c *call) viewPinnedLinks() map[string]any {
	list := []pinnedLinkView{}
	for _, l := range c.tenant.Pinned {
		list = append(list, pinnedLinkView{l.ID, c.tenant.ID, l.Name, l.Link, "tenant", "custom-link", l.Created, l.By})
	}
	return map[string]any{"data": list}
}

func listPinnedLinks(c *call) reply { return ok(c.viewPinnedLinks()) }

const mostPinned = 50

// pinLinks adds links after those that are there, all or none.
func pinLinks(c *call) reply {
	f := c.object("scope*", "type*", "links*")
	f.oneOf("scope", "tenant")
	f.oneOf("type", "custom-link")
	var raw []json.RawMessage
	f.decode("links", &raw, "a list")
	added := append([]pinnedLink{}, c.tenant.Pinned...)
	has := func(id string) bool {
		for _, l := range added {
			if l.ID == id {
				return true
			}
		}
		return false
	}
	for _, b := range raw {
		g := c.members(b, "name*", "link*")
		l := pinnedLink{Name: g.str("name"), Link: g.str("link"), Created: c.now, By: c.caller.ID}
		switch {
		case g.err != "":
			f.fail("%s", g.err)
		case l.Name == "" || utf8.RuneCountInString(l.Name) > 50 || !strings.HasPrefix(l.Link, "https://"):
			f.fail("%q and %q are no link", l.Name, l.Link)
		}
		l.ID = c.tenant.newID("pinned link", l.Name, hex24, has)
		added = append(added, l)
	}
	if len(added) > mostPinned {
		f.fail("%d links are the most", mostPinned)
	}
	switch {
	case !c.isAdmin():
		return c.forbidden("only a TenantAdmin may pin links for everybody")
	case f.err != "":
		return c.badRequest("%s", f.err)
	}
	c.tenant.Pinned = added
	return ok(c.viewPinnedLinks())
}

func unpinLinks(c *call) reply {
	if !c.isAdmin() {
		return c.forbidden("only a TenantAdmin may pin links for everybody")
	}
	for _, l := range c.tenant.Pinned {
		c.tenant.bury("pinned link", l.Name)
	}
	c.tenant.Pinned = nil
	return empty(http.StatusNoContent)
}
