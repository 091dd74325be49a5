package main

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/qdeploy/qdeploy/pkg/estate"
	"github.com/qdeploy/qdeploy/pkg/plan"
)

// closed is an environment that may not be applied to now.
type closed struct {
	Environment string     `json:"environment"`
	Opens       *time.Time `json:"opens,omitempty"` // nil: not in all the time that is looked ahead
}

// closedNow returns an environment if it may not be applied to now.
func closedNow(env estate.Environment, now time.Time) *closed {
	opens, ok := env.Schedule.Next(now)
	switch {
	case !ok:
		return &closed{Environment: env.Name}
	case opens.Equal(now):
		return nil
	}
	return &closed{env.Name, &opens}
}

func (c closed) String() string {
	if c.Opens == nil {
		return c.Environment + " does not open in the next five years"
	}
	return c.Environment + " opens " + c.Opens.Format(windowTime)
}

// windowTime is a time as people who plan their week have it.
const windowTime = "Mon 2006-01-02 15:04 MST"

// closing is an environment that may not be applied to now, and how much waits
// until it may. What waits is what people see of the environment: the managed
// spaces of its targets and what lives in them, apps above all, and what comes
// after those. The rest of a tenant goes on: other environments may be in it.
type closing struct {
	closed
	Ring    string `json:"ring,omitempty"` // of it, that waits; "" for all of it, until it opens
	Why     string `json:"why,omitempty"`  // a ring waits
	Changes int    `json:"changes"`        // that wait
	Tenants int    `json:"tenants"`        // that they are of

	in     time.Duration                // until it opens
	spaces map[string]map[plan.Key]bool // by tenant
	whole  map[string]bool              // tenants of which everything waits
}

// String tells it without what waits.
func (c closing) String() string {
	switch c.Ring {
	case "":
	case newcomersRing:
		return fmt.Sprintf("%s: newcomers wait: %s", c.Environment, c.Why)
	default:
		return fmt.Sprintf("%s: ring %s waits: %s", c.Environment, c.Ring, c.Why)
	}
	if c.Opens == nil {
		return c.Environment + " is closed, and does not open in the next five years"
	}
	return fmt.Sprintf("%s is closed until %s (in %s)", c.Environment, c.Opens.Format(windowTime), lasting(c.in))
}

// line tells what waits for it, too.
func (c closing) line() string {
	return fmt.Sprintf("%s: %s in %s %s", c, many(c.Changes, "change"), many(c.Tenants, "tenant"), plural(c.Changes, "waits", "wait"))
}

// closings are the environments that are closed at a time, whether they hold
// anything or not, and the rings that may not begin. No environment is closed where
// people have lifted the guards, or apply outside of windows.
func (e *engine) closings(at time.Time) (out []closing) {
	if !e.guards.Lifted && e.outside == "" {
		out = e.outOfHours(at)
	}
	return append(out, e.waves.closings()...)
}

// outOfHours are the environments that are closed by their windows alone.
func (e *engine) outOfHours(at time.Time) (out []closing) {
	for _, env := range e.est.Environments() {
		shut := closedNow(env, at)
		if shut == nil {
			continue
		}
		out = append(out, windowClosing(env, *shut, at))
	}
	return out
}

// windowClosing is an environment that is closed at a time.
func windowClosing(env estate.Environment, shut closed, at time.Time) closing {
	c := closing{closed: shut, spaces: map[string]map[plan.Key]bool{}}
	if shut.Opens != nil {
		c.in = shut.Opens.Sub(at)
	}
	c.holdTargets(env, func(string) bool { return true })
	return c
}

// holdTargets holds back what an environment publishes in those of its tenants that are in
// the closing.
func (c *closing) holdTargets(env estate.Environment, in func(tenant string) bool) {
	for _, t := range env.Targets {
		for _, name := range t.Tenants {
			if !in(name) {
				continue
			}
			if c.spaces[name] == nil {
				c.spaces[name] = map[plan.Key]bool{}
			}
			c.spaces[name][plan.Key{Kind: "space", Name: t.Space}] = true
		}
	}
}

// holds reports whether it holds back what is done to something in a tenant, by itself.
func (c closing) holds(tenant string, traits map[plan.Kind]plan.Traits, keys ...plan.Key) bool {
	spaces := c.spaces[tenant]
	return c.whole[tenant] || slices.ContainsFunc(keys, func(k plan.Key) bool {
		return spaces[k] || spaces[traits[k.Kind].ParentOf(k)]
	})
}

// waiting returns the changes of a plan that wait, with the index of what they
// wait for.
func (e *engine) waiting(p *plan.Plan, closed []closing) map[plan.Key]int {
	out := map[plan.Key]int{}
	for _, c := range p.Changes { // each comes after those that it waits for
		i := slices.IndexFunc(closed, func(cl closing) bool { return cl.holds(p.Tenant.Name, e.traits, c.Key, c.From) })
		for _, k := range c.After {
			if j, ok := out[k]; ok && i < 0 {
				i = j
			}
		}
		if i >= 0 {
			out[c.Key] = i
		}
	}
	return out
}

// shut says which environments hold back something of a fleet now, and how much.
func (e *engine) shut(f *plan.Fleet) (out []closing) {
	closed := e.closings(e.p.now())
	if len(closed) == 0 {
		return nil
	}
	for _, p := range f.Plans {
		tenants := map[int]bool{}
		for _, i := range e.waiting(p, closed) {
			closed[i].Changes++
			tenants[i] = true
		}
		for i := range tenants {
			closed[i].Tenants++
		}
	}
	return slices.DeleteFunc(closed, func(c closing) bool { return c.Changes == 0 })
}

// closedLines are shut as lines.
func closedLines(closed []closing) (lines []string) {
	for _, c := range closed {
		lines = append(lines, c.line())
	}
	return lines
}

// below are the lines below a plan: in which rings it goes, and what waits.
func (e *engine) below(f *plan.Fleet) []string {
	return slices.Concat(e.lifeLines(), e.ringLines(f), closedLines(e.shut(f)))
}

// sayLines prints lines below a plan.
func sayLines(w io.Writer, lines []string) error {
	for _, line := range lines {
		if _, err := fmt.Fprintln(w, printable(line)+"."); err != nil {
			return err
		}
	}
	return nil
}

// writeJSON writes a plan, and beside it what waits, which is no part of it: it
// changes by the clock.
func (p *program) writeJSON(f *plan.Fleet, closed []closing, retired *leftovers) error {
	return p.printJSON(struct {
		*plan.Fleet
		Closed  []closing  `json:"closed,omitempty"`
		Retired *leftovers `json:"retired,omitempty"`
	}{f, closed, retired})
}

// goOutside lets a run apply outside of windows, for a reason that the ledger
// keeps.
func (e *engine) goOutside(reason string) error {
	reason = strings.Join(strings.Fields(reason), " ")
	if reason == "" {
		return nil
	}
	if e.guards.Override == "" {
		return &failure{status: exitGuarded, err: errors.New("--outside-windows: nobody may override the guards, and so the windows"), hint: `guards: override: "qdeploy/override" lets people, in the protected branch`}
	}
	if e.memory.ledger == nil {
		return fail("put the estate into a git repository", "--outside-windows is recorded in the ledger, and there is none")
	}
	e.outside = reason
	return nil
}

// note is what the ledger keeps of a run besides what it did.
func (e *engine) note() string {
	if e.outside == "" {
		return ""
	}
	var names []string
	for _, c := range e.outOfHours(e.p.now()) {
		names = append(names, c.Environment)
	}
	if len(names) == 0 {
		return ""
	}
	return fmt.Sprintf("\n\noutside of the windows of %s: %s\n", strings.Join(names, ", "), e.outside)
}
