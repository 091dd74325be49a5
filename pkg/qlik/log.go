package qlik

import (
	"context"
	"net/http"
	"time"
)

// Call is one attempt at a request, for logs: no query, no header, no body.
type Call struct {
	Host    string
	Method  string
	Path    string
	Status  int // 0 when there was no answer
	Took    time.Duration
	Attempt int  // from 1
	Trouble bool // of Qlik's or of the network's, be it for a moment, see [Class]
}

// logged reports every request that goes out.
type logged struct {
	next http.RoundTripper
	log  func(Call)
}

func (t logged) RoundTrip(req *http.Request) (*http.Response, error) {
	if t.log == nil {
		return t.next.RoundTrip(req)
	}
	start := time.Now()
	resp, err := t.next.RoundTrip(req)
	c := Call{
		Host: req.URL.Host, Method: req.Method, Path: req.URL.Path,
		Took: time.Since(start), Attempt: attempt(req.Context()),
		Trouble: req.Context().Err() == nil && Class(err) == "platform",
	}
	if err == nil {
		c.Status = resp.StatusCode
		c.Trouble = Class(&Error{Status: c.Status}) == "platform"
	}
	t.log(c)
	return resp, err
}

// attemptKey is the one value this package puts into a context: a RoundTripper
// has no other way to tell the ones below it how often it was tried.
type attemptKey struct{}

func withAttempt(ctx context.Context, n int) context.Context {
	return context.WithValue(ctx, attemptKey{}, n)
}

func attempt(ctx context.Context) int {
	if n, ok := ctx.Value(attemptKey{}).(int); ok {
		return n
	}
	return 1
}
