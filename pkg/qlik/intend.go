package qlik

import (
	"fmt"
	"net/http"
	"strings"
	"time"
)

// intended says what will be written before it is, and how that ended. Tokens are not
// written to a tenant.
type intended struct {
	next   http.RoundTripper
	intend func(Call) (func(Call), error)
}

func (t intended) RoundTrip(req *http.Request) (*http.Response, error) {
	reads := req.Method == http.MethodGet || req.Method == http.MethodHead || !strings.HasPrefix(req.URL.Path, "/api/")
	if t.intend == nil || reads {
		return t.next.RoundTrip(req)
	}
	c := Call{Host: req.URL.Host, Method: req.Method, Path: req.URL.Path, Attempt: attempt(req.Context())}
	ended, err := t.intend(c)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errRefused, err)
	}
	start := time.Now()
	resp, err := t.next.RoundTrip(req)
	if c.Took = time.Since(start); err == nil {
		c.Status = resp.StatusCode
	}
	ended(c)
	return resp, err
}
