package plan

import (
	"fmt"
	"slices"
)

// Guards limit what a plan may do. They come from the protected revision of the
// estate; a negative number means no limit.
type Guards struct {
	DeletesPerTenant int    `json:"deletesPerTenant"` // deletes and replacements in one tenant
	Deletes          int    `json:"deletes"`          // deletes and replacements in all tenants together
	Replace          []Kind `json:"replace"`          // kinds that may be replaced
}

// Apply blocks the changes of p that the guards do not allow, each with what
// would allow it, and what waits for them. What is blocked already counts too: a
// plan that would lose this much is a mistake, whatever else is wrong with it.
func (g Guards) Apply(p *Plan) {
	lost := 0
	for i := range p.Changes {
		c := &p.Changes[i]
		if c.Action == Delete || c.Action == Replace {
			lost++
		}
		if c.Action == Replace && c.Blocked == "" && !slices.Contains(g.Replace, c.Key.Kind) {
			c.Blocked = "replacing deletes it first, and what depends on its ID is lost"
			c.Hint = fmt.Sprintf("add %q to guards.replace in the estate to allow it", c.Key.Kind)
		}
	}
	defer p.stall()
	if g.DeletesPerTenant < 0 || lost <= g.DeletesPerTenant {
		return
	}
	for i := range p.Changes {
		c := &p.Changes[i]
		if (c.Action == Delete || c.Action == Replace) && c.Blocked == "" {
			c.Blocked = fmt.Sprintf("%s in one tenant, guards.deletesPerTenant allows %d", losses(lost), g.DeletesPerTenant)
			c.Hint = "raise guards.deletesPerTenant in the estate if all are meant"
		}
	}
}

// Check applies the guards to every plan of the fleet and says what they have
// against the whole; then nothing of it may be applied.
func (g Guards) Check(f *Fleet) {
	lost, tenants := 0, 0
	for _, p := range f.Plans {
		g.Apply(p)
		n := p.Counts()
		if k := n[Delete] + n[Replace]; k > 0 {
			lost, tenants = lost+k, tenants+1
		}
	}
	f.Refused = nil
	if g.Deletes >= 0 && lost > g.Deletes {
		f.Refused = append(f.Refused, fmt.Sprintf(
			"%s in %s, guards.deletes allows %d; raise it if all are meant",
			losses(lost), plural(tenants, "tenant"), g.Deletes))
	}
}

func losses(n int) string {
	if n == 1 {
		return "1 delete or replacement"
	}
	return fmt.Sprintf("%d deletes and replacements", n)
}
