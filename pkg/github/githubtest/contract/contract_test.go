package contract_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/qdeploy/qdeploy/pkg/github/githubtest/contract"
)

// document describes a shelf of books, and what amendments are made to.
const document = `{
 "openapi": "3.0.3",
 "info": {"title": "books", "version": "1"},
 "paths": {
  "/books": {
   "get": {
    "parameters": [{"name": "per_page", "in": "query", "schema": {"type": "integer", "maximum": 100}}],
    "responses": {"200": {"description": "", "content": {"application/json": {"schema": {"type": "array", "items": {"$ref": "#/components/schemas/Book"}}}}}}
   },
   "post": {
    "requestBody": {"required": true, "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Book"}}}},
    "responses": {"201": {"description": "", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Book"}}}}, "422": {"description": ""}}
   }
  },
  "/books/mine": {"get": {"responses": {"204": {"description": ""}}}},
  "/books/{name}": {"delete": {
    "parameters": [{"name": "name", "in": "path", "required": true, "schema": {"type": "string"}}],
    "responses": {"204": {"description": ""}}}},
  "/books/{id}/pages/{number}": {"get": {
    "parameters": [{"name": "id", "in": "path", "required": true, "schema": {"type": "integer"}}, {"name": "number", "in": "path", "required": true, "schema": {"type": "integer"}}],
    "responses": {"204": {"description": ""}}}},
  "/repos/{owner}/{repo}/issues/{issue_number}/labels": {
   "post": {"requestBody": {"content": {"application/json": {"schema": {"oneOf": [{"type": "object"}]}}}}, "responses": {"200": {"description": ""}}},
   "put": {"requestBody": {"content": {"application/json": {"schema": {"oneOf": [{"type": "object"}]}}}}, "responses": {"200": {"description": ""}}}}
 },
 "components": {"schemas": {
  "Book": {"type": "object", "required": ["title"], "properties": {
    "title": {"type": "string"}, "pages": {"type": "integer"}, "printed": {"type": "string", "format": "date-time"}, "url": {"type": "string", "format": "uri"}}},
  "pull-request-simple": {"type": "object", "properties": {"labels": {"type": "array", "items": {"type": "object", "properties": {"description": {"type": "string"}}}}}},
  "release-asset": {"type": "object", "properties": {"state": {"type": "string", "enum": ["uploaded", "open"]}}}
 }}
}`

func load(t *testing.T) *contract.Checker {
	t.Helper()
	path := filepath.Join(t.TempDir(), "openapi.json")
	require.NoError(t, os.WriteFile(path, []byte(document), 0o600))
	k, err := contract.Load(path)
	require.NoError(t, err)
	return k
}

// A reply is what the server under the checker answers.
type reply struct {
	status int
	body   string
}

// reports sends a request through the checker and returns what it reports.
func reports(k *contract.Checker, r *http.Request, answer reply) (list []string) {
	h := k.Wrap(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		if answer.body != "" {
			w.Header().Set("Content-Type", "application/json; charset=utf-8")
		}
		w.WriteHeader(answer.status)
		_, _ = io.WriteString(w, answer.body)
	}), func(what string) { list = append(list, what) })
	h.ServeHTTP(httptest.NewRecorder(), r)
	return list
}

func TestChecker(t *testing.T) {
	k := load(t)
	const book, problem = `{"title":"Emma"}`, `{"message":"no","documentation_url":"https://docs.github.com/rest"}`
	for _, c := range []struct {
		name, method, path, body string
		answer                   reply
		want                     string // "" = nothing to report
	}{
		{"all is well", "GET", "/books?per_page=5", "", reply{200, "[" + book + "]"}, ""},
		{"on a server", "GET", "/api/v3/books", "", reply{200, "[]"}, ""},
		{"created", "POST", "/books", book, reply{201, book}, ""},
		{"more than declared", "POST", "/books", book, reply{201, `{"title":"Emma","shelf":1}`}, ""},
		{"literal wins", "GET", "/books/mine", "", reply{204, ""}, ""},
		{"slash in a name", "DELETE", "/books/a/b", "", reply{204, ""}, ""},
		{"escaped slash", "DELETE", "/books/a%2Fb", "", reply{204, ""}, ""},
		{"two parameters", "GET", "/books/7/pages/8", "", reply{204, ""}, ""},
		{"unknown route", "GET", "/pens", "", reply{404, problem}, ""},
		{"forbidden", "GET", "/books", "", reply{403, problem}, ""},
		{"without link", "GET", "/books", "", reply{429, `{"message":"slow"}`}, ""},
		{"not modified", "GET", "/books", "", reply{304, ""}, ""},
		{"git", "GET", "/acme/tenants.git/info/refs", "", reply{200, "x"}, ""},
		{"GraphQL", "POST", "/api/graphql", "{}", reply{200, "{}"}, ""},
		{"amended", "POST", "/repos/a/b/issues/1/labels", `["x"]`, reply{200, ""}, ""},

		{"missing field", "GET", "/books", "", reply{200, `[{"pages":1}]`}, `GET /books: 200: response: /0/title: property "title" is missing`},
		{"wrong type", "GET", "/books", "", reply{200, `[{"title":"Emma","pages":"many"}]`}, `GET /books: 200: response: /0/pages: value must be an integer`},
		{"wrong time", "GET", "/books", "", reply{200, `[{"title":"Emma","printed":"1815"}]`}, `GET /books: 200: response: /0/printed: string doesn't match the format "date-time" (not a time)`},
		{"wrong address", "GET", "/books", "", reply{200, `[{"title":"Emma","url":"/1"}]`}, `GET /books: 200: response: /0/url: string doesn't match the format "uri" (not an address)`},
		{"undeclared status", "DELETE", "/books/7", "", reply{202, ""}, `DELETE /books/7: 202: response: the status is not declared`},
		{"undeclared operation", "PUT", "/books", "", reply{200, ""}, `PUT /books: 200: the document has no such operation`},
		{"missing body", "POST", "/books", book, reply{201, ""}, `POST /books: 201: response: the body is missing`},
		{"another shape of error", "GET", "/books", "", reply{403, `{"error":"x"}`}, `GET /books: 403: response: not in the shape of an error: {"error":"x"}`},
		{"error without code", "POST", "/books", book, reply{422, `{"message":"x","errors":[{"field":"y"}]}`}, `POST /books: 422: response: an error without a code: {"message":"x","errors":[{"field":"y"}]}`},
		{"invalid without link", "POST", "/books", book, reply{422, `{"message":"x"}`}, `POST /books: 422: response: a validation error without documentation_url: {"message":"x"}`},
		{"unknown query", "GET", "/books?size=1", "", reply{200, "[]"}, `GET /books: 200: request: unknown query parameter size`},
		{"unknown member", "POST", "/books", `{"title":"Emma","shelf":1}`, reply{201, book}, `POST /books: 201: request: unknown member shelf`},
		{"query out of range", "GET", "/books?per_page=101", "", reply{200, "[]"}, `GET /books: 200: request: /: number must be at most 100`},
		{"wrong request", "POST", "/books", `{"pages":1}`, reply{201, book}, `POST /books: 201: request: /title: property "title" is missing`},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := httptest.NewRequest(c.method, c.path, strings.NewReader(c.body))
			if c.body != "" {
				r.Header.Set("Content-Type", "application/json")
			}
			var want []string
			if c.want != "" {
				want = []string{c.want}
			}
			require.Equal(t, want, reports(k, r, c.answer))
		})
	}
	require.Contains(t, k.Seen(), "DELETE /books/{name}")
}

func TestForgiveRefused(t *testing.T) {
	k := load(t)
	bad := func() *http.Request { return httptest.NewRequest("GET", "/books?size=1", nil) }
	refused := reply{422, `{"message":"no"}`}
	require.Len(t, reports(k, bad(), refused), 1)
	k.ForgiveRefused = true
	require.Empty(t, reports(k, bad(), refused))
	require.Len(t, reports(k, bad(), reply{200, "[]"}), 1)
}

func TestLoadRefuses(t *testing.T) {
	_, err := contract.Load(filepath.Join(t.TempDir(), "none.json"))
	require.ErrorContains(t, err, "contract: ")
	for name, text := range map[string]string{
		"not JSON":         "{",
		"nothing to amend": strings.ReplaceAll(document, "pull-request-simple", "pull"),
		"amended already":  strings.ReplaceAll(document, `"oneOf": [`, `"oneOf": [{"type": "array", "items": {}}, `),
	} {
		path := filepath.Join(t.TempDir(), "openapi.json")
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		_, err := contract.Load(path)
		require.ErrorContains(t, err, "contract: ", name)
	}
}
