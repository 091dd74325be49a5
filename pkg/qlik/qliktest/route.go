package qliktest

import "strings"

// A tier is a class of operations that share one rate limit.
type tier struct {
	name      string
	perMinute int
	minutes   int // length of the window
}

var (
	tier1 = tier{"1", 1000, 5}
	tier2 = tier{"2", 100, 5}
)

// special is a limit of one operation, counted per minute.
func special(name string, perMinute int) tier { return tier{name, perMinute, 1} }

// A service is a group of routes with one owner: one error envelope, one name
// that moods use.
type service struct {
	name     string
	envelope envelope
	routes   []route
}

// A route is one operation.
type route struct {
	method string
	path   string // segments in braces are arguments; {x...} takes the rest
	tier   tier
	query  string // names of the query parameters it understands
	handle func(*call) reply

	open  bool // needs no token
	raw   bool // the body may be large
	slow  bool // reads its own body and takes the tenant's lock itself
	owner *service
	names []string // of the arguments, in order
}

// A router finds routes by path and method. Literal segments win over
// arguments.
type router struct {
	root     node
	services []string
}

type node struct {
	literal map[string]*node
	arg     *node
	rest    *node
	methods map[string]*route
}

func newRouter(services ...*service) *router {
	r := &router{}
	for _, s := range services {
		r.services = append(r.services, s.name)
		for i := range s.routes {
			rt := s.routes[i]
			rt.owner = s
			r.add(&rt)
		}
	}
	return r
}

func (r *router) add(rt *route) {
	n := &r.root
	for _, seg := range strings.Split(strings.Trim(rt.path, "/"), "/") {
		name, isArg := strings.CutPrefix(seg, "{")
		name = strings.TrimSuffix(name, "}")
		var next **node
		switch {
		case !isArg:
			if n.literal == nil {
				n.literal = map[string]*node{}
			}
			if n.literal[seg] == nil {
				n.literal[seg] = &node{}
			}
			n = n.literal[seg]
			continue
		case strings.HasSuffix(name, "..."):
			next = &n.rest
		default:
			next = &n.arg
		}
		rt.names = append(rt.names, strings.TrimSuffix(name, "..."))
		if *next == nil {
			*next = &node{}
		}
		n = *next
	}
	if n.methods == nil {
		n.methods = map[string]*route{}
	}
	if n.methods[rt.method] != nil {
		panic("qliktest: two routes for " + rt.method + " " + rt.path)
	}
	n.methods[rt.method] = rt
}

// find returns the route of a method and path with its arguments, or nil.
func (r *router) find(method, path string) (*route, []string) {
	return r.root.find(method, strings.Split(strings.Trim(path, "/"), "/"), nil)
}

func (n *node) find(method string, segs, args []string) (*route, []string) {
	if len(segs) == 0 {
		return n.methods[method], args
	}
	if next := n.literal[segs[0]]; next != nil {
		if rt, a := next.find(method, segs[1:], args); rt != nil {
			return rt, a
		}
	}
	if n.arg != nil && segs[0] != "" {
		if rt, a := n.arg.find(method, segs[1:], append(args, segs[0])); rt != nil {
			return rt, a
		}
	}
	if n.rest != nil {
		return n.rest.methods[method], append(args, strings.Join(segs, "/"))
	}
	return nil, nil
}
