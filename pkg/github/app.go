package github

import (
	"context"
	"crypto/rsa"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/golang-jwt/jwt/v5"
	gh "github.com/google/go-github/v60/github"
	"golang.org/x/oauth2"
)

// App is a GitHub App that is installed in the repository. Unlike a GITHUB_TOKEN
// it starts workflows with what it does.
type App struct {
	ID         int64
	PrivateKey []byte // PEM
}

// tokens returns a source of installation tokens, each renewed before it ends.
//
// https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app/generating-an-installation-access-token-for-a-github-app
func (a *App) tokens(base *url.URL, owner, repo string, via http.RoundTripper, now func() time.Time) (oauth2.TokenSource, error) {
	key, err := jwt.ParseRSAPrivateKeyFromPEM(a.PrivateKey)
	if err != nil {
		return nil, errors.New("github: the App's private key is not a PEM of an RSA key") // what it is stays unsaid
	}
	if now == nil {
		now = time.Now
	}
	s := &installation{app: a.ID, key: key, owner: owner, repo: repo, now: now}
	s.api = gh.NewClient(signed(oauth2.ReuseTokenSource(nil, proof{s}), via))
	s.api.BaseURL = base
	return oauth2.ReuseTokenSourceWithExpiry(nil, s, 5*time.Minute), nil
}

// installation makes tokens of an App for one repository.
type installation struct {
	app         int64
	key         *rsa.PrivateKey
	owner, repo string
	api         *gh.Client
	now         func() time.Time
}

// Token implements [oauth2.TokenSource].
func (s *installation) Token() (*oauth2.Token, error) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	at, _, err := s.api.Apps.FindRepositoryInstallation(ctx, s.owner, s.repo)
	if err != nil {
		return nil, wrap(fmt.Sprintf("installation of App %d in %s/%s", s.app, s.owner, s.repo), err)
	}
	t, _, err := s.api.Apps.CreateInstallationToken(ctx, at.GetID(), &gh.InstallationTokenOptions{Repositories: []string{s.repo}})
	if err != nil {
		return nil, wrap(fmt.Sprintf("token of App %d", s.app), err)
	}
	return &oauth2.Token{AccessToken: t.GetToken(), Expiry: t.GetExpiresAt().Time}, nil
}

// proof makes the JSON web tokens with which an App shows who it is.
type proof struct{ *installation }

// Token implements [oauth2.TokenSource]. GitHub takes at most ten minutes, and a
// clock that is a minute ahead.
func (p proof) Token() (*oauth2.Token, error) {
	now := p.now()
	end := now.Add(9 * time.Minute)
	text, err := jwt.NewWithClaims(jwt.SigningMethodRS256, jwt.RegisteredClaims{
		Issuer: strconv.FormatInt(p.app, 10), IssuedAt: jwt.NewNumericDate(now.Add(-time.Minute)), ExpiresAt: jwt.NewNumericDate(end),
	}).SignedString(p.key)
	if err != nil {
		return nil, errors.New("github: the App's private key does not sign")
	}
	return &oauth2.Token{AccessToken: text, Expiry: end}, nil
}
