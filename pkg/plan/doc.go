// Package plan turns what is declared, what is live and what was applied last
// into changes: plain data that is printed, hashed, compared, saved and
// reviewed. It knows nothing of CUE, of Qlik's HTTP, of git or of GitHub, and
// imports only the standard library.
//
// Start with [Build], which makes the [Plan] of one tenant, and [Fleet], which
// groups the plans of many tenants into classes.
//
// What is in a plan can be printed, saved and posted: [Build] takes the secrets
// out of what it returns, see [Secrets].
//
// It is a package of the qdeploy program, not a stable API.
package plan
