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
		if len(c.path) > 1 && c.path[0] == "tenants" {
			p.Tenant = c.path[1]
		}
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
	case strings.Contains(format, "mismatched types"):
		mismatch(p, c)
	case strings.HasPrefix(format, "invalid value") && len(args) > 1:
		p.shape = c.name() + " is not allowed"
		switch {
		case hide:
			p.Message = p.shape
		case c.field.Doc != "":
			p.Message = fmt.Sprintf("%s %s is not allowed", c.name(), short(args[0]))
		default: // it is the user's own rule
			p.Message = fmt.Sprintf("%s is %s and must be %v", c.name(), short(args[0]), args[1])
		}
	case strings.HasPrefix(format, "conflicting values"):
		twoValues(p, c, hide)
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
	if last(outer) == "members" {
		p.Message = fmt.Sprintf("member %q is of no known type", last(full))
		p.Hint = `write "group:" and a name, "user:" and a subject, or "email:" and an address`
		return
	}
	what := "field"
	if len(full) == 3 && full[0] == "templates" {
		what = "kind"
	}
	around, _ := schema.Describe(outer...)
	p.Message = fmt.Sprintf("unknown %s %q", what, last(full))
	p.Hint = orKnown(didYouMean(last(full), around.Fields), around.Fields)
}

// unknown returns how far the schema knows a path, and one step more: CUE names
// what is inside a misspelt field, not the field.
func (x *explainer) unknown(path []string) []string {
	full := x.schemaPath(path)
	for i := len(x.prefix) + 1; i < len(full); i++ {
		_, known := schema.Describe(full[:i]...)
		if !known || i > 1 && full[i-2] == "members" && !isAssignee(full[i-1]) {
			return full[:i]
		}
	}
	return full
}

// isAssignee reports whether the schema's pattern for members has this form.
func isAssignee(name string) bool {
	form, who, _ := strings.Cut(name, ":")
	return (form == "group" || form == "user" || form == "email") && who != ""
}

// missing explains a field without a value.
func (x *explainer) missing(p *Problem, c *complaint) {
	p.Message = c.name() + " is missing"
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
