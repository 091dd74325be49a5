package estate

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"cuelang.org/go/cue"
	"cuelang.org/go/cue/ast"

	"github.com/qdeploy/qdeploy/pkg/plan"
	"github.com/qdeploy/qdeploy/schema"
)

// State says whether a tenant is looked after.
type State string

const (
	Active  State = "active"
	Ignored State = "ignored" // neither read nor changed

	// Deactivated is a tenant that nobody may log in to, and that Qlik purges later.
	Deactivated State = "deactivated"
)

// Tenant is a tenant as it is declared.
type Tenant struct {
	plan.Tenant
	Title string
	State State

	// Subscription is the one that it is of; "" if the estate declares none, or several and
	// the tenant does not say.
	Subscription string

	Pos string // file:line:column of the declaration

	Create     *Creation     // nil for a tenant that qdeploy does not make
	Deactivate *Deactivation // nil where it is not confirmed
}

// Creation is how a tenant is made where there is none.
type Creation struct {
	LicenseOf string `json:"licenseOf"` // a tenant of the same subscription, by name
}

// Deactivation is how a tenant is deactivated.
type Deactivation struct {
	Confirm        string `json:"confirm"`        // its host
	PurgeAfterDays int    `json:"purgeAfterDays"` // 10 to 90
}

// tenant is what is kept of a tenant between loading and evaluating: data, no
// CUE value, so that memory stays small and every worker can use it.
type tenant struct {
	Tenant
	templates []string
	facts     []byte          // JSON: what a template sees below "tenant"
	own       *ast.StructLit  // its own resources, if it comes from a file
	ownAt     *index          // and where they are
	inCUE     map[string]bool // the kinds that it declares itself, if it is written in CUE
	file      string          // that it comes from; "" if it is written in CUE
	targets   []*target       // of environments, that select it
	broken    bool            // it cannot be evaluated, and that was said
	known     atomic.Pointer[known]
}

// declaration is a tenant as the schema has it, decoded.
type declaration struct {
	Name   string `json:"name"`
	Title  string `json:"title"`
	Region string `json:"region"`

	Subscription string `json:"subscription"`

	Alias     string            `json:"alias"`
	Host      string            `json:"host"`
	Labels    map[string]string `json:"labels"`
	Variables json.RawMessage   `json:"variables"`
	Template  any               `json:"template"`
	State     State             `json:"state"`

	Create     *Creation     `json:"create"`
	Deactivate *Deactivation `json:"deactivate"`
}

// tenantsInCUE decodes the tenants that are written in CUE.
func (l *load) tenantsInCUE(root cue.Value) {
	it, err := root.LookupPath(cue.ParsePath("tenants")).Fields()
	for err == nil && it.Next() {
		name := it.Selector().Unquoted()
		t := &tenant{inCUE: map[string]bool{}}
		d, ps := l.decodeTenant(it.Value(), l.x, func(kind string) { t.inCUE[kind] = true })
		if len(ps) > 0 {
			l.report(ps...)
			continue
		}
		t.Pos = l.at("tenants", name)
		l.complete(t, d, func(path ...string) string {
			return l.at(append([]string{"tenants", name}, path...)...)
		})
	}
}

// tenantsInFiles decodes the tenants of data files, several at once.
func (l *load) tenantsInFiles(patterns []string) {
	var entries []entry
	for i, pattern := range patterns {
		at := l.at("tenantFiles", strconv.Itoa(i))
		names, err := fs.Glob(l.e.src.fsys, pattern)
		if err != nil {
			l.report(Problem{Pos: at, Message: fmt.Sprintf("%q is not a pattern of file names", pattern)})
			continue
		}
		if len(names) == 0 {
			l.report(Problem{Severity: Warning, Pos: at, Message: fmt.Sprintf("no file matches %q", pattern)})
		}
		for _, name := range names {
			entries = append(entries, l.readEntries(name, at)...)
		}
	}
	entries = multiplied(entries, l.copies)
	tenants := make([]*tenant, len(entries))
	decls := make([]declaration, len(entries))
	var wg sync.WaitGroup
	var next atomic.Int64
	for range crew(l.workers, len(entries)) {
		wg.Go(func() {
			w, err := l.e.borrow()
			if err != nil {
				panic(err) // it was compiled before
			}
			defer l.e.giveBack(w)
			for i := next.Add(1) - 1; i < int64(len(entries)); i = next.Add(1) - 1 {
				tenants[i], decls[i] = l.fromEntry(w, entries[i])
			}
		})
	}
	wg.Wait()
	for i, t := range tenants {
		if t != nil {
			x := newIndexOf(entries[i].data)
			l.complete(t, decls[i], func(path ...string) string {
				at, _ := x.find(path...)
				return cmp.Or(at, entries[i].at)
			})
		}
	}
}

func (l *load) readEntries(name, pattern string) []entry {
	if slices.Contains(l.files, name) {
		return nil // two patterns match it
	}
	l.files = append(l.files, name)
	switch {
	case strings.HasSuffix(name, ".yaml"), strings.HasSuffix(name, ".yml"), strings.HasSuffix(name, ".json"):
	default:
		l.report(Problem{Pos: pattern, Message: fmt.Sprintf("%s is neither YAML nor JSON", name)})
		return nil
	}
	text, err := fs.ReadFile(l.e.src.fsys, name)
	if err != nil {
		l.report(Problem{Pos: pattern, Message: err.Error()})
		return nil
	}
	entries, ps := decodeTenants(name, text)
	l.report(ps...)
	return entries
}

// fromEntry checks the data of one tenant; its own resources are checked when
// they are evaluated with its template.
func (l *load) fromEntry(w *worker, en entry) (*tenant, declaration) {
	t := &tenant{file: en.file}
	t.Pos = en.at
	facts := &ast.StructLit{}
	for _, d := range en.data.Elts {
		if f, ok := d.(*ast.Field); ok && schema.Of(plan.Kind(label(f))).Declared {
			if t.own == nil {
				t.own = &ast.StructLit{}
			}
			t.own.Elts = append(t.own.Elts, d)
			continue
		}
		facts.Elts = append(facts.Elts, d)
	}
	if t.own != nil {
		t.ownAt = newIndexOf(t.own)
	}
	v := w.tenant.Unify(w.ctx.BuildExpr(facts))
	if en.name != "" && !v.LookupPath(cue.ParsePath("name")).IsConcrete() {
		v = v.FillPath(cue.ParsePath("name"), en.name)
	}
	x := &explainer{text: l.e.text, prefix: []string{"tenants", ""}, locate: func(path []string) pos {
		at, exact := newIndexOf(en.data).find(path...)
		return pos{cmp.Or(at, en.at), exact}
	}}
	ps := x.explain(v.Validate())
	var d declaration
	if len(ps) == 0 {
		d, ps = l.decodeTenant(v, x, nil)
	}
	if len(ps) > 0 {
		if t.own != nil { // at least against the schema
			x.prefix = []string{"templates", ""}
			own := w.template.Unify(w.ctx.BuildExpr(t.own))
			ps = append(ps, x.explain(own.Validate())...)
		}
		for i := range ps {
			ps[i].Tenant = en.name
		}
		l.report(ps...)
		return nil, d
	}
	return t, d
}

// decodeTenant decodes the fields of a tenant but for its own resources, whose
// kinds it reports.
func (l *load) decodeTenant(v cue.Value, x *explainer, own func(kind string)) (declaration, []Problem) {
	var d declaration
	var ps []Problem
	fields := map[string]json.RawMessage{}
	for _, name := range tenantFields() {
		f := v.LookupPath(cue.MakePath(cue.Str(name)))
		switch {
		case !f.Exists():
		case schema.Of(plan.Kind(name)).Declared:
			own(name)
		case f.Validate(cue.Concrete(true)) == nil:
			raw, err := f.MarshalJSON()
			if err != nil {
				panic(err) // it is valid and concrete
			}
			fields[name] = raw
		case name == "title" && fields["name"] == nil:
			// the title is the name, and that is missing
		default:
			ps = append(ps, x.explain(f.Validate(cue.Concrete(true)))...)
		}
	}
	if ps != nil {
		return d, ps
	}
	raw, err := json.Marshal(fields)
	if err == nil {
		err = json.Unmarshal(raw, &d)
	}
	if err != nil {
		ps = append(ps, Problem{Message: err.Error()})
	}
	return d, ps
}

// reread is the tenant file that was read last to find out where something is.
type reread struct {
	mu   sync.Mutex
	file string
	data map[string]*ast.StructLit // by position
}

// dataOf returns the data of a tenant as its file has it now; nil if it has not.
func (e *Estate) dataOf(t *tenant) *ast.StructLit {
	r := &e.reread
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.file != t.file {
		text, err := fs.ReadFile(e.src.fsys, t.file)
		if err != nil {
			return nil
		}
		r.file, r.data = t.file, map[string]*ast.StructLit{}
		entries, _ := decodeTenants(t.file, text)
		for _, en := range entries {
			r.data[en.at] = en.data
		}
	}
	return r.data[t.Pos]
}

func newIndexOf(data *ast.StructLit) *index {
	x := newIndex()
	x.file(&x.top, &ast.File{Decls: data.Elts})
	return x
}
