package githubtest

import (
	"crypto/sha256"
	"fmt"
	"regexp"
	"strings"
	"time"
)

// An asset is a file of a release.
type asset struct {
	id         int64
	name, kind string
	content    []byte
	starter    bool // an upload that did not end
	by         string
	created    time.Time
}

// assetRoutes: where uploads go, a release says in its upload_url.
var assetRoutes = []route{
	{method: "POST", path: repoPath + "/releases/{release_id}/assets", need: "contents:write", query: "name label", create: true, raw: true, handle: uploadAsset},
	{method: "GET", path: repoPath + "/releases/assets/{asset_id}", need: "contents:read", handle: getAsset},
	{method: "DELETE", path: repoPath + "/releases/assets/{asset_id}", need: "contents:write", handle: deleteAsset},
}

// uploadAsset keeps a file under a name that no other asset of the release has.
//
// https://docs.github.com/rest/releases/assets#upload-a-release-asset
func uploadAsset(c *call) reply {
	if c.site.API != c.site.Web && !c.upload {
		c.hub.complain("POST %s: uploads do not go to the API, but where the release says", c.route.path)
		c.notFound()
	}
	r := c.release()
	name := plainName(c.query.Get("name"))
	if name == "" || len(c.body) == 0 {
		invalid("ReleaseAsset", "name", "missing_field", "")
	}
	for _, old := range r.assets {
		if old.name == name {
			invalid("ReleaseAsset", "name", "already_exists", "")
		}
	}
	a := &asset{id: c.hub.next(), name: name, kind: c.req.Header.Get("Content-Type"), content: c.body, by: c.login(), created: c.now}
	if c.fate == halfDone {
		a.content, a.starter = nil, true
	}
	r.assets = append(r.assets, a)
	return created(c.assetView(r, a))
}

var special = regexp.MustCompile(`[^A-Za-z0-9._-]+`)

// plainName is what GitHub makes of a name.
// assumed: a dot in place of special characters, none at the ends.
func plainName(name string) string { return strings.Trim(special.ReplaceAllString(name, "."), ".") }

func getAsset(c *call) reply {
	id := c.number("asset_id")
	for _, r := range c.repo.releases {
		for _, a := range r.assets {
			if a.id == id {
				return ok(c.assetView(r, a))
			}
		}
	}
	c.notFound()
	return reply{}
}

func deleteAsset(c *call) reply {
	id := c.number("asset_id")
	for _, r := range c.repo.releases {
		for i, a := range r.assets {
			if a.id == id {
				r.assets = append(r.assets[:i], r.assets[i+1:]...)
				return empty()
			}
		}
	}
	c.notFound()
	return reply{}
}

func (c *call) assetView(r *release, a *asset) object {
	state, digest := "uploaded", any(fmt.Sprintf("sha256:%x", sha256.Sum256(a.content)))
	if a.starter {
		state, digest = "starter", nil
	}
	return object{
		"id": a.id, "node_id": node("RA", a.id), "url": c.site.in(c.repo, fmt.Sprintf("/releases/assets/%d", a.id)),
		"browser_download_url": c.site.web(c.repo, "/releases/download/"+r.tag+"/"+a.name), "name": a.name, "label": nil, "state": state,
		"content_type": a.kind, "size": len(a.content), "digest": digest, "download_count": 0,
		"created_at": stamp(a.created), "updated_at": stamp(a.created), "uploader": c.site.user(c.hub, a.by),
	}
}

func (c *call) assetViews(r *release) []object {
	all := []object{}
	for _, a := range r.assets {
		all = append(all, c.assetView(r, a))
	}
	return all
}
