package qlik

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/oauth2"
)

type thing struct {
	ID string `json:"id"`
}

// listed serves pages by their query and returns what list makes of them.
func listed(t testing.TB, pages map[string]string) (ids []string, asked []string, err error) {
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.Host+r.URL.Path+"?"+r.URL.RawQuery)
		body, ok := pages[r.URL.RawQuery]
		if !ok {
			w.WriteHeader(http.StatusBadRequest)
		}
		_, _ = w.Write([]byte(body))
	})
	c, e := New(Options{Host: testHost, Transport: inMemory{handler}, Token: oauth2.StaticTokenSource(&oauth2.Token{})})
	require.NoError(t, e)
	for range 2 { // a listing can be ranged over again
		ids, asked, err = nil, nil, nil
		for v, e := range list[thing](t.Context(), c, "/api/v1/things", everything()) {
			require.NoError(t, err, "one error, then the end")
			if err = e; e == nil {
				ids = append(ids, v.ID)
			}
		}
	}
	return ids, asked, err
}

func TestPagingStyles(t *testing.T) {
	for name, pages := range map[string]map[string]string{
		"A next": {
			"limit=100":        `{"data":[{"id":"1"}],"links":{"next":{"href":"https://acme.eu.qlikcloud.com/api/v1/things?limit=100&next=x"}},"meta":{"count":2}}`,
			"limit=100&next=x": `{"data":[{"id":"2"}],"links":{"self":{"href":"y"}},"meta":{"count":2}}`,
		},
		"B page, internal host": {
			"limit=100":        `{"data":[{"id":"1"}],"links":{"next":{"href":"http://licenses/v1/other/path?page=x"}}}`,
			"limit=100&page=x": `{"data":[{"id":"2"}],"links":{"next":{"href":null},"prev":{"href":null}}}`,
		},
		"C startingAfter": {
			"limit=100":                 `{"data":[{"id":"1"}],"links":{"next":{"href":"/api/v1/things?startingAfter=1&limit=100"}}}`,
			"limit=100&startingAfter=1": `{"data":[{"id":"2"}],"links":{}}`,
		},
		"D cursor": {
			"cursor=x%3D&limit=100": `{"data":[{"id":"2"}],"links":{"next":null}}`,
			"limit=100":             `{"data":[{"id":"1"}],"links":{"next":"?cursor=x%3D"}}`,
		},
		"E none":       {"limit=100": `{"data":[{"id":"1"},{"id":"2","new":"field"}]}`},
		"E bare":       {"limit=100": ` [{"id":"1"},{"id":"2"}]`},
		"empty href":   {"limit=100": `{"data":[{"id":"1"},{"id":"2"}],"links":{"next":{"href":""}}}`},
		"smaller page": {"limit=100": `{"data":[{"id":"1"}],"links":{"next":{"href":"?limit=5&next=x"}}}`, "limit=5&next=x": `{"data":[{"id":"2"}]}`},
		"last page, itself": {
			"limit=100":        `{"data":[{"id":"1"},{"id":"2"}],"links":{"next":{"href":"?next=x"}}}`,
			"limit=100&next=x": `{"data":[],"links":{"next":{"href":"?next=x"}}}`,
		},
		"counted, itself": {"limit=100": `{"data":[{"id":"1"},{"id":"2"}],"links":{"next":{"href":"?limit=100"}},"meta":{"count":2}}`},
	} {
		ids, asked, err := listed(t, pages)
		require.NoError(t, err, name)
		require.Equal(t, []string{"1", "2"}, ids, name)
		require.Len(t, asked, len(pages), name)
		for _, a := range asked {
			require.True(t, strings.HasPrefix(a, testHost+"/api/v1/things?"), "%s: %s", name, a)
		}
	}
}

func TestBrokenPaging(t *testing.T) {
	const where = "GET /api/v1/things: "
	for want, pages := range map[string]map[string]string{
		where + "the list is not complete: a page leads back to one before it": {"limit=100": `{"data":[{"id":"1"}],"links":{"next":{"href":"?limit=100"}}}`},
		where + "the list is not complete: 1 of 5":                             {"limit=100": `{"data":[{"id":"1"}],"meta":{"count":5}}`},
		where + "the list is not complete: its next link cannot be read":       {"limit=100": `{"data":[{"id":"1"}],"links":{"next":{"href":"x"}}}`},
		where + "200: the answer makes no sense: no data in it":                {"limit=100": `{"items":[]}`},
		where + "400 bad request":                                              {"limit=100": `{"data":[{"id":"1"}],"links":{"next":{"href":"?next=x"}}}`},
	} {
		_, _, err := listed(t, pages)
		require.EqualError(t, err, want)
	}
	ids, _, err := listed(t, map[string]string{"limit=100": `{"data":null,"links":{}}`})
	require.NoError(t, err)
	require.Empty(t, ids)
}

func TestListStopsWhenTheCallerDoes(t *testing.T) {
	server := 0
	c, err := New(Options{Host: testHost, Token: oauth2.StaticTokenSource(&oauth2.Token{}), Transport: inMemory{http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		server++
		_, _ = w.Write([]byte(`{"data":[{"id":"1"},{"id":"2"}],"links":{"next":{"href":"?next=x"}}}`))
	})}})
	require.NoError(t, err)
	for range list[thing](t.Context(), c, "/api/v1/things", nil) {
		break
	}
	require.Equal(t, 1, server)
}
