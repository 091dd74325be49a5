package githubtest

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

var commitRoutes = []route{
	{method: "GET", path: repoPath + "/commits/{ref...}", need: "contents:read", query: "page per_page", handle: oneCommit},
	{method: "GET", path: repoPath + "/compare/{basehead...}", need: "contents:read", query: "page per_page", handle: compare},
}

// mustCommit finds the commit of a sha, branch or tag; GitHub answers 422 to
// what it does not know.
func (c *call) mustCommit(ref string) string {
	sha := c.repo.resolve(ref)
	if sha == "" {
		refuse(http.StatusUnprocessableEntity, "No commit found for SHA: %s", ref)
	}
	return sha
}

// resolve finds the commit that a name of the API means, "" for none.
func (r *Repo) resolve(ref string) string {
	for _, name := range []string{"refs/heads/" + ref, "refs/tags/" + ref, "refs/" + ref, ref} {
		if strings.ContainsAny(name, "~^:@ \\") {
			return ""
		}
		if sha := r.git.commit(name); sha != "" {
			return sha
		}
	}
	return ""
}

func (s Site) commit(r *Repo, sha string) object {
	out := r.git.must("show", "-s", "--format=%T%x00%P%x00%an%x00%ae%x00%aI%x00%cn%x00%ce%x00%cI%x00%B", sha)
	p := strings.SplitN(out, "\x00", 9)
	at := s.in(r, "/commits/"+sha)
	parents := []object{}
	for _, parent := range strings.Fields(p[1]) {
		parents = append(parents, object{"sha": parent, "url": s.in(r, "/commits/"+parent), "html_url": s.web(r, "/commit/"+parent)})
	}
	return object{
		"sha": sha, "node_id": "C_" + sha[:12], "url": at, "html_url": s.web(r, "/commit/"+sha), "comments_url": at + "/comments",
		"author": nil, "committer": nil, "parents": parents,
		"commit": object{
			"url": s.in(r, "/git/commits/"+sha), "message": strings.TrimSpace(p[8]), "comment_count": 0,
			"author":       object{"name": p[2], "email": p[3], "date": p[4]},
			"committer":    object{"name": p[5], "email": p[6], "date": p[7]},
			"tree":         object{"sha": p[0], "url": s.in(r, "/git/trees/"+p[0])},
			"verification": object{"verified": false, "reason": "unsigned", "signature": nil, "payload": nil, "verified_at": nil},
		},
	}
}

// A file is one line of a diff.
type file struct {
	name, old, status, blob string
	added, removed          int
}

// files lists what changed between the merge base and a head.
func (r *Repo) files(base, head string) []file {
	raw := r.git.must("diff", "--raw", "--no-abbrev", "-M", "-z", base+"..."+head)
	counts := map[string][2]int{}
	for line := range strings.Lines(r.git.must("-c", "core.quotePath=false", "diff", "--numstat", "--no-renames", base+"..."+head)) {
		p := strings.SplitN(strings.TrimSpace(line), "\t", 3)
		added, _ := strconv.Atoi(p[0]) // "-" of a binary file is 0
		removed, _ := strconv.Atoi(p[1])
		counts[p[2]] = [2]int{added, removed}
	}
	var list []file
	for words := strings.Split(raw, "\x00"); len(words) > 1; {
		meta := strings.Fields(words[0]) // :mode mode blob blob status
		f := file{name: words[1], blob: meta[3]}
		words = words[2:]
		switch meta[4][0] {
		case 'A':
			f.status = "added"
		case 'D':
			f.status, f.blob = "removed", meta[2]
		case 'R':
			f.status, f.old, f.name, words = "renamed", f.name, words[0], words[1:]
		default:
			f.status = "modified"
		}
		if f.status != "renamed" {
			f.added, f.removed = counts[f.name][0], counts[f.name][1]
		}
		list = append(list, f)
	}
	return list
}

func (c *call) fileView(f file, sha string) object {
	escaped := (&url.URL{Path: f.name}).EscapedPath()
	v := object{
		"sha": f.blob, "filename": f.name, "status": f.status, "additions": f.added, "deletions": f.removed, "changes": f.added + f.removed,
		"blob_url": c.site.web(c.repo, "/blob/"+sha+"/"+escaped), "raw_url": c.site.web(c.repo, "/raw/"+sha+"/"+escaped),
		"contents_url": c.site.in(c.repo, "/contents/"+escaped+"?ref="+sha),
	}
	if f.old != "" {
		v["previous_filename"] = f.old
	}
	return v
}

// maxFiles is how many files of a pull request can be listed.
const maxFiles = 3000

func listFiles(c *call) reply {
	c.repo.pushed()
	p := c.pull().pull
	all := []object{}
	for _, f := range c.repo.files(p.baseSHA, p.headSHA) {
		if len(all) < maxFiles {
			all = append(all, c.fileView(f, p.headSHA))
		}
	}
	return c.list(all)
}

func oneCommit(c *call) reply {
	sha := c.mustCommit(c.args["ref"])
	v := c.site.commit(c.repo, sha)
	parents := v["parents"].([]object)
	added, removed, files := 0, 0, []object{}
	if len(parents) > 0 {
		for _, f := range c.repo.files(parents[0]["sha"].(string), sha) {
			added, removed = added+f.added, removed+f.removed
			files = append(files, c.fileView(f, sha))
		}
	}
	v["stats"], v["files"] = object{"additions": added, "deletions": removed, "total": added + removed}, files
	return ok(v)
}

// compare answers BASE...HEAD. Commits come a page at a time, files with the
// first page, at most 300.
func compare(c *call) reply {
	base, head, three := strings.Cut(c.args["basehead"], "...")
	from, to := c.repo.resolve(base), c.repo.resolve(head)
	if !three || from == "" || to == "" {
		c.notFound()
	}
	fork, err := c.repo.git.run("", "merge-base", from, to)
	if err != nil {
		refuse(http.StatusNotFound, "No common ancestor between %s and %s.", base, head)
	}
	ahead, behind := c.repo.git.count(from+".."+to), c.repo.git.count(to+".."+from)
	status := "diverged"
	switch {
	case ahead == 0 && behind == 0:
		status = "identical"
	case behind == 0:
		status = "ahead"
	case ahead == 0:
		status = "behind"
	}
	commits := []object{}
	for sha := range strings.FieldsSeq(c.repo.git.must("rev-list", "--reverse", from+".."+to)) {
		commits = append(commits, c.site.commit(c.repo, sha))
	}
	part, rep := c.page(commits)
	files := []object{}
	if c.positive("page", 1) == 1 {
		for _, f := range c.repo.files(from, to) {
			files = append(files, c.fileView(f, to))
		}
	}
	page := c.site.web(c.repo, "/compare/"+c.args["basehead"])
	rep.body = object{
		"url": c.site.in(c.repo, "/compare/"+c.args["basehead"]), "html_url": page, "permalink_url": page, "diff_url": page + ".diff", "patch_url": page + ".patch",
		"base_commit": c.site.commit(c.repo, from), "merge_base_commit": c.site.commit(c.repo, fork), "status": status, "ahead_by": ahead, "behind_by": behind,
		"total_commits": ahead, "commits": part, "files": files[:min(300, len(files))],
	}
	return rep
}

// subject is the first line of a commit's message.
func (r *Repo) subject(sha string) string {
	out, err := r.git.run("", "show", "-s", "--format=%s", sha)
	if err != nil {
		return fmt.Sprintf("no commit %s", sha)
	}
	return out
}
