package main

import (
	"cmp"
	"encoding/json"
	"slices"

	"github.com/qdeploy/qdeploy/pkg/plan"
	"github.com/qdeploy/qdeploy/pkg/qvf/lint"
)

// appHome is a tenant that gets a content, and what of its needs is there, as a shard saves
// it: what many tenants lack is told at once, by who merges the shards.
type appHome struct {
	App  string    `json:"app"`
	From string    `json:"from,omitempty"`
	To   string    `json:"to"`
	File string    `json:"file"`
	Home lint.Home `json:"home"`
}

// homes returns what this engine has seen of the needs of apps, sorted.
func (e *engine) homes() (out []json.RawMessage, err error) {
	var all []appHome
	e.needs.mu.Lock()
	for k, homes := range e.needs.homes {
		for _, h := range homes {
			all = append(all, appHome{k.app, k.from, k.to, k.file, h})
		}
	}
	e.needs.mu.Unlock()
	slices.SortFunc(all, func(a, b appHome) int {
		return cmp.Or(cmp.Compare(a.App, b.App), cmp.Compare(a.From, b.From), cmp.Compare(a.To, b.To), cmp.Compare(a.File, b.File),
			cmp.Compare(a.Home.Tenant, b.Home.Tenant), cmp.Compare(a.Home.Space, b.Home.Space))
	})
	for _, h := range all {
		b, err := json.Marshal(h)
		if err != nil {
			return nil, err
		}
		out = append(out, b)
	}
	return out, nil
}

// homesOf takes over what the shards of a merged plan have seen. What it cannot read was
// written by another version, and is left out: it explains the plan and is no part of it.
func (e *engine) homesOf(f *plan.Fleet) {
	e.needs.mu.Lock()
	defer e.needs.mu.Unlock()
	for _, b := range f.Homes {
		var h appHome
		if json.Unmarshal(b, &h) != nil {
			continue
		}
		if e.needs.homes == nil {
			e.needs.homes = map[pair][]lint.Home{}
		}
		k := pair{h.App, h.From, h.To, h.File}
		e.needs.homes[k] = append(e.needs.homes[k], h.Home)
	}
}
