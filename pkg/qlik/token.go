package qlik

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"
)

// Credentials say who calls: an OAuth client, or an API key if there is one.
// They print as where they come from, never as what they are.
type Credentials struct {
	ClientID     string `json:"-"`
	ClientSecret string `json:"-"`
	APIKey       string `json:"-"`
	Source       string // where they come from, for errors: "QLIK_CLIENT_ID", "context acme"
}

// Format writes the source, whatever the verb.
func (c Credentials) Format(w fmt.State, _ rune) {
	_, _ = io.WriteString(w, "credentials from "+c.Source) // fmt keeps the error itself
}

// TokenSource returns the tokens for a tenant: o.Host, o.Endpoint, o.Transport
// and o.Log say how they are fetched. A token is fetched when it is first
// needed, by one caller at a time, kept, and fetched again 5 minutes before it
// expires. Fetching is a write that ReadOnly does not refuse.
func (c Credentials) TokenSource(o Options) (oauth2.TokenSource, error) {
	switch {
	case c.APIKey != "":
		return oauth2.StaticTokenSource(&oauth2.Token{AccessToken: c.APIKey}), nil
	case c.ClientID == "" || c.ClientSecret == "":
		return nil, fmt.Errorf("%s: no client id and secret, and no API key", c.Source)
	}
	wire, err := o.wire()
	if err != nil {
		return nil, err
	}
	return &tokens{
		host: o.Host, source: c.Source, turn: make(chan struct{}, 1),
		// https://qlik.dev/authenticate/oauth/getting-started-oauth-m2m: the body
		// may be JSON or a form; golang.org/x/oauth2 sends a form.
		config: clientcredentials.Config{
			ClientID: c.ClientID, ClientSecret: c.ClientSecret,
			TokenURL: "https://" + o.Host + "/oauth/token", AuthStyle: oauth2.AuthStyleInParams,
		},
		http: &http.Client{Transport: wire, CheckRedirect: func(*http.Request, []*http.Request) error {
			return fmt.Errorf("%w: a token request is not redirected", errRefused)
		}},
	}, nil
}

// tokens fetches and keeps the token of one OAuth client on one host: Qlik
// limits how many there may be.
type tokens struct {
	host, source string
	config       clientcredentials.Config
	http         *http.Client

	turn    chan struct{} // held by who reads or replaces current
	current *oauth2.Token
}

// Token implements [oauth2.TokenSource].
func (t *tokens) Token() (*oauth2.Token, error) {
	return t.renew(context.Background(), "")
}

// renew returns a token that is not stale, which may be "".
func (t *tokens) renew(ctx context.Context, stale string) (*oauth2.Token, error) {
	select {
	case t.turn <- struct{}{}:
		defer func() { <-t.turn }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if c := t.current; c != nil && c.AccessToken != stale && (c.Expiry.IsZero() || time.Until(c.Expiry) > early) {
		return c, nil
	}
	tok, err := t.config.Token(context.WithValue(ctx, oauth2.HTTPClient, t.http))
	if err != nil {
		t.current = nil
		return nil, t.explain(err)
	}
	t.current = tok
	return tok, nil
}

func (t *tokens) explain(err error) error {
	e := &TokenError{Host: t.host, Source: t.source}
	var answer *oauth2.RetrieveError
	if !errors.As(err, &answer) || answer.Response == nil {
		var outer *url.Error
		if errors.As(err, &outer) {
			err = outer.Err // the URL says nothing new
		}
		if !errors.Is(err, errCut) && !errors.Is(err, errRefused) && !errors.Is(err, errReply) && !errors.Is(err, context.Canceled) {
			err = fmt.Errorf("%w: %w", errReply, err)
		}
		e.cause = err
		return e
	}
	e.Status = answer.Response.StatusCode
	e.wait, _ = retryAfter(answer.Response.Header.Get("Retry-After"), time.Now())
	secret := t.config.ClientSecret // some services repeat what they were sent, as it was sent
	body := strings.NewReplacer(secret, "…", url.QueryEscape(secret), "…").Replace(string(answer.Body))
	req := &http.Request{Method: http.MethodPost, URL: answer.Response.Request.URL}
	why := refusal(req, e.Status, []byte(body))
	switch {
	case suspended(e.Status, why.Code, why.Title, why.Detail):
		e.Reason, e.cause = "tenant suspended", ErrSuspended
	case e.Status == http.StatusUnauthorized:
		e.Reason = "client rejected"
	case e.Status == http.StatusForbidden:
		e.Reason = "too many tokens, or the user is disabled"
	default:
		e.Reason = strings.TrimSpace(why.Title + " " + why.Detail)
	}
	return e
}

// TokenError says why there is no token for a tenant.
type TokenError struct {
	Host   string
	Source string // of the client ID
	Status int    // 0 when there was no answer
	Reason string
	wait   time.Duration // that a 429 asks for
	cause  error
}

func (e *TokenError) Error() string {
	s := "token for " + e.Host + ": "
	if e.Status != 0 {
		s += strings.TrimSpace(fmt.Sprintf("%d %s", e.Status, e.Reason))
	} else {
		s += e.cause.Error()
	}
	return s + " (client id from " + e.Source + ")"
}

func (e *TokenError) Unwrap() error { return e.cause }

// Is reports whether the refusal is of the kind that target names.
func (e *TokenError) Is(target error) bool {
	switch target {
	case ErrDenied:
		return e.Status >= http.StatusBadRequest && e.Status < http.StatusInternalServerError && e.Status != http.StatusTooManyRequests
	case ErrLimited:
		return e.Status == http.StatusTooManyRequests
	}
	return false
}

// passing reports whether another attempt may do better.
func (e *TokenError) passing() bool {
	return e.Status == 0 && errors.Is(e.cause, errCut) || e.Status == http.StatusTooManyRequests || e.Status >= http.StatusInternalServerError
}

// bearer adds the token, and after 401 tries once more with a new one.
type bearer struct {
	next   http.RoundTripper
	source oauth2.TokenSource
}

func (t bearer) RoundTrip(req *http.Request) (*http.Response, error) {
	tok, err := t.token(req.Context(), "")
	if err != nil {
		discard(req)
		return nil, err
	}
	resp, err := t.send(req, tok)
	if err != nil || resp.StatusCode != http.StatusUnauthorized {
		return resp, err
	}
	if _, ok := t.source.(*tokens); !ok || req.Body != nil && req.GetBody == nil {
		return resp, nil
	}
	if tok, err = t.token(req.Context(), tok.AccessToken); err != nil {
		return nil, err
	}
	again := req.Clone(req.Context())
	if req.GetBody != nil {
		if again.Body, err = req.GetBody(); err != nil {
			return nil, err
		}
	}
	return t.send(again, tok)
}

func (t bearer) token(ctx context.Context, stale string) (*oauth2.Token, error) {
	if s, ok := t.source.(*tokens); ok {
		return s.renew(ctx, stale)
	}
	return t.source.Token()
}

func (t bearer) send(req *http.Request, tok *oauth2.Token) (*http.Response, error) {
	req = req.Clone(req.Context())
	req.Header.Set("Authorization", "Bearer "+tok.AccessToken)
	return t.next.RoundTrip(req)
}
