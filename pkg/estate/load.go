package estate

import (
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"cuelang.org/go/cue"
	"cuelang.org/go/cue/cuecontext"

	"github.com/qdeploy/qdeploy/pkg/plan"
	"github.com/qdeploy/qdeploy/schema"
)

// Options are how an estate is read. The zero value is good.
type Options struct {
	Workers int   // how many goroutines evaluate; 0 means one per processor
	Files   fs.FS // the files of the estate instead of those in its directory, a git revision for example
}

// Load reads the estate in a directory and checks what its tenants have in
// common: regions, tenants, environments, apps. What a template gives for each
// of them is checked by [Estate.Each]; [Validate] does both.
//
// The error is a [Problems] with everything that was found, unless the
// directory itself cannot be read. What is merely suspicious is in
// [Estate.Warnings].
func Load(dir string, o Options) (*Estate, error) {
	l, err := newLoad(dir, o)
	if err != nil {
		return nil, err
	}
	l.run()
	ps := l.c.problems()
	if len(ps.Errors()) > 0 {
		return nil, ps
	}
	l.e.warnings = ps
	return l.e, nil
}

// Validate reads the estate in a directory and evaluates every tenant. It
// returns everything that is wrong or suspicious, sorted by position; what many
// tenants share is there once. The error says why it could not be done.
func Validate(ctx context.Context, dir string, o Options) (Problems, error) {
	l, err := newLoad(dir, o)
	if err != nil {
		return nil, err
	}
	if l.run() {
		nothing := func(Tenant, []plan.Resource) error { return nil }
		if err := l.e.each(ctx, l.workers, nil, &l.c, nothing); err != nil {
			return nil, err
		}
	}
	return l.c.problems(), nil
}

// load is an estate in the making.
type load struct {
	e       *Estate
	c       collector
	x       *explainer
	workers int
	files   []string        // tenant files that were read
	broken  map[string]bool // parts of the estate that could not be decoded
	targets []*target
}

func newLoad(dir string, o Options) (*load, error) {
	files := o.Files
	if files == nil {
		root, err := os.OpenRoot(dir) // links that lead out of it are refused
		if err != nil {
			return nil, err
		}
		files = root.FS()
	}
	e := &Estate{src: newSource(files), byName: map[string]*tenant{}}
	for _, k := range schema.Kinds() {
		if schema.Of(k).Declared {
			e.kinds = append(e.kinds, schema.Of(k))
		}
	}
	e.traits = schema.Traits()
	return &load{e: e, workers: workersOr(o.Workers), broken: map[string]bool{}}, nil
}

func (l *load) report(ps ...Problem) { l.c.add("", ps...) }

// at returns where a path is declared in the estate's CUE files, or what is
// nearest to it.
func (l *load) at(path ...string) string {
	pos, _ := l.e.text.find(path...)
	return pos
}

// common is what an estate says besides tenants and templates, decoded.
type common struct {
	TenantFiles  []string                `json:"tenantFiles"`
	Regions      map[string]Region       `json:"regions"`
	Apps         map[string]App          `json:"apps"`
	Environments map[string]*environment `json:"environments"`
	Adopt        plan.Adopt              `json:"adopt"`
	Guards       plan.Guards             `json:"guards"`
}

// run loads. It reports whether the tenants can be evaluated.
func (l *load) run() bool {
	p := l.e.src.parse()
	l.e.text = newIndex(p.estate.Files...)
	l.x = &explainer{text: l.e.text, locate: func(path []string) pos {
		at, exact := l.e.text.find(path...)
		return pos{at, exact}
	}}
	if p.estate.Err != nil {
		l.report(l.x.explain(p.estate.Err)...)
		return false
	}
	root := cuecontext.New().BuildInstance(p.estate)
	if err := root.Validate(); err != nil {
		l.report(l.x.explain(err)...)
	}
	if !root.LookupPath(cue.ParsePath("guards")).Exists() {
		if root.Err() == nil {
			l.report(Problem{
				Pos:     p.estate.Files[0].Filename + ":1:1",
				Message: "the package does not say that it is an estate",
				Hint:    fmt.Sprintf("write: import %q and below it: schema.#Estate", schema.ImportPath),
			})
		}
		return false
	}
	var c common
	l.decode(root, &c)
	l.e.regions, l.e.apps, l.e.adopt, l.e.guards = c.Regions, c.Apps, c.Adopt, c.Guards
	l.templates(root)
	l.checkRegions()
	l.checkGuards()
	l.tenantsInCUE(root)
	l.tenantsInFiles(c.TenantFiles)
	l.checkTenants()
	l.environments(c.Environments)
	l.readApps()
	return true
}

// decode reads the fields of an estate one by one, so that a problem in one
// does not hide those in another.
func (l *load) decode(root cue.Value, c *common) {
	fields := map[string]json.RawMessage{}
	for _, name := range []string{"tenantFiles", "regions", "apps", "environments", "adopt", "guards"} {
		v := root.LookupPath(cue.ParsePath(name))
		if !v.Exists() {
			continue
		}
		if err := v.Validate(cue.Concrete(true)); err != nil {
			l.report(l.x.explain(err)...)
			l.broken[name] = true
			continue
		}
		raw, err := v.MarshalJSON()
		if err != nil {
			panic(err) // it is valid and concrete
		}
		fields[name] = raw
	}
	raw, err := json.Marshal(fields)
	if err == nil {
		err = json.Unmarshal(raw, c)
	}
	if err != nil {
		l.report(Problem{Message: err.Error()})
	}
}

// templates notes the names of the templates.
func (l *load) templates(root cue.Value) {
	it, err := root.LookupPath(cue.ParsePath("templates")).Fields()
	for err == nil && it.Next() {
		l.e.templates = append(l.e.templates, it.Selector().Unquoted())
	}
}

func (l *load) checkGuards() {
	var known []string
	for _, k := range schema.Kinds() {
		known = append(known, string(k))
	}
	for _, k := range l.e.guards.Replace {
		if !slices.Contains(known, string(k)) {
			l.report(Problem{
				Pos:     l.at("guards", "replace"),
				Message: fmt.Sprintf("unknown kind %q", k),
				Hint:    orKnown(didYouMean(string(k), known), known),
			})
		}
	}
}

// orKnown returns a hint, or else what is known.
func orKnown(hint string, known []string) string {
	if hint == "" && len(known) > 0 && len(known) <= 20 {
		return "known: " + strings.Join(slices.Sorted(slices.Values(known)), ", ")
	}
	return hint
}

// each calls the functions that worker makes, one worker per goroutine, with
// every number below n, and waits.
func each(workers, n int, worker func() func(int)) {
	var wg sync.WaitGroup
	var next atomic.Int64
	for range min(workers, n) {
		wg.Go(func() {
			f := worker()
			for {
				i := int(next.Add(1)) - 1
				if i >= n {
					return
				}
				f(i)
			}
		})
	}
	wg.Wait()
}
