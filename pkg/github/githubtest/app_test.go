package githubtest_test

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/qdeploy/qdeploy/pkg/github/githubtest"
)

func newKey(t *testing.T) *rsa.PrivateKey {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	return key
}

// signed makes a JWT as RFC 7515 has it.
func signed(t *testing.T, key *rsa.PrivateKey, claims object) string {
	t.Helper()
	text := ""
	for _, part := range []object{{"alg": "RS256", "typ": "JWT"}, claims} {
		b, err := json.Marshal(part)
		require.NoError(t, err)
		text += base64.RawURLEncoding.EncodeToString(b) + "."
	}
	text = text[:len(text)-1]
	sum := sha256.Sum256([]byte(text))
	signature, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, sum[:])
	require.NoError(t, err)
	return text + "." + base64.RawURLEncoding.EncodeToString(signature)
}

func TestApp(t *testing.T) {
	l := newLab(t)
	other := l.hub.AddRepo("acme/other", map[string]string{"a": "b"})
	key, wrong := newKey(t), newKey(t)
	l.hub.AddApp(githubtest.App{
		ID: 7, Slug: "qdeploy", Key: &key.PublicKey, Installation: 8, Repos: []string{"acme/tenants"},
		Permissions: map[string]string{"checks": "write", "pull_requests": "write", "contents": "read"},
	})
	now := l.clock.Now().Unix()
	good := object{"iss": 7, "iat": now - 60, "exp": now + 540}
	ask := func(jwt string, body any) *answer {
		twin := *l
		twin.token = jwt
		return twin.post("//app/installations/8/access_tokens", body)
	}
	for name, jwt := range map[string]string{
		"not a JWT":     "t0ken",
		"other key":     signed(t, wrong, good),
		"unknown app":   signed(t, key, object{"iss": 9, "iat": now, "exp": now + 60}),
		"too long":      signed(t, key, object{"iss": 7, "iat": now, "exp": now + 601}),
		"over":          signed(t, key, object{"iss": 7, "iat": now - 600, "exp": now}),
		"from tomorrow": signed(t, key, object{"iss": 7, "iat": now + 90, "exp": now + 120}),
	} {
		t.Run(name, func(*testing.T) { ask(jwt, nil).want(401) })
	}
	ask(signed(t, key, good), object{"permissions": object{"contents": "write"}}).want(422)
	ask(signed(t, key, good), object{"repositories": []string{"other"}}).want(422)
	token := ask(signed(t, key, good), object{"permissions": object{"checks": "write"}, "repositories": []string{"tenants"}}).want(201)
	require.Equal(t, l.clock.Now().Add(time.Hour).Format(time.RFC3339), token.value("expires_at"))
	require.Equal(t, object{"checks": "write", "metadata": "read"}, token.value("permissions"))

	bot := *l
	bot.token = token.value("token").(string)
	bot.post("/check-runs", object{"name": "x", "head_sha": l.repo.Head("main")}).want(201)
	require.Equal(t, "qdeploy[bot]", l.repo.Checks(l.repo.Head("main"))[0].By)
	bot.get("/git/ref/heads/main").want(403)
	bot.do("GET", "//repos/"+other.FullName(), nil).want(404)
	bot.do("GET", "//user", nil).want(403)
	l.clock.add(time.Hour)
	bot.get("").want(401)
}

func TestTokens(t *testing.T) {
	l := newLab(t)
	l.topic("topic")
	nobody := *l
	nobody.token = ""
	nobody.get("").want(401)
	nobody.do("GET", "", nil, "Authorization", "Basic dDBrZW4=").want(401)
	nobody.do("GET", "", nil, "Authorization", "token t0ken").want(200)

	reader := l.as("reader", githubtest.Token{Permissions: map[string]string{"pull-requests": "read"}})
	reader.get("/pulls/1").want(200)
	reader.get("/issues/1/comments").want(200)
	no := reader.post("/issues/1/comments", object{"body": "x"}).want(403)
	require.Equal(t, "Resource not accessible by integration", no.value("message"))
	require.Equal(t, "issues=write; pull_requests=write", no.header.Get("X-Accepted-Github-Permissions"))
	reader.get("/issues").want(403)
	reader.get("/actions/artifacts").want(403)
	reader.put("/pulls/1/merge", object{}).want(403)

	writer := l.as("writer", githubtest.Token{Permissions: map[string]string{"pull-requests": "write"}})
	writer.post("/issues/1/comments", object{"body": "x"}).want(201)
	l.post("/issues", object{"title": "an issue"}).want(201)
	writer.post("/issues/2/comments", object{"body": "x"}).want(403)

	l.repo.SetRole("bob", "triage")
	bob := l.as("bob", githubtest.Token{Kind: githubtest.Personal, Login: "bob"})
	bob.get("/pulls/1").want(200)
	require.Equal(t, "Resource not accessible by personal access token", bob.post("/issues/1/comments", object{"body": "x"}).want(403).value("message"))
	require.Equal(t, "read", bob.get("/collaborators/bob/permission").want(200).value("permission"))
	require.Equal(t, "triage", bob.get("/collaborators/bob/permission").want(200).value("role_name"))
	require.Equal(t, "none", bob.get("/collaborators/github-actions[bot]/permission").want(200).value("permission"))
	bob.get("/collaborators/unknown/permission").want(404)
	l.as("eve", githubtest.Token{Kind: githubtest.Personal, Login: "eve"}).get("").want(404)
	l.hub.RevokeToken("bob")
	bob.get("").want(401)
}
