package githubtest

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
)

// A graphDoc is one operation of a GraphQL document.
type graphDoc struct {
	kind   string // query or mutation
	fields []graphField
}

type graphField struct {
	alias, name string
	args        map[string]any
	fields      []graphField
}

func (f graphField) label() string {
	if f.alias != "" {
		return f.alias
	}
	return f.name
}

// pick keeps what was selected of an object, or says what it does not have.
func (f graphField) pick(v any) (any, string) {
	o, isObject := v.(object)
	switch {
	case isObject && len(f.fields) == 0:
		return nil, fmt.Sprintf("Field '%s' must have selections", f.name)
	case !isObject && len(f.fields) > 0:
		return nil, fmt.Sprintf("Selections can't be made on '%s'", f.name)
	case !isObject:
		return v, ""
	}
	out := object{}
	for _, sub := range f.fields {
		value, found := o[sub.name]
		if !found {
			return nil, fmt.Sprintf("Field '%s' doesn't exist on '%s'", sub.name, f.name)
		}
		picked, wrong := sub.pick(value)
		if wrong != "" {
			return nil, wrong
		}
		out[sub.label()] = picked
	}
	return out, ""
}

// A graphParser reads GraphQL without fragments and directives.
type graphParser struct {
	words     []string
	variables map[string]json.RawMessage
	deep      int
}

var graphWord = regexp.MustCompile(`"(?:[^"\\\n]|\\.)*"|[A-Za-z_][A-Za-z0-9_]*|-?[0-9][0-9.]*|[^\s,]`)

func parseGraph(text string, variables map[string]json.RawMessage) (doc graphDoc, err error) {
	defer func() {
		if r := recover(); r != nil {
			wrong, isText := r.(string)
			if !isText {
				panic(r)
			}
			err = fmt.Errorf("parse error on %s", wrong)
		}
	}()
	p := &graphParser{words: graphWord.FindAllString(text, -1), variables: variables}
	doc.kind = "query"
	if p.peek() != "{" {
		doc.kind = p.take()
		if p.peek() != "{" && p.peek() != "(" {
			p.take() // name
		}
		if p.peek() == "(" { // declarations: the values say enough
			for p.take() != ")" {
			}
		}
	}
	doc.fields = p.selection()
	if len(p.words) > 0 {
		panic(p.words[0])
	}
	return doc, nil
}

func (p *graphParser) peek() string {
	if len(p.words) == 0 {
		return ""
	}
	return p.words[0]
}

func (p *graphParser) take() string {
	if len(p.words) == 0 {
		panic("end of text")
	}
	w := p.words[0]
	p.words = p.words[1:]
	return w
}

func (p *graphParser) expect(word string) {
	if w := p.take(); w != word {
		panic(w)
	}
}

func (p *graphParser) name() string {
	w := p.take()
	if c := w[0]; c != '_' && (c|0x20 < 'a' || c|0x20 > 'z') {
		panic(w)
	}
	return w
}

func (p *graphParser) selection() (list []graphField) {
	if p.deep++; p.deep > 20 {
		panic("a text that is too deep")
	}
	p.expect("{")
	for p.peek() != "}" {
		f := graphField{name: p.name(), args: map[string]any{}}
		if p.peek() == ":" {
			p.take()
			f.alias, f.name = f.name, p.name()
		}
		if p.peek() == "(" {
			p.take()
			f.args = p.members(")")
		}
		if p.peek() == "{" {
			f.fields = p.selection()
		}
		list = append(list, f)
	}
	p.take()
	p.deep--
	return list
}

// members reads name: value up to the closing word.
func (p *graphParser) members(closing string) map[string]any {
	m := map[string]any{}
	for p.peek() != closing {
		name := p.name()
		p.expect(":")
		m[name] = p.value()
	}
	p.take()
	return m
}

func (p *graphParser) value() (v any) {
	switch w := p.take(); {
	case w == "{":
		if p.deep++; p.deep > 20 {
			panic("a text that is too deep")
		}
		return p.members("}")
	case w == "$":
		raw, given := p.variables[p.name()]
		if given && json.Unmarshal(raw, &v) != nil {
			panic("a variable")
		}
		return v
	case strings.HasPrefix(w, `"`):
		if json.Unmarshal([]byte(w), &v) != nil {
			panic(w)
		}
		return v
	case w == "null":
		return nil
	default:
		return w // enum, number or boolean
	}
}
