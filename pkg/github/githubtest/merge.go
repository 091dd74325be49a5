package githubtest

import (
	"fmt"
	"net/http"
)

func isMerged(c *call) reply {
	c.repo.pushed()
	if !c.pull().pull.merged {
		c.notFound()
	}
	return empty()
}

// https://docs.github.com/rest/pulls/pulls#merge-a-pull-request
func mergePull(c *call) reply {
	c.repo.pushed()
	i := c.pull()
	f := c.object("PullRequest", "commit_title", "commit_message", "sha", "merge_method")
	method := f.oneOf("merge_method", "merge", "merge", "squash", "rebase")
	if method == "rebase" {
		refuse(http.StatusMethodNotAllowed, "Rebase merges are not allowed on this repository.")
	}
	if want := f.text("sha", ""); want != "" && want != i.pull.headSHA {
		refuse(http.StatusConflict, "Head branch was modified. Review and try the merge again.")
	}
	sha, why := c.repo.mergePull(i, c.login(), method == "squash", f.text("commit_title", ""), f.text("commit_message", ""))
	if why != "" {
		refuse(http.StatusMethodNotAllowed, "%s", why)
	}
	return ok(object{"sha": sha, "merged": true, "message": "Pull Request successfully merged"})
}

// Merge merges a pull request as a person pressing the button does, and
// returns the merge commit. It panics where GitHub would refuse.
func (r *Repo) Merge(number int, login string) string {
	defer r.lock()()
	r.pushed()
	sha, why := r.mergePull(r.mustPull(number), login, false, "", "")
	if why != "" {
		panic(fmt.Sprintf("githubtest: merging #%d: %s", number, why))
	}
	return sha
}

// Close closes a pull request without merging it, as a person does.
func (r *Repo) Close(number int, login string) {
	defer r.lock()()
	i := r.mustPull(number)
	i.state, i.closed, i.closedBy = "closed", r.hub.now(), login
	i.note("closed", login, "", r)
}

func (r *Repo) mustPull(number int) *issue {
	if number < 1 || number > len(r.issues) || r.issues[number-1].pull == nil {
		panic(fmt.Sprintf("githubtest: %s has no pull request %d", r.FullName(), number))
	}
	return r.issues[number-1]
}

// mergePull makes the merge commit on the base branch, or says why it does not.
func (r *Repo) mergePull(i *issue, login string, squash bool, title, text string) (sha, why string) {
	p := i.pull
	switch {
	case i.state != "open":
		return "", "Pull Request is not mergeable"
	case p.draft:
		return "", "Pull Request is still a draft"
	case p.testMerge == "":
		return "", "Pull Request is not mergeable"
	}
	for _, name := range r.protected[p.baseRef] {
		if s := r.lastStatus(p.headSHA, name); s == nil || s.state != "success" {
			return "", fmt.Sprintf("Required status check %q is expected.", name)
		}
	}
	if title == "" {
		title = fmt.Sprintf("Merge pull request #%d from %s/%s", i.number, p.head.Owner, p.headRef)
		if squash {
			title = fmt.Sprintf("%s (#%d)", i.title, i.number)
		}
	}
	if text == "" && !squash {
		text = i.title
	}
	sha, _ = r.git.merge(p.baseSHA, p.headSHA, title+"\n\n"+text, squash)
	r.git.must("update-ref", "refs/heads/"+p.baseRef, sha, p.baseSHA)
	r.finish(i, sha, login)
	r.pushed()
	return sha, ""
}
