package githubtest

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
)

var refRoutes = []route{
	{method: "GET", path: repoPath + "/git/ref/{ref...}", need: "contents:read", handle: oneRef},
	{method: "POST", path: repoPath + "/git/refs", need: "contents:write", handle: createRef},
	{method: "PATCH", path: repoPath + "/git/refs/{ref...}", need: "contents:write", handle: updateRef},
	{method: "DELETE", path: repoPath + "/git/refs/{ref...}", need: "contents:write", handle: deleteRef},
	{method: "GET", path: repoPath + "/tags", need: "metadata:read", query: "per_page page", handle: listTags},
}

func (c *call) refView(name string) object {
	out := c.repo.git.must("for-each-ref", "--format=%(objectname) %(objecttype)", name)
	sha, kind, _ := strings.Cut(out, " ")
	at := c.site.in(c.repo, "/git/"+(&url.URL{Path: name}).EscapedPath())
	return object{
		"ref": name, "node_id": "REF_" + sha[:12], "url": at,
		"object": object{"type": kind, "sha": sha, "url": c.site.in(c.repo, "/git/"+kind+"s/"+sha)},
	}
}

// ref finds the ref that the path names, without "refs/".
func (c *call) ref() string {
	name := "refs/" + c.args["ref"]
	if _, found := c.repo.git.refs(name)[name]; !found {
		return ""
	}
	return name
}

func oneRef(c *call) reply {
	name := c.ref()
	if name == "" {
		c.notFound()
	}
	return ok(c.refView(name))
}

// https://docs.github.com/rest/git/refs#create-a-reference
func createRef(c *call) reply {
	f := c.object("Reference", "ref*", "sha*")
	name, sha := f.text("ref", ""), f.text("sha", "")
	_, err := c.repo.git.run("", "check-ref-format", name)
	switch {
	case err != nil || strings.Count(name, "/") < 2 || !strings.HasPrefix(name, "refs/") || strings.HasPrefix(name, "refs/pull/"):
		refuse(http.StatusUnprocessableEntity, "Reference name must start with 'refs/' and contain two slashes.")
	case !c.hasObject(sha):
		refuse(http.StatusUnprocessableEntity, "Object does not exist")
	}
	if _, taken := c.repo.git.refs(name)[name]; taken {
		refuse(http.StatusUnprocessableEntity, "Reference already exists")
	}
	if _, err := c.repo.git.run("", "update-ref", name, sha, strings.Repeat("0", 40)); err != nil {
		refuse(http.StatusUnprocessableEntity, "Reference cannot be created") // another ref is in the way
	}
	c.repo.pushed()
	return created(c.refView(name))
}

func (c *call) hasObject(sha string) bool {
	_, err := c.repo.git.run("", "cat-file", "-e", sha)
	return fullSHA.MatchString(sha) && err == nil
}

func updateRef(c *call) reply {
	f := c.object("Reference", "sha*", "force")
	name, sha := c.ref(), f.text("sha", "")
	switch {
	case name == "":
		refuse(http.StatusUnprocessableEntity, "Reference does not exist")
	case !c.hasObject(sha):
		refuse(http.StatusUnprocessableEntity, "Object does not exist")
	case !f.flag("force", false) && !c.repo.git.isAncestor(name, sha):
		refuse(http.StatusUnprocessableEntity, "Update is not a fast forward")
	}
	c.repo.git.must("update-ref", name, sha)
	c.repo.pushed()
	return ok(c.refView(name))
}

func deleteRef(c *call) reply {
	name := c.ref()
	if name == "" {
		refuse(http.StatusUnprocessableEntity, "Reference does not exist")
	}
	c.repo.git.must("update-ref", "-d", name)
	c.repo.pushed()
	return empty()
}

// listTags lists tags by name, the last first.
func listTags(c *call) reply {
	var names []string
	for name := range c.repo.git.refs("refs/tags/") {
		names = append(names, name)
	}
	slices.Sort(names)
	all := []object{}
	for _, ref := range backwards(names) {
		name, sha := strings.TrimPrefix(ref, "refs/tags/"), c.repo.git.commit(ref)
		all = append(all, object{
			"name": name, "node_id": "REF_" + sha[:12], "commit": object{"sha": sha, "url": c.site.in(c.repo, "/commits/"+sha)},
			"zipball_url": c.site.in(c.repo, "/zipball/"+ref), "tarball_url": c.site.in(c.repo, "/tarball/"+ref),
		})
	}
	return c.list(all)
}
