package qliktest_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/qdeploy/qdeploy/pkg/qlik/qliktest"
)

const (
	acme   = "acme.eu.qlikcloud.com"
	region = "eu"
)

// A clock stands still until it is moved.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// A lab is a cloud with one tenant, and a caller with a token.
type lab struct {
	*testing.T
	cloud   *qliktest.Cloud
	tenant  *qliktest.Tenant
	clock   *clock
	handler http.Handler
	host    string
	token   string
}

// newLab makes a cloud without rate limits.
func newLab(t *testing.T, o qliktest.Options) *lab {
	t.Helper()
	o.NoLimits = true
	return newLimitedLab(t, o)
}

func newLimitedLab(t *testing.T, o qliktest.Options) *lab {
	t.Helper()
	l := &lab{T: t, clock: &clock{now: time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)}, host: acme}
	o.Now = l.clock.Now
	l.cloud = qliktest.New(o)
	l.cloud.AddRegionClient(region, "robot", "secret")
	l.tenant = l.cloud.AddTenant(qliktest.TenantSpec{Host: acme, Alias: "alias.eu.qlikcloud.com"})
	l.handler = checked(t, l.cloud)
	l.token = l.login(acme, "robot", "secret")
	return l
}

// as returns the lab with another caller.
func (l *lab) as(token string) *lab {
	twin := *l
	twin.token = token
	return &twin
}

// at returns the lab calling another host, with a token of that host.
func (l *lab) at(host, client, secret string) *lab {
	twin := *l
	twin.host = host
	twin.token = twin.login(host, client, secret)
	return &twin
}

func (l *lab) login(host, id, secret string) string {
	l.Helper()
	twin := *l
	twin.host, twin.token = host, ""
	r := twin.do("POST", "/oauth/token", map[string]string{"grant_type": "client_credentials", "client_id": id, "client_secret": secret})
	r.want(200)
	return r.str("access_token")
}

// An answer is what came back.
type answer struct {
	*lab
	status int
	header http.Header
	body   []byte
}

// do sends a request; a body of bytes goes as it is, others as JSON. Headers
// are given as names and values.
func (l *lab) do(method, path string, body any, headers ...string) *answer {
	l.Helper()
	req := l.request(method, path, body, headers...)
	w := httptest.NewRecorder()
	l.handler.ServeHTTP(w, req)
	return &answer{l, w.Code, w.Header(), w.Body.Bytes()}
}

func (l *lab) request(method, path string, body any, headers ...string) *http.Request {
	var r io.Reader
	kind := ""
	switch b := body.(type) {
	case nil:
	case []byte:
		r, kind = bytes.NewReader(b), "application/octet-stream"
	case string:
		r, kind = strings.NewReader(b), "application/json"
	default:
		raw, err := json.Marshal(b)
		require.NoError(l, err)
		r, kind = bytes.NewReader(raw), "application/json"
	}
	req := httptest.NewRequest(method, "http://"+l.host+path, r)
	if kind != "" {
		req.Header.Set("Content-Type", kind)
	}
	if l.token != "" {
		req.Header.Set("Authorization", "Bearer "+l.token)
	}
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	return req
}

func (l *lab) get(path string) *answer          { l.Helper(); return l.do("GET", path, nil) }
func (l *lab) post(path string, b any) *answer  { l.Helper(); return l.do("POST", path, b) }
func (l *lab) put(path string, b any) *answer   { l.Helper(); return l.do("PUT", path, b) }
func (l *lab) patch(path string, b any) *answer { l.Helper(); return l.do("PATCH", path, b) }
func (l *lab) delete(path string) *answer       { l.Helper(); return l.do("DELETE", path, nil) }
func (l *lab) bot() string                      { l.Helper(); return l.tenant.AddBot("robot") }
func (a *answer) want(status int) *answer {
	a.Helper()
	require.Equal(a, status, a.status, "%s", a.body)
	return a
}

// at walks the body along keys and indices.
func (a *answer) value(path ...any) any {
	a.Helper()
	var v any
	require.NoError(a, json.Unmarshal(a.body, &v), "%s", a.body)
	for _, p := range path {
		switch k := p.(type) {
		case string:
			m, isMap := v.(map[string]any)
			require.True(a, isMap, "%v in %s", path, a.body)
			v = m[k]
		case int:
			l, isList := v.([]any)
			require.True(a, isList && k < len(l), "%v in %s", path, a.body)
			v = l[k]
		}
	}
	return v
}

func (a *answer) str(path ...any) string {
	a.Helper()
	s, isStr := a.value(path...).(string)
	require.True(a, isStr, "%v in %s", path, a.body)
	return s
}

// column collects one field of all rows of data.
func (a *answer) column(field string) []string {
	a.Helper()
	list := []string{}
	for _, row := range a.value("data").([]any) {
		list = append(list, row.(map[string]any)[field].(string))
	}
	return list
}

// walk follows the links of a list and collects one field, with the number of
// pages.
func (l *lab) walk(path, field, direction string) (all []string, pages int) {
	l.Helper()
	for path != "" {
		a := l.get(path).want(200)
		pages++
		all = append(all, a.column(field)...)
		path = a.linkTo(direction)
		require.Less(l, pages, 1000)
	}
	return all, pages
}

// linkTo returns path and query of a link, or "".
func (a *answer) linkTo(direction string) string {
	a.Helper()
	links, _ := a.value("links").(map[string]any)
	link, _ := links[direction].(map[string]any)
	if link == nil {
		return ""
	}
	u, err := url.Parse(link["href"].(string))
	require.NoError(a, err)
	require.Equal(a, a.host, u.Host)
	return u.RequestURI()
}

func op(path string, value any) map[string]any {
	return map[string]any{"op": "replace", "path": path, "value": value}
}

func ops(list ...map[string]any) []map[string]any { return list }

type object = map[string]any
