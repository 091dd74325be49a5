package proposal

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
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

// filters makes the server able to leave files out, as GitHub is.
func (s *server) filters(t *testing.T) {
	t.Helper()
	gitRun(t, s.dir, "config", "uploadpack.allowFilter", "true")
}

// serve serves a new bare repository whose main branch has two commits by Ada.
func serve(t *testing.T) *server {
	root := t.TempDir()
	s := &server{Server: gitwiretest.Serve(t, root, "receive.fsckObjects=true"), dir: filepath.Join(root, "estate.git")}
	s.url = s.URL + "/estate.git"
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
