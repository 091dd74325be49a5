package qliktest

import (
	"encoding/json"
	"io"
	"mime"
	"net"
	"net/http"
	"strconv"
	"strings"
)

// Bounds of what is read from a caller.
const (
	maxJSON = 1 << 20
	maxRaw  = 1 << 30
)

// A place is where a request wants to go.
type place struct {
	host   string // host without port
	tenant *Tenant
	office *office
	base   string // of links: scheme, host and prefix
	prefix string // of paths: "/<host>" or ""
	path   string
}

// resolve finds the place by Host header or, if that names no host of the
// cloud, by the first segment of the path.
func (c *Cloud) resolve(r *http.Request) (p place, known bool) {
	scheme := "http://"
	if r.TLS != nil || r.Header.Get("X-Forwarded-Proto") == "https" {
		scheme = "https://"
	}
	host := r.Host
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	c.mu.RLock()
	defer c.mu.RUnlock()
	p = place{host: host, tenant: c.hosts[host], office: c.offices[host], base: scheme + r.Host, path: r.URL.Path}
	if p.tenant != nil || p.office != nil {
		return p, true
	}
	first, rest, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	if t, o := c.hosts[first], c.offices[first]; t != nil || o != nil {
		return place{first, t, o, scheme + r.Host + "/" + first, "/" + first, "/" + rest}, true
	}
	if strings.Contains(first, ".") {
		p.host = first
	}
	return p, false
}

// router knows what answers at the place.
func (p place) router() *router {
	switch {
	case p.tenant != nil:
		return tenantRouter
	case p.host == consoleHost:
		return consoleRouter
	}
	return registerRouter
}

// ServeHTTP serves every tenant, register and console host of the cloud.
func (c *Cloud) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p, known := c.resolve(r)
	if !known {
		c.answer(w, r, p, gatewayError(http.StatusNotFound, "HTTP-404", "qliktest: no host "+strconv.Quote(p.host)))
		return
	}
	rt, args := p.router().find(r.Method, p.path)
	d := doom{mood: goodMood}
	if p.tenant != nil {
		d = p.tenant.doomOf(r, p.path, rt)
		pause(r.Context(), d.mood.Latency)
	}
	if d.cutBefore {
		c.cut(r, p)
	}
	if d.instead != nil {
		c.answer(w, r, p, *d.instead)
		return
	}
	if rt == nil {
		c.answer(w, r, p, gatewayError(http.StatusNotFound, "HTTP-404", "qliktest: no route "+r.Method+" "+p.path+" on "+p.host))
		return
	}
	call := &call{
		cloud: c, tenant: p.tenant, office: p.office, req: r, route: rt, args: args,
		query: r.URL.Query(), base: p.base, prefix: p.prefix, path: p.path, now: c.nowAt(p.host), partial: d.partial, mood: d.mood,
	}
	if d.cutWithin {
		call.req = halved(r)
	}
	rep := call.serve()
	switch {
	case d.cutAfter, d.cutWithin:
		c.cut(r, p)
	case d.failAfter:
		rep = gatewayError(http.StatusGatewayTimeout, "HTTP-504", "mood: fail-after")
	case d.truncate && rep.status == http.StatusOK:
		if b, isBytes := rep.body.([]byte); isBytes {
			rep.body = b[:len(b)/2]
		}
	}
	c.answer(w, r, p, rep)
}

// halved returns a request whose body ends half-way, as when a connection is lost.
func halved(r *http.Request) *http.Request {
	again := r.Clone(r.Context())
	again.Body = io.NopCloser(io.MultiReader(io.LimitReader(r.Body, r.ContentLength/2), lostReader{}))
	return again
}

type lostReader struct{}

func (lostReader) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// cut closes the connection without an answer.
func (c *Cloud) cut(r *http.Request, p place) {
	c.tell(r, p, 0)
	panic(http.ErrAbortHandler)
}

func (c *Cloud) tell(r *http.Request, p place, status int) {
	if c.opts.Calls == nil {
		return
	}
	name := p.host
	if p.tenant != nil {
		name = p.tenant.Host
	}
	c.opts.Calls(Call{Tenant: name, Method: r.Method, Path: p.path, Query: r.URL.RawQuery, Status: status})
}

// answer writes a reply.
func (c *Cloud) answer(w http.ResponseWriter, r *http.Request, p place, rep reply) {
	rep.encode()
	h := w.Header()
	for name, values := range rep.header {
		h[name] = values
	}
	b, _ := rep.body.([]byte)
	if len(b) > 0 {
		h.Set("Content-Length", strconv.Itoa(len(b)))
	}
	c.tell(r, p, rep.status)
	w.WriteHeader(rep.status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(b) // the caller may have gone away
	}
}

// encode turns a body that is not bytes into JSON.
func (r *reply) encode() {
	if r.body == nil {
		return
	}
	if _, isBytes := r.body.([]byte); isBytes {
		if r.header.Get("Content-Type") == "" {
			*r = r.with("Content-Type", "application/octet-stream")
		}
		return
	}
	b, err := json.Marshal(r.body)
	if err != nil {
		panic(err) // views are plain data
	}
	r.body = b
	*r = r.with("Content-Type", "application/json")
}

// serve takes a call through authentication, limits and strictness to its
// handler.
func (c *call) serve() reply {
	if early := c.admit(); early != nil {
		return *early
	}
	if bad := c.unknownQuery(); bad != "" {
		return c.badRequest("unknown query parameter %s", bad)
	}
	if c.route.slow {
		rep := c.route.handle(c)
		rep.encode()
		return rep
	}
	if early := c.readBody(); early != nil {
		return *early
	}
	defer c.lock()()
	rep := c.watched(c.route.handle)
	rep.encode() // still under the lock: bodies may share memory with the store
	return rep
}

// lock locks the tenant or office of the call and returns how to unlock it.
func (c *call) lock() (unlock func()) {
	if c.tenant != nil {
		c.tenant.mu.Lock()
		return c.tenant.mu.Unlock
	}
	c.office.mu.Lock()
	return c.office.mu.Unlock
}

func (c *call) readBody() *reply {
	limit := int64(maxJSON)
	if c.route.raw {
		limit = maxRaw
	}
	b, err := io.ReadAll(io.LimitReader(c.req.Body, limit+1))
	switch {
	case err != nil:
		r := c.badRequest("the body ended early: %v", err)
		return &r
	case int64(len(b)) > limit:
		r := c.fail(http.StatusRequestEntityTooLarge, "HTTP-413", "the body is longer than %d bytes", limit)
		return &r
	}
	c.body = b
	kind, _, _ := mime.ParseMediaType(c.req.Header.Get("Content-Type"))
	if len(b) > 0 && !c.route.raw && !c.route.open && kind != "application/json" {
		r := c.badRequest("the body must be application/json, not %q", kind)
		return &r
	}
	return nil
}
