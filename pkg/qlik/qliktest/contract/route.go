package contract

import (
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// A node is a segment of the paths of the document. Literal segments win over
// parameters; the servers of the document play no part.
type node struct {
	literal  map[string]*node
	param    *node
	template string
	names    []string // of the parameters of the template, in order
	item     *openapi3.PathItem
}

func (n *node) add(template string, item *openapi3.PathItem) {
	var names []string
	for _, seg := range strings.Split(strings.Trim(template, "/"), "/") {
		if name, isParam := strings.CutPrefix(seg, "{"); isParam {
			names = append(names, strings.TrimSuffix(name, "}"))
			if n.param == nil {
				n.param = &node{}
			}
			n = n.param
			continue
		}
		if n.literal == nil {
			n.literal = map[string]*node{}
		}
		if n.literal[seg] == nil {
			n.literal[seg] = &node{}
		}
		n = n.literal[seg]
	}
	n.template, n.names, n.item = template, names, item
}

// find returns the path item of a path and the values of its parameters.
func (n *node) find(path string) (template string, item *openapi3.PathItem, args map[string]string) {
	last, values := n.walk(strings.Split(strings.Trim(path, "/"), "/"), nil)
	if last == nil {
		return "", nil, nil
	}
	args = map[string]string{}
	for i, name := range last.names {
		args[name] = values[i]
	}
	return last.template, last.item, args
}

func (n *node) walk(segs, values []string) (*node, []string) {
	if len(segs) == 0 {
		if n.item == nil {
			return nil, nil
		}
		return n, values
	}
	if next := n.literal[segs[0]]; next != nil {
		if last, v := next.walk(segs[1:], values); last != nil {
			return last, v
		}
	}
	if n.param == nil || segs[0] == "" {
		return nil, nil
	}
	if last, v := n.param.walk(segs[1:], append(values, segs[0])); last != nil {
		return last, v
	}
	// The last parameter of a path may hold slashes, as a file path does.
	if n.param.item != nil && n.param.literal == nil && n.param.param == nil {
		return n.param, append(values, strings.Join(segs, "/"))
	}
	return nil, nil
}
