package estate

import (
	"fmt"
	"strconv"
	"strings"

	"cuelang.org/go/cue/ast"
	"cuelang.org/go/cue/literal"
	"cuelang.org/go/cue/token"
)

// multiplied returns entries and so many copies of them, taken in turn, each with
// a name and a host of its own. Labels, variables and templates are kept, so that
// targets and rings select a copy as they select the original. A copy is neither
// created nor deactivated: it is there.
func multiplied(entries []entry, more int) []entry {
	of := len(entries)
	if of == 0 {
		return entries
	}
	for i := range more {
		entries = append(entries, copied(entries[i%of], i/of+1))
	}
	return entries
}

// copied is the nth copy of an entry.
func copied(e entry, n int) entry {
	data := &ast.StructLit{}
	for _, d := range e.data.Elts {
		f, ok := d.(*ast.Field)
		if !ok {
			data.Elts = append(data.Elts, d)
			continue
		}
		switch label(f) {
		case "create", "deactivate":
			continue
		case "name":
			e.name = textOf(f.Value)
			continue
		case "alias", "host":
			if first, rest, dotted := strings.Cut(textOf(f.Value), "."); first != "" {
				host := fmt.Sprintf("%s-%d", first, n)
				if dotted {
					host += "." + rest
				}
				f = &ast.Field{Label: f.Label, Value: &ast.BasicLit{Kind: token.STRING, Value: strconv.Quote(host)}}
			}
		}
		data.Elts = append(data.Elts, f)
	}
	e.name = fmt.Sprintf("%s-%d", e.name, n)
	e.data = data
	return e
}

// textOf returns what a string literal says; "" for anything else.
func textOf(x ast.Expr) string {
	if b, ok := x.(*ast.BasicLit); ok && b.Kind == token.STRING {
		if s, err := literal.Unquote(b.Value); err == nil {
			return s
		}
	}
	return ""
}
