package githubtest

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// An App is a GitHub App that is installed once.
type App struct {
	ID           int64
	Slug         string // its login is slug[bot]
	Key          *rsa.PublicKey
	Installation int64
	Repos        []string          // where it is installed, "owner/name"
	Permissions  map[string]string // as in Token
}

// AddApp registers an app.
func (h *Hub) AddApp(a App) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.userID(a.Slug + "[bot]")
	h.apps = append(h.apps, &a)
}

var appRoutes = []route{
	{method: "POST", path: "/app/installations/{installation_id}/access_tokens", need: "app", handle: accessToken},
	{method: "GET", path: repoPath + "/installation", need: "app", handle: installation},
}

// maxJWT is how long a JWT may be good for.
const maxJWT = 10 * time.Minute

// appOf checks an app's JWT.
//
// https://docs.github.com/apps/creating-github-apps/authenticating-with-a-github-app/generating-a-json-web-token-jwt-for-a-github-app
func (c *call) appOf(jwt string) *App {
	parts := strings.Split(jwt, ".")
	if len(parts) != 3 {
		refuse(http.StatusUnauthorized, "A JSON web token could not be decoded")
	}
	var head struct{ Alg string }
	var claims struct {
		Iss      any
		Iat, Exp int64
	}
	if !part(parts[0], &head) || !part(parts[1], &claims) || head.Alg != "RS256" {
		refuse(http.StatusUnauthorized, "A JSON web token could not be decoded")
	}
	id, _ := claims.Iss.(string)
	if n, isNumber := claims.Iss.(float64); isNumber {
		id = strconv.FormatInt(int64(n), 10)
	}
	n := slices.IndexFunc(c.hub.apps, func(a *App) bool { return strconv.FormatInt(a.ID, 10) == id })
	now := c.now.Unix()
	switch {
	case n < 0:
		refuse(http.StatusUnauthorized, "'Issuer' claim ('iss') must be an Integer")
	case claims.Iat > now+60 || claims.Iat == 0:
		refuse(http.StatusUnauthorized, "'Issued at' claim ('iat') must be an Integer representing the time that the assertion was issued")
	case claims.Exp <= now:
		refuse(http.StatusUnauthorized, "'Expiration time' claim ('exp') must be a numeric value representing the future time at which the assertion expires")
	case claims.Exp > now+int64(maxJWT.Seconds()):
		refuse(http.StatusUnauthorized, "'Expiration time' claim ('exp') is too far in the future")
	}
	sum := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	signature, err := base64.RawURLEncoding.DecodeString(parts[2])
	if err != nil || rsa.VerifyPKCS1v15(c.hub.apps[n].Key, crypto.SHA256, sum[:], signature) != nil {
		refuse(http.StatusUnauthorized, "A JSON web token could not be decoded")
	}
	return c.hub.apps[n]
}

// part reads one part of a JWT.
func part(text string, v any) bool {
	b, err := base64.RawURLEncoding.DecodeString(text)
	return err == nil && json.Unmarshal(b, v) == nil
}

// accessToken makes a token that lives for an hour. It may have less than the
// app has, never more.
func accessToken(c *call) reply {
	if c.app.Installation != c.number("installation_id") {
		c.notFound()
	}
	f := c.object("Installation", "repositories", "repository_ids", "permissions")
	t := Token{Kind: AppToken, Login: c.app.Slug + "[bot]", Permissions: map[string]string{}, Repos: c.app.Repos, expires: c.now.Add(time.Hour), app: c.app}
	var names []string
	if f.decode("repositories", &names) {
		t.Repos = nil
		for _, full := range c.app.Repos {
			if _, name, _ := strings.Cut(full, "/"); slices.Contains(names, name) {
				t.Repos = append(t.Repos, full)
			}
		}
		if len(t.Repos) != len(names) {
			refuse(http.StatusUnprocessableEntity, "There is at least one repository that does not exist or is not accessible to the parent installation.")
		}
	}
	all := map[string]string{"metadata": "read"}
	for name, level := range c.app.Permissions {
		all[strings.ReplaceAll(name, "_", "-")] = level
	}
	wanted := all
	if f.decode("permissions", &t.Permissions) {
		wanted = t.Permissions
	}
	granted := map[string]string{"metadata": "read"}
	for name, level := range wanted {
		name = strings.ReplaceAll(name, "_", "-")
		if all[name] != level && all[name] != "write" {
			refuse(http.StatusUnprocessableEntity, "The permissions requested are not granted to this installation.")
		}
		granted[name] = level
	}
	t.Permissions = granted
	text := fmt.Sprintf("ghs_%x", sha256.Sum256(fmt.Appendf(nil, "githubtest %d", c.hub.next())))[:40]
	c.hub.addToken(text, t)
	return reply{status: http.StatusCreated, body: object{
		"token": text, "expires_at": stamp(t.expires), "permissions": underscored(granted), "repository_selection": "selected",
	}}
}

// underscored names permissions as the API does.
func underscored(permissions map[string]string) map[string]string {
	m := map[string]string{}
	for name, level := range permissions {
		m[strings.ReplaceAll(name, "-", "_")] = level
	}
	return m
}

func installation(c *call) reply {
	if !slices.Contains(c.app.Repos, c.repo.FullName()) {
		c.notFound()
	}
	at := fmt.Sprintf("%s/app/installations/%d", c.site.API, c.app.Installation)
	return ok(object{
		"id": c.app.Installation, "app_id": c.app.ID, "app_slug": c.app.Slug, "target_id": c.hub.userID(c.repo.Owner), "target_type": "Organization",
		"single_file_name": nil, "repository_selection": "selected", "access_tokens_url": at + "/access_tokens",
		"repositories_url": c.site.API + "/installation/repositories", "html_url": fmt.Sprintf("%s/settings/installations/%d", c.site.Web, c.app.Installation),
		"events": []string{}, "account": c.site.user(c.hub, c.repo.Owner), "permissions": underscored(c.app.Permissions),
		"created_at": stamp(c.repo.created), "updated_at": stamp(c.repo.created), "suspended_by": nil, "suspended_at": nil,
	})
}
