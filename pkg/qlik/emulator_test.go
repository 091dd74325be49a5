package qlik

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/qdeploy/qdeploy/pkg/plan"
	"github.com/qdeploy/qdeploy/pkg/qlik/qliktest"
)

// inMemory is a transport that calls a handler: no network, so that time in
// a synctest bubble passes by itself.
type inMemory struct{ http.Handler }

func (t inMemory) RoundTrip(req *http.Request) (resp *http.Response, err error) {
	if err := req.Context().Err(); err != nil {
		return nil, err
	}
	in := req.Clone(req.Context())
	in.Host = req.URL.Host
	if req.URL.Scheme == "https" {
		in.TLS = &tls.ConnectionState{}
	}
	if in.Body == nil {
		in.Body = http.NoBody
	}
	defer func() {
		if r := recover(); r == http.ErrAbortHandler {
			err = io.ErrUnexpectedEOF
		} else if r != nil {
			panic(r)
		}
	}()
	w := httptest.NewRecorder()
	t.ServeHTTP(w, in)
	resp = w.Result()
	resp.Request = req
	return resp, req.Context().Err()
}

const (
	testHost   = "acme.eu.qlikcloud.com"
	testSecret = "canary-secret"
)

// sandbox is one tenant of an emulated cloud, and who looks over its shoulder.
type sandbox struct {
	t      testing.TB
	cloud  *qliktest.Cloud
	tenant *qliktest.Tenant
	files  map[string][]byte

	mu    sync.Mutex
	calls []string
}

func newSandbox(t testing.TB, o qliktest.Options) *sandbox {
	s := &sandbox{t: t, files: map[string][]byte{}}
	o.Calls = func(c qliktest.Call) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.calls = append(s.calls, fmt.Sprintf("%s %s %d", c.Method, c.Path, c.Status))
	}
	s.cloud = qliktest.New(o)
	s.cloud.AddRegionClient("eu", "client", testSecret)
	s.tenant = s.cloud.AddTenant(qliktest.TenantSpec{Host: testHost})
	return s
}

func (s *sandbox) options() Options {
	o := Options{Host: testHost, Transport: inMemory{s.cloud}}
	tokens, err := Credentials{ClientID: "client", ClientSecret: testSecret, Source: "test"}.TokenSource(o)
	require.NoError(s.t, err)
	o.Token = tokens
	return o
}

// open returns a tenant that has learned nothing, as a new run would.
func (s *sandbox) open() *Tenant {
	c, err := New(s.options())
	require.NoError(s.t, err)
	return NewTenant(c, TenantOptions{Files: s.file})
}

func digestOf(b []byte) string { return fmt.Sprintf("sha256:%x", sha256.Sum256(b)) }

// memoryFile is a file of the estate.
type memoryFile struct{ *bytes.Reader }

func (f memoryFile) Close() error { return nil }

func (f memoryFile) Is(sum string) (bool, error) {
	b, err := io.ReadAll(io.NewSectionReader(f, 0, f.Size()))
	return sum == md5Of(b) || sum == digestOf(b), err
}

func (s *sandbox) file(path string) (File, error) {
	b, ok := s.files[path]
	if !ok {
		return nil, fmt.Errorf("%s: no such file", path)
	}
	return memoryFile{bytes.NewReader(b)}, nil
}

// calm ends all moods.
func (s *sandbox) calm() { s.tenant.SetMood(qliktest.Mood{}) }

func (s *sandbox) mood(words string) {
	m, err := qliktest.ParseMood(words)
	require.NoError(s.t, err)
	s.tenant.SetMood(m)
}

// since returns the calls made by f, without IDs.
func (s *sandbox) since(f func()) []string {
	s.mu.Lock()
	n := len(s.calls)
	s.mu.Unlock()
	f()
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []string
	for _, c := range s.calls[n:] {
		method, rest, _ := strings.Cut(c, " ")
		path, status, _ := strings.Cut(rest, " ")
		out = append(out, method+" "+withoutIDs(path)+" "+status)
	}
	return out
}

// seed makes a call behind the client's back.
func (s *sandbox) seed(method, path string, body any) map[string]any {
	c, err := New(s.options())
	require.NoError(s.t, err)
	var out json.RawMessage
	require.NoError(s.t, c.call(context.Background(), method, path, nil, body, &out))
	m := map[string]any{}
	_ = json.Unmarshal(out, &m)
	return m
}

func resource(key, spec string) plan.Resource {
	k, err := plan.ParseKey(key)
	if err != nil {
		panic(err)
	}
	return plan.Resource{Key: k, Spec: json.RawMessage(spec)}
}

// converge does what plan and apply do, in miniature: read, and create, update
// or move what differs in the fields that are declared. It returns the actions.
func (s *sandbox) converge(want ...plan.Resource) []string {
	t := s.open()
	snap, err := t.Read(context.Background(), want)
	require.NoError(s.t, err)
	var done []string
	for _, r := range append(slices.Clone(snap.Needs), want...) {
		c, differs := change(snap, r)
		if !differs {
			continue
		}
		require.NoError(s.t, t.Do(context.Background(), c))
		done = append(done, string(c.Action)+" "+r.Key.String())
	}
	return done
}

// change is the change that a planner would make for r, if any.
func change(snap *Snapshot, r plan.Resource) (c plan.Change, differs bool) {
	names := []string{r.Key.Name}
	names = append(names, r.Was...)
	for _, name := range names {
		for _, live := range snap.Resources {
			if live.Key != (plan.Key{Kind: r.Key.Kind, Name: name}) {
				continue
			}
			if name == r.Key.Name && covers(live.Spec, r.Spec) {
				return c, false
			}
			action := plan.Update
			if name != r.Key.Name {
				action = plan.Move
			}
			return plan.Change{Action: action, Key: r.Key, From: live.Key, Live: &live, Desired: &r}, true
		}
	}
	return plan.Change{Action: plan.Create, Key: r.Key, Desired: &r}, true
}

// inputs are the fields that say how to apply.
var inputs = []string{"file", "digest", "data", "staging"}

// covers reports whether every compared field of desired has its value in live.
func covers(live, desired []byte) bool {
	var l, d map[string]json.RawMessage
	if json.Unmarshal(live, &l) != nil || json.Unmarshal(desired, &d) != nil {
		return false
	}
	for name, value := range d {
		var set, have []string
		if json.Unmarshal(value, &set) == nil && json.Unmarshal(l[name], &have) == nil && sameSet(set, have) {
			continue
		}
		if !slices.Contains(inputs, name) && string(l[name]) != string(value) {
			return false
		}
	}
	return true
}

// key parses a key of a test.
func key(s string) plan.Key { return resource(s, "{}").Key }

// one returns the live resource with a key.
func one(t testing.TB, snap *Snapshot, k string) plan.Resource {
	for _, r := range snap.Resources {
		if r.Key == key(k) {
			return r
		}
	}
	require.Failf(t, "not live", "%s", k)
	return plan.Resource{}
}

func creation(r plan.Resource) plan.Change {
	return plan.Change{Action: plan.Create, Key: r.Key, Desired: &r}
}

// read reads with a tenant that has learned nothing.
func (s *sandbox) read(want ...plan.Resource) *Snapshot {
	snap, err := s.open().Read(s.t.Context(), want)
	require.NoError(s.t, err)
	return snap
}

// prune deletes what is live of want, and returns the actions.
func (s *sandbox) prune(want ...plan.Resource) (done []string) {
	t := s.open()
	snap, err := t.Read(s.t.Context(), want)
	require.NoError(s.t, err)
	for _, r := range want {
		live := one(s.t, snap, r.Key.String())
		require.NoError(s.t, t.Do(s.t.Context(), plan.Change{Action: plan.Delete, Key: live.Key, Live: &live}))
		done = append(done, "delete "+r.Key.String())
	}
	return done
}

func (s *sandbox) user(subject, email string) string {
	u := s.seed("POST", "/api/v1/users", map[string]string{"subject": subject, "name": subject, "email": email})
	return u["id"].(string)
}

func count(calls []string, prefix string) (n int) {
	for _, c := range calls {
		if strings.HasPrefix(c, prefix+" ") {
			n++
		}
	}
	return n
}
