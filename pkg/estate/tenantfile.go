package estate

import (
	"bytes"
	"cmp"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"cuelang.org/go/cue/ast"
	cueerrors "cuelang.org/go/cue/errors"
	"cuelang.org/go/cue/token"
	"cuelang.org/go/encoding/json"
	"cuelang.org/go/encoding/yaml"

	"github.com/qdeploy/qdeploy/schema"
)

// maxTenantFile bounds a tenant file: more than 50,000 tenants in one.
const maxTenantFile = 64 << 20

// entry is a tenant as a file has it: data, not yet checked.
type entry struct {
	name string // from the file's name or the map's key; "" if the entry must say it
	file string
	at   string // where it begins
	data *ast.StructLit
}

// decodeTenants reads the tenants of a YAML or JSON file: one, a list, or a map
// from name to tenant.
func decodeTenants(file string, text []byte) ([]entry, []Problem) {
	top := Problem{Pos: file + ":1:1"}
	if len(text) > maxTenantFile {
		top.Message = fmt.Sprintf("the file has %d bytes, more than %d", len(text), maxTenantFile)
		return nil, []Problem{top}
	}
	x, err := decodeData(file, text)
	if err != nil {
		return nil, []Problem{syntaxProblem(file, err)}
	}
	if ps := duplicates(x); ps != nil {
		return nil, ps
	}
	switch x := x.(type) {
	case *ast.StructLit:
		if isTenant(x) {
			base := path.Base(file)
			return []entry{{strings.TrimSuffix(base, path.Ext(base)), file, top.Pos, x}}, nil
		}
		return fromMap(file, x)
	case *ast.ListLit:
		return fromList(file, x)
	}
	top.Message = "the file holds no tenant"
	top.Hint = "write one tenant, a list of tenants, or a map from name to tenant"
	return nil, []Problem{top}
}

var oddBreak = regexp.MustCompile("\r([^\n]|$)|\u0085|\u2028|\u2029")

func decodeData(file string, text []byte) (ast.Expr, error) {
	if path.Ext(file) == ".json" {
		return json.Extract(file, text)
	}
	// YAML knows line breaks that CUE's decoder does not count: it panics or puts
	// positions into the wrong line.
	if at := oddBreak.FindIndex(text); at != nil {
		line := 1 + bytes.Count(text[:at[0]], []byte("\n"))
		return nil, fmt.Errorf("%s:%d: a line break that is neither LF nor CR LF", file, line)
	}
	f, err := yaml.Extract(file, text)
	if err != nil {
		return nil, err
	}
	if len(f.Decls) == 1 {
		if e, ok := f.Decls[0].(*ast.EmbedDecl); ok {
			return e.Expr, nil
		}
	}
	return &ast.StructLit{Elts: f.Decls}, nil
}

// tenantFields are the names of the fields that a tenant has.
var tenantFields = sync.OnceValue(schema.TenantFields)

// isTenant tells one tenant from a map of tenants: it has a field that tenants
// have, or no value that can be a tenant.
func isTenant(x *ast.StructLit) bool {
	structs := 0
	for _, d := range x.Elts {
		f, ok := d.(*ast.Field)
		if !ok {
			continue
		}
		if slices.Contains(tenantFields(), label(f)) {
			return true
		}
		if _, ok := f.Value.(*ast.StructLit); ok {
			structs++
		}
	}
	return structs == 0
}

func fromMap(file string, x *ast.StructLit) (out []entry, ps []Problem) {
	for _, d := range x.Elts {
		if f, ok := d.(*ast.Field); ok {
			at := cmp.Or(position(f.Pos()), position(x.Pos()), file+":1:1")
			s, ok := f.Value.(*ast.StructLit)
			if !ok {
				ps = append(ps, Problem{Pos: at, Tenant: label(f), Message: "a tenant must be a struct"})
				continue
			}
			out = append(out, entry{label(f), file, at, s})
		}
	}
	return out, ps
}

func fromList(file string, x *ast.ListLit) (out []entry, ps []Problem) {
	for _, e := range x.Elts {
		at := cmp.Or(position(e.Pos()), position(x.Pos()), file+":1:1") // CUE knows no place of some YAML
		s, ok := e.(*ast.StructLit)
		if !ok {
			ps = append(ps, Problem{Pos: at, Message: "a tenant must be a struct"})
			continue
		}
		if len(s.Elts) > 0 {
			at = position(s.Elts[0].Pos())
		}
		out = append(out, entry{"", file, at, s})
	}
	return out, ps
}

// duplicates returns a problem for each key that occurs twice in one mapping:
// YAML and JSON let the last one win without a word.
func duplicates(x ast.Node) (ps []Problem) {
	ast.Walk(x, func(n ast.Node) bool {
		s, ok := n.(*ast.StructLit)
		if !ok {
			return true
		}
		first := map[string]token.Pos{}
		for _, d := range s.Elts {
			f, ok := d.(*ast.Field)
			if !ok {
				continue
			}
			if at, twice := first[label(f)]; twice {
				ps = append(ps, Problem{
					Pos:     position(f.Label.Pos()),
					Message: fmt.Sprintf("key %q is written twice", label(f)),
					Hint:    "the first is at " + position(at),
				})
				continue
			}
			first[label(f)] = f.Label.Pos()
		}
		return true
	}, nil)
	return ps
}

func label(f *ast.Field) string {
	name, _, err := ast.LabelName(f.Label)
	if err != nil {
		return ""
	}
	return name
}

// fromParser tells those errors of YAML that count lines from 0 from the rest.
var fromParser = regexp.MustCompile("^did not find expected (<|node content|key|'[-,])")

var lineNumber = regexp.MustCompile(`:(\d+): `)

// syntaxProblem explains why data cannot be read. YAML's errors are texts, with
// a line at most.
func syntaxProblem(file string, err error) Problem {
	for _, e := range cueerrors.Errors(err) {
		if at := position(e.Position()); at != "" {
			return Problem{Pos: at, Message: message(e)}
		}
	}
	text := err.Error()
	line := 1
	if m := lineNumber.FindStringSubmatchIndex(text); m != nil {
		line, _ = strconv.Atoi(text[m[2]:m[3]])
		text = text[m[1]:]
	}
	if fromParser.MatchString(text) {
		line++
	}
	return Problem{Pos: fmt.Sprintf("%s:%d:1", file, line), Message: text}
}
