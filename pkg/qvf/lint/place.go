package lint

import (
	"sort"
	"strconv"
	"strings"

	"github.com/qdeploy/qdeploy/pkg/qvf"
)

// Place is where in an app something is: a line of the script, or an object. The zero Place is the app.
type Place struct {
	// Tab is the section of the script, empty for text before the first; Line counts within it from 1, as
	// the editor does. Line is 0 if it is not about the script.
	Tab  string `json:"tab,omitempty"`
	Line int    `json:"line,omitempty"`
	// Object is the title of the object, or its id if it has none.
	Object string `json:"object,omitempty"`
}

// String is "tab "Main", line 3", the object in quotes, or nothing.
func (p Place) String() string {
	switch {
	case p.Line > 0 && p.Tab != "":
		return "tab " + strconv.Quote(p.Tab) + ", line " + strconv.Itoa(p.Line)
	case p.Line > 0:
		return "script, line " + strconv.Itoa(p.Line)
	case p.Object != "":
		return strconv.Quote(p.Object)
	}
	return ""
}

// lines knows in which line of which tab a byte of a script is.
type lines struct {
	starts []int
	tabs   []qvf.Tab
}

func linesOf(script string) lines {
	l := lines{starts: []int{0}, tabs: qvf.Tabs(script)}
	for i := range len(script) {
		if script[i] == '\n' {
			l.starts = append(l.starts, i+1)
		}
	}
	return l
}

func (l lines) place(at int) Place {
	line := sort.SearchInts(l.starts, at+1)
	i := sort.Search(len(l.tabs), func(i int) bool { return l.tabs[i].Line > line }) - 1
	if i < 0 || l.tabs[i].Name == "" {
		return Place{Line: line}
	}
	return Place{Tab: l.tabs[i].Name, Line: max(1, line-l.tabs[i].Line)}
}

// fold is a text as it is compared: in small letters.
func fold(s string) string { return strings.ToLower(s) }
