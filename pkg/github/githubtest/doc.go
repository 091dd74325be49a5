// Package githubtest is GitHub in memory with real git repositories behind it:
// the REST routes and the two GraphQL fields that a deployment tool needs, git
// over HTTP, tokens with permissions, rate limits, and moods that make it
// misbehave on purpose.
//
// It is an independent reading of GitHub's documentation: it imports only the
// standard library and never package github, or tests between the two would
// prove nothing. What the documentation does not settle carries the comment
// "assumed:". The git binary must be installed.
//
//	hub := githubtest.New(t.TempDir(), githubtest.Options{})
//	repo := hub.AddRepo("acme/tenants", map[string]string{"README.md": "hello\n"})
//	hub.AddToken("t0ken", githubtest.Token{Kind: githubtest.Actions, Permissions: map[string]string{"pull-requests": "write"}})
//	server := httptest.NewServer(hub)
//	repo.Commit("topic", "Say more", map[string]string{"README.md": "hello, world\n"})
//	pull := repo.OpenPull(githubtest.Pull{Title: "Say more", Head: "topic"})
//	env, err := repo.PullRun(pull, "opened").Environ(githubtest.Enterprise(server.URL), t.TempDir())
//
// Not modelled: points per minute and requests at a time, review comments, reviews
// through the API, immutable releases, teams, webhooks, check suites, rulesets beyond
// [Repo.Protect], public repositories, a rebase merge, other default branches
// than main. GraphQL is viewer and minimizeComment.
//
// A test ends with a look at [Hub.Complaints]: what a caller asked for that
// GitHub does not have.
package githubtest
