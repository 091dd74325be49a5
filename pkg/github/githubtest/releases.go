package githubtest

import (
	"fmt"
	"net/http"
	"time"
)

type release struct {
	id                          int64
	tag, target, name, body, by string
	draft, prerelease           bool
	created, published          time.Time
	assets                      []*asset
}

var releaseRoutes = []route{
	{method: "POST", path: repoPath + "/releases", need: "contents:write", create: true, handle: createRelease},
	{method: "GET", path: repoPath + "/releases", need: "contents:read", query: "per_page page", handle: listReleases},
	{method: "GET", path: repoPath + "/releases/tags/{tag...}", need: "contents:read", handle: releaseByTag},
	{method: "GET", path: repoPath + "/releases/{release_id}", need: "contents:read", handle: func(c *call) reply { return ok(c.releaseView(c.release())) }},
	{method: "PATCH", path: repoPath + "/releases/{release_id}", need: "contents:write", handle: editRelease},
}

func (c *call) release() *release {
	id := c.number("release_id")
	for _, r := range c.repo.releases {
		if r.id == id {
			return r
		}
	}
	c.notFound()
	return nil
}

var releaseFields = []string{"target_commitish", "name", "body", "draft", "prerelease", "make_latest"}

// createRelease makes the tag too, where there is none and it is not a draft.
//
// https://docs.github.com/rest/releases/releases#create-a-release
func createRelease(c *call) reply {
	f := c.object("Release", append([]string{"tag_name*"}, releaseFields...)...)
	r := &release{tag: f.text("tag_name", ""), target: "main", by: c.login(), created: c.now}
	if _, err := c.repo.git.run("", "check-ref-format", "refs/tags/"+r.tag); err != nil {
		invalid("Release", "tag_name", "invalid", "tag_name is not a valid tag")
	}
	c.fillRelease(f, r)
	if r.draft && c.repo.git.commit("refs/tags/"+r.tag) == "" {
		c.refuseWorkflows(c.repo.resolve(r.target)) // assumed: of drafts too, the documentation makes no difference
	}
	r.id = c.hub.next()
	c.repo.releases = append(c.repo.releases, r)
	return created(c.releaseView(r))
}

func editRelease(c *call) reply {
	old := c.release()
	f := c.object("Release", append([]string{"tag_name"}, releaseFields...)...)
	r := *old
	r.tag = f.text("tag_name", r.tag)
	c.fillRelease(f, &r)
	*old = r
	return ok(c.releaseView(old))
}

// fillRelease reads what creating and editing have in common, and publishes.
func (c *call) fillRelease(f *fields, r *release) {
	f.oneOf("make_latest", "true", "true", "false", "legacy")
	r.target, r.name = f.text("target_commitish", r.target), f.text("name", r.name)
	r.body = f.atMost("body", r.body, 125000) // assumed: seen on github.com, not documented
	r.draft, r.prerelease = f.flag("draft", r.draft), f.flag("prerelease", r.prerelease)
	for _, other := range c.repo.releases {
		if other.tag == r.tag && other.id != r.id && !other.draft { // of drafts there can be many
			invalid("Release", "tag_name", "already_exists", "")
		}
	}
	if r.draft || !r.published.IsZero() {
		return
	}
	if c.repo.git.commit("refs/tags/"+r.tag) == "" {
		sha := c.repo.resolve(r.target)
		if sha == "" {
			invalid("Release", "target_commitish", "invalid", "")
		}
		c.refuseWorkflows(sha)
		c.repo.git.must("update-ref", "refs/tags/"+r.tag, sha)
	}
	r.published = c.now
}

// refuseWorkflows keeps a GITHUB_TOKEN from tagging a commit whose workflows
// differ from those of main: it never has that permission.
func (c *call) refuseWorkflows(sha string) {
	if c.token.Kind != Actions || sha == "" {
		return
	}
	if c.repo.git.must("diff", "--name-only", "refs/heads/main", sha, "--", ".github/workflows") != "" {
		refuse(http.StatusNotFound, "Not Found")
	}
}

func (c *call) releaseView(r *release) object {
	at := c.site.in(c.repo, fmt.Sprintf("/releases/%d", r.id))
	return object{
		"id": r.id, "node_id": node("RE", r.id), "url": at, "assets_url": at + "/assets", "html_url": c.site.web(c.repo, "/releases/tag/"+r.tag),
		"upload_url": fmt.Sprintf("%s/repos/%s/releases/%d/assets{?name,label}", c.site.uploads(), c.repo.FullName(), r.id),
		"tag_name":   r.tag, "target_commitish": r.target, "name": orNull(r.name), "body": orNull(r.body), "draft": r.draft, "prerelease": r.prerelease,
		"author": c.site.user(c.hub, r.by), "assets": c.assetViews(r), "created_at": stamp(r.created), "published_at": stamp(r.published),
		"tarball_url": c.site.in(c.repo, "/tarball/"+r.tag), "zipball_url": c.site.in(c.repo, "/zipball/"+r.tag), "immutable": false,
	}
}

// listReleases lists the newest first; drafts only to those who may write.
func listReleases(c *call) reply {
	all := []object{}
	for _, r := range backwards(c.repo.releases) {
		if !r.draft || c.token.allows(c.repo, "contents", "write") {
			all = append(all, c.releaseView(r))
		}
	}
	return c.list(all)
}

// releaseByTag knows published releases only.
func releaseByTag(c *call) reply {
	for _, r := range c.repo.releases {
		if r.tag == c.args["tag"] && !r.draft {
			return ok(c.releaseView(r))
		}
	}
	c.notFound()
	return reply{}
}
