package githubtest

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// Bounds of what is read from a caller.
const (
	maxJSON = 1 << 20
	maxFile = 1 << 28
)

var table = routes()

// ServeHTTP serves git, the API, and the downloads that the API sends to.
func (h *Hub) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case strings.Contains(r.URL.Path, ".git/"):
		h.serveGit(w, r)
	case strings.HasPrefix(r.URL.Path, storePath):
		h.serveStore(w, r)
	default:
		h.serveAPI(w, r)
	}
}

func (h *Hub) serveAPI(w http.ResponseWriter, r *http.Request) {
	c := &call{hub: h, req: r, query: r.URL.Query(), path: r.URL.EscapedPath()}
	scheme := "http://"
	if r.TLS != nil {
		scheme = "https://"
	}
	c.site = Public(scheme + r.Host)
	if rest, enterprise := strings.CutPrefix(c.path, "/api/"); enterprise {
		c.site = Enterprise(scheme + r.Host)
		rest, c.upload = strings.CutPrefix(rest, "uploads/")
		c.path = "/" + strings.TrimPrefix(rest, "v3/")
	}
	rep := c.serve()
	h.tell(c, rep.status)
	if rep.status == 0 {
		panic(http.ErrAbortHandler) // the connection is cut
	}
	header := w.Header()
	for name, values := range rep.header {
		header[name] = values
	}
	b, _ := rep.body.([]byte)
	header.Set("X-GitHub-Media-Type", "github.v3; format=json")
	if rep.status != http.StatusNoContent && rep.status != http.StatusNotModified {
		header.Set("Content-Length", strconv.Itoa(len(b)))
	}
	w.WriteHeader(rep.status)
	_, _ = w.Write(b) // the caller may have gone away
}

func (h *Hub) tell(c *call, status int) {
	if h.opts.Calls != nil {
		h.opts.Calls(Call{c.req.Method, c.path, c.req.URL.RawQuery, c.login(), status})
	}
}

// serve takes a call through its body, mood, token and limits to its route.
func (c *call) serve() (rep reply) {
	limit := int64(maxJSON)
	c.route, c.args = table.find(c.req.Method, c.path)
	if c.route != nil && c.route.raw {
		limit = maxFile
	}
	b, err := io.ReadAll(io.LimitReader(c.req.Body, limit+1))
	if err != nil || int64(len(b)) > limit {
		return problem(http.StatusRequestEntityTooLarge, "the body ended early or is longer than %d bytes", limit).encode()
	}
	c.body = b
	h := c.hub
	h.mu.Lock()
	defer h.mu.Unlock()
	c.now = h.now()
	fault := h.strike(c.req.Method, c.path)
	c.fate = fault
	if early := fault.before(h.mood, c.now); early != nil {
		return early.encode()
	}
	rep = c.answer()
	if late := fault.after(); late != nil {
		return late.encode()
	}
	return rep
}

// answer does the work, and turns refusals into replies.
func (c *call) answer() (rep reply) {
	defer func() {
		if r := recover(); r != nil {
			early, isRefusal := r.(refusal)
			if !isRefusal {
				panic(r)
			}
			rep = early.reply
		}
		rep = rep.encode()
		c.limitHeaders(&rep)
	}()
	if c.route == nil {
		c.hub.complain("%s %s: no such route", c.req.Method, c.path)
		c.notFound()
	}
	c.authenticate()
	c.admit()
	c.checkQuery()
	c.authorize()
	return c.conditional(c.route.handle(c))
}

func (c *call) checkQuery() {
	known := strings.Fields(c.route.query)
	var bad []string
	for name := range c.query {
		if !slices.Contains(known, name) {
			bad = append(bad, name)
		}
	}
	if len(bad) > 0 {
		slices.Sort(bad)
		c.hub.complain("%s %s: unknown query parameter %s", c.route.method, c.route.path, strings.Join(bad, ", "))
		refuse(http.StatusUnprocessableEntity, "githubtest: unknown query parameter %s", strings.Join(bad, ", "))
	}
}

// conditional gives a reading its ETag, and answers 304 to a caller that has
// it already.
func (c *call) conditional(rep reply) reply {
	rep = rep.encode()
	if c.req.Method != http.MethodGet || rep.status != http.StatusOK {
		return rep
	}
	b, _ := rep.body.([]byte)
	tag := fmt.Sprintf(`W/"%x"`, sha256.Sum256(b))
	if c.req.Header.Get("If-None-Match") == tag {
		c.refund() // a 304 does not count against the primary limit
		return reply{status: http.StatusNotModified}.with("ETag", tag)
	}
	return rep.with("ETag", tag)
}

// encode turns a body that is not bytes into JSON. It needs the hub's lock:
// bodies may share memory with what is stored.
func (r reply) encode() reply {
	if r.body == nil {
		return r
	}
	if _, isBytes := r.body.([]byte); isBytes {
		return r
	}
	b, err := json.Marshal(r.body)
	if err != nil {
		panic(err) // views are plain data
	}
	r.body = b
	return r.with("Content-Type", "application/json; charset=utf-8")
}
