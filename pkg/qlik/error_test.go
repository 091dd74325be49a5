package qlik

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func request(method, path string) *http.Request {
	return &http.Request{Method: method, URL: &url.URL{Path: path, RawQuery: "filter=ann"}, Header: http.Header{"Authorization": {"Bearer canary"}}}
}

// TestEnvelopes has each of the shapes in which Qlik's services refuse.
func TestEnvelopes(t *testing.T) {
	for _, c := range []struct{ name, body, want string }{
		{"E1", `{"errors":[{"code":"USERS-7","title":"Not found","detail":"no such user","status":"404","source":{"parameter":"id"}}],"traceId":"4f2a"}`,
			"USERS-7 Not found: no such user (trace 4f2a)"},
		{"E1 nested", `{"errors":[{"code":"TENANTS-10","title":"Invalid","meta":{"code":"TENANTS-11","title":"bad name"}}]}`,
			"TENANTS-10 Invalid: TENANTS-11 bad name"},
		{"E1 nested many", `{"errors":[{"code":"TENANTS-10","title":"Invalid","meta":[{"code":"TENANTS-11","title":"bad name"},{"code":"x"}]}]}`,
			"TENANTS-10 Invalid: TENANTS-11 bad name"},
		{"E2", `{"errors":[{"code":"AssignmentConflict","title":"Conflict"}],"code":"AssignmentConflict","title":"Conflict","traceId":"1"}`,
			"AssignmentConflict Conflict (trace 1)"},
		{"E2 top only", `{"code":"SPACES-1","title":"name taken","detail":null}`, "SPACES-1 name taken"},
		{"E3", `{"errors":[{"code":"HTTP-400","title":"Bad","detail":null}]}`, "HTTP-400 Bad"},
		{"E4", `{"errors":[{"code":"I-1","title":"Gone","detail":"d","meta":{"temporary":true,"timeout":false,"fault":false,"explain":"e"}}]}`, "I-1 Gone: d"},
		{"E5", `{"title":"Conflict","status":409,"meta":{"message":"theme exists","resourceName":"x","stack":"s"},"source":{},"traceId":"9"}`,
			"Conflict: theme exists (trace 9)"},
		{"E6", `{"errors":[{"detail":"no such connection","status":404}]}`, "no such connection"},
		{"E7", `{"errors":[{"code":"DCAAS-2001","title":"Connector","detail":"down","meta":{}}]}`, "DCAAS-2001 Connector: down"},
		{"E8", `{"errors":[{"code":17,"context":"while reading","inner":{},"result":false,"timestamp":"t","title":"Task"}],"traceId":"8"}`,
			"17 Task: while reading (trace 8)"},
		{"E9", `{"code":3,"message":"no settings"}`, "3 no settings"},
		{"E10", `{"errors":[{"code":"A-1","title":"Alert","meta":{"httpCode":404}}],"traceId":"10"}`, "A-1 Alert (trace 10)"},
		{"E11 text", "space is not empty\nat line 2", "space is not empty"},
		{"E11 empty", "", "conflict"},
		{"E11 page", "<html><body>Bad gateway</body></html>", "conflict"},
		{"E12", `{"data":[{"status":201},{"status":403,"code":"L-11","title":"no allotment"}]}`, "L-11 no allotment"},
		{"E13", `{"errors":[{"code":"HTTP-429","title":"API rate limit reached.","detail":"You need to wait 13 seconds until limit is lifted."}]}`,
			"HTTP-429 API rate limit reached.: You need to wait 13 seconds until limit is lifted."},
		{"OAuth", `{"error":"invalid_client","error_description":"unknown client"}`, "invalid_client unknown client"},
		{"odd types", `{"errors":{"code":{},"title":["x"],"detail":true},"traceId":{}}`, "conflict"},
		{"errors is text", `{"errors":"boom"}`, "conflict"},
		{"echo", `{"title":"token canary is wrong"}`, "token … is wrong"},
		{"control characters", "{\"title\":\"a\\u0000b\\n\\tc\\u202e\"}", "ab c"},
		{"not text", "\xff\xfe\x00", "conflict"},
		{"number", "17", "17"},
	} {
		e := refusal(request("PUT", "/api/v1/spaces/7"), 409, []byte(c.body))
		require.Equal(t, "PUT /api/v1/spaces/7: 409 "+c.want, e.Error(), c.name)
		require.ErrorIs(t, e, ErrConflict, c.name)
	}
	long := refusal(request("GET", "/"), 500, []byte(`{"title":"`+strings.Repeat("x", 10_000)+`"}`))
	require.Less(t, len(long.Error()), 400)
}

func FuzzRefusal(f *testing.F) {
	f.Add([]byte(`{"errors":[{"code":1,"meta":[{}]}],"data":[{"status":"5"}]}`))
	f.Add([]byte(`[[[]]]`))
	f.Add([]byte("<html>"))
	f.Fuzz(func(t *testing.T, body []byte) {
		e := refusal(request("GET", "/x"), 500, body)
		s := e.Error()
		if e.Status != 500 || !strings.HasPrefix(s, "GET /x: 500") || strings.ContainsAny(s, "\n\r\x00\x1b") || len(s) > 4*5*longestText {
			t.Errorf("%q", s)
		}
	})
}

func FuzzPage(f *testing.F) {
	f.Add([]byte(`{"data":[{"id":"1"}],"links":{"next":{"href":"http://x/y?next=1"}},"meta":{"count":3}}`))
	f.Add([]byte(`{"data":null,"links":{"next":null}}`))
	f.Add([]byte(`[{"id":"1"}]`))
	f.Fuzz(func(t *testing.T, body []byte) {
		var p page[spaceBody]
		if json.Unmarshal(body, &p) == nil {
			_, _ = p.Links.Next.after(everything())
		}
	})
}

func TestSentinels(t *testing.T) {
	for status, want := range map[int]error{
		401: ErrDenied, 403: ErrDenied, 404: ErrNotFound, 409: ErrConflict, 410: ErrGone, 429: ErrLimited,
	} {
		err := fmt.Errorf("space/A: %w", &Error{Status: status})
		for _, sentinel := range []error{ErrDenied, ErrNotFound, ErrConflict, ErrGone, ErrLimited, ErrSuspended} {
			require.Equal(t, sentinel == want, errors.Is(err, sentinel), "%d %v", status, sentinel)
		}
	}
	require.ErrorIs(t, &Error{Status: 403, Code: "TENANT_DISABLED"}, ErrSuspended)
	require.NotErrorIs(t, &Error{Status: 403, Title: "the user is disabled"}, ErrSuspended)
	require.NotErrorIs(t, &Error{Status: 404, Title: "tenant disabled"}, ErrSuspended)
}

func TestClass(t *testing.T) {
	for want, errs := range map[string][]error{
		"":         {nil},
		"change":   {&Error{Status: 400}, &Error{Status: 404}, &Error{Status: 412}, errChanged, errors.New("any"), io.EOF},
		"tenant":   {&Error{Status: 401}, &Error{Status: 403}, &TokenError{Status: 401}, &TokenError{Status: 403}, &net.DNSError{IsNotFound: true}},
		"platform": {&Error{Status: 429}, &Error{Status: 500}, &Error{Status: 423}, errCut, context.Canceled, &TokenError{Status: 503}, &net.OpError{Op: "dial", Err: io.EOF}, errPartial},
	} {
		for _, err := range errs {
			if err != nil {
				err = fmt.Errorf("space/A: %w", err)
			}
			require.Equal(t, want, Class(err), "%v", err)
		}
	}
}
