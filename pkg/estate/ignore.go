package estate

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/qdeploy/qdeploy/pkg/plan"
	"github.com/qdeploy/qdeploy/schema"
)

// ignores checks the fields of a resource that are only set when it is created.
func (x *expansion) ignores(k schema.Kind, r plan.Resource) {
	for i, path := range r.Ignore {
		p := Problem{Pos: x.pos(string(k.Name), r.Key.Name, "ignore", strconv.Itoa(i)), Key: r.Key}
		first := strings.Split(path, "/")[1]
		whole, _ := schema.Describe("templates", "any", string(k.Name), r.Key.Name)
		switch known := slices.DeleteFunc(whole.Fields, func(name string) bool { return name == k.KeyField || slices.Contains(k.Aside, name) }); {
		case !slices.Contains(known, first):
			p.Message, p.Hint = fmt.Sprintf("it has no field %q to ignore", path), hintFrom(first, known)
		case k.Traits.IsSecret(path):
			p.Message, p.Hint = fmt.Sprintf("%s is a secret, and what is there cannot be read", path), "--rotate says when it is written"
		default:
			continue
		}
		x.problem(p)
	}
}
