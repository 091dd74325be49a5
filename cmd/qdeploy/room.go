package main

import (
	"github.com/spf13/cobra"
	"golang.org/x/time/rate"

	"github.com/qdeploy/qdeploy/pkg/apply"
)

// addMaxRPS adds the flag that limits requests.
func addMaxRPS(c *cobra.Command, to *int) {
	c.Flags().IntVar(to, "max-rps", 0, "send no more than this `number` of requests a second to Qlik Cloud, to all tenants together; 0 is any number")
}

func checkMaxRPS(n int) error {
	if n < 0 {
		return fail("0 is any number", "--max-rps is %d", n)
	}
	return nil
}

// limitOf is the limit of so many requests a second, evenly; nil for 0. In a rehearsal
// nobody waits: it counts, see [play.pass].
func (p *program) limitOf(maxRPS int) *rate.Limiter {
	if maxRPS == 0 || p.theatre != nil {
		return nil
	}
	return rate.NewLimiter(rate.Limit(maxRPS), 1)
}

// newRoom makes the room that all tenants of a run share. A rehearsal's does not follow
// the platform: who meets its faults must not be a matter of timing.
func (e *engine) newRoom() *apply.Room {
	patience := e.flags.patience
	if e.p.theatre != nil {
		patience = 0
	}
	return apply.NewRoom(e.flags.parallelism, patience, func(text string) {
		if g := e.shown.Load(); g != nil {
			g.line("qdeploy: %s", text)
		}
	})
}

// show begins to show how far work on n tenants has come.
func (e *engine) show(what string, n int) *progress {
	g := e.p.start(what, n)
	e.shown.Store(g)
	return g
}

// endOf is how work on a tenant ended, by the class of its error.
func endOf(class string, untouched bool) apply.End {
	switch {
	case class != classPlatform:
		return apply.EndWell
	case untouched:
		return apply.EndUntouched
	}
	return apply.EndTroubled
}

// end is how applying to a tenant ended.
func (t tenantReport) end() apply.End {
	if t.fell() {
		return apply.EndFell
	}
	return endOf(t.Class, t.untouched)
}
