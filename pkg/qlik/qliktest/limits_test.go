package qliktest_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/qdeploy/qdeploy/pkg/qlik/qliktest"
)

// burst calls until the limit is reached, and returns how many calls got
// through and what the last one was told.
func (l *lab) burst(method, path string, body any) (n int, last *answer) {
	l.Helper()
	for n = 0; ; n++ {
		if last = l.do(method, path, body); last.status == 429 {
			return n, last
		}
		require.Less(l, n, 20000)
	}
}

func TestRateLimits(t *testing.T) {
	for _, c := range []struct {
		name         string
		users        int // besides the bot
		method, path string
		body         any
		want         int
	}{
		{"reads of a tenant with one user", 0, "GET", "/api/v1/spaces", nil, 2500},
		{"reads of a user", 5, "GET", "/api/v1/spaces", nil, 5000},
		{"writes of a tenant with one user", 0, "POST", "/api/v1/spaces", object{}, 250},
		{"writes of a user", 5, "POST", "/api/v1/spaces", object{}, 500},
		{"reloads", 5, "POST", "/api/v1/reloads", object{}, 50},
		{"user filters", 5, "POST", "/api/v1/users/actions/filter", object{}, 200},
		{"uploads", 5, "POST", "/api/v1/temp-contents/files", nil, 800},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := newLimitedLab(t, qliktest.Options{})
			l.handler = l.cloud // the contract is slow, and checked elsewhere
			for i := range c.users {
				l.tenant.AddUser(qliktest.UserSpec{Subject: fmt.Sprint("user", i)})
			}
			n, _ := l.burst(c.method, c.path, c.body)
			require.Equal(t, c.want, n)
		})
	}
}

func TestTierIsBlockedAsAWhole(t *testing.T) {
	l := newLimitedLab(t, qliktest.Options{})
	l.clock.add(7 * time.Second)
	for range 200 {
		l.post("/api/v1/spaces", object{}).want(400)
	}
	l.clock.add(100 * time.Second)
	n, told := l.burst("PATCH", "/api/v1/spaces/0", ops())
	require.Equal(t, 50, n)
	// The first 200 leave the window five minutes after their slot.
	require.Equal(t, "193", told.header.Get("retry-after"))
	require.Equal(t, "HTTP-429", told.str("errors", 0, "code"))
	require.Equal(t, "You need to wait 193 seconds until limit is lifted.", told.str("errors", 0, "detail"))
	l.delete("/api/v1/themes/x").want(429) // another service, the same tier
	l.get("/api/v1/spaces").want(200)      // another tier
	l.post("/api/v1/reloads", object{}).want(400)

	l.clock.add(192 * time.Second)
	l.delete("/api/v1/themes/x").want(429)
	l.clock.add(time.Second)
	l.delete("/api/v1/themes/x").want(404)
	n, _ = l.burst("DELETE", "/api/v1/themes/x", nil)
	require.Equal(t, 199, n)
}

func TestLimitsArePerUserAndTenant(t *testing.T) {
	l := newLimitedLab(t, qliktest.Options{})
	l.cloud.AddTenant(qliktest.TenantSpec{Host: "other.eu.qlikcloud.com"})
	for i := range 9 {
		l.tenant.AddUser(qliktest.UserSpec{Subject: fmt.Sprint("user", i)})
	}
	ann := l.as(l.tenant.AddAPIKey("ann"))
	n, _ := l.burst("POST", "/api/v1/spaces", object{})
	require.Equal(t, 500, n)
	n, _ = ann.burst("POST", "/api/v1/spaces", object{})
	require.Equal(t, 500, n)
	l.at("other.eu.qlikcloud.com", "robot", "secret").post("/api/v1/spaces", object{}).want(400)
}

func TestTokenRequestsAreLimited(t *testing.T) {
	l := newLimitedLab(t, qliktest.Options{})
	n, _ := l.burst("POST", "/oauth/token", credentials("robot", "secret"))
	require.Equal(t, 499, n) // the lab took one
}
