package estate

import (
	"fmt"
	"slices"
	"strings"

	"github.com/qdeploy/qdeploy/pkg/plan"
	"github.com/qdeploy/qdeploy/schema"
)

// memberSpec is what an assignment says. A fleet has more of them than of all else, so it is
// no map; the order of the fields is that of a map's keys.
type memberSpec struct {
	Assignee string   `json:"assignee"`
	Group    string   `json:"group,omitempty"`
	Roles    []string `json:"roles"`
	Space    string   `json:"space"`
}

// members adds the assignments of a space.
func (x *expansion) members(space string, members map[string]any, adopt plan.Adopt) {
	allowed := schema.Roles(x.types[space])
	for _, assignee := range sorted(members) {
		r := plan.Resource{
			Key:   plan.Key{Kind: "assignment", Name: space + "/" + assignee},
			Pos:   x.pos("space", space, "members", assignee),
			Adopt: adopt,
		}
		roles := texts(members[assignee])
		for _, role := range roles {
			if !slices.Contains(allowed, role) {
				x.problem(Problem{
					Pos: r.Pos, Key: r.Key,
					Message: fmt.Sprintf("role %q does not exist in a %s space", role, x.types[space]),
					Hint:    "a " + x.types[space] + " space knows " + oneOf(allowed),
				})
			}
		}
		if len(roles) == 0 {
			x.problem(Problem{Pos: r.Pos, Key: r.Key, Message: "a member needs a role", Hint: "a " + x.types[space] + " space knows " + oneOf(allowed)})
		}
		slices.Sort(roles)
		spec := memberSpec{Space: "space/" + space, Assignee: assignee, Roles: slices.Compact(roles)}
		if group, ok := strings.CutPrefix(assignee, "group:"); ok {
			spec.Group = "group/" + group
		}
		r.Spec = encode(spec)
		x.out = append(x.out, r)
	}
}
