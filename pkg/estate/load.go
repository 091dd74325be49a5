package estate

import (
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"cuelang.org/go/cue"

	"github.com/qdeploy/qdeploy/pkg/plan"
	"github.com/qdeploy/qdeploy/schema"
)

// Options are how an estate is read. The zero value is good.
type Options struct {
	Workers int               // how many goroutines evaluate; 0 means one per processor
	Files   fs.FS             // the files of the estate instead of those in its directory, a git revision for example
	Over    map[string][]byte // put over the files, by name: an estate is tried so before it is written
	Remarks bool              // report also what is merely worth knowing, with severity Info
	GitEnv  GitEnv            // to fetch with what pins name and lies in Git LFS
	Cache   string            // a folder to keep in what large estates come to; "" keeps nothing
	Copies  int               // of tenants of data files, that are there besides them: to rehearse with
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
		l.e.forgets = true
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
	dir     string
	keepIn  string          // where resources are kept
	copies  int             // of tenants of data files
	files   map[string]bool // tenant files that were read
	// declared has the names of the regions, apps and environments, of those too
	// that could not be decoded.
	declared map[string]map[string]bool
	targets  []*target
	licensed []*tenant // that get the licence key of another
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
	if len(o.Over) > 0 {
		files = overlay{files, o.Over}
	}
	e := &Estate{src: newSource(files), byName: map[string]*tenant{}, remarks: o.Remarks, commits: commits{dir: dir, env: o.GitEnv}, pins: map[[2]string]Pin{}}
	for _, k := range schema.Kinds() {
		if schema.Of(k).Declared {
			e.kinds = append(e.kinds, schema.Of(k))
		}
	}
	e.traits = schema.Traits()
	return &load{e: e, workers: workersOr(o.Workers), dir: dir, keepIn: o.Cache, copies: o.Copies, declared: map[string]map[string]bool{}, files: map[string]bool{}}, nil
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
	TenantFiles   []string                `json:"tenantFiles"`
	Regions       map[string]Region       `json:"regions"`
	Subscriptions map[string]Subscription `json:"subscriptions"`
	Organization  *Organization           `json:"organization"`
	Apps          map[string]App          `json:"apps"`
	Environments  map[string]*environment `json:"environments"`
	Capture       []Capture               `json:"capture"`
	Adopt         plan.Adopt              `json:"adopt"`
	RunsFrom      []string                `json:"runsFrom"`
	Guards        plan.Guards             `json:"guards"`
}

// run loads. It reports whether the tenants can be evaluated.
func (l *load) run() bool {
	p := l.e.src.parse()
	l.e.text = indexOf(p.estate)
	l.x = &explainer{text: l.e.text, locate: func(path []string) pos {
		at, exact := l.e.text.find(path...)
		return pos{at, exact}
	}}
	if len(p.estate.Files) == 0 && p.estate.Err == nil {
		l.report(Problem{
			Message: fmt.Sprintf("no CUE file of package %q", packageName),
			Hint:    "begin the files of the estate with: package " + packageName,
		})
		return false
	}
	if p.estate.Err != nil {
		l.report(l.x.explain(p.estate.Err)...)
		return false
	}
	w := compile(p)
	if err := w.strict.Validate(); err != nil {
		l.report(l.x.explain(err)...)
	}
	if !w.strict.LookupPath(cue.ParsePath("guards")).Exists() {
		return false // it does not compile, and nothing of it can be looked at
	}
	root := w.strict
	var c common
	l.decode(root, &c)
	l.e.subscriptions = c.Subscriptions
	l.e.regions, l.e.apps, l.e.adopt, l.e.guards = c.Regions, c.Apps, c.Adopt, c.Guards
	l.e.organization = c.Organization
	l.templates(root)
	l.checkRegions()
	l.checkOrganization()
	l.checkGuards()
	l.checkRunsFrom(c.RunsFrom)
	l.tenantsInCUE(root)
	l.e.giveBack(w)
	l.tenantsInFiles(c.TenantFiles)
	l.checkTenants()
	l.checkLicensed()
	l.checkCaptures(c.Capture)
	l.environments(c.Environments)
	l.readApps()
	l.e.keeper = l.e.newKeeper(l.keepIn, l.dir)
	return true
}

// decode reads the parts of an estate one by one, so that a problem in one does
// not hide those in another.
func (l *load) decode(root cue.Value, c *common) {
	parts := map[string]any{}
	for _, name := range []string{"tenantFiles", "adopt", "runsFrom", "guards", "capture", "organization"} {
		if raw := l.decodePart(root.LookupPath(cue.MakePath(cue.Str(name)))); raw != nil {
			parts[name] = raw
		}
	}
	for _, name := range []string{"regions", "subscriptions", "apps", "environments"} {
		entries := map[string]json.RawMessage{}
		l.declared[name] = map[string]bool{}
		it, err := root.LookupPath(cue.MakePath(cue.Str(name))).Fields()
		for err == nil && it.Next() {
			entry := it.Selector().Unquoted()
			l.declared[name][entry] = true
			if raw := l.decodePart(it.Value()); raw != nil {
				entries[entry] = raw
			}
		}
		parts[name] = entries
	}
	raw, err := json.Marshal(parts)
	if err == nil {
		err = json.Unmarshal(raw, c)
	}
	if err != nil {
		l.report(Problem{Message: err.Error()})
	}
}

// decodePart returns a value as JSON; nil if there is none, or if it is wrong
// and that is reported.
func (l *load) decodePart(v cue.Value) json.RawMessage {
	if !v.Exists() {
		return nil
	}
	if err := v.Validate(cue.Concrete(true)); err != nil {
		l.report(l.x.explain(err)...)
		return nil
	}
	raw, err := v.MarshalJSON()
	if err != nil {
		panic(err) // it is valid and concrete
	}
	return raw
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
				Hint:    hintFrom(string(k), known),
			})
		}
	}
}

// hintFrom returns which of the known names was perhaps meant, or all of them.
func hintFrom(name string, known []string) string { return orKnown(didYouMean(name, known), known) }

// orKnown returns a hint, or else what is known.
func orKnown(hint string, known []string) string {
	if hint == "" && len(known) > 0 && len(known) <= 50 {
		return "known: " + strings.Join(slices.Sorted(slices.Values(known)), ", ")
	}
	return hint
}
