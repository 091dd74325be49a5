package estate

import (
	"maps"
	"slices"
	"strings"

	"github.com/qdeploy/qdeploy/pkg/qvf"
	"github.com/qdeploy/qdeploy/pkg/qvf/lint"
)

// reading is what is kept of an app that was read: little, for there may be many.
type reading struct {
	digest string
	needs  []need
}

// need is what an app needs in every tenant that it is published to.
type need struct {
	title    string // the app and its version
	pos      string
	facts    lint.Facts
	severity lint.Severity // of what is missing
}

// lint looks at an app in one version and reports what it finds, where the app
// is declared. What the app needs of its tenants is looked at with each tenant.
func (l *load) lint(a App, version string, app *qvf.App, words []string) reading {
	ctx := lint.Context{Name: a.Name, Version: version, Hydrated: a.Hydrated, Words: words, Severities: map[lint.Code]lint.Severity{}}
	maps.Copy(ctx.Severities, a.Lints)
	ctx.Severities[lint.L4] = lint.Off
	if !l.e.remarks && (a.Lints[lint.L10] == "" || a.Lints[lint.L10] == lint.Info) {
		ctx.Severities[lint.L10] = lint.Off // the dearest, and all of it remarks
	}
	title, pos := strings.TrimSpace(a.Name+" "+version), l.at("apps", a.Name, "file")
	facts, found := lint.Look(app, ctx)
	for _, f := range found {
		l.finding(f, title, pos)
	}
	c := reading{digest: facts.Digest}
	if s := a.Lints[lint.L4]; s != lint.Off && (len(facts.Extensions) > 0 || facts.Theme != "") {
		c.needs = []need{{title, pos, facts, s}}
	}
	return c
}

// finding reports what a lint found, unless it is a remark that nobody asked for.
func (l *load) finding(f lint.Finding, title, pos string) {
	if p := problemOf(f, title, pos); p.Severity != Info || l.e.remarks {
		l.report(p)
	}
}

func problemOf(f lint.Finding, title, pos string) Problem {
	if p := f.Place.String(); p != "" {
		title += ", " + p
	}
	return Problem{Severity: Severity(f.Severity), Code: string(f.Code), Pos: pos, Message: title + ": " + f.Message, Hint: f.Hint}
}

// Words returns what no name of an app may carry: environments and tenants, sorted.
func (e *Estate) Words() []string {
	words := []string{}
	for _, env := range e.environments {
		words = append(words, env.Name)
	}
	for _, t := range e.tenants {
		words = append(words, t.Name, t.Title)
	}
	slices.Sort(words)
	return slices.DeleteFunc(slices.Compact(words), func(w string) bool { return strings.TrimSpace(w) == "" })
}

// needs reports what the apps of a target need and the tenant does not declare.
func (x *expansion) needs(needs []need) {
	if len(needs) == 0 {
		return
	}
	have := lint.Target{Name: "the tenant", Extensions: []string{}, Themes: []string{}}
	for _, r := range x.out {
		switch r.Key.Kind {
		case "extension":
			have.Extensions = append(have.Extensions, r.Key.Name)
		case "theme":
			have.Themes = append(have.Themes, r.Key.Name)
		}
	}
	for key := range x.broken { // it is declared, if wrongly
		have.Extensions, have.Themes = append(have.Extensions, key.Name), append(have.Themes, key.Name)
	}
	for _, n := range needs {
		for _, f := range n.facts.Missing([]lint.Target{have}) {
			if n.severity != "" {
				f.Severity = n.severity
			}
			if p := problemOf(f, n.title, n.pos); p.Severity != Info || x.e.remarks {
				x.problem(p)
			}
		}
	}
}
