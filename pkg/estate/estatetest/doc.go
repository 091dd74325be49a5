// Package estatetest makes estates for tests, benchmarks and the demo: the apps
// of the sample in estate/, and estates of any size.
//
// It is a package of the qdeploy program, not a stable API.
package estatetest

//go:generate go run ./gensample ../../../estate
