package githubtest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A call is one request on its way to its route. Routes run under the lock of
// the hub and answer with a reply, or end early with a refusal.
type call struct {
	hub   *Hub
	req   *http.Request
	route *route
	args  map[string]string
	query url.Values
	body  []byte
	site  Site
	path  string // without the prefix of the API
	now   time.Time
	fate  fate

	upload bool // it came where uploads go

	token *Token
	app   *App  // instead of a token, where the caller is an app
	repo  *Repo // nil outside repositories
}

// A Site says where a hub is reached.
type Site struct {
	Web string // "http://127.0.0.1:8080"
	API string // Web, or Web + "/api/v3"
}

// Public is a site whose API is at its root, as api.github.com has it.
func Public(server string) Site { return Site{server, server} }

// Enterprise is a site whose API is at /api/v3, as GitHub Enterprise Server
// has it.
func Enterprise(server string) Site { return Site{server, server + "/api/v3"} }

// uploads is where files go: on GitHub Enterprise Server a place of its own, on
// github.com another host, for which the same stands here.
func (s Site) uploads() string {
	if s.API == s.Web {
		return s.API
	}
	return s.Web + "/api/uploads"
}

// GraphQL is the address of the GraphQL endpoint.
func (s Site) GraphQL() string { return strings.TrimSuffix(s.API, "/v3") + "/graphql" }

type object = map[string]any

// A reply is an answer: a []byte body goes out as it is, anything else as JSON.
type reply struct {
	status int
	body   any
	header http.Header
}

func ok(body any) reply { return reply{status: http.StatusOK, body: body} }
func empty() reply      { return reply{status: http.StatusNoContent} }

// created answers with a new thing and says where it is.
func created(body object) reply {
	r := reply{status: http.StatusCreated, body: body}
	if at, isText := body["url"].(string); isText {
		r = r.with("Location", at)
	}
	return r
}

func (r reply) with(key, value string) reply {
	if r.header == nil {
		r.header = http.Header{}
	}
	r.header.Set(key, value)
	return r
}

// A refusal ends a call from wherever it is found out that it cannot go on.
type refusal struct{ reply }

const docs = "https://docs.github.com/rest"

func problem(status int, format string, args ...any) reply {
	return reply{status: status, body: object{
		"message": fmt.Sprintf(format, args...), "documentation_url": docs, "status": strconv.Itoa(status),
	}}
}

func refuse(status int, format string, args ...any) {
	panic(refusal{problem(status, format, args...)})
}

func (c *call) notFound() { refuse(http.StatusNotFound, "Not Found") }

// invalid refuses a body whose shape is right and whose contents are not.
func invalid(resource, field, code, message string) {
	entry := object{"resource": resource, "code": code, "field": field}
	if message != "" {
		entry["message"] = message
	}
	r := problem(http.StatusUnprocessableEntity, "Validation Failed")
	r.body.(object)["errors"] = []object{entry}
	panic(refusal{r})
}

// number is a numeric path argument; what is not a number is not found.
func (c *call) number(name string) int64 {
	n, err := strconv.ParseInt(c.args[name], 10, 64)
	if err != nil {
		c.notFound()
	}
	return n
}

// login is who does the work.
func (c *call) login() string {
	if c.token == nil {
		return ""
	}
	return c.token.Login
}

// fields are the members of a JSON object in a request.
type fields struct {
	c    *call
	m    map[string]json.RawMessage
	kind string // the resource, for refusals
}

// object reads the body as an object with the named members; a name ending in
// "*" is required. Unknown members are refused, and remembered.
func (c *call) object(kind string, names ...string) *fields {
	f := &fields{c: c, kind: kind}
	if len(bytes.TrimSpace(c.body)) == 0 {
		c.body = []byte("{}")
	}
	if json.Unmarshal(c.body, &f.m) != nil {
		refuse(http.StatusBadRequest, "Problems parsing JSON")
	}
	f.check(names)
	return f
}

func (f *fields) check(names []string) {
	known := map[string]bool{}
	for _, n := range names {
		name, required := strings.CutSuffix(n, "*")
		known[name] = true
		if required && !f.has(name) {
			refuse(http.StatusUnprocessableEntity, "Invalid request.\n\n%q wasn't supplied.", name)
		}
	}
	var bad []string
	for name := range f.m {
		if !known[name] {
			bad = append(bad, strconv.Quote(name))
		}
	}
	if len(bad) > 0 {
		slices.Sort(bad)
		f.c.hub.complain("%s %s: unknown member %s", f.c.route.method, f.c.route.path, strings.Join(bad, ", "))
		refuse(http.StatusUnprocessableEntity, "Invalid request.\n\n%s is not a permitted key.", strings.Join(bad, ", "))
	}
}

func (f *fields) has(name string) bool {
	v, ok := f.m[name]
	return ok && !bytes.Equal(v, []byte("null"))
}

// decode reads a member, if it is there, into v.
func (f *fields) decode(name string, v any) bool {
	if !f.has(name) {
		return false
	}
	if json.Unmarshal(f.m[name], v) != nil {
		refuse(http.StatusUnprocessableEntity, "Invalid request.\n\nFor '%s', %s is of the wrong type.", name, f.m[name])
	}
	return true
}

// text reads a member that is a string; fallback stands for one that is not there.
func (f *fields) text(name, fallback string) string {
	f.decode(name, &fallback)
	return fallback
}

func (f *fields) flag(name string, fallback bool) bool {
	f.decode(name, &fallback)
	return fallback
}

// oneOf reads a string that must be one of a list.
func (f *fields) oneOf(name, fallback string, values ...string) string {
	s := f.text(name, fallback)
	if f.has(name) && !slices.Contains(values, s) {
		invalid(f.kind, name, "invalid", "")
	}
	return s
}

// atMost reads a string of bounded length, counted in characters.
func (f *fields) atMost(name, fallback string, limit int) string {
	s := f.text(name, fallback)
	if n := len([]rune(s)); n > limit {
		invalid(f.kind, name, "custom", fmt.Sprintf("%s is too long (maximum is %d characters)", name, limit))
	}
	return s
}
