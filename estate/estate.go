// Package sample is the sample estate: what "qdeploy demo" runs, and a start
// for an estate of one's own.
package sample

import "embed"

// Files are the files of the estate.
//
//go:embed *.cue apps cue.mod extensions tenants themes
var Files embed.FS
