package qlik

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"time"
)

// TransportOptions say how connections are made. The zero value is good.
type TransportOptions struct {
	CAFile string // PEM file of root certificates to trust besides the system's
}

// Transport returns the base that all clients of a process share: it keeps few
// idle connections to each of thousands of hosts, remembers TLS sessions, and
// goes through HTTPS_PROXY where that is set.
func Transport(o TransportOptions) (*http.Transport, error) {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.MaxIdleConns = 512
	t.MaxIdleConnsPerHost = 64 // a tenant needs a handful; a sandbox is one host for all
	t.IdleConnTimeout = 60 * time.Second
	t.TLSClientConfig = &tls.Config{
		MinVersion:         tls.VersionTLS12,
		ClientSessionCache: tls.NewLRUClientSessionCache(8192), // plan and apply meet the same hosts
	}
	if o.CAFile == "" {
		return t, nil
	}
	pem, err := os.ReadFile(o.CAFile)
	if err != nil {
		return nil, err
	}
	roots, err := x509.SystemCertPool()
	if err != nil {
		roots = x509.NewCertPool()
	}
	if !roots.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("%s: no certificate in PEM form", o.CAFile)
	}
	t.TLSClientConfig.RootCAs = roots
	return t, nil
}

// wire returns what is below tokens and pacing: limit → log → whole → base.
func (o *Options) wire() (http.RoundTripper, error) {
	base := o.Transport
	if base == nil {
		base = http.DefaultTransport.(*http.Transport).Clone()
	}
	if o.Endpoint != nil {
		var err error
		if base, err = redirected(base, o.Endpoint); err != nil {
			return nil, err
		}
	}
	return atRate{logged{intended{whole{base}, o.Intend}, o.Log}, o.Limit}, nil
}

// redirected makes every connection go to endpoint, while requests, and with
// TLS the name that the certificate must have, stay those of the tenant.
func redirected(base http.RoundTripper, endpoint *url.URL) (http.RoundTripper, error) {
	switch endpoint.Scheme {
	case "http":
		return plainEndpoint{base, endpoint.Host}, nil
	case "https":
		t, ok := base.(*http.Transport)
		if !ok {
			return nil, fmt.Errorf("endpoint %s: https needs an *http.Transport", endpoint)
		}
		return toward(t, endpoint), nil
	}
	return nil, fmt.Errorf("endpoint %s: want http or https", endpoint)
}

// towards holds, for each shared base and endpoint, the one transport that goes
// there: with one for each tenant, a sandbox of thousands would have thousands
// of pools of idle connections.
var towards sync.Map

type direction struct {
	base *http.Transport
	addr string
}

func toward(base *http.Transport, endpoint *url.URL) *http.Transport {
	addr := endpoint.Host
	if endpoint.Port() == "" {
		addr = net.JoinHostPort(endpoint.Hostname(), "443")
	}
	if known, ok := towards.Load(direction{base, addr}); ok {
		return known.(*http.Transport)
	}
	t := base.Clone()
	t.Proxy = nil
	var d net.Dialer
	t.DialContext = func(ctx context.Context, network, _ string) (net.Conn, error) {
		return d.DialContext(ctx, network, addr)
	}
	known, _ := towards.LoadOrStore(direction{base, addr}, t)
	return known.(*http.Transport)
}

// plainEndpoint sends requests to host without TLS, their Host header kept.
// All tenants of a sandbox share its connections.
type plainEndpoint struct {
	next http.RoundTripper
	host string
}

func (t plainEndpoint) RoundTrip(req *http.Request) (*http.Response, error) {
	again := req.Clone(req.Context())
	again.Host = req.URL.Host
	again.URL.Scheme, again.URL.Host = "http", t.host
	return t.next.RoundTrip(again)
}

const (
	longestAnswer  = 32 << 20
	longestRefusal = 64 << 10
)

// whole reads an answer to its end, within a time and a size, so that to the
// layers above a connection that is cut half-way is a connection that is cut.
type whole struct{ next http.RoundTripper }

func (t whole) RoundTrip(req *http.Request) (*http.Response, error) {
	limit := patience(req)
	ctx, cancel := context.WithTimeout(req.Context(), limit)
	defer cancel()
	resp, err := t.next.RoundTrip(req.WithContext(ctx))
	var body []byte
	if err == nil {
		body, err = bounded(resp)
	}
	switch {
	case err == nil:
	case req.Context().Err() != nil, errors.Is(err, errRefused):
		return nil, err
	case ctx.Err() != nil:
		return nil, fmt.Errorf("%w within %s", errCut, limit)
	default:
		return nil, fmt.Errorf("%w: %w", errCut, err)
	}
	if len(body) > longestAnswer {
		return nil, fmt.Errorf("%w: the answer is longer than %d MiB", errReply, longestAnswer>>20)
	}
	resp.Body = io.NopCloser(bytes.NewReader(body))
	if resp.Request == nil {
		resp.Request = req
	}
	return resp, nil
}

// bounded reads a body: one byte more than the limit of a good answer, which
// is then refused, or the beginning of a bad one, which is enough.
func bounded(resp *http.Response) ([]byte, error) {
	defer resp.Body.Close()
	limit := int64(longestAnswer + 1)
	if resp.StatusCode >= http.StatusBadRequest {
		limit = longestRefusal
	}
	return io.ReadAll(io.LimitReader(resp.Body, limit))
}

// patience is how long an answer may take. Imports answer when the app is
// ready, and publishing copies it.
func patience(req *http.Request) time.Duration {
	p := req.URL.Path
	switch {
	case strings.HasPrefix(p, "/api/v1/temp-contents"), strings.HasPrefix(p, "/api/v1/apps/") && req.Method != http.MethodGet:
		return 15 * time.Minute
	case strings.HasPrefix(p, "/api/v1/themes"), strings.HasPrefix(p, "/api/v1/extensions"):
		return 5 * time.Minute
	}
	return time.Minute
}
