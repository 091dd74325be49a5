// Package qlik talks to Qlik Cloud: what is live in a tenant, and the calls that
// change it. It alone knows Qlik's HTTP, and it knows nothing of CUE, of git or
// of GitHub.
//
// Start with [New], which makes the [Client] of one tenant, and [NewTenant],
// which reads a tenant into a [Snapshot] and makes the changes of a plan. Each
// kind of resource is one file that registers a [Kind]; nothing else knows how
// many kinds there are.
//
// It is a package of the qdeploy program, not a stable API.
package qlik
