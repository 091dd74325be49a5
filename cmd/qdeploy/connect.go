package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/time/rate"

	"github.com/qdeploy/qdeploy/pkg/apply"
	"github.com/qdeploy/qdeploy/pkg/estate"
	"github.com/qdeploy/qdeploy/pkg/plan"
	"github.com/qdeploy/qdeploy/pkg/qlik"
)

// Environment variables that say how tenants are reached.
const (
	endpointVar = "QDEPLOY_ENDPOINT" // connect here, whatever the host: the sandbox
	caVar       = "QDEPLOY_CA_FILE"  // PEM certificates to trust besides the system's
)

// connections makes the client of each tenant: one pool of connections for all,
// one token per host.
type connections struct {
	est      *declared
	dir      string
	endpoint *url.URL
	base     *http.Transport
	logins   map[string]qlik.Credentials // by region
	contexts map[string]qlik.Credentials // by host
	log      func(qlik.Call)
	patience time.Duration
	issued   issued
	theatre  *theatre    // of a rehearsal; nil for the real world
	room     *apply.Room // told how the platform answers
	limit    *rate.Limiter
	calls    atomic.Int64 // to all hosts, each attempt

	// evaluate says which apps are evaluated before they are replaced, see
	// [qlik.TenantOptions]; nil: none.
	evaluate func(tenant, space, app string) (time.Time, bool)

	intend func(qlik.Call) (func(qlik.Call), error) // see [qlik.Options]; nil: none

	mu     sync.Mutex
	tokens map[string]oauth2.TokenSource // by host: planning and applying share a token
}

// connect resolves the secrets of every region that a chosen tenant lives in.
// What is missing is named all at once.
func (p *program) connect(est *declared, tenants []estate.Tenant, f planFlags) (*connections, error) {
	c := &connections{
		est: est, theatre: p.theatre, dir: p.dir, patience: f.patience, limit: p.limitOf(f.maxRPS), logins: map[string]qlik.Credentials{},
		contexts: map[string]qlik.Credentials{}, tokens: map[string]oauth2.TokenSource{},
	}
	var err error
	if c.base, err = qlik.Transport(qlik.TransportOptions{CAFile: os.Getenv(caVar)}); err != nil {
		return nil, fail(caVar+" names a file of PEM certificates", "%w", err)
	}
	if c.endpoint, err = endpoint(os.Getenv(endpointVar)); err != nil {
		return nil, err
	}
	if err := c.readContexts(f.contexts); err != nil {
		return nil, err
	}
	if p.debug {
		c.log = p.logCall()
	}
	var missing []error
	for _, t := range tenants {
		_, resolved := c.logins[t.Region]
		if _, own := c.contexts[t.Host]; own || resolved {
			continue
		}
		l, err := c.resolve(est.Region(t.Region))
		missing = append(missing, err)
		c.logins[t.Region] = l
	}
	if err := errors.Join(missing...); err != nil {
		return nil, fail("set it, or write another place into the estate", "%w", err)
	}
	return c, nil
}

// logCall prints calls as they end, one line each.
func (p *program) logCall() func(qlik.Call) {
	var mu sync.Mutex
	return func(call qlik.Call) {
		mu.Lock()
		defer mu.Unlock()
		fmt.Fprintf(p.err, "debug: %s: %s %s: %d in %s, attempt %d\n",
			call.Host, call.Method, call.Path, call.Status, call.Took.Round(time.Millisecond), call.Attempt)
	}
}

func (c *connections) readContexts(file string) error {
	if file == "" {
		return nil
	}
	list, err := qlik.Contexts(file)
	if err != nil {
		return fail("qlik-cli keeps its contexts in ~/.qlik/contexts.yml", "--qlik-contexts: %w", err)
	}
	for _, x := range list {
		c.contexts[x.Host] = x.Credentials
	}
	return nil
}

func endpoint(text string) (*url.URL, error) {
	if text == "" {
		return nil, nil
	}
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, fail("", "%s is %q: it is a URL such as http://127.0.0.1:8484", endpointVar, text)
	}
	return u, nil
}

// resolve reads the secrets of a region.
func (c *connections) resolve(r estate.Region) (l qlik.Credentials, err error) {
	at := "regions." + r.Name
	if r.Client != nil {
		return c.login(at, r.Client)
	}
	l.Source = r.APIKey.String()
	l.APIKey, err = c.read(at+".apiKey", r.APIKey)
	return l, err
}

// login reads the secrets of an OAuth client.
func (c *connections) login(at string, client *estate.Client) (l qlik.Credentials, err error) {
	l.Source = client.ID.String()
	var noID, noSecret error
	l.ClientID, noID = c.read(at+".client.id", client.ID)
	l.ClientSecret, noSecret = c.read(at+".client.secret", client.Secret)
	return l, errors.Join(noID, noSecret)
}

func (c *connections) read(what string, ref estate.SecretRef) (string, error) {
	v, err := secret(ref, c.dir)
	if err != nil {
		err = fmt.Errorf("%s: %w", what, err)
	}
	return v, err
}

// options say how a host is reached; its reads are counted.
func (c *connections) options(host string, readOnly bool, reads *atomic.Int64) qlik.Options {
	o := qlik.Options{Host: host, Endpoint: c.endpoint, Transport: c.base, ReadOnly: readOnly, Patience: c.patience, Limit: c.limit, Intend: c.intend, Log: func(call qlik.Call) {
		c.calls.Add(1)
		c.room.Heard(call.Host, call.Trouble)
		if call.Method == http.MethodGet {
			reads.Add(1)
		}
		if c.log != nil {
			c.log(call)
		}
	}}
	if c.theatre != nil {
		c.theatre.play(&o)
	}
	return o
}

// tenant makes a client for one tenant, whose reads are counted.
func (c *connections) tenant(t estate.Tenant, readOnly bool, reads *atomic.Int64) (*qlik.Tenant, error) {
	o := c.options(t.Host, readOnly, reads)
	var err error
	if o.Token, err = c.token(t, o); err != nil {
		return nil, err
	}
	client, err := qlik.New(o)
	if err != nil {
		return nil, err
	}
	options := qlik.TenantOptions{Files: c.file, Secrets: c.secret, Keep: c.issued.keep(c.dir),
		Login: func(ctx context.Context, id, secret string) error { return logIn(ctx, o, id, secret) }}
	if c.evaluate != nil {
		options.Evaluate = func(space, app string) (time.Time, bool) { return c.evaluate(t.Name, space, app) }
	}
	return qlik.NewTenant(client, options), nil
}

// file opens a file of the estate.
func (c *connections) file(name string) (qlik.File, error) { return c.est.Open(name) }

// console makes a client that lists the tenants of an organization.
func (c *connections) console(o *estate.Organization, reads *atomic.Int64) (*qlik.Client, error) {
	login, err := c.login("organization", &o.Client)
	if err != nil {
		return nil, fail("set it, or write another place into the estate", "%w", err)
	}
	return c.office(qlik.ConsoleHost, login, true, reads)
}

// register makes a client that makes and deactivates the tenants of a region.
func (c *connections) register(r estate.Region, reads *atomic.Int64) (*qlik.Client, error) {
	return c.office(qlik.RegisterHost(r.Domain), c.logins[r.Name], false, reads)
}

// office makes a client of a host that is no tenant, or that is not declared as one.
func (c *connections) office(host string, login qlik.Credentials, readOnly bool, reads *atomic.Int64) (_ *qlik.Client, err error) {
	o := c.options(host, readOnly, reads)
	if o.Token, err = c.source(o, login); err != nil {
		return nil, err
	}
	return qlik.New(o)
}

func (c *connections) token(t estate.Tenant, o qlik.Options) (oauth2.TokenSource, error) {
	credentials, own := c.contexts[t.Host]
	if !own {
		credentials = c.logins[t.Region]
	}
	return c.source(o, credentials)
}

// source returns the tokens of a host, the same ones for all who ask.
func (c *connections) source(o qlik.Options, login qlik.Credentials) (oauth2.TokenSource, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if s := c.tokens[o.Host]; s != nil {
		return s, nil
	}
	s, err := login.TokenSource(o)
	if err == nil {
		c.tokens[o.Host] = s
	}
	return s, err
}

func (c *connections) close() {
	if c.base != nil {
		c.base.CloseIdleConnections()
	}
}

// loggedIn says of the OAuth client that the engine itself logs in to a tenant with that it
// is that, and "" of all else.
func (c *connections) loggedIn(t estate.Tenant, r plan.Resource) string {
	credentials, own := c.contexts[t.Host]
	if !own {
		credentials = c.logins[t.Region]
	}
	if r.Key.Kind != "oauth-client" || r.ID != credentials.ClientID {
		return ""
	}
	return "qdeploy logs in with it"
}
