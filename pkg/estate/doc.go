// Package estate reads what is declared: an estate is a directory with a CUE
// package "estate", the data files that it names, and the apps, themes and
// extensions themselves. It finds what is wrong with them, all at once and
// without a call to anything, and says for each tenant which resources are
// desired.
//
// A tenant's resources are a function of the templates and of the tenant's own
// data, and of nothing else. So each tenant is evaluated by itself: templates
// are compiled once per worker, and the data of a tenant is unified with them
// as an expression. Memory does not grow with the number of tenants.
//
// It knows CUE and the schema; it knows nothing of Qlik's HTTP or of GitHub.
// Start with [Load] and [Estate.Each], or with [Validate].
//
// It is a package of the qdeploy program, not a stable API.
package estate
