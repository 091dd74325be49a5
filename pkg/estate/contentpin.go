package estate

import (
	"fmt"
	"strings"

	"github.com/qdeploy/qdeploy/pkg/plan"
)

// ContentPin is a theme or an extension that an environment has its tenants get, and
// the commit that keeps it for good.
type ContentPin struct {
	MD5    string `json:"md5"`
	Commit string `json:"commit"`
}

// pinContent makes the file of a resource that an environment of the tenant pins that
// of the commit. It returns the pin and where it is written; none for what is not
// pinned.
func (x *expansion) pinContent(key plan.Key, spec map[string]any, file string) (pin ContentPin, at string) {
	by := ""
	for _, t := range x.t.targets {
		env := x.e.environmentOf(t.environment)
		p, ok := env.Content[key.String()]
		if !ok || t.environment == by {
			continue
		}
		pos, _ := x.e.text.find("environments", env.Name, "content", key.String())
		if by != "" && p != pin {
			x.problem(Problem{
				Pos: pos, Key: key, Message: fmt.Sprintf("%s and %s pin another content of it, and this tenant is in both", by, env.Name),
				Hint: "a tenant has one theme and one extension of a name: pin it in one of them",
			})
			continue
		}
		pin, at, by = p, pos, env.Name
	}
	if by != "" {
		spec[file] = pin.Commit + ":" + fmt.Sprint(spec[file])
	}
	return pin, at
}

// heldTo says what is wrong with the content that a pin led to.
func (p ContentPin) heldTo(s sum, at string) Problem {
	switch {
	case p.Commit == "":
		return s.problem
	case s.problem.Message != "":
		return Problem{Pos: at, Message: "it is pinned: " + strings.ReplaceAll(s.problem.Message, p.Commit+":", ""), Hint: "qdeploy promote writes pins; the history must be whole: fetch-depth: 0"}
	case s.md5 != p.MD5:
		return Problem{Pos: at, Message: fmt.Sprintf("commit %.12s has another content of it: its md5 is %s", p.Commit, s.md5), Hint: "the pin was edited by hand; qdeploy promote writes it anew"}
	}
	return Problem{}
}

// environmentOf returns an environment that is declared.
func (e *Estate) environmentOf(name string) Environment {
	for _, env := range e.environments {
		if env.Name == name {
			return env
		}
	}
	return Environment{}
}
