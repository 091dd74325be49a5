package estate

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// circleIn returns environments of which each comes after the next, and the
// last after the first. There is one: all that is left comes after something.
func circleIn(left map[string]*environment) []string {
	var walk []string
	for name := sorted(left)[0]; ; {
		if i := slices.Index(walk, name); i >= 0 {
			return walk[i:]
		}
		walk = append(walk, name)
		for _, after := range left[name].After {
			if left[after] != nil {
				name = after
				break
			}
		}
	}
}

// order returns the names of the environments, each after those that it comes
// after. It reports unknown names and circles.
func (l *load) order(envs map[string]*environment) (out []string) {
	left := maps.Clone(envs)
	for _, name := range sorted(envs) {
		for i, after := range envs[name].After {
			if !l.declared["environments"][after] {
				l.report(Problem{
					Pos:     l.at("environments", name, "after", strconv.Itoa(i)),
					Message: fmt.Sprintf("%s comes after %q, which is not declared", name, after),
					Hint:    hintFrom(after, sorted(envs)),
				})
			}
		}
	}
	for len(left) > 0 {
		ready := slices.DeleteFunc(sorted(left), func(name string) bool {
			return slices.ContainsFunc(left[name].After, func(a string) bool { return left[a] != nil })
		})
		if len(ready) == 0 {
			circle := circleIn(left)
			l.report(Problem{
				Pos:     l.at("environments", circle[0], "after"),
				Message: "environments come after each other in a circle: " + strings.Join(append(circle, circle[0]), " after "),
			})
			return out
		}
		out = append(out, ready[0])
		delete(left, ready[0])
	}
	return out
}
