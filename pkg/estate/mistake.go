package estate

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/qdeploy/qdeploy/pkg/plan"
	"github.com/qdeploy/qdeploy/schema"
)

// allowed returns the words that a field may be, if it may only be words: by
// the schema, or by a disjunction of the user's own.
func (c *complaint) allowed() []string {
	if c.known && c.field.Values != nil {
		return c.field.Values
	}
	count := map[string]int{}
	n := 0
	for _, e := range c.errs {
		format, args := e.Msg()
		if format != "conflicting values %s and %s" {
			continue
		}
		n++
		for _, a := range args {
			w, ok := quoted(a)
			if !ok {
				return nil
			}
			count[w]++
		}
	}
	if n < 2 { // two values, not a disjunction
		return nil
	}
	for w, k := range count {
		if k == n {
			delete(count, w) // the one that is wrong
		}
	}
	return sorted(count)
}

// userWord returns the word that the user wrote instead of one of the allowed.
func (c *complaint) userWord(allowed []string) (string, bool) {
	for _, e := range c.errs {
		if format, args := e.Msg(); !strings.Contains(format, "mismatched types") {
			for _, a := range args {
				if w, ok := quoted(a); ok && !slices.Contains(allowed, w) {
					return w, true
				}
			}
		}
	}
	return "", false
}

// wrongWord explains a word that is not one of those allowed.
func wrongWord(p *Problem, name, word string, allowed []string) {
	p.shape = fmt.Sprintf("%s must be %s", name, oneOf(allowed))
	p.Message = p.shape + ", not " + short(strconv.Quote(word))
	p.Hint = didYouMean(word, allowed)
}

// mismatch explains a value of the wrong type.
func mismatch(p *Problem, c *complaint) {
	count := map[string]int{}
	n := 0
	got := ""
	for _, e := range c.errs {
		format, args := e.Msg()
		if !strings.Contains(format, "mismatched types") || len(args) != 4 {
			continue
		}
		n++
		count[typeName(args[2])]++
		count[typeName(args[3])]++
		for i := range 2 {
			if isLiteral(args[i]) && typeName(args[i+2]) != c.field.Type {
				got = typeName(args[i+2])
			}
		}
	}
	for _, name := range sorted(count) { // the user's type is in all errors of a disjunction
		if n > 1 && count[name] == n && name != c.field.Type {
			got = name
		}
	}
	if names := sorted(count); got == "" && len(names) == 2 && count[c.field.Type] > 0 {
		got = names[0]
		if got == c.field.Type {
			got = names[1]
		}
	}
	want := []string{c.field.Type}
	if c.field.Type == "" || c.field.Type == got {
		want = slices.DeleteFunc(sorted(count), func(name string) bool { return name == got })
	}
	p.shape = c.name() + " has the wrong type"
	p.Message = fmt.Sprintf("%s must be %s", c.name(), strings.Join(want, " or "))
	if got != "" && !slices.Contains(want, got) {
		p.Message += ", not " + got
	}
	if path := c.path; p.Hint == "" && len(path) > 0 && schema.Of(plan.Kind(last(path))).Declared {
		p.Hint = "below it is a name, and below that its fields: see qdeploy schema " + last(path)
	}
	unsaid := func(name string) bool { return !strings.Contains(p.Hint, name) }
	if n := len(c.field.Fields); n > 0 && n <= 5 && slices.ContainsFunc(c.field.Fields, unsaid) {
		p.Hint = strings.TrimSpace(p.Hint + " Its fields: " + strings.Join(c.field.Fields, ", "))
	}
}

// twoValues explains a field that two places give different values: two of the estate's, or
// one of them and the schema, whose sentence is then the hint.
func (x *explainer) twoValues(p *Problem, c *complaint, hide bool) {
	p.Message = c.name() + " has two values"
	p.shape = p.Message
	for _, e := range c.errs {
		format, args := e.Msg()
		if !strings.HasPrefix(format, "conflicting values") || len(args) < 2 {
			continue
		}
		values := p.shape
		if !hide {
			values += fmt.Sprintf(", %s and %s", short(args[0]), short(args[1]))
		}
		if len(c.errs) == 1 { // no disjunction, of which each alternative has a value
			p.Message = values
		}
		for _, q := range e.InputPositions() {
			if at := position(q); at != "" && !inSchema(q) && !x.text.embeds[at] && !sameLine(at, p.Pos) {
				p.Message, p.Hint = values, "the other is at "+at
				return
			}
		}
	}
}
