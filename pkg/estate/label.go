package estate

import (
	"strings"

	"cuelang.org/go/cue/ast"
	"cuelang.org/go/cue/literal"
)

// computed is a field whose name is computed: "group:\(tenant.variables.readers)".
type computed struct {
	parts []part
	place *place
}

// part is a piece of a computed name: text, or what is read.
type part struct {
	text string
	read string // the path below "tenant"; "?" for any other expression
}

// partsOf returns the pieces of a label that is computed.
func partsOf(l ast.Label) []part {
	switch l := l.(type) {
	case *ast.Interpolation:
		return interpolated(l)
	case *ast.ParenExpr:
		if in, ok := l.X.(*ast.Interpolation); ok {
			return interpolated(in)
		}
		return []part{{read: readBy(l.X)}}
	}
	return []part{{read: "?"}}
}

// interpolated cuts "a\(x)b" in its pieces; CUE has the quotes and the
// parentheses in the texts between the expressions.
func interpolated(in *ast.Interpolation) (out []part) {
	first, ok1 := in.Elts[0].(*ast.BasicLit)
	end, ok2 := in.Elts[len(in.Elts)-1].(*ast.BasicLit)
	if !ok1 || !ok2 {
		return []part{{read: "?"}}
	}
	quotes, skip, _, err := literal.ParseQuotes(first.Value, end.Value)
	if err != nil {
		return []part{{read: "?"}}
	}
	for i, e := range in.Elts {
		lit, ok := e.(*ast.BasicLit)
		if !ok || i%2 == 1 {
			out = append(out, part{read: readBy(e)})
			continue
		}
		text := lit.Value
		if i == 0 {
			text = text[skip:]
		} else {
			text = strings.TrimPrefix(text, ")")
		}
		if text, err = quotes.Unquote(text); err != nil {
			out = append(out, part{read: "?"})
		} else if text != "" {
			out = append(out, part{text: text})
		}
	}
	return out
}

// readBy returns what of a tenant an expression reads.
func readBy(x ast.Expr) string {
	if path := chain(x); len(path) > 1 && path[0] == "tenant" {
		return strings.Join(path[1:], ".")
	}
	return "?"
}

// computed returns the places in p that a name may come from, the likeliest
// first: those whose name is known to be this one, then those that only could.
func (p *place) computed(name string, values map[string]string) (out []*place) {
	var could []*place
	for _, c := range p.any {
		switch known, fits := c.match(name, values); {
		case fits && known:
			out = append(out, c.place)
		case fits:
			could = append(could, c.place)
		}
	}
	return append(out, could...)
}

// match reports whether the name can be the computed one, and whether that is
// known rather than guessed. Where it cannot know, any text fits.
func (c computed) match(name string, values map[string]string) (known, fits bool) {
	known = true
	for i, p := range c.parts {
		text := p.text
		if p.read != "" {
			value, ok := values[p.read]
			if !ok {
				known = false
				continue
			}
			text = value
		}
		at := strings.Index(name, text)
		guessed := i > 0 && c.parts[i-1].read != "" && !has(values, c.parts[i-1].read)
		if i == len(c.parts)-1 && guessed {
			at = strings.LastIndex(name, text)
		}
		if at < 0 || at > 0 && !guessed {
			return known, false
		}
		name = name[at+len(text):]
	}
	n := len(c.parts)
	open := n > 0 && c.parts[n-1].read != "" && !has(values, c.parts[n-1].read)
	return known, name == "" || open
}

func has(values map[string]string, name string) bool {
	_, ok := values[name]
	return ok
}
