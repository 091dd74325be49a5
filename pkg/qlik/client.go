package qlik

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/time/rate"
)

// apiVersion decides which deprecation warnings come back, and nothing else.
//
// https://qlik.dev/apis/versioning
const apiVersion = "2026-11"

var errReply = errors.New("the answer makes no sense")

// Options say whom a client talks to and how. Host and Token are needed.
type Options struct {
	Host  string             // "acme.us.qlikcloud.com"
	Token oauth2.TokenSource // see [Credentials.TokenSource]

	// Endpoint is where connections go instead of https://Host, while URLs and
	// the Host header stay Host. It is how a sandbox is reached.
	Endpoint *url.URL

	Transport http.RoundTripper // shared by all clients, see [Transport]; nil means a clone of http.DefaultTransport
	ReadOnly  bool              // refuse every method but GET and HEAD
	Attempts  int               // how often a failing request is sent; 0 means 5
	Patience  time.Duration     // how long a tenant may fail or refuse everything before we give up; 0 means 10 minutes
	Clock     *Clock            // by which it waits; nil is the real one
	Limit     *rate.Limiter     // of all requests, those for tokens too; clients may share one; nil is none
	Log       func(Call)        // told of each attempt; nil is silent; may be called concurrently

	// Intend is told of each attempt to write before it is sent, and what it returns is
	// told how that ended. An error of its own keeps the attempt from being sent. Nil is
	// silent; it may be called concurrently.
	Intend func(Call) (ended func(Call), err error)
}

// Client makes calls to one tenant. It may be used concurrently. Make one for
// each tenant and no more: it keeps the tenant's pace.
type Client struct {
	host  string
	http  *http.Client
	clock *Clock

	mu      sync.Mutex
	notices map[string]bool
	hidden  []string // secrets that were sent, longest first
}

// New returns a client. It makes no call.
//
// Its layers are, from the outside: readonly → retry → pace → token → limit → log →
// base. So every attempt is paced, has a fresh token and is logged.
func New(o Options) (*Client, error) {
	if o.Host == "" || strings.ContainsAny(o.Host, "/@?# ") {
		return nil, fmt.Errorf("%q is not a host", o.Host)
	}
	if o.Token == nil {
		return nil, fmt.Errorf("%s: no credentials", o.Host)
	}
	wire, err := o.wire()
	if err != nil {
		return nil, err
	}
	if o.Attempts == 0 {
		o.Attempts = 5
	}
	if o.Patience == 0 {
		o.Patience = defaultPatience
	}
	if o.Clock == nil {
		o.Clock = wall
	}
	pace := &pacer{next: bearer{wire, o.Token}, patience: o.Patience, clock: o.Clock}
	var rt http.RoundTripper = retry{pace, o.Attempts, o.Patience, o.Clock}
	if o.ReadOnly {
		rt = readonly{rt}
	}
	c := &Client{host: o.Host, clock: o.Clock, notices: map[string]bool{}}
	plain := o.Endpoint != nil && o.Endpoint.Scheme == "http"
	c.http = &http.Client{Transport: rt, CheckRedirect: func(req *http.Request, via []*http.Request) error {
		return c.follow(req, via, plain)
	}}
	return c, nil
}

// Host returns the host that the client talks to.
func (c *Client) Host() string { return c.host }

// follow lets GET be redirected within the host, as users/me is. A token
// never goes elsewhere, nor over a line that is not encrypted.
func (c *Client) follow(req *http.Request, via []*http.Request, plain bool) error {
	switch first := via[0]; {
	case first.Method != http.MethodGet && first.Method != http.MethodHead:
		return http.ErrUseLastResponse
	case !strings.EqualFold(req.URL.Host, c.host) || req.URL.Scheme != "https" && !plain:
		return fmt.Errorf("%w: redirected to %s://%s", errRefused, req.URL.Scheme, req.URL.Host)
	case len(via) > 5:
		return fmt.Errorf("%w: redirected too often", errRefused)
	}
	return nil
}

// Notices returns what the caller should know and no error says: calls that
// Qlik will remove, and leftovers. They are sorted and unique.
func (c *Client) Notices() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Sorted(maps.Keys(c.notices))
}

func (c *Client) notice(s string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.notices[s] = true
}

// payload is a request's body and what belongs to it.
type payload struct {
	kind     string // content type
	bytes    []byte
	sections sections // instead of bytes: what may be long
	header   http.Header
}

// call sends in as JSON unless it is nil, and decodes the answer into out
// unless that is nil.
func (c *Client) call(ctx context.Context, method, path string, q url.Values, in, out any) error {
	var p payload
	if in != nil {
		b, err := json.Marshal(in)
		if err != nil {
			return err
		}
		p = payload{kind: "application/json", bytes: b}
	}
	_, err := c.send(ctx, method, path, q, p, out)
	return err
}

// send makes a request and returns the header of its answer. Path is escaped
// already. Any answer outside 2xx is an [*Error].
func (c *Client) send(ctx context.Context, method, path string, q url.Values, p payload, out any) (http.Header, error) {
	where := method + " " + path
	target := "https://" + c.host + path
	if len(q) > 0 {
		target += "?" + q.Encode()
	}
	req, err := http.NewRequestWithContext(ctx, method, target, bytes.NewReader(p.bytes))
	if err != nil {
		return nil, err
	}
	if p.sections != nil {
		req.ContentLength = p.sections.size()
		req.GetBody = func() (io.ReadCloser, error) { return p.sections.open(), nil }
		req.Body = p.sections.open()
	}
	maps.Copy(req.Header, p.header)
	if p.kind != "" {
		req.Header.Set("Content-Type", p.kind)
	}
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", "qdeploy")
	req.Header.Set("qlik-api-version", apiVersion)

	resp, err := c.http.Do(req)
	if err != nil {
		return nil, unwrapped(where, err)
	}
	body, err := io.ReadAll(resp.Body) // in memory already
	if err != nil {
		return nil, fmt.Errorf("%s: %w", where, err)
	}
	c.heed(method, path, resp.Header)
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		return resp.Header, refusal(resp.Request, resp.StatusCode, []byte(c.without(string(body))))
	}
	if out == nil || len(body) == 0 && method != http.MethodGet {
		return resp.Header, nil
	}
	if err := understand(body, out); err != nil {
		return resp.Header, fmt.Errorf("%s: %d: %w: %w", where, resp.StatusCode, errReply, err)
	}
	return resp.Header, nil
}

// understand decodes an answer. What decodes itself is handed the whole of it, which
// [json.Unmarshal] would read through three times before.
func understand(body []byte, out any) error {
	if own, ok := out.(json.Unmarshaler); ok {
		return own.UnmarshalJSON(body)
	}
	return json.Unmarshal(body, out)
}

// unwrapped takes an error out of the *url.Error around it, whose text has the
// query in it, and that can name people.
func unwrapped(where string, err error) error {
	var outer *url.Error
	if errors.As(err, &outer) {
		err = outer.Err
	}
	var e *Error
	if errors.As(err, &e) {
		return err
	}
	return fmt.Errorf("%s: %w", where, err)
}
