// Package schema holds the language of an estate, written in CUE and embedded:
// the shape, the defaults and the documentation of everything that may be
// declared, and the traits of each kind. Go repeats none of it.
//
// A kind is a definition with the attribute @qlik(kind=NAME), in a file of its
// own that ends with a full example. What else the attribute may say of a kind:
//
//	container        it holds others, and deleting it can lose them
//	pool             they share a number that is limited: deleting comes first
//	cascade          it ends with the resource that it lives in
//	singleton        a tenant has exactly one, always: it is declared without a name
//	first, last      its changes come before, or after, all others of the tenant
//	one=FIELD+FIELD  a tenant has at most one of which all of these are true
//	create=WORD      what creating it is called in a plan
//	update=WORD      what updating it is called in a plan
//	writes=N         how many calls creating or updating it takes
//
// And of a field:
//
//	key              its name: what the key of the resource ends with
//	within           a reference whose own name is in the key, between the parent's and that;
//	                 of several, the last says most
//	immutable        fixed at creation
//	secret           written, never read back, never shown
//	issued           where to put a secret that Qlik makes
//	ref=KIND         the key of a resource of that kind, or a list of them
//	soft             a reference that may point at what is not declared
//	named=KIND       the name of a resource of that kind, declared or not, or a list of them
//	person           "user:" and the subject of a user, declared or not, or something else
//	parent           the reference to the resource that this one lives in
//	set              a list whose order means nothing
//	whole            an object that is managed as a whole: what is not in it goes
//	include          a set that may hold more than is declared
//	mode=FIELD       says of the set FIELD whether it may, see #ListMode; an input
//	input            how to apply, not what to compare
//	renewal          an input that counts only where the resource is there already
//	file=SORT        names a file of the estate: an archive, with NAME.qext in it, an
//	                 image, an icon, styles, or data
//	md5=FIELD        computed: the MD5 of the file that FIELD names
//	size=FIELD       computed: how many bytes that file has
//	definition=FIELD computed: the digest of the definition in the file that FIELD names
//	shape=FIELD      computed: the digest of the file that FIELD names, which has fields of
//	                 the kind: those that are
//	means=WORD       a text that not only looks right: a recurrence, a zone
//	shaped           written in that file, or here
//	aside            about the resource, not part of its spec
//
// Anything else is a mistake, and the tests say so. Start with [Traits].
//
// It is a package of the qdeploy program, not a stable API.
package schema

import (
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"sync"

	"cuelang.org/go/cue"
	"cuelang.org/go/cue/ast"
	"cuelang.org/go/cue/build"
	"cuelang.org/go/cue/cuecontext"
	"cuelang.org/go/cue/parser"

	"github.com/qdeploy/qdeploy/pkg/plan"
)

// ImportPath is how an estate imports the schema.
const ImportPath = "github.com/qdeploy/qdeploy/schema"

//go:embed *.cue
var files embed.FS

// kindsJSON is what Go knows of the files, read from them once and for all: to evaluate
// them takes longer than many a command. A test holds that it is up to date.
//
//go:embed kinds.json
var kindsJSON []byte

// Files returns the CUE files, so that they can be copied to where an editor
// looks for them: cue.mod/pkg/ and [ImportPath].
func Files() fs.FS { return files }

// Kind is what the schema says of a kind besides its shape.
type Kind struct {
	Name       plan.Kind
	Definition string   // "#Space"
	Declared   bool     // tenants and templates declare it; otherwise it follows from something else
	KeyField   string   // the field that the name in its key ends with
	KeyWithin  []string // the fields whose names come before that, after the parent's
	Traits     plan.Traits
	One        []string          // fields of which all are true in one resource at most
	Aside      []string          // fields that are not part of the spec
	MD5        map[string]string // computed field → the field that names the file
	Files      map[string]string // the field that names a file → what sort of file it must be

	Definitions map[string]string // the same, for the digest of what the file defines
	Shapes      map[string]string // the same, for the digest of fields that the file has
	Shaped      []string          // those fields
	Sizes       map[string]string // computed field → the field that names the file
	Means       map[string]string // field → what its text means, of which not every one that looks right does
}

// facts are what Go knows of the files.
type facts struct {
	Kinds  map[plan.Kind]Kind
	Roles  map[string][]string // by type of space
	Tenant []string            // the fields of a tenant
}

// contents is what the embedded files say.
type contents struct {
	facts
	mu       sync.Mutex // a CUE value is not for several goroutines
	value    cue.Value
	forms    map[string]string             // what matches a pattern, in words
	examples map[plan.Kind]json.RawMessage // full specs
}

// known panics when what is embedded is wrong: then the program is.
var known = sync.OnceValue(func() *facts {
	var f facts
	if err := json.Unmarshal(kindsJSON, &f); err != nil {
		panic(fmt.Sprintf("schema: kinds.json: %v", err))
	}
	return &f
})

// embedded has the values too, read once, and only by who asks what a field means.
var embedded = sync.OnceValue(func() *contents {
	p, err := read(files, false)
	if err != nil {
		panic(fmt.Sprintf("schema: %v", err))
	}
	return p
})

// examples are full specs by kind, read once, and only by who asks for one.
var examples = sync.OnceValue(func() map[plan.Kind]json.RawMessage {
	p, err := read(files, true)
	if err != nil {
		panic(fmt.Sprintf("schema: %v", err))
	}
	return p.examples
})

// WithoutExample takes the example out of a file of the schema. Nothing that is declared
// follows from it, and to evaluate it takes as long as all the rest.
func WithoutExample(f *ast.File) {
	f.Decls = slices.DeleteFunc(f.Decls, func(d ast.Decl) bool {
		field, ok := d.(*ast.Field)
		return ok && label(field) == "example"
	})
}

// read builds the schema and reads what Go needs to know of it; if it is the whole, with
// its examples, and whether all of it is right.
func read(fsys fs.FS, whole bool) (*contents, error) {
	inst := build.NewContext().NewInstance("schema", nil)
	names, err := fs.Glob(fsys, "*.cue")
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		text, err := fs.ReadFile(fsys, name)
		if err != nil {
			return nil, err
		}
		f, err := parser.ParseFile("schema/"+name, text, parser.ParseComments)
		if err != nil {
			return nil, err
		}
		if !whole {
			WithoutExample(f)
		}
		if err := inst.AddSyntax(f); err != nil {
			return nil, err
		}
	}
	if err := inst.Complete(); err != nil {
		return nil, err
	}
	p := &contents{value: cuecontext.New().BuildInstance(inst), examples: map[plan.Kind]json.RawMessage{}}
	p.Kinds = map[plan.Kind]Kind{}
	if err := p.value.Err(); err != nil {
		return nil, err
	}
	if whole {
		if err := p.value.Validate(); err != nil {
			return nil, err
		}
	}
	if err := p.value.LookupPath(cue.ParsePath("roles")).Decode(&p.Roles); err != nil {
		return nil, err
	}
	if err := p.value.LookupPath(cue.ParsePath("forms")).Decode(&p.forms); err != nil {
		return nil, err
	}
	defs, err := p.value.Fields(cue.Definitions(true))
	if err != nil {
		return nil, err
	}
	for defs.Next() {
		k, err := readKind(defs.Value())
		if err != nil {
			return nil, fmt.Errorf("%s: %w", defs.Selector(), err)
		}
		if k.Name == "" {
			continue
		}
		k.Definition = defs.Selector().String()
		if whole {
			example := p.value.LookupPath(cue.MakePath(cue.Str("example"), cue.Str(string(k.Name))))
			if p.examples[k.Name], err = example.MarshalJSON(); err != nil {
				return nil, fmt.Errorf("example of %s: %w", k.Name, err)
			}
		}
		k.Declared = p.value.LookupPath(cue.MakePath(cue.Def("Resources"), cue.Str(string(k.Name)).Optional())).Exists()
		p.Kinds[k.Name] = k
	}
	tenant, _ := p.describe("tenants", "")
	p.Tenant = tenant.Fields
	return p, nil
}

// Kinds returns every kind, sorted.
func Kinds() []plan.Kind { return slices.Sorted(maps.Keys(known().Kinds)) }

// Of returns what the schema says of a kind; the zero Kind if there is none.
// The caller must not change what it holds.
func Of(k plan.Kind) Kind { return known().Kinds[k] }

// Traits returns what the planner needs to know of every kind. The caller must
// not change what the traits hold.
func Traits() map[plan.Kind]plan.Traits {
	out := map[plan.Kind]plan.Traits{}
	for name, k := range known().Kinds {
		out[name] = k.Traits
	}
	return out
}

// Form says in words, after "must", what a text is that matches a pattern of the schema:
// "not be empty". It is empty for a pattern that the schema does not have.
func Form(pattern string) string { return embedded().forms[pattern] }

// Example returns a full spec of a kind, or nil if there is no such kind.
func Example(k plan.Kind) json.RawMessage { return examples()[k] }

// TenantFields returns the names of the fields that a tenant may have.
func TenantFields() []string { return slices.Clone(known().Tenant) }

// Roles returns the roles that a space of this type knows, or nil.
func Roles(spaceType string) []string { return slices.Clone(known().Roles[spaceType]) }
