package main

import (
	"fmt"
	"time"

	"github.com/qdeploy/qdeploy/pkg/plan"
)

// spent is what applying took, against what the whole plan was expected to take. Calls
// are all attempts, repeated ones too.
type spent struct {
	Calls         int     `json:"calls"`
	Seconds       float64 `json:"seconds"`
	ExpectedCalls int     `json:"expectedCalls"`
	Expected      float64 `json:"expectedSeconds"`
}

// watch begins to count what applying takes. The function that it returns ends that;
// it returns nil where the plan did not tell its cost.
func (e *engine) watch(f *plan.Fleet, within int) func() *spent {
	if len(e.costLines(f, within)) == 0 {
		return func() *spent { return nil }
	}
	c, calls, began := e.cost(f, within), e.conn.calls.Load(), e.now()
	return func() *spent {
		return &spent{
			Calls: int(e.conn.calls.Load() - calls), Seconds: e.now().Sub(began).Seconds(),
			ExpectedCalls: c.total.Reads + c.total.Writes, Expected: c.duration.Seconds(),
		}
	}
}

func (s *spent) String() string {
	return fmt.Sprintf("spent %s in %s; for the whole plan about %d in %s were expected", many(s.Calls, "call"), seconds(s.Seconds), s.ExpectedCalls, seconds(s.Expected))
}

func seconds(s float64) time.Duration {
	return time.Duration(s * float64(time.Second)).Round(100 * time.Millisecond)
}

// affords reports whether the run's budget of calls lets a tenant begin.
func (ro *rolling) affords(p *plan.Plan) bool {
	c := costOf(p, ro.reread)
	return ro.calls.Begin(c.Reads + c.Writes)
}
