package qlik

import (
	"time"

	"github.com/qdeploy/qdeploy/pkg/plan"
)

// Stay is why a resource that a plan deletes outlives the run that carries the plan out.
type Stay struct {
	// Until is from when on a later run may delete it; zero: the next run may.
	Until time.Time

	// Why is "" of what stays because it is deleted after something that does.
	Why string
}

// Stays returns the deletes of a plan that a later run than that of now is to make: those
// that a kind keeps, see [Kind.Stays], and those that come after them. It asks nobody.
func (t *Tenant) Stays(p *plan.Plan, now time.Time) map[plan.Key]Stay {
	stays := map[plan.Key]Stay{}
	asked := map[plan.Kind]bool{}
	for _, c := range p.Changes { // each comes after those that it waits for
		if c.Action != plan.Delete || c.Live == nil {
			continue
		}
		if k, ok := kinds[c.Key.Kind]; ok && k.traits().stays != nil && !asked[c.Key.Kind] {
			asked[c.Key.Kind] = true
			for key, stay := range k.traits().stays(t, p, now) {
				stays[key] = stay
			}
		}
		for _, before := range c.After {
			if first, ok := stays[before]; ok {
				own := stays[c.Key]
				if first.Until.After(own.Until) {
					own.Until = first.Until
				}
				stays[c.Key] = own
			}
		}
	}
	return stays
}
