package githubtest_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/qdeploy/qdeploy/pkg/github/githubtest"
)

type object = map[string]any

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

// A lab is a hub with one repository, acme/tenants, and a caller.
type lab struct {
	*testing.T
	hub    *githubtest.Hub
	repo   *githubtest.Repo
	clock  *clock
	server *httptest.Server
	site   githubtest.Site
	token  string
}

// everything is what a token may be permitted.
var everything = map[string]string{
	"contents": "write", "pull-requests": "write", "issues": "write", "statuses": "write", "checks": "write", "deployments": "write", "actions": "read",
}

// newLab makes a hub without rate limits, whose caller is a workflow that may
// do everything.
func newLab(t *testing.T) *lab {
	t.Helper()
	return newLabWith(t, githubtest.Options{NoLimits: true})
}

func newLabWith(t *testing.T, o githubtest.Options) *lab {
	t.Helper()
	l := &lab{T: t, clock: &clock{now: time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)}, token: "t0ken"}
	o.Now = l.clock.Now
	l.hub = githubtest.New(t.TempDir(), o)
	l.repo = l.hub.AddRepo("acme/tenants", map[string]string{"README.md": "hello\n"})
	l.hub.AddToken("t0ken", githubtest.Token{Kind: githubtest.Actions, Permissions: everything, Repos: []string{"acme/tenants"}})
	l.server = httptest.NewServer(checked(t, l.hub))
	t.Cleanup(l.server.Close)
	l.site = githubtest.Public(l.server.URL)
	return l
}

// as returns the lab with another caller, who may do only these things.
func (l *lab) as(text string, t githubtest.Token) *lab {
	l.hub.AddToken(text, t)
	twin := *l
	twin.token = text
	return &twin
}

// topic makes a branch with one commit and opens a pull request for it.
func (l *lab) topic(branch string) (number int, sha string) {
	sha = l.repo.Commit(branch, "Work on "+branch, map[string]string{branch + ".txt": "new\n"})
	return l.repo.OpenPull(githubtest.Pull{Title: "Topic " + branch, Head: branch}), sha
}

// An answer is what came back.
type answer struct {
	*lab
	status int
	header http.Header
	body   []byte
}

// do sends a request; paths begin below the repository unless they begin
// with //, headers are given as names and values.
func (l *lab) do(method, path string, body any, headers ...string) *answer {
	l.Helper()
	r, err := l.send(method, path, body, headers...)
	require.NoError(l, err)
	return r
}

func (l *lab) send(method, path string, body any, headers ...string) (*answer, error) {
	l.Helper()
	url := l.site.API + "/repos/acme/tenants" + path
	if len(path) > 1 && path[:2] == "//" {
		url = l.site.API + path[1:]
	}
	var b []byte
	switch x := body.(type) {
	case nil:
	case string:
		b = []byte(x)
	default:
		var err error
		b, err = json.Marshal(x)
		require.NoError(l, err)
	}
	req, err := http.NewRequest(method, url, bytes.NewReader(b))
	require.NoError(l, err)
	if b != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if l.token != "" {
		req.Header.Set("Authorization", "Bearer "+l.token)
	}
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	require.NoError(l, err)
	return &answer{l, resp.StatusCode, resp.Header, text}, nil
}

func (l *lab) get(path string) *answer          { l.Helper(); return l.do("GET", path, nil) }
func (l *lab) post(path string, b any) *answer  { l.Helper(); return l.do("POST", path, b) }
func (l *lab) patch(path string, b any) *answer { l.Helper(); return l.do("PATCH", path, b) }
func (l *lab) put(path string, b any) *answer   { l.Helper(); return l.do("PUT", path, b) }
func (l *lab) delete(path string) *answer       { l.Helper(); return l.do("DELETE", path, nil) }

func (a *answer) want(status int) *answer {
	a.Helper()
	require.Equal(a, status, a.status, "%s", a.body)
	return a
}

// value walks the body along keys and indices.
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
			list, isList := v.([]any)
			require.True(a, isList && k < len(list), "%v in %s", path, a.body)
			v = list[k]
		}
	}
	return v
}

func (a *answer) id() int64 { a.Helper(); return int64(a.value("id").(float64)) }

// column collects one member of every element of a list.
func (a *answer) column(list any, member string) (all []any) {
	a.Helper()
	v := a.value()
	if name, isName := list.(string); isName {
		v = a.value(name)
	}
	for _, row := range v.([]any) {
		all = append(all, row.(map[string]any)[member])
	}
	return all
}

// number writes an id as paths have it.
func number(id int64) string { return strconv.FormatInt(id, 10) }
