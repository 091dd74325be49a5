package main

import (
	"slices"

	"github.com/spf13/cobra"

	"github.com/qdeploy/qdeploy/pkg/estate"
	"github.com/qdeploy/qdeploy/pkg/plan"
)

// sharding says which part of the fleet one of several machines sees to.
type sharding struct {
	text    string // see check
	applies bool   // the command applies
}

func (s *sharding) add(c *cobra.Command) {
	c.Flags().StringVar(&s.text, "shard", "", "only the tenants of this `part` of the fleet, I/N, for one of N machines; see docs/shards.md")
}

func (s sharding) check(f *planFlags) error {
	if s.text == "" {
		return nil
	}
	if _, err := plan.ParseShard(s.text); err != nil {
		return fail("the second of four is 2/4", "--shard: %w", err)
	}
	return nil
}

// shard is the part that is meant; the whole if none is.
func (s sharding) shard() plan.Shard {
	part, _ := plan.ParseShard(s.text) // it was checked
	return part
}

// among keeps of the chosen tenants those of the shard.
func (s sharding) among(est *declared, chosen []estate.Tenant) []estate.Tenant {
	if s.shard().N == 0 {
		return chosen
	}
	mine := s.owns(est)
	return slices.DeleteFunc(slices.Clone(chosen), func(t estate.Tenant) bool { return !mine(t.Name) })
}

// owns says which tenants are the shard's. To look at them all shards take part. To apply,
// in each ring only so many as may fail there, and one: each of them may have one failure
// before it stops, and so all together have as many as a single run would have had.
func (s sharding) owns(est *declared) func(tenant string) bool {
	most := map[string]int{}
	if s.applies {
		for _, env := range est.Environments() {
			for _, r := range env.Rings {
				n := shardsOf(r)
				for _, t := range r.Tenants {
					if was, ok := most[t]; !ok || n < was {
						most[t] = n
					}
				}
			}
		}
	}
	return func(tenant string) bool {
		if n, ok := most[tenant]; ok {
			return s.shard().HasOf(tenant, n)
		}
		return s.shard().Has(tenant)
	}
}

// shardsOf is how many shards may apply to a ring at a time.
func shardsOf(r estate.Ring) int { return r.Failures.Down(len(r.Tenants)) + 1 }

// share is this shard's part of what a ring allows.
func (s sharding) share(r estate.Ring, number int) int { return s.shard().Share(number, shardsOf(r)) }

// mayFail is how many tenants of a ring may fail in this shard: the parts of all that take
// part add up to what the ring allows, with the failure that stops each.
func (s sharding) mayFail(v *wave) int {
	if s.shard().N == 0 {
		return v.mayFail()
	}
	return s.share(v.ring, shardsOf(v.ring)) - 1
}

// part is what of a plan is this shard's. What the guards have against the whole holds for
// each part.
func (s sharding) part(est *declared, f *plan.Fleet) *plan.Fleet {
	if s.shard().N == 0 {
		return f
	}
	mine := s.owns(est)
	out := plan.NewFleet(f.Revision, f.Refresh, slices.DeleteFunc(slices.Clone(f.Plans), func(p *plan.Plan) bool { return !mine(p.Tenant.Name) }))
	out.Refused, out.Apps, out.Shard = f.Refused, f.Apps, s.shard().String()
	return out
}

// guards are those that a shard is held to which plans for itself: its part of what all
// may lose and change.
func (s sharding) guards(g plan.Guards) plan.Guards {
	if s.applies {
		g.Deletes, g.Tenants = s.shard().Share(g.Deletes, s.shard().N), s.shard().Share(g.Tenants, s.shard().N)
	}
	return g
}
