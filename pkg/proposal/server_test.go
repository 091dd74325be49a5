package proposal

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/cgi"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// server is a git remote over smart HTTP: git's own http-backend, with moods.
type server struct {
	dir, url string

	mu     sync.Mutex
	mood   func(w http.ResponseWriter, r *http.Request, serve func()) // nil: serves
	pushes []int                                                      // bytes of each
	asked  int                                                        // bytes that fetches were answered with
}

func (s *server) be(mood func(w http.ResponseWriter, r *http.Request, serve func())) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mood = mood
}

// pushed returns how many bytes each push had since it was last asked.
func (s *server) pushed() []int {
	s.mu.Lock()
	defer s.mu.Unlock()
	defer func() { s.pushes = nil }()
	return s.pushes
}

func isPush(r *http.Request) bool {
	return r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/git-receive-pack")
}

// serve serves a new bare repository whose main branch has two commits by Ada.
func serve(t *testing.T) *server {
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("needs git on the PATH")
	}
	root := t.TempDir()
	s := &server{dir: filepath.Join(root, "estate.git")}
	gitRun(t, root, "init", "-q", "--bare", "-b", "main", s.dir)
	gitRun(t, s.dir, "config", "uploadpack.allowFilter", "true")
	seed := filepath.Join(root, "seed")
	gitRun(t, root, "init", "-q", "-b", "main", seed)
	write(t, seed, "old.txt", "old")
	commit(t, seed, "the first")
	gitRun(t, seed, "rm", "-q", "old.txt")
	write(t, seed, "readme.txt", "hello")
	write(t, seed, "estate/environments.cue", "v1")
	write(t, seed, "estate/run.sh", "#!/bin/sh")
	write(t, seed, "estate/apps/only/app.qvf", "bytes")
	require.NoError(t, os.Chmod(filepath.Join(seed, "estate/run.sh"), 0o755))
	require.NoError(t, os.Symlink("readme.txt", filepath.Join(seed, "link")))
	commit(t, seed, "the estate")
	gitRun(t, seed, "push", "-q", s.dir, "main")
	backend := &cgi.Handler{
		Path: filepath.Join(gitRun(t, root, "--exec-path"), "git-http-backend"),
		Env: []string{
			"GIT_PROJECT_ROOT=" + root, "GIT_HTTP_EXPORT_ALL=1", "GIT_CONFIG_COUNT=3",
			"GIT_CONFIG_KEY_0=http.receivepack", "GIT_CONFIG_VALUE_0=true",
			"GIT_CONFIG_KEY_1=safe.directory", "GIT_CONFIG_VALUE_1=*",
			"GIT_CONFIG_KEY_2=receive.fsckObjects", "GIT_CONFIG_VALUE_2=true",
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
		s.mu.Lock()
		if isPush(r) {
			s.pushes = append(s.pushes, len(body))
		}
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
	return gitAs(t, dir, "Ada", args...)
}

// gitAs runs git as somebody.
func gitAs(t *testing.T, dir, name string, args ...string) string {
	t.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_NOSYSTEM=1",
		"GIT_AUTHOR_NAME="+name, "GIT_AUTHOR_EMAIL="+strings.ToLower(name)+"@example.com",
		"GIT_COMMITTER_NAME="+name, "GIT_COMMITTER_EMAIL="+strings.ToLower(name)+"@example.com")
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "git %v: %s", args, out)
	return strings.TrimSpace(string(out))
}

func write(t *testing.T, dir, name, text string) {
	t.Helper()
	file := filepath.Join(dir, name)
	require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o755))
	require.NoError(t, os.WriteFile(file, []byte(text), 0o644))
}

// commit commits all of a worktree, as Ada.
func commit(t *testing.T, dir, message string) string {
	t.Helper()
	gitRun(t, dir, "add", "-A")
	gitRun(t, dir, "commit", "-q", "-m", message)
	return gitRun(t, dir, "rev-parse", "HEAD")
}

// clone clones the server, main checked out.
func (s *server) clone(t *testing.T, args ...string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "clone")
	gitRun(t, filepath.Dir(dir), append(append([]string{"clone", "-q"}, args...), s.url, dir)...)
	return dir
}

// open opens a clone, with the server as its remote.
func (s *server) open(t *testing.T, dir string) *Repo {
	t.Helper()
	return opened(t, dir, &Remote{URL: s.url})
}

func opened(t *testing.T, dir string, r *Remote) *Repo {
	t.Helper()
	repo, err := Open(dir, r)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, repo.Close()) })
	return repo
}

// at returns what a ref of the server is at, or "".
func (s *server) at(t *testing.T, ref string) string {
	t.Helper()
	return gitRun(t, s.dir, "for-each-ref", "--format=%(objectname)", ref)
}

// advance adds a commit by Ada to a branch of the server.
func (s *server) advance(t *testing.T, branch, file, text string) string {
	t.Helper()
	dir := s.clone(t, "-b", branch)
	write(t, dir, file, text)
	h := commit(t, dir, "on "+branch)
	gitRun(t, dir, "push", "-q", s.dir, branch)
	return h
}

var (
	noon = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	bot  = Identity{Name: "qdeploy", Email: "bot@example.com"}
)

// pin is a change of one file.
func pin(text string) Change {
	return Change{Message: "Promote HR", Files: map[string][]byte{"estate/environments.cue": []byte(text)}}
}

// propose proposes on top of main.
func propose(t *testing.T, r *Repo, c Change) (string, bool, error) {
	t.Helper()
	base, err := r.Head(context.Background(), "main")
	require.NoError(t, err)
	return r.Propose(t.Context(), base, "qdeploy/promote", c, bot, noon)
}
