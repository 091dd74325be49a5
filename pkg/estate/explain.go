package estate

import (
	"errors"
	"fmt"
	"strconv"
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

	asks func([]string) string // where a template asks for a fact
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
	var out []Problem
	for _, c := range x.complaints(err) {
		p := Problem{Pos: x.pos(c), Key: keyAt(x.schemaPath(c.path)), Hint: c.field.Doc}
		if len(c.path) > 1 && c.path[0] == "tenants" {
			p.Tenant = c.path[1]
		}
		x.say(&p, c)
		out = append(out, p)
	}
	return out
}

// complaints are what CUE has against each path, in its order.
func (x *explainer) complaints(err error) []*complaint {
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
	return withoutEchoes(list)
}

// say puts the complaint into words. Values that may be a secret which somebody wrote by
// mistake are not repeated.
func (x *explainer) say(p *Problem, c *complaint) {
	e := c.errs[len(c.errs)-1] // behind the heading that CUE puts before a disjunction's errors
	format, args := e.Msg()
	hide := c.hidden()
	allowed := c.allowed()
	word, isWord := c.userWord(allowed)
	switch {
	case format == "field not allowed":
		x.notAllowed(p, c)
	case strings.HasPrefix(format, "incomplete value"), strings.HasPrefix(format, "cannot convert incomplete"):
		x.missing(p, c)
	case strings.HasPrefix(format, "undefined field"):
		x.undefined(p, e, args)
	case allowed != nil && isWord:
		wrongWord(p, c.name(), word, allowed)
	case c.emptyList():
		p.Message = c.name() + " must have at least one entry"
	case c.says(lengths):
		x.twoLists(p, c)
	case strings.HasPrefix(format, "invalid value") && fmt.Sprint(args[0]) == "{}" && !x.locate(c.path).exact:
		x.missing(p, c)
	case strings.HasPrefix(format, "invalid value") && len(args) == 2:
		wrongValue(p, c, hide)
	case strings.Contains(format, "mismatched types"):
		mismatch(p, c)
	case strings.HasPrefix(format, "conflicting values") && c.field.Only != "":
		p.Message = fmt.Sprintf("%s must be %s", c.name(), c.field.Only)
	case strings.HasPrefix(format, "conflicting values"):
		x.twoValues(p, c, hide)
	default:
		p.Message, p.Hint = message(e), ""
		if hide {
			p.Message = c.name() + " is not what it should be"
		}
	}
}

// name is what the complaint is about: the field, or for an element of a list
// the list and the number; a fact of a tenant with what it is in.
func (c *complaint) name() string {
	n := len(c.path)
	switch {
	case n > 1 && isNumber(c.path[n-1]):
		return c.path[n-2] + "[" + c.path[n-1] + "]"
	case n > 2 && c.path[0] == "tenant":
		return strings.Join(c.path[1:], ".")
	}
	return last(c.path)
}

func isNumber(s string) bool {
	_, err := strconv.Atoi(s)
	return err == nil
}

// notAllowed explains a field that the schema does not have.
func (x *explainer) notAllowed(p *Problem, c *complaint) {
	full := x.unknown(c.path)
	outer := full[:max(0, len(full)-1)]
	if len(full) < len(x.prefix)+len(c.path) {
		p.Pos = x.locate(full[len(x.prefix):]).at
		p.Key = keyAt(full)
	}
	around, _ := schema.Describe(outer...)
	if last(outer) == "members" {
		p.Message = fmt.Sprintf("member %q is of no known type", last(full))
		p.Hint = `write "group:" and a name, "user:" and a subject, or "email:" and an address`
		return
	}
	if around.Names != nil {
		p.Message = fmt.Sprintf("%q must %s", last(full), strings.Join(around.Names, ", or "))
		p.Hint = around.Doc
		return
	}
	what := "field"
	if len(full) == 3 && full[0] == "templates" {
		what = "kind"
	}
	p.Message = fmt.Sprintf("unknown %s %q", what, last(full))
	p.Hint = orKnown(didYouMean(last(full), around.Fields), around.Fields)
}

// unknown returns how far the schema knows a path, and one step more: CUE names
// what is inside a misspelt field, not the field.
func (x *explainer) unknown(path []string) []string {
	full := x.schemaPath(path)
	for i := len(x.prefix) + 1; i < len(full); i++ {
		if _, known := schema.Describe(full[:i]...); !known {
			return full[:i]
		}
	}
	return full
}

// missing explains a field without a value.
func (x *explainer) missing(p *Problem, c *complaint) {
	name := c.name()
	if n := len(c.path) - 1; n > 0 && isNumber(c.path[n]) && !x.locate(c.path[:n]).exact {
		name = c.path[n-1] // a list that is not written lacks its first entry
	}
	p.Message = name + " is missing"
	if c.field.Values != nil {
		p.Hint = c.name() + " must be " + oneOf(c.field.Values)
	}
	if x.prefix == nil || len(c.path) < 2 || c.path[0] != "tenant" {
		return
	}
	p.Message += ", and the template asks for it"
	if asks := x.asks(c.path); asks != "" {
		// One tenant forgot something, or the template wants something new of many.
		p.alone, p.aloneHint = p.Pos, "it does so at "+asks
		p.Pos, p.Hint = asks, "write it, for example, at "+x.locate(c.path).at
	}
}

// undefined explains a template that reads what a tenant does not have.
func (x *explainer) undefined(p *Problem, e cueerrors.Error, args []any) {
	what := x.text.reads[position(e.Position())]
	if what == "" {
		what = fmt.Sprint(args...)
	}
	p.Message, p.Hint = what+" is read, but is not there", ""
	if strings.HasPrefix(what, "tenant.") {
		p.Message = fmt.Sprintf("the template reads %s, which the tenant does not have", what)
		p.Hint = fmt.Sprintf("give it to the tenant, or test for it first: if %s != _|_", what)
	}
}

// message returns what CUE says, without the path before it.
func message(e cueerrors.Error) string {
	format, args := e.Msg()
	text := fmt.Sprintf(format, args...)
	if inner := errors.Unwrap(e); inner != nil && !strings.Contains(text, inner.Error()) {
		if text == "" {
			return inner.Error()
		}
		text += ": " + inner.Error()
	}
	return text
}
