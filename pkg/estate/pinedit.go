package estate

import (
	"bytes"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"time"

	"cuelang.org/go/cue/ast"
	"cuelang.org/go/cue/format"
	"cuelang.org/go/cue/literal"
	"cuelang.org/go/cue/parser"
	"cuelang.org/go/cue/token"
)

// Hold keeps a version of an app, and all that is not newer, from being promoted, or one
// content of what is no app.
type Hold struct {
	Version string     `json:"version"` // of what is no app, [ContentPin.Sum]
	By      string     `json:"by"`
	Why     string     `json:"why"`
	Since   time.Time  `json:"since"`
	Until   *time.Time `json:"until,omitempty"`
}

// Ended reports whether the hold has ended by itself.
func (h Hold) Ended(now time.Time) bool { return h.Until != nil && !now.Before(*h.Until) }

// PinChange is what to write into the pins of one environment.
type PinChange struct {
	Environment string
	Pins        map[string]Pin        // by app
	Content     map[string]ContentPin // by kind and name
	Holds       map[string]Hold       // by app, or by kind and name
	Unhold      []string              // whose holds are removed
}

// EditPins returns the CUE files that have other pins and holds after a change:
// where the environment has them already, else in a file of its own,
// pins-ENVIRONMENT.cue. Comments stay; the files are as cue fmt has them. A change
// that changes nothing returns no files.
func EditPins(files fs.FS, c PinChange) (map[string][]byte, error) {
	e := &pinEditor{environment: c.Environment, own: "pins-" + c.Environment + ".cue", parsed: map[string]*ast.File{}, before: map[string][]byte{}}
	if err := e.read(files); err != nil {
		return nil, err
	}
	for _, app := range slices.Sorted(maps.Keys(c.Pins)) {
		p := c.Pins[app]
		e.set("apps", app, []pinField{{"version", p.Version}, {"digest", p.Digest}, {"commit", p.Commit}})
	}
	for _, key := range slices.Sorted(maps.Keys(c.Content)) {
		e.set("content", key, []pinField{{"md5", c.Content[key].MD5}, {"digest", c.Content[key].Digest}, {"commit", c.Content[key].Commit}})
	}
	for _, app := range slices.Sorted(maps.Keys(c.Holds)) {
		h := c.Holds[app]
		until := ""
		if h.Until != nil {
			until = h.Until.UTC().Format(time.RFC3339)
		}
		e.set("holds", app, []pinField{{"version", h.Version}, {"by", h.By}, {"why", h.Why}, {"since", h.Since.UTC().Format(time.RFC3339)}, {"until", until}})
	}
	for _, app := range c.Unhold {
		e.remove("holds", app)
	}
	return e.changed()
}

// pinField is a field of a pin or a hold; an empty one is left out.
type pinField struct{ name, value string }

// pinEditor edits the syntax of an estate's CUE files.
type pinEditor struct {
	environment, own string
	parsed           map[string]*ast.File
	before           map[string][]byte // as cue fmt has them
}

func (e *pinEditor) read(files fs.FS) error {
	names, err := fs.Glob(files, "*.cue")
	if err != nil {
		return err
	}
	for _, name := range names {
		if strings.HasSuffix(name, "_tool.cue") || strings.HasSuffix(name, "_test.cue") {
			continue
		}
		text, err := fs.ReadFile(files, name)
		if err != nil {
			return err
		}
		f, err := parser.ParseFile(name, text, parser.ParseComments)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if f.PackageName() != packageName {
			continue
		}
		if e.before[name], err = format.Node(f); err != nil {
			return err
		}
		e.parsed[name] = f
	}
	return nil
}

// set writes a pin or a hold.
func (e *pinEditor) set(what, app string, parts []pinField) {
	path := []string{"environments", e.environment, what, app}
	for _, name := range sorted(e.parsed) {
		if f := find(e.parsed[name].Decls, path); f != nil {
			fill(f, parts)
			return
		}
	}
	f := &ast.Field{Label: ast.NewString(app), Value: ast.NewStruct()}
	fill(f, parts)
	e.add(path[:3], f)
}

// fill gives a field of the syntax the parts as its value, and keeps the comments
// of those that it had.
func fill(f *ast.Field, parts []pinField) {
	s, ok := f.Value.(*ast.StructLit)
	if !ok {
		s = ast.NewStruct()
		f.Value = s
	}
	for _, p := range parts {
		i := slices.IndexFunc(s.Elts, func(d ast.Decl) bool { return named(d, p.name) != nil })
		switch {
		case i >= 0 && p.value == "":
			s.Elts = slices.Delete(s.Elts, i, i+1)
		case i >= 0:
			named(s.Elts[i], p.name).Value = ast.NewString(p.value)
		case p.value != "":
			s.Elts = append(s.Elts, &ast.Field{Label: ast.NewIdent(p.name), Value: ast.NewString(p.value)})
		}
	}
	if len(s.Elts) > 1 && !s.Lbrace.IsValid() {
		s.Lbrace, s.Rbrace = token.Blank.Pos(), token.Newline.Pos()
	}
	for _, d := range s.Elts {
		if field, ok := d.(*ast.Field); ok && len(s.Elts) > 1 {
			ast.SetRelPos(field, token.Newline)
		}
	}
}

// add puts a field into the struct at a path: of the environment's own file, else
// of any file that has it, else of a new file.
func (e *pinEditor) add(path []string, f *ast.Field) {
	ast.SetRelPos(f, token.Newline)
	for _, name := range append([]string{e.own}, sorted(e.parsed)...) {
		if file := e.parsed[name]; file != nil {
			if at := find(file.Decls, path); at != nil {
				if s, ok := at.Value.(*ast.StructLit); ok {
					s.Elts = append(s.Elts, f)
					s.Lbrace, s.Rbrace = token.Blank.Pos(), token.Newline.Pos()
					return
				}
			}
		}
	}
	e.begin(path).Elts = []ast.Decl{f}
}

// begin adds an empty struct at a path to the environment's own file.
func (e *pinEditor) begin(path []string) *ast.StructLit {
	var text strings.Builder
	for _, name := range path {
		if ast.StringLabelNeedsQuoting(name) {
			name = literal.String.Quote(name)
		}
		text.WriteString(name + ": ")
	}
	skeleton, err := parser.ParseFile(e.own, text.String()+"{\n}")
	if err != nil {
		panic(err) // quoted labels and nothing else
	}
	top := skeleton.Decls[0].(*ast.Field)
	ast.SetRelPos(top, token.NewSection)
	file := e.parsed[e.own]
	if file == nil {
		file = &ast.File{Filename: e.own, Decls: []ast.Decl{&ast.Package{Name: ast.NewIdent(packageName)}}}
		ast.AddComment(top, &ast.CommentGroup{Doc: true, List: []*ast.Comment{
			{Text: "// What " + e.environment + " runs. qdeploy promote and rollback rewrite this file."},
		}})
		e.parsed[e.own] = file
	}
	file.Decls = append(file.Decls, top)
	return find([]ast.Decl{top}, path).Value.(*ast.StructLit)
}

// remove takes a pin or a hold away, and a struct that is empty then.
func (e *pinEditor) remove(what, app string) {
	path := []string{"environments", e.environment, what, app}
	for _, file := range e.parsed {
		file.Decls = without(file.Decls, path)
	}
}

// without returns declarations without the one at a path.
func without(decls []ast.Decl, path []string) []ast.Decl {
	return slices.DeleteFunc(decls, func(d ast.Decl) bool {
		f := named(d, path[0])
		if f == nil || len(path) == 1 {
			return f != nil
		}
		s, ok := f.Value.(*ast.StructLit)
		if !ok {
			return false
		}
		before := len(s.Elts)
		s.Elts = without(s.Elts, path[1:])
		return len(s.Elts) == 0 && before > 0
	})
}

// find returns the field at a path of field names, nil if there is none.
func find(decls []ast.Decl, path []string) *ast.Field {
	for _, d := range decls {
		f := named(d, path[0])
		if f == nil {
			continue
		}
		if len(path) == 1 {
			return f
		}
		if s, ok := f.Value.(*ast.StructLit); ok {
			if in := find(s.Elts, path[1:]); in != nil {
				return in
			}
		}
	}
	return nil
}

// named returns a declaration as the field of a name, nil if it is not.
func named(d ast.Decl, name string) *ast.Field {
	f, ok := d.(*ast.Field)
	if !ok {
		return nil
	}
	if n, _, err := ast.LabelName(f.Label); err != nil || n != name {
		return nil
	}
	return f
}

// changed returns the files whose text is another now.
func (e *pinEditor) changed() (map[string][]byte, error) {
	out := map[string][]byte{}
	for name, f := range e.parsed {
		after, err := format.Node(f)
		if err != nil {
			return nil, err
		}
		if !bytes.Equal(e.before[name], after) {
			out[name] = after
		}
	}
	return out, nil
}
