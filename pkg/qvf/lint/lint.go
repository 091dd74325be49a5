package lint

import (
	"cmp"
	"errors"
	"slices"
	"strings"

	"github.com/qdeploy/qdeploy/pkg/qvf"
)

// Code names a lint. The codes are described in docs/lints.md.
type Code string

// The codes.
const (
	L1  Code = "L1"  // data inside the app
	L2  Code = "L2"  // connections and paths
	L3  Code = "L3"  // private objects, and owners
	L4  Code = "L4"  // extensions and themes
	L5  Code = "L5"  // the version
	L6  Code = "L6"  // the name
	L7  Code = "L7"  // section access
	L8  Code = "L8"  // secrets and hosts in the script
	L9  Code = "L9"  // a Git LFS pointer
	L10 Code = "L10" // what nobody uses
)

// Codes returns all codes, in order.
func Codes() []Code { return []Code{L1, L2, L3, L4, L5, L6, L7, L8, L9, L10} }

// Severity says how bad a finding is.
type Severity string

// The severities. Off is for Context.Severities: such a lint is not looked for.
const (
	Error   Severity = "error"
	Warning Severity = "warning"
	Info    Severity = "info"
	Off     Severity = "off"
)

// Finding is something that should not be so.
type Finding struct {
	Code     Code     `json:"code"`
	Severity Severity `json:"severity"`
	Place
	Message string `json:"message"`
	// Hint says what to do about it.
	Hint string `json:"hint,omitempty"`
}

// String is "warning: L2: tab "Main", line 3: message".
func (f Finding) String() string {
	s := string(f.Severity) + ": " + string(f.Code) + ": "
	if p := f.Place.String(); p != "" {
		s += p + ": "
	}
	return s + f.Message
}

// Context is what is known besides the app. The zero Context is good: what is not known is not checked.
type Context struct {
	// Name is what the app is declared as, and Version the version that it is declared to be.
	Name, Version string
	// File is the app's file, whose name is held against the title where there is no Name.
	File string
	// Hydrated allows data inside the app.
	Hydrated bool
	// Words are what no name of an app may carry: environments, tenants, customers. Nil means the usual
	// names of environments.
	Words []string
	// Previous is the revision before, nil if there is none.
	Previous *qvf.App
	// Targets are the tenants or spaces that the app goes to, nil if they are not known.
	Targets []Target
	// Severities are severities to give to findings of a code. Error and Warning do not raise mere remarks
	// (Info), unless a code has no others.
	Severities map[Code]Severity
}

// Target is what one tenant or space has. A nil list is not known, and an empty one is empty.
type Target struct {
	Name                            string
	Connections, Extensions, Themes []string
}

// check is one look at an app.
type check struct {
	app *qvf.App
	*script
	facts Facts
	ctx   Context
	found []Finding
}

// rules are what looks for each code.
var rules = []struct {
	code Code
	look func(*check)
}{
	{L1, (*check).data}, {L2, (*check).connections}, {L3, (*check).ownership}, {L4, (*check).needs},
	{L5, (*check).version}, {L6, (*check).name}, {L7, (*check).sectionAccess}, {L8, (*check).secrets},
	{L10, (*check).unused},
}

// Check looks at an app. The findings are sorted by code, and as they stand in the app.
func Check(a *qvf.App, ctx Context) []Finding {
	_, found := Look(a, ctx)
	return found
}

// Look is FactsOf and Check in one, for it reads the script once.
func Look(a *qvf.App, ctx Context) (Facts, []Finding) {
	s := read(a)
	c := &check{app: a, script: s, facts: factsOf(a, s), ctx: ctx}
	for _, r := range rules {
		if ctx.Severities[r.code] != Off {
			r.look(c)
		}
	}
	for i := range c.found {
		c.found[i].Severity = ctx.severity(c.found[i])
	}
	return c.facts, c.found
}

// severity is what a finding is given, or else its own.
func (ctx Context) severity(f Finding) Severity {
	given := ctx.Severities[f.Code]
	remark := f.Severity == Info && f.Code != L10
	if given == "" || remark && given != Info {
		return f.Severity
	}
	return given
}

// add takes down a finding.
func (c *check) add(code Code, s Severity, at Place, message, hint string) {
	c.found = append(c.found, Finding{Code: code, Severity: s, Place: at, Message: message, Hint: hint})
}

// Unreadable is the finding about an app that cannot be decoded because it is a Git LFS pointer.
func Unreadable(err error) (Finding, bool) {
	if !errors.Is(err, qvf.ErrLFSPointer) {
		return Finding{}, false
	}
	return Finding{Code: L9, Severity: Error, Message: "the file is a Git LFS pointer, not the app", Hint: "fetch the app: git lfs pull"}, true
}

// Worst is the worst severity among findings; empty if there are none.
func Worst(found []Finding) Severity {
	rank := []Severity{Info, Warning, Error}
	var worst Severity
	for _, f := range found {
		if slices.Index(rank, f.Severity) > slices.Index(rank, worst) {
			worst = f.Severity
		}
	}
	return worst
}

// some names the first few of a list.
func some(names []string) string {
	const most = 3
	names = slices.Compact(slices.Sorted(slices.Values(names)))
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return strings.Join(names[:most], ", ") + " and " + count(len(names)-most, "more", "more")
}

// without are the names of the targets whose list is known and lacks a name.
func (ctx Context) without(name string, list func(Target) []string) (out []string) {
	for _, t := range ctx.Targets {
		have := list(t)
		if have != nil && !slices.ContainsFunc(have, func(h string) bool { return strings.EqualFold(h, name) }) {
			out = append(out, cmp.Or(t.Name, "the target"))
		}
	}
	return out
}
