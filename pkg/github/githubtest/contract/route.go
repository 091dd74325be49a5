package contract

import (
	"net/url"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// A route is a path of the document.
type route struct {
	template string
	segs     []string
	item     *openapi3.PathItem
}

func routesOf(doc *openapi3.T) (list []route) {
	for template, item := range doc.Paths.Map() {
		list = append(list, route{template, strings.Split(strings.Trim(template, "/"), "/"), item})
	}
	slices.SortFunc(list, func(a, b route) int { return strings.Compare(a.template, b.template) })
	return list
}

// deep are the parameters whose values may hold slashes, of which GitHub does
// not ask that they be escaped.
var deep = []string{"{ref}", "{name}", "{path}", "{basehead}", "{tag}", "{branch}"}

// find returns the path of a method and an escaped path that has most literal
// segments, and the values of its parameters.
func find(routes []route, method, path string) (template string, item *openapi3.PathItem, args map[string]string) {
	segs := strings.Split(strings.Trim(path, "/"), "/")
	most := -1
	for _, r := range routes {
		if r.item.GetOperation(method) == nil {
			continue
		}
		found := map[string]string{}
		if n, ok := match(r.segs, segs, found); ok && n > most {
			template, item, args, most = r.template, r.item, found, n
		}
	}
	return template, item, args
}

// match fills in the parameters, and counts the literal segments.
func match(template, segs []string, args map[string]string) (literals int, ok bool) {
	if len(template) == 0 || len(segs) == 0 {
		return 0, len(template) == len(segs)
	}
	first := template[0]
	if !strings.HasPrefix(first, "{") {
		literals, ok = match(template[1:], segs[1:], args)
		return literals + 1, ok && segs[0] == first
	}
	for n := 1; n <= len(segs); n++ {
		if literals, ok = match(template[1:], segs[n:], args); ok {
			value, err := url.PathUnescape(strings.Join(segs[:n], "/"))
			args[strings.Trim(first, "{}")] = value
			return literals, err == nil && value != ""
		}
		if !slices.Contains(deep, first) {
			break
		}
	}
	return 0, false
}
