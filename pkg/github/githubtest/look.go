package githubtest

import "time"

// What follows is for tests to look in. Everything is a copy.

// A Comment is a comment of an issue or pull request.
type Comment struct {
	ID               int64
	Author, Body     string
	Created, Updated time.Time
	Minimized        string // OUTDATED and the like, "" while it shows
}

// Comments lists the comments of an issue or pull request, the oldest first.
func (r *Repo) Comments(number int) []Comment {
	defer r.lock()()
	var list []Comment
	for _, x := range r.at(number).comments {
		list = append(list, Comment{x.id, x.author, x.body, x.created, x.updated, x.minimized})
	}
	return list
}

// An Issue is an issue or pull request.
type Issue struct {
	Number                       int
	Title, Body, Author          string
	State, Reason                string
	Labels                       []string
	Pull                         bool
	Merged                       bool
	MergeSHA                     string // the merge commit, of a merged pull request
	Head, Base, HeadSHA, BaseSHA string // of a pull request
}

// at is an issue or pull request by number; it needs the hub's lock.
func (r *Repo) at(number int) *issue {
	if number < 1 || number > len(r.issues) {
		return &issue{}
	}
	return r.issues[number-1]
}

// Issues lists issues and pull requests by number.
func (r *Repo) Issues() []Issue {
	defer r.lock()()
	r.pushed()
	var list []Issue
	for _, i := range r.issues {
		v := Issue{Number: i.number, Title: i.title, Body: i.body, Author: i.author, State: i.state, Reason: i.reason, Labels: append([]string(nil), i.labels...)}
		if p := i.pull; p != nil {
			v.Pull, v.Merged, v.MergeSHA, v.Head, v.Base, v.HeadSHA, v.BaseSHA = true, p.merged, p.mergedSHA, p.headRef, p.baseRef, p.headSHA, p.baseSHA
		}
		list = append(list, v)
	}
	return list
}

// Labels lists the labels of an issue or pull request, in the order in which
// they came.
func (r *Repo) Labels(number int) []string {
	defer r.lock()()
	return append([]string(nil), r.at(number).labels...)
}

// AddLabel puts a label on an issue or pull request as a person would.
func (r *Repo) AddLabel(number int, name, login string) {
	defer r.lock()()
	r.at(number).addLabel(name, login, r)
}

// AddComment comments on an issue or pull request as a person would.
func (r *Repo) AddComment(number int, login, body string) int64 {
	defer r.lock()()
	i, now := r.at(number), r.hub.now()
	x := &comment{id: r.hub.next(), on: i, author: login, body: body, created: now, updated: now}
	i.comments = append(i.comments, x)
	return x.id
}

// A Status is the newest status of a commit in one context.
type Status struct{ Context, State, Description, TargetURL, Author string }

// Statuses lists the newest status in each context of a commit.
func (r *Repo) Statuses(sha string) []Status {
	defer r.lock()()
	var list []Status
	for _, s := range r.latest(sha) {
		list = append(list, Status{s.context, s.state, s.description, s.targetURL, s.login})
	}
	return list
}

// SetStatus sets a status as another service would.
func (r *Repo) SetStatus(sha, context, state string) {
	defer r.lock()()
	r.statuses = append(r.statuses, &status{id: r.hub.next(), sha: sha, context: context, state: state, login: r.Owner, created: r.hub.now()})
}

// A Check is a check run.
type Check struct {
	ID                                                      int64
	SHA, Name, Status, Conclusion, Title, Summary, Text, By string
	Annotations                                             []map[string]any
}

// Checks lists the check runs of a commit, the oldest first.
func (r *Repo) Checks(sha string) []Check {
	defer r.lock()()
	var list []Check
	for _, x := range r.checks {
		if x.sha == sha {
			list = append(list, Check{x.id, x.sha, x.name, x.state, x.conclusion, x.title, x.summary, x.text, x.login, append([]object(nil), x.annotations...)})
		}
	}
	return list
}

// A Deployment is a deployment with the states it went through.
type Deployment struct {
	ID                                          int64
	SHA, Ref, Environment, Description, Creator string
	Payload                                     []byte
	States, Descriptions                        []string
}

// Deployments lists deployments, the oldest first.
func (r *Repo) Deployments() []Deployment {
	defer r.lock()()
	var list []Deployment
	for _, d := range r.deployments {
		v := Deployment{ID: d.id, SHA: d.sha, Ref: d.ref, Environment: d.environment, Description: d.description, Creator: d.login, Payload: d.payload}
		for _, s := range d.statuses {
			v.States, v.Descriptions = append(v.States, s.state), append(v.Descriptions, s.description)
		}
		list = append(list, v)
	}
	return list
}

// A Release is a release.
type Release struct {
	Tag, Name, Body, Author string
	Draft, Prerelease       bool
	Assets                  map[string][]byte
}

// Releases lists releases, the oldest first.
func (r *Repo) Releases() []Release {
	defer r.lock()()
	var list []Release
	for _, x := range r.releases {
		v := Release{x.tag, x.name, x.body, x.by, x.draft, x.prerelease, map[string][]byte{}}
		for _, a := range x.assets {
			v.Assets[a.name] = a.content
		}
		list = append(list, v)
	}
	return list
}

// An Artifact is an artifact with its zip.
type Artifact struct {
	ID, Run int64
	Name    string
	Zip     []byte
}

// Artifacts lists artifacts, the oldest first.
func (r *Repo) Artifacts() []Artifact {
	defer r.lock()()
	var list []Artifact
	for _, a := range r.artifacts {
		list = append(list, Artifact{a.id, a.run.ID, a.name, a.zip})
	}
	return list
}
