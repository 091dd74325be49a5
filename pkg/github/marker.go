package github

import (
	"encoding/json"
	"strings"
)

// MaxComment is how many characters a comment may have. Counting bytes is always
// safe. The API refuses more with 422.
const MaxComment = 65_536

// MarkerVersion is the version of the marker that this program writes.
const MarkerVersion = 1

// Marker is the first line of a comment, which people do not see: what the comment
// is about. Everybody who can write can edit it: it is never what decides.
type Marker struct {
	V         int    `json:"v"`
	Env       string `json:"env"`  // the set of environments
	Root      string `json:"root"` // digest of the plan
	Head      string `json:"head"`
	Base      string `json:"base"`
	Run       int64  `json:"run,omitempty"`
	Truncated bool   `json:"truncated"`
	State     string `json:"state,omitempty"`
}

const (
	markerStart = "<!-- qdeploy "
	markerEnd   = " -->"
)

// String is the line. JSON escapes < and >, and here - too, so that nothing in it
// ends the HTML comment.
func (m Marker) String() string {
	b, err := json.Marshal(m)
	if err != nil {
		panic(err) // plain data
	}
	return markerStart + strings.ReplaceAll(string(b), "--", `-\u002d`) + markerEnd
}

// ParseMarker reads the marker of a comment. It reports whether there is one of a
// version that is known.
func ParseMarker(body string) (m Marker, ok bool) {
	line, _, _ := strings.Cut(body, "\n")
	line = strings.TrimSuffix(line, "\r")
	text, found := strings.CutPrefix(line, markerStart)
	if !found {
		return m, false
	}
	if text, found = strings.CutSuffix(text, markerEnd); !found || len(text) > 4096 {
		return m, false
	}
	if json.Unmarshal([]byte(text), &m) != nil || m.V != MarkerVersion {
		return Marker{}, false
	}
	return m, true
}

// keyMarker marks an issue, see [Client.PutIssue].
type keyMarker struct {
	V   int    `json:"v"`
	Key string `json:"key"`
}

const keyStart = "<!-- qdeploy-issue "

func (k keyMarker) String() string {
	b, err := json.Marshal(k)
	if err != nil {
		panic(err) // plain data
	}
	return keyStart + strings.ReplaceAll(string(b), "--", `-\u002d`) + markerEnd
}

func parseKey(body string) (string, bool) {
	line, _, _ := strings.Cut(body, "\n")
	text, found := strings.CutPrefix(strings.TrimSuffix(line, "\r"), keyStart)
	text, ended := strings.CutSuffix(text, markerEnd)
	var k keyMarker
	if !found || !ended || len(text) > 4096 || json.Unmarshal([]byte(text), &k) != nil || k.V != MarkerVersion {
		return "", false
	}
	return k.Key, true
}
