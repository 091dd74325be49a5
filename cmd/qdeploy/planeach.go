package main

import (
	"context"
	"fmt"
	"sync"

	"github.com/qdeploy/qdeploy/pkg/apply"
	"github.com/qdeploy/qdeploy/pkg/estate"
	"github.com/qdeploy/qdeploy/pkg/plan"
	"github.com/qdeploy/qdeploy/pkg/qlik"
)

// planEach plans every chosen tenant that need be read, several at a time.
func (e *engine) planEach(ctx context.Context) ([]*plan.Plan, error) {
	n, at := len(e.chosen), e.flags.parallelism
	progress := e.show("reading", n)
	defer progress.end()
	e.room.For(n, at)
	budget := e.newReadBudget()
	limits := apply.Limits{AtOnce: at, Budget: apply.Budget{Failures: -1, Spent: budget.spent}, Room: e.room}
	results, read := apply.Within(ctx, apply.Stop{}, n, limits, func(ctx context.Context, i int) (*plan.Plan, apply.End) {
		if !budget.begin(e.chosen[i]) {
			return nil, apply.EndWell
		}
		p, end := e.planOne(ctx, e.chosen[i])
		progress.ended(end)
		return p, end
	})
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if budget.spent() {
		return nil, budget.complaint(n)
	}
	var plans []*plan.Plan
	for i, p := range results {
		switch {
		case !read[i]:
			why := fmt.Sprintf("not read: the platform has refused everything for %s", e.flags.patience)
			plans = append(plans, &plan.Plan{Tenant: facts(e.chosen[i]), Error: why})
		case p != nil:
			plans = append(plans, p)
		}
	}
	return plans, nil
}

// readBudget is how many calls a plan may take; nil is any number.
type readBudget struct {
	e     *engine
	calls *apply.Calls

	mu    sync.Mutex
	begun map[string]bool // tenants
}

func (e *engine) newReadBudget() *readBudget {
	if e.flags.maxCalls == 0 {
		return nil
	}
	return &readBudget{e: e, calls: apply.NewCalls(e.flags.maxCalls, e.made), begun: map[string]bool{}}
}

// made is how many calls the run has made.
func (e *engine) made() int { return int(e.conn.calls.Load()) }

// begin reports whether there are calls left to read a tenant, or to try that again.
func (b *readBudget) begin(t estate.Tenant) bool {
	if b == nil {
		return true
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.begun[t.Name] {
		return true
	}
	if !b.calls.Begin(b.expected(t)) {
		return false
	}
	b.begun[t.Name] = true
	return true
}

// expected is how many calls reading a tenant takes: a call for each list at least, and as
// many as those before it took. It needs b.mu.
func (b *readBudget) expected(t estate.Tenant) int {
	n := 0
	if want, err := b.e.est.Resources(t.Name); err == nil { // else it is not read
		n = qlik.Reads(want)
	}
	if len(b.begun) > 0 {
		n = max(n, b.each())
	}
	return n
}

// each is how many calls a tenant took, rounded up. It needs b.mu.
func (b *readBudget) each() int { return (b.e.made() + len(b.begun) - 1) / len(b.begun) }

func (b *readBudget) spent() bool { return b != nil && b.calls.Spent() }

// complaint says how far planning came, and what it would have taken.
func (b *readBudget) complaint(tenants int) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	read := len(b.begun)
	needed := b.e.made() + (tenants-read)*b.expected(b.e.chosen[0])
	return &failure{
		status: exitGuarded,
		err: fmt.Errorf("%d of %s were read with %s: what is left of --max-calls %d is not enough for another, and without all of them there is no plan",
			read, many(tenants, "tenant"), many(b.e.made(), "call"), b.e.flags.maxCalls),
		hint: fmt.Sprintf("all of them take about %d calls; --tenant chooses fewer", needed),
	}
}
