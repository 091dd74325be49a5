package qlik

import (
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// heed notes that a call is deprecated, and when it ends if Qlik says so.
//
// https://qlik.dev/apis/versioning
func (c *Client) heed(method, path string, h http.Header) {
	deprecated, sunset := h.Get("Deprecation"), h.Get("Sunset")
	if sunset == "" && (deprecated == "" || deprecated == "false") {
		return
	}
	s := method + " " + withoutIDs(path) + ": deprecated"
	if at, ok := date(deprecated); ok {
		s += " since " + at
	}
	if at, ok := date(sunset); ok {
		s += ", ends " + at
	}
	c.notice(s)
}

// date reads an HTTP date, or RFC 8941's "@" and seconds since 1970.
func date(s string) (string, bool) {
	if n, err := strconv.ParseInt(strings.TrimPrefix(s, "@"), 10, 64); err == nil && strings.HasPrefix(s, "@") {
		return time.Unix(n, 0).UTC().Format(time.DateOnly), true
	}
	if at, err := http.ParseTime(s); err == nil {
		return at.UTC().Format(time.DateOnly), true
	}
	return "", false
}

var idSegment = regexp.MustCompile(`/[^/]*[0-9][^/]{7,}`)

// withoutIDs makes the paths of one operation equal.
func withoutIDs(path string) string {
	return idSegment.ReplaceAllString(path, "/{id}")
}
