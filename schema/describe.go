package schema

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"cuelang.org/go/cue"
)

// Field is what the schema says of one place in an estate.
type Field struct {
	Doc    string   // what it means
	Values []string // the only texts it may be; nil if others are allowed
	Fields []string // the fields that it may have; nil if it is not a closed struct
	Type   string   // "a string", "a list", ...; empty if several are allowed
	Only   string   // the only value that it may be, if that is no text: "true"
	Filled bool     // it is a list that may not be empty
	Names  []string // what the names in it must do, in words, see [Form]; nil if it has no pattern for them
}

// Describe returns what the schema says of the field at a path, seen from the
// top of an estate: Describe("templates", "customer", "space", "HR", "type").
// It reports false where the schema knows no such field.
func Describe(path ...string) (Field, bool) {
	s := embedded()
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.describe(path...)
}

func (s *contents) describe(path ...string) (Field, bool) {
	v := s.value.LookupPath(cue.MakePath(cue.Def("Estate")))
	text := ""
	for _, name := range path {
		in := child(v, name)
		if !in.Exists() {
			return Field{}, false
		}
		switch said := doc(in); {
		case v.IncompleteKind() == cue.ListKind: // what a list means holds for what is in it
		case said != "" || hasField(v, name):
			text = said
		}
		v = in
	}
	f := Field{Doc: text, Values: values(v), Fields: fieldNames(v), Type: typeName(v.IncompleteKind())}
	if v.IncompleteKind() == cue.BoolKind && v.IsConcrete() {
		f.Only = fmt.Sprint(v)
	}
	f.Filled = v.IncompleteKind() == cue.ListKind && v.LookupPath(cue.MakePath(cue.Index(0))).Exists()
	f.Names = s.names(v)
	return f, true
}

// names are the words for the patterns that the names of fields of v must match.
func (s *contents) names(v cue.Value) (out []string) {
	if v.IncompleteKind() != cue.StructKind {
		return nil
	}
	it, err := v.Fields(cue.Patterns(true))
	for err == nil && it.Next() {
		if sel := it.Selector(); sel.ConstraintType() == cue.PatternConstraint && namePattern(sel) != "" {
			out = append(out, s.forms[namePattern(sel)])
		}
	}
	return out
}

// namePattern is the pattern that names must match for a field to be this; "" for any name.
func namePattern(sel cue.Selector) string {
	if op, args := sel.Pattern().Expr(); op == cue.RegexMatchOp {
		pattern, _ := args[0].String()
		return pattern
	}
	return ""
}

// hasField reports whether v has a field of this name, not one of any name.
func hasField(v cue.Value, name string) bool {
	it, err := v.Fields(cue.Optional(true))
	for err == nil && it.Next() {
		if it.Selector().Unquoted() == name {
			return true
		}
	}
	return false
}

// child returns the field of v, whether it is regular, optional, matched by a
// pattern, or an element of a list.
func child(v cue.Value, name string) cue.Value {
	if v.IncompleteKind()&cue.ListKind != 0 {
		if _, err := strconv.Atoi(name); err == nil {
			return element(v)
		}
	}
	for _, sel := range []cue.Selector{cue.Str(name), cue.Str(name).Optional()} {
		if c := v.LookupPath(cue.MakePath(sel)); c.Exists() {
			return named(c)
		}
	}
	it, err := v.Fields(cue.Patterns(true))
	for err == nil && it.Next() {
		if sel := it.Selector(); sel.ConstraintType() == cue.PatternConstraint {
			if ok, err := regexp.MatchString(namePattern(sel), name); err == nil && ok {
				return named(it.Value())
			}
		}
	}
	return cue.Value{}
}

// element returns what is in a list, also in one that has a default.
func element(v cue.Value) cue.Value {
	in := v.LookupPath(cue.MakePath(cue.AnyIndex))
	if _, args := v.Expr(); !in.Exists() && len(args) > 0 {
		return args[0].LookupPath(cue.MakePath(cue.AnyIndex))
	}
	return in
}

// named returns the definition in "#Space & {name: Name}": the whole has no
// value as long as nobody says which name.
func named(v cue.Value) cue.Value {
	if op, args := v.Expr(); op == cue.AndOp && v.IncompleteKind() == cue.BottomKind {
		return args[0]
	}
	return v
}

// doc returns the comment above a field as one line.
func doc(v cue.Value) string {
	for _, w := range []cue.Value{v, cue.Dereference(v)} {
		for _, g := range w.Doc() {
			if text := strings.Join(strings.Fields(g.Text()), " "); text != "" {
				return strings.TrimPrefix(text, "#")
			}
		}
	}
	return ""
}

func fieldNames(v cue.Value) []string {
	if v.IncompleteKind() != cue.StructKind || v.Allows(cue.AnyString) {
		return nil
	}
	var names []string
	it, err := v.Fields(cue.Optional(true))
	for err == nil && it.Next() {
		names = append(names, it.Selector().Unquoted())
	}
	return names
}

var alternatives = regexp.MustCompile(`^\^\(([\w|-]+)\)\$$`)

// values returns the texts of a disjunction of texts, or of a pattern that is
// one: ^(one|two)$.
func values(v cue.Value) []string {
	v = cue.Dereference(v)
	op, args := v.Expr()
	switch op {
	case cue.OrOp:
		var out []string
		for _, a := range args {
			vs := values(a)
			if vs == nil {
				return nil
			}
			out = append(out, vs...)
		}
		return out
	case cue.RegexMatchOp:
		pattern, err := args[0].String()
		if m := alternatives.FindStringSubmatch(pattern); err == nil && m != nil {
			return strings.Split(m[1], "|")
		}
	case cue.NoOp:
		if _, defaulted := v.Default(); defaulted {
			return nil // any string, and this one if there is none
		}
		if s, err := v.String(); err == nil {
			return []string{s}
		}
	}
	return nil
}

func typeName(k cue.Kind) string {
	switch k {
	case cue.StringKind:
		return "a string"
	case cue.StructKind:
		return "a struct"
	case cue.ListKind:
		return "a list"
	case cue.IntKind:
		return "a whole number"
	case cue.NumberKind, cue.FloatKind:
		return "a number"
	case cue.BoolKind:
		return "true or false"
	}
	return ""
}
