// Package gitwire speaks git's protocol with one remote: it lists refs, fetches
// commits, and moves one ref with the objects that it needs.
//
// go-git's own Remote (v5.19) is not used: it ignores a lease or reports "already
// up-to-date" for some sources, and before each push reads all that every ref of
// the remote reaches. Here a push is one command, from the commit that we saw to
// the one that we built, which the server compares and sets.
// https://git-scm.com/docs/gitprotocol-pack
//
// It is a package of the qdeploy program, not a stable API.
package gitwire

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"time"
	"unicode"

	"github.com/go-git/go-git/v5/plumbing/transport"
	"github.com/go-git/go-git/v5/plumbing/transport/client"
	"github.com/go-git/go-git/v5/plumbing/transport/http"
)

// ErrRefused says that the remote does not let us in, or not write.
var ErrRefused = errors.New("the remote refuses")

// Error is what went wrong between here and a remote. Its text holds no
// credentials.
type Error struct {
	Text  string
	Final bool  // trying again cannot help
	Err   error // ErrRefused or a context's error, or nil
}

func (e *Error) Error() string { return e.Text }
func (e *Error) Unwrap() error { return e.Err }

// patience is how long one exchange may take, beside the bytes it moves.
const patience = 2 * time.Minute

// Remote is where a repository is shared. The proxy and the authorities of the
// environment are obeyed (HTTPS_PROXY, SSL_CERT_FILE).
type Remote struct {
	room     string // begins each error
	auth     func(context.Context) (user, password string, err error)
	endpoint transport.Endpoint // without credentials, for HTTP
	wire     transport.Transport

	mu      sync.Mutex
	secrets []string // never to be shown
}

// New returns the remote at a URL, for a room whose name begins each error. auth
// returns user and password, anew for each exchange, as tokens expire; nil takes
// those in the URL, if any.
func New(room, address string, auth func(context.Context) (user, password string, err error)) (*Remote, error) {
	at, err := transport.NewEndpoint(address)
	if err != nil { // its text holds the URL, and that may hold a token
		return nil, fmt.Errorf("%s: the URL of the remote is not one", room)
	}
	r := &Remote{room: room, auth: auth, endpoint: *at, secrets: []string{at.Password}}
	if at.Protocol == "http" || at.Protocol == "https" {
		user, password := at.User, at.Password
		if password == "" {
			r.secrets = []string{user} // a token, as some write it
		}
		r.endpoint.User, r.endpoint.Password = "", ""
		if r.auth == nil && user+password != "" {
			r.auth = func(context.Context) (string, string, error) { return user, password, nil }
		}
	}
	if r.wire, err = client.NewClient(&r.endpoint); err != nil {
		return nil, fmt.Errorf("%s: %s: no way to talk to it", room, r.Name())
	}
	return r, nil
}

// Name returns the remote's URL without credentials.
func (r *Remote) Name() string {
	at := r.endpoint
	at.User, at.Password = "", ""
	return at.String()
}

// login returns what to authenticate with, or nil.
func (r *Remote) login(ctx context.Context) (transport.AuthMethod, error) {
	if r.auth == nil {
		return nil, nil
	}
	user, password, err := r.auth(ctx)
	if err != nil {
		return nil, &Error{Err: err, Text: r.scrub(r.room + ": " + r.Name() + ": credentials: " + Line(err.Error())), Final: true}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.secrets = append(r.secrets[:1:1], base64.StdEncoding.EncodeToString([]byte(user+":"+password)), url.QueryEscape(password), password)
	return &http.BasicAuth{Username: user, Password: password}, nil
}

// trouble words an error of the transport.
func (r *Remote) trouble(ctx context.Context, doing string, err error) error {
	var t *Error
	if err == nil || errors.As(err, &t) {
		return err
	}
	t = &Error{Text: r.scrub(fmt.Sprintf("%s: %s: %s: %s", r.room, r.Name(), doing, Line(err.Error())))}
	switch {
	case ctx.Err() != nil:
		t.Err, t.Final = ctx.Err(), true
	case errors.Is(err, transport.ErrAuthenticationRequired), errors.Is(err, transport.ErrAuthorizationFailed):
		t.Err, t.Final = ErrRefused, true
		t.Text += "; the " + r.room + " needs a token that may write: permissions: contents: write"
	case errors.Is(err, transport.ErrRepositoryNotFound):
		t.Err, t.Final = ErrRefused, true
		t.Text += "; or the token may not see it: permissions: contents: write"
	}
	return t
}

func (r *Remote) scrub(text string) string {
	const shortest = 6 // what is shorter is no secret, and part of many words
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, s := range r.secrets {
		if len(s) >= shortest {
			text = strings.ReplaceAll(text, s, "***")
		}
	}
	const longest = 4 << 10 // an error page can be long; it is cut after the secrets are out
	if len(text) > longest {
		text = strings.ToValidUTF8(text[:longest], "") + " ..."
	}
	return text
}

// Line makes somebody's text safe to be shown in a line: a remote's, for example.
func Line(text string) string {
	text = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == '\u2028' || r == '\u2029' {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(text, "?"))
	return strings.Join(strings.Fields(text), " ")
}

// SignatureLine makes text safe for a line of a commit: a line break would begin a
// header or a trailer of somebody's choosing, and < and > delimit the address.
func SignatureLine(text string) string {
	return Line(strings.NewReplacer("<", "", ">", "").Replace(text))
}
