package githubtest

import (
	"fmt"
	"slices"
	"time"
)

// A review is what somebody said of a pull request as a whole.
type review struct {
	id           int64
	login, state string // APPROVED, CHANGES_REQUESTED, COMMENTED, DISMISSED
	sha          string
	at           time.Time
}

// reviewStates are the states that reviews can have.
var reviewStates = []string{"APPROVED", "CHANGES_REQUESTED", "COMMENTED", "DISMISSED"}

var reviewRoutes = []route{
	{method: "GET", path: repoPath + "/pulls/{pull_number}/reviews", need: "pull-requests:read", query: "per_page page", handle: listReviews},
}

// AddReview reviews a pull request as a person would; DISMISSED takes back, in its
// place, what they approved or wanted changed last. It panics where GitHub would
// refuse: an author does not approve.
//
// https://docs.github.com/pull-requests/collaborating-with-pull-requests/reviewing-changes-in-pull-requests/dismissing-a-pull-request-review
func (r *Repo) AddReview(number int, login, state string) {
	defer r.lock()()
	i := r.mustPull(number)
	if !slices.Contains(reviewStates, state) || login == i.author && state != "COMMENTED" {
		panic(fmt.Sprintf("githubtest: %s may not review #%d with %s", login, number, state))
	}
	if state == "DISMISSED" {
		for _, v := range backwards(i.pull.reviews) {
			if v.login == login && (v.state == "APPROVED" || v.state == "CHANGES_REQUESTED") {
				v.state = state
				return
			}
		}
		panic(fmt.Sprintf("githubtest: #%d has no review of %s to dismiss", number, login))
	}
	i.pull.reviews = append(i.pull.reviews, &review{id: r.hub.next(), login: login, state: state, sha: i.pull.headSHA, at: r.hub.now()})
}

// listReviews lists the oldest first.
//
// https://docs.github.com/rest/pulls/reviews#list-reviews-for-a-pull-request
func listReviews(c *call) reply {
	i := c.pull()
	all := []object{}
	for _, v := range i.pull.reviews {
		pull := c.site.in(c.repo, fmt.Sprintf("/pulls/%d", i.number))
		web := c.site.web(c.repo, fmt.Sprintf("/pull/%d#pullrequestreview-%d", i.number, v.id))
		all = append(all, object{
			"id": v.id, "node_id": node("PRR", v.id), "user": c.site.user(c.hub, v.login), "body": "", "state": v.state,
			"html_url": web, "pull_request_url": pull, "submitted_at": stamp(v.at), "commit_id": v.sha, "author_association": "COLLABORATOR",
			"_links": object{"html": object{"href": web}, "pull_request": object{"href": pull}},
		})
	}
	return c.list(all)
}
