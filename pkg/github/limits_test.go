package github

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// step is one answer of a server.
type step struct {
	status int
	header map[string]string
	body   string
	cut    bool
}

// scripted serves the steps one after the other, then 200s, and counts.
func scripted(t *testing.T, steps []step) (*httptest.Server, *atomic.Int64) {
	n := new(atomic.Int64)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		i := int(n.Add(1)) - 1
		if i >= len(steps) {
			_, _ = w.Write([]byte(`{"id": 1, "state": "success"}`))
			return
		}
		if steps[i].cut {
			panic(http.ErrAbortHandler)
		}
		for k, v := range steps[i].header {
			w.Header().Set(k, v)
		}
		w.WriteHeader(steps[i].status)
		_, _ = w.Write([]byte(steps[i].body))
	}))
	t.Cleanup(s.Close)
	return s, n
}

// client speaks to a server, with a clock that only waiting moves.
func client(t *testing.T, url string, patience time.Duration) (c *Client, waits *[]time.Duration) {
	now, waits := time.Unix(1_000_000, 0), new([]time.Duration)
	c, err := New(Options{
		APIURL: url, GraphQLURL: url + "/graphql", ServerURL: url, Repository: "acme/tenants", Token: canary, Patience: patience,
		Now: func() time.Time { return now },
		Sleep: func(_ context.Context, d time.Duration) error {
			now = now.Add(d)
			*waits = append(*waits, d)
			return nil
		},
	})
	require.NoError(t, err)
	return c, waits
}

const canary = "t0ken-that-nobody-sees"

func TestLimitsAreObeyed(t *testing.T) {
	reset := strconv.FormatInt(1_000_000+600, 10)
	for name, c := range map[string]struct {
		steps []step
		waits []time.Duration
		fails string
	}{
		// go-github v60 reads no Retry-After of a 429, and no 403 without a link.
		"429 with Retry-After": {[]step{{429, map[string]string{"Retry-After": "7"}, `{}`, false}}, []time.Duration{8 * time.Second}, ""},
		"403 with Retry-After": {[]step{{403, map[string]string{"Retry-After": "7"}, `{}`, false}}, []time.Duration{8 * time.Second}, ""},
		"429 alone":            {[]step{{429, nil, `{}`, false}, {429, nil, `{}`, false}}, []time.Duration{time.Minute, 2 * time.Minute}, ""},
		"403 by its words":     {[]step{{403, nil, `{"message":"You have exceeded a secondary rate limit."}`, false}}, []time.Duration{time.Minute}, ""},
		"primary 403":          {[]step{{403, map[string]string{"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": reset}, `{}`, false}}, []time.Duration{601 * time.Second}, ""},
		"primary 429":          {[]step{{429, map[string]string{"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": reset}, `{}`, false}}, []time.Duration{601 * time.Second}, ""},
		"too long":             {[]step{{429, map[string]string{"Retry-After": "7200"}, `{}`, false}}, nil, "limited by GitHub (429): it asks to wait 2h0m1s"},
		"may not":              {[]step{{403, nil, `{"message":"Resource not accessible by integration"}`, false}}, nil, "403 Resource not accessible by integration"},
		"post is not repeated": {[]step{{502, nil, `{"message":"Bad gateway"}`, false}}, nil, "502 Bad gateway"},
		"nor when it is lost":  {[]step{{cut: true}}, nil, "EOF"},
	} {
		t.Run(name, func(t *testing.T) {
			s, n := scripted(t, c.steps)
			cl, waits := client(t, s.URL, 20*time.Minute)
			err := cl.Status(t.Context(), "abc", Status{State: StatusSuccess, Context: "qdeploy/plan"})
			if c.fails != "" {
				require.ErrorContains(t, err, c.fails)
				require.NotContains(t, err.Error(), canary)
				require.EqualValues(t, 1, n.Load())
				return
			}
			require.NoError(t, err)
			require.Equal(t, c.waits, *waits)
			require.EqualValues(t, len(c.steps)+1, n.Load())
		})
	}
}

// What only reads, or does the same twice, is repeated.
func TestReadsAreRepeated(t *testing.T) {
	s, n := scripted(t, []step{{502, nil, `{}`, false}, {500, nil, `{}`, false}, {503, nil, `{}`, false}, {200, nil, `[]`, false}})
	c, waits := client(t, s.URL, time.Hour)
	prs, err := c.PullRequestsOf(t.Context(), "abc")
	require.NoError(t, err)
	require.Empty(t, prs)
	require.EqualValues(t, 4, n.Load())
	require.Equal(t, []time.Duration{2 * time.Second, 4 * time.Second, 8 * time.Second}, *waits)
}

// After a limit go-github v60 refuses calls by itself, without asking.
func TestNothingIsBlockedOnThisSide(t *testing.T) {
	far := strconv.FormatInt(time.Now().Add(time.Hour).Unix(), 10)
	s, n := scripted(t, []step{{200, map[string]string{"X-RateLimit-Limit": "1000", "X-RateLimit-Remaining": "0", "X-RateLimit-Reset": far}, `{}`, false}})
	c, _ := client(t, s.URL, time.Hour)
	for range 2 {
		require.NoError(t, c.Status(t.Context(), "abc", Status{State: StatusSuccess, Context: "x"}))
	}
	require.EqualValues(t, 2, n.Load())
}

// The body is whole each time.
func TestBodiesAreSentAgain(t *testing.T) {
	var got []string
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var b struct{ Description string }
		require.NoError(t, json.NewDecoder(r.Body).Decode(&b))
		got = append(got, b.Description)
		if len(got) < 3 {
			w.Header().Set("Retry-After", "0")
			w.WriteHeader(http.StatusTooManyRequests)
		}
		fmt.Fprint(w, `{}`)
	}))
	defer s.Close()
	c, _ := client(t, s.URL, time.Hour)
	require.NoError(t, c.Status(t.Context(), "abc", Status{State: StatusSuccess, Context: "x", Description: "three"}))
	require.Equal(t, []string{"three", "three", "three"}, got)
}

func TestDeploymentsThatMergeAreErrors(t *testing.T) {
	s, _ := scripted(t, []step{{202, nil, `{"message":"Auto-merged main into topic on deployment."}`, false}})
	c, _ := client(t, s.URL, time.Hour)
	_, err := c.Deployment(t.Context(), "abc", "prod", "")
	require.ErrorContains(t, err, "merged instead of deploying")
}

func TestAddressesOfTheAPI(t *testing.T) {
	for in, want := range map[string]string{
		"https://api.github.com": "https://api.github.com/", "https://ghe.example/api/v3": "https://ghe.example/api/v3/",
		"https://ghe.example/api/v3/": "https://ghe.example/api/v3/", "": "", "ghe.example": "", "ftp://x": "",
	} {
		u, err := apiURL(in)
		if want == "" {
			require.Error(t, err, in)
			continue
		}
		require.NoError(t, err)
		require.Equal(t, want, u.String())
	}
}
