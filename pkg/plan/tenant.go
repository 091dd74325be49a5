package plan

import "slices"

// Tenant is what a plan says of the Qlik Cloud instance it is for.
type Tenant struct {
	Name   string            `json:"name"`
	Host   string            `json:"host"`
	Region string            `json:"region,omitempty"`
	Labels map[string]string `json:"labels,omitempty"`

	// Values are the tenant's own values by the name under which a template
	// reads them ("variables.currency"). Classes put the name in their place.
	Values map[string]string `json:"values,omitempty"`
}

// Plan is the changes for one tenant, or why there is none. Changes are sorted
// so that each comes after those it depends on, and otherwise by key. Only what
// the digest is over is vouched for: an apply makes its own plan, and takes from
// a saved one the digest alone.
type Plan struct {
	Tenant    Tenant            `json:"tenant"`
	Changes   []Change          `json:"changes,omitempty"`
	Unchanged int               `json:"unchanged,omitempty"` // declared resources that are as they should be
	Unmanaged map[Kind][]string `json:"unmanaged,omitempty"` // names of what lives there and is not ours
	Notes     []string          `json:"notes,omitempty"`     // what the reader should know, sorted

	// Since is the revision that was applied here last, which causes are judged
	// by; "" when nothing is remembered, so that no cause is known and nothing is
	// pruned.
	Since string `json:"since,omitempty"`

	// Held are the resources that were applied, are no longer declared, and are
	// not seen to be gone because what is there could not be read completely; by
	// the keys under which they were applied. Whoever remembers what was applied
	// goes on remembering these, or they are orphans for ever.
	Held []Key `json:"held,omitempty"`

	Error  string `json:"error,omitempty"`  // why there is no plan: the tenant could not be read, for one
	Digest string `json:"digest,omitempty"` // see [Plan.Sum]
}

// Empty reports whether there is nothing to do and nothing went wrong.
func (p *Plan) Empty() bool { return len(p.Changes) == 0 && p.Error == "" }

// Leave takes a change out of the plan, and notes why: "space/A stays". What it is about
// stays as it is; what was to be deleted is unmanaged from now on. It does nothing if
// there is no such change.
func (p *Plan) Leave(k Key, why string) {
	i := slices.IndexFunc(p.Changes, func(c Change) bool { return c.Key == k })
	if i < 0 {
		return
	}
	deletes := p.Changes[i].Action == Delete
	p.Changes = slices.Delete(p.Changes, i, i+1)
	for i := range p.Changes {
		c := &p.Changes[i]
		c.After = slices.DeleteFunc(c.After, func(after Key) bool { return after == k })
	}
	if deletes {
		if p.Unmanaged == nil {
			p.Unmanaged = map[Kind][]string{}
		}
		p.Unmanaged[k.Kind] = append(p.Unmanaged[k.Kind], k.Name)
		slices.Sort(p.Unmanaged[k.Kind])
	}
	p.Notes = append(p.Notes, k.String()+" "+why)
	slices.Sort(p.Notes)
	p.Digest = p.Sum()
}

// Blocked returns the changes that may not be applied.
func (p *Plan) Blocked() []Change {
	var out []Change
	for _, c := range p.Changes {
		if c.Blocked != "" {
			out = append(out, c)
		}
	}
	return out
}

// Counts returns how many changes there are of each action.
func (p *Plan) Counts() map[Action]int {
	n := map[Action]int{}
	p.count(n)
	return n
}

// count adds the changes to n, as many at a time as follow one another: a fleet has
// hundreds of thousands.
func (p *Plan) count(n map[Action]int) {
	for i := 0; i < len(p.Changes); {
		first := i
		for i < len(p.Changes) && p.Changes[i].Action == p.Changes[first].Action {
			i++
		}
		n[p.Changes[first].Action] += i - first
	}
}

// Drifted reports whether a change undoes something that nobody merged.
func (p *Plan) Drifted() bool {
	for _, c := range p.Changes {
		if c.Cause == Drift || c.Cause == Both {
			return true
		}
	}
	return false
}
