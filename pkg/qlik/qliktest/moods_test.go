package qliktest_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/qdeploy/qdeploy/pkg/qlik/qliktest"
)

// mood sets the mood of the tenant from words.
func mood(l *lab, words string) {
	l.Helper()
	m, err := qliktest.ParseMood(words)
	require.NoError(l, err)
	l.tenant.SetMood(m)
}

func TestParseMood(t *testing.T) {
	const all = "latency=50ms 429=5 retry-after=13 5xx=7 expire-token=3 cut-before=*:/api:2 cut-within=PATCH:/api:1 cut-after=POST:/api/v1/spaces:1 " +
		"fail-before=GET:/oauth:1 fail-after=PUT:/api:3 refuse=themes,apps refuse-writes=groups partial=items truncate=spaces " +
		"suspended no-imports fail-reloads internal-links restamp-exports"
	m, err := qliktest.ParseMood(all)
	require.NoError(t, err)
	require.Equal(t, all, m.String())
	require.Equal(t, 50*time.Millisecond, m.Latency)
	require.Equal(t, []string{"themes", "apps"}, m.Refuse)
	m, err = qliktest.ParseMood("")
	require.NoError(t, err)
	require.Equal(t, qliktest.Mood{}, m)

	for word, want := range map[string]string{
		"grumpy":                "unknown word",
		"latency=soon":          "want a duration such as 50ms",
		"latency=-1s":           "want a duration such as 50ms",
		"429=0":                 "want a number from 1",
		"5xx":                   "want a number from 1",
		"suspended=yes":         "takes no value",
		"refuse=":               "want names of services",
		"refuse=thems":          `there is no service "thems"`,
		"cut-after=POST":        "want METHOD:/path or METHOD:/path:times",
		"cut-after=POST:x:1":    "want METHOD:/path or METHOD:/path:times",
		"cut-after=POST:/x:0":   "want a number of times from 1",
		"cut-after=POST:/x:1:1": "want METHOD:/path or METHOD:/path:times",
	} {
		_, err := qliktest.ParseMood(word)
		require.EqualError(t, err, `mood "`+word+`": `+want)
	}
}

// statuses calls several times and collects what happened.
func (l *lab) statuses(n int, method, path string, body any) (list []int) {
	l.Helper()
	for range n {
		list = append(list, l.do(method, path, body).status)
	}
	return list
}

func TestCountedMoods(t *testing.T) {
	l := newLab(t, qliktest.Options{})
	mood(l, "429=3 retry-after=13 5xx=4")
	require.Equal(t, []int{200, 200, 429, 503, 200, 429, 200, 503}, l.statuses(8, "GET", "/api/v1/spaces", nil))
	mood(l, "429=3 retry-after=13") // counts start anew
	require.Equal(t, []int{200, 200, 429, 200}, l.statuses(4, "GET", "/api/v1/spaces", nil))
	l.get("/api/v1/spaces").want(200)
	require.Equal(t, "13", l.get("/api/v1/spaces").want(429).header.Get("retry-after"))

	mood(l, "fail-before=POST:/api/v1/spaces:2")
	body := object{"name": "S", "type": "shared"}
	require.Equal(t, []int{503, 503, 201, 409}, l.statuses(4, "POST", "/api/v1/spaces", body))
	mood(l, "fail-after=DELETE:/api/v1/spaces/")
	id := l.get("/api/v1/spaces").str("data", 0, "id")
	require.Equal(t, []int{504, 404}, l.statuses(2, "DELETE", "/api/v1/spaces/"+id, nil))
}

func TestExpiringToken(t *testing.T) {
	l := newLab(t, qliktest.Options{})
	mood(l, "expire-token=2")
	require.Equal(t, []int{200, 401, 401}, l.statuses(3, "GET", "/api/v1/spaces", nil))
	l.token = l.login(acme, "robot", "secret")
	l.get("/api/v1/spaces").want(200)
}

func TestSuspended(t *testing.T) {
	l := newLab(t, qliktest.Options{})
	mood(l, "suspended")
	require.Equal(t, "TENANT_DISABLED", l.get("/api/v1/spaces").want(401).str("errors", 0, "code"))
	require.Equal(t, "TENANT_DISABLED", l.post("/oauth/token", credentials("robot", "secret")).want(403).str("errors", 0, "code"))
	mood(l, "")
	l.get("/api/v1/spaces").want(200)
}

func TestRefusedService(t *testing.T) {
	l := newLab(t, qliktest.Options{})
	mood(l, "refuse=themes refuse-writes=spaces")
	l.get("/api/v1/themes").want(403)
	l.get("/api/v1/extensions").want(200)
	l.get("/api/v1/spaces").want(200)
	l.post("/api/v1/spaces", object{"name": "S", "type": "shared"}).want(403)
	id := l.tenant.AddSpace(qliktest.SpaceSpec{Name: "S"})
	l.post("/api/v1/spaces/"+id+"/assignments", object{"type": "user", "assigneeId": l.bot(), "roles": []string{"consumer"}}).want(201)
}

func TestPartialLists(t *testing.T) {
	l := newLab(t, qliktest.Options{})
	for _, name := range []string{"A", "B", "C", "D"} {
		l.tenant.AddSpace(qliktest.SpaceSpec{Name: name})
	}
	mood(l, "partial=spaces")
	first := l.get("/api/v1/spaces").want(200)
	require.Equal(t, []string{"A", "B"}, first.column("name"))
	require.EqualValues(t, 4, first.value("meta", "count"))
	l.get(first.linkTo("next")).want(503)

	mood(l, "truncate=spaces")
	l.handler = l.cloud // the contract would mind
	r := l.get("/api/v1/spaces").want(200)
	require.Error(t, json.Unmarshal(r.body, new(any)))
	l.get("/api/v1/spaces/" + "0").want(404)

	mood(l, "internal-links")
	next, err := url.Parse(l.get("/api/v1/spaces?limit=2").want(200).str("links", "next", "href"))
	require.NoError(t, err)
	require.Equal(t, "http://spaces/v1/spaces", next.Scheme+"://"+next.Host+next.Path)
	require.Equal(t, []string{"C", "D"}, l.get("/api/v1/spaces?"+next.RawQuery).want(200).column("name"))
}

func TestImportAndExportMoods(t *testing.T) {
	l := newLab(t, qliktest.Options{})
	id := l.importApp("", appFile)
	mood(l, "no-imports restamp-exports")
	l.post("/api/v1/apps/import", appFile).want(403)
	one, two := l.export(id, ""), l.export(id, "")
	require.NotEqual(t, one, two)
	require.NotEqual(t, appFile, one)
	mood(l, "")
	copied := l.importApp("?name=Again", one)
	require.Equal(t, "LOAD 1 AS a AUTOGENERATE 1;", l.get("/api/v1/apps/"+copied+"/scripts/current").str("script"))
}

// TestCuts needs a real connection to cut.
func TestCuts(t *testing.T) {
	l := newLab(t, qliktest.Options{})
	server := httptest.NewServer(l.cloud)
	defer server.Close()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}} // or it repeats by itself
	send := func(name string) (int, error) {
		body, err := json.Marshal(object{"name": name, "type": "shared"})
		require.NoError(t, err)
		req, err := http.NewRequest("POST", server.URL+"/"+acme+"/api/v1/spaces", bytes.NewReader(body))
		require.NoError(t, err)
		req.Header.Set("Authorization", "Bearer "+l.token)
		req.Header.Set("Content-Type", "application/json")
		resp, err := client.Do(req)
		if err != nil {
			return 0, err
		}
		_, err = io.Copy(io.Discard, resp.Body)
		require.NoError(t, err)
		return resp.StatusCode, resp.Body.Close()
	}
	mood(l, "cut-before=POST:/api/v1/spaces:1 cut-within=POST:/api/v1/spaces:1 cut-after=POST:/api/v1/spaces:1")
	_, err := send("A")
	require.Error(t, err)
	_, err = send("A")
	require.Error(t, err)
	require.NotContains(t, string(l.tenant.Dump()), `"A"`) // before the work
	_, err = send("A")
	require.Error(t, err)
	require.Contains(t, string(l.tenant.Dump()), `"A"`) // after the work
	status, err := send("A")
	require.NoError(t, err)
	require.Equal(t, 409, status)
}

func TestMoodOfTheCloud(t *testing.T) {
	l := newLab(t, qliktest.Options{})
	l.cloud.AddTenant(qliktest.TenantSpec{Host: "other.eu.qlikcloud.com"})
	other := l.at("other.eu.qlikcloud.com", "robot", "secret")
	l.cloud.SetMood(qliktest.Mood{Every5xx: 2})
	mood(l, "429=2")
	require.Equal(t, []int{200, 429}, l.statuses(2, "GET", "/api/v1/spaces", nil))
	require.Equal(t, []int{200, 503}, other.statuses(2, "GET", "/api/v1/spaces", nil))
	mood(l, "")
	require.Equal(t, []int{200, 503}, l.statuses(2, "GET", "/api/v1/spaces", nil))
	l.cloud.SetMood(qliktest.Mood{})
	require.Equal(t, []int{200, 200}, l.statuses(2, "GET", "/api/v1/spaces", nil))
}

func TestLatency(t *testing.T) {
	l := newLab(t, qliktest.Options{})
	mood(l, "latency=1ms")
	before := time.Now()
	l.get("/api/v1/spaces").want(200)
	require.GreaterOrEqual(t, time.Since(before), time.Millisecond)
}

func TestCallsAreObserved(t *testing.T) {
	var calls []qliktest.Call
	l := newLab(t, qliktest.Options{Calls: func(c qliktest.Call) { calls = append(calls, c) }})
	l.get("/api/v1/spaces?limit=5").want(200)
	mood(l, "cut-after=GET:/api")
	require.PanicsWithValue(t, http.ErrAbortHandler, func() { l.get("/api/v1/users") })
	var lines []string
	for _, c := range calls {
		lines = append(lines, strings.Join([]string{c.Tenant, c.Method, c.Path, c.Query, http.StatusText(c.Status)}, " "))
	}
	require.Equal(t, []string{
		acme + " POST /oauth/token  OK",
		acme + " GET /api/v1/spaces limit=5 OK",
		acme + " GET /api/v1/users  ",
	}, lines)
}
