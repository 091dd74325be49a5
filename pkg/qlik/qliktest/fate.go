package qliktest

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"
)

// A fate counts what a mood has done so far on one tenant.
type fate struct {
	requests int
	tokens   int   // requests that carried a token
	struck   []int // by fault
}

// SetMood sets the mood of one tenant and starts its counts anew. While it is
// not the zero Mood it replaces the mood of the cloud.
func (t *Tenant) SetMood(m Mood) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.mood, t.fate = m.orNil(), fate{}
}

// SetMood sets the mood of every tenant that has none of its own and starts
// the counts of all tenants anew. Counts are kept per tenant.
func (c *Cloud) SetMood(m Mood) {
	c.mood.Store(m.orNil())
	for _, t := range c.Tenants() {
		t.mu.Lock()
		t.fate = fate{}
		t.mu.Unlock()
	}
}

// goodMood is in force when neither the tenant nor the cloud has a mood.
var goodMood = &Mood{}

func (m Mood) orNil() *Mood {
	if m.String() == "" {
		return nil
	}
	return &m
}

// currentMood is the mood that holds for the tenant; t.mu is held.
func (t *Tenant) currentMood() *Mood {
	if t.mood != nil {
		return t.mood
	}
	if m := t.cloud.mood.Load(); m != nil {
		return m
	}
	return goodMood
}

// A doom is what the mood has in store for one request.
type doom struct {
	mood      *Mood
	instead   *reply // answered instead of doing the work
	cutBefore bool
	cutWithin bool // when half of the body has come
	cutAfter  bool
	failAfter bool
	truncate  bool
	partial   bool
}

// doomOf counts the request and decides its doom. rt is nil for unknown routes.
func (t *Tenant) doomOf(r *http.Request, path string, rt *route) doom {
	t.mu.Lock()
	defer t.mu.Unlock()
	d := doom{mood: t.currentMood()}
	m := d.mood
	if m == goodMood {
		return d
	}
	t.fate.requests++
	if fault := t.strike(m, r.Method, path); fault != "" {
		d.cutBefore, d.cutAfter = fault == "cut-before", fault == "cut-after"
		d.cutWithin, d.failAfter = fault == "cut-within", fault == "fail-after"
		if fault == "fail-before" {
			d.refuse(gatewayError(http.StatusServiceUnavailable, "HTTP-503", "mood: fail-before"))
		}
		return d
	}
	switch {
	case m.Every429 > 0 && t.fate.requests%m.Every429 == 0:
		d.refuse(tooMany(time.Duration(max(1, m.RetryAfter)) * time.Second))
	case m.Every5xx > 0 && t.fate.requests%m.Every5xx == 0:
		d.refuse(gatewayError(http.StatusServiceUnavailable, "HTTP-503", "mood: 5xx"))
	case m.Suspended:
		d.refuse(disabled(path))
	case rt != nil:
		t.doomService(&d, r, rt)
	}
	return d
}

// doomService decides what depends on the service that is called.
func (t *Tenant) doomService(d *doom, r *http.Request, rt *route) {
	filters := strings.HasSuffix(rt.path, "/actions/filter") // a list by POST
	name, reads := rt.owner.name, filters || r.Method == http.MethodGet || r.Method == http.MethodHead
	list := reads && !strings.HasSuffix(rt.path, "}")
	switch {
	case slices.Contains(d.mood.Refuse, name), !reads && slices.Contains(d.mood.RefuseWrites, name):
		d.refuse(rt.owner.envelope.reply(http.StatusForbidden, "HTTP-403", "mood: "+name+" is refused", ""))
	case list && slices.Contains(d.mood.Partial, name):
		q := r.URL.Query()
		if q.Has("next") || q.Has("page") || q.Has("startingAfter") {
			d.refuse(gatewayError(http.StatusServiceUnavailable, "HTTP-503", "mood: partial"))
		}
		d.partial = true
	case list && slices.Contains(d.mood.Truncate, name):
		d.truncate = true
	}
}

// at reports whether a fault is about a path.
func (f Fault) at(path string) bool {
	if whole, ok := strings.CutSuffix(f.Prefix, "$"); ok {
		return path == whole
	}
	return strings.HasPrefix(path, f.Prefix)
}

// strike returns the kind of the first fault that still strikes this request.
func (t *Tenant) strike(m *Mood, method, path string) string {
	if t.fate.struck == nil {
		t.fate.struck = make([]int, len(m.Faults))
	}
	for i, f := range m.Faults {
		if t.fate.struck[i] < f.Times && (f.Method == "*" || f.Method == method) && f.at(path) {
			t.fate.struck[i]++
			return f.Kind
		}
	}
	return ""
}

func (d *doom) refuse(r reply) { d.instead = &r }

// gatewayError is an answer of the gateway in front of the services.
func gatewayError(status int, code, detail string) reply {
	return envPlain.reply(status, code, detail, "")
}

// disabled is the answer of a tenant that is suspended or deactivated: 403 to
// a token request, 401 to the rest.
func disabled(path string) reply {
	if strings.HasPrefix(path, "/oauth/") {
		return gatewayError(http.StatusForbidden, "TENANT_DISABLED", "the tenant is disabled")
	}
	return gatewayError(http.StatusUnauthorized, "TENANT_DISABLED", "the tenant is disabled")
}

// expired says whether the token of this request expires right now.
func (t *Tenant) expired(m *Mood) bool {
	if m.ExpireToken == 0 {
		return false
	}
	t.fate.tokens++
	return t.fate.tokens == m.ExpireToken
}

// pause waits, unless the caller goes away first.
func pause(ctx context.Context, d time.Duration) {
	if d <= 0 {
		return
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
