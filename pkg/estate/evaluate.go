package estate

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"

	"cuelang.org/go/cue"
	"cuelang.org/go/cue/ast"
	"cuelang.org/go/cue/cuecontext"
	"cuelang.org/go/cue/parser"

	"github.com/qdeploy/qdeploy/pkg/plan"
)

// worker evaluates tenants, one after the other: a CUE context of its own with
// the schema and the templates compiled.
type worker struct {
	ctx       *cue.Context
	root      cue.Value            // the estate
	strict    cue.Value            // the estate, held to the schema at the top too
	tenant    cue.Value            // #Tenant
	template  cue.Value            // #Template
	templates map[string]cue.Value // by the names of what is unified
	served    int
}

// served tenants, after which a worker is replaced by a new one: a CUE context
// keeps every name that it ever saw.
const maxServed = 1000

func (e *Estate) newWorker() (*worker, error) {
	p := e.src.parse()
	if p.estate.Err != nil {
		return nil, p.estate.Err
	}
	return compile(p), nil
}

func compile(p program) *worker {
	w := &worker{ctx: cuecontext.New(), templates: map[string]cue.Value{}}
	s := w.ctx.BuildInstance(p.schema)
	w.root = w.ctx.BuildInstance(p.estate)
	// A package that embeds #Estate may add fields to it. Unified with it, it may
	// not; but templates that carry the schema twice take a third longer.
	w.strict = w.root.Unify(s.LookupPath(cue.MakePath(cue.Def("Estate"))))
	if !w.root.LookupPath(cue.ParsePath("guards")).Exists() { // it does not embed it
		w.root = w.strict
	}
	w.tenant = s.LookupPath(cue.MakePath(cue.Def("Tenant")))
	w.template = s.LookupPath(cue.MakePath(cue.Def("Template")))
	return w
}

// templateOf returns the templates of a tenant, unified.
func (w *worker) templateOf(names []string) cue.Value {
	if len(names) == 0 {
		return w.template
	}
	id := fmt.Sprintf("%q", names)
	if v, ok := w.templates[id]; ok {
		return v
	}
	var v cue.Value
	for i, name := range names {
		t := w.root.LookupPath(cue.MakePath(cue.Str("templates"), cue.Str(name)))
		if i == 0 {
			v = t
		} else {
			v = v.Unify(t)
		}
	}
	w.templates[id] = v
	return v
}

// evaluate unifies the data of a tenant, and the resources that its file has of it, with
// its templates.
func (w *worker) evaluate(t *tenant, own *ast.StructLit) cue.Value {
	facts, err := parser.ParseExpr("", t.facts)
	if err != nil {
		panic(err) // it is JSON, and JSON is CUE
	}
	x := ast.NewStruct("tenant", facts)
	if own != nil {
		x.Elts = append(x.Elts, own.Elts...)
	}
	v := w.templateOf(t.templates).Unify(w.ctx.BuildExpr(x))
	for _, kind := range sorted(t.inCUE) {
		own := w.root.LookupPath(cue.MakePath(cue.Str("tenants"), cue.Str(t.Name), cue.Str(kind)))
		v = v.FillPath(cue.MakePath(cue.Str(kind)), own)
	}
	return v
}

// Resources returns the desired resources of a tenant, sorted by key; the caller owns
// them. They are evaluated once in the life of the estate. The error is a [Problems] if
// the tenant's declaration is wrong. It may be called by several goroutines; for many
// tenants that were not evaluated yet [Estate.Each] is the better way.
func (e *Estate) Resources(name string) ([]plan.Resource, error) {
	t := e.byName[name]
	if t == nil {
		return nil, unknown("tenant", name, sorted(e.byName))
	}
	var w *worker
	rs, ps, err := e.have(func() (_ *worker, err error) {
		w, err = e.borrow()
		return w, err
	}, t)
	if w != nil {
		e.giveBack(w)
	}
	if err != nil {
		return nil, err
	}
	if len(Problems(ps).Errors()) > 0 {
		var c collector
		c.add(name, ps...)
		return nil, c.problems()
	}
	return rs, nil
}

// borrow returns a worker for the caller alone, until it gives it back.
func (e *Estate) borrow() (*worker, error) {
	if w := e.anIdle(); w != nil {
		return w, nil
	}
	return e.newWorker()
}

func (e *Estate) anIdle() *worker {
	e.mu.Lock()
	defer e.mu.Unlock()
	n := len(e.idle)
	if n == 0 {
		return nil
	}
	w := e.idle[n-1]
	e.idle = e.idle[:n-1]
	return w
}

// next returns the worker for one tenant more: w, which may be nil, or one in its place.
func (e *Estate) next(w *worker) (*worker, error) {
	switch {
	case w == nil:
		return e.borrow()
	case w.served >= maxServed-1:
		return e.newWorker()
	}
	w.served++
	return w, nil
}

func (e *Estate) giveBack(w *worker) {
	if w.served++; w.served >= maxServed {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.idle = append(e.idle, w)
}

// Each evaluates the active tenants that choose accepts, all if it is nil, and
// calls f with the desired resources of each, sorted by key. As many tenants
// are evaluated at a time as there are workers, 0 meaning one per processor;
// f is called by as many goroutines, in no particular order. What a tenant comes
// to is kept for [Estate.Resources], packed: a hundredth of what it is in memory.
//
// A tenant whose declaration is wrong is left out, and the others go on; the
// error is then a [Problems] about all of those. An error of f ends everything
// and is returned as it is.
func (e *Estate) Each(ctx context.Context, workers int, choose func(Tenant) bool, f func(Tenant, []plan.Resource) error) error {
	var c collector
	if err := e.each(ctx, workers, choose, &c, f); err != nil {
		return err
	}
	if ps := c.problems().Errors(); len(ps) > 0 {
		return ps
	}
	return nil
}

func (e *Estate) each(ctx context.Context, workers int, choose func(Tenant) bool, c *collector, f func(Tenant, []plan.Resource) error) error {
	var todo []*tenant
	for _, t := range e.tenants {
		if t.State != Ignored && !t.broken && (choose == nil || choose(t.Tenant)) {
			todo = append(todo, t)
		}
	}
	found, issued := claims{}, outlets{}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var next atomic.Int64
	var wg sync.WaitGroup
	for range crew(workersOr(workers), len(todo)) {
		wg.Go(func() {
			var w *worker
			one := func() (_ *worker, err error) {
				w, err = e.next(w)
				return w, err
			}
			for ctx.Err() == nil {
				i := int(next.Add(1)) - 1
				if i >= len(todo) {
					break
				}
				rs, ps, err := e.have(one, todo[i])
				if err != nil {
					cancel(err)
					return
				}
				c.add(todo[i].Name, ps...)
				if len(Problems(ps).Errors()) > 0 {
					continue
				}
				found.add(todo[i].Tenant, rs)
				issued.add(todo[i].Tenant, rs)
				if err := f(todo[i].Tenant, rs); err != nil {
					cancel(err)
				}
			}
			if w != nil {
				e.giveBack(w)
			}
		})
	}
	wg.Wait()
	if choose == nil && context.Cause(ctx) == nil {
		c.add("", e.budget(&found)...)
		c.add("", issued.clashes()...)
	}
	return context.Cause(ctx)
}

// workersOr returns n, or one worker per processor.
func workersOr(n int) int {
	if n > 0 {
		return n
	}
	return runtime.GOMAXPROCS(0)
}

// crew is how many workers n tenants are worth: to compile one takes as long as to
// evaluate many tenants.
func crew(workers, n int) int {
	const worthOne = 16
	return min(workers, (n+worthOne-1)/worthOne)
}

// decode reads a JSON object so that no number changes on the way.
func decode(raw []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	return d.Decode(v)
}

// encode writes JSON with sorted keys and without escaping < > &.
func encode(v any) json.RawMessage {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		panic(err) // it holds nothing but what JSON has
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}
