package ledger

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/cgi"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// server is a git remote over smart HTTP: git's own http-backend, with moods.
type server struct {
	dir, url string
	pushed   atomic.Int64 // bytes of the last push

	mu   sync.Mutex
	mood func(w http.ResponseWriter, r *http.Request, serve func()) // nil: serves
}

func (s *server) be(mood func(w http.ResponseWriter, r *http.Request, serve func())) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mood = mood
}

func isPush(r *http.Request) bool {
	return r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/git-receive-pack")
}

func wantsToPush(r *http.Request) bool {
	return isPush(r) || r.URL.Query().Get("service") == "git-receive-pack"
}

func down(w http.ResponseWriter, _ *http.Request, _ func()) {
	http.Error(w, "down for a moment", http.StatusServiceUnavailable)
}

func cutOff() { panic(http.ErrAbortHandler) }

// remoteServer serves a new bare repository whose main branch has one commit.
func remoteServer(t *testing.T) *server {
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("needs git on the PATH")
	}
	root := t.TempDir()
	s := &server{dir: filepath.Join(root, "estate.git")}
	gitRun(t, root, "init", "-q", "--bare", "-b", "main", s.dir)
	seed := filepath.Join(root, "seed")
	gitRun(t, root, "init", "-q", "-b", "main", seed)
	for i := range 2 {
		gitRun(t, seed, "-c", "user.name=Ada", "-c", "user.email=ada@example.com", "commit", "-q", "--allow-empty", "-m", fmt.Sprint("estate ", i))
	}
	gitRun(t, seed, "push", "-q", s.dir, "main")
	backend := &cgi.Handler{
		Path: filepath.Join(strings.TrimSpace(gitRun(t, root, "--exec-path")), "git-http-backend"),
		Env: []string{
			"GIT_PROJECT_ROOT=" + root, "GIT_HTTP_EXPORT_ALL=1", "GIT_CONFIG_COUNT=3",
			"GIT_CONFIG_KEY_0=http.receivepack", "GIT_CONFIG_VALUE_0=true",
			"GIT_CONFIG_KEY_1=safe.directory", "GIT_CONFIG_VALUE_1=*",
			"GIT_CONFIG_KEY_2=receive.autogc", "GIT_CONFIG_VALUE_2=false",
		},
		Stderr: io.Discard, // what git says goes to the client too
	}
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body) // cgi refuses chunked bodies
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		r.Body, r.ContentLength, r.TransferEncoding = io.NopCloser(bytes.NewReader(body)), int64(len(body)), nil
		if isPush(r) {
			s.pushed.Store(int64(len(body)))
		}
		s.mu.Lock()
		mood := s.mood
		s.mu.Unlock()
		if mood == nil {
			backend.ServeHTTP(w, r)
			return
		}
		mood(w, r, func() { backend.ServeHTTP(w, r) })
	}))
	t.Cleanup(web.Close)
	s.url = web.URL + "/estate.git"
	return s
}

func gitRun(t *testing.T, dir string, args ...string) string {
	t.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_NOSYSTEM=1")
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "git %v: %s", args, out)
	return string(out)
}

func (s *server) clone(t *testing.T, args ...string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "clone")
	gitRun(t, filepath.Dir(dir), append(append([]string{"clone", "-q"}, args...), s.url, dir)...)
	return dir
}

func noPause(ctx context.Context, _ time.Duration) error {
	runtime.Gosched()
	return ctx.Err()
}

func (s *server) remote() Remote { return Remote{URL: s.url, Pause: noPause} }

func (s *server) open(t *testing.T, dir string) *Ledger {
	t.Helper()
	l, err := OpenRemote(t.Context(), dir, s.remote())
	require.NoError(t, err)
	t.Cleanup(func() { _ = l.Close() })
	return l
}

// entries returns what the remote itself holds.
func (s *server) entries(t *testing.T) map[string]Entry {
	t.Helper()
	l, err := OpenBare(s.dir)
	require.NoError(t, err)
	return entriesOf(t, l)
}

func read(t *testing.T, dir string) map[string]Entry {
	t.Helper()
	l, err := Open(dir)
	require.NoError(t, err)
	return entriesOf(t, l)
}

func entriesOf(t *testing.T, l *Ledger) map[string]Entry {
	t.Helper()
	defer l.Close()
	entries, err := l.Entries()
	require.NoError(t, err)
	return entries
}

func (s *server) head(t *testing.T) string {
	t.Helper()
	return strings.TrimSpace(gitRun(t, s.dir, "for-each-ref", "--format=%(objectname)", Ref.String()))
}

func localHead(t *testing.T, dir string) string {
	t.Helper()
	return strings.TrimSpace(gitRun(t, dir, "for-each-ref", "--format=%(objectname)", Ref.String()))
}

// at is an entry of a tenant, written so many seconds after a fixed time.
func at(tenant string, seconds int) Entry {
	e := entry(tenant, "applied")
	e.Time = e.Time.Add(time.Duration(seconds) * time.Second)
	e.Run = fmt.Sprint("run ", seconds)
	return e
}
