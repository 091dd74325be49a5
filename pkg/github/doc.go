// Package github is all of qdeploy that knows GitHub: what a job of GitHub
// Actions is about, comments, statuses, labels, checks, deployments, issues,
// artifacts. It tells; what may be applied is decided elsewhere.
//
// Everything is one per pull request, commit or environment, never one per
// tenant: GitHub allows 80 new things a minute and 500 an hour.
// https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api
//
// It is a package of the qdeploy program, not a stable API.
package github
