package githubtest

import (
	"net/url"
	"strings"
)

// A route is one operation of the API.
type route struct {
	method string
	path   string // segments in braces are arguments; {x...} takes one segment or more
	// need is what the token must be permitted: "issues,pull-requests:write" is
	// one of the two. "" needs a token, "app" the JWT of an app, "open" nothing.
	need   string
	query  string // names of the query parameters it understands
	handle func(*call) reply

	create bool // makes content: counted by the secondary limit
	raw    bool // the body is a file
	segs   []string
}

// A router finds routes by path and method. The route with most literal
// segments wins.
type router []route

func newRouter(groups ...[]route) router {
	var all router
	for _, g := range groups {
		for _, rt := range g {
			rt.segs = strings.Split(strings.Trim(rt.path, "/"), "/")
			all = append(all, rt)
		}
	}
	return all
}

// find returns the route of a method and an escaped path, with its arguments.
func (r router) find(method, path string) (*route, map[string]string) {
	segs := strings.Split(strings.Trim(path, "/"), "/")
	var best *route
	var args map[string]string
	most := -1
	for i := range r {
		rt := &r[i]
		if rt.method != method {
			continue
		}
		found := map[string]string{}
		if literals, ok := match(rt.segs, segs, found); ok && literals > most {
			best, args, most = rt, found, literals
		}
	}
	return best, args
}

// match fills in the arguments, and counts the literal segments.
func match(template, segs []string, args map[string]string) (literals int, ok bool) {
	if len(template) == 0 {
		return 0, len(segs) == 0
	}
	if len(segs) == 0 || segs[0] == "" {
		return 0, false
	}
	name, isArg := strings.CutPrefix(template[0], "{")
	if !isArg {
		literals, ok = match(template[1:], segs[1:], args)
		return literals + 1, ok && segs[0] == template[0]
	}
	name = strings.TrimSuffix(name, "}")
	name, rest := strings.CutSuffix(name, "...")
	for n := 1; n <= len(segs); n++ {
		if literals, ok = match(template[1:], segs[n:], args); ok {
			value, err := url.PathUnescape(strings.Join(segs[:n], "/"))
			args[name] = value
			return literals, err == nil
		}
		if !rest {
			break
		}
	}
	return 0, false
}

const repoPath = "/repos/{owner}/{repo}"

// routes are all operations that the hub knows.
func routes() router {
	return newRouter(commentRoutes, issueRoutes, labelRoutes, pullRoutes, commitRoutes, statusRoutes, checkRoutes, deploymentRoutes,
		releaseRoutes, assetRoutes, reviewRoutes, dispatchRoutes, refRoutes, artifactRoutes, repoRoutes, appRoutes, graphRoutes)
}
