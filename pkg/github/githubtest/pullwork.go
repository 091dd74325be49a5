package githubtest

import (
	"fmt"
	"strings"
)

// A Pull is a pull request to open.
type Pull struct {
	Title, Body string
	Head        string // branch, or "owner:branch" of a fork
	Base        string // "" is main
	Author      string // "" is the owner of the head
	Draft       bool
}

// OpenPull opens a pull request and returns its number. It panics where GitHub
// would refuse.
func (r *Repo) OpenPull(p Pull) int {
	defer r.lock()()
	if p.Base == "" {
		p.Base = "main"
	}
	i, field, why := r.openPull(p)
	if i == nil {
		panic(fmt.Sprintf("githubtest: pull request of %s: %s is invalid: %s", p.Head, field, why))
	}
	return i.number
}

// openPull opens a pull request, or says what is wrong with which field.
func (r *Repo) openPull(p Pull) (opened *issue, field, why string) {
	head, branch := r, p.Head
	if owner, rest, hasOwner := strings.Cut(p.Head, ":"); hasOwner {
		head, branch = r.network(owner), rest
	}
	if head == nil || head.git.branch(branch) == "" {
		return nil, "head", ""
	}
	if r.git.branch(p.Base) == "" {
		return nil, "base", ""
	}
	for _, i := range r.issues {
		if i.pull != nil && i.state == "open" && i.pull.head == head && i.pull.headRef == branch && i.pull.baseRef == p.Base {
			return nil, "head", fmt.Sprintf("A pull request already exists for %s:%s.", head.Owner, branch)
		}
	}
	r.fetch(head, branch)
	if r.git.isAncestor(head.git.branch(branch), "refs/heads/"+p.Base) {
		return nil, "head", fmt.Sprintf("No commits between %s and %s", p.Base, branch)
	}
	author := p.Author
	if author == "" {
		author = head.Owner
	}
	i := r.newIssue(author, p.Title, p.Body)
	i.pull = &pull{head: head, headRef: branch, baseRef: p.Base, draft: p.Draft}
	r.hub.next() // a pull request has an id beside its issue's
	r.follow(i)
	return i, "", ""
}

// network finds the repository or the fork of it that an owner has.
func (r *Repo) network(owner string) *Repo {
	if owner == r.Owner {
		return r
	}
	if f := r.hub.repos[owner+"/"+r.Name]; f != nil && f.parent == r {
		return f
	}
	return nil
}

// fetch brings a branch of a fork here: forks share their objects.
func (r *Repo) fetch(head *Repo, branch string) {
	if head != r {
		r.git.must("fetch", "--quiet", head.git.path, "refs/heads/"+branch)
	}
}

// pushed looks at what has become of the branches, and lets the pull requests
// of this repository and of its parent follow them.
func (r *Repo) pushed() {
	for _, base := range []*Repo{r, r.parent} {
		if base == nil {
			continue
		}
		for _, i := range base.issues {
			if i.pull != nil && i.state == "open" {
				base.follow(i)
			}
		}
	}
}

// follow moves an open pull request to where its branches are now.
func (r *Repo) follow(i *issue) {
	p := i.pull
	head, base := p.head.git.branch(p.headRef), r.git.branch(p.baseRef)
	switch {
	case head == "" || base == "": // a pull request ends with its branch
		i.state, i.closed = "closed", r.hub.now()
		i.note("closed", i.author, "", r)
		return
	case head == p.headSHA && base == p.baseSHA:
		return
	}
	r.fetch(p.head, p.headRef)
	if p.headSHA != "" && r.git.isAncestor(head, base) { // someone pushed the merge
		r.finish(i, base, r.Owner)
		return
	}
	if p.headSHA != "" && head != p.headSHA {
		p.before = p.headSHA
		i.updated = r.hub.now()
	}
	// assumed: the base of a pull request is the tip of its base branch, not
	// what that was when the pull request was last looked at.
	p.headSHA, p.baseSHA = head, base
	r.git.must("update-ref", fmt.Sprintf("refs/pull/%d/head", i.number), head)
	name := fmt.Sprintf("refs/pull/%d/merge", i.number)
	sha, clean := r.git.merge(base, head, fmt.Sprintf("Merge %s into %s", head, base), false)
	if p.testMerge = sha; clean {
		r.git.must("update-ref", name, sha)
		return
	}
	// The old merge commit stays where it is, as on GitHub.
}

// finish closes a pull request whose commits have arrived as sha.
func (r *Repo) finish(i *issue, sha, login string) {
	p := i.pull
	p.merged, p.mergedSHA, p.mergedAt, p.mergedBy = true, sha, r.hub.now(), login
	i.state, i.closed, i.closedBy = "closed", p.mergedAt, login
	i.note("merged", login, "", r)
	i.note("closed", login, "", r)
}
