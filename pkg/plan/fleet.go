package plan

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
)

// Schema is the version of the JSON document that [Fleet.WriteJSON] writes. A
// reader refuses another major number and ignores fields that it does not know.
const Schema = "qdeploy/plan/1"

// Fleet is the plans of many tenants, made from one revision of the estate.
type Fleet struct {
	Schema   string   `json:"schema"`
	Revision string   `json:"revision,omitempty"` // the estate's, "" outside a repository
	Refresh  string   `json:"refresh"`            // which tenants were read: "all", "changed" or "none"
	Digest   string   `json:"digest"`             // over the digests of all plans
	Plans    []*Plan  `json:"tenants"`
	Refused  []string `json:"refused,omitempty"` // what the guards have against the whole, see [Guards.Check]

	// Shard is the part of the fleet that this is, "2/4", "" for the whole. No digest is over it.
	Shard string `json:"shard,omitempty"`

	// Drift says that the plans hold nothing but what undoes drift, see [Fleet.DriftOnly].
	Drift bool `json:"drift,omitempty"`

	// Apps is what changes inside apps, as JSON of another package's making. It
	// explains the plan and is no part of it: no digest is over it.
	Apps json.RawMessage `json:"apps,omitempty"`

	// Homes is what tenants have of what their apps need, of the same making: a list, of a
	// shard alone. It is told of when the shards are merged.
	Homes []json.RawMessage `json:"homes,omitempty"`
}

// NewFleet sorts the plans by tenant and sums their digests.
func NewFleet(revision, refresh string, plans []*Plan) *Fleet {
	f := &Fleet{Schema: Schema, Revision: revision, Refresh: refresh, Plans: slices.Clone(plans)}
	slices.SortFunc(f.Plans, func(a, b *Plan) int { return cmp.Compare(a.Tenant.Name, b.Tenant.Name) })
	f.Digest = f.sum()
	return f
}

func (f *Fleet) sum() string {
	var b strings.Builder
	for _, p := range f.Plans {
		fmt.Fprintf(&b, "%s %s\n", p.Tenant.Name, p.Digest)
	}
	return sum([]byte(b.String()))
}

// Empty reports whether no tenant has anything to do or failed to be read.
func (f *Fleet) Empty() bool {
	return !slices.ContainsFunc(f.Plans, func(p *Plan) bool { return !p.Empty() })
}

// Failed returns the plans of the tenants that could not be read.
func (f *Fleet) Failed() []*Plan {
	var out []*Plan
	for _, p := range f.Plans {
		if p.Error != "" {
			out = append(out, p)
		}
	}
	return out
}

// reasons returns why tenants could not be planned, the most common reason first.
func (f *Fleet) reasons() (list []string, about map[string][]*Plan) {
	about = map[string][]*Plan{}
	for _, p := range f.Failed() {
		if about[p.Error] == nil {
			list = append(list, p.Error)
		}
		about[p.Error] = append(about[p.Error], p)
	}
	slices.SortStableFunc(list, func(a, b string) int { return cmp.Compare(len(about[b]), len(about[a])) })
	return list, about
}

// Plan returns the plan of a tenant by name, or nil.
func (f *Fleet) Plan(tenant string) *Plan {
	i, ok := slices.BinarySearchFunc(f.Plans, tenant, func(p *Plan, n string) int {
		return cmp.Compare(p.Tenant.Name, n)
	})
	if !ok {
		return nil
	}
	return f.Plans[i]
}

// Counts returns how many changes there are of each action, and in how many
// tenants there is any.
func (f *Fleet) Counts() (counts map[Action]int, tenants int) {
	counts = map[Action]int{}
	for _, p := range f.Plans {
		p.count(counts)
	}
	return counts, f.Changed()
}

// Changed returns in how many tenants there is a change.
func (f *Fleet) Changed() (tenants int) {
	for _, p := range f.Plans {
		if len(p.Changes) > 0 {
			tenants++
		}
	}
	return tenants
}

// Writes returns how many write calls applying is expected to cost. A tenant
// with a blocked change is not applied to.
func (f *Fleet) Writes() (n int) {
	for _, p := range f.Plans {
		if len(p.Blocked()) > 0 {
			continue
		}
		for _, c := range p.Changes {
			n += c.Writes
		}
	}
	return n
}

// WriteJSON writes the fleet plan as an indented JSON document, the one that
// [ReadFleet] reads. It holds no IDs and no secrets.
func (f *Fleet) WriteJSON(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(f)
}

// ReadFleet reads a saved plan and checks that it is whole: its schema is known
// and every digest fits what it is over.
func ReadFleet(r io.Reader) (*Fleet, error) {
	var f Fleet
	d := json.NewDecoder(r)
	if err := d.Decode(&f); err != nil {
		return nil, fmt.Errorf("not a saved plan: %v", err)
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, fmt.Errorf("not a saved plan: something follows it")
	}
	if f.Schema != Schema {
		return nil, fmt.Errorf("not a saved plan that this version reads: schema is %q, want %q", f.Schema, Schema)
	}
	for i, p := range f.Plans {
		if p == nil {
			return nil, fmt.Errorf("saved plan: tenant %d is null", i)
		}
		if err := p.compact(); err != nil {
			return nil, fmt.Errorf("saved plan: %s: %v", p.Tenant.Name, err)
		}
		if got := p.Sum(); got != p.Digest {
			return nil, fmt.Errorf("saved plan: %s was changed after it was made: its digest is %.12s, not %.12s", p.Tenant.Name, got, p.Digest)
		}
	}
	if got := f.sum(); got != f.Digest {
		return nil, fmt.Errorf("saved plan was changed after it was made: its digest is %.12s, not %.12s", got, f.Digest)
	}
	return &f, nil
}

// compact undoes what indentation did to the specs and values inside.
func (p *Plan) compact() error {
	for i := range p.Changes {
		c := &p.Changes[i]
		for _, r := range []*Resource{c.Live, c.Desired} {
			if r == nil {
				continue
			}
			spec, err := Canonical(r.Spec)
			if err != nil {
				return err
			}
			r.Spec = spec
		}
		for j := range c.Fields {
			f := &c.Fields[j]
			for _, raw := range []*json.RawMessage{&f.Live, &f.Desired} {
				v, err := decodeAny(*raw)
				if err != nil {
					return err
				}
				*raw = rawOrNil(v)
			}
		}
	}
	return nil
}

// DriftOnly returns the fleet with nothing but the changes that undo what was
// changed in the tenants, the notes, and the tenants that could not be read. It is for
// looking at: its digests are of other plans than f's.
func (f *Fleet) DriftOnly() *Fleet {
	var plans []*Plan
	for _, p := range f.Plans {
		d := &Plan{Tenant: p.Tenant, Since: p.Since, Error: p.Error, Unchanged: p.Unchanged, Notes: slices.Clone(p.Notes)}
		for _, c := range p.Changes {
			if c.Cause == Drift || c.Cause == Both {
				c.After, c.Blocked, c.Hint = nil, "", ""
				d.Changes = append(d.Changes, c)
			}
		}
		d.Digest = d.Sum()
		plans = append(plans, d)
	}
	out := NewFleet(f.Revision, f.Refresh, plans)
	out.Drift = true
	return out
}
