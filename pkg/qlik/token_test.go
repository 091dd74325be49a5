package qlik

import (
	"fmt"
	"io"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/qdeploy/qdeploy/pkg/plan"
	"github.com/qdeploy/qdeploy/pkg/qlik/qliktest"
)

func TestTokenIsFetchedOnceForAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSandbox(t, qliktest.Options{})
		s.mood("latency=1s")
		tenant := s.open()
		calls := s.since(func() {
			var wg sync.WaitGroup
			for range 20 {
				wg.Go(func() {
					require.NoError(t, tenant.call(t.Context(), "GET", "/api/v1/spaces", nil, nil, nil))
				})
			}
			wg.Wait()
		})
		require.Equal(t, 1, count(calls, "POST /oauth/token"))
	})
}

func TestTokenIsRenewedEarly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSandbox(t, qliktest.Options{TokenTTL: time.Hour})
		tenant := s.open()
		tokens := func() int {
			return count(s.since(func() {
				require.NoError(t, tenant.call(t.Context(), "GET", "/api/v1/spaces", nil, nil, nil))
			}), "POST /oauth/token")
		}
		require.Equal(t, 1, tokens())
		time.Sleep(54 * time.Minute)
		require.Equal(t, 0, tokens())
		time.Sleep(2 * time.Minute)
		require.Equal(t, 1, tokens(), "4 minutes before its end")
	})
}

func TestExpiredTokenIsReplacedOnce(t *testing.T) {
	s := newSandbox(t, qliktest.Options{})
	tenant := s.open()
	want := resource("space/Finance", finance)
	s.mood("expire-token=1")
	calls := s.since(func() { require.NoError(t, tenant.Do(t.Context(), creation(want))) })
	require.Equal(t, []string{"POST /oauth/token 200", "POST /api/v1/spaces 401", "POST /oauth/token 200", "POST /api/v1/spaces 201"}, calls)
	s.calm()
	require.Empty(t, s.converge(want))

	c, transport := scripted(t, 401)
	err := c.call(t.Context(), "GET", "/api/v1/spaces", nil, nil, nil)
	require.EqualError(t, err, "GET /api/v1/spaces: 401 unauthorized")
	require.Len(t, transport.seen, 1, "an API key does not get better")
}

func TestTokenErrors(t *testing.T) {
	for _, c := range []struct {
		answer      any
		want, class string
		tries       int
	}{
		{response(401, `{"errors":[{"title":"`+testSecret+` is wrong"}]}`), "401 client rejected", "tenant", 1},
		{response(403, ``), "403 too many tokens, or the user is disabled", "tenant", 1},
		{response(403, `{"errors":[{"code":"TENANT_DISABLED"}]}`), "403 tenant suspended", "tenant", 1},
		{response(400, `{"errors":[{"title":"Bad","detail":"`+testSecret+`"}]}`), "400 Bad …", "tenant", 1},
		{response(200, `{"access_token":"`), "the answer makes no sense: oauth2: cannot parse json: unexpected end of JSON input", "platform", 1},
		{response(302, ``, "Location", "https://elsewhere.example/"), "not sent: a token request is not redirected", "tenant", 1},
		{io.ErrUnexpectedEOF, "no answer: unexpected EOF", "platform", 5},
		{response(503, ``), "503", "platform", 5},
	} {
		synctest.Test(t, func(t *testing.T) {
			s := &script{}
			for range c.tries {
				s.answers = append(s.answers, c.answer)
			}
			o := Options{Host: testHost, Transport: s}
			var err error
			o.Token, err = Credentials{ClientID: "client", ClientSecret: testSecret, Source: "QLIK_CLIENT_ID"}.TokenSource(o)
			require.NoError(t, err)
			client, err := New(o)
			require.NoError(t, err)
			err = client.call(t.Context(), "POST", "/api/v1/spaces", nil, nil, nil)
			require.EqualError(t, err, "POST /api/v1/spaces: token for "+testHost+": "+c.want+" (client id from QLIK_CLIENT_ID)")
			require.Equal(t, c.class, Class(err), err)
			require.NotContains(t, fmt.Sprintf("%+v", err), testSecret)
			require.Len(t, s.seen, c.tries, "a token request may be repeated, whatever it is for")
		})
	}
}

func TestCredentials(t *testing.T) {
	_, err := Credentials{ClientID: "client", Source: "QLIK_CLIENT_ID"}.TokenSource(Options{Host: testHost})
	require.EqualError(t, err, "QLIK_CLIENT_ID: no client id and secret, and no API key")
	_, err = New(Options{Host: testHost})
	require.EqualError(t, err, testHost+": no credentials")
	_, err = New(Options{Host: "https://" + testHost})
	require.EqualError(t, err, `"https://`+testHost+`" is not a host`)
	tokens, err := Credentials{APIKey: "canary"}.TokenSource(Options{})
	require.NoError(t, err)
	tok, err := tokens.Token()
	require.NoError(t, err)
	require.Equal(t, "canary", tok.AccessToken)
}

// TestNoSecretInErrors makes a service echo all that it is sent, in every way
// it can fail, and looks for the secrets in all that comes out.
func TestNoSecretInErrors(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const token = "canary-token"
		for status := 300; status < 600; status++ {
			o := Options{Host: testHost, Attempts: 1}
			o.Transport = roundTrip(func(req *http.Request) (*http.Response, error) {
				var b []byte
				if req.Body != nil {
					b, _ = io.ReadAll(req.Body)
				}
				if req.URL.Path == "/oauth/token" && status%2 == 0 {
					return response(200, `{"access_token":"`+token+`","expires_in":3600,"token_type":"bearer"}`), nil
				}
				echo := req.Header.Get("Authorization") + " " + string(b)
				return response(status, `{"errors":[{"code":"`+echo+`","title":"`+echo+`","detail":"`+echo+`"}]}`, "Location", "https://"+testHost+"/x"), nil
			})
			var err error
			o.Token, err = Credentials{ClientID: "client", ClientSecret: testSecret, Source: "test"}.TokenSource(o)
			require.NoError(t, err)
			c, err := New(o)
			require.NoError(t, err)
			_, err = NewTenant(c, TenantOptions{}).Read(t.Context(), []plan.Resource{resource("space/A", `{}`)})
			require.Error(t, err)
			for _, verb := range []string{"%v", "%+v", "%#v"} {
				require.NotContains(t, fmt.Sprintf(verb, err), "canary", "%d", status)
			}
		}
	})
}
