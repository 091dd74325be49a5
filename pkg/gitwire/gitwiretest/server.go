// Package gitwiretest serves repositories over smart HTTP, by git's own http-backend,
// with moods. It is for the tests of what speaks to a remote.
//
// It is a package of the qdeploy program, not a stable API.
package gitwiretest

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/cgi"
	"net/http/httptest"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// Mood is how a server behaves: serve lets git answer.
type Mood func(w http.ResponseWriter, r *http.Request, serve func())

// Server serves the repositories in a folder, at URL/NAME.
type Server struct {
	URL     string
	Discard atomic.Bool // pushes are read, piece by piece, and refused

	mu     sync.Mutex
	mood   Mood  // nil: serves
	pushes []int // bytes of each
}

// Serve starts a server, with these settings of git beside those that it takes to be
// pushed to: "receive.fsckObjects=true". The test is skipped where there is no git.
func Serve(t testing.TB, root string, settings ...string) *Server {
	t.Helper()
	backend := &cgi.Handler{Path: filepath.Join(execPath(t), "git-http-backend"), Stderr: io.Discard} // what git says goes to the client too
	backend.Env = []string{"GIT_PROJECT_ROOT=" + root, "GIT_HTTP_EXPORT_ALL=1"}
	settings = append([]string{"http.receivepack=true", "safe.directory=*", "receive.autogc=false"}, settings...)
	for i, s := range settings {
		key, value, _ := strings.Cut(s, "=")
		backend.Env = append(backend.Env, fmt.Sprintf("GIT_CONFIG_KEY_%d=%s", i, key), fmt.Sprintf("GIT_CONFIG_VALUE_%d=%s", i, value))
	}
	backend.Env = append(backend.Env, fmt.Sprintf("GIT_CONFIG_COUNT=%d", len(settings)))
	s := &Server{}
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { s.serve(backend, w, r) }))
	t.Cleanup(web.Close)
	s.URL = web.URL
	return s
}

var gitPath = sync.OnceValues(func() (string, error) {
	out, err := exec.Command("git", "--exec-path").Output()
	return strings.TrimSpace(string(out)), err
})

func execPath(t testing.TB) string {
	t.Helper()
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("needs git on the PATH")
	}
	path, err := gitPath()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

func (s *Server) serve(backend http.Handler, w http.ResponseWriter, r *http.Request) {
	if IsPush(r) && s.Discard.Load() {
		_, _ = io.Copy(io.Discard, r.Body)
		http.Error(w, "discarded", http.StatusServiceUnavailable)
		return
	}
	body, err := io.ReadAll(r.Body) // cgi refuses chunked bodies
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	r.Body, r.ContentLength, r.TransferEncoding = io.NopCloser(bytes.NewReader(body)), int64(len(body)), nil
	s.mu.Lock()
	if IsPush(r) {
		s.pushes = append(s.pushes, len(body))
	}
	mood := s.mood
	s.mu.Unlock()
	if mood == nil {
		backend.ServeHTTP(w, r)
		return
	}
	mood(w, r, func() { backend.ServeHTTP(w, r) })
}

// Be sets the mood; nil serves.
func (s *Server) Be(mood Mood) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mood = mood
}

// Pushes returns how many bytes each push had since it was last asked.
func (s *Server) Pushes() []int {
	s.mu.Lock()
	defer s.mu.Unlock()
	defer func() { s.pushes = nil }()
	return s.pushes
}

// IsPush reports whether a request sends objects.
func IsPush(r *http.Request) bool {
	return r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/git-receive-pack")
}
