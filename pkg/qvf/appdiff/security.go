package appdiff

import (
	"regexp"
	"strings"

	"github.com/qdeploy/qdeploy/pkg/qvf"
)

var (
	accessStatement      = regexp.MustCompile(`(?i)\bsection\s+access\b`)
	applicationStatement = regexp.MustCompile(`(?i)\bsection\s+application\b`)
)

// access is what a script says between Section Access and Section Application.
type access struct {
	text string
	tab  string
	line int
}

// security says how section access changed. A doubtful case counts as section access: a comment within it
// that changed, or what a REM statement turns off.
func security(old, new *qvf.App) []Notice {
	var list []Notice
	was, is := sectionAccess(old.Script), sectionAccess(new.Script)
	if was.text != is.text {
		n := Notice{Action: Changed, In: "script", Tab: is.tab, Line: is.line}
		switch {
		case was.text == "":
			n.Action = Added
		case is.text == "":
			n = Notice{Action: Removed, In: "script", Tab: was.tab, Line: was.line}
		}
		list = append(list, n)
	}
	switch a, b := old.SectionAccess(), new.SectionAccess(); {
	case !a && b:
		list = append(list, Notice{Action: Added, In: "properties"})
	case a && !b:
		list = append(list, Notice{Action: Removed, In: "properties"})
	}
	return list
}

// sectionAccess finds all section access of a script, and where the first begins.
func sectionAccess(text string) access {
	text = strings.ReplaceAll(text, "\r\n", "\n")
	code := blanked(text)
	var found access
	for at := 0; ; {
		m := accessStatement.FindIndex(code[at:])
		if m == nil {
			return found
		}
		start, end := at+m[0], len(code)
		if e := applicationStatement.FindIndex(code[start:]); e != nil {
			end = start + e[0]
		}
		if found.text == "" {
			found.tab, found.line = place(text, 1+strings.Count(text[:start], "\n"))
		}
		found.text += strings.TrimSpace(text[start:end]) + "\n"
		at = end
	}
}

// place is the tab that a line of the script lies in, and the line within that tab.
func place(text string, line int) (tab string, within int) {
	within = line
	for _, t := range qvf.Tabs(text) {
		if t.Line > line {
			break
		}
		if t.Name != "" {
			tab, within = t.Name, line-t.Line
		}
	}
	return tab, within
}

// blanked is a script of the same length with blanks for comments and quoted text. A quotation ends on its
// line, or else it is none: what hides code from a reviewer must not hide it from this function.
func blanked(text string) []byte {
	code := []byte(text)
	find := finder{text: text}
	for i := 0; i < len(code); {
		to := i + 1
		switch ch := text[i]; {
		case ch == '\'' || ch == '"':
			to = i + 1 + find.next(i+1, ch, '\n')
		case ch == '[':
			to = i + 1 + find.next(i+1, ']', '\n')
		case strings.HasPrefix(text[i:], "/*") && find.comment(i+2) > 0:
			to = find.comment(i + 2)
		case strings.HasPrefix(text[i:], "//"):
			if to = i + 2 + strings.IndexByte(text[i+2:], '\n'); to < i+2 {
				to = len(text)
			}
		}
		for j := i; to > i+1 && j < to; j++ {
			if code[j] != '\n' {
				code[j] = ' '
			}
		}
		i = to
	}
	return code
}

// finder finds ends of quotations and comments. It remembers what it found, or each of many that have no
// end would be sought through the rest of the text.
type finder struct {
	text string
	at   [256]int // where a byte or a line end comes next, once it was sought
	end  int      // where a block comment ends next; -1 if nowhere
}

// next is how many bytes from i on an end, or nothing if the line ends before, takes.
func (f *finder) next(i int, end, line byte) int {
	if f.at[end] < i {
		n := strings.IndexAny(f.text[i:], string([]byte{end, line}))
		if n < 0 {
			n = len(f.text) - i
		}
		f.at[end] = i + n
	}
	if at := f.at[end]; at < len(f.text) && f.text[at] == end {
		return at + 1 - i
	}
	return 0
}

// comment is where a comment that begins before i ends; 0 if it does not.
func (f *finder) comment(i int) int {
	if f.end >= 0 && f.end < i+2 {
		n := strings.Index(f.text[i:], "*/")
		if f.end = i + n + 2; n < 0 {
			f.end = -1
		}
	}
	return max(f.end, 0)
}
