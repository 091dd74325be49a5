package estate

import (
	"fmt"
	"strconv"

	"cuelang.org/go/cue/format"
	"cuelang.org/go/cue/literal"

	"github.com/qdeploy/qdeploy/pkg/plan"
)

// Capture is a space that people publish to in order to propose a version of an app.
type Capture struct {
	Tenant string `json:"tenant"`
	Space  string `json:"space"`          // a managed one
	Keep   bool   `json:"keep,omitempty"` // what was captured stays there
	Pos    string `json:"-"`
}

// String is "nonprod/Commit".
func (c Capture) String() string { return c.Tenant + "/" + c.Space }

// Captures returns the spaces that are captured, in the order of the estate.
func (e *Estate) Captures() []Capture { return e.captures }

// DeclareApp returns a CUE file of an estate that declares an app: its name, its
// file, and what it says of itself.
func DeclareApp(a App) []byte {
	quote := literal.String.Quote
	text := fmt.Sprintf("package %s\n\n// Captured, and yours from now on: qdeploy capture does not write it again.\napps: %s: {\n\tfile: %s\n", packageName, quote(a.Name), quote(a.File))
	if a.Description != "" {
		text += "\tdescription: " + quote(a.Description) + "\n"
	}
	tidy, err := format.Source([]byte(text + "}\n"))
	if err != nil {
		panic(err) // quoted texts and nothing else
	}
	return tidy
}

// checkCaptures checks what can be known before tenants are evaluated, and keeps
// the captures.
func (l *load) checkCaptures(list []Capture) {
	first := map[string]string{}
	for i, c := range list {
		at := func(path ...string) string { return l.at(append([]string{"capture", strconv.Itoa(i)}, path...)...) }
		c.Pos = at()
		t := l.e.byName[c.Tenant]
		switch {
		case t == nil:
			l.report(Problem{
				Pos:     at("tenant"),
				Message: fmt.Sprintf("there is no tenant %q", c.Tenant),
				Hint:    hintFrom(c.Tenant, sorted(l.e.byName)),
			})
		case t.State != Active:
			l.report(Problem{
				Pos:     at("tenant"),
				Message: fmt.Sprintf("tenant %q is %s, and nothing is captured from it", c.Tenant, t.State),
				Hint:    "remove the capture, or the state of the tenant",
			})
		case first[c.String()] != "":
			l.report(Problem{Pos: c.Pos, Message: c.String() + " is captured twice", Hint: "the other is at " + first[c.String()]})
		}
		first[c.String()] = c.Pos
		l.e.captures = append(l.e.captures, c)
	}
}

// captures checks that the tenant declares the spaces that are captured in it, and
// that they are managed ones: to publish somewhere else proposes nothing.
func (x *expansion) captures() {
	for _, c := range x.e.captures {
		got, ok := x.types[c.Space]
		switch {
		case c.Tenant != x.t.Name, x.broken[plan.Key{Kind: "space", Name: c.Space}], !ok && x.lame:
		case !ok:
			x.problem(Problem{Pos: c.Pos, Message: fmt.Sprintf("space %q is captured, and this tenant does not declare it", c.Space),
				Hint: hintFrom(c.Space, sorted(x.types))})
		case got != "managed":
			x.problem(Problem{Pos: c.Pos, Message: fmt.Sprintf("space %q is captured, and is a %s space; it must be a managed one", c.Space, got),
				Hint: `people publish to it: type: "managed"`})
		}
	}
}
