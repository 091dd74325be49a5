package qliktest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// A call is one request on its way to a handler. Handlers run under the lock
// of the tenant and answer with a reply.
type call struct {
	cloud  *Cloud
	tenant *Tenant // nil on register and console hosts
	office *office // nil on tenants
	req    *http.Request
	route  *route
	args   []string
	query  url.Values
	body   []byte
	base   string // scheme, host and prefix of links
	prefix string // "/<host>" when the host is part of the path
	path   string // without prefix
	now    stamp

	caller  *user // nil before authentication and outside tenants
	client  *authClient
	partial bool // mood: this list ends early
	mood    *Mood
}

// A reply is an answer: a []byte body goes out as it is, anything else as JSON.
type reply struct {
	status int
	body   any
	header http.Header
}

func ok(body any) reply      { return reply{status: http.StatusOK, body: body} }
func created(body any) reply { return reply{status: http.StatusCreated, body: body} }
func empty(status int) reply { return reply{status: status} }

func (r reply) with(key, value string) reply {
	if r.header == nil {
		r.header = http.Header{}
	}
	r.header.Set(key, value)
	return r
}

// arg returns the value of a path argument.
func (c *call) arg(name string) string {
	if i := slices.Index(c.route.names, name); i >= 0 {
		return c.args[i]
	}
	panic("qliktest: route " + c.route.path + " has no " + name)
}

// link makes an absolute URL of a path.
func (c *call) link(path string) string { return c.base + path }

type href struct {
	Href string `json:"href"`
}

// self is the links object of most resources.
type self struct {
	Self href `json:"self"`
}

func (c *call) self(path string) self { return self{href{c.link(path)}} }

// unknownQuery names a query parameter the route does not understand, or "".
func (c *call) unknownQuery() string {
	if c.cloud.opts.Lenient {
		return ""
	}
	allowed := strings.Fields(c.route.query)
	var bad []string
	for name := range c.query {
		if !slices.Contains(allowed, name) {
			bad = append(bad, name)
		}
	}
	slices.Sort(bad)
	return strings.Join(bad, ", ")
}

// fields are the members of a JSON object in a request. The first thing wrong
// with them is kept in err.
type fields struct {
	m   map[string]json.RawMessage
	err string
}

// object reads the body as an object with the named members; a name ending in
// "*" is required.
func (c *call) object(names ...string) *fields {
	return c.members(c.body, names...)
}

func (c *call) members(b []byte, names ...string) *fields {
	f := &fields{}
	if err := json.Unmarshal(b, &f.m); err != nil {
		f.err = "body is not a JSON object: " + err.Error()
		return f
	}
	f.check(c.cloud.opts.Lenient, names)
	return f
}

func (f *fields) check(lenient bool, names []string) {
	known := map[string]bool{}
	for _, n := range names {
		name, required := strings.CutSuffix(n, "*")
		known[name] = true
		if required && !f.has(name) {
			f.fail("%s is required", name)
		}
	}
	var bad []string
	for name := range f.m {
		if !known[name] && !lenient {
			bad = append(bad, name)
		}
	}
	if len(bad) > 0 {
		slices.Sort(bad)
		f.fail("unknown field %s", strings.Join(bad, ", "))
	}
}

func (f *fields) fail(format string, args ...any) {
	if f.err == "" {
		f.err = fmt.Sprintf(format, args...)
	}
}

func (f *fields) has(name string) bool {
	v, ok := f.m[name]
	return ok && !bytes.Equal(v, []byte("null"))
}

func (f *fields) decode(name string, v any, want string) {
	if f.has(name) && json.Unmarshal(f.m[name], v) != nil {
		f.fail("%s must be %s", name, want)
	}
}

func (f *fields) str(name string) (s string) {
	f.decode(name, &s, "a string")
	return s
}

func (f *fields) bool(name string) (b bool) {
	f.decode(name, &b, "a boolean")
	return b
}

func (f *fields) number(name string) (n float64) {
	f.decode(name, &n, "a number")
	return n
}

func (f *fields) strs(name string) (list []string) {
	f.decode(name, &list, "a list of strings")
	return list
}

// oneOf checks an optional string against a list.
func (f *fields) oneOf(name string, values ...string) string {
	s := f.str(name)
	if f.has(name) && !slices.Contains(values, s) {
		f.fail("%s must be one of %s", name, strings.Join(values, ", "))
	}
	return s
}

// A patch is one operation of a JSON Patch body.
type patch struct {
	op, path string
	value    json.RawMessage
}

func (p patch) str() (s string, ok bool) {
	return s, json.Unmarshal(p.value, &s) == nil && isString(p.value)
}
func (p patch) bool() (b bool, ok bool) {
	return b, json.Unmarshal(p.value, &b) == nil && len(p.value) > 3
}
func isString(v json.RawMessage) bool       { return len(v) > 0 && v[0] == '"' }
func (p patch) list() (l []string, ok bool) { return l, json.Unmarshal(p.value, &l) == nil }

// patches reads a JSON Patch body that may use only these ops and paths.
func (c *call) patches(ops, paths []string) (list []patch, err string) {
	var raw []json.RawMessage
	if e := json.Unmarshal(c.body, &raw); e != nil {
		return nil, "body is not a JSON array: " + e.Error()
	}
	for i, b := range raw {
		f := c.members(b, "op*", "path*", "value")
		p := patch{op: f.str("op"), path: f.str("path"), value: f.m["value"]}
		switch {
		case f.err != "":
			return nil, fmt.Sprintf("operation %d: %s", i, f.err)
		case !slices.Contains(ops, p.op):
			return nil, fmt.Sprintf("operation %d: op %q is not allowed, only %s", i, p.op, strings.Join(ops, ", "))
		case !slices.Contains(paths, p.path):
			return nil, fmt.Sprintf("operation %d: path %q is not allowed, only %s", i, p.path, strings.Join(paths, ", "))
		}
		list = append(list, p)
	}
	return list, ""
}

var replaceOnly = []string{"replace"}
