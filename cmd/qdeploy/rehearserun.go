package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"time"

	"github.com/qdeploy/qdeploy/pkg/apply"
	"github.com/qdeploy/qdeploy/pkg/ledger"
	"github.com/qdeploy/qdeploy/pkg/qlik/qliktest"
)

// mostRuns is after how many runs a rehearsal that does not end is given up, and
// mostFruitless after how many in a row that bring no tenant further: with faults that
// may be bad luck.
const (
	mostRuns      = 40
	mostFruitless = 5
)

// play is a rehearsal that goes on.
type play struct {
	p       *program // silent, with the theatre's clock
	theatre *theatre
	est     *declared
	memory  *memory
	flags   applyFlags
	result  *rehearsal
	rings   map[[2]string]*playedRing

	fruitless int // runs in a row
}

// rehearseOne rehearses with so many tenants.
func (p *program) rehearseOne(ctx context.Context, f rehearseFlags, s *theatre, tenants int) (*rehearsal, error) {
	start, cpu := time.Now(), cpuTime()
	est, err := p.load(ctx, "")
	if err != nil {
		return nil, err
	}
	s.copies = tenants - len(est.Tenants())
	est.close()
	if s.copies < 0 {
		return nil, fail("rehearse with as many or more", "%d tenants are fewer than the %d of the estate", tenants, len(est.Tenants()))
	}
	stop, heap := make(chan struct{}), make(chan uint64)
	go func() { heap <- heapPeak(stop) }()
	r, err := p.perform(ctx, f, s)
	close(stop)
	peak := <-heap
	if err != nil {
		return nil, err
	}
	r.Wall, r.CPU, r.Heap = time.Since(start), cpuTime()-cpu, peak
	return r, nil
}

// perform plays until everything is done, or nothing goes on.
func (p *program) perform(ctx context.Context, f rehearseFlags, s *theatre) (*rehearsal, error) {
	s.base, s.told.tiers = p.now(), map[string]int{}
	began := s.base
	quiet := *p
	quiet.out, quiet.err, quiet.theatre = io.Discard, io.Discard, s
	quiet.now = func() time.Time { return s.base }
	a := &play{p: &quiet, theatre: s, result: &rehearsal{}, rings: map[[2]string]*playedRing{}}
	a.flags = applyFlags{planFlags: planFlags{parallelism: f.parallelism, maxRPS: f.maxRPS, refresh: "all", patience: time.Hour}, yes: true, within: 1}
	var err error
	if a.est, err = quiet.load(ctx, ""); err != nil {
		return nil, err
	}
	defer a.est.close()
	if s.copies > 0 && len(a.est.Tenants()) == 0 {
		return nil, fail("tenantFiles names them", "the estate has no tenant in a data file to multiply")
	}
	if err := s.broken.check(a.est); err != nil {
		return nil, err
	}
	var env map[string]string
	// Who asks has a clock of its own, see theatre; the state of tenants goes by the common one.
	s.cloud, env, err = cloudOf(a.est, qliktest.Options{Seed: fmt.Sprint(s.seed), Now: quiet.now, HostNow: s.at}, nil)
	if err != nil {
		return nil, err
	}
	for k, v := range env {
		if err := os.Setenv(k, v); err != nil {
			return nil, err
		}
	}
	if a.memory, err = remember(ledger.InMemory()); err != nil {
		return nil, err
	}
	for a.result.Ends == "" {
		if err := a.run(ctx); err != nil {
			return nil, err
		}
		fmt.Fprintf(p.err, "rehearse: %d tenants, run %d: %d done after %s\n",
			len(a.est.Tenants()), a.result.Runs, a.result.Done, s.base.Sub(began).Round(time.Second))
	}
	a.sum(began)
	return a.result, nil
}

// run plans and applies once, as a job does.
func (a *play) run(ctx context.Context) error {
	a.result.Runs++
	e, err := a.p.newEngine(a.est, a.memory, a.flags.planFlags)
	if err != nil {
		return err
	}
	defer e.conn.close()
	fleet, err := e.planAll(ctx)
	if err != nil {
		return err
	}
	a.pass(a.flags.parallelism, a.hosts(nil))
	if len(fleet.Refused) > 0 {
		a.result.Ends = "a guard refuses the plan"
		return nil
	}
	f := a.flags
	if a.theatre.broken != nil {
		f.parallelism = 1 // who is hit must not be a matter of timing
	}
	r, err := e.rollout(ctx, f, fleet, nil)
	if err != nil {
		return err
	}
	a.flags.refresh = "changed"
	before := a.result.Done
	a.count()
	a.advance(e, r, a.onwards(before))
	return nil
}

// onwards reports whether another run may bring more, after one before which so many
// tenants were done.
func (a *play) onwards(before int) bool {
	if a.result.Done > before {
		a.fruitless = 0
		return true
	}
	a.fruitless++
	return a.theatre.faults > 0 && a.fruitless < mostFruitless
}

// count finds out how many tenants have what is declared.
func (a *play) count() {
	a.result.Done = 0
	for _, t := range a.est.Tenants() {
		if entry, ok := a.memory.last(t.Name); ok && hasAll(entry) {
			a.result.Done++
		}
	}
}

// advance lets the time pass that the run took, ring by ring, and the soak after it,
// and says whether another run is to follow.
func (a *play) advance(e *engine, r *report, onwards bool) {
	inRing := map[string]bool{}
	var soak time.Duration
	var waits string
	for _, v := range r.Rings {
		g := a.ringOf(v)
		limit := a.flags.parallelism
		if v.ring.Concurrency > 0 {
			limit = min(limit, v.ring.Concurrency)
		}
		for _, name := range v.ring.Tenants {
			inRing[name] = true
		}
		g.Applying += a.pass(limit, a.hosts(v.ring.Tenants))
		g.Have, g.State = v.Have, string(v.State)
		if a.theatre.broken != nil {
			g.hit(v)
		}
		switch v.State {
		case apply.Soaking:
			soak = max(soak, v.ring.Soak)
			g.Soak = v.ring.Soak
		case apply.Stopped:
			a.result.Stopped = a.trip(v, r, limit)
		case stateWaiting:
			waits = cmp.Or(waits, v.Environment+"/"+v.Ring+": "+v.Waits)
		}
	}
	var rest []string
	for _, t := range e.chosen {
		if !inRing[t.Name] {
			rest = append(rest, t.Name)
		}
	}
	a.pass(a.flags.parallelism, a.hosts(rest))
	a.result.Outside = r.fallen(rest)
	a.theatre.base = a.theatre.base.Add(soak)
	switch {
	case a.result.Stopped != nil:
		a.result.Ends = "a ring has stopped"
	case a.result.Done == len(e.chosen):
		a.result.Ends = "every tenant has what is declared"
	case soak == 0 && !onwards:
		if n := len(a.result.Outside); waits == "" && n > 0 {
			waits = many(n, "tenant") + " failed"
		}
		a.result.Ends = "nothing goes on: " + waits
	case a.result.Runs == mostRuns:
		a.result.Ends = fmt.Sprintf("given up after %d runs", mostRuns)
	}
}

func (a *play) ringOf(v *wave) *playedRing {
	k := [2]string{v.Environment, v.Ring}
	if a.rings[k] == nil {
		a.rings[k] = &playedRing{Environment: v.Environment, Ring: v.Ring, Tenants: v.Tenants}
		a.result.Rings = append(a.result.Rings, a.rings[k])
	}
	return a.rings[k]
}

// trip tells who was hit when a ring stopped, and who was not.
func (a *play) trip(v *wave, r *report, limit int) *tripped {
	t := &tripped{Ring: v.Environment + "/" + v.Ring, Hit: slices.Clone(v.standing.In[apply.Fell])}
	if !v.ring.Strict {
		t.InFlight = min(limit-1, len(v.standing.In[apply.Behind]))
	}
	for _, other := range r.Rings {
		if other.Environment == v.Environment {
			t.Spared += other.Tenants - other.Have - len(other.standing.In[apply.Fell])
		}
	}
	t.Spared -= t.InFlight
	return t
}

// hosts returns the hosts of tenants; of all for nil.
func (a *play) hosts(names []string) (out []string) {
	if names == nil {
		for _, t := range a.est.Tenants() {
			out = append(out, t.Host)
		}
		return out
	}
	for _, name := range names {
		if t, ok := a.est.Tenant(name); ok {
			out = append(out, t.Host)
		}
	}
	return out
}

// pass moves the clock by what hosts took, so many at a time, each in its turn.
func (a *play) pass(limit int, hosts []string) time.Duration {
	ends := make([]time.Duration, max(limit, 1))
	all := 0
	for _, host := range hosts {
		d, calls := a.theatre.leave(host)
		all += calls
		if d > 0 {
			i := slices.Index(ends, slices.Min(ends))
			ends[i] += d
		}
	}
	took := max(slices.Max(ends), speed{maxRPS: a.flags.maxRPS}.sends(all))
	a.theatre.base = a.theatre.base.Add(took)
	return took
}

func (a *play) sum(began time.Time) {
	r, told := a.result, &a.theatre.told
	r.Tenants, r.Virtual = len(a.est.Tenants()), a.theatre.base.Sub(began)
	r.Tiers = maps.Clone(told.tiers)
	for _, n := range r.Tiers {
		r.Calls += n
	}
	if a.theatre.broken != nil {
		r.Broken = a.theatre.broken.String()
	}
	r.Writes, r.Faults, r.Retries, r.Limited, r.Uploaded = told.writes.Load(), told.fault.Load(), told.retries.Load(), told.limited.Load(), told.uploaded.Load()
}
