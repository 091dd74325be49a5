package estate

import (
	"errors"
	"io/fs"
	"path"
	"strings"
	"sync"

	"cuelang.org/go/cue/ast"
	"cuelang.org/go/cue/build"
	cueerrors "cuelang.org/go/cue/errors"
	"cuelang.org/go/cue/parser"
	"cuelang.org/go/cue/token"

	"github.com/qdeploy/qdeploy/schema"
)

// packageName is the CUE package that an estate is.
const packageName = "estate"

// source is the text of an estate. Packages are found by hand rather than with
// CUE's loader: that one asks registries, and reads cue.mod/pkg from the
// operating system alone. Here the schema is always the embedded one, and
// nothing outside of the file system is touched.
type source struct {
	fsys   fs.FS
	module string // the module path, without a version; "" if there is none

	mu    sync.Mutex
	texts map[string]map[string][]byte // directory → file → text
}

func newSource(fsys fs.FS) *source {
	s := &source{fsys: fsys, texts: map[string]map[string][]byte{}}
	if text, err := fs.ReadFile(fsys, "cue.mod/module.cue"); err == nil {
		if f, err := parser.ParseFile("cue.mod/module.cue", text); err == nil {
			s.module = moduleOf(f)
		}
	}
	return s
}

func moduleOf(f *ast.File) string {
	for _, d := range f.Decls {
		if field, ok := d.(*ast.Field); ok {
			if name, _, _ := ast.LabelName(field.Label); name == "module" {
				if lit, ok := field.Value.(*ast.BasicLit); ok {
					m, _, _ := strings.Cut(strings.Trim(lit.Value, `"`), "@")
					return m
				}
			}
		}
	}
	return ""
}

// program is an estate that has been parsed: what one worker compiles.
type program struct {
	estate *build.Instance
	schema *build.Instance
}

// parse reads the estate and what it imports, afresh: a program is not shared
// between goroutines. The estate's Err says what is wrong with the text.
func (s *source) parse() program {
	l := &loader{source: s, loading: map[string]bool{}}
	l.ctx = build.NewContext(build.Loader(l.load))
	inst := l.ctx.NewInstance(".", nil)
	l.files(inst, ".", packageName)
	if err := inst.Complete(); err != nil && inst.Err == nil {
		inst.ReportError(cueerrors.Promote(err, ""))
	}
	for _, err := range l.errs {
		inst.ReportError(err)
	}
	if l.schema == nil {
		l.schema = l.embedded()
	}
	return program{inst, l.schema}
}

// loader finds the packages of one program.
type loader struct {
	*source
	ctx     *build.Context
	schema  *build.Instance
	loading map[string]bool
	errs    []cueerrors.Error // about imports; CUE itself stops at the first
}

// load is what CUE calls for each import. For a package of CUE itself it
// returns nil, as it should.
func (l *loader) load(pos token.Pos, importPath string) *build.Instance {
	dir, name, _ := strings.Cut(importPath, ":")
	if dir == schema.ImportPath {
		l.schema = l.embedded()
		return l.schema
	}
	if first, _, _ := strings.Cut(dir, "/"); !strings.Contains(first, ".") {
		return nil
	}
	if name == "" {
		name = path.Base(dir)
	}
	where := path.Join("cue.mod/pkg", dir)
	if sub, ok := strings.CutPrefix(dir, l.module+"/"); ok && l.module != "" {
		where = sub
	}
	inst := l.ctx.NewInstance(where, nil)
	inst.ImportPath = importPath
	if l.loading[importPath] {
		l.errs = append(l.errs, cueerrors.Newf(pos, "import cycle through %q", importPath))
		return inst
	}
	l.loading[importPath] = true
	defer delete(l.loading, importPath)
	l.files(inst, where, name)
	if inst.Err == nil && len(inst.Files) == 0 {
		l.errs = append(l.errs, cueerrors.Newf(pos, "no package %q in the estate or below cue.mod/pkg", importPath))
	}
	if err := inst.Complete(); err != nil && inst.Err == nil {
		inst.Err = cueerrors.Promote(err, "")
	}
	l.errs = append(l.errs, cueerrors.Errors(inst.Err)...)
	inst.Err = nil
	return inst
}

func (l *loader) embedded() *build.Instance {
	inst := l.ctx.NewInstance("schema", nil)
	inst.ImportPath = schema.ImportPath
	names, err := fs.Glob(schema.Files(), "*.cue")
	for _, name := range names {
		err = errors.Join(err, addFile(inst, schema.Files(), name, schema.ImportPath+"/"+name))
	}
	if err = errors.Join(err, inst.Complete()); err != nil {
		panic(err) // the schema's own tests hold it
	}
	return inst
}

// addFile adds a CUE file under the name that messages call it by.
func addFile(inst *build.Instance, fsys fs.FS, name, as string) error {
	text, err := fs.ReadFile(fsys, name)
	if err != nil {
		return err
	}
	f, err := parser.ParseFile(as, text, parser.ParseComments)
	if err != nil {
		return err
	}
	schema.WithoutExample(f)
	if err := inst.AddSyntax(f); err != nil {
		return err
	}
	return nil
}

// files adds the CUE files of a directory that belong to a package.
func (l *loader) files(inst *build.Instance, dir, pkg string) {
	texts, err := l.read(dir)
	if err != nil {
		inst.ReportError(cueerrors.Promote(err, ""))
		return
	}
	for _, name := range sorted(texts) {
		f, err := parser.ParseFile(name, texts[name])
		switch {
		case err != nil:
			for _, e := range cueerrors.Errors(err) {
				inst.ReportError(e)
			}
		case f.PackageName() == pkg:
			if err := inst.AddSyntax(f); err != nil {
				inst.ReportError(err)
			}
		}
	}
}

// read returns the CUE files of a directory.
func (s *source) read(dir string) (map[string][]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if texts := s.texts[dir]; texts != nil {
		return texts, nil
	}
	names, err := fs.Glob(s.fsys, path.Join(dir, "*.cue"))
	if err != nil {
		return nil, err
	}
	texts := map[string][]byte{}
	for _, name := range names {
		if strings.HasSuffix(name, "_tool.cue") || strings.HasSuffix(name, "_test.cue") {
			continue // what CUE's own commands read
		}
		if texts[name], err = fs.ReadFile(s.fsys, name); err != nil {
			return nil, err
		}
	}
	s.texts[dir] = texts
	return texts, nil
}
