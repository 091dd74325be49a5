package githubtest

import (
	"bytes"
	"io"
	"net/http"
	"net/http/cgi"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
)

// maxPack bounds what is pushed at once.
const maxPack = 1 << 28

// backendPath is where git keeps its HTTP server.
var backendPath = sync.OnceValue(func() string {
	out, err := exec.Command("git", "--exec-path").Output()
	if err != nil {
		panic("githubtest: the git binary is needed: " + err.Error())
	}
	return filepath.Join(strings.TrimSpace(string(out)), "git-http-backend")
})

// serveGit serves /owner/name.git/... by git's own HTTP server, and what is in Git LFS. The password is
// a token: contents read to fetch, write to push. The user name does not count.
func (h *Hub) serveGit(w http.ResponseWriter, r *http.Request) {
	name, _, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), ".git/")
	_, password, _ := r.BasicAuth()
	push := strings.HasSuffix(r.URL.Path, "/git-receive-pack") || r.URL.Query().Get("service") == "git-receive-pack" || r.Method == http.MethodPut
	h.mu.Lock()
	repo, token := h.repos[name], h.findToken(password)
	status := gitStatus(repo, token, push)
	h.mu.Unlock()
	if status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", `Basic realm="GitHub"`)
	}
	if status != http.StatusOK {
		http.Error(w, http.StatusText(status), status)
		return
	}
	if _, what, is := strings.Cut(r.URL.Path, ".git/info/lfs/"); is {
		h.serveLFS(w, r, repo, what)
		return
	}
	// Chunked bodies have no length, and CGI needs one.
	body, err := io.ReadAll(io.LimitReader(r.Body, maxPack+1))
	if err != nil || len(body) > maxPack {
		http.Error(w, "the pack ended early or is too large", http.StatusRequestEntityTooLarge)
		return
	}
	r.Body, r.ContentLength, r.TransferEncoding = io.NopCloser(bytes.NewReader(body)), int64(len(body)), nil
	backend := cgi.Handler{
		Path: backendPath(), Dir: h.dir,
		Env: append(gitEnv(), "GIT_PROJECT_ROOT="+h.dir, "GIT_HTTP_EXPORT_ALL=1", "REMOTE_USER="+token.Login,
			"GIT_CONFIG_COUNT=4", "GIT_CONFIG_KEY_2=http.receivepack", "GIT_CONFIG_VALUE_2=true",
			// Hidden from pushes, as on GitHub: they are GitHub's own.
			"GIT_CONFIG_KEY_3=receive.hideRefs", "GIT_CONFIG_VALUE_3=refs/pull"),
	}
	backend.ServeHTTP(w, r)
	if push {
		h.mu.Lock()
		repo.pushed()
		h.mu.Unlock()
	}
}

func gitStatus(r *Repo, t *Token, push bool) int {
	level := "read"
	if push {
		level = "write"
	}
	switch {
	case t == nil:
		return http.StatusUnauthorized
	case r == nil || !t.reaches(r) || !t.allows(r, "contents", "read"):
		return http.StatusNotFound
	case !t.allows(r, "contents", level):
		return http.StatusForbidden
	}
	return http.StatusOK
}
