package ledger

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/qdeploy/qdeploy/pkg/gitwire/gitwiretest"
)

// server is a git remote over smart HTTP.
type server struct {
	*gitwiretest.Server
	dir, url string
}

func wantsToPush(r *http.Request) bool {
	return gitwiretest.IsPush(r) || r.URL.Query().Get("service") == "git-receive-pack"
}

func down(w http.ResponseWriter, _ *http.Request, _ func()) {
	http.Error(w, "down for a moment", http.StatusServiceUnavailable)
}

func cutOff() { panic(http.ErrAbortHandler) }

// remoteServer serves a new bare repository whose main branch has one commit.
func remoteServer(t testing.TB) *server {
	root := t.TempDir()
	s := &server{Server: gitwiretest.Serve(t, root), dir: filepath.Join(root, "estate.git")}
	s.url = s.URL + "/estate.git"
	gitRun(t, root, "init", "-q", "--bare", "-b", "main", s.dir)
	seed := filepath.Join(root, "seed")
	gitRun(t, root, "init", "-q", "-b", "main", seed)
	for i := range 2 {
		gitRun(t, seed, "-c", "user.name=Ada", "-c", "user.email=ada@example.com", "commit", "-q", "--allow-empty", "-m", fmt.Sprint("estate ", i))
	}
	gitRun(t, seed, "push", "-q", s.dir, "main")
	return s
}

func gitRun(t testing.TB, dir string, args ...string) string {
	t.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_NOSYSTEM=1")
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "git %v: %s", args, out)
	return string(out)
}

func (s *server) clone(t testing.TB, args ...string) string {
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

func (s *server) open(t testing.TB, dir string) *Ledger {
	t.Helper()
	l, err := OpenRemote(t.Context(), dir, s.remote())
	require.NoError(t, err)
	t.Cleanup(func() { _ = l.Close() })
	return l
}

// entries returns what the remote itself holds.
func (s *server) entries(t testing.TB) map[string]Entry {
	t.Helper()
	l, err := OpenBare(s.dir)
	require.NoError(t, err)
	return entriesOf(t, l)
}

func read(t testing.TB, dir string) map[string]Entry {
	t.Helper()
	l, err := Open(dir)
	require.NoError(t, err)
	return entriesOf(t, l)
}

func entriesOf(t testing.TB, l *Ledger) map[string]Entry {
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
