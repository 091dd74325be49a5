package main

import (
	"maps"
	"net/http"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/qdeploy/qdeploy/pkg/plan"
	"github.com/qdeploy/qdeploy/pkg/qlik"
	"github.com/qdeploy/qdeploy/schema"
)

// traffic is what the program itself asked of an emulated cloud: methods and
// paths without IDs. What people do by hand in a script is not in it.
type traffic struct {
	mu   sync.Mutex
	seen map[string]bool
}

func (t *traffic) around(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.UserAgent() == "qdeploy" {
			t.mu.Lock()
			t.seen[r.Method+" "+shortID.ReplaceAllString(plainPath(r.URL.Path), "$1{id}")] = true
			t.mu.Unlock()
		}
		next.ServeHTTP(w, r)
	})
}

// shortID is the end of a path that is an ID too short to look like one: Qlik names the
// secrets of an OAuth client by their last characters, and the files of a brand by a word.
var shortID = regexp.MustCompile(`(/client-secrets/|/brands/[^/]+/files/)[^/]+$`)

// always are calls that belong to no kind: who people are, and who the bot is.
var always = []string{"GET /api/v1/users", "GET /api/v1/users/me", "GET /api/v1/users/{id}"}

// unseen are calls that no script makes, and the test that does.
var unseen = map[string]string{
	"POST /api/v1/temp-contents/files":       "TestLargeAppIsUploadedInPieces in pkg/qlik: apps of more than 10 MiB",
	"PATCH /api/v1/temp-contents/files/{id}": "TestLargeAppIsUploadedInPieces in pkg/qlik: apps of more than 10 MiB",
	"HEAD /api/v1/temp-contents/files/{id}":  "TestLargeAppIsUploadedInPieces in pkg/qlik: apps of more than 10 MiB",
}

// holdCalls holds the calls that a kind says it makes against those that its script
// made: all of them, and no others but those of the kinds that it refers to.
func holdCalls(e *testscript.Env, t *traffic) {
	kind := plan.Kind(strings.TrimPrefix(filepath.Base(e.WorkDir), "script-"))
	if !slices.Contains(qlik.Kinds(), kind) {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	allowed := map[string]bool{}
	for _, c := range always {
		allowed[c] = true
	}
	for _, k := range related(kind) {
		for _, c := range qlik.Calls(k) {
			allowed[c.String()] = true
		}
	}
	for _, c := range slices.Sorted(maps.Keys(t.seen)) {
		if !allowed[c] {
			e.T().Fatal("the script of " + string(kind) + " made a call that pkg/qlik/" + string(kind) + ".go does not declare: " + c)
		}
	}
	for _, c := range qlik.Calls(kind) {
		if !t.seen[c.String()] && unseen[c.String()] == "" {
			e.T().Fatal("pkg/qlik/" + string(kind) + ".go declares a call that its script does not make: " + c.String())
		}
	}
}

// shown are kinds whose resources the script of another kind uses to show it: an app
// that loads from a data connection, a group that has a role.
var shown = map[plan.Kind][]plan.Kind{"data-connection": {"app", "assignment"}, "role": {"group"}, "user": {"assignment"}, "collection": {"assignment"}, "tag": {"assignment"}, "automation": {"assignment"}, "task": {"assignment"}, "sharing-task": {"assignment"}, "data-alert": {"assignment", "data-alert-settings"}, "glossary": {"assignment", "glossary-category", "glossary-term"}, "glossary-category": {"assignment"}, "glossary-term": {"assignment"}}

// related returns a kind, what it refers to, and so on; and the members of the
// spaces among these, which the engine joins where it must.
func related(kind plan.Kind) []plan.Kind {
	out := append([]plan.Kind{kind}, shown[kind]...)
	if t := schema.Of(kind).Traits; t.First || t.Last { // its script shows what comes after it, or before
		out = append(out, "space")
	}
	for i := 0; i < len(out); i++ {
		refs := schema.Of(out[i]).Traits.Refs
		if out[i] == "space" && kind == "app" {
			refs = append(slices.Clone(refs), plan.Ref{Kind: "assignment"})
		}
		for _, r := range refs {
			if !slices.Contains(out, r.Kind) {
				out = append(out, r.Kind)
			}
		}
	}
	return out
}
