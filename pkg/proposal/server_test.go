package proposal

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
	discard  atomic.Bool // pushes are read and refused

	mu     sync.Mutex
	mood   func(w http.ResponseWriter, r *http.Request, serve func()) // nil: serves
	pushes []int                                                      // bytes of each
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

// filters makes the server able to leave files out, as GitHub is.
func (s *server) filters(t *testing.T) {
	t.Helper()
	gitRun(t, s.dir, "config", "uploadpack.allowFilter", "true")
}

var execPath = sync.OnceValue(func() string {
	out, err := exec.Command("git", "--exec-path").Output()
	if err != nil {
		panic(err)
	}
	return strings.TrimSpace(string(out))
})

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
	gitRun(t, root, "init", "-q", "--bare", "--template=", "-b", "main", s.dir)
	s.commit(t, "main", "", "Ada", "Ada", "M 100644 inline old.txt\ndata 3\nold\n")
	s.commit(t, "main", "main", "Ada", "Ada", `D old.txt
M 100644 inline readme.txt
data 5
hello
M 100644 inline estate/environments.cue
data 2
v1
M 100755 inline estate/run.sh
data 9
#!/bin/sh
M 100644 inline estate/apps/only/app.qvf
data 5
bytes
M 120000 inline link
data 10
readme.txt
`)
	backend := &cgi.Handler{
		Path: filepath.Join(execPath(), "git-http-backend"),
		Env: []string{
			"GIT_PROJECT_ROOT=" + root, "GIT_HTTP_EXPORT_ALL=1", "GIT_CONFIG_COUNT=4",
			"GIT_CONFIG_KEY_0=http.receivepack", "GIT_CONFIG_VALUE_0=true",
			"GIT_CONFIG_KEY_1=safe.directory", "GIT_CONFIG_VALUE_1=*",
			"GIT_CONFIG_KEY_2=receive.fsckObjects", "GIT_CONFIG_VALUE_2=true",
			"GIT_CONFIG_KEY_3=receive.autogc", "GIT_CONFIG_VALUE_3=false",
		},
		Stderr: io.Discard, // what git says goes to the client too
	}
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if isPush(r) && s.discard.Load() {
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
	return gitFed(t, dir, "", args...)
}

func gitFed(t *testing.T, dir, stdin string, args ...string) string {
	t.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir, cmd.Stdin = dir, strings.NewReader(stdin)
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_NOSYSTEM=1")
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

// commit sets a branch of the server to a new commit on top of from, another branch
// or none, and returns it. The rest is in git fast-import's language.
func (s *server) commit(t *testing.T, branch, from, author, committer, rest string) string {
	t.Helper()
	by := func(name string) string {
		return fmt.Sprintf("%s <%s@example.com> 1700000000 +0000", name, strings.ToLower(name))
	}
	text := fmt.Sprintf("commit refs/heads/%s\nauthor %s\ncommitter %s\ndata 4\nwork\n", branch, by(author), by(committer))
	if from != "" {
		text += "from refs/heads/" + from + "^0\n"
	}
	gitFed(t, s.dir, text+rest, "fast-import", "--quiet", "--force")
	return s.at(t, "refs/heads/"+branch)
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
