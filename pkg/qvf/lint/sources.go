package lint

import (
	"slices"
	"strings"

	"github.com/qdeploy/qdeploy/pkg/qvf"
)

// Class says how a script names where it reads or writes.
type Class string

// The classes.
const (
	SpaceAware  Class = "space-aware" // lib://:Name, the connection of the space that the app is in
	FixedSpace  Class = "fixed-space" // lib://Space:Name, always that space
	Plain       Class = "plain"       // lib://Name, looked for in the personal space of whoever reloads
	Variable    Class = "variable"    // built from variables that only a reload knows
	Attachment  Class = "attachment"  // lib://AttachedFiles, which only Qlik Sense Desktop has
	File        Class = "file"        // a path of a computer or a server
	Unsupported Class = "unsupported" // ODBC, OLEDB or CUSTOM CONNECT, which Qlik Cloud does not know
)

// Source is a place in the script that names a connection or a path.
// Source: https://help.qlik.com/en-US/cloud-services/Subsystems/Hub/Content/Sense_Hub/Scripting/ScriptRegularStatements/CONNECT.htm
type Source struct {
	Class Class `json:"class"`
	// Space is the fixed space, Name the connection; both are empty if they cannot be known.
	Space string `json:"space,omitempty"`
	Name  string `json:"name,omitempty"`
	// Text is what the script says, at most 200 bytes of it.
	Text string `json:"text"`
	// Via are the variables that were put in place to know what is meant.
	Via []string `json:"via,omitempty"`
	Place
}

// String is what the source means as a path: lib://Space:Name; or the text, where that is not known.
func (s Source) String() string {
	switch s.Class {
	case SpaceAware:
		return "lib://:" + s.Name
	case FixedSpace:
		return "lib://" + s.Space + ":" + s.Name
	case Plain, Attachment:
		return "lib://" + s.Name
	}
	return s.Text
}

// script is a load script that was read.
type script struct {
	text       string
	statements []statement
	comments   []token
	lines
	values map[string]value
}

func read(a *qvf.App) *script {
	s := &script{text: a.Script, lines: linesOf(a.Script)}
	s.statements, s.comments = lex(a.Script)
	s.values = assignments(s, a)
	return s
}

// sources returns what the script names, in the order of the script.
func (s *script) sources() []Source {
	var out []Source
	for _, st := range s.statements {
		for i, t := range st {
			if src, ok := s.source(st, i, t); ok {
				src.Text = short(s.text[t.at:t.end])
				src.Place = s.place(t.at)
				out = append(out, src)
			}
		}
	}
	return out
}

func short(s string) string {
	const most = 200
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}

// source says what a token names, if it names something.
func (s *script) source(st statement, i int, t token) (Source, bool) {
	switch t.kind {
	case mark, inline, comment:
		return Source{}, false
	case expansion:
		if path, ok := include(t.text); ok {
			return s.path(path, true)
		}
	}
	before := func(n int) token {
		if i >= n {
			return st[i-n]
		}
		return token{}
	}
	if before(1).is("to") && before(2).is("connect") {
		if !before(3).is("lib") {
			return Source{Class: Unsupported}, true
		}
		return s.connection(t)
	}
	operand := t.kind != expansion && (before(1).is("from") || before(1).is("into") || before(1).is("binary"))
	selects := slices.ContainsFunc(st, func(t token) bool { return t.is("select") })
	if t.kind == expansion && (!before(1).is("from") || selects) {
		return Source{}, false
	}
	written := t.text
	if t.kind == expansion {
		written, operand = "$("+t.text+")", true
	}
	return s.path(written, operand && !selects)
}

// include returns the path of $(Include=path) and $(Must_Include=path).
func include(text string) (string, bool) {
	name, path, ok := strings.Cut(text, "=")
	name = fold(strings.TrimSpace(name))
	if !ok || name != "include" && name != "must_include" {
		return "", false
	}
	return strings.Trim(strings.TrimSpace(path), `'"[]`), true
}

// connection says what LIB CONNECT TO names.
func (s *script) connection(t token) (Source, bool) {
	written := t.text
	if t.kind == expansion {
		written = "$(" + t.text + ")"
	}
	text, via := s.expand(written)
	text = strings.TrimSpace(text)
	if hasLib(text) {
		text = text[len(lib):]
	}
	return classify(text, via), true
}

const lib = "lib://"

func hasLib(s string) bool { return len(s) >= len(lib) && strings.EqualFold(s[:len(lib)], lib) }

// path says what a text names if it is a path: one that begins with lib://, or for the operand of FROM, INTO
// and the like also one of a computer or one built from variables.
func (s *script) path(written string, operand bool) (Source, bool) {
	text, via := s.expand(strings.TrimSpace(written))
	switch {
	case hasLib(text):
		if !hasLib(strings.TrimSpace(written)) && !operand {
			return Source{}, false // where a variable goes on into another; it is told where it was set
		}
		connection, _, _ := strings.Cut(text[len(lib):], "/")
		return classify(connection, via), true
	case !operand:
	case strings.HasPrefix(text, "$("):
		return Source{Class: Variable}, true
	case strings.HasPrefix(text, `\\`), len(text) > 2 && text[1] == ':' && (text[2] == '\\' || text[2] == '/'):
		return Source{Class: File, Via: via}, true
	}
	return Source{}, false
}

// classify reads [Space]:Name.
func classify(connection string, via []string) Source {
	space, name, hasSpace := strings.Cut(connection, ":")
	if !hasSpace {
		space, name = "", connection
	}
	src := Source{Space: space, Name: name, Via: via}
	switch {
	case name == "" || strings.Contains(connection, "$("):
		return Source{Class: Variable}
	case strings.EqualFold(name, "AttachedFiles"):
		src.Class, src.Space = Attachment, ""
	case !hasSpace:
		src.Class = Plain
	case space == "":
		src.Class = SpaceAware
	default:
		src.Class = FixedSpace
	}
	return src
}
