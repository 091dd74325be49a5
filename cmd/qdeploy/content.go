package main

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"

	"github.com/qdeploy/qdeploy/pkg/estate"
)

// contentKinds are the kinds besides apps that environments pin.
var contentKinds = []string{"theme", "extension", "automation", "data-connection"}

// isContent reports whether what is to be promoted is no app, by its key.
func isContent(name string) bool {
	kind, _, ok := strings.Cut(name, "/")
	return ok && slices.Contains(contentKinds, kind)
}

// Lengths of texts, in hexadecimal digits.
const (
	md5Length    = 2 * 16
	digestLength = len("sha256:") + 2*32
)

// isSum reports whether a text is what tells one content from another: an MD5 or a digest.
func isSum(version string) bool {
	if strings.HasPrefix(version, "sha256:") {
		return len(version) == digestLength
	}
	return len(version) == md5Length && !strings.Contains(version, ".")
}

// short stands for a content where people read versions; a version is as it is.
func short(version string) string {
	if isSum(version) {
		return strings.TrimPrefix(version, "sha256:")[:8]
	}
	return version
}

// filed is what tells a content that is in a file of the estate from another.
type filed struct{ File, MD5, Digest, Shape string }

func (f filed) sum() string { return cmp.Or(f.MD5, f.Digest, f.Shape) }

// plain returns the path in the estate, whatever commit it is pinned to.
func (f filed) plain() string {
	if _, file, ok := strings.Cut(f.File, ":"); ok {
		return file
	}
	return f.File
}

// contentOf returns what tells the content of an app or of what else is in a file from
// another, "" for what has none.
func contentOf(spec json.RawMessage) string {
	var c struct {
		Release string
		filed
	}
	if json.Unmarshal(spec, &c) != nil {
		return ""
	}
	return cmp.Or(c.Release, c.sum())
}

// contentPin is what an environment of an estate pins of what is no app.
func contentPin(est *declared, environment, key string) estate.ContentPin {
	for _, env := range est.Environments() {
		if env.Name == environment {
			return env.Content[key]
		}
	}
	return estate.ContentPin{}
}
