package lint

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// kind is what a token is.
type kind byte

const (
	word      kind = iota // LOAD, vFolder, lib://DataFiles/x.qvd
	quoted                // '…', "…", […] or `…` on one line
	inline                // the text of an inline table
	expansion             // $(…) outside of quotes
	mark                  // any other character
	comment               // a comment, a REM statement, or the text of TRACE
)

// token is a piece of a script. Text is without quotes, and for an expansion without $( and ).
type token struct {
	kind    kind
	text    string
	at, end int // bytes of the script, quotes included
}

func (t token) is(w string) bool { return t.kind == word && strings.EqualFold(t.text, w) }

// statement is what ends with a semicolon, or with its line if it is a control statement.
type statement []token

// control are the words that begin statements which end with their line.
// Source: https://help.qlik.com/en-US/cloud-services, "Script control statements".
var control = words("if", "elseif", "else", "end", "endif", "for", "next", "do", "loop", "sub", "endsub", "switch",
	"case", "default", "endswitch", "exit", "call")

func words(list ...string) map[string]bool {
	m := map[string]bool{}
	for _, w := range list {
		m[w] = true
	}
	return m
}

// lexer cuts a script. It reads every byte once, but for quotes that do not end.
type lexer struct {
	s          string
	i          int
	now        statement
	statements []statement
	comments   []token
	unclosed   bool         // a block comment has no end from here on
	stray      map[byte]int // by closing quote: up to where there is none
}

// lex cuts a script into statements, without comments, and its comments.
func lex(script string) ([]statement, []token) {
	l := &lexer{s: script, stray: map[byte]int{}}
	for l.i < len(l.s) {
		l.step()
	}
	l.finish()
	return l.statements, l.comments
}

func (l *lexer) finish() {
	if len(l.now) > 0 {
		l.statements = append(l.statements, l.now)
	}
	l.now = nil
}

// add ends a token that began at a place; quotes are how many bytes at either end are not its text.
func (l *lexer) add(k kind, at, quotes int) {
	t := token{kind: k, text: l.s[at+quotes : l.i-quotes], at: at, end: l.i}
	if k == comment {
		l.comments = append(l.comments, t)
		return
	}
	l.now = append(l.now, t)
}

func (l *lexer) rest() string { return l.s[l.i:] }

// step reads one token, or one white space.
func (l *lexer) step() {
	at := l.i
	switch ch := l.s[l.i]; {
	case ch == '\n':
		l.i++
		if len(l.now) > 0 && l.now[0].kind == word && control[strings.ToLower(l.now[0].text)] {
			l.finish()
		}
	case ch == ' ' || ch == '\t' || ch == '\r':
		l.i++
	case ch == ';':
		l.i++
		l.finish()
	case strings.HasPrefix(l.rest(), "//"):
		l.i += lineLength(l.rest())
		l.add(comment, at, 0)
	case strings.HasPrefix(l.rest(), "/*") && l.blockComment():
		l.add(comment, at, 0)
	case ch == '\'' || ch == '"' || ch == '[' || ch == '`':
		l.quotation(at)
	case strings.HasPrefix(l.rest(), "$(") && l.expansion():
		l.now = append(l.now, token{kind: expansion, text: l.s[at+2 : l.i-1], at: at, end: l.i})
	default:
		l.wordOrMark(at)
	}
}

func lineLength(s string) int {
	if n := strings.IndexByte(s, '\n'); n >= 0 {
		return n
	}
	return len(s)
}

// blockComment skips a block comment. One that does not end is none: Qlik reports it, and what follows must
// not be hidden.
func (l *lexer) blockComment() bool {
	if l.unclosed {
		return false
	}
	n := strings.Index(l.rest()[2:], "*/")
	if n < 0 {
		l.unclosed = true
		return false
	}
	l.i += n + 4
	return true
}

// quotation reads a quoted text, or a stray quote.
func (l *lexer) quotation(at int) {
	closing := l.s[at]
	if closing == '[' {
		closing = ']'
	}
	k := quoted
	if len(l.now) > 0 && l.now[len(l.now)-1].is("inline") {
		k = inline
	}
	if end := l.closing(at, closing, k == inline); end > 0 {
		l.i = end
		l.add(k, at, 1)
		return
	}
	l.i++
	l.add(mark, at, 0)
}

// closing returns where the quotation ends that begins at a place, or 0.
func (l *lexer) closing(at int, quote byte, lines bool) int {
	if at < l.stray[quote] {
		return 0
	}
	i := at + 1
	for ; i < len(l.s) && (lines || l.s[i] != '\n'); i++ {
		switch {
		case l.s[i] != quote:
		case i+1 < len(l.s) && l.s[i+1] == quote && quote != ']':
			i++ // the quote itself, doubled
		default:
			return i + 1
		}
	}
	if quote == ']' {
		l.stray[quote] = i
	}
	return 0
}

// longestExpansion bounds how far the end of a $(…) is looked for.
const longestExpansion = 2000

// expansion skips $(…), which may hold parentheses and ends on its line.
func (l *lexer) expansion() bool {
	depth := 0
	for i := l.i + 1; i < min(len(l.s), l.i+longestExpansion) && l.s[i] != '\n'; i++ {
		switch l.s[i] {
		case '(':
			depth++
		case ')':
			if depth--; depth == 0 {
				l.i = i + 1
				return true
			}
		}
	}
	return false
}

// wordOrMark reads a word, a path without quotes, a statement that is only text, or one character.
func (l *lexer) wordOrMark(at int) {
	for l.i < len(l.s) {
		r, n := utf8.DecodeRuneInString(l.rest())
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune(`_.#%@\`, r) {
			break
		}
		l.i += n
	}
	if l.i == at {
		_, n := utf8.DecodeRuneInString(l.rest())
		l.i += n
		l.add(mark, at, 0)
		return
	}
	w := strings.ToLower(l.s[at:l.i])
	switch {
	case (w == "lib" || w == "http" || w == "https") && strings.HasPrefix(l.rest(), "://"):
		l.path()
		l.add(word, at, 0)
	case (w == "rem" || w == "trace") && len(l.now) == 0 && l.plainText():
		l.i += strings.IndexByte(l.rest()+";", ';')
		l.add(comment, at, 0)
	default:
		l.add(word, at, 0)
	}
}

// plainText says whether what follows REM or TRACE is its text, not the colon of a label.
func (l *lexer) plainText() bool {
	next := strings.TrimLeft(l.rest(), " \t")
	return !strings.HasPrefix(next, ":")
}

// path skips a path that is not quoted.
func (l *lexer) path() {
	for l.i < len(l.s) {
		switch ch := l.s[l.i]; {
		case strings.HasPrefix(l.rest(), "$(") && l.expansion():
		case strings.IndexByte(" \t\r\n;,()'\"", ch) >= 0:
			return
		default:
			l.i++
		}
	}
}
