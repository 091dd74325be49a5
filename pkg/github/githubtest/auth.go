package githubtest

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// A TokenKind says how a token came to be, which decides what it may ask.
type TokenKind string

const (
	Actions  TokenKind = "GITHUB_TOKEN" // of a workflow run
	AppToken TokenKind = "App"          // of an App's installation
	Personal TokenKind = "PAT"          // of a person
)

// A Token is what a caller may do and in whose name.
type Token struct {
	Kind TokenKind
	// Login is the name of the caller; "" is github-actions[bot] for Actions.
	Login string
	// Permissions are "read" or "write" by the names that workflows use:
	// contents, pull-requests, issues, statuses, checks, deployments, actions.
	// What is not named is not allowed, but for metadata. A Personal token
	// without permissions may do what its person may do.
	Permissions map[string]string
	// Repos are the repositories it reaches, "owner/name"; nil is all.
	Repos []string

	text    string
	expires time.Time // zero = never
	app     *App      // that made it
}

// AddToken makes a token valid.
func (h *Hub) AddToken(text string, t Token) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.addToken(text, t)
}

func (h *Hub) addToken(text string, t Token) {
	if t.Kind == "" {
		t.Kind = Actions
	}
	if t.Login == "" && t.Kind == Actions {
		t.Login = "github-actions[bot]"
	}
	if t.Login == "" {
		panic("githubtest: this token needs a login")
	}
	wanted := t.Permissions
	if wanted != nil {
		t.Permissions = map[string]string{"metadata": "read"}
	}
	for name, level := range wanted {
		t.Permissions[strings.ReplaceAll(name, "_", "-")] = level
	}
	if t.Permissions == nil && t.Kind != Personal {
		t.Permissions = map[string]string{"metadata": "read"}
	}
	t.text = text
	h.users[t.Login] = h.userID(t.Login)
	h.tokens[text] = &t
}

// RevokeToken makes a token invalid.
func (h *Hub) RevokeToken(text string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.tokens, text)
}

// findToken returns the token of a text, nil if it is unknown or too old.
func (h *Hub) findToken(text string) *Token {
	t := h.tokens[text]
	if t == nil || !t.expires.IsZero() && !h.now().Before(t.expires) {
		return nil
	}
	return t
}

// authenticate finds out who calls.
func (c *call) authenticate() {
	if c.route.need == "open" {
		return
	}
	scheme, text, _ := strings.Cut(c.req.Header.Get("Authorization"), " ")
	switch {
	case c.req.Header.Get("Authorization") == "":
		refuse(http.StatusUnauthorized, "Requires authentication")
	case !strings.EqualFold(scheme, "bearer") && !strings.EqualFold(scheme, "token"):
		refuse(http.StatusUnauthorized, "Bad credentials")
	case c.route.need == "app":
		c.app = c.appOf(text)
		return
	}
	if c.token = c.hub.findToken(text); c.token == nil {
		refuse(http.StatusUnauthorized, "Bad credentials")
	}
}

// authorize finds the repository and asks whether the token may do this there.
// What a token cannot see is not found; what it sees and may not do is
// forbidden.
func (c *call) authorize() {
	if owner := c.args["owner"]; owner != "" {
		c.repo = c.hub.repos[owner+"/"+c.args["repo"]]
		if c.repo == nil || c.token != nil && !c.token.reaches(c.repo) {
			c.notFound()
		}
	}
	if names, level, ok := strings.Cut(c.route.need, ":"); ok {
		c.require(level, strings.Split(names, ",")...)
	}
}

// require refuses a token that has none of the permissions at that level.
func (c *call) require(level string, names ...string) {
	for _, name := range names {
		if c.token.allows(c.repo, name, level) {
			return
		}
	}
	// Headers of GitHub say which permission would have done.
	wanted := fmt.Sprintf("%s=%s", strings.ReplaceAll(strings.Join(names, "="+level+"; "), "-", "_"), level)
	text := "Resource not accessible by integration"
	if c.token.Kind == Personal {
		text = "Resource not accessible by personal access token"
	}
	panic(refusal{problem(http.StatusForbidden, "%s", text).with("X-Accepted-GitHub-Permissions", wanted)})
}

// reaches says whether the token knows that the repository exists.
func (t *Token) reaches(r *Repo) bool {
	if t.Repos != nil && !slices.Contains(t.Repos, r.FullName()) {
		return false
	}
	return t.Kind != Personal || r.role(t.Login) != "none"
}

// allows says whether the token has a permission in the repository.
func (t *Token) allows(r *Repo, name, level string) bool {
	if !t.reaches(r) {
		return false
	}
	if t.Kind == Personal && !mayDo(r.role(t.Login), level) {
		return false
	}
	if t.Permissions == nil { // a classic token: all that its person may do
		return true
	}
	got := t.Permissions[name]
	return got == "write" || got == "admin" || got == level
}

// mayDo says whether a person with a role may read or write.
func mayDo(role, level string) bool {
	if level == "read" {
		return role != "none"
	}
	return slices.Contains([]string{"admin", "maintain", "write"}, role)
}
