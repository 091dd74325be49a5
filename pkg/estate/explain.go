package estate

import (
	"fmt"
	"slices"
	"strings"

	cueerrors "cuelang.org/go/cue/errors"

	"github.com/qdeploy/qdeploy/schema"
)

// CUE says what is wrong precisely, but for those who know CUE: two or three
// errors for one wrong word, and positions in the schema. What follows says it
// once, where the user wrote it, in the words of the schema's own comments.

// explainer turns CUE's errors into problems.
type explainer struct {
	text   *index             // the estate's CUE files
	locate func([]string) pos // where a path is declared
	prefix []string           // where the schema describes the top of what is explained; nil for an estate
}

// pos is where a path is declared, or whether only something around it is.
type pos struct {
	at    string
	exact bool
}

// complaint is what CUE has against one path.
type complaint struct {
	path  []string
	errs  []cueerrors.Error
	field schema.Field // what the schema says of it
	known bool         // the schema says something
}

// explain returns the problems that err is about, one for each path.
func (x *explainer) explain(err error) []Problem {
	var list []*complaint
	byPath := map[string]*complaint{}
	for _, e := range cueerrors.Errors(err) {
		path := x.trim(unquoted(e.Path()))
		id := strings.Join(path, "\x00")
		if len(path) == 0 { // syntax, imports: every error is its own
			id = position(e.Position()) + e.Error()
		}
		c := byPath[id]
		if c == nil {
			c = &complaint{path: path}
			c.field, c.known = schema.Describe(x.schemaPath(path)...)
			byPath[id] = c
			list = append(list, c)
		}
		c.errs = append(c.errs, e)
	}
	var out []Problem
	for _, c := range list {
		p := Problem{Pos: x.pos(c), Key: keyAt(x.schemaPath(c.path)), Hint: c.field.Doc}
		x.say(&p, c)
		out = append(out, p)
	}
	return out
}

// say puts the complaint into words. Values of regions are not repeated: one
// of them may be a secret that somebody wrote by mistake.
func (x *explainer) say(p *Problem, c *complaint) {
	e := c.errs[len(c.errs)-1] // behind the heading that CUE puts before a disjunction's errors
	format, args := e.Msg()
	hide := len(c.path) > 0 && c.path[0] == "regions"
	switch {
	case format == "field not allowed":
		x.notAllowed(p, c)
	case strings.HasPrefix(format, "incomplete value"), strings.HasPrefix(format, "cannot convert incomplete"):
		x.missing(p, c)
	case strings.HasPrefix(format, "undefined field"):
		x.undefined(p, e, args)
	case c.known && c.field.Values != nil && len(args) > 0:
		wrongWord(p, c.name(), userWord(args, c.field.Values), c.field.Values)
	case c.known && strings.Contains(format, "mismatched types"):
		mismatch(p, c)
	case c.known && strings.HasPrefix(format, "invalid value") && len(args) > 0:
		p.Message, p.shape = c.name()+" is not allowed", c.name()+" is not allowed"
		if !hide {
			p.Message = fmt.Sprintf("%s %v is not allowed", c.name(), args[0])
		}
	case strings.HasPrefix(format, "conflicting values"):
		twoValues(p, c, args, hide)
	default:
		p.Message, p.Hint = message(e, format, args), ""
		if hide {
			p.Message = c.name() + " is not what it should be"
		}
	}
}

func (c *complaint) name() string { return last(c.path) }

// notAllowed explains a field that the schema does not have.
func (x *explainer) notAllowed(p *Problem, c *complaint) {
	full := x.schemaPath(c.path)
	outer := full[:max(0, len(full)-1)]
	if last(outer) == "members" {
		p.Message = fmt.Sprintf("member %q is of no known type", c.name())
		p.Hint = `write "group:" and a name, "user:" and a subject, or "email:" and an address`
		return
	}
	what := "field"
	if len(full) == 3 && full[0] == "templates" {
		what = "kind"
	}
	around, _ := schema.Describe(outer...)
	p.Message = fmt.Sprintf("unknown %s %q", what, c.name())
	p.Hint = didYouMean(c.name(), around.Fields)
	if p.Hint == "" && around.Fields != nil {
		p.Hint = "known: " + strings.Join(slices.Sorted(slices.Values(around.Fields)), ", ")
	}
}

// missing explains a field without a value.
func (x *explainer) missing(p *Problem, c *complaint) {
	p.Message = c.name() + " is missing"
	if x.prefix != nil && len(c.path) > 1 && c.path[0] == "tenant" {
		p.Message = strings.Join(c.path[1:], ".") + " is missing, and the template asks for it"
	}
	if c.field.Values != nil {
		p.Hint = c.name() + " must be " + oneOf(c.field.Values)
	}
}

// undefined explains a template that reads what a tenant does not have.
func (x *explainer) undefined(p *Problem, e cueerrors.Error, args []any) {
	what := x.text.reads[position(e.Position())]
	if what == "" {
		what = fmt.Sprint(args...)
	}
	p.Message, p.Hint = what+" is not there to be read", ""
	if strings.HasPrefix(what, "tenant.") {
		p.Hint = fmt.Sprintf("give it to the tenant, or test for it first: if %s != _|_", what)
	}
}

// wrongWord explains a word that is not one of those allowed.
func wrongWord(p *Problem, name, word string, allowed []string) {
	p.Message = fmt.Sprintf("%s must be %s", name, oneOf(allowed))
	p.shape = p.Message
	p.Hint = ""
	if word != "" {
		p.Message += fmt.Sprintf(", not %q", word)
		p.Hint = didYouMean(word, allowed)
	}
}

// userWord returns the string among CUE's arguments that the schema does not allow.
func userWord(args []any, allowed []string) string {
	for _, a := range args {
		s := fmt.Sprint(a)
		if len(s) < 2 || s[0] != '"' {
			continue
		}
		if s = s[1 : len(s)-1]; !slices.Contains(allowed, s) {
			return s
		}
	}
	return ""
}

// mismatch explains a value of the wrong type: the one type that occurs in all
// the errors is the user's, the others are those that it could have been.
func mismatch(p *Problem, c *complaint) {
	count := map[string]int{}
	n := 0
	for _, e := range c.errs {
		if _, args := e.Msg(); len(args) == 4 {
			n++
			count[typeName(args[2])]++
			count[typeName(args[3])]++
		}
	}
	var got string
	var want []string
	for _, name := range sorted(count) {
		if count[name] == n && name != c.field.Type && got == "" {
			got = name
		} else {
			want = append(want, name)
		}
	}
	if c.field.Type != "" {
		want = []string{c.field.Type}
	}
	p.Message = fmt.Sprintf("%s must be %s, not %s", c.name(), strings.Join(want, " or "), got)
	p.shape = c.name() + " has the wrong type"
}

// twoValues explains a field that two places give different values.
func twoValues(p *Problem, c *complaint, args []any, hide bool) {
	p.Message = c.name() + " has two values"
	p.shape, p.Hint = p.Message, ""
	if !hide && len(args) >= 2 {
		p.Message += fmt.Sprintf(", %v and %v", args[0], args[1])
	}
	for _, e := range c.errs {
		for _, q := range e.InputPositions() {
			if at := position(q); at != p.Pos && at != "" && !inSchema(q) {
				p.Hint = "the other is at " + at
				return
			}
		}
	}
}
