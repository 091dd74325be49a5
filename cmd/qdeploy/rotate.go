package main

import (
	"slices"
	"strings"
	"sync"

	"github.com/qdeploy/qdeploy/pkg/plan"
	"github.com/qdeploy/qdeploy/schema"
)

// rotation is whose secrets are written again: "all", a kind, or a resource. Which
// of its words meant something is noted while tenants are planned.
type rotation struct {
	words []string

	mu   sync.Mutex
	used map[string]bool
}

func newRotation(words []string) (*rotation, error) {
	for _, w := range words {
		kind, _, _ := strings.Cut(w, "/")
		if w != "all" && !secretive(plan.Kind(kind)) {
			return nil, fail(`it is "all", a kind, or a resource such as webhook/Alerts; with secrets are `+strings.Join(secretiveKinds(), ", "),
				"--rotate: %q has no secret", w)
		}
	}
	return &rotation{words: words, used: map[string]bool{}}, nil
}

// secretive reports whether a kind has secrets, its own or issued ones.
func secretive(k plan.Kind) bool {
	t := schema.Of(k).Traits
	return len(t.Secret)+len(t.Issued) > 0
}

// secretiveKinds lists those kinds.
func secretiveKinds() (kinds []string) {
	for _, k := range schema.Kinds() {
		if secretive(k) {
			kinds = append(kinds, string(k))
		}
	}
	return kinds
}

// means reports whether the secrets of k are to be written again.
func (r *rotation) means(k plan.Key) bool {
	i := slices.IndexFunc(r.words, func(w string) bool { return w == "all" || w == string(k.Kind) || w == k.String() })
	if i < 0 {
		return false
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.used[r.words[i]] = true
	return true
}

// idle returns an error if a word meant nothing in any tenant.
func (r *rotation) idle() error {
	for _, w := range r.words {
		if !r.used[w] {
			return fail("", "--rotate: no chosen tenant has %s", w)
		}
	}
	return nil
}

// fresh reports whether secrets of a tenant may have to be written although what it
// declares is what was applied last.
func (e *engine) fresh(tenant string, desired []plan.Resource) bool {
	last, _ := e.memory.last(tenant)
	for _, r := range desired {
		if secretive(r.Key.Kind) && e.rotate.means(r.Key) {
			return true
		}
		for path, is := range r.Sums {
			if plan.SumsDiffer(is.Hash, last.Secrets[r.Key.String()][path]) {
				return true
			}
		}
	}
	return false
}
