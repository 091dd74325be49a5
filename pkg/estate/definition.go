package estate

import (
	"cmp"
	"fmt"
	"sync"

	"github.com/qdeploy/qdeploy/pkg/automation"
	"github.com/qdeploy/qdeploy/pkg/plan"
	"github.com/qdeploy/qdeploy/schema"
)

// definition returns the digest of the automation that a file defines, made once.
func (e *Estate) definition(file string) sum {
	f, _ := e.sums.LoadOrStore(file, sync.OnceValue(func() sum {
		text, err := e.Content(file)
		if err != nil {
			return sum{problem: fileProblem(file, err)}
		}
		d, err := automation.Parse(text)
		if err != nil {
			return sum{problem: Problem{
				Message: file + ": " + err.Error(), Hint: "it is a JSON object with workspace and, if need be, schedules",
			}}
		}
		return sum{sum: d.Digest()}
	}))
	return f.(func() sum)()
}

// define computes the sizes of the files that a spec names, and the digests of what they define.
func (x *expansion) define(k schema.Kind, r plan.Resource, name string, spec map[string]any) {
	for field, file := range k.Sizes {
		if _, written := spec[field]; written {
			x.problem(Problem{Pos: x.pos(string(k.Name), name, field), Key: r.Key, Message: field + " is computed", Hint: "remove it"})
		}
		spec[field] = x.e.sum(fmt.Sprint(spec[file]), name, k.Files[file]).size
	}
	for field, file := range k.Definitions {
		s := x.computed(k, r, name, field, file, spec, x.e.definition)
		x.files = append(x.files, keptFile{as: "definition", file: fmt.Sprint(spec[file]), sum: s.sum})
	}
}

// computed sets the digest of a file that a spec names, and holds it against its pin.
func (x *expansion) computed(k schema.Kind, r plan.Resource, name, field, file string, spec map[string]any, read func(file string) sum) (s sum) {
	p := Problem{Pos: x.pos(string(k.Name), name, field), Message: field + " is computed", Hint: "remove it"}
	if _, written := spec[field]; !written {
		pin, at := x.pinContent(r.Key, spec, file)
		s = read(fmt.Sprint(spec[file]))
		spec[field], p = s.sum, pin.heldTo(s, at)
	}
	if p.Message != "" {
		p.Pos, p.Key = cmp.Or(p.Pos, x.pos(string(k.Name), name, file)), r.Key
		x.problem(p)
	}
	return s
}
