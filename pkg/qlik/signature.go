package qlik

import (
	"errors"
	"regexp"
	"strconv"
	"strings"
	"sync"

	"github.com/qdeploy/qdeploy/pkg/plan"
)

// Signature tells by what Qlik refused a change to a kind, in words that are the same
// in every tenant: status, code, kind, method and route, as in "409 GROUPS-409 group
// POST /api/v1/groups". IDs and names in the route are "{id}". It returns "" for an
// error that is no answer of Qlik's API.
func Signature(k plan.Kind, err error) string {
	var e *Error
	if !errors.As(err, &e) {
		return ""
	}
	parts := []string{strconv.Itoa(e.Status)}
	if codeWord.MatchString(e.Code) {
		parts = append(parts, e.Code)
	}
	return strings.Join(append(parts, string(k), e.Method, route(e.Path)), " ")
}

// codeWord is a code as Qlik has them. What else a gateway puts there may name anything.
var codeWord = regexp.MustCompile(`^[A-Za-z0-9._-]{1,40}$`)

var pathWord = regexp.MustCompile(`^[a-z][a-z-]*$`)

// route is a path with "{id}" for each part that no declared call has. The service
// after the version is always one.
func route(path string) string {
	parts := strings.Split(path, "/") // "", api, v1, service, …
	for i, s := range parts {
		service := i == 3 && pathWord.MatchString(s)
		if s != "" && !service && !pathWords()[s] {
			parts[i] = "{id}"
		}
	}
	return strings.Join(parts, "/")
}

// pathWords are the parts of the paths of all calls that kinds declare.
var pathWords = sync.OnceValue(func() map[string]bool {
	words := map[string]bool{"api": true, "v1": true}
	for _, k := range kinds {
		for _, c := range k.traits().calls {
			for _, s := range strings.Split(c.Path, "/") {
				words[s] = true
			}
		}
	}
	return words
})
