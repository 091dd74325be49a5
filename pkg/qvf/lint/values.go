package lint

import (
	"strings"

	"github.com/qdeploy/qdeploy/pkg/qvf"
)

// value is what a variable is known to be; unknown if it is set twice to different texts, or computed.
type value struct {
	text  string
	known bool
}

// assignments collects SET and LET of a script, by the variable's name in small letters. Variables that users
// made count where the script does not set them.
func assignments(s *script, a *qvf.App) map[string]value {
	values := map[string]value{}
	for _, st := range s.statements {
		if name, v, ok := s.assignment(st); ok {
			name = fold(name)
			if old, again := values[name]; again && old != v {
				v = value{}
			}
			values[name] = v
		}
	}
	for _, st := range s.statements {
		for _, name := range counters(st) {
			values[name] = value{}
		}
	}
	for _, v := range a.Variables {
		if _, set := values[fold(v.Name)]; set {
			continue
		}
		var p struct {
			QDefinition string `json:"qDefinition"`
		}
		unmarshal(v.Properties, &p)
		values[fold(v.Name)] = value{p.QDefinition, !strings.HasPrefix(p.QDefinition, "=")}
	}
	return values
}

// assignment reads SET name = text and LET name = 'text'; of any other LET the value is unknown. Both may
// stand behind a control word: IF x THEN SET y = 1.
func (s *script) assignment(st statement) (name string, v value, ok bool) {
	for i := range st {
		set := st[i].is("set")
		if !set && !st[i].is("let") || i+2 >= len(st) || st[i+1].kind > quoted || st[i+2].text != "=" || i > 0 && !st[i-1].is("then") {
			continue
		}
		name, rest := st[i+1].text, st[i+3:]
		switch {
		case len(rest) == 0:
			return name, value{"", true}, true
		case len(rest) == 1 && rest[0].kind == quoted && s.text[rest[0].at] != '[':
			return name, value{rest[0].text, true}, true
		case set:
			return name, value{s.text[rest[0].at:rest[len(rest)-1].end], true}, true
		}
		return name, value{}, true
	}
	return "", value{}, false
}

// Bounds of putting variables in place: how often, and how long the text may grow.
const (
	mostExpansions = 32
	longestText    = 4096
)

// expand puts the variables that are known in place of $(name), and returns which.
func (s *script) expand(text string) (string, []string) {
	var via []string
	from := 0
	for range mostExpansions {
		i := strings.Index(text[from:], "$(")
		if i < 0 {
			break
		}
		i += from
		n := strings.IndexByte(text[i:], ')')
		if n < 0 {
			break
		}
		name := strings.TrimSpace(text[i+2 : i+n])
		v := s.values[fold(name)]
		if !v.known || len(text)+len(v.text) > longestText {
			from = i + 2
			continue
		}
		via = append(via, name)
		text = text[:i] + v.text + text[i+n+1:]
	}
	return text, via
}

// counters are the variables that a loop or a subroutine gives one value after the other: those of FOR x,
// FOR EACH x and SUB name(x, y).
func counters(st statement) (names []string) {
	switch {
	case len(st) > 2 && st[0].is("for") && st[1].is("each"):
		return []string{fold(st[2].text)}
	case len(st) > 1 && st[0].is("for"):
		return []string{fold(st[1].text)}
	case len(st) > 2 && st[0].is("sub"):
		for _, t := range st[2:] {
			if t.kind == word {
				names = append(names, fold(t.text))
			}
		}
	}
	return names
}
