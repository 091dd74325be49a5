package qlik

import (
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/oauth2"

	"github.com/qdeploy/qdeploy/pkg/plan"
	"github.com/qdeploy/qdeploy/pkg/qlik/qliktest"
)

func parsed(t testing.TB, s string) *url.URL {
	u, err := url.Parse(s)
	require.NoError(t, err)
	return u
}

func TestSandboxByEndpoint(t *testing.T) {
	s := newSandbox(t, qliktest.Options{})
	server := httptest.NewServer(s.cloud)
	defer server.Close()
	o := Options{Host: testHost, Endpoint: parsed(t, server.URL)}
	var err error
	o.Token, err = Credentials{ClientID: "client", ClientSecret: testSecret, Source: "test"}.TokenSource(o)
	require.NoError(t, err)
	c, err := New(o)
	require.NoError(t, err)
	tenant := NewTenant(c, TenantOptions{})
	require.NoError(t, tenant.Do(t.Context(), creation(resource("space/Finance", finance))))
	_, err = tenant.self(t.Context()) // follows a redirect to http://acme…
	require.NoError(t, err)

	s.mood("cut-after=POST:/api/v1/groups:1") // on a real connection
	calls := s.since(func() {
		require.NoError(t, tenant.Do(t.Context(), creation(resource("group/G", `{"name":"G","providerType":"idp"}`))))
	})
	require.Equal(t, 1, count(calls, "POST /api/v1/groups"))
}

func TestEndpointWithTLS(t *testing.T) {
	var host, name string
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host, name = r.Host, r.TLS.ServerName
		_, _ = w.Write([]byte(`{"data":[]}`))
	}))
	defer server.Close()
	ca := filepath.Join(t.TempDir(), "ca.pem")
	block := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	require.NoError(t, os.WriteFile(ca, block, 0o600))

	open := func(host, file string) *Client {
		base, err := Transport(TransportOptions{CAFile: file})
		require.NoError(t, err)
		c, err := New(Options{Host: host, Endpoint: parsed(t, server.URL), Transport: base, Token: oauth2.StaticTokenSource(&oauth2.Token{})})
		require.NoError(t, err)
		return c
	}
	const named = "example.com" // whom httptest's certificate is for
	require.NoError(t, open(named, ca).call(t.Context(), "GET", "/api/v1/spaces", nil, nil, nil))
	require.Equal(t, []string{named, named}, []string{host, name}, "the tenant's name, not the endpoint's")

	for _, c := range []*Client{open(testHost, ca), open(named, "")} {
		err := c.call(t.Context(), "GET", "/api/v1/spaces", nil, nil, nil)
		require.True(t, badCertificate(err), "%v", err)
		require.Equal(t, "tenant", Class(err))
	}
}

func TestTransport(t *testing.T) {
	_, err := Transport(TransportOptions{CAFile: "/missing.pem"})
	require.ErrorIs(t, err, os.ErrNotExist)
	empty := filepath.Join(t.TempDir(), "empty.pem")
	require.NoError(t, os.WriteFile(empty, nil, 0o600))
	_, err = Transport(TransportOptions{CAFile: empty})
	require.EqualError(t, err, empty+": no certificate in PEM form")

	base, err := Transport(TransportOptions{})
	require.NoError(t, err)
	require.NotNil(t, base.Proxy)
	require.NotNil(t, base.TLSClientConfig.ClientSessionCache)
	for _, endpoint := range []string{"ftp://x", "x:1"} {
		_, err = New(Options{Host: testHost, Endpoint: parsed(t, endpoint), Transport: base, Token: oauth2.StaticTokenSource(nil)})
		require.EqualError(t, err, "endpoint "+endpoint+": want http or https")
	}
	_, err = New(Options{Host: testHost, Endpoint: parsed(t, "https://x"), Transport: roundTrip(nil), Token: oauth2.StaticTokenSource(nil)})
	require.EqualError(t, err, "endpoint https://x: https needs an *http.Transport")
}

func TestRedirects(t *testing.T) {
	to := func(location string) *http.Response { return response(301, ``, "Location", location) }
	const me = "/api/v1/users/me"
	for location, refused := range map[string]string{
		"/api/v1/users/7":                        "",
		"https://acme.eu.qlikcloud.com/users/7":  "",
		"https://ACME.eu.qlikcloud.com/users/7":  "",
		"https://evil.example/api/v1/users/7":    "not sent: redirected to https://evil.example",
		"http://acme.eu.qlikcloud.com/users/7":   "not sent: redirected to http://acme.eu.qlikcloud.com",
		"https://acme.eu.qlikcloud.com:8443/x":   "not sent: redirected to https://acme.eu.qlikcloud.com:8443",
		"//evil.example/x":                       "not sent: redirected to https://evil.example",
		"https://acme.eu.qlikcloud.com@evil.x/y": "not sent: redirected to https://evil.x",
	} {
		c, s := scripted(t, to(location))
		err := c.call(t.Context(), "GET", me, nil, nil, nil)
		if refused == "" {
			require.NoError(t, err, location)
			require.Len(t, s.seen, 2)
			continue
		}
		require.EqualError(t, err, "GET "+me+": "+refused)
		require.Len(t, s.seen, 1, location)
	}
	c, s := scripted(t, to("/x"))
	err := c.call(t.Context(), "POST", "/api/v1/spaces", nil, map[string]string{}, nil)
	require.EqualError(t, err, "POST /api/v1/spaces: 301 moved permanently")
	require.Len(t, s.seen, 1)

	var loop []any
	for range 9 {
		loop = append(loop, to(me))
	}
	c, _ = scripted(t, loop...)
	require.EqualError(t, c.call(t.Context(), "GET", me, nil, nil, nil), "GET "+me+": not sent: redirected too often")
}

func TestRequestHeaders(t *testing.T) {
	var got *http.Request
	o := Options{Host: testHost, Token: oauth2.StaticTokenSource(&oauth2.Token{AccessToken: "key"})}
	o.Transport = roundTrip(func(req *http.Request) (*http.Response, error) {
		got = req
		return response(200, `{}`), nil
	})
	c, err := New(o)
	require.NoError(t, err)
	require.Equal(t, testHost, c.Host())
	require.NoError(t, c.call(t.Context(), "POST", "/api/v1/spaces", nil, map[string]string{"a": "b"}, nil))
	require.Equal(t, http.Header{
		"Accept": {"application/json"}, "Authorization": {"Bearer key"}, "Content-Type": {"application/json"},
		"Qlik-Api-Version": {"2026-11"}, "User-Agent": {"qdeploy"},
	}, got.Header)
}

func TestConcurrentChanges(t *testing.T) {
	s := newSandbox(t, qliktest.Options{})
	tenant := s.open()
	want := s.with(s.app("Sales", "1.0.0"), s.app("Costs", "1.0.0"), resource("group/G", `{"name":"G","providerType":"idp"}`), s.archived("theme", "ledger", "1"))
	for _, r := range want[:2] {
		require.NoError(t, tenant.Do(t.Context(), creation(r)))
	}
	errs := make(chan error)
	for _, r := range want[2:] {
		go func() { errs <- tenant.Do(t.Context(), creation(r)) }()
	}
	for range want[2:] {
		require.NoError(t, <-errs)
	}
	require.Empty(t, s.converge(want...))
	_, err := tenant.Read(t.Context(), []plan.Resource{want[0]})
	require.NoError(t, err)
}
