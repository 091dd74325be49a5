package qlik

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// defaultPatience is how long a tenant may refuse everything before we give up.
const defaultPatience = 10 * time.Minute

// pacer keeps a tenant's requests below Qlik's limits, and all of them still
// while Qlik asks for it. There is one per [Client], because limits are per
// tenant and user: a second client for one tenant would double the pace.
type pacer struct {
	next     http.RoundTripper
	patience time.Duration
	clock    *Clock

	mu      sync.Mutex
	buckets map[string]*rate.Limiter
	until   time.Time // nothing is sent before
	since   time.Time // of the first 429 that no other answer followed
}

func (t *pacer) RoundTrip(req *http.Request) (*http.Response, error) {
	name, tr := tierOf(req.Method, req.URL.Path)
	err := t.take(req.Context(), t.bucket(name, tr))
	if err == nil {
		err = t.gate(req.Context(), req)
	}
	if err != nil {
		discard(req)
		return nil, err
	}
	resp, err := t.next.RoundTrip(req)
	if err == nil {
		t.learn(name, resp)
	}
	if tok := limitedToken(err); tok != nil {
		t.mu.Lock()
		t.close(t.clock.Now(), tok.wait)
		t.mu.Unlock()
	}
	if refusedByLimit(resp, err) {
		if hopeless := t.hopeless(req); hopeless != nil {
			return nil, hopeless
		}
	}
	return resp, err
}

// hopeless returns an error if the tenant has refused everything for so long, or
// says that it will, that waiting is no use. A tenant that answers is not.
func (t *pacer) hopeless(req *http.Request) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.since.IsZero() || !t.until.After(t.clock.Now()) || t.until.Sub(t.since) <= t.patience {
		return nil
	}
	return &Error{
		Method: req.Method, Path: req.URL.Path, Status: http.StatusTooManyRequests,
		Title: fmt.Sprintf("the tenant stays rate limited for longer than %s", t.patience),
	}
}

// refusedByLimit reports whether a request was refused by a rate limit, its token too.
func refusedByLimit(resp *http.Response, err error) bool {
	return limitedToken(err) != nil || err == nil && resp.StatusCode == http.StatusTooManyRequests
}

// limitedToken returns the refusal of a token by a rate limit, if err is one.
func limitedToken(err error) *TokenError {
	var tok *TokenError
	if errors.As(err, &tok) && tok.Status == http.StatusTooManyRequests {
		return tok
	}
	return nil
}

func (t *pacer) bucket(name string, tr tier) *rate.Limiter {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.buckets == nil {
		t.buckets = map[string]*rate.Limiter{}
	}
	b := t.buckets[name]
	if b == nil {
		burst, perSecond := tr.bucket()
		b = rate.NewLimiter(rate.Limit(perSecond), burst)
		t.buckets[name] = b
	}
	return b
}

// take waits for a token of a bucket.
func (t *pacer) take(ctx context.Context, b *rate.Limiter) error {
	now := t.clock.Now()
	r := b.ReserveN(now, 1)
	d := r.DelayFrom(now)
	if d <= 0 {
		return ctx.Err()
	}
	if end, ok := ctx.Deadline(); ok && t.clock == wall && now.Add(d).After(end) {
		r.CancelAt(now)
		return context.DeadlineExceeded
	}
	err := t.clock.Sleep(ctx, d)
	if err != nil {
		r.CancelAt(t.clock.Now())
	}
	return err
}

// atRate sends no request before a limit lets it, in the order in which they come.
type atRate struct {
	next  http.RoundTripper
	limit *rate.Limiter
}

func (t atRate) RoundTrip(req *http.Request) (*http.Response, error) {
	if t.limit != nil {
		if err := t.limit.Wait(req.Context()); err != nil {
			discard(req)
			return nil, err
		}
	}
	return t.next.RoundTrip(req)
}

// gate waits until requests to the tenant are let through again.
func (t *pacer) gate(ctx context.Context, req *http.Request) error {
	for {
		t.mu.Lock()
		wait := t.until.Sub(t.clock.Now())
		t.mu.Unlock()
		if wait <= 0 {
			return nil
		}
		if err := t.hopeless(req); err != nil {
			return err
		}
		if err := t.clock.Sleep(ctx, wait); err != nil {
			return err
		}
	}
}

// learn obeys Retry-After. After a 429 the bucket is all but empty, so that what
// waits does not rush in together: from then on it fills at two fifths of the
// published limit, which is also what a tenant with a single user can take.
func (t *pacer) learn(name string, resp *http.Response) {
	now := t.clock.Now()
	wait, asked := retryAfter(resp.Header.Get("Retry-After"), now)
	t.mu.Lock()
	defer t.mu.Unlock()
	if resp.StatusCode != http.StatusTooManyRequests {
		t.since = time.Time{}
		if resp.StatusCode == http.StatusServiceUnavailable && asked {
			t.close(now, wait)
		}
		return
	}
	if t.since.IsZero() {
		t.since = now
	}
	t.close(now, wait)
	b := t.buckets[name]
	b.AllowN(now, max(0, int(b.TokensAt(now))-rush))
}

// rush is how many requests may follow at once when a limit is lifted.
const rush = 5

// close needs t.mu.
func (t *pacer) close(now time.Time, wait time.Duration) {
	if until := now.Add(wait); until.After(t.until) {
		t.until = until
	}
	if t.since.IsZero() {
		t.since = now
	}
}

// retryAfter reads seconds or an HTTP date; 1 s if there is neither.
func retryAfter(s string, now time.Time) (wait time.Duration, asked bool) {
	if n, err := strconv.Atoi(s); err == nil && n >= 0 {
		return time.Duration(n) * time.Second, true
	}
	if at, err := http.ParseTime(s); err == nil {
		return max(0, at.Sub(now)), true
	}
	return time.Second, false
}
