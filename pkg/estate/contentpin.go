package estate

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/qdeploy/qdeploy/pkg/plan"
)

// ContentPin is what an environment has its tenants get that is no app, and the commit
// that keeps it for good: a theme or an extension, by the MD5 of its archive; an
// automation or the shape of a data connection, by its digest.
type ContentPin struct {
	MD5    string `json:"md5,omitempty"`
	Digest string `json:"digest,omitempty"` // "sha256:" and 64 digits
	Commit string `json:"commit"`
}

// PinOf returns the pin of a content without a commit: see [ContentPin.Sum].
func PinOf(sum string) ContentPin {
	if strings.HasPrefix(sum, "sha256:") {
		return ContentPin{Digest: sum}
	}
	return ContentPin{MD5: sum}
}

// Sum tells one content from another: an MD5 or a digest; "" for no pin.
func (p ContentPin) Sum() string { return cmp.Or(p.MD5, p.Digest) }

// PinName is what the pins of an environment call a resource. What lives in a space goes
// by its name without the space, "automation/Tell the team", and only in the spaces of
// the environment's targets: so it is the same in all environments.
func PinName(key plan.Key, spaces ...string) (name string, ok bool) {
	switch key.Kind {
	case "theme", "extension":
		return key.String(), true
	case "automation", "data-connection":
		for _, space := range spaces {
			if name, ok = strings.CutPrefix(key.Name, space+"/"); ok {
				return plan.Key{Kind: key.Kind, Name: name}.String(), true
			}
		}
	}
	return "", false
}

// pinContent makes the file of a resource that an environment of the tenant pins that
// of the commit. It returns the pin and where it is written; none for what is not
// pinned.
func (x *expansion) pinContent(key plan.Key, spec map[string]any, file string) (pin ContentPin, at string) {
	by := ""
	for _, t := range x.t.targets {
		env := x.e.environmentOf(t.environment)
		name, ok := PinName(key, t.space.Name, t.staging.Name)
		p := env.Content[name]
		if !ok || p.Commit == "" || t.environment == by {
			continue
		}
		pos, _ := x.e.text.find("environments", env.Name, "content", name)
		if by != "" && p != pin {
			x.problem(Problem{
				Pos: pos, Key: key, Message: fmt.Sprintf("%s and %s pin another content of it, and this tenant is in both", by, env.Name),
				Hint: "there is one of the name: pin it in one of them",
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
	case s.sum != p.Sum():
		what := "md5"
		if p.MD5 == "" {
			what = "digest"
		}
		return Problem{Pos: at, Message: fmt.Sprintf("commit %.12s has another content of it: its %s is %s", p.Commit, what, s.sum), Hint: "the pin was edited by hand; qdeploy promote writes it anew"}
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
