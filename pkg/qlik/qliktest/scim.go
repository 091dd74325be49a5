package qliktest

import (
	"fmt"
	"slices"
	"strings"
)

// A filter is a SCIM filter: a condition on the attributes of a resource.
type filter func(attr func(name string) []string) bool

// attrs names the attributes a service can filter by and their operators.
type attrs map[string]string

// parseFilter reads a filter made of eq, co, and, or and parentheses.
// Comparisons ignore case. It also returns the attributes that are mentioned.
func parseFilter(text string, known attrs) (f filter, used []string, err error) {
	p := &filterParser{tokens: filterTokens(text), known: known}
	f = p.or()
	if p.err == nil && len(p.tokens) > 0 {
		p.fail("unexpected %q", p.tokens[0])
	}
	return f, p.used, p.err
}

type filterParser struct {
	tokens []string
	known  attrs
	used   []string
	err    error
}

// filterTokens splits into words, quoted strings (with their quotes) and
// parentheses.
func filterTokens(s string) (tokens []string) {
	for s = strings.TrimSpace(s); s != ""; s = strings.TrimSpace(s) {
		n := 1
		switch s[0] {
		case '(', ')':
		case '"':
			for n < len(s) && s[n] != '"' {
				if s[n] == '\\' {
					n++
				}
				n++
			}
			n = min(n+1, len(s))
		default:
			for n < len(s) && !strings.ContainsRune(" \t\n()\"", rune(s[n])) {
				n++
			}
		}
		tokens = append(tokens, s[:n])
		s = s[n:]
	}
	return tokens
}

func (p *filterParser) fail(format string, args ...any) {
	if p.err == nil {
		p.err = fmt.Errorf(format, args...)
	}
}

func (p *filterParser) next() string {
	if len(p.tokens) == 0 {
		p.fail("the filter ends early")
		return ""
	}
	t := p.tokens[0]
	p.tokens = p.tokens[1:]
	return t
}

func (p *filterParser) peek(word string) bool {
	return len(p.tokens) > 0 && strings.EqualFold(p.tokens[0], word)
}

func (p *filterParser) or() filter {
	f := p.and()
	for p.err == nil && p.peek("or") {
		p.next()
		left, right := f, p.and()
		f = func(a func(string) []string) bool { return left(a) || right(a) }
	}
	return f
}

func (p *filterParser) and() filter {
	f := p.term()
	for p.err == nil && p.peek("and") {
		p.next()
		left, right := f, p.term()
		f = func(a func(string) []string) bool { return left(a) && right(a) }
	}
	return f
}

func (p *filterParser) term() filter {
	name := p.next()
	if name == "(" {
		f := p.or()
		if end := p.next(); end != ")" {
			p.fail("expected ) instead of %q", end)
		}
		return f
	}
	op, value := strings.ToLower(p.next()), p.value()
	if !slices.Contains(strings.Fields(p.known[name]), op) {
		p.fail("cannot filter by %s %s", name, op)
	}
	p.used = append(p.used, name)
	value = strings.ToLower(value)
	return func(attr func(string) []string) bool {
		return slices.ContainsFunc(attr(name), func(s string) bool {
			s = strings.ToLower(s)
			if op == "co" {
				return strings.Contains(s, value)
			}
			return s == value
		})
	}
}

func (p *filterParser) value() string {
	t := p.next()
	if len(t) < 2 || t[0] != '"' || t[len(t)-1] != '"' {
		if t == "true" || t == "false" {
			return t
		}
		p.fail("expected a value in double quotes instead of %q", t)
		return ""
	}
	return strings.NewReplacer(`\"`, `"`, `\\`, `\`).Replace(t[1 : len(t)-1])
}

// filtered applies a filter text to rows; "" keeps them all.
func filtered[T any](rows []T, text string, known attrs, attr func(T, string) []string) ([]T, []string, error) {
	if text == "" {
		return rows, nil, nil
	}
	f, used, err := parseFilter(text, known)
	if err != nil {
		return nil, nil, err
	}
	var kept []T
	for _, r := range rows {
		if f(func(name string) []string { return attr(r, name) }) {
			kept = append(kept, r)
		}
	}
	return kept, used, nil
}
