// Package apply carries out plans: the changes of one tenant in the order that
// they depend on one another, and tenants beside one another. It knows nothing
// of Qlik: what makes a change is a function, a [Doer].
//
// Start with [Run].
//
// It is a package of the qdeploy program, not a stable API.
package apply

import (
	"context"
	"fmt"
	"time"

	"github.com/qdeploy/qdeploy/pkg/plan"
)

// A Doer makes one change to a tenant. Its error says what went wrong with the
// change; [Run] adds nothing to it.
type Doer func(context.Context, plan.Change) error

// Status is what became of a change.
type Status string

const (
	Done       Status = "done"
	Failed     Status = "failed"
	Skipped    Status = "skipped"     // something it comes after did not succeed
	NotStarted Status = "not started" // the run was stopped before its turn
)

// Outcome is what became of one change of a plan.
type Outcome struct {
	Change plan.Change
	Status Status
	Err    error         // of a failed change, or why it was skipped
	Took   time.Duration // from start to end; zero when it did not start
}

// Stop says how a run is stopped, in two steps. The zero value never stops.
type Stop struct {
	Drain <-chan struct{} // closed: start nothing more, let what runs end
}

func (s Stop) draining() bool {
	select {
	case <-s.Drain:
		return true
	default:
		return false
	}
}

// Run carries out the changes of a plan, at most limit at a time, each after the
// changes it names in After. A failure stops only what comes after it. When stop
// drains, nothing new starts and what runs ends; when ctx ends, what runs is
// broken off too. It returns one outcome per change, in the order of the plan
// whatever the timing, and calls report, if there is one, with each as it
// becomes known, never two at once.
func Run(ctx context.Context, stop Stop, p *plan.Plan, limit int, do Doer, report func(Outcome)) []Outcome {
	r := newRun(p, report)
	results := make(chan int)
	running := 0
	for {
		halted := ctx.Err() != nil || stop.draining()
		for !halted && running < max(limit, 1) && len(r.ready) > 0 {
			i := r.next()
			running++
			go func() {
				r.do(ctx, i, do)
				results <- i
			}()
		}
		if running == 0 {
			break
		}
		i := <-results
		running--
		r.ended(i)
	}
	r.rest()
	return r.out
}

// run is the state of one Run; it belongs to Run's goroutine, save that a
// worker fills in the outcome of its own change.
type run struct {
	out    []Outcome
	waits  []int   // changes that must still succeed before this one
	after  [][]int // changes that wait for this one
	ready  []int   // may start, in plan order
	report func(Outcome)
}

func newRun(p *plan.Plan, report func(Outcome)) *run {
	if report == nil {
		report = func(Outcome) {}
	}
	n := len(p.Changes)
	r := &run{out: make([]Outcome, n), waits: make([]int, n), after: make([][]int, n), report: report}
	at := make(map[plan.Key]int, n)
	for i, c := range p.Changes {
		at[c.Key] = i
		r.out[i].Change = c
	}
	for i, c := range p.Changes {
		for _, k := range c.After {
			if j, ok := at[k]; ok {
				r.after[j] = append(r.after[j], i)
				r.waits[i]++
			}
		}
	}
	for i := range p.Changes {
		if r.waits[i] == 0 {
			r.ready = append(r.ready, i)
		}
	}
	return r
}

func (r *run) next() int {
	i := r.ready[0]
	r.ready = r.ready[1:]
	return i
}

// do runs in a worker. A panic in a Doer is a failed change, not a lost tenant.
func (r *run) do(ctx context.Context, i int, do Doer) {
	o := &r.out[i]
	start := time.Now()
	defer func() {
		if v := recover(); v != nil {
			o.Err = fmt.Errorf("%s: internal error: %v", o.Change.Key, v)
		}
		o.Took = time.Since(start)
		o.Status = Done
		if o.Err != nil {
			o.Status = Failed
		}
	}()
	o.Err = do(ctx, o.Change)
}

func (r *run) ended(i int) {
	r.report(r.out[i])
	for _, j := range r.after[i] {
		if r.out[i].Status != Done {
			r.skip(j, r.out[i].Change.Key)
			continue
		}
		if r.waits[j]--; r.waits[j] == 0 && r.out[j].Status == "" {
			r.ready = append(r.ready, j)
		}
	}
}

// skip marks a change and all that comes after it.
func (r *run) skip(i int, because plan.Key) {
	if r.out[i].Status != "" {
		return
	}
	r.out[i].Status = Skipped
	r.out[i].Err = fmt.Errorf("%s: comes after %s, which did not succeed", r.out[i].Change.Key, because)
	r.report(r.out[i])
	for _, j := range r.after[i] {
		r.skip(j, r.out[i].Change.Key)
	}
}

func (r *run) rest() {
	for i := range r.out {
		if r.out[i].Status == "" {
			r.out[i].Status = NotStarted
			r.report(r.out[i])
		}
	}
}
