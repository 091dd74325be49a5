package qlik

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/oauth2"
)

// script is a transport that answers as told, call after call, and then 200.
type script struct {
	mu      sync.Mutex
	answers []any // a status, an *http.Response, or an error
	seen    []string
	at      []time.Duration // since the first call
	start   time.Time
}

func (s *script) RoundTrip(req *http.Request) (*http.Response, error) {
	body := ""
	if req.Body != nil {
		b, err := io.ReadAll(req.Body)
		if err != nil {
			return nil, err
		}
		body = " " + string(b)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.start.IsZero() {
		s.start = time.Now()
	}
	s.at = append(s.at, time.Since(s.start))
	s.seen = append(s.seen, strings.TrimRight(req.Method+" "+req.URL.Path+body, " "))
	if len(s.answers) == 0 {
		return response(200, `{}`), nil
	}
	a := s.answers[0]
	s.answers = s.answers[1:]
	switch a := a.(type) {
	case int:
		return response(a, ``), nil
	case *http.Response:
		return a, nil
	}
	return nil, a.(error)
}

func response(status int, body string, header ...string) *http.Response {
	h := http.Header{}
	for i := 0; i < len(header); i += 2 {
		h.Set(header[i], header[i+1])
	}
	return &http.Response{StatusCode: status, Header: h, Body: io.NopCloser(strings.NewReader(body))}
}

func limited(seconds string) *http.Response { return response(429, ``, "Retry-After", seconds) }

func scripted(t testing.TB, answers ...any) (*Client, *script) {
	s := &script{answers: answers}
	c, err := New(Options{Host: testHost, Transport: s, Token: oauth2.StaticTokenSource(&oauth2.Token{AccessToken: "canary"})})
	require.NoError(t, err)
	return c, s
}

var refused = &net.OpError{Op: "dial", Err: io.EOF}

func TestRetryByMethod(t *testing.T) {
	again := func(method, path string, answer any) bool {
		var sent int
		synctest.Test(t, func(t *testing.T) {
			c, s := scripted(t, answer)
			_ = c.call(t.Context(), method, path, nil, map[string]int{"a": 1}, nil)
			sent = len(s.seen)
			for _, seen := range s.seen {
				require.Equal(t, method+" "+path+` {"a":1}`, seen, "the body goes along")
			}
		})
		return sent == 2
	}
	const spaces = "/api/v1/spaces/7"
	for _, c := range []struct {
		answer any
		method string
		path   string
		want   bool
	}{
		{429, "POST", spaces, true}, {429, "PATCH", spaces, true}, {429, "GET", spaces, true},
		{io.ErrUnexpectedEOF, "GET", spaces, true}, {io.ErrUnexpectedEOF, "HEAD", spaces, true},
		{io.ErrUnexpectedEOF, "PUT", spaces, true}, {io.ErrUnexpectedEOF, "DELETE", spaces, true},
		{io.ErrUnexpectedEOF, "POST", spaces, false}, {io.ErrUnexpectedEOF, "PATCH", spaces, true},
		{io.ErrUnexpectedEOF, "PATCH", "/api/v1/temp-contents/files/7", false},
		{io.ErrUnexpectedEOF, "PATCH", "/api/v1/automations/7", false},
		{502, "GET", spaces, true}, {503, "PUT", spaces, true}, {504, "DELETE", spaces, true},
		{503, "POST", spaces, false}, {500, "GET", spaces, false}, {404, "GET", spaces, false},
		{refused, "POST", spaces, true},
		{&net.DNSError{IsNotFound: true}, "GET", spaces, false},
		{context.Canceled, "POST", spaces, false},
	} {
		require.Equal(t, c.want, again(c.method, c.path, c.answer), "%s after %v", c.method, c.answer)
	}
}

func TestRetriesEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, s := scripted(t, 503, 503, 503, 503, 503, 503, 503)
		err := c.call(t.Context(), "GET", "/api/v1/spaces", nil, nil, nil)
		require.EqualError(t, err, "GET /api/v1/spaces: 503 service unavailable")
		require.Len(t, s.seen, 5)
	})
}

func TestRetriesEndWithTheCaller(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, s := scripted(t, limited("60"))
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		err := c.call(ctx, "GET", "/api/v1/spaces", nil, nil, nil)
		require.Error(t, err)
		require.Len(t, s.seen, 1)
	})
}

func TestRetryAfterHoldsTheWholeTenant(t *testing.T) {
	for _, after := range []string{"13", "date"} {
		synctest.Test(t, func(t *testing.T) {
			if after == "date" {
				after = time.Now().Add(13 * time.Second).UTC().Format(http.TimeFormat)
			}
			c, s := scripted(t, limited(after))
			require.NoError(t, c.call(t.Context(), "POST", "/api/v1/spaces", nil, nil, nil))
			require.Equal(t, []string{"POST /api/v1/spaces", "POST /api/v1/spaces"}, s.seen)
			require.GreaterOrEqual(t, s.at[1], 13*time.Second)

			var wg sync.WaitGroup
			s.answers = []any{limited("20")}
			for i := range 5 {
				wg.Go(func() {
					time.Sleep(time.Duration(i) * time.Second)
					require.NoError(t, c.call(t.Context(), "GET", "/api/v1/groups", nil, nil, nil))
				})
			}
			first := time.Since(s.start)
			wg.Wait()
			for _, at := range s.at[3:] {
				require.GreaterOrEqual(t, at, first+20*time.Second)
			}
		})
	}
}

func TestTenantThatStaysLimited(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var answers []any
		for range 100 {
			answers = append(answers, limited("60"))
		}
		c, s := scripted(t, answers...)
		start := time.Now()
		err := c.call(t.Context(), "POST", "/api/v1/spaces", nil, nil, nil)
		require.EqualError(t, err, "POST /api/v1/spaces: 429 the tenant stays rate limited for longer than 10m0s")
		require.ErrorIs(t, err, ErrLimited)
		require.Equal(t, "platform", Class(err))
		require.LessOrEqual(t, time.Since(start), 11*time.Minute)
		n := len(s.seen)
		require.ErrorIs(t, c.call(t.Context(), "GET", "/api/v1/spaces", nil, nil, nil), ErrLimited)
		require.Len(t, s.seen, n, "the next call does not even try")

		time.Sleep(time.Hour)
		s.answers = nil
		require.NoError(t, c.call(t.Context(), "GET", "/api/v1/spaces", nil, nil, nil), "an hour later it does")
	})
}

// TestPace sends as fast as it may and counts what any window holds.
func TestPace(t *testing.T) {
	for _, c := range []struct {
		method, path string
		calls, most  int
		window       time.Duration
	}{
		{"POST", "/api/v1/spaces", 900, 400, 5 * time.Minute},
		{"GET", "/api/v1/spaces", 9000, 4000, 5 * time.Minute},
		{"POST", "/api/v1/reloads", 120, 40, time.Minute},
		{"PATCH", "/api/v1/temp-contents/files/7", 1500, 640, time.Minute},
	} {
		synctest.Test(t, func(t *testing.T) {
			client, s := scripted(t)
			for range c.calls {
				require.NoError(t, client.call(t.Context(), c.method, c.path, nil, nil, nil))
			}
			worst, from := 0, 0
			for i, at := range s.at {
				for s.at[from] <= at-c.window {
					from++
				}
				worst = max(worst, i-from+1)
			}
			require.InDelta(t, c.most, worst, 2, c.path)
		})
	}
}

func TestTiers(t *testing.T) {
	for call, want := range map[string]string{
		"GET /api/v1/spaces": "1", "HEAD /api/v1/temp-contents/files/1": "1", "PUT /api/v1/apps/1/publish": "2",
		"POST /api/v1/reloads": "POST /api/v1/reloads", "GET /api/v1/reloads": "1",
		"POST /api/v1/reloads/1/actions/cancel": "POST /api/v1/reloads/*/actions/cancel",
		"GET /api/v1/audits/1/x":                "GET /api/v1/audits/**", "GET /api/v1/auditsx": "1",
		"POST /api/analytics/apps/1/evaluations": "2", "GET /api/analytics/apps/1/evaluations": "1",
		"POST /api/v1/data-files": "2", "PUT /api/v1/data-files/1": "PUT /api/v1/data-files/*",
	} {
		method, path, _ := strings.Cut(call, " ")
		name, _ := tierOf(method, path)
		require.Equal(t, want, name, call)
	}
	require.Zero(t, Forecast(2000, 200))
	require.Equal(t, 5*time.Minute, Forecast(0, 400))
	require.Equal(t, 5*time.Minute, Forecast(4000, 100))
}

func TestSlowAnswerIsALostOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := Options{Host: testHost, Token: oauth2.StaticTokenSource(&oauth2.Token{}), Attempts: 1}
		o.Transport = roundTrip(func(req *http.Request) (*http.Response, error) {
			<-req.Context().Done()
			return nil, req.Context().Err()
		})
		c, err := New(o)
		require.NoError(t, err)
		err = c.call(t.Context(), "GET", "/api/v1/spaces", nil, nil, nil)
		require.EqualError(t, err, "GET /api/v1/spaces: no answer within 1m0s")
		require.Equal(t, "platform", Class(err))
	})
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

func TestAnswersAreBounded(t *testing.T) {
	endless := func(status int) *http.Response {
		r := response(status, "")
		r.Body = io.NopCloser(io.MultiReader(strings.NewReader(`{"title":"x"`), zeros{}))
		return r
	}
	c, _ := scripted(t, endless(200), endless(400))
	err := c.call(t.Context(), "GET", "/api/v1/spaces", nil, nil, nil)
	require.EqualError(t, err, "GET /api/v1/spaces: the answer makes no sense: the answer is longer than 32 MiB")
	err = c.call(t.Context(), "GET", "/api/v1/spaces", nil, nil, nil)
	require.Less(t, len(err.Error()), 500)
}

type zeros struct{}

func (zeros) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = ' '
	}
	return len(b), nil
}

func TestLog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var calls []Call
		s := &script{answers: []any{503, io.ErrUnexpectedEOF}}
		c, err := New(Options{Host: testHost, Transport: s, Token: oauth2.StaticTokenSource(&oauth2.Token{AccessToken: "canary"}), Log: func(c Call) { calls = append(calls, c) }})
		require.NoError(t, err)
		require.NoError(t, c.call(t.Context(), "GET", "/api/v1/users", everything("filter", "ann"), nil, nil))
		require.Equal(t, []Call{
			{Host: testHost, Method: "GET", Path: "/api/v1/users", Status: 503, Attempt: 1, Trouble: true},
			{Host: testHost, Method: "GET", Path: "/api/v1/users", Status: 0, Attempt: 2, Trouble: true},
			{Host: testHost, Method: "GET", Path: "/api/v1/users", Status: 200, Attempt: 3},
		}, calls)
		require.NotContains(t, fmt.Sprintf("%+v", calls), "ann")
	})
}

func TestNotices(t *testing.T) {
	old := func() *http.Response {
		return response(200, `{}`, "Deprecation", "@1688169599", "Sunset", "Mon, 01 Nov 2027 00:00:00 GMT")
	}
	c, _ := scripted(t, old(), old(), response(404, ``, "Deprecation", "true"), response(200, `{}`, "Deprecation", "false"))
	for _, path := range []string{"/api/v1/webhooks/4f2a8c11", "/api/v1/webhooks/0c11aa22bb33", "/api/v1/csp-origins", "/api/v1/spaces"} {
		_ = c.call(t.Context(), "GET", path, nil, nil, nil)
	}
	require.Equal(t, []string{
		"GET /api/v1/csp-origins: deprecated",
		"GET /api/v1/webhooks/{id}: deprecated since 2023-06-30, ends 2027-11-01",
	}, c.Notices())
}
