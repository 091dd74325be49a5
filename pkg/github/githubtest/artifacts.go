package githubtest

import (
	"crypto/hmac"
	"crypto/sha256"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// An artifact is a zip that a run left behind.
type artifact struct {
	id               int64
	name             string
	zip              []byte
	run              *Run
	created, expires time.Time
}

const (
	storePath   = "/_store/" // where downloads are
	storeTime   = time.Minute
	artifactAge = 90 * 24 * time.Hour
)

var artifactRoutes = []route{
	{method: "GET", path: repoPath + "/actions/artifacts", need: "actions:read", query: "per_page page name", handle: func(c *call) reply {
		return c.artifactList(c.repo.artifacts)
	}},
	{method: "GET", path: repoPath + "/actions/artifacts/{artifact_id}", need: "actions:read", handle: func(c *call) reply {
		return ok(c.artifactView(c.artifact()))
	}},
	{method: "GET", path: repoPath + "/actions/artifacts/{artifact_id}/zip", need: "actions:read", handle: download},
	{method: "GET", path: repoPath + "/actions/runs/{run_id}/artifacts", need: "actions:read", query: "per_page page name direction", handle: runArtifacts},
	{method: "GET", path: repoPath + "/actions/runs/{run_id}", need: "actions:read", query: "exclude_pull_requests", handle: func(c *call) reply {
		return ok(c.site.run(c.run()))
	}},
}

// AddArtifact attaches a zip to a run, as actions/upload-artifact does. The
// name must be new within the run.
func (r *Repo) AddArtifact(run *Run, name string, zip []byte) error {
	defer r.lock()()
	for _, a := range r.artifacts {
		if a.run == run && a.name == name {
			return fmt.Errorf("run %d has an artifact %q already", run.ID, name)
		}
	}
	now := r.hub.now()
	r.artifacts = append(r.artifacts, &artifact{r.hub.next(), name, zip, run, now, now.Add(artifactAge)})
	return nil
}

func (c *call) artifact() *artifact {
	id := c.number("artifact_id")
	for _, a := range c.repo.artifacts {
		if a.id == id {
			return a
		}
	}
	c.notFound()
	return nil
}

func (c *call) run() *Run {
	id := c.number("run_id")
	for _, r := range c.repo.runs {
		if r.ID == id {
			return r
		}
	}
	c.notFound()
	return nil
}

func (c *call) artifactView(a *artifact) object {
	at := c.site.in(c.repo, fmt.Sprintf("/actions/artifacts/%d", a.id))
	return object{
		"id": a.id, "node_id": node("A", a.id), "name": a.name, "size_in_bytes": len(a.zip), "url": at, "archive_download_url": at + "/zip",
		"expired": !c.now.Before(a.expires), "created_at": stamp(a.created), "updated_at": stamp(a.created), "expires_at": stamp(a.expires),
		"digest": fmt.Sprintf("sha256:%x", sha256.Sum256(a.zip)),
		"workflow_run": object{
			"id": a.run.ID, "repository_id": c.repo.id, "head_repository_id": a.run.head.id, "head_branch": a.run.HeadBranch, "head_sha": a.run.HeadSHA,
		},
	}
}

// artifactList lists the newest first, of one name if that is asked for.
func (c *call) artifactList(list []*artifact) reply {
	all := []object{}
	for _, a := range backwards(list) {
		if name := c.query.Get("name"); name == "" || name == a.name {
			all = append(all, c.artifactView(a))
		}
	}
	return c.listIn("artifacts", all)
}

func runArtifacts(c *call) reply {
	run := c.run()
	var list []*artifact
	for _, a := range c.repo.artifacts {
		if a.run == run {
			list = append(list, a)
		}
	}
	return c.artifactList(list)
}

// download sends the caller to a signed address, which needs no token and must
// not be given one.
//
// https://docs.github.com/rest/actions/artifacts#download-an-artifact
func download(c *call) reply {
	a := c.artifact()
	if !c.now.Before(a.expires) {
		refuse(http.StatusGone, "Artifact has expired")
	}
	path := fmt.Sprintf("%s%s/%d", storePath, c.repo.FullName(), a.id)
	until := strconv.FormatInt(c.now.Add(storeTime).Unix(), 10)
	at := c.site.Web + path + "?" + url.Values{"se": {until}, "sig": {signature(path, until)}}.Encode()
	return reply{status: http.StatusFound}.with("Location", at)
}

func signature(path, until string) string {
	mac := hmac.New(sha256.New, []byte("githubtest"))
	_, _ = mac.Write([]byte(path + " " + until))
	return fmt.Sprintf("%x", mac.Sum(nil))
}

// serveStore serves what download sends to. Like the blob store behind GitHub
// it refuses a request that carries credentials of another service.
func (h *Hub) serveStore(w http.ResponseWriter, r *http.Request) {
	h.mu.Lock()
	defer h.mu.Unlock()
	until := r.URL.Query().Get("se")
	limit, _ := strconv.ParseInt(until, 10, 64)
	switch {
	case r.Header.Get("Authorization") != "":
		h.complain("%s %s: a token was sent to the store of artifacts", r.Method, r.URL.Path)
		http.Error(w, "InvalidAuthenticationInfo", http.StatusBadRequest)
		return
	case !hmac.Equal([]byte(signature(r.URL.Path, until)), []byte(r.URL.Query().Get("sig"))) || h.now().Unix() > limit:
		http.Error(w, "AuthenticationFailed", http.StatusForbidden)
		return
	}
	parts := strings.Split(strings.TrimPrefix(r.URL.Path, storePath), "/")
	for _, a := range h.repos[parts[0]+"/"+parts[1]].artifacts {
		if strconv.FormatInt(a.id, 10) == parts[2] {
			w.Header().Set("Content-Type", "application/zip")
			w.Header().Set("Content-Length", strconv.Itoa(len(a.zip)))
			_, _ = w.Write(a.zip)
		}
	}
}
