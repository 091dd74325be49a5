package githubtest_test

import (
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/qdeploy/qdeploy/pkg/github/githubtest"
)

// in sets a mood given as words.
func (l *lab) in(words string) {
	l.Helper()
	m, err := githubtest.ParseMood(words)
	require.NoError(l, err)
	l.hub.SetMood(m)
}

func TestMoods(t *testing.T) {
	l := newLab(t)
	l.topic("topic")
	const comments = "/issues/1/comments"
	for _, c := range []struct {
		kind             string
		status           int
		retry, remaining string
		docs, done       bool
	}{
		{"primary-403", 403, "", "0", true, false},
		{"primary-429", 429, "", "0", true, false},
		{"secondary-403", 403, "7", "", true, false},
		{"secondary-429", 429, "7", "", true, false},
		{"bare-403", 403, "", "", false, false},
		{"bare-429", 429, "", "", false, false},
		{"forbidden", 403, "", "", true, false},
		{"fail-before", 503, "", "", true, false},
		{"fail-after", 502, "", "", true, true},
		{"fail-half", 502, "", "", true, true}, // but for uploads, all of it
		{"cut-before", 0, "", "", false, false},
		{"cut-after", 0, "", "", false, true},
	} {
		t.Run(c.kind, func(t *testing.T) {
			l.in("wait=7 " + c.kind + "=POST:/repos/*/*/issues/*/comments:1")
			before := len(l.repo.Comments(1))
			l.get(comments).want(200) // another method is not struck
			a, err := l.send("POST", comments, object{"body": c.kind})
			if c.status == 0 {
				require.Error(t, err)
			} else {
				require.NoError(t, err)
				require.Equal(t, c.status, a.status)
				require.Equal(t, c.retry, a.header.Get("Retry-After"))
				require.Equal(t, c.remaining, a.header.Get("X-Ratelimit-Remaining"))
				require.Equal(t, c.docs, a.value("documentation_url") != nil)
			}
			if c.remaining == "0" {
				require.Equal(t, strconv.FormatInt(l.clock.Now().Unix()+7, 10), a.header.Get("X-Ratelimit-Reset"))
			}
			require.Equal(t, c.done, len(l.repo.Comments(1)) == before+1)
			l.post(comments, object{"body": "again"}).want(201) // once only
		})
	}
}

func TestParseMoodRefuses(t *testing.T) {
	for words, want := range map[string]string{
		"wait=0":                 "number of seconds",
		"angry=POST:/user:1":     "KIND=METHOD:PATTERN:TIMES",
		"bare-403=POST:/user":    "KIND=METHOD:PATTERN:TIMES",
		"bare-403=POST:/user:0":  "number of times",
		"bare-403=POST:/user[:1": "syntax error in pattern",
	} {
		_, err := githubtest.ParseMood(words)
		require.ErrorContains(t, err, want, words)
	}
}

func TestHourlyLimit(t *testing.T) {
	l := newLabWith(t, githubtest.Options{Hourly: 3})
	for n := 1; n <= 3; n++ {
		a := l.get("").want(200)
		require.Equal(t, []string{"3", strconv.Itoa(n), strconv.Itoa(3 - n)},
			[]string{a.header.Get("X-Ratelimit-Limit"), a.header.Get("X-Ratelimit-Used"), a.header.Get("X-Ratelimit-Remaining")})
	}
	a := l.get("").want(403)
	require.Equal(t, "0", a.header.Get("X-Ratelimit-Remaining"))
	require.Equal(t, strconv.FormatInt(l.clock.Now().Add(time.Hour).Unix(), 10), a.header.Get("X-Ratelimit-Reset"))
	l.as("other", githubtest.Token{Permissions: everything}).get("").want(403) // of the same repository
	l.hub.AddToken("ann", githubtest.Token{Kind: githubtest.Personal, Login: "acme"})
	ann := *l
	ann.token = "ann"
	ann.get("").want(200)
	l.clock.add(time.Hour)
	l.get("").want(200)
}

// TestConditional: what has not changed costs nothing.
func TestConditional(t *testing.T) {
	l := newLabWith(t, githubtest.Options{Hourly: 100})
	first := l.get("").want(200)
	again := l.do("GET", "", nil, "If-None-Match", first.header.Get("Etag"))
	again.want(304)
	require.Empty(t, again.body)
	require.Equal(t, "1", again.header.Get("X-Ratelimit-Used"))
	require.Equal(t, "2", l.do("GET", "", nil, "If-None-Match", `W/"old"`).want(200).header.Get("X-Ratelimit-Used"))
}

func TestContentLimit(t *testing.T) {
	l := newLabWith(t, githubtest.Options{})
	l.topic("topic")
	say := func() *answer { return l.post("/issues/1/comments", object{"body": "x"}) }
	for range 80 {
		say().want(201)
	}
	a := say().want(403)
	require.Equal(t, "60", a.header.Get("Retry-After"))
	require.Contains(t, a.value("message"), "secondary rate limit")
	require.Contains(t, a.value("documentation_url"), "secondary-rate-limits")
	l.get("/issues/1/comments").want(200)
	l.clock.add(time.Minute)
	say().want(201)
	for range 6 {
		l.clock.add(time.Minute)
		for range 80 {
			say()
		}
	}
	l.clock.add(time.Minute)
	say().want(403) // 500 within the hour
	require.Len(t, l.repo.Comments(1), 500)
	l.clock.add(time.Hour)
	say().want(201)
}
