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
	Tenants          int    `json:"tenants"`          // tenants that one plan may change
	Replace          []Kind `json:"replace"`          // kinds that may be replaced

	// Override is the label by which a person lets a plan pass, "" if nobody may.
	// Who that is, and whether they may, is known to the caller alone.
	Override string `json:"override,omitempty"`

	Lifted bool `json:"-"` // somebody who may has overridden them: they limit nothing
}

// Equal reports whether two guards limit the same.
func (g Guards) Equal(other Guards) bool {
	return g.DeletesPerTenant == other.DeletesPerTenant && g.Deletes == other.Deletes && g.Tenants == other.Tenants &&
		g.Override == other.Override && slices.Equal(g.Replace, other.Replace)
}

// Apply blocks the changes of p that the guards do not allow, each with what
// would allow it, and what waits for them. What is blocked already counts too: a
// plan that would lose this much is a mistake, whatever else is wrong with it.
func (g Guards) Apply(p *Plan) {
	if g.Lifted {
		p.stall()
		return
	}
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
	if g.Lifted {
		return
	}
	if changed := f.Changed(); g.Tenants >= 0 && changed > g.Tenants {
		f.Refused = append(f.Refused, fmt.Sprintf(
			"%s to change, guards.tenants allows %d; raise it if all are meant", plural(changed, "tenant"), g.Tenants))
	}
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
