package github

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// limits is a transport that obeys GitHub's limits and repeats what may be
// repeated. go-github v60 does not: it knows no Retry-After of a 429, and repeats
// nothing.
//
// https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api
type limits struct {
	base     http.RoundTripper
	patience time.Duration
	now      func() time.Time
	sleep    func(context.Context, time.Duration) error
	log      func(string, ...any)

	mu     sync.Mutex
	waited time.Duration
}

func newLimits(o Options) *limits {
	l := &limits{base: o.HTTP, patience: o.Patience, now: o.Now, sleep: o.Sleep, log: o.Log}
	if l.base == nil {
		l.base = http.DefaultTransport
	}
	if l.patience == 0 {
		l.patience = 15 * time.Minute
	}
	if l.now == nil {
		l.now = time.Now
	}
	if l.sleep == nil {
		l.sleep = sleep
	}
	if l.log == nil {
		l.log = func(string, ...any) {}
	}
	return l
}

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// LimitError says that GitHub's limits were waited for long enough.
type LimitError struct {
	Status int
	Wait   time.Duration // what GitHub asks for
}

func (e *LimitError) Error() string {
	return fmt.Sprintf("limited by GitHub (%d): it asks to wait %s, which is longer than is waited for", e.Status, e.Wait.Round(time.Second))
}

const (
	mostTries  = 8
	firstPause = 2 * time.Second  // after a 5xx or a lost connection, doubled each time
	blindPause = 60 * time.Second // when a limit does not say how long
)

// RoundTrip implements [http.RoundTripper].
func (l *limits) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := bodyOf(r)
	if err != nil {
		return nil, err
	}
	for try := 0; ; try++ {
		again := r.Clone(r.Context())
		if body != nil {
			again.Body = io.NopCloser(bytes.NewReader(body))
		}
		resp, err := l.base.RoundTrip(again)
		wait, why := l.pause(r, resp, err, try)
		if wait < 0 {
			return unblocked(resp), err
		}
		if resp != nil {
			_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, 1<<20)) // so that the connection can be used again
			_ = resp.Body.Close()
		}
		if !l.may(wait) || try+1 >= mostTries {
			if resp != nil && resp.StatusCode < 500 {
				return nil, &LimitError{resp.StatusCode, wait}
			}
			return nil, errors.Join(fmt.Errorf("%s %s: %s, tried %d times", r.Method, r.URL.Path, why, try+1), err)
		}
		l.log("%s: waiting %s", why, wait.Round(time.Second))
		if err := l.sleep(r.Context(), wait); err != nil {
			return nil, err
		}
	}
}

// bodyOf reads the body, to send it more than once.
func bodyOf(r *http.Request) ([]byte, error) {
	if r.Body == nil || r.Body == http.NoBody {
		return nil, nil
	}
	defer r.Body.Close()
	return io.ReadAll(r.Body)
}

// may reports whether so long may be waited, and counts it.
func (l *limits) may(wait time.Duration) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.waited+wait > l.patience {
		return false
	}
	l.waited += wait
	return true
}

// pause says how long to wait before the request is sent again; negative for not
// at all. What was refused by a limit was not done, and may always be repeated.
// After a lost connection or a 5xx a POST may have been done, and is not.
func (l *limits) pause(r *http.Request, resp *http.Response, err error, try int) (time.Duration, string) {
	grown := firstPause << min(try, 5)
	switch {
	case r.Context().Err() != nil:
		return -1, ""
	case err != nil:
		if r.Method == http.MethodPost {
			return -1, ""
		}
		return grown, "the connection was lost"
	case resp.StatusCode >= 500:
		if r.Method == http.MethodPost {
			return -1, ""
		}
		return grown, fmt.Sprintf("GitHub answers %d", resp.StatusCode)
	case resp.StatusCode == http.StatusTooManyRequests || resp.StatusCode == http.StatusForbidden:
		return l.limited(resp, try)
	}
	return -1, ""
}

// limited reads how long a limit asks to wait: Retry-After, then the reset of the
// primary limit, else a minute and more each time.
func (l *limits) limited(resp *http.Response, try int) (time.Duration, string) {
	if s, err := strconv.Atoi(resp.Header.Get("Retry-After")); err == nil && s >= 0 {
		return time.Duration(s)*time.Second + time.Second, "GitHub limits requests"
	}
	if resp.Header.Get("X-RateLimit-Remaining") == "0" {
		if at, err := strconv.ParseInt(resp.Header.Get("X-RateLimit-Reset"), 10, 64); err == nil {
			return max(time.Second, time.Unix(at, 0).Sub(l.now())+time.Second), "the hourly limit of the token is used up"
		}
	}
	if resp.StatusCode == http.StatusTooManyRequests || secondary(resp) {
		return blindPause << min(try, 3), "GitHub limits requests"
	}
	return -1, ""
}

// secondary reports whether a 403 is a limit and not a lack of permission, which
// only its text tells. The body can be read again.
func secondary(resp *http.Response) bool {
	text, err := io.ReadAll(io.LimitReader(resp.Body, 64<<10))
	_ = resp.Body.Close()
	resp.Body = io.NopCloser(bytes.NewReader(text))
	return err == nil && strings.Contains(strings.ToLower(string(text)), "secondary rate limit")
}

// unblocked takes out what makes go-github v60 refuse further calls by itself:
// waiting is our business.
func unblocked(resp *http.Response) *http.Response {
	if resp != nil {
		resp.Header.Del("X-RateLimit-Remaining")
		resp.Header.Del("X-RateLimit-Reset")
	}
	return resp
}
