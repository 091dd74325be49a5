package qlik

import (
	"fmt"
	"strings"

	"github.com/qdeploy/qdeploy/pkg/plan"
)

// Operation is one call of Qlik's API: a method and a path. In its path "{id}" stands for an ID.
type Operation struct {
	Method string `json:"method"`
	Path   string `json:"path"`
}

// String returns "GET /api/v1/spaces/{id}".
func (o Operation) String() string { return o.Method + " " + o.Path }

// Tier returns the limit that Qlik counts it against: "1" or "2", or
// "50/min" for an operation with a limit of its own.
//
// https://qlik.dev/apis/rest/rate-limiting
func (o Operation) Tier() string {
	switch name, t := tierOf(o.Method, o.Path); name {
	case "1", "2":
		return name
	default:
		return fmt.Sprintf("%d/min", t.perMinute)
	}
}

// Calls returns the calls that reading, creating, changing and deleting
// resources of a kind takes, in that order; nil if there is no such kind.
func Calls(k plan.Kind) []Operation {
	known, ok := kinds[k]
	if !ok {
		return nil
	}
	return known.traits().calls
}

// calls reads "GET /api/v1/spaces".
func calls(texts ...string) []Operation {
	out := make([]Operation, len(texts))
	for i, s := range texts {
		method, path, ok := strings.Cut(s, " ")
		if !ok || !strings.HasPrefix(path, "/") {
			panic("qlik: not a call: " + s)
		}
		out[i] = Operation{method, path}
	}
	return out
}
