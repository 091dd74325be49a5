package github

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	gh "github.com/google/go-github/v60/github"
	"golang.org/x/oauth2"
)

// Options say which GitHub is spoken to, and as whom.
type Options struct {
	APIURL     string // https://api.github.com, or https://HOST/api/v3
	GraphQLURL string
	ServerURL  string // https://github.com, or https://HOST
	Repository string // owner/name
	Token      string // used when App is nil
	App        *App

	HTTP     http.RoundTripper // nil is http.DefaultTransport
	Patience time.Duration     // how long limits are waited for in all; 0 is 15 minutes
	Now      func() time.Time
	Sleep    func(context.Context, time.Duration) error
	Log      func(format string, args ...any) // told of waits; nil is nobody
}

// Client speaks to one repository on GitHub. It is safe for one goroutine at a
// time: GitHub asks that writes come one after the other.
type Client struct {
	api         *gh.Client
	owner, repo string
	graphQL     string
	http        *http.Client // with our token
	bare        *http.Client // without
	tokens      oauth2.TokenSource
	app         bool
	login       string // our own, once it is known
}

// ErrNotFound says that something is not there, or not for this token to see.
var ErrNotFound = errors.New("not found")

// ErrForbidden says that the token may not.
var ErrForbidden = errors.New("forbidden")

// New makes a client. It calls nothing.
//
// Its errors say where and what, with GitHub's status and message.
func New(o Options) (*Client, error) {
	owner, repo, ok := strings.Cut(o.Repository, "/")
	if !ok || owner == "" || repo == "" || strings.Contains(repo, "/") {
		return nil, fmt.Errorf("github: %q is not owner/name of a repository", o.Repository)
	}
	base, err := apiURL(o.APIURL)
	if err != nil {
		return nil, err
	}
	limited := newLimits(o)
	c := &Client{owner: owner, repo: repo, graphQL: o.GraphQLURL, app: o.App != nil}
	switch {
	case o.App != nil:
		if c.tokens, err = o.App.tokens(base, owner, repo, limited, o.Now); err != nil {
			return nil, err
		}
	case o.Token != "":
		c.tokens = oauth2.StaticTokenSource(&oauth2.Token{AccessToken: o.Token})
	default:
		return nil, errors.New("github: there is no token: set GITHUB_TOKEN, or QDEPLOY_GITHUB_APP_ID and QDEPLOY_GITHUB_APP_KEY")
	}
	c.http = signed(c.tokens, limited)
	c.bare = &http.Client{Transport: limited}
	c.api = gh.NewClient(c.http)
	c.api.BaseURL = base
	return c, nil
}

// signed is a client that sends a token with each request, and so follows no link
// to another host.
func signed(tokens oauth2.TokenSource, via http.RoundTripper) *http.Client {
	return &http.Client{
		Transport: &oauth2.Transport{Source: tokens, Base: via},
		CheckRedirect: func(next *http.Request, before []*http.Request) error {
			if first := before[0].URL; next.URL.Host != first.Host || next.URL.Scheme != first.Scheme {
				return errors.New("GitHub leads to another host, which is not followed")
			}
			if len(before) >= mostRedirects {
				return errors.New("GitHub leads on and on")
			}
			return nil
		},
	}
}

// mostRedirects is enough for a repository that was renamed.
const mostRedirects = 3

// apiURL is the base that go-github wants: with a slash at its end.
func apiURL(s string) (*url.URL, error) {
	u, err := url.Parse(strings.TrimSuffix(s, "/") + "/")
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return nil, fmt.Errorf("github: %q is not the address of an API", s)
	}
	return u, nil
}

// IsApp reports whether the client acts as a GitHub App.
func (c *Client) IsApp() bool { return c.app }

// GitAuth returns user and password for git over HTTPS.
// https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app/authenticating-as-a-github-app-installation
func (c *Client) GitAuth(context.Context) (user, password string, err error) {
	t, err := c.tokens.Token()
	if err != nil {
		return "", "", err
	}
	return "x-access-token", t.AccessToken, nil
}

// wrap says where an error is from, and makes [ErrNotFound] and [ErrForbidden] of
// the statuses that mean them.
func wrap(what string, err error) error {
	if err == nil {
		return nil
	}
	var r *gh.ErrorResponse
	if !errors.As(err, &r) || r.Response == nil {
		return fmt.Errorf("github: %s: %w", what, err)
	}
	text := fmt.Sprintf("github: %s: %d %s", what, r.Response.StatusCode, r.Message)
	for _, e := range r.Errors {
		if e.Message != "" {
			text += ": " + e.Message
		}
	}
	switch r.Response.StatusCode {
	case http.StatusNotFound:
		return &refusal{text, ErrNotFound}
	case http.StatusForbidden, http.StatusUnauthorized:
		return &refusal{text, ErrForbidden}
	}
	return errors.New(text)
}

// again does once more what may have been done and does no harm twice. do returns
// errors as they come, for [wrap] hides what they are.
func again(ctx context.Context, do func() error) error {
	err := do()
	if err != nil && ambiguous(err) && ctx.Err() == nil {
		err = do()
	}
	return err
}

// statusOf is the status that GitHub answered with, 0 for an error of another kind.
func statusOf(err error) int {
	var r *gh.ErrorResponse
	if errors.As(err, &r) && r.Response != nil {
		return r.Response.StatusCode
	}
	return 0
}

// refusal is an error whose kind a caller may look at.
type refusal struct {
	text string
	kind error
}

func (r *refusal) Error() string { return r.text }
func (r *refusal) Unwrap() error { return r.kind }

// page is how lists are asked for.
const page = 100

// each calls f for each page of a list until there is no more.
func each(list func(gh.ListOptions) (*gh.Response, error)) error {
	o := gh.ListOptions{PerPage: page}
	for {
		r, err := list(o)
		if err != nil {
			return err
		}
		if r.NextPage == 0 {
			return nil
		}
		o.Page = r.NextPage
	}
}

// me returns our own login: what people see as the author of what we write. A
// GITHUB_TOKEN may not ask who it is, and is always the same.
func (c *Client) me(ctx context.Context) (string, error) {
	if c.login != "" {
		return c.login, nil
	}
	var out struct {
		Data struct {
			Viewer struct {
				Login string `json:"login"`
			} `json:"viewer"`
		} `json:"data"`
	}
	err := c.query(ctx, map[string]any{"query": "query { viewer { login } }"}, &out)
	if err == nil && out.Data.Viewer.Login == "" {
		err = errors.New("github: who we are is not known")
	}
	c.login = out.Data.Viewer.Login
	return c.login, err
}
