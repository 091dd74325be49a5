package qliktest

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
)

// A state is everything that is saved: all tenants, and the contents of apps
// once each. OAuth clients and tokens are not part of it.
type state struct {
	Seed    string
	Made    map[string]int
	Blobs   [][]byte // ordered by their sums
	Tenants []*Tenant
	Seats   map[string]seats // by region
}

// Save writes the whole state as JSON. Equal states give equal bytes.
func (c *Cloud) Save(w io.Writer) error {
	s := state{Seed: c.opts.Seed, Tenants: c.Tenants()}
	for _, t := range s.Tenants {
		t.mu.Lock()
		defer t.mu.Unlock()
		t.settleReloads(c.now())
		t.settleEvaluations(c.now())
	}
	c.mu.RLock()
	s.Made = maps.Clone(c.made)
	s.Seats = map[string]seats{}
	for region, x := range c.seats {
		s.Seats[region] = seats{maps.Clone(x.Of)}
	}
	c.mu.RUnlock()
	c.blobs.mu.RLock()
	defer c.blobs.mu.RUnlock()
	used := map[string]bool{}
	for _, t := range s.Tenants {
		for _, apps := range [][]*app{t.Apps.rows, t.Trash.rows} {
			for _, a := range apps {
				used[a.Content] = true
			}
		}
	}
	for _, sum := range slices.Sorted(maps.Keys(used)) {
		s.Blobs = append(s.Blobs, c.blobs.sum[sum].Data)
	}
	e := json.NewEncoder(w)
	e.SetIndent("", " ")
	return e.Encode(s)
}

// Load replaces all tenants by a saved state. OAuth clients stay; tokens that
// were issued before do not. Load must not run while requests are served.
func (c *Cloud) Load(r io.Reader) error {
	var s state
	if err := json.NewDecoder(r).Decode(&s); err != nil {
		return fmt.Errorf("qliktest: load: %w", err)
	}
	hosts := map[string]*Tenant{}
	for _, t := range s.Tenants {
		t.cloud = c
		for _, host := range t.hostnames() {
			if hosts[host] != nil {
				return fmt.Errorf("qliktest: load: two tenants on %s", host)
			}
			hosts[host] = t
		}
	}
	for _, b := range s.Blobs {
		if _, err := c.blobs.put(b); err != nil {
			return fmt.Errorf("qliktest: load: %w", err)
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.opts.Seed, c.hosts, c.made = s.Seed, hosts, s.Made
	if c.made == nil {
		c.made = map[string]int{}
	}
	if c.seats = s.Seats; c.seats == nil {
		c.seats = map[string]seats{}
	}
	for _, t := range s.Tenants {
		c.openRegion(t.Region)
	}
	return nil
}
