package estate

import (
	"cmp"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"
	"sync"

	"cuelang.org/go/cue"
	"cuelang.org/go/cue/ast"

	"github.com/qdeploy/qdeploy/pkg/plan"
	"github.com/qdeploy/qdeploy/schema"
)

// tenantFile is a data file with tenants, as it was when the estate was loaded.
type tenantFile struct {
	name  string
	sum   [sha256.Size]byte
	wrong bool // something in it is no tenant
}

// record is what a data file says of one tenant, and is sound by itself.
type record struct {
	at   string // where it begins
	raw  []byte // its declaration but for its own resources, as JSON; nil if it is wrong
	own  string // the digest of those and of where they are; "" if it has none
	file *tenantFile
	nth  int // of the file's tenants
}

// tenantsInFiles decodes the tenants of data files, and the copies of them that there are
// to be.
func (l *load) tenantsInFiles(patterns []string) {
	q := newQueue(l)
	s := openShelf(l.keepIn, l.dir)
	var all [][]record
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
			all = append(all, l.readFile(name, at, s, q))
		}
	}
	q.close()
	s.save(all)
	l.add(slices.Concat(all...))
}

// readFile reads a data file: from the shelf if it was read before; or else its tenants
// are put into the queue, and the records are there when that is closed.
func (l *load) readFile(name, pattern string, s *shelf, q *queue) []record {
	if l.files[name] {
		return nil // two patterns match it
	}
	l.files[name] = true
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
	file := &tenantFile{name: name, sum: sha256.Sum256(text)}
	if had := s.get(file); had != nil {
		return had
	}
	entries, ps := decodeTenants(name, text)
	l.report(ps...)
	file.wrong = len(ps) > 0
	rs := make([]record, len(entries))
	for i, en := range entries {
		rs[i] = record{at: en.at, file: file, nth: i}
		q.put(task{en, &rs[i]})
	}
	return rs
}

// add adds the tenants of the records, and copies of them.
func (l *load) add(all []record) {
	decls := make([]declaration, len(all))
	for i, r := range all {
		if r.raw == nil {
			continue // it was said why
		}
		if err := json.Unmarshal(r.raw, &decls[i]); err != nil {
			l.report(Problem{Pos: r.at, Message: err.Error()})
			all[i].raw = nil
			continue
		}
		l.addOne(r, decls[i])
	}
	for i := range l.copies * min(1, len(all)) {
		of := i % len(all)
		if all[of].raw != nil {
			l.addOne(all[of], copied(decls[of], i/len(all)+1))
		}
	}
}

func (l *load) addOne(r record, d declaration) {
	t := &tenant{file: r.file, nth: r.nth, own: r.own}
	t.Pos = r.at
	l.complete(t, d, func(path ...string) string {
		data, err := l.e.dataOf(t)
		if err != nil {
			return r.at
		}
		at, _ := newIndexOf(data).find(path...)
		return cmp.Or(at, r.at)
	})
}

// task is to check what a file has of one tenant.
type task struct {
	entry
	to *record
}

// queue is what tenants wait in to be checked by several workers. It is short: what was
// read of a file is not kept until all are read.
type queue struct {
	l    *load
	todo chan task
	wg   sync.WaitGroup
	got  int // tasks
	crew int
}

func newQueue(l *load) *queue { return &queue{l: l, todo: make(chan task, 64)} }

func (q *queue) put(t task) {
	if q.got++; q.crew < crew(q.l.workers, q.got) {
		q.crew++
		q.wg.Go(q.work)
	}
	q.todo <- t
}

func (q *queue) close() {
	close(q.todo)
	q.wg.Wait()
}

func (q *queue) work() {
	var w *worker
	defer func() {
		if w != nil {
			q.l.e.giveBack(w)
		}
	}()
	for t := range q.todo {
		var err error
		if w, err = q.l.e.next(w); err != nil {
			panic(err) // it was compiled before
		}
		t.to.raw, t.to.own = q.l.check(w, t.entry)
	}
}

// check checks the data of one tenant, and returns what a record has of it; its own
// resources are checked when they are evaluated with its template.
func (l *load) check(w *worker, en entry) (raw []byte, own string) {
	l.e.checked.Add(1)
	facts, mine := en.apart()
	v := w.tenant.Unify(w.ctx.BuildExpr(facts))
	if en.name != "" && !v.LookupPath(cue.ParsePath("name")).IsConcrete() {
		v = v.FillPath(cue.ParsePath("name"), en.name)
	}
	if v.Validate(cue.Concrete(true)) == nil {
		raw, err := v.MarshalJSON()
		if err != nil {
			panic(err) // it is valid and concrete
		}
		return raw, digestOf(mine)
	}
	l.report(l.wrong(w, en, v)...)
	return nil, ""
}

// wrong says what is wrong with the data of a tenant.
func (l *load) wrong(w *worker, en entry, v cue.Value) []Problem {
	x := &explainer{text: l.e.text, prefix: []string{"tenants", ""}, locate: func(path []string) pos {
		at, exact := newIndexOf(en.data).find(path...)
		return pos{cmp.Or(at, en.at), exact}
	}}
	ps := x.explain(v.Validate())
	if len(ps) == 0 {
		_, ps = l.decodeTenant(v, x, nil)
	}
	if _, mine := en.apart(); mine != nil { // at least against the schema
		x.prefix = []string{"templates", ""}
		own := w.template.Unify(w.ctx.BuildExpr(mine))
		ps = append(ps, x.explain(own.Validate())...)
	}
	for i := range ps {
		ps[i].Tenant = en.name
	}
	return ps
}

// apart returns what an entry says of the tenant, and its own resources; nil for none.
func (en entry) apart() (facts, own *ast.StructLit) {
	facts = &ast.StructLit{}
	for _, d := range en.data.Elts {
		if f, ok := d.(*ast.Field); ok && schema.Of(plan.Kind(label(f))).Declared {
			if own == nil {
				own = &ast.StructLit{}
			}
			own.Elts = append(own.Elts, d)
			continue
		}
		facts.Elts = append(facts.Elts, d)
	}
	return facts, own
}
