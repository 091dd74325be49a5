package qlik

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/cenkalti/backoff/v5"
)

var (
	errRefused = errors.New("not sent") // by this package, for good
	errCut     = errors.New("no answer")
)

// retry sends a request again when that can do no harm.
//
// After 429 nothing was done, so any request is repeated, for as long as the
// pacer below it has patience. After a lost connection, 502, 503 or 504 the
// work may have been done: GET, HEAD, PUT and DELETE are repeated, POST never,
// and PATCH where [repeatable] says so. What never left this machine is always
// repeated.
type retry struct {
	next     http.RoundTripper
	attempts int
	patience time.Duration
	clock    *Clock
}

func (t retry) RoundTrip(req *http.Request) (*http.Response, error) {
	pause := backoff.ExponentialBackOff{
		InitialInterval:     500 * time.Millisecond,
		RandomizationFactor: backoff.DefaultRandomizationFactor,
		Multiplier:          2,
		MaxInterval:         15 * time.Second,
	}
	if t.clock.Steady {
		pause.RandomizationFactor = 0
	}
	failures, start := 0, t.clock.Now()
	for attempt := 1; ; attempt++ {
		again, err := rewound(req, attempt)
		if err != nil {
			return nil, err
		}
		resp, err := t.next.RoundTrip(again)
		limited := refusedByLimit(resp, err)
		if !limited {
			failures++
		}
		if limited && t.clock.Now().Sub(start) > 2*t.patience { // others get through, this one never
			return resp, err
		}
		if !limited && (failures >= t.attempts || t.clock.Now().Sub(start) > t.patience || !worthRepeating(req, resp, err)) {
			return resp, err
		}
		if err := t.clock.Sleep(req.Context(), pause.NextBackOff()); err != nil {
			return resp, err
		}
	}
}

// rewound returns the request for an attempt, its body at the start.
func rewound(req *http.Request, attempt int) (*http.Request, error) {
	again := req.Clone(withAttempt(req.Context(), attempt))
	if attempt == 1 || req.Body == nil || req.Body == http.NoBody {
		return again, nil
	}
	if req.GetBody == nil {
		return nil, fmt.Errorf("%w: the body cannot be sent twice", errRefused)
	}
	body, err := req.GetBody()
	again.Body = body
	return again, err
}

func worthRepeating(req *http.Request, resp *http.Response, err error) bool {
	if err != nil {
		if req.Context().Err() != nil || unknownHost(err) || badCertificate(err) {
			return false
		}
		return neverSent(err) || cut(err) && repeatable(req)
	}
	switch resp.StatusCode {
	case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return repeatable(req)
	}
	return false
}

// repeatable reports whether doing req twice is as good as doing it once.
// PATCH is, for the kinds of which every PATCH is a "replace" or a whole
// archive; it is not for an upload, where the offset has moved.
func repeatable(req *http.Request) bool {
	switch req.Method {
	case http.MethodGet, http.MethodHead, http.MethodPut, http.MethodDelete:
		return true
	case http.MethodPatch:
		for _, p := range []string{"spaces", "groups", "themes", "extensions"} {
			if strings.HasPrefix(req.URL.Path, "/api/v1/"+p+"/") {
				return true
			}
		}
	}
	return false
}

// neverSent reports whether a request failed before a byte of it left.
func neverSent(err error) bool {
	var op *net.OpError
	if errors.As(err, &op) && op.Op == "dial" {
		return true
	}
	var tok *TokenError
	return errors.As(err, &tok) && tok.passing()
}

// cut reports whether the connection was lost or never made.
func cut(err error) bool { return errors.Is(err, errCut) || neverSent(err) }

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
