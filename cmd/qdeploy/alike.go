package main

import (
	"fmt"
	"sync"

	"github.com/qdeploy/qdeploy/pkg/ledger"
)

// alike are tenants of a ring that failed in the same way, by [qlik.Signature].
type alike struct {
	Signature string `json:"signature"`
	Tenants   int    `json:"tenants"`
	Example   string `json:"example"` // a tenant, and its error
}

// failedAlike returns what most of some tenants failed by; nil if fewer than least did
// so alike. It goes by the ledger, so that every command says the same.
func failedAlike(fell []string, least int, last func(string) (ledger.Entry, bool)) *alike {
	if least == 0 {
		return nil
	}
	by := map[string]*alike{}
	var most *alike
	for _, name := range fell {
		e, _ := last(name)
		if e.Signature == "" {
			continue
		}
		a := by[e.Signature]
		if a == nil {
			a = &alike{Signature: e.Signature, Example: name + ": " + e.Error}
			by[e.Signature] = a
		}
		if a.Tenants++; a.Tenants >= least && (most == nil || a.Tenants > most.Tenants) {
			most = a
		}
	}
	return most
}

func (a *alike) String() string {
	return fmt.Sprintf("%d failed alike: %s, such as %s", a.Tenants, a.Signature, a.Example)
}

// echo counts while a ring is applied to. It may be used by many goroutines.
type echo struct {
	mu      sync.Mutex
	count   map[string]int
	tripped bool
}

// heard adds a failure; least is how many alike are too many, 0 if none are.
func (h *echo) heard(signature string, least int) {
	if least == 0 || signature == "" {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.count == nil {
		h.count = map[string]int{}
	}
	h.count[signature]++
	h.tripped = h.tripped || h.count[signature] >= least
}

func (h *echo) trips() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.tripped
}
